// Scenes about following an operation by its events: every event is printed
// once, and only a final status ends the operation.

package chaos_test

import (
	"time"

	"capaboot/internal/cfndouble"
)

func slowDownResources(w *world) { w.double.Duration = time.Minute }

// staleStatus is a fault: a response about the stack that is older than its
// events.
var staleStatus = cfndouble.Fault{Operation: "DescribeStacks", Skip: 1, Times: 1, Kind: cfndouble.Altered, Element: "StackStatus", Message: "UPDATE_COMPLETE"}

var eventScenes = []scene{
	{name: "an event arrives late", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: slowDownResources, trouble: trouble{lateAt: 4}},
	{name: "an event arrives late, of a deletion", status: "UPDATE_COMPLETE", command: "delete --yes", account: slowDownResources, trouble: trouble{lateAt: 4}},
	{
		name: "every event is listed twice", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: func(w *world) { w.double.DuplicateEvents = true },
	},
	{name: "many pages of events", command: "deploy", account: func(w *world) { w.double.PageSize, w.double.Duration = 2, 0 }},
	{
		name: "many pages of events, and a role that takes long", command: "deploy",
		account: func(w *world) {
			w.double.PageSize, w.double.Duration = 1, 0
			w.double.Durations[nodesRole] = 2 * time.Minute
		},
	},
	{
		name: "the pages of events do not end", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: setPageSize(1),
		faults: []cfndouble.Fault{{Operation: "DescribeStackEvents", Kind: cfndouble.Altered, Element: "NextToken", Message: "before-" + nodesRole + "-UPDATE_IN_PROGRESS-00004"}},
		code:   1, says: []string{"does not end", "same command"}, then: within(20 * time.Second),
	},
	{
		name: "the pages of events do not end, and have other events", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: setPageSize(1),
		faults: []cfndouble.Fault{{Operation: "DescribeStackEvents", Skip: 1, Kind: cfndouble.Endless, Element: "EventId"}},
		code:   1, says: []string{"does not end", "same command"},
	},
	{name: "the last event is missing", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: hideLastEvents},
	{name: "the last event of a deletion is missing", status: "UPDATE_COMPLETE", command: "delete --yes", account: hideLastEvents},
	{name: "a read of the stack is stale", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: slowDownResources, faults: []cfndouble.Fault{staleStatus}},
	{
		name: "a read of the stack is older than the end of the operation", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		faults: []cfndouble.Fault{{Operation: "DescribeStacks", Times: 1, Kind: cfndouble.Altered, Element: "StackStatus", Message: "UPDATE_IN_PROGRESS"}},
		then:   within(40 * time.Second),
	},
	{
		name: "a creation failed, and is not deleted", command: "deploy", code: 1, says: []string{"the stack is CREATE_FAILED"},
		account: func(w *world) {
			w.double.FailedDuration = time.Hour
			w.double.Fail(cfndouble.PhaseCreate, controllersPolicy, "no way")
		},
		then: within(35 * time.Second),
	},
	{
		name: "someone has deleted the stack right after the update", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		others: otherChange{kind: "vanish"}, othersBefore: lastRead, code: 1, says: []string{"was deleted while"},
	},
	{
		name: "someone deletes the stack while it is followed", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		others: otherChange{kind: "delete now"}, othersBefore: moment{operation: "DescribeStackEvents", nth: 3}, code: 1,
		says: []string{"was deleted while this command waited for it", "someone else deleted the stack"},
	},
	{
		name: "someone deletes the stack while it is followed, and the server forgets deleted stacks", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		account: func(w *world) { w.double.ForgetDeleted = true },
		others:  otherChange{kind: "delete now"}, othersBefore: moment{operation: "DescribeStackEvents", nth: 3}, code: 1,
		says: []string{"was deleted while this command waited for it"},
	},
	{
		name: "someone deletes the stack after its update failed", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 1,
		account: func(w *world) {
			slowDownResources(w)
			w.double.Fail(cfndouble.PhaseUpdate, nodesRole, "no way")
			w.double.Durations[nodesRole] = time.Second
		},
		others: otherChange{kind: "delete without a token"}, othersBefore: moment{operation: "DescribeStackEvents", nth: 8}, says: []string{"no way", "was deleted while this command waited for it"},
	},
	{
		name: "someone deletes the stack after an import failed", command: "deploy --import-existing", code: 1,
		account: func(w *world) {
			slowDownResources(w)
			w.double.Fail(cfndouble.PhaseCreate, nodesRole, "no way")
			w.double.Durations[nodesRole] = time.Second
		},
		others: otherChange{kind: "delete without a token"}, othersBefore: moment{operation: "DescribeStackEvents", nth: 8}, says: []string{"no way", "was deleted while this command waited for it"},
	},
	{
		name: "the timeout comes while the stack is followed", status: "UPDATE_COMPLETE", command: "deploy --timeout 30s", goal: "tags of roles", account: slowDownResources,
		code: 1, says: []string{"is still UPDATE_IN_PROGRESS", "same command"}, never: []string{"capaboot: stack " + stackName + " is UPDATE_IN_PROGRESS"},
	},
	{
		name: "the timeout comes while a deletion is followed", status: "UPDATE_COMPLETE", command: "delete --yes --timeout 30s", account: slowDownResources,
		code: 1, says: []string{"is still DELETE_IN_PROGRESS", "same command"},
	},
	{
		name: "the service does not respond for minutes while the stack is followed", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: slowDownResources,
		trouble: trouble{outage: 3 * time.Minute, outageKind: sameFault(cfndouble.Unavailable)},
	},
	{
		name: "the events can no longer be read", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: slowDownResources,
		faults: []cfndouble.Fault{always("DescribeStackEvents", cfndouble.Denied, 3)}, code: 1, says: []string{"same command"},
	},
	{
		name: "the credentials expire and cannot be refreshed while the stack is followed", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: slowDownResources,
		faults: []cfndouble.Fault{always("DescribeStackEvents", cfndouble.Expired, 3)}, code: 1,
		says: []string{"the credentials expired and cannot be refreshed", "get new credentials and run the same command again"},
	},
	{
		name: "the events of a deletion can no longer be read", status: "UPDATE_COMPLETE", command: "delete --yes", account: slowDownResources,
		faults: []cfndouble.Fault{always("DescribeStackEvents", cfndouble.Denied, 3)}, code: 1, says: []string{"same command"},
	},
	{
		name: "the events of a creation that fails can no longer be read", command: "deploy", code: 1, never: []string{"DELETE_COMPLETE"},
		account: func(w *world) {
			slowDownResources(w)
			w.double.Fail(cfndouble.PhaseCreate, nodesRole, "no way")
			w.double.Durations[nodesRole] = time.Second
		},
		faults: []cfndouble.Fault{always("DescribeStackEvents", cfndouble.Denied, 8)}, says: []string{"no way"},
	},
	{
		name: "the stack disappears while it is followed", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 1,
		account: func(w *world) { slowDownResources(w); w.double.ForgetDeleted = true },
		others:  otherChange{kind: "vanish"}, othersBefore: moment{operation: "DescribeStackEvents", nth: 4}, says: []string{"was deleted while this command waited for it"},
	},
	{
		name: "the stack disappears after its update failed", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 1,
		account: func(w *world) {
			slowDownResources(w)
			w.double.ForgetDeleted = true
			w.double.Fail(cfndouble.PhaseUpdate, nodesRole, "no way")
			w.double.Durations[nodesRole] = time.Second
		},
		others: otherChange{kind: "vanish"}, othersBefore: moment{operation: "DescribeStackEvents", nth: 8}, says: []string{"no way", "was deleted while this command waited for it"},
	},
	{
		name: "an update by another person has failed", status: "UPDATE_COMPLETE", command: "deploy --yes", says: []string{"no way"},
		account: func(w *world) {
			slowDownResources(w)
			w.double.Fail(cfndouble.PhaseUpdate, nodesRole, "no way")
			w.double.Durations[nodesRole] = 5 * time.Second
			w.double.StartUpdate(stackName, w.goalOf("tags of roles").template)
			time.Sleep(20 * time.Second)
			w.double.Heal(nodesRole)
		},
	},
}

func hideLastEvents(w *world) { w.double.HideFinal = true }

// within checks that the run takes no longer than a duration.
func within(most time.Duration) func(*world, *run) {
	return func(w *world, r *run) {
		if took := r.ended.Sub(r.began); took > most {
			w.fail(r, "it took %v", took)
		}
	}
}
