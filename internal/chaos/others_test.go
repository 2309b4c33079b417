// Concurrent changes: what other people do to the same stack.

package chaos_test

import (
	"fmt"
	"slices"
	"strings"
)

// otherChange is a change that another person makes, if CloudFormation allows
// it.
type otherChange struct {
	// kind is "update", "replace", "delete", "recreate", "create", "plan",
	// "protect", "continue", "delete now", "delete without a token", "vanish"
	// or "unplan" (which deletes all change sets).
	kind string
	goal goal
}

func (d otherChange) String() string {
	if d.goal.name == "" {
		return d.kind
	}
	return d.kind + " to " + d.goal.name
}

// drawOtherChange draws a change that usually suits the status of the stack.
func (w *world) drawOtherChange(d dice) otherChange {
	changes := []string{"update", "update", "delete", "create", "plan", "plan", "protect"}
	if d.chance(75) {
		switch is := w.stateOf(stackName); {
		case is.id == "" || is.empty():
			changes = []string{"create", "create", "plan"}
		case slices.Contains(updatableStatuses, is.status):
			changes = []string{"update", "update", "delete", "recreate", "plan", "protect"}
		}
	}
	return otherChange{pick(d, changes...), pick(d, w.goals...)}
}

// updatableStatuses lists statuses in which a stack can be updated.
var updatableStatuses = []string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"}

// makeOtherChange makes a change as another person and describes it; "" when
// CloudFormation did not allow it.
func (w *world) makeOtherChange(d otherChange) string {
	status, id := w.double.Status(stackName), w.double.ID(stackName)
	switch {
	case d.kind == "update" && slices.Contains(updatableStatuses, status):
		w.double.StartUpdate(stackName, d.goal.template)
	case d.kind == "replace" && slices.Contains(updatableStatuses, status):
		w.double.UpdateAtOnce(stackName, d.goal.template)
	case d.kind == "recreate" && slices.Contains(updatableStatuses, status):
		w.double.Recreate(stackName, d.goal.template)
	case d.kind == "continue" && status == "UPDATE_ROLLBACK_FAILED":
		if err := w.double.Do("ContinueUpdateRollback", map[string]string{"StackName": stackName}); err != nil {
			return ""
		}
	case d.kind == "delete" && id != "" && !strings.HasSuffix(status, "_IN_PROGRESS") && !w.double.Protected(stackName):
		w.double.StartDeletion(stackName)
	case d.kind == "delete now" && id != "":
		w.double.StartDeletion(stackName)
	case d.kind == "delete without a token" && id != "": // like the console
		if err := w.double.Do("DeleteStack", map[string]string{"StackName": stackName}); err != nil {
			return ""
		}
	case d.kind == "unplan":
		for _, name := range w.double.ChangeSets() {
			if err := w.double.Do("DeleteChangeSet", map[string]string{"StackName": stackName, "ChangeSetName": name}); err != nil {
				return ""
			}
		}
	case d.kind == "vanish" && id != "":
		w.double.DeleteAtOnce(stackName)
	case d.kind == "create" && (id == "" || status == "REVIEW_IN_PROGRESS"):
		w.double.StartCreation(stackName, d.goal.template)
	case d.kind == "plan":
		if err := w.double.AddChangeSet(stackName, fmt.Sprintf("other-team-%d", len(w.double.AllChangeSets())), d.goal.template); err != nil {
			return ""
		}
	case d.kind == "protect" && id != "" && status != "REVIEW_IN_PROGRESS":
		w.double.SetProtection(stackName, !w.double.Protected(stackName))
	default:
		return ""
	}
	return fmt.Sprintf("%s a stack that was %q", d, status)
}
