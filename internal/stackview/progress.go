// The progress of a command on a stack: the message for each stage.

package stackview

import (
	"fmt"
	"strings"
	"time"

	"capaboot/cfnstack"
)

// Observe shows one step of the progress.
func (v *View) Observe(p cfnstack.Progress) {
	switch p.Stage {
	case cfnstack.StagePlanned:
		v.setPlanned(len(p.ChangeSet.Changes))
		if p.ChangeSet.NoChanges || v.PlanOf == nil {
			return
		}
		// The analysis may not support the template of another tool. The plan then
		// says so.
		plan, _ := v.PlanOf(p.ChangeSet)
		v.risks = plan.Risks()
		v.printLines(plan.Text(maxPermissions))
		if plan.OmitsPermissions(maxPermissions) {
			v.hint("to list every permission before a deployment: capaboot bootstrap iam plan")
		}
	case cfnstack.StagePreparing:
		if p.Preparation.Action != cfnstack.ActionReuse {
			v.resume()
		}
		v.say("%s", preparationText(p.Preparation))
	case cfnstack.StageKeeping:
		v.resume()
		v.say("updating stack %s first, so that the retained resources are kept", p.StackName)
	case cfnstack.StageFollowing:
		v.resume()
		v.say("stack %s is %s: waiting for the end of this operation first", p.StackName, p.Status)
	case cfnstack.StageReplanning:
		v.say("the stack changed: planning again")
	case cfnstack.StageStarted:
		v.startOver()
		v.resume()
		v.say("started, stack ID %s", p.StackID)
	case cfnstack.StageEvent:
		v.showEvent(*p.Event)
	case cfnstack.StageDiscarding:
		v.reportDiscarding(p.Leftover)
	case cfnstack.StageLeft:
		v.reportLeftover(p.Leftover)
	case cfnstack.StageOthers:
		v.warn("a deployment also deletes these change sets of the stack, which are not executed yet: %s", strings.Join(p.ChangeSets, ", "))
	case cfnstack.StageSwept:
		v.reportSwept(p.Leftover)
	case cfnstack.StageSweepFailed:
		v.warn("cannot find out whether an earlier run left change sets of stack %s: %s", p.StackName, p.Problem)
	case cfnstack.StageRetrying:
		v.say("%s; trying again in %v", p.Problem, p.Wait.Round(time.Second))
	}
}

// preparationText says what happens to the stack before it can be changed.
func preparationText(p *cfnstack.Preparation) string {
	text := "the stack is " + p.Status
	switch p.Action {
	case cfnstack.ActionReuse:
		return text + " and empty: using it"
	case cfnstack.ActionDelete:
		if p.Protected {
			return text + " and would have to be deleted first, but has termination protection"
		}
		if len(p.Resources) == 0 {
			return text + " and has no resources: deleting and recreating it"
		}
		note := ""
		if p.RetainedErr != nil {
			note = " (their DeletionPolicy is unknown, so some may be kept)"
		}
		if len(p.Resources) == 1 {
			return text + " with 1 resource" + note + ": deleting and recreating it"
		}
		return fmt.Sprintf("%s with %d resources%s: deleting and recreating it", text, len(p.Resources), note)
	case cfnstack.ActionContinueRollback:
		return text + ": continuing its rollback"
	case cfnstack.ActionFollow:
		return text + ": waiting for the end of this operation"
	}
	return text + ", and cannot be changed"
}

// maxPermissions is the maximum number of changed actions that a deployment lists one
// by one. If there are more, it only counts most of them; see [report.Plan.Text].
// "plan" always lists all.
const maxPermissions = 40

// printLines prints several lines above the progress.
func (v *View) printLines(text string) {
	for line := range strings.Lines(v.Talk.Fitted(text)) {
		if line = strings.TrimRight(line, "\n"); line != "" {
			v.say("%s", line)
		}
	}
}
