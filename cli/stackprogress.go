// The progress of a command on a stack: what is said at each stage.

package cli

import (
	"fmt"
	"strings"
	"time"

	"capaboot/cfnstack"
)

// observe shows what happens.
func (d *stackCommand) observe(p cfnstack.Progress) {
	switch p.Stage {
	case cfnstack.StagePlanned:
		d.follower.expect(len(p.ChangeSet.Changes))
		if p.ChangeSet.NoChanges || !d.showsPlan {
			return
		}
		// A template of somebody else's may be one that cannot be compared; the
		// resources are shown all the same.
		plan, err := d.planOf(p.ChangeSet)
		if err != nil {
			d.follower.say("the permissions cannot be compared: %v", err)
		}
		d.show(plan.Text(mostPermissions))
	case cfnstack.StagePreparing:
		if p.Preparation.Action != cfnstack.ActionReuse {
			d.follower.resume()
		}
		d.follower.say("%s", preparationText(p.Preparation))
	case cfnstack.StageKeeping:
		d.follower.resume()
		d.follower.say("stack %s is updated first, so that it keeps what is to stay", p.StackName)
	case cfnstack.StageFollowing:
		d.follower.resume()
		d.follower.say("stack %s is %s: following it to its end first", p.StackName, p.Status)
	case cfnstack.StageReplanning:
		d.follower.say("the stack changed meanwhile: planning anew")
	case cfnstack.StageStarted:
		d.follower.forget()
		d.follower.resume()
		d.follower.say("started, stack ID %s", p.StackID)
	case cfnstack.StageEvent:
		d.follower.event(*p.Event)
	case cfnstack.StageDiscarding:
		d.discarding(p.Leftover)
	case cfnstack.StageLeft:
		d.left(p.Leftover)
	case cfnstack.StageSwept:
		d.swept(p.Leftover)
	case cfnstack.StageSweepFailed:
		d.follower.warn("cannot tell whether an earlier run left change sets of stack %s: %s", p.StackName, p.Problem)
	case cfnstack.StageRetrying:
		d.follower.say("%s; trying again in %v", p.Problem, p.Wait.Round(time.Second))
	}
}

// preparationText says what is done before the stack can be changed.
func preparationText(p *cfnstack.Preparation) string {
	text := "the stack is " + p.Status
	switch p.Action {
	case cfnstack.ActionReuse:
		return text + ", empty, and is used"
	case cfnstack.ActionDelete:
		if p.Protected {
			return text + " and would have to be deleted first, but has termination protection"
		}
		if len(p.Resources) == 0 {
			return text + " and has no resources: it is deleted and created anew"
		}
		return fmt.Sprintf("%s with %d resources: it is deleted and created anew", text, len(p.Resources))
	case cfnstack.ActionContinueRollback:
		return text + ": its rollback is continued"
	case cfnstack.ActionFollow:
		return text + ": it is followed to its end"
	}
	return text + ", and cannot be changed"
}

// mostPermissions is how many permissions a deployment shows; "plan" shows all.
const mostPermissions = 40

// show prints a text of several lines above the progress.
func (d *stackCommand) show(text string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\n"); line != "" {
			d.follower.say("%s", line)
		}
	}
}
