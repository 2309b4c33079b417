// Scenes about change sets and empty stacks that a run no longer needs, or that
// earlier runs left.

package chaos_test

import (
	"time"

	"capaboot/internal/cfndouble"
)

// leaveChangeSet makes an earlier plan leave its change set.
func leaveChangeSet(w *world) {
	r := w.command("plan", "tags of roles")
	r.trouble.aims = []cfndouble.Fault{always("DeleteChangeSet", cfndouble.Denied, 0)}
	w.do(r)
}

var discardScenes = []scene{
	{
		name: "a change set is created, and the response never arrives", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		faults: []cfndouble.Fault{always("CreateChangeSet", cfndouble.Lost, 0)}, code: 1, never: []string{"may remain"}, then: checkNothingLeft,
	},
	{
		name: "a change set and its stack are created, and the response never arrives", command: "plan",
		faults: []cfndouble.Fault{always("CreateChangeSet", cfndouble.Lost, 0)}, code: 1, never: []string{"may remain"}, then: checkNothingLeft,
	},
	{
		name: "a change set appears late", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		faults: []cfndouble.Fault{{Operation: "CreateChangeSet", Kind: cfndouble.Late, Delay: 4 * time.Second}}, code: 130,
		signal: moment{operation: "CreateChangeSet", nth: 1, after: 400 * time.Millisecond}, then: checkNothingLeft,
	},
	{
		name: "a change set appears again", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		faults: []cfndouble.Fault{{Operation: "CreateChangeSet", Kind: cfndouble.Late, Delay: 6 * time.Second, Times: 1}}, then: checkNothingLeft,
	},
	{
		name: "a change set and its stack appear again", command: "plan",
		faults: []cfndouble.Fault{{Operation: "CreateChangeSet", Kind: cfndouble.Late, Delay: 6 * time.Second, Times: 1}}, then: checkNothingLeft,
	},
	{
		name: "it is unknown whether the change set exists", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		faults: []cfndouble.Fault{always("CreateChangeSet", cfndouble.Lost, 0), always("DescribeChangeSet", cfndouble.Denied, 0)},
		code:   1, says: []string{"may remain", "delete-change-set"},
	},
	{
		name: "a change set that does not appear may still come", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		faults: []cfndouble.Fault{{Operation: "CreateChangeSet", Kind: cfndouble.Late, Delay: 30 * time.Second}}, code: 130,
		signal: moment{operation: "CreateChangeSet", nth: 1, after: 400 * time.Millisecond},
		says:   []string{"may remain: CloudFormation did not respond to the request to create the change set", "delete-change-set"},
	},
	{
		name: "a change set cannot be removed", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		faults: []cfndouble.Fault{always("DeleteChangeSet", cfndouble.Denied, 0)}, says: []string{"could not be removed", "delete-change-set", "--region eu-west-1"}, never: []string{"--profile"},
	},
	{
		name: "a change set and its stack cannot be removed", command: "plan",
		faults: []cfndouble.Fault{always("DeleteChangeSet", cfndouble.Denied, 0)}, says: []string{"delete-change-set", "delete-stack"},
	},
	{
		name: "the empty stack cannot be removed", command: "plan",
		faults: []cfndouble.Fault{always("DeleteStack", cfndouble.Denied, 0)}, says: []string{"the empty stack " + stackName + " could not be removed", "delete-stack"},
	},
	{
		name: "the removal gets no response after a signal", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 130,
		faults: []cfndouble.Fault{always("DeleteChangeSet", cfndouble.Reset, 0)}, signal: moment{operation: "DescribeChangeSet", nth: 1, after: 300 * time.Millisecond},
		says: []string{"delete-change-set"},
	},
	{
		name: "a change set can never be removed after a signal", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 130,
		faults: []cfndouble.Fault{{Operation: "DeleteChangeSet", Kind: cfndouble.Refused, Code: "InvalidChangeSetStatus", Message: "ChangeSet cannot be deleted"}},
		signal: moment{operation: "DescribeChangeSet", nth: 1, after: 300 * time.Millisecond}, says: []string{"could not be removed", "delete-change-set"},
	},
	{
		name: "a signal while waiting for a change set to appear", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 130,
		faults: []cfndouble.Fault{
			{Operation: "CreateChangeSet", Times: 1, Kind: cfndouble.Reset},
			{Operation: "CreateChangeSet", Skip: 1, Kind: cfndouble.Denied},
		},
		signal: moment{operation: "DescribeChangeSet", nth: 3, after: 500 * time.Millisecond}, says: []string{"removing change set"},
	},
	{
		name: "a signal while the change set is read", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 130,
		signal: moment{operation: "DescribeChangeSet", nth: 1}, says: []string{"removing change set"}, then: checkNothingLeft,
	},
	{
		name: "a signal while the change set is created", command: "plan", code: 130,
		faults: []cfndouble.Fault{{Operation: "CreateChangeSet", Kind: cfndouble.Slow, Delay: 8 * time.Second, Times: 1}},
		signal: moment{operation: "CreateChangeSet", nth: 1, after: time.Second}, says: []string{"removing change set"}, then: checkNothingLeft,
	},
	{
		// The delay is longer than the wait for a change set whose request had
		// no response.
		name: "a signal while the service is slow to create the change set", command: "plan", code: 130,
		trouble: trouble{delayOperation: "CreateChangeSet", delay: 14 * time.Second},
		signal:  moment{operation: "CreateChangeSet", nth: 1, after: time.Second}, says: []string{"removing change set"}, then: checkNothingLeft,
	},
	{
		name: "someone removes a change set that could not be removed yet", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", account: setPageSize(100),
		faults: refusals("DeleteChangeSet", 1, "InvalidChangeSetStatus", "ChangeSet cannot be deleted in status CREATE_IN_PROGRESS"),
		others: otherChange{kind: "unplan"}, othersBefore: moment{operation: "DescribeChangeSet", nth: 2}, never: []string{"could not be removed"}, then: checkNothingLeft,
	},
	{
		name: "the reason why a change set cannot be removed is unreadable", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", account: setPageSize(100),
		faults: append(refusals("DeleteChangeSet", 0, "InvalidChangeSetStatus", "ChangeSet cannot be deleted"), always("DescribeChangeSet", cfndouble.Denied, 1)),
		says:   []string{"could not be removed", "delete-change-set"},
	},
	{
		name: "someone removes the empty stack", command: "plan", others: otherChange{kind: "vanish"}, othersBefore: lastRead, never: []string{"could not be removed"},
	},
	{
		name: "the empty stack cannot be read", command: "plan",
		faults: []cfndouble.Fault{always("DescribeStacks", cfndouble.Denied, 1)}, says: []string{"delete-stack"},
	},
	{
		name: "someone creates the stack before it is removed", command: "plan",
		others: otherChange{kind: "create"}, othersBefore: moment{operation: "DeleteChangeSet", nth: 1},
	},
	{
		name: "someone creates a change set before the stack is removed", command: "plan",
		others: otherChange{kind: "plan"}, othersBefore: moment{operation: "DeleteChangeSet", nth: 1},
		then: func(w *world, r *run) {
			if w.double.Status(stackName) != "REVIEW_IN_PROGRESS" {
				w.fail(r, "the stack of another person's change set is %s", w.double.Status(stackName))
			}
		},
	},
	{
		name: "someone creates a change set before the stack is removed, and change sets cannot be listed", command: "plan",
		faults: []cfndouble.Fault{always("ListChangeSets", cfndouble.Denied, 0)},
		others: otherChange{kind: "plan"}, othersBefore: moment{operation: "DeleteChangeSet", nth: 1}, says: []string{"delete-stack"},
	},
	{
		name: "a change set is still being created when it is removed", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		faults: []cfndouble.Fault{{Operation: "DeleteChangeSet", Times: 2, Kind: cfndouble.Refused, Code: "InvalidChangeSetStatus", Message: "ChangeSet cannot be deleted in status CREATE_IN_PROGRESS"}},
		never:  []string{"could not be removed"}, then: checkNothingLeft,
	},
	{
		name: "a change set that is executed is not left behind", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: slowDownResources, code: 1,
		faults: []cfndouble.Fault{atFirst("CreateChangeSet", cfndouble.Lost), executionLostOnce, executionRetryDenied}, says: []string{"same command"}, never: []string{"may remain", "could not be removed"},
	},
	{
		name: "an earlier run left an empty stack, and planning is denied", command: "plan", code: 1,
		account: leaveChangeSet, faults: []cfndouble.Fault{always("CreateChangeSet", cfndouble.Denied, 0)}, then: checkNoLeftovers,
	},
	{
		name: "an earlier run executed its change set", status: "UPDATE_COMPLETE", command: "plan", goal: "one more policy",
		account: func(w *world) { w.do(w.command("deploy", "tags of roles")) },
		then: func(w *world, r *run) {
			if n := len(r.carriedOutRequests("DeleteChangeSet")); n != 1 || r.position(r.requests[len(r.requests)-1].Request) != 1 {
				w.fail(r, "it removes %d change sets, but created one", n)
			}
		},
	},
	{
		name: "an earlier run left its change set", status: "UPDATE_COMPLETE", account: leaveChangeSet, command: "deploy --yes", goal: "one more policy",
		says: []string{"which an earlier run left"}, then: checkNoLeftovers,
	},
	{
		name: "an earlier run left its change set and stack", account: leaveChangeSet, command: "plan",
		says: []string{"which an earlier run left"}, then: checkNoLeftovers,
	},
	{
		name: "an earlier run left its change set, and the stack is deleted", status: "UPDATE_COMPLETE", account: leaveChangeSet, command: "delete --yes",
		says: []string{"which an earlier run left"}, then: checkNoLeftovers,
	},
	{
		name: "leftovers of an earlier run cannot be removed", status: "UPDATE_COMPLETE", account: leaveChangeSet, command: "plan",
		faults: []cfndouble.Fault{atFirst("DeleteChangeSet", cfndouble.Denied)}, says: []string{"could not be removed", "delete-change-set"},
	},
	{
		name: "leftovers of an earlier run cannot be listed", status: "UPDATE_COMPLETE", account: leaveChangeSet, command: "plan",
		faults: []cfndouble.Fault{atFirst("ListChangeSets", cfndouble.Denied)}, says: []string{"cannot find out whether an earlier run left change sets"},
	},
	{
		name: "change sets of other people are left alone", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		account: func(w *world) {
			addOthersChangeSet(w)
			_ = w.double.AddChangeSet(stackName, "capaboot-release-42", w.goalOf("one policy fewer").template)
		},
		then: func(w *world, r *run) {
			if left := w.double.ChangeSets(); len(left) != 2 {
				w.fail(r, "the change sets of other people are %v", left)
			}
		},
	},
	{
		name: "a signal after a change set was created, and the next attempt is denied", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 130,
		faults: []cfndouble.Fault{atFirst("CreateChangeSet", cfndouble.Lost), always("CreateChangeSet", cfndouble.Denied, 1)},
		signal: moment{operation: "CreateChangeSet", nth: 2}, then: checkNothingLeft,
	},
	{
		// Nothing was created, so there is nothing to remove.
		name: "planning, reading and removing are denied", command: "deploy", code: 1, never: []string{"could not be removed", "may remain"},
		faults: []cfndouble.Fault{
			always("CreateChangeSet", cfndouble.Denied, 0), always("DescribeStacks", cfndouble.Denied, 1), always("DeleteChangeSet", cfndouble.Denied, 0),
		}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "it is unknown whether a change set appears again", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", account: setPageSize(100),
		faults: []cfndouble.Fault{atFirst("CreateChangeSet", cfndouble.Lost), always("DescribeChangeSet", cfndouble.Denied, 1)}, says: []string{"may remain", "delete-change-set"},
	},
	{
		name: "a change set never gets a response, and does not appear", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1,
		faults: []cfndouble.Fault{always("CreateChangeSet", cfndouble.Reset, 0)}, says: []string{"may remain: CloudFormation did not respond to the request to create the change set", "delete-change-set"},
	},
	{
		name: "someone removes the stack before its change set", command: "plan", others: otherChange{kind: "vanish"}, othersBefore: moment{operation: "DeleteChangeSet", nth: 1},
		never: []string{"could not be removed", "an earlier run left"},
	},
	{
		name: "an earlier run left only an empty stack", account: leaveChangeSet, command: "plan", says: []string{"removed the empty stack"}, then: checkNoLeftovers,
	},
	{
		name: "leftovers of an earlier run cannot be listed, and the stack changes during the plan", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		account: setPageSize(100), faults: []cfndouble.Fault{always("ListChangeSets", cfndouble.Denied, 0)}, others: otherChange{kind: "replace"},
		othersBefore: moment{operation: "DescribeChangeSet", nth: 1}, says: []string{"cannot find out whether an earlier run left change sets"},
	},
	{
		// The failure to list the change sets is reported once, however often
		// the stack is read.
		name: "leftovers of an earlier run cannot be listed, and the stack changes", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		faults: []cfndouble.Fault{always("ListChangeSets", cfndouble.Denied, 0)}, others: otherChange{kind: "replace"}, othersBefore: beforeExecution,
		says: []string{"cannot find out whether an earlier run left change sets"},
	},
}

// checkNoLeftovers checks that no change set of any run and no empty stack
// exists.
func checkNoLeftovers(w *world, r *run) {
	for _, set := range w.double.AllChangeSets() {
		if set.Pending && isOurs(set.Name) {
			w.fail(r, "change set %s remains", set.Name)
		}
	}
	if w.stateOf(stackName).empty() {
		w.fail(r, "the empty stack remains")
	}
}
