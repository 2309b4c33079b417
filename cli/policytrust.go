// The command group "policy trust" and its command pod-identity, which write
// trust statements.

package cli

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"capaboot/controller"
	"capaboot/internal/commandline"
	"capaboot/internal/render"
	"capaboot/policies/trust"
)

// trustHelp ends the help of each command that writes trust statements.
const trustHelp = `

-o yaml and -o json print statements for trustStatements of a role in the
configuration; -o document prints a whole trust policy as JSON. The statements
have every condition that "policy review" requires. The command refuses input,
such as a wildcard, that would also trust principals that you do not name.`

func (r *runner) trustGroup() *cli.Command {
	return commandline.Group("trust", "write the statements of trust policies",
		`Use these commands to let service accounts, pipelines or other roles assume a
role.`, r.trustIRSACommand(), r.trustPodIdentityCommand(),
		r.trustAccountCommand(), r.trustGitHubCommand(), r.trustServiceCommand())
}

func trustFormatFlag(destination *string) cli.Flag {
	return commandline.FormatFlag(destination, "yaml", "json", "document")
}

// podOptions select pods by their service accounts.
type podOptions struct {
	namespace       string
	serviceAccounts []string
}

func (o *podOptions) flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "namespace", Value: controller.Namespace, Usage: "`NAMESPACE` of the service account", Destination: &o.namespace},
		commandline.ListFlag(&o.serviceAccounts, "service-account", "`NAME` of the service account, by default "+controller.ServiceAccountName),
	}
}

// serviceAccountNames returns the named service accounts, or else the
// controllers' service account.
func (o *podOptions) serviceAccountNames() []string {
	if o.serviceAccounts == nil {
		return []string{controller.ServiceAccountName}
	}
	return o.serviceAccounts
}

func (r *runner) trustPodIdentityCommand() *cli.Command {
	var o struct {
		podOptions
		cluster, format string
	}
	return &cli.Command{
		Name:  "pod-identity",
		Usage: "write trust statements for service accounts that use EKS Pod Identity",
		Description: `Use this command to limit who gets the role through EKS Pod Identity: service
accounts of one namespace, in one EKS cluster or in all clusters of the account.
Since CAPA v2.12.1, unless eks.disable is true, the controllers role in CAPA's
templates trusts EKS Pod Identity without conditions: statements that you add
then do not limit who gets that role.` + trustHelp,
		Flags: append(o.podOptions.flags(),
			commandline.TextFlag(&o.cluster, "cluster", "`NAME` or ARN of the EKS cluster"),
			trustFormatFlag(&o.format),
		),
		Action: func(c *cli.Context) error {
			return r.printTrust(c.Context, o.format, trust.PodIdentity{Cluster: o.cluster, Namespace: o.namespace, ServiceAccounts: o.serviceAccountNames()})
		},
	}
}

// printTrust prints the statements of a trust policy or, for the format
// "document", the whole policy.
func (r *runner) printTrust(ctx context.Context, format string, generator interface{ Trust() (trust.Trust, error) }) error {
	policy, err := generator.Trust()
	if err != nil {
		return trustError(err)
	}
	var result any = policy.Statements
	if format == "document" {
		result, format = policy.Document(), "json"
	}
	text, err := render.Format(format, result)
	if err != nil {
		return err
	}
	for _, note := range policy.Notes {
		r.talk.Say("%s", note)
	}
	// Do not hide an external ID that looks like a secret: the policy needs it.
	return r.writeRaw(ctx, text)
}

// trustError turns an error about a value into a usage error that names its
// flag. It returns other errors unchanged.
func trustError(err error) error {
	if fault, ok := errors.AsType[*trust.Fault](err); ok {
		return usagef("%s", fault.Describe("--"))
	}
	return err
}
