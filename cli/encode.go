// The command "bootstrap credentials encode-as-profile", which prints AWS
// credentials in the form that CAPA reads.

package cli

import (
	"context"
	"errors"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/credentials/accesskey"
	"capaboot/internal/atomicfile"
	"capaboot/internal/commandline"
	"capaboot/internal/deadline"
	"capaboot/internal/shortlist"
	"capaboot/internal/terminal"
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
		Usage: "print AWS credentials in the form that CAPA reads",
		Description: `Use this command to set AWS_B64ENCODED_CREDENTIALS before "clusterctl init", or
to write a Secret for a management cluster that already runs.

The command looks for credentials in this order:
  1. the profile of --profile
  2. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN
  3. the profile of AWS_PROFILE, or "default", in ~/.aws/credentials and
     ~/.aws/config: role, web identity (also AWS_WEB_IDENTITY_TOKEN_FILE),
     SSO, keys in ~/.aws/credentials, aws login, credential_process, keys in
     ~/.aws/config
  4. the endpoint of a container
  5. the role of an EC2 instance

The region comes from the first of these that is set: --region, AWS_REGION,
AWS_DEFAULT_REGION, DEFAULT_AWS_REGION, the region of the profile and, for
credentials of an EC2 instance, the region of the instance. The default is
us-east-1.

The formats of --output:
  base64SharedConfig  the value of AWS_B64ENCODED_CREDENTIALS
  rawSharedConfig     the profile in that value, not encoded
  env                 a command for --shell that sets AWS_B64ENCODED_CREDENTIALS
  dotenv              AWS_B64ENCODED_CREDENTIALS=value
  json                the value, and facts about the credentials
  secret              the Secret of CAPA's controllers, in --namespace
  static-identity     AWSClusterStaticIdentity and its Secret, named by --name
  operator-secret     the configSecret of Cluster API Operator, named by --name
  github-actions      masks the secrets in the log, and sets
                      AWS_B64ENCODED_CREDENTIALS in the later steps of the job`,
		Flags:  o.flags(),
		Action: func(c *cli.Context) error { return r.encode(c.Context, o) },
	}
}

func (o *encodeOptions) flags() []cli.Flag {
	form := commandline.ChoiceFlag(&o.form, "output", string(credentials.Base64SharedConfig), "`FORMAT` is one of the formats above", credentials.Forms()...)
	form.Aliases = []string{"o"}
	shell := commandline.ChoiceFlag(&o.rendering.Shell, "shell", credentials.Shells()[0], "`SHELL` that -o env is for, one of sh, fish and powershell", credentials.Shells()...)
	o.onlyFor(shell.StringFlag, credentials.EnvForm)
	return append(o.credentialOptions.flags(),
		form,
		commandline.TextFlag(&o.file, "output-file", "write to `FILE` instead of stdout; only the owner can read the file (on Windows, the file has the permissions of its folder)"),
		shell,
		o.onlyFor(&cli.StringFlag{Name: "namespace", Value: "capa-system", Usage: "`NAMESPACE` of the Secret", Destination: &o.rendering.Namespace},
			credentials.SecretForm, credentials.StaticIdentityForm, credentials.OperatorSecretForm),
		o.onlyFor(&cli.StringFlag{Name: "name", Usage: "`NAME` of the static identity and its Secret, or of the Secret of -o operator-secret", Destination: &o.rendering.Name},
			credentials.StaticIdentityForm, credentials.OperatorSecretForm),
		o.onlyFor(&cli.StringFlag{Name: "allowed-namespaces", Usage: "`NAMESPACES` that may use the static identity (\"a,b\", a label selector, or \"*\" for all)", Destination: &o.rendering.AllowedNamespaces},
			credentials.StaticIdentityForm),
	)
}

// onlyFor makes a flag an error unless --output is one of these formats.
func (o *encodeOptions) onlyFor(flag *cli.StringFlag, forms ...credentials.Form) cli.Flag {
	check := flag.Action
	flag.Action = func(c *cli.Context, value string) error {
		if !slices.Contains(forms, credentials.Form(o.form)) {
			var names []string
			for _, form := range forms {
				names = append(names, "-o "+string(form))
			}
			return usagef("--%s works with %s only", flag.Name, shortlist.And(names))
		}
		if check == nil {
			return nil
		}
		return check(c, value)
	}
	return flag
}

// prepare completes o.request, and returns an error for invalid flag values. It
// sends nothing.
func (o *encodeOptions) prepare(r *runner) error {
	if err := o.credentialOptions.prepare(r); err != nil {
		return err
	}
	err := o.rendering.Check(credentials.Form(o.form))
	switch {
	case err == nil:
		return nil
	case credentials.KindOf(err) == credentials.KindNoName && o.form == string(credentials.OperatorSecretForm):
		return usagef("missing --name: want the name of the Secret of Cluster API Operator")
	case credentials.KindOf(err) == credentials.KindNoName:
		return usagef("missing --name: want the name of the static identity")
	}
	return usageError{withHint(err)}
}

// encode finds credentials, checks them, and writes them in the selected form.
func (r *runner) encode(ctx context.Context, o encodeOptions) error {
	if err := o.prepare(r); err != nil {
		return err
	}
	found, profile, err := r.findCredentials(ctx, o.credentialOptions)
	if err != nil {
		return err
	}
	if found.UnknownExpiryWarning != "" {
		r.talk.Warn("%s", found.UnknownExpiryWarning)
	}
	if o.verify {
		if err := r.verifyCredentials(ctx, found, o.allowRoot); err != nil {
			return err
		}
	}
	return r.writeCredentials(ctx, o, found, profile)
}

// writeCredentials writes the credentials in the selected form: to stdout, to
// the file of --output-file, or for GitHub Actions.
func (r *runner) writeCredentials(ctx context.Context, o encodeOptions, found credentials.Found, profile credentials.Profile) error {
	form := credentials.Form(o.form)
	if form == credentials.GitHubActionsForm {
		return r.writeToGitHubActions(ctx, o, found, profile)
	}
	text, err := found.Render(form, profile, o.rendering)
	if err != nil {
		return usageError{withHint(err)}
	}
	if o.file != "" {
		if o.file == "-" {
			return usagef(`invalid value "-" for --output-file: want the name of a file; to print to stdout, leave the flag out`)
		}
		err := deadline.RunToEnd(ctx, "writing "+o.file, func() error { return atomicfile.Write(o.file, text) })
		return withWriteHint(err, "--output-file")
	}
	r.talk.Warn("%s", accesskey.PlainTextWarning)
	if r.Environment.Get("GITHUB_ACTIONS") == "true" {
		r.talk.Warn("this is a GitHub Actions job, and nothing masks these credentials in the log of the job: use -o github-actions")
	}
	return r.writeRaw(ctx, text) // programs parse this output, so it is written unchanged
}

// writeToGitHubActions masks the secrets in the log of the job, and sets
// AWS_B64ENCODED_CREDENTIALS for its later steps.
func (r *runner) writeToGitHubActions(ctx context.Context, o encodeOptions, found credentials.Found, profile credentials.Profile) error {
	path := r.Environment.Get("GITHUB_ENV")
	if path == "" {
		return usageError{errorWithHint{errors.New("-o github-actions works in a GitHub Actions job only: GITHUB_ENV is not set"), "elsewhere, use another format, such as -o dotenv"}}
	}
	if o.file != "" {
		return usagef("-o github-actions and --output-file cannot be combined: -o github-actions writes to the file that GITHUB_ENV names")
	}
	// The commands that mask the secrets go to stdout, because the runner of
	// GitHub Actions reads them only from stdout.
	if terminal.IsFileOrNull(r.Stdout) {
		return usageError{errorWithHint{errors.New("-o github-actions cannot mask the credentials in the log of the job: stdout is a file or " + os.DevNull + ", or is closed; nothing was written"),
			"do not redirect stdout of this command: stdout contains only the commands that mask the secrets, so the log shows no secret"}}
	}
	err := found.Credentials.WriteGitHubActions(ctx, path, profile, func(masks string) error { return r.writeRaw(ctx, []byte(masks)) })
	if _, ok := errors.AsType[*credentials.UnusableGitHubFile](err); ok {
		return errorWithHint{err, "the runner creates the file and sets GITHUB_ENV to its absolute path: leave the variable unchanged; in a container, pass the variable to the container, and mount the folder of the file"}
	}
	return err
}
