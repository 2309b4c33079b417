// The command "controller print-credentials", which shows the credentials in
// the controllers' Secret.

package cli

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/urfave/cli/v2"

	"capaboot/controller"
	"capaboot/internal/commandline"
	"capaboot/internal/controllerview"
	"capaboot/internal/escape"
	"capaboot/internal/terminal"
)

type printCredentialsOptions struct {
	clusterOptions
	format              string
	verify, showSecrets bool
}

func (r *runner) printCredentialsCommand() *cli.Command {
	var o printCredentialsOptions
	return &cli.Command{
		Name:  "print-credentials",
		Usage: "show the credentials in the controllers' Secret, and any problems with them",
		Description: `Use this command when the controllers cannot authenticate to AWS. Reads the
Secret capa-manager-bootstrap-credentials. Like "bootstrap credentials inspect",
prints the profiles without their secrets, followed by any problems with the
profiles.

--show-secrets prints only the credentials file in the Secret, with the secrets
of all its profiles. When called as clusterawsadm with neither --output nor
--verify, the command behaves as with --show-secrets.

Without --show-secrets, the exit code is 1 when the controllers have no usable
credentials, or when it is unknown whether they have usable credentials.`,
		Flags: append(o.clusterOptions.flags(),
			commandline.FormatFlag(&o.format, "text", "json"),
			commandline.SwitchFlag(&o.verify, "verify", "ask AWS for the identity of the credentials"),
			commandline.SwitchFlag(&o.showSecrets, "show-secrets", "print only the credentials file, with its secrets"),
		),
		Action: func(c *cli.Context) error {
			o.showSecrets = o.showSecrets || r.asClusterawsadm() && !c.IsSet("output") && !o.verify
			return r.printCredentials(c.Context, o)
		},
	}
}

func (r *runner) printCredentials(ctx context.Context, o printCredentialsOptions) error {
	switch {
	case o.showSecrets && o.format != "text":
		return usagef("--show-secrets works with --output text only")
	case o.showSecrets && o.verify:
		return usagef("--show-secrets and --verify cannot be combined: use only one of them")
	}
	cluster, err := r.openCluster(ctx, o.clusterOptions)
	if err != nil {
		return err
	}
	secret, err := cluster.FindCredentials(ctx, o.namespace)
	if err != nil {
		return o.withHint(err)
	}
	r.hideSecret(secret)
	content := controllerview.NewSecretContent(secret)
	if o.showSecrets {
		return r.showSecret(ctx, secret, &content)
	}
	if content.Credentials != nil {
		content.Credentials.AllowEmulator(r.Environment)
		if o.verify {
			if err := r.verifyInspection(ctx, content.Credentials); err != nil {
				return err
			}
		}
		content.Credentials.SetProgram(r.talk.Name)
		content.Judge()
	} else if err := r.setFallback(ctx, cluster, o.clusterOptions, &content); err != nil {
		return err
	}
	problem := content.Problem()
	if o.format == "text" {
		err = r.writeReport(ctx, "text", []byte(content.Report(time.Now())))
	} else {
		err = r.writeJSON(ctx, content)
	}
	switch {
	case err != nil || problem == "":
	case content.Credentials != nil:
		err = errorWithHint{errors.New(problem), "fix each problem as the output says, then run the same command again"}
	default:
		err = errorWithHint{errors.New(problem), statusHint}
	}
	return err
}

// statusHint is the hint if the Secret has no credentials.
const statusHint = "to see which credentials the controllers use, and whether they can work: capaboot controller status"

// setFallback finds the source of credentials that the controllers use when the
// Secret has none. It also finds the tools that would overwrite the Secret.
func (r *runner) setFallback(ctx context.Context, cluster *controller.Cluster, o clusterOptions, content *controllerview.SecretContent) error {
	content.SetFallback("", "unknown")
	installation, err := cluster.ReadInstallation(ctx, o.namespace, nil)
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil:
		r.talk.Warn("it is unknown what the controllers use instead of the Secret: %v", err)
		r.talk.Hints(o.withHint(err))
		return nil
	}
	content.SetFallback(controllerview.Fallback(installation))
	if installation.Secret != nil {
		content.SetManagers(installation.ManagersOfSecret())
	}
	return nil
}

// showSecret prints the credentials file; on a terminal, it escapes control
// characters. Under the name clusterawsadm it behaves as clusterawsadm does: it
// prints a special text for a zeroed Secret, and nothing for a Secret without
// the key "credentials"; in both cases the exit code is 0.
func (r *runner) showSecret(ctx context.Context, secret *controller.Secret, content *controllerview.SecretContent) error {
	value, state := secret.Credentials()
	if state != controller.Filled {
		if !r.asClusterawsadm() {
			return errorWithHint{errors.New("there are no credentials to show: " + controllerview.AbsenceText(state)), statusHint}
		}
		r.talk.Warn("%s", controllerview.AbsenceText(state))
		if string(value) == controller.ZeroedValue {
			return r.writeRaw(ctx, []byte("Credentials are zeroed\n"))
		}
		if state == controller.KeyAbsent {
			return nil
		}
	} else if problem := content.Problem(); problem != "" {
		r.talk.Warn("%s; to see the problems, omit --show-secrets", problem)
	}
	if r.asClusterawsadm() {
		value = append(bytes.Clone(value), '\n') // clusterawsadm prints with fmt.Println, which adds a line break
	}
	if terminal.Is(r.Stdout) {
		value = []byte(escape.Lines(string(value)))
	} else {
		r.talk.Warn("anyone who can read this output can use these credentials")
	}
	return r.writeRaw(ctx, value)
}

// hideSecret hides the credentials in the Secret in all later output.
func (r *runner) hideSecret(secret *controller.Secret) {
	value, _ := secret.Credentials()
	r.hideProfile(string(value))
}
