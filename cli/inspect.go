// The command "bootstrap credentials inspect", which shows the problems of
// encoded credentials.

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/internal/commandline"
	"capaboot/internal/escape"
	"capaboot/internal/input"
	"capaboot/internal/secrecy"
	"capaboot/internal/terminal"
)

type inspectOptions struct {
	// arguments holds one file name, or "-" for stdin; it is empty for
	// AWS_B64ENCODED_CREDENTIALS.
	arguments           []string
	format              string
	verify, showSecrets bool
}

func (r *runner) inspectCommand() *cli.Command {
	var o inspectOptions
	return &cli.Command{
		Name:      "inspect",
		Usage:     "show what encoded credentials contain, and whether CAPA can use them",
		ArgsUsage: "[FILE]",
		Description: `Use this command when CAPA cannot authenticate to AWS, or before "clusterctl
init".

Reads AWS_B64ENCODED_CREDENTIALS, or FILE (- is stdin). FILE is an encoded or
plain profile, clusterctl.yaml, or the manifest of a Secret: the Secret of the
controllers or of a static identity, or the configSecret of Cluster API
Operator.

Prints the profiles without their secrets, and each problem that prevents CAPA's
controllers from using the profiles. If there is such a problem, the exit code
is 1. If the input does not say when temporary keys expire, use --verify to find
out whether the keys are valid.`,
		Flags: []cli.Flag{
			commandline.FormatFlag(&o.format, "text", "json"),
			commandline.SwitchFlag(&o.verify, "verify", "ask AWS for the identity of the credentials"),
			commandline.SwitchFlag(&o.showSecrets, "show-secrets", "show the secrets too; works on a terminal only"),
		},
		Action: func(c *cli.Context) error {
			if c.NArg() > 1 {
				return usagef("unexpected argument %q: %s takes one FILE", c.Args().Get(1), c.Command.HelpName)
			}
			o.arguments = c.Args().Slice()
			return r.inspect(c.Context, o)
		},
	}
}

func (r *runner) inspect(ctx context.Context, o inspectOptions) error {
	if o.showSecrets && o.format != "text" {
		return usagef("--show-secrets works with --output text only")
	}
	if o.showSecrets && !terminal.Is(r.Stdout) {
		return usagef("--show-secrets works on a terminal only; to write the secrets to a file, use: base64 -d")
	}
	name, blob, err := r.readBlob(ctx, o.arguments)
	if err != nil {
		return err
	}
	inspection := credentials.Inspect(blob)
	inspection.SetSource(name)
	inspection.AllowEmulator(r.Environment)
	if o.verify {
		if err := r.verifyInspection(ctx, &inspection); err != nil {
			return err
		}
	}
	inspection.SetProgram(r.talk.Name)
	if o.format == "text" {
		err = r.writeReport(ctx, "text", []byte(inspection.Report()))
	} else {
		err = r.writeJSON(ctx, inspection)
	}
	if err != nil {
		return err
	}
	if o.showSecrets {
		if err := r.writeRaw(ctx, []byte(escape.Lines("\n"+strings.TrimSuffix(inspection.Text(), "\n")+"\n"))); err != nil {
			return err
		}
	}
	if !inspection.Usable {
		return errorWithHint{errors.New("CAPA's controllers cannot use these credentials"), "fix each problem as the output says, then inspect the credentials again"}
	}
	return nil
}

// verifyInspection asks AWS for the identity of the inspected credentials.
func (r *runner) verifyInspection(ctx context.Context, inspection *credentials.Inspection) error {
	region := inspection.Region(r.Environment)
	if warning := region.Warning(); inspection.CanVerify() && warning != "" && strings.HasPrefix(region.Source, "AWS_") {
		r.talk.Warn("%s", warning)
	}
	if inspection.CanVerify() && region.Fallback {
		r.talk.Warn("no region is set (in the profile, AWS_REGION or AWS_DEFAULT_REGION): asking AWS STS in %s", region.Name)
	}
	if err := inspection.Verify(ctx, r.Environment); err != nil {
		return withHint(err)
	}
	return nil
}

// readBlob returns the text to inspect, and the name of its source: a file, stdin, or
// AWS_B64ENCODED_CREDENTIALS.
func (r *runner) readBlob(ctx context.Context, arguments []string) (name string, blob []byte, err error) {
	if len(arguments) == 1 {
		path := arguments[0]
		if _, err := input.Lstat(ctx, path); err != nil && path != input.Stdin && path != "" && ctx.Err() == nil {
			return "", nil, usageError{errorWithHint{errors.New(secrecy.NoSuchFile(path)),
				"name an existing file; to inspect credentials that are not in a file, use " + credentials.Variable + " or stdin (-), because arguments are visible in the process list"}}
		}
		name, blob, err = input.Read(ctx, path, r.Stdin, credentials.MaxBlob)
		if err != nil {
			err = usageError{inputError{err, inspectedInput}}
		}
		return name, blob, err
	}
	text := r.Environment.Get(credentials.Variable)
	if text == "" {
		state, hint := "not set", "; a variable of your shell reaches this command only if it is exported"
		if r.Environment.Lookup != nil {
			if _, isSet := r.Environment.Lookup(credentials.Variable); isSet {
				state, hint = "empty", ""
			}
		}
		return "", nil, usageError{errorWithHint{fmt.Errorf("%s is %s: set the variable, or name a file, or - for standard input", credentials.Variable, state),
			"to get the value: " + r.talk.Name + " bootstrap credentials encode-as-profile" + hint}}
	}
	return credentials.Variable, []byte(text), nil
}
