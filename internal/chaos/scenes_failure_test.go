// Scenes about failed operations: the error names the first failure.

package chaos_test

import (
	"strings"
	"time"

	"capaboot/internal/cfndouble"
)

var failureScenes = []scene{
	{
		name: "an update fails", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 1, says: []string{"no way", "UPDATE_ROLLBACK_COMPLETE"},
		account: func(w *world) { w.double.Fail(cfndouble.PhaseUpdate, nodesRole, "no way") },
	},
	{
		name: "a creation fails and is deleted", command: "deploy", code: 1, says: []string{"no way", "DELETE_COMPLETE"},
		account: func(w *world) { w.double.Fail(cfndouble.PhaseCreate, nodesRole, "no way") }, never: []string{"someone else"},
	},
	{
		name: "a creation fails, is CREATE_FAILED, and is deleted", command: "deploy", code: 1, says: []string{"no way", "DELETE_COMPLETE"},
		account: func(w *world) {
			w.double.FailedDuration = 8 * time.Second
			w.double.Fail(cfndouble.PhaseCreate, controllersPolicy, "no way")
		}, never: []string{"someone else"},
	},
	{
		name: "a creation fails, is deleted and forgotten", command: "deploy", code: 1, says: []string{"no way"},
		account: func(w *world) {
			w.double.ForgetDeleted = true
			w.double.Fail(cfndouble.PhaseCreate, nodesRole, "no way")
		}, never: []string{"someone else"},
	},
	{
		name: "a failed creation is kept", command: "deploy --keep-failed", code: 1, says: []string{"no way", "the stack is CREATE_FAILED"},
		account: func(w *world) { w.double.Fail(cfndouble.PhaseCreate, nodesRole, "no way") }, then: within(12 * time.Second),
	},
	{
		name: "a creation that another person started fails", command: "deploy --yes", code: 1, says: []string{"no way"},
		account: func(w *world) {
			w.double.Fail(cfndouble.PhaseCreate, nodesRole, "no way")
			w.double.StartCreation(stackName, w.goalOf("").template)
		},
	},
	{
		name: "two resources cannot be deleted", status: "UPDATE_COMPLETE", command: "delete --yes", code: 1, says: []string{"; " + nodesRole + " failed too"},
		account: func(w *world) {
			w.double.Fail(cfndouble.PhaseDelete, nodesRole, "no way")
			w.double.Fail(cfndouble.PhaseDelete, "AWSIAMRoleControlPlane", "no way")
			w.double.Durations["AWSIAMRoleControlPlane"] = time.Second
		},
	},
	{
		name: "three resources cannot be deleted", status: "UPDATE_COMPLETE", command: "delete --yes", code: 1, says: []string{"2 others failed too", "failed too: "},
		account: func(w *world) {
			for i, id := range []string{"AWSIAMRoleControlPlane", nodesRole, "AWSIAMRoleControllers"} {
				w.double.Fail(cfndouble.PhaseDelete, id, "no way")
				w.double.Durations[id] = time.Duration(10-3*i) * time.Second
			}
		},
	},
	{
		name: "an import that fails cannot be rolled back", command: "deploy --import-existing", code: 1, says: []string{"no way", "the stack is ROLLBACK_FAILED"},
		account: func(w *world) {
			w.double.Fail(cfndouble.PhaseCreate, controllersPolicy, "no way")
			w.double.Fail(cfndouble.PhaseDelete, nodesRole, "no way back")
		},
	},
	{
		name: "others are cancelled", command: "deploy", code: 1, says: []string{"no way"}, never: []string{"failed too"},
		account: func(w *world) {
			w.double.Fail(cfndouble.PhaseCreate, "AWSIAMRoleControlPlane", "no way")
			w.double.Durations["AWSIAMRoleControlPlane"] = 2 * time.Second
		},
	},
	{
		name: "the cause arrives late", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 1,
		account: func(w *world) {
			w.double.Fail(cfndouble.PhaseUpdate, nodesRole, "no way")
			w.double.Durations["AWSIAMRoleControlPlane"] = time.Second
		},
		trouble: trouble{lateAt: 8, lateBy: 10 * time.Second, lateReason: "the first of all"}, says: []string{"error: updating stack " + stackName + ": AWS::IAM::Role " + lateResource},
	},
	{
		name: "a resource that cannot be removed is left behind", status: "UPDATE_COMPLETE", command: "deploy --yes", goal: "one policy fewer", says: []string{"no longer in the stack, but not deleted", removedPolicy},
		account: func(w *world) { w.double.Fail(cfndouble.PhaseDelete, removedPolicy, "no way") },
	},
	{
		name: "an update fails, and the timeout comes before the rollback ends", status: "UPDATE_COMPLETE", command: "deploy --timeout 30s", goal: "tags of roles",
		code: 1, says: []string{"no way", "same command"},
		account: func(w *world) {
			slowDownResources(w)
			w.double.Fail(cfndouble.PhaseUpdate, nodesRole, "no way")
			w.double.Durations[nodesRole] = 5 * time.Second
		},
		then: errorSays("no way"),
	},
}

// errorSays checks that the error, not just the progress, contains a text.
func errorSays(text string) func(*world, *run) {
	return func(w *world, r *run) {
		if !strings.Contains(r.errorText(), text) {
			w.fail(r, "the error does not say %q: %s", text, r.errorText())
		}
	}
}
