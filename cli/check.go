// The command "bootstrap iam check", which checks whether a deployment would
// succeed.

package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/iam/preflight"
	"capaboot/internal/commandline"
	"capaboot/internal/deadline"
	"capaboot/internal/terminal"
	"capaboot/policies/report"
)

type checkOptions struct {
	stackOptions
	format             string
	strict, allRegions bool
	skip               []string
}

func (r *runner) checkCommand() *cli.Command {
	var o checkOptions
	return &cli.Command{
		Name:  "check",
		Usage: "check whether a deployment would succeed, and show any problems",
		Description: `Use this command before the first deployment and before an upgrade. Reads the
account, and asks IAM to simulate each call of a deployment. Changes nothing.

Each check passes, fails, or is not possible, for example because a read is
denied. If a check fails, or if CloudFormation or IAM does not respond, the exit
code is 1. With --strict, the exit code is also 1 if a check is not possible.` + "\n\n" + listChecks("--skip takes one of these names: ", preflight.AllChecks(), "."),
		Flags: slices.Concat(o.generatingOptions.flags(), o.accountOptions.flags(), []cli.Flag{
			commandline.FormatFlag(&o.format, "text", "json"),
			commandline.SwitchFlag(&o.strict, "strict", "also fail when a check is not possible"),
			commandline.ListFlag(&o.skip, "skip", "skip the check with this `NAME`"),
			commandline.SwitchFlag(&o.allRegions, "all-regions", "search every region for the stack that owns an existing resource"),
			o.serviceRoleFlag(),
			o.importFlag("check a deployment that imports existing resources whose names are in the template"),
			o.timeoutFlag(),
		}),
		Action: func(c *cli.Context) error { return r.check(c.Context, o) },
	}
}

// listChecks returns a paragraph of a help text that lists check names.
func listChecks(before string, names []preflight.Name, after string) string {
	return strings.TrimSuffix(terminal.Wrap(before+strings.Join(namesOfChecks(names), ", ")+after, "", ""), "\n")
}

func namesOfChecks(names []preflight.Name) (texts []string) {
	for _, name := range names {
		texts = append(texts, string(name))
	}
	return texts
}

func (r *runner) check(ctx context.Context, o checkOptions) error {
	ctx, cancel := r.withTimeout(ctx, o.request.Timeout)
	defer cancel()
	if err := preflight.ValidateNames(o.skip); err != nil {
		return usagef("invalid value for --skip: %w", err)
	}
	d, err := r.newStackCommand(ctx, o.stackOptions)
	if err != nil {
		return err
	}
	if err := d.connect(ctx); err != nil {
		return err
	}
	in := preflight.Input{AllRegions: o.allRegions, Time: preflight.DefaultTime}
	for _, name := range o.skip {
		in.Skip = append(in.Skip, preflight.Name(name))
	}
	found, err := d.preflight(ctx, in)
	d.view.Close()
	if ctx.Err() != nil {
		return deadline.NewEnded(ctx, "checking the account")
	}
	if err != nil {
		return err
	}
	p := report.NewPreflight(found, d.awsAccount.Identity.Account, d.awsAccount.Region, d.request.StackName)
	p.SetCommands(r.talk.Commands)
	text, err := p.Format(o.format)
	if err != nil {
		return err
	}
	if err := r.writeReport(ctx, o.format, text); err != nil {
		return err
	}
	return r.checksError(found, o.strict)
}

// checksError returns an error if checks failed. If none failed but some were
// not possible, it returns an error if CloudFormation or IAM did not respond,
// if something else responded instead of AWS, or if strict is true. In all
// other cases, it only warns about the checks that were not possible.
func (r *runner) checksError(found *preflight.Report, strict bool) error {
	failed, notPossible := found.Failed(), found.NotPossible()
	if len(notPossible) > 0 {
		text := report.Count(len(notPossible), "check") + " not possible (" + strings.Join(namesOfChecks(notPossible), ", ") + ")"
		if err := found.Intercepted(); err != nil && len(failed) == 0 {
			return fmt.Errorf("%s: %w", text, err)
		}
		if err := found.Unreached; err != nil && len(failed) == 0 {
			return errorWithHint{fmt.Errorf("%s: %w", text, err), "check the network, the proxy (HTTPS_PROXY) and the region"}
		}
		if strict && len(failed) == 0 {
			err := errors.New("--strict: " + text)
			if found.LookupDenied() {
				return errorWithHint{err, "attach the policy that the checks need; to print the policy: capaboot bootstrap iam print-operator-policy --for check"}
			}
			return errorWithHint{err, "the output says why each check was not possible; to accept this, leave --strict out"}
		}
		r.talk.Warn("%s", text)
	}
	if len(failed) > 0 {
		err := errors.New(report.Count(len(failed), "check") + " failed: " + strings.Join(namesOfChecks(failed), ", "))
		return errorWithHint{err, "fix each problem as the output says, then run the checks again: capaboot bootstrap iam check"}
	}
	return nil
}
