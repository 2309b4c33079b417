// Others: what other people do to the same stack meanwhile.

package chaos_test

import (
	"fmt"
	"slices"
	"strings"
)

// deed is what somebody does: one of these, as far as CloudFormation lets
// them.
type deed struct {
	what string // update, replace, delete, recreate, create, plan, protect, continue, delete now, delete without a token, vanish, unplan
	goal goal
}

func (d deed) String() string {
	if d.goal.name == "" {
		return d.what
	}
	return d.what + " to " + d.goal.name
}

// drawDeed draws one that suits the state of the stack, most of the time.
func (w *world) drawDeed(d dice) deed {
	deeds := []string{"update", "update", "delete", "create", "plan", "plan", "protect"}
	if d.chance(75) {
		switch is := w.look(stackName); {
		case is.id == "" || is.empty():
			deeds = []string{"create", "create", "plan"}
		case slices.Contains(updatable, is.status):
			deeds = []string{"update", "update", "delete", "recreate", "plan", "protect"}
		}
	}
	return deed{one(d, deeds...), one(d, w.goals...)}
}

// updatable are the states in which a stack can be updated.
var updatable = []string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"}

// others lets somebody do something, and says what; "" when CloudFormation did
// not let them.
func (w *world) others(d deed) string {
	status, id := w.double.Status(stackName), w.double.ID(stackName)
	switch {
	case d.what == "update" && slices.Contains(updatable, status):
		w.double.Interfere(stackName, d.goal.template)
	case d.what == "replace" && slices.Contains(updatable, status):
		w.double.Replace(stackName, d.goal.template)
	case d.what == "recreate" && slices.Contains(updatable, status):
		w.double.Recreate(stackName, d.goal.template)
	case d.what == "continue" && status == "UPDATE_ROLLBACK_FAILED":
		if err := w.double.Do("ContinueUpdateRollback", map[string]string{"StackName": stackName}); err != nil {
			return ""
		}
	case d.what == "delete" && id != "" && !strings.HasSuffix(status, "_IN_PROGRESS") && !w.double.Protected(stackName):
		w.double.DeleteNow(stackName)
	case d.what == "delete now" && id != "":
		w.double.DeleteNow(stackName)
	case d.what == "delete without a token" && id != "": // as the console does
		if err := w.double.Do("DeleteStack", map[string]string{"StackName": stackName}); err != nil {
			return ""
		}
	case d.what == "unplan":
		for _, name := range w.double.ChangeSets() {
			if err := w.double.Do("DeleteChangeSet", map[string]string{"StackName": stackName, "ChangeSetName": name}); err != nil {
				return ""
			}
		}
	case d.what == "vanish" && id != "":
		w.double.Vanish(stackName)
	case d.what == "create" && (id == "" || status == "REVIEW_IN_PROGRESS"):
		w.double.CreateNow(stackName, d.goal.template)
	case d.what == "plan":
		if err := w.double.PlanNow(stackName, fmt.Sprintf("other-team-%d", len(w.double.AllChangeSets())), d.goal.template); err != nil {
			return ""
		}
	case d.what == "protect" && id != "" && status != "REVIEW_IN_PROGRESS":
		w.double.Protect(stackName, !w.double.Protected(stackName))
	default:
		return ""
	}
	return fmt.Sprintf("%s a stack that was %q", d, status)
}
