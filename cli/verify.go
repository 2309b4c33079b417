// The command "bootstrap iam verify-cloudformation-stack", which compares the
// account with the configuration.

package cli

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"capaboot/cfnstack"
	"capaboot/iam/verify"
	"capaboot/internal/commandline"
	"capaboot/internal/deadline"
	"capaboot/internal/input"
	"capaboot/policies/report"
)

type verifyOptions struct {
	stackOptions
	format          string
	exitCode, drift bool
}

func (r *runner) verifyCommand() *cli.Command {
	var o verifyOptions
	return &cli.Command{
		Name:    "verify-cloudformation-stack",
		Aliases: []string{"verify"},
		Usage:   "show where the account differs from the configuration",
		Description: `Use this command in a nightly job, and after an incident. Reads the roles,
users, groups, policies and instance profiles of the stack through IAM, and
compares them with the configuration. Compares policies by effect. Shows what
was changed or deleted by hand, and what is out of date. Changes nothing.

If a part of the account cannot be read, the report names that part, and the
exit code is 1. Otherwise, with --exit-code, the exit code is 3 if something
differs.`,
		Flags: slices.Concat(o.generatingOptions.flags(), o.accountOptions.flags(), []cli.Flag{
			commandline.FormatFlag(&o.format, "text", "json", "markdown", "sarif"),
			commandline.SwitchFlag(&o.exitCode, "exit-code", "exit with 3 when something differs"),
			commandline.SwitchFlag(&o.drift, "drift", "also run CloudFormation's drift detection"),
			o.tagFlag(),
			o.timeoutFlag(),
		}),
		Action: func(c *cli.Context) error { return r.verifyStack(c.Context, o) },
	}
}

func (r *runner) verifyStack(ctx context.Context, o verifyOptions) error {
	ctx, cancel := r.withTimeout(ctx, o.request.Timeout)
	defer cancel()
	d, err := r.newStackCommand(ctx, o.stackOptions)
	if err != nil {
		return err
	}
	if err := d.open(ctx); err != nil {
		return err
	}
	found, err := d.accountReader().Verify(ctx, verify.Input{
		Generated: asGenerated(d.loaded), Template: d.loaded.Template, Partition: d.awsAccount.Partition(), Account: d.awsAccount.Identity.Account,
		StackName: d.request.StackName, Tags: d.request.Tags, Now: time.Now(), Others: d.otherReleases(ctx),
	}, o.drift)
	d.view.Close()
	if ctx.Err() != nil {
		return deadline.NewEnded(ctx, "reading the account")
	}
	if _, ok := errors.AsType[*cfnstack.Failure](err); ok {
		return d.explain(err)
	}
	if err != nil {
		return tooLargeError(err)
	}
	file := ""
	if r.configuration != nil {
		file = r.configuration.name
	}
	v := report.NewVerification(found, d.awsAccount.Identity.Account, d.awsAccount.Region, d.request.StackName,
		report.VerifiedSource{File: file, Folder: input.WorkingFolder(), Version: r.Build.Version})
	text, err := v.Format(o.format)
	if err != nil {
		return err
	}
	if err := r.writeReport(ctx, o.format, text); err != nil {
		return err
	}
	if o.config == "" && o.format == "text" {
		d.hintOtherConfiguration(found)
	}
	if hint := verifyHint(found); hint != "" && o.format == "text" {
		for line := range strings.Lines(hint) {
			r.talk.Hint("%s", strings.TrimSuffix(line, "\n"))
		}
	}
	switch {
	case found.Partial():
		return partialError(found)
	case o.exitCode && !found.Same():
		return unexpectedResultf("--exit-code: the account is not as configured: %s", report.Count(len(found.Differences), "difference"))
	}
	return nil
}

// hintOtherConfiguration gives a hint if the template or the tags of the stack
// cannot come from the default configuration.
func (d *stackCommand) hintOtherConfiguration(found *verify.Result) {
	release, outdated := report.OutdatedRelease(found)
	switch {
	case outdated && release == "":
		d.talk.Hint("%s", otherConfigurationHint)
	case slices.ContainsFunc(found.Differences, func(d verify.Difference) bool { return d.Kind == verify.StackTag && d.Configured == nil }):
		d.talk.Hint("%s", otherTagsHint)
	}
}

// otherReleases yields what the configuration generates at the releases of CAPA
// other than the chosen one, the newest first.
func (d *stackCommand) otherReleases(ctx context.Context) iter.Seq[verify.Generation] {
	return func(yield func(verify.Generation) bool) {
		catalogue, chosen, err := d.chosenRelease(d.options.generatingOptions)
		if err != nil {
			return
		}
		for _, row := range slices.Backward(catalogue.Releases) {
			if row.Release == chosen {
				continue
			}
			loaded, err := d.generateFor(ctx, d.options.generatingOptions, catalogue, row.Release)
			if err != nil {
				continue // the configuration is not valid for this release
			}
			if ctx.Err() != nil || !yield(verify.Generation{Release: row.Release.String(), Generated: asGenerated(loaded), Template: loaded.Template}) {
				return
			}
		}
	}
}

// hasKind reports whether a verification found a difference of a kind.
func hasKind(found *verify.Result, kind verify.Kind) bool {
	return slices.ContainsFunc(found.Differences, func(d verify.Difference) bool { return d.Kind == kind })
}

// verifyHint returns a hint about the differences; "" when there are none.
func verifyHint(found *verify.Result) string {
	switch {
	case len(found.Differences) == 0:
		return ""
	case hasKind(found, verify.StackMissing) && hasKind(found, verify.ResourceUnmanaged):
		return "resources with the configured names exist; to find the region of the stack that owns them: capaboot bootstrap iam check --all-regions"
	case hasKind(found, verify.StackMissing):
		return "name the region of the stack with --region, or the configuration of the stack with --config (spec.stackName is the name of the stack); to create the stack, run: capaboot bootstrap iam deploy"
	}
	// CloudFormation makes no change set for a stack that must be repaired first.
	switch cfnstack.RequiredPreparation(found.StackStatus) {
	case cfnstack.ActionDelete, cfnstack.ActionContinueRollback:
		return "the stack is " + found.StackStatus + "; to see how a deployment repairs the stack, run: capaboot bootstrap iam plan"
	case cfnstack.ActionImpossible:
		if found.StackStatus != "" {
			return "the stack is " + found.StackStatus + ", and no deployment can change it: open the stack in the CloudFormation console, and repair or delete it there"
		}
	}
	release, outdated := report.OutdatedRelease(found)
	// A drift-aware change set undoes changes to resources, not to the stack itself.
	inResourcePolicy := func(d verify.Difference) bool { return d.LogicalID != "" }
	if outdated || !slices.ContainsFunc(found.Differences, inResourcePolicy) {
		hint := "to see what a deployment would change: capaboot bootstrap iam plan"
		if release != "" {
			hint += "\nto compare the account with CAPA " + release + ", run the same command with --capa-version " + release
		}
		return hint
	}
	return "to see which differences a drift-aware change set would undo: capaboot bootstrap iam plan --revert-drift"
}

// partialError returns the error for a verification that could not read everything.
func partialError(found *verify.Result) error {
	err := errors.New(report.Count(len(found.NotRead), "read") + " denied or failed: it is unknown whether everything is as configured")
	if slices.ContainsFunc(found.NotRead, func(u verify.NotRead) bool { return u.Denied }) {
		return errorWithHint{err, "attach the policy that the command needs, which allows only reads; to print the policy: capaboot bootstrap iam print-operator-policy --for verify"}
	}
	if !slices.ContainsFunc(found.NotRead, func(u verify.NotRead) bool { return !u.Invalid }) {
		return errorWithHint{err, "capaboot cannot interpret the policy documents that were not read, so running the command again does not help: compare each document with the configuration by hand, or replace the document with the configured one"}
	}
	return errorWithHint{err, "run the command again"}
}
