// Scenes of stacks that have to be brought into another state first.

package chaos_test

import (
	"time"

	"capaboot/internal/cfndouble"
)

// put makes a stack with a status and a resource that failed.
func put(status string) func(*world) {
	return func(w *world) {
		w.double.Put(stackName, status, w.goalOf("").template, map[string]string{role: "Cannot delete entity, must detach all policies first."})
	}
}

var preparationScenes = []scene{
	{name: "a creation was rolled back", status: "ROLLBACK_COMPLETE", command: "deploy", says: []string{"ROLLBACK_COMPLETE and has no resources: deleting and recreating it"}},
	{name: "a creation was rolled back, except for a role, with a yes", account: put("ROLLBACK_COMPLETE"), command: "deploy --yes", says: []string{"with 1 resource: deleting and recreating it"}},
	{name: "a creation was rolled back, except for a role", account: put("ROLLBACK_COMPLETE"), command: "deploy", code: 1, says: []string{"again with --yes", role}, then: unchanged},
	{name: "a creation failed, without a yes", account: put("CREATE_FAILED"), command: "deploy", code: 1, says: []string{"again with --yes", role, "Cannot delete entity"}, then: unchanged},
	{name: "a creation failed", account: put("CREATE_FAILED"), command: "deploy --yes"},
	{
		name: "a creation failed at a resource that was never made", command: "deploy", code: 1, says: []string{"again with --yes", role},
		never: []string{"capaboot:   " + policy + " ("}, then: unchanged,
		account: func(w *world) {
			w.double.Fail(cfndouble.Create, policy, "no way")
			w.do(w.command("deploy --keep-failed", ""))
			w.double.Heal(policy)
		},
	},
	{name: "a rollback failed", account: put("ROLLBACK_FAILED"), command: "deploy --yes"},
	{name: "a deletion failed", account: put("DELETE_FAILED"), command: "deploy --yes"},
	{
		name: "a creation failed, and something is kept", command: "deploy", code: 1, says: []string{"kept: " + role}, then: unchanged,
		account: func(w *world) { w.double.Put(stackName, "CREATE_FAILED", keeping(w).template, nil) },
	},
	{name: "a plan for a stack that is recreated", account: put("CREATE_FAILED"), command: "plan --exit-code", code: 3, prints: []string{"+ add  " + role}, then: unchanged},
	{
		name: "a plan with tags for a stack that is recreated", account: put("CREATE_FAILED"), command: "plan --exit-code", goal: "tags of the stack", code: 3, then: unchanged,
	},
	{
		name: "a creation failed, and the stack is protected", command: "deploy --yes", code: 1, says: []string{"termination protection"},
		account: func(w *world) { put("CREATE_FAILED")(w); protected(w) }, never: []string{"would be deleted"}, then: unchanged,
	},
	{
		name: "the deletion before a creation fails", account: func(w *world) { put("CREATE_FAILED")(w); w.double.Fail(cfndouble.Delete, role, "no way") },
		command: "deploy --yes", code: 1, says: []string{"no way"}, then: within(time.Minute),
	},
	{
		name: "adopted resources of a failed import", status: "IMPORT_ROLLBACK_FAILED", command: "deploy --yes", code: 1,
		says: []string{"cannot be changed"}, never: []string{"would be"}, then: unchanged,
	},
	{
		name: "an unknown status", status: "UPGRADE_FAILED", command: "deploy --yes", code: 1,
		says: []string{"cannot be changed"}, never: []string{"would be"}, then: unchanged,
	},
	{name: "a rollback failed, without a yes", account: put("UPDATE_ROLLBACK_FAILED"), command: "deploy", code: 1, then: unchanged,
		says: []string{"again with --yes", "the rollback of the last update would continue", role}, never: []string{"AWSIAMRoleControlPlane"}},
	{
		name: "a rollback failed, and it is not said why", command: "deploy", code: 1, says: []string{"capaboot:   " + role}, then: unchanged,
		account: func(w *world) {
			w.double.Put(stackName, "UPDATE_ROLLBACK_FAILED", w.goalOf("").template, map[string]string{role: ""})
		},
	},
	{
		name: "a rollback of a protected stack is continued", account: func(w *world) { put("UPDATE_ROLLBACK_FAILED")(w); protected(w) }, command: "deploy --yes",
	},
	{name: "a stack is recreated with a service role", account: put("CREATE_FAILED"), command: "deploy --yes --role-arn " + deployer},
	{name: "a rollback is continued with a service role", account: put("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes --role-arn " + deployer},
	{
		name: "a resource already left the stack that is recreated", account: keptAndFailed, command: "deploy --yes", goal: "other names", never: []string{"kept: " + role},
	},
	{name: "a rollback is continued", account: put("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes", goal: "tags of roles"},
	{
		name: "a rollback is continued, and not answered", account: put("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes",
		faults: []cfndouble.Fault{atFirst("ContinueUpdateRollback", cfndouble.Lost)}, never: []string{"changed: planning again"},
	},
	{
		name: "a rollback is continued, not answered, and then denied", account: put("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes", code: 1,
		faults: []cfndouble.Fault{atFirst("ContinueUpdateRollback", cfndouble.Lost), always("ContinueUpdateRollback", cfndouble.Denied, 1)},
		says:   []string{"it may have started", "same command"},
	},
	{
		name: "somebody continues the rollback first", account: put("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes", goal: "tags of roles",
		others: deed{what: "continue"}, before: moment{operation: "ContinueUpdateRollback", nth: 1},
	},
	{
		name: "the continued rollback fails again", command: "deploy --yes", code: 1, says: []string{"no way"},
		account: func(w *world) { put("UPDATE_ROLLBACK_FAILED")(w); w.double.Fail(cfndouble.Rollback, role, "no way") }, then: within(time.Minute),
	},
	{
		name: "somebody continues the rollback after the yes", account: put("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes",
		others: deed{what: "continue"}, before: lastLook,
	},
	{
		name: "somebody deletes the stack after the yes to recreating it", account: put("CREATE_FAILED"), command: "deploy --yes", others: deed{what: "delete"}, before: lastLook,
	},
	{
		name: "somebody has deleted the stack after the yes to recreating it", account: put("CREATE_FAILED"), command: "deploy --yes", others: deed{what: "vanish"}, before: lastLook,
	},
	{
		name: "a deployment of a stack that is being updated", status: "UPDATE_COMPLETE", command: "deploy --yes", goal: "tags of roles",
		account: func(w *world) { w.double.Interfere(stackName, w.goalOf("a policy more").template) },
	},
	{
		name: "a plan for a stack that is being updated", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		account: func(w *world) { w.double.Interfere(stackName, w.goalOf("a policy more").template) }, says: []string{"following it to its end first"},
	},
	{
		name: "a deployment of a stack that is being deleted", status: "UPDATE_COMPLETE", command: "deploy --yes",
		account: func(w *world) { w.double.DeleteNow(stackName) },
	},
	{
		name: "a deployment of a stack that somebody creates", command: "deploy --yes",
		account: func(w *world) { w.double.CreateNow(stackName, w.goalOf("").template) },
	},
	{
		// What was deleted without a question counts when a later one is answered.
		name: "somebody creates the stack after it was deleted", status: "ROLLBACK_COMPLETE", command: "deploy", code: 1,
		others: deed{"create", goal{name: "a policy more"}}, before: moment{operation: "CreateChangeSet", nth: 1}, says: []string{"nothing more was changed"},
	},
	{
		name: "a deletion failed, and somebody has made a change set", status: "UPDATE_COMPLETE", command: "deploy --yes", says: []string{"change set other-team"},
		account: func(w *world) {
			othersPlan(w)
			w.double.Fail(cfndouble.Delete, role, "no way")
			w.double.DeleteNow(stackName)
			time.Sleep(time.Minute)
			w.double.Heal(role)
		},
	},
	{name: "an empty stack", account: othersPlan, command: "deploy --yes"},
	{
		name: "an update of somebody else cannot be followed", status: "UPDATE_COMPLETE", command: "deploy --yes", code: 1,
		account: func(w *world) { slowly(w); w.double.Interfere(stackName, w.goalOf("a policy more").template) },
		faults:  []cfndouble.Fault{always("DescribeStackEvents", cfndouble.Denied, 0)}, then: within(10 * time.Second),
	},
}
