// bootstrap credentials encode-as-profile

package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/internal/atomicfile"
	"capaboot/internal/commandline"
	"capaboot/internal/deadline"
)

type encodeOptions struct {
	credentialOptions
	form      string
	file      string // "" for stdout
	rendering credentials.Options
}

func (r *runner) encodeCommand() *cli.Command {
	var o encodeOptions
	return &cli.Command{
		Name:  "encode-as-profile",
		Usage: "print credentials as CAPA reads them",
		Description: `Finds credentials where the AWS CLI does, in this order: the profile of
--profile; AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; the
profile of AWS_PROFILE, or default, in ~/.aws/credentials and ~/.aws/config (a
role, a web identity, SSO, keys, aws login, credential_process); the endpoint of
a container; the role of an EC2 instance. Prints them as CAPA reads them, for
AWS_B64ENCODED_CREDENTIALS.

--role-arn assumes a role with what was found; --session exchanges long-lived
keys for a session token. --verify asks AWS whose credentials they are, and
refuses those of the account's root user.

The region is that of --region, AWS_REGION, AWS_DEFAULT_REGION,
DEFAULT_AWS_REGION or the profile, in this order, or else us-east-1.

The formats: base64SharedConfig, the blob; rawSharedConfig, its text; env, a
command that sets the variable in --shell; dotenv, NAME=value; json, the blob
and facts; secret, the Secret of the controllers in --namespace;
static-identity, an AWSClusterStaticIdentity called --name, for
--allowed-namespaces ("a,b", a label selector, or "*"), and its Secret;
operator-secret, the Secret called --name that Cluster API Operator takes as
the configSecret of CAPA; github-actions, which masks the secrets in the log and
sets the variable for the later steps of the job.`,
		Flags:  o.flags(),
		Action: func(c *cli.Context) error { return r.encode(c.Context, o) },
	}
}

func (o *encodeOptions) flags() []cli.Flag {
	form := commandline.ChoiceFlag(&o.form, "output", string(credentials.Base64SharedConfig), "`FORMAT`, see above", credentials.Forms()...)
	form.Aliases = []string{"o"}
	shell := commandline.ChoiceFlag(&o.rendering.Shell, "shell", credentials.Shells()[0], "`SHELL`: sh, fish or powershell", credentials.Shells()...)
	o.only(shell.StringFlag, credentials.EnvForm)
	return append(o.credentialOptions.flags(),
		form,
		commandline.TextFlag(&o.file, "output-file", "write to `FILE`, readable only by its owner"),
		shell,
		o.only(&cli.StringFlag{Name: "namespace", Value: "capa-system", Usage: "`NAMESPACE` of CAPA", Destination: &o.rendering.Namespace},
			credentials.SecretForm, credentials.StaticIdentityForm, credentials.OperatorSecretForm),
		o.only(&cli.StringFlag{Name: "name", Usage: "`NAME` of the Secret, and of the static identity", Destination: &o.rendering.Name},
			credentials.StaticIdentityForm, credentials.OperatorSecretForm),
		o.only(&cli.StringFlag{Name: "allowed-namespaces", Usage: "`WHO` may use the static identity", Destination: &o.rendering.AllowedNamespaces},
			credentials.StaticIdentityForm),
	)
}

// only makes a flag one that some formats alone take.
func (o *encodeOptions) only(flag *cli.StringFlag, forms ...credentials.Form) cli.Flag {
	check := flag.Action
	flag.Action = func(c *cli.Context, value string) error {
		if !slices.Contains(forms, credentials.Form(o.form)) {
			var names []string
			for _, form := range forms {
				names = append(names, "-o "+string(form))
			}
			return usagef("--%s is for %s", flag.Name, strings.Join(names, ", "))
		}
		if check == nil {
			return nil
		}
		return check(c, value)
	}
	return flag
}

// check returns an error for flags with values that nothing takes, before anything
// is asked.
func (o *encodeOptions) check(r *runner) error {
	if err := o.credentialOptions.check(r); err != nil {
		return err
	}
	if err := o.rendering.Check(credentials.Form(o.form)); err != nil {
		return usageError{withHint(err)}
	}
	return nil
}

// encode finds credentials, and hands them over when nothing is wrong with them.
func (r *runner) encode(ctx context.Context, o encodeOptions) error {
	if err := o.check(r); err != nil {
		return err
	}
	found, profile, err := r.find(ctx, o.credentialOptions)
	if err != nil {
		return err
	}
	if o.verify {
		if err := r.verify(ctx, found, o.allowRoot); err != nil {
			return err
		}
	}
	return r.handOver(ctx, o, found, profile)
}

// handOver puts the credentials where the options say, in the form they say.
func (r *runner) handOver(ctx context.Context, o encodeOptions, found credentials.Found, profile credentials.Profile) error {
	form := credentials.Form(o.form)
	if form == credentials.GitHubActionsForm {
		return r.handToGitHubActions(ctx, o, found, profile)
	}
	text, err := found.Render(form, profile, o.rendering)
	if err != nil {
		return usageError{withHint(err)}
	}
	if o.file != "" {
		if o.file == "-" {
			return usagef("--output-file - names no file: leave it out to print")
		}
		return deadline.Whole(ctx, "writing "+o.file, func() error { return atomicfile.Write(o.file, text) })
	}
	r.talk.Warn("these credentials are readable by whoever reads this output; use them for bootstrapping only")
	if r.Environment.Get("GITHUB_ACTIONS") == "true" {
		r.talk.Warn("this is a GitHub Actions job, and nothing masks these credentials in its log: use -o github-actions")
	}
	return r.writeRaw(ctx, text) // to be read back byte by byte
}

// handToGitHubActions masks the secrets first, so that nothing that goes wrong
// later can show them.
func (r *runner) handToGitHubActions(ctx context.Context, o encodeOptions, found credentials.Found, profile credentials.Profile) error {
	path := r.Environment.Get("GITHUB_ENV")
	if path == "" {
		return usagef("-o github-actions works in a step of a GitHub Actions job, which has the variable GITHUB_ENV")
	}
	if o.file != "" {
		return usagef("-o github-actions writes to the file that GITHUB_ENV names; leave --output-file out")
	}
	return found.Credentials.ToGitHubActions(ctx, path, profile, func(masks string) error { return r.writeRaw(ctx, []byte(masks)) })
}
