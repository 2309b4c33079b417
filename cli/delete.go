// The command "bootstrap iam delete-cloudformation-stack".

package cli

import (
	"context"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"capaboot/cfnstack"
	"capaboot/internal/commandline"
	"capaboot/internal/stackview"
)

type deleteOptions struct {
	stackOptions
	format string
	retain []string // logical IDs of the resources to keep
}

func (r *runner) deleteCommand() *cli.Command {
	var o deleteOptions
	return &cli.Command{
		Name:    "delete-cloudformation-stack",
		Aliases: []string{"delete"},
		Usage:   "delete the stack, and wait until it is deleted",
		Description: `Use this command to remove the stack that "deploy" created. Shows what will be
deleted and what will be kept, and asks for confirmation; without a terminal,
confirm with --yes. If the stack does not exist, the command succeeds.`,
		Flags: slices.Concat(o.generatingOptions.flags(), o.accountOptions.flags(), []cli.Flag{
			commandline.FormatFlag(&o.format, "text", "json"),
			o.yesFlag("delete"),
			commandline.ListFlag(&o.retain, "retain", "keep the resource with this `LOGICAL_ID` when the stack is deleted"),
			o.serviceRoleFlag(), o.timeoutFlag(), o.detachFlag(),
		}),
		Action: r.withUnusedWarning(func(c *cli.Context) error { return r.delete(c.Context, o) }, "capa-version"),
	}
}

func (r *runner) delete(ctx context.Context, o deleteOptions) error {
	ctx, cancel := r.withTimeout(ctx, o.request.Timeout)
	defer cancel()
	d, err := r.newStackCommand(ctx, o.stackOptions)
	if err != nil {
		return err
	}
	// --capa-version has no effect: it selects the template, and a deletion
	// needs no template.
	r.usedFlags = slices.DeleteFunc(r.usedFlags, func(flag string) bool { return flag == "capa-version" })
	d.purpose = "delete"
	if err := d.open(ctx); err != nil {
		return err
	}
	outcome, err := d.manager.Delete(ctx, cfnstack.DeleteRequest{
		StackName: d.request.StackName, Retain: o.retain, RoleARN: d.request.RoleARN,
		Timeout: d.request.Timeout, Detach: d.request.Detach,
	})
	d.view.Close()
	if err != nil {
		return d.explain(err)
	}
	return d.reportDeleted(ctx, o.format, outcome)
}

// reportDeleted prints the result of a deletion, and the resources that it kept.
func (d *stackCommand) reportDeleted(ctx context.Context, format string, outcome *cfnstack.Outcome) error {
	switch outcome.Result {
	case cfnstack.ResultAbsent:
		d.talk.Say("stack %s does not exist: nothing to delete", outcome.StackName)
		d.talk.Hint("if the stack is in another region, name that region with --region; if the stack has another name, pass the configuration of the stack with --config (spec.stackName is the name of the stack)")
	case cfnstack.ResultStarted:
		d.talk.Say("started; to follow the deletion, run the same command without --detach")
	default:
		d.talk.Say("stack %s is deleted, after %v", outcome.StackName, outcome.Took.Round(time.Second))
	}
	for _, resource := range outcome.Retained {
		d.talk.Say("kept: %s (%s %s)", resource.LogicalID, resource.Type, resource.PhysicalID)
	}
	if outcome.RetainedErr != nil {
		d.talk.Warn("it is unknown whether the deletion kept other resources, because the DeletionPolicy of these resources could not be determined: %v", outcome.RetainedErr)
	}
	switch {
	case format == "json":
		return d.writeJSON(ctx, stackview.NewDeletion(outcome))
	case outcome.Result == cfnstack.ResultStarted:
		return d.write(ctx, []byte(printable(outcome.StackID)+"\n"))
	}
	return nil
}
