// The command "bootstrap iam create-cloudformation-stack", which creates or
// updates the stack.

package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"capaboot/cfnstack"
	"capaboot/iam"
	"capaboot/iam/preflight"
	"capaboot/internal/commandline"
	"capaboot/internal/stackview"
	"capaboot/internal/terminal"
	"capaboot/policies/diff"
	"capaboot/policies/report"
)

type deployOptions struct {
	stackOptions
	format  string
	noCheck bool
}

func (r *runner) deployCommand() *cli.Command {
	var o deployOptions
	return &cli.Command{
		Name:    "create-cloudformation-stack",
		Aliases: []string{"update-cloudformation-stack", "deploy"},
		Usage:   "create or update the stack, and wait for the result",
		Description: `Use this command before you install or upgrade CAPA, and after each change of
the configuration. Creates a change set, shows it, executes it, and prints what
happens. If there are no changes, the stack stays as it is.

Asks for confirmation before it removes or replaces a resource, weakens or
replaces the permissions boundary of an existing role or user, or lets an
existing role trust another account; without a terminal, confirm with --yes.
Ctrl-C stops the command, not the deployment: run the same command again to
follow the deployment.` + "\n\n" + listChecks("Before the deployment, the command runs the checks that send only a few requests: ", preflight.CheapChecks(), ". If one of these checks fails, nothing is deployed."),
		Flags: slices.Concat(o.generatingOptions.flags(), o.accountOptions.flags(), []cli.Flag{
			commandline.FormatFlag(&o.format, "text", "json"),
			o.yesFlag("remove and replace resources, and change boundaries and trust,"),
			o.tagFlag(),
			o.serviceRoleFlag(),
			commandline.SwitchFlag(&o.request.TerminationProtection, "termination-protection", "protect the stack from deletion"),
			o.importFlag("import existing resources whose names are in the template"),
			commandline.SwitchFlag(&o.noCheck, "no-check", "deploy without running the checks first"),
			commandline.SwitchFlag(&o.request.KeepFailed, "keep-failed", "if a first deployment fails, keep the resources that it created"),
			o.timeoutFlag(), o.detachFlag(),
		}),
		Action: func(c *cli.Context) error { return r.deploy(c.Context, o) },
	}
}

func (r *runner) deploy(ctx context.Context, o deployOptions) error {
	ctx, cancel := r.withTimeout(ctx, o.request.Timeout)
	defer cancel()
	d, err := r.newStackCommand(ctx, o.stackOptions)
	if err != nil {
		return err
	}
	if err := checkPlaceholders(d.loaded); err != nil {
		return err
	}
	d.purpose, d.showsPlan = "deploy", true
	if err := d.open(ctx); err != nil {
		return err
	}
	if !o.noCheck {
		if err := d.runCheapChecks(ctx); err != nil {
			d.view.Close()
			return err
		}
	}
	outcome, err := d.manager.Deploy(ctx, d.request)
	d.view.Close()
	if err != nil {
		if outcome != nil && ctx.Err() != nil {
			// The run was interrupted or timed out while it read the result,
			// but the deployment is complete.
			d.talk.Say("stack %s is %s", outcome.StackName, outcome.Result)
		}
		return d.explain(err)
	}
	return d.reportDeployed(ctx, o.format, outcome)
}

// checkPlaceholders returns an error for a configuration with placeholders where
// AWS needs values.
func checkPlaceholders(loaded *iam.Loaded) error {
	if len(loaded.Unfilled) == 0 {
		return nil
	}
	return usageError{errorWithHint{fmt.Errorf("the ARN of a policy has a placeholder: %s", strings.Join(loaded.Unfilled, "; ")),
		"replace each placeholder with its value in the configuration, or run the configuration through envsubst first"}}
}

func (d *stackCommand) reportDeployed(ctx context.Context, format string, outcome *cfnstack.Outcome) error {
	switch outcome.Result {
	case cfnstack.ResultUnchanged:
		if tags := stackview.NewPlan(outcome.ChangeSet, diff.Result{}); tags.TagsIgnored() {
			d.talk.Warn("%s: %s", report.TagsIgnoredText, tags.TagsText())
		} else {
			d.talk.Say("no changes: stack %s is up to date", outcome.StackName)
		}
	case cfnstack.ResultStarted:
		d.talk.Say("started; to follow the deployment, run the same command without --detach")
		if format == "json" {
			return d.writeJSON(ctx, stackview.NewStart(outcome))
		}
		return d.write(ctx, []byte(printable(outcome.StackID)+"\n"))
	default:
		d.talk.Say("stack %s is %s, after %v", outcome.StackName, outcome.Result, outcome.Took.Round(time.Second))
	}
	for _, event := range outcome.Left {
		d.talk.Warn("no longer in the stack, but not deleted: %s", stackview.EventLine(event))
	}
	if format == "json" {
		return d.writeJSON(ctx, stackview.NewResult(outcome, d.awsAccount.Identity.Account, d.awsAccount.Region, d.arn))
	}
	return d.write(ctx, []byte(stackview.Table(outcome.Stack, terminal.Width(d.Stdout))))
}

// arn returns the ARN of a resource of the stack.
func (d *stackCommand) arn(logicalID, physicalID string) string {
	return d.loaded.Template.ARN(logicalID, physicalID, d.awsAccount.Partition(), d.awsAccount.Identity.Account)
}
