// Scenes about stacks that must be prepared before they can be updated.

package chaos_test

import (
	"time"

	"capaboot/internal/cfndouble"
)

// addFailedStack adds a stack with a status and a failed resource.
func addFailedStack(status string) func(*world) {
	return func(w *world) {
		w.double.Put(stackName, status, w.goalOf("").template, map[string]string{nodesRole: "Cannot delete entity, must detach all policies first."})
	}
}

var preparationScenes = []scene{
	{name: "a creation was rolled back", status: "ROLLBACK_COMPLETE", command: "deploy", says: []string{"ROLLBACK_COMPLETE and has no resources: deleting and recreating it"}},
	{name: "a creation was rolled back, except for a role, with confirmation", account: addFailedStack("ROLLBACK_COMPLETE"), command: "deploy --yes", says: []string{"with 1 resource: deleting and recreating it"}},
	{name: "a creation was rolled back, except for a role", account: addFailedStack("ROLLBACK_COMPLETE"), command: "deploy", code: 1, says: []string{"again with --yes", nodesRole}, then: checkUnchanged},
	{name: "a creation failed, without confirmation", account: addFailedStack("CREATE_FAILED"), command: "deploy", code: 1, says: []string{"again with --yes", nodesRole, "Cannot delete entity"}, then: checkUnchanged},
	{name: "a creation failed", account: addFailedStack("CREATE_FAILED"), command: "deploy --yes"},
	{
		name: "a creation failed at a resource that was never created", command: "deploy", code: 1, says: []string{"again with --yes", nodesRole},
		never: []string{"capaboot:   " + controllersPolicy + " ("}, then: checkUnchanged,
		account: func(w *world) {
			w.double.Fail(cfndouble.PhaseCreate, controllersPolicy, "no way")
			w.do(w.command("deploy --keep-failed", ""))
			w.double.Heal(controllersPolicy)
		},
	},
	{name: "a rollback failed", account: addFailedStack("ROLLBACK_FAILED"), command: "deploy --yes"},
	{name: "a deletion failed", account: addFailedStack("DELETE_FAILED"), command: "deploy --yes"},
	{
		name: "a creation failed, and a resource is retained", command: "deploy", code: 1, says: []string{"kept: " + nodesRole}, then: checkUnchanged,
		account: func(w *world) { w.double.Put(stackName, "CREATE_FAILED", retainingGoal(w).template, nil) },
	},
	{name: "a plan for a stack that is recreated", account: addFailedStack("CREATE_FAILED"), command: "plan --exit-code", code: 3, prints: []string{"+ add  " + nodesRole}, then: checkUnchanged},
	{
		name: "a plan with tags for a stack that is recreated", account: addFailedStack("CREATE_FAILED"), command: "plan --exit-code", goal: "tags of the stack", code: 3, then: checkUnchanged,
	},
	{
		name: "a creation failed, and the stack is protected", command: "deploy --yes", code: 1, says: []string{"termination protection"},
		account: func(w *world) { addFailedStack("CREATE_FAILED")(w); protectStack(w) }, never: []string{"the command deletes"}, then: checkUnchanged,
	},
	{
		name: "the deletion before a creation fails", account: func(w *world) {
			addFailedStack("CREATE_FAILED")(w)
			w.double.Fail(cfndouble.PhaseDelete, nodesRole, "no way")
		},
		command: "deploy --yes", code: 1, says: []string{"no way"}, then: within(time.Minute),
	},
	{
		name: "a failed import of existing resources", status: "IMPORT_ROLLBACK_FAILED", command: "deploy --yes", code: 1,
		says: []string{"cannot be changed"}, never: []string{"would be"}, then: checkUnchanged,
	},
	{
		name: "an unknown status", status: "UPGRADE_FAILED", command: "deploy --yes", code: 1,
		says: []string{"cannot be changed"}, never: []string{"would be"}, then: checkUnchanged,
	},
	{name: "a rollback failed, without confirmation", account: addFailedStack("UPDATE_ROLLBACK_FAILED"), command: "deploy", code: 1, then: checkUnchanged,
		says: []string{"again with --yes", "continues the rollback of the last update", nodesRole}, never: []string{"AWSIAMRoleControlPlane"}},
	{
		name: "a rollback failed, and no reason is given", command: "deploy", code: 1, says: []string{"capaboot:   " + nodesRole}, then: checkUnchanged,
		account: func(w *world) {
			w.double.Put(stackName, "UPDATE_ROLLBACK_FAILED", w.goalOf("").template, map[string]string{nodesRole: ""})
		},
	},
	{
		name: "a rollback of a protected stack is continued", account: func(w *world) { addFailedStack("UPDATE_ROLLBACK_FAILED")(w); protectStack(w) }, command: "deploy --yes",
	},
	{name: "a stack is recreated with a service role", account: addFailedStack("CREATE_FAILED"), command: "deploy --yes --role-arn " + deployerRole},
	{name: "a rollback is continued with a service role", account: addFailedStack("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes --role-arn " + deployerRole},
	{
		name: "a resource already left the stack that is recreated", account: addFailedRetainingStack, command: "deploy --yes", goal: "other names", never: []string{"kept: " + nodesRole},
	},
	{name: "a rollback is continued", account: addFailedStack("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes", goal: "tags of roles"},
	{
		name: "a rollback is continued, without a response", account: addFailedStack("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes",
		faults: []cfndouble.Fault{atFirst("ContinueUpdateRollback", cfndouble.Lost)}, never: []string{"changed: planning again"},
	},
	{
		name: "a rollback is continued without a response, and then denied", account: addFailedStack("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes", code: 1,
		faults: []cfndouble.Fault{atFirst("ContinueUpdateRollback", cfndouble.Lost), always("ContinueUpdateRollback", cfndouble.Denied, 1)},
		says:   []string{"the operation may have started", "same command"},
	},
	{
		name: "someone continues the rollback first", account: addFailedStack("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes", goal: "tags of roles",
		others: otherChange{kind: "continue"}, othersBefore: moment{operation: "ContinueUpdateRollback", nth: 1},
	},
	{
		name: "the continued rollback fails again", command: "deploy --yes", code: 1, says: []string{"no way"},
		account: func(w *world) {
			addFailedStack("UPDATE_ROLLBACK_FAILED")(w)
			w.double.Fail(cfndouble.PhaseRollback, nodesRole, "no way")
		}, then: within(time.Minute),
	},
	{
		name: "someone continues the rollback after the confirmation", account: addFailedStack("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes",
		others: otherChange{kind: "continue"}, othersBefore: lastRead,
	},
	{
		name: "someone deletes the stack after its recreation is confirmed", account: addFailedStack("CREATE_FAILED"), command: "deploy --yes", others: otherChange{kind: "delete"}, othersBefore: lastRead,
	},
	{
		name: "someone has deleted the stack after its recreation is confirmed", account: addFailedStack("CREATE_FAILED"), command: "deploy --yes", others: otherChange{kind: "vanish"}, othersBefore: lastRead,
	},
	{
		name: "a deployment of a stack that is being updated", status: "UPDATE_COMPLETE", command: "deploy --yes", goal: "tags of roles",
		account: func(w *world) { w.double.StartUpdate(stackName, w.goalOf("one more policy").template) },
	},
	{
		name: "a plan for a stack that is being updated", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		account: func(w *world) { w.double.StartUpdate(stackName, w.goalOf("one more policy").template) }, says: []string{"waiting for the end of this operation first"},
	},
	{
		name: "a deployment of a stack that is being deleted", status: "UPDATE_COMPLETE", command: "deploy --yes",
		account: func(w *world) { w.double.StartDeletion(stackName) },
	},
	{
		name: "a deployment of a stack that someone creates", command: "deploy --yes",
		account: func(w *world) { w.double.StartCreation(stackName, w.goalOf("").template) },
	},
	{
		// The deletion needed no question, but must be reported when a later
		// question is declined.
		name: "someone creates the stack after it was deleted", status: "ROLLBACK_COMPLETE", command: "deploy", code: 1,
		others: otherChange{"create", goal{name: "one more policy"}}, othersBefore: moment{operation: "CreateChangeSet", nth: 1}, says: []string{"nothing else was changed"},
	},
	{
		name: "a deletion failed, and someone has created a change set", status: "UPDATE_COMPLETE", command: "deploy --yes", says: []string{"change set other-team"},
		account: func(w *world) {
			addOthersChangeSet(w)
			w.double.Fail(cfndouble.PhaseDelete, nodesRole, "no way")
			w.double.StartDeletion(stackName)
			time.Sleep(time.Minute)
			w.double.Heal(nodesRole)
		},
	},
	{name: "an empty stack", account: addOthersChangeSet, command: "deploy --yes"},
	{
		name: "an update by another person cannot be followed", status: "UPDATE_COMPLETE", command: "deploy --yes", code: 1,
		account: func(w *world) {
			slowDownResources(w)
			w.double.StartUpdate(stackName, w.goalOf("one more policy").template)
		},
		faults: []cfndouble.Fault{always("DescribeStackEvents", cfndouble.Denied, 0)}, then: within(10 * time.Second),
	},
}
