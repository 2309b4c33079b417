// The command group "bootstrap credentials print-identity", which prints
// identities of CAPA that have no keys.

package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/iam"
	"capaboot/internal/commandline"
	"capaboot/internal/render"
	"capaboot/policies/trust"
)

func (r *runner) printIdentityGroup() *cli.Command {
	return commandline.Group("print-identity", "print a CAPA identity that has no keys, for multi-tenancy",
		`Use these commands to let the clusters of some namespaces use a role, or the
credentials of the controllers.`, r.roleIdentityCommand(), r.controllerIdentityCommand())
}

const allowedHelp = `--allowed-namespaces accepts names ("a,b"), a label selector ("env=prod"), or
"*". Without --allowed-namespaces, no namespace may use the identity. CAPA reads
an absent allowedNamespaces as no namespace, and an empty one as every
namespace, so a comment in the YAML output says which namespaces may use the
identity.`

type roleIdentityOptions struct {
	identity    credentials.RoleIdentity
	policyFile  string // "" for none
	bothSides   bool
	sourceARN   string
	sessionTags bool
	format      string
}

func (r *runner) roleIdentityCommand() *cli.Command {
	var o roleIdentityOptions
	return &cli.Command{
		Name:  "role",
		Usage: "print an AWSClusterRoleIdentity, which names a role that CAPA assumes",
		Description: `Use this command when clusters are in a different AWS account than the
management cluster.

--source is the identity that assumes the role: "controller" for the credentials
of the controllers, "static/NAME" or "role/NAME" for another identity.

--both-sides also prints trustPolicy for the role of --role-arn, and
extraStatements for the caller. The caller is the role or user that has the
credentials of --source. Pass its ARN with --source-arn. For the controllers,
add the statements to clusterAPIControllers.extraStatements in the
configuration.
--session-tags is for controllers that use EKS Pod Identity.

` + allowedHelp,
		Flags: []cli.Flag{
			commandline.TextFlag(&o.identity.RoleARN, "role-arn", "`ARN` of the role to assume"),
			&cli.StringFlag{Name: "name", Usage: "`NAME` of the identity (default: the name of the role)", Destination: &o.identity.Name},
			&cli.StringFlag{Name: "source", Value: "controller", Usage: "`IDENTITY` that assumes the role", Destination: &o.identity.Source},
			commandline.SecretFlag(&o.identity.ExternalID, "external-id", "external `ID` that the role's trust policy requires"),
			commandline.TextFlag(&o.identity.SessionName, "role-session-name", "`NAME` of the role session, which CloudTrail records"),
			commandline.DurationFlag(&o.identity.Duration, "duration", "CAPA's default", "lifetime of a session, a `TIME` from 15m to 12h"),
			commandline.TextFlag(&o.policyFile, "inline-policy", "limit the sessions to what the policy in `FILE` allows"),
			commandline.ListFlag(&o.identity.PolicyARNs, "policy-arn", "add this `ARN` to policyARNs, which the controllers of CAPA v2.13 and older ignore"),
			allowedNamespacesFlag(&o.identity.AllowedNamespaces),
			commandline.SwitchFlag(&o.bothSides, "both-sides", "also print the trust policy of the role, and the IAM statements for the principal that assumes the role"),
			commandline.TextFlag(&o.sourceARN, "source-arn", "with --both-sides, `ARN` of the role or user that has the credentials of the --source identity"),
			commandline.SwitchFlag(&o.sessionTags, "session-tags", "with --both-sides, let the caller pass session tags, as EKS Pod Identity does"),
			commandline.FormatFlag(&o.format, "yaml", "json"),
		},
		Action: func(c *cli.Context) error { return r.printRoleIdentity(c.Context, o) },
	}
}

func allowedNamespacesFlag(destination *string) cli.Flag {
	return &cli.StringFlag{Name: "allowed-namespaces", Usage: "`NAMESPACES` that may use the identity (\"a,b\", a label selector, or \"*\" for all)", Destination: destination}
}

func (r *runner) controllerIdentityCommand() *cli.Command {
	var allowed, format string
	return &cli.Command{
		Name:  "controller",
		Usage: "print the AWSClusterControllerIdentity, which uses the controllers' credentials",
		Description: `Use this command to limit which namespaces use the credentials of the
controllers. A management cluster has only one AWSClusterControllerIdentity,
called "default", and CAPA rejects changes to its spec: delete the object before
you apply another. Unless the feature gate AutoControllerIdentityCreator
is off, CAPA creates the object, and every namespace may use it.

` + allowedHelp,
		Flags: []cli.Flag{allowedNamespacesFlag(&allowed), commandline.FormatFlag(&format, "yaml", "json")},
		Action: func(c *cli.Context) error {
			manifest, err := credentials.ControllerIdentity(allowed)
			if err != nil {
				return usageError{withHint(err)}
			}
			return r.writeIdentity(c.Context, format, allowed, manifest)
		},
	}
}

func (r *runner) printRoleIdentity(ctx context.Context, o roleIdentityOptions) error {
	if o.policyFile != "" {
		name, text, err := r.readNamedFile(ctx, o.policyFile, iam.MaxFileSize)
		if err == nil {
			o.identity.InlinePolicy, err = trust.CheckSessionPolicy(name, text)
		}
		if err != nil {
			return usageError{aboutInput(err, "--inline-policy")}
		}
	}
	if o.identity.RoleARN == "" {
		return usagef("missing --role-arn: want the ARN of the role that CAPA assumes")
	}
	if problem := credentials.RoleARNProblem(o.identity.RoleARN); problem != "" {
		return usagef("invalid value for --role-arn: %s", problem)
	}
	if err := (credentials.Request{RoleARN: o.identity.RoleARN, ExternalID: o.identity.ExternalID, RoleSessionName: o.identity.SessionName, Names: settingNames.Get()}).Check(); err != nil {
		return usageError{withHint(err)}
	}
	if problem := credentials.SessionDurationProblem(o.identity.Duration); o.identity.Duration != 0 && problem != "" {
		return usagef("invalid value for --duration: want %s", problem)
	}
	o.identity = o.identity.WithDefaults()
	manifest, err := o.identity.Manifest()
	if err != nil {
		return usageError{withHint(err)}
	}
	for _, note := range o.identity.Notes() {
		r.talk.Warn("%s", note)
	}
	if !o.bothSides {
		if o.sourceARN != "" || o.sessionTags {
			return usagef("--source-arn and --session-tags work with --both-sides only")
		}
		return r.writeIdentity(ctx, o.format, o.identity.AllowedNamespaces, manifest)
	}
	sides, err := trust.BothSides(o.identity.RoleARN, o.sourceARN, o.identity.ExternalID, o.sessionTags)
	if err != nil {
		return trustError(err)
	}
	for _, note := range sides.Notes {
		r.talk.Say("%s", note)
	}
	return r.writeIdentity(ctx, o.format, o.identity.AllowedNamespaces, map[string]any{"identity": manifest, "trustPolicy": sides.TrustPolicy, "extraStatements": sides.Statements})
}

// writeIdentity prints an identity, and reports which namespaces may use it. It
// does not hide an external ID that looks like a secret, because the identity
// needs it.
func (r *runner) writeIdentity(ctx context.Context, format, allowed string, result any) error {
	text, err := render.Format(format, result)
	if err != nil {
		return err
	}
	users := credentials.WhoMayUse(allowed)
	r.talk.Say("%s", users)
	if format == "yaml" {
		text = append([]byte("# "+users+"\n"), text...)
	}
	return r.writeRaw(ctx, text)
}
