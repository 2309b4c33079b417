// bootstrap iam delete-cloudformation-stack

package cli

import (
	"time"

	"github.com/urfave/cli/v2"

	"capaboot/cfnstack"
	"capaboot/internal/render"
)

func (r *runner) deleteStack() *cli.Command {
	return &cli.Command{
		Name:    "delete-cloudformation-stack",
		Aliases: []string{"delete"},
		Usage:   "delete the stack, and follow it",
		Description: `Shows what will go, and asks on a terminal; needs --yes otherwise. A stack that
does not exist is success.

--retain keeps a resource, which leaves the stack's hands; it may be repeated.

` + generatingHelp,
		Flags: append(generatingFlags(accountFlags()...),
			outputFlag("text", "json"),
			yesFlag("delete"),
			&cli.StringSliceFlag{Name: "retain", Usage: "keep the resource with this `LOGICAL_ID`"},
			serviceRoleFlag(), timeoutFlag(), detachFlag(),
		),
		Action: func(c *cli.Context) error {
			d, err := r.deployment(c)
			if err != nil {
				return err
			}
			outcome, err := d.manager.Delete(c.Context, cfnstack.DeleteRequest{
				StackName: d.request.StackName, Retain: c.StringSlice("retain"), RoleARN: d.request.RoleARN,
				Timeout: d.request.Timeout, Detach: d.request.Detach,
			})
			d.follower.close()
			if err != nil {
				return d.explain(err)
			}
			return d.reportDeleted(c, outcome)
		},
	}
}

func (d *stackCommand) reportDeleted(c *cli.Context, outcome *cfnstack.Outcome) error {
	switch outcome.Result {
	case cfnstack.ResultAbsent:
		d.talk.say("there is no stack %s: nothing to delete", outcome.StackName)
	case cfnstack.ResultStarted:
		d.talk.say("started: the same command without --detach follows it")
	default:
		d.talk.say("stack %s is deleted, after %v", outcome.StackName, outcome.Took.Round(time.Second))
	}
	for _, resource := range outcome.Retained {
		d.talk.say("kept: %s (%s %s)", resource.LogicalID, resource.Type, resource.PhysicalID)
	}
	switch {
	case c.String("output") == "json":
		retained := []deployedResource{}
		for _, resource := range outcome.Retained {
			retained = append(retained, deployedResource{LogicalID: resource.LogicalID, Type: resource.Type, Name: resource.PhysicalID, Status: resource.Status})
		}
		return d.print(render.JSON(map[string]any{"stack": outcome.StackName, "stackID": outcome.StackID, "result": string(outcome.Result), "retained": retained}))
	case outcome.Result == cfnstack.ResultStarted:
		return d.print([]byte(printable(outcome.StackID) + "\n"))
	}
	return nil
}
