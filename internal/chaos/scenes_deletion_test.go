// Scenes about deletions: only resources that the question named are deleted.

package chaos_test

import (
	"slices"
	"strings"
	"time"

	"capaboot/internal/cfndouble"
)

// The requests with which a command reads the stack for the last time. A deletion
// sends them after the confirmation.
var (
	lastRead       = moment{operation: "DescribeStacks", nth: 2}
	lastChangeSets = moment{operation: "ListChangeSets", nth: 3}
)

// retainingGoal returns the default goal with a DeletionPolicy on a role.
func retainingGoal(w *world) goal {
	g := w.goalOf("")
	g.name = "retaining"
	g.template = strings.Replace(g.template, `"`+nodesRole+`": {`, `"`+nodesRole+`": {"DeletionPolicy": "Retain",`, 1)
	if !strings.Contains(g.template, "Retain") {
		panic("the form of the template has changed: " + g.template[:500])
	}
	return g
}

func addRetainingStack(w *world) {
	w.double.Put(stackName, "UPDATE_COMPLETE", retainingGoal(w).template, nil)
}

// addFailedRetainingStack adds a stack whose template retains a role, and whose
// deletion failed after the role had left the stack.
func addFailedRetainingStack(w *world) {
	addRetainingStack(w)
	w.double.Fail(cfndouble.PhaseDelete, controllersPolicy, "no way")
	w.double.StartDeletion(stackName)
	time.Sleep(time.Minute)
	w.double.Heal(controllersPolicy)
}

var deletionScenes = []scene{
	{name: "a deletion", status: "CREATE_COMPLETE", command: "delete --yes", says: []string{"is deleted"}},
	{name: "a deletion without confirmation", status: "CREATE_COMPLETE", command: "delete", code: 1, says: []string{"again with --yes", nodesRole}, never: []string{"continue-update-rollback"}, then: checkUnchanged},
	{name: "a deletion with a service role", status: "CREATE_COMPLETE", command: "delete --yes --role-arn " + deployerRole},
	{name: "a deletion as JSON", status: "CREATE_COMPLETE", command: "delete --yes -o json"},
	{name: "a detached deletion as JSON", status: "CREATE_COMPLETE", command: "delete --yes --detach -o json"},
	{name: "nothing to delete", command: "delete --yes", says: []string{"does not exist: nothing to delete"}},
	{name: "a detached deletion", status: "CREATE_COMPLETE", command: "delete --yes --detach", says: []string{"started; to follow the deletion"}, prints: []string{"arn:aws:cloudformation:"}},
	{
		name: "a detached deletion that gets no response", status: "CREATE_COMPLETE", command: "delete --yes --detach", code: 1,
		faults: []cfndouble.Fault{always("DeleteStack", cfndouble.Lost, 0)}, says: []string{"the operation may have started", "same command"}, never: []string{"capaboot: started"},
	},
	{
		name: "a protected stack", status: "CREATE_COMPLETE", command: "delete --yes", account: protectStack, code: 1,
		says: []string{"termination protection", "--region eu-west-1"}, never: []string{"the command deletes"}, then: checkUnchanged,
	},
	{
		name: "a protected stack, with a resource to retain", status: "CREATE_COMPLETE", command: "delete --yes --retain " + nodesRole, account: protectStack, code: 1,
		says: []string{"termination protection"}, never: []string{"the command deletes"}, then: checkUnchanged,
	},
	{
		name: "someone protects the stack after the confirmation", status: "UPDATE_COMPLETE", command: "delete --yes",
		others: otherChange{kind: "protect"}, othersBefore: lastRead, code: 1, says: []string{"has termination protection and was not deleted"}, then: checkUnchanged,
	},
	{
		name: "someone protects the stack after the confirmation, with a resource to retain", status: "UPDATE_COMPLETE", command: "delete --yes --retain " + nodesRole,
		others: otherChange{kind: "protect"}, othersBefore: lastRead, code: 1, says: []string{"has termination protection and was not deleted"}, then: checkUnchanged,
	},
	{
		name: "the stack is being updated", status: "UPDATE_COMPLETE", command: "delete --yes",
		account: func(w *world) { w.double.StartUpdate(stackName, w.goalOf("one more policy").template) }, says: []string{"waiting for the end of this operation first"},
	},
	{
		name: "the stack is being deleted", status: "UPDATE_COMPLETE", command: "delete --yes",
		account: func(w *world) { w.double.StartDeletion(stackName) }, says: []string{"is deleted"},
	},
	{
		name: "the stack is being deleted, with a resource to retain", status: "UPDATE_COMPLETE", command: "delete --yes --retain " + nodesRole,
		account: func(w *world) { w.double.StartDeletion(stackName) }, code: 1, says: []string{"check whether the resources still exist"},
	},
	{
		name: "the stack is being deleted, and retains the resource", command: deleteAndRetain, says: []string{"is deleted"},
		account: func(w *world) { addRetainingStack(w); w.double.StartDeletion(stackName) },
	},
	{
		name: "the stack is being deleted, and retains only one of two resources", command: deleteAndRetain + " --retain AWSIAMRoleControlPlane", code: 1,
		account: func(w *world) { addRetainingStack(w); w.double.StartDeletion(stackName) }, says: []string{"check whether the resources still exist"},
	},
	{
		name: "a resource already left the stack", command: "delete --yes", account: addFailedRetainingStack, says: []string{"is deleted"}, never: []string{"kept: " + nodesRole},
	},
	{
		name: "the stack is being deleted by a server that forgets deleted stacks", status: "UPDATE_COMPLETE", command: "delete --yes",
		account: func(w *world) { w.double.ForgetDeleted = true; w.double.StartDeletion(stackName) }, says: []string{"is deleted"},
	},
	{
		name: "a deletion by a server that forgets deleted stacks", status: "UPDATE_COMPLETE", command: "delete --yes",
		account: func(w *world) { w.double.ForgetDeleted = true }, says: []string{"is deleted"},
	},
	{
		// Without the token of the next page, a page looks like the last one.
		name: "a page of resources does not say that there are more", status: "UPDATE_COMPLETE", command: "delete --yes", account: setPageSize(3),
		faults:  []cfndouble.Fault{{Operation: "ListStackResources", Times: 1, Kind: cfndouble.Lacking, Element: "NextToken"}},
		trouble: trouble{misleading: true},
	},
	{
		name: "many pages of resources", status: "UPDATE_COMPLETE", command: "delete --yes", account: setPageSize(2),
	},
	{
		name: "the pages of resources do not end", status: "UPDATE_COMPLETE", command: "delete --yes", account: setPageSize(2), code: 1,
		faults: []cfndouble.Fault{{Operation: "ListStackResources", Kind: cfndouble.Altered, Element: "NextToken", Message: "page-2"}}, then: within(20 * time.Second),
	},
	{
		name: "the pages of resources do not end, and have other resources", status: "UPDATE_COMPLETE", command: "delete --yes", account: setPageSize(1), code: 1,
		faults: []cfndouble.Fault{{Operation: "ListStackResources", Kind: cfndouble.Endless, Element: "LogicalResourceId"}}, says: []string{"does not end"}, then: checkUnchanged,
	},
	{
		name: "the pages of change sets do not end", status: "UPDATE_COMPLETE", command: "plan",
		account: func(w *world) {
			setPageSize(1)(w)
			addOthersChangeSet(w)
			_ = w.double.AddChangeSet(stackName, "second", w.goalOf("one policy fewer").template)
		},
		faults: []cfndouble.Fault{{Operation: "ListChangeSets", Kind: cfndouble.Endless, Element: "ChangeSetName"}}, says: []string{"does not end"},
	},
	{
		name: "a resource without a logical ID", status: "UPDATE_COMPLETE", command: "delete --yes",
		faults: []cfndouble.Fault{{Operation: "ListStackResources", Times: 2, Kind: cfndouble.Lacking, Element: "LogicalResourceId"}},
	},
	{
		name: "someone updates the stack after the confirmation", status: "UPDATE_COMPLETE", command: "delete --yes",
		others: otherChange{"update", goal{name: "one more policy"}}, othersBefore: lastRead,
	},
	{
		name: "someone removes the DeletionPolicy of a resource", account: addRetainingStack, command: "delete --yes", others: otherChange{kind: "replace"}, othersBefore: lastRead,
	},
	{
		name: "someone recreates the stack after the confirmation", status: "UPDATE_COMPLETE", command: "delete --yes", others: otherChange{kind: "recreate"}, othersBefore: lastRead,
	},
	{
		name: "someone deletes the stack after the confirmation", status: "UPDATE_COMPLETE", command: "delete --yes", others: otherChange{kind: "delete"}, othersBefore: lastRead,
	},
	{
		name: "someone continues a rollback after the confirmation", status: "UPDATE_ROLLBACK_FAILED", command: "delete --yes",
		others: otherChange{kind: "continue"}, othersBefore: lastRead,
	},
	{
		name: "someone creates a change set after the confirmation", status: "UPDATE_COMPLETE", command: "delete --yes", others: otherChange{kind: "plan"}, othersBefore: lastChangeSets,
	},
	{
		name: "someone has created a change set", status: "UPDATE_COMPLETE", command: "delete --yes", account: addOthersChangeSet, says: []string{"change set other-team"},
	},
	{
		name: "change sets that cannot be listed", status: "UPDATE_COMPLETE", command: "delete --yes", account: addOthersChangeSet,
		faults: []cfndouble.Fault{always("ListChangeSets", cfndouble.Denied, 0)}, says: []string{"change sets, which cannot be listed"},
	},
	{
		name: "many change sets", status: "UPDATE_COMPLETE", command: "delete --yes", account: func(w *world) {
			w.double.PageSize = 2
			addOthersChangeSet(w)
			for _, name := range []string{"second", "third", "fourth"} {
				_ = w.double.AddChangeSet(stackName, name, w.goalOf("one policy fewer").template)
			}
		},
	},
	{
		name: "change sets that can no longer be listed after the confirmation", status: "UPDATE_COMPLETE", command: "delete --yes", account: addOthersChangeSet,
		faults: []cfndouble.Fault{always("ListChangeSets", cfndouble.Denied, 2)}, code: 1, then: checkUnchanged,
	},
	{
		name: "someone has deleted the stack before its change sets are listed", status: "UPDATE_COMPLETE", command: "delete --yes", says: []string{"does not exist: nothing to delete"},
		others: otherChange{kind: "vanish"}, othersBefore: moment{operation: "ListChangeSets", nth: 1},
	},
	{
		name: "an empty stack whose change sets cannot be listed", account: addOthersChangeSet, command: "delete --yes",
		faults: []cfndouble.Fault{always("ListChangeSets", cfndouble.Denied, 0)}, says: []string{"change sets, which cannot be listed"}, never: []string{"capaboot:   none"},
	},
	{name: "an empty stack with a change set", account: addOthersChangeSet, command: "delete --yes", says: []string{"change set other-team"}},
	{
		name: "a deletion that fails", status: "UPDATE_COMPLETE", command: "delete --yes", code: 1, says: []string{"no way", nodesRole},
		account: func(w *world) { w.double.Fail(cfndouble.PhaseDelete, nodesRole, "no way") },
	},
	{
		name: "the response to a deletion is lost", status: "UPDATE_COMPLETE", command: "delete --yes",
		faults: []cfndouble.Fault{atFirst("DeleteStack", cfndouble.Lost)},
	},
	{
		name: "no response to a deletion", status: "UPDATE_COMPLETE", command: "delete --yes", code: 1,
		account: func(w *world) { w.double.Duration = 5 * time.Minute },
		faults:  []cfndouble.Fault{always("DeleteStack", cfndouble.Lost, 0)}, says: []string{"the operation may have started", "same command"},
	},
	{
		name: "the response to a deletion is lost, and the retry is denied", status: "UPDATE_COMPLETE", command: "delete --yes", code: 1,
		account: func(w *world) { w.double.Duration = 5 * time.Minute },
		faults:  []cfndouble.Fault{atFirst("DeleteStack", cfndouble.Lost), always("DeleteStack", cfndouble.Denied, 1)}, says: []string{"the operation may have started", "same command"},
	},
	{
		name: "a signal at the question", status: "UPDATE_COMPLETE", command: "delete", code: 130, signal: moment{text: "the command deletes"}, then: checkUnchanged,
	},
	{
		name: "the stack is being deleted, and nothing is to be retained", status: "UPDATE_COMPLETE", command: "delete --yes",
		account: func(w *world) { w.double.StartDeletion(stackName) },
		then: func(w *world, r *run) {
			if slices.ContainsFunc(r.requests, func(q *request) bool { return q.Operation == "ListStackResources" }) {
				w.fail(r, "it lists the retained resources, although there are none")
			}
		},
	},
	{
		name: "the stack is being deleted, and it is uncertain whether it retains the resource", command: deleteAndRetain, code: 1, says: []string{"check whether the resources still exist"},
		account: func(w *world) { addRetainingStack(w); w.double.StartDeletion(stackName) },
		faults:  []cfndouble.Fault{{Operation: "ListStackResources", Kind: cfndouble.Altered, Element: "ResourceStatus", Message: "DELETE_IN_PROGRESS"}},
	},
	{
		name: "the resources have other logical IDs after the confirmation", status: "UPDATE_COMPLETE", command: "delete --yes", says: []string{"changed: planning again"},
		faults:  []cfndouble.Fault{{Operation: "ListStackResources", Skip: 1, Times: 1, Kind: cfndouble.Altered, Element: "LogicalResourceId", Message: "Other"}},
		trouble: trouble{misleading: true},
	},
	{
		name: "the resources have other physical IDs after the confirmation", status: "UPDATE_COMPLETE", command: "delete --yes", says: []string{"changed: planning again"},
		faults:  []cfndouble.Fault{{Operation: "ListStackResources", Skip: 1, Times: 1, Kind: cfndouble.Altered, Element: "PhysicalResourceId", Message: "other"}},
		trouble: trouble{misleading: true},
	},
	{
		name: "the request for the template gets no response", status: "UPDATE_COMPLETE", command: "delete --yes", code: 1, never: []string{"the command deletes"},
		faults: []cfndouble.Fault{always("GetTemplate", cfndouble.Reset, 0)}, then: checkUnchanged,
	},
	{
		name: "the request for the template gets no response until the timeout", status: "UPDATE_COMPLETE", command: "delete --yes --timeout 10s", code: 1, never: []string{"the command deletes"},
		faults: []cfndouble.Fault{always("GetTemplate", cfndouble.Unavailable, 0)}, says: []string{"timed out"}, then: checkUnchanged,
	},
	{
		name: "resources never have a logical ID", status: "UPDATE_COMPLETE", command: deleteAndRetain, code: 1, says: []string{"has no resource"},
		faults: []cfndouble.Fault{{Operation: "ListStackResources", Kind: cfndouble.Lacking, Element: "LogicalResourceId"}}, then: checkUnchanged,
	},
	{
		name: "an empty stack of an earlier run cannot be removed", account: leaveChangeSet, command: "plan", never: []string{"removed the empty stack"},
		faults: []cfndouble.Fault{always("DeleteStack", cfndouble.Denied, 0)}, says: []string{"delete-stack"},
	},
	{
		name: "a failure whose reason contains the word cancelled", status: "UPDATE_COMPLETE", command: "delete --yes", code: 1,
		account: func(w *world) {
			w.double.Fail(cfndouble.PhaseDelete, nodesRole, "The role belongs to a cancelled order")
		}, then: errorSays("a cancelled order"),
	},
}

func protectStack(w *world) { w.double.SetProtection(stackName, true) }

func addOthersChangeSet(w *world) {
	if err := w.double.AddChangeSet(stackName, "other-team", w.goalOf("one policy fewer").template); err != nil {
		panic(err)
	}
}
