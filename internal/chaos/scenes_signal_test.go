// Scenes about signals: while a response is outstanding, during a wait, and
// before the result.

package chaos_test

import (
	"time"

	"capaboot/internal/cfndouble"
)

// slowResponse returns a fault that delays the response to the first request of
// an operation by 10 s.
func slowResponse(operation string) []cfndouble.Fault {
	return []cfndouble.Fault{{Operation: operation, Kind: cfndouble.Slow, Delay: 10 * time.Second, Times: 1}}
}

// duringSlowResponse returns the moment after the request of slowResponse was
// carried out and before its response.
func duringSlowResponse(operation string) moment {
	return moment{operation: operation, nth: 1, after: time.Second}
}

var signalScenes = []scene{
	{
		name: "a signal while the execution gets no response", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: slowDownResources, code: 130,
		faults: slowResponse("ExecuteChangeSet"), signal: duringSlowResponse("ExecuteChangeSet"), says: []string{"same command"}, never: []string{"trying again"},
	},
	{
		name: "a signal while the deletion gets no response", status: "UPDATE_COMPLETE", command: "delete --yes", account: slowDownResources, code: 130,
		faults: slowResponse("DeleteStack"), signal: duringSlowResponse("DeleteStack"), says: []string{"same command"}, never: []string{"trying again"},
	},
	{
		name: "a signal while a continued rollback gets no response", account: func(w *world) { addFailedStack("UPDATE_ROLLBACK_FAILED")(w); slowDownResources(w) }, command: "deploy --yes", code: 130,
		faults: slowResponse("ContinueUpdateRollback"), signal: duringSlowResponse("ContinueUpdateRollback"), says: []string{"same command"}, never: []string{"trying again"},
	},
	{
		name: "a signal while the change set gets no response", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 130,
		faults: slowResponse("CreateChangeSet"), signal: duringSlowResponse("CreateChangeSet"), says: []string{"removing change set"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a signal before the change set is created, and the response is lost", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 130,
		faults: []cfndouble.Fault{{Operation: "CreateChangeSet", Kind: cfndouble.Lost}},
		signal: moment{operation: "CreateChangeSet", nth: 1}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a signal between two polls", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: slowDownResources, code: 130,
		signal: moment{operation: "DescribeStackEvents", nth: 5, after: 400 * time.Millisecond}, says: []string{"is UPDATE_IN_PROGRESS", "same command"},
	},
	{
		name: "a signal between two polls of a deletion", status: "UPDATE_COMPLETE", command: "delete --yes", account: slowDownResources, code: 130,
		signal: moment{operation: "DescribeStackEvents", nth: 5, after: 400 * time.Millisecond}, says: []string{"is DELETE_IN_PROGRESS", "same command"},
	},
	{
		name: "a signal after something failed", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 130,
		account: func(w *world) {
			slowDownResources(w)
			w.double.Fail(cfndouble.PhaseUpdate, nodesRole, "no way")
			w.double.Durations[nodesRole] = 5 * time.Second
		},
		signal: moment{operation: "DescribeStackEvents", nth: 9, after: 400 * time.Millisecond}, says: []string{"warning: failed: ", "same command"},
	},
	{
		name: "a signal before the first poll", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: slowDownResources, code: 130,
		signal: moment{text: "started, stack ID"}, says: []string{"same command"},
	},
	{
		name: "a signal during the wait for the next attempt", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 130,
		faults: []cfndouble.Fault{always("GetTemplate", cfndouble.Unavailable, 0)}, signal: moment{text: "trying again in 7s"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a signal during the wait after a race", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 130,
		others: otherChange{kind: "replace"}, othersBefore: beforeExecution, signal: moment{text: "changed: planning again"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a signal before the change set is requested", account: addOthersChangeSet, command: "deploy --yes", code: 130,
		signal: moment{text: "and empty: using it"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a signal before the plan is executed", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 130,
		signal: moment{text: "to change"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a signal after the confirmation", status: "UPDATE_COMPLETE", command: "delete --yes", code: 130,
		signal: moment{text: "the command deletes"}, then: checkUnchanged,
	},
	{
		name: "a signal before the result", command: "deploy", code: 130, signal: moment{text: "is created, after"},
	},
	{
		name: "a signal before the result as JSON", command: "deploy -o json", code: 130, signal: moment{text: "is created, after"},
	},
	{
		name: "a signal before the ID", command: "deploy --detach", code: 130, signal: moment{text: "started; to follow the deployment"},
	},
	{
		name: "a signal when the stack is complete", command: "deploy", code: 130, says: []string{"is created"},
		signal: moment{text: "CREATE_COMPLETE " + stackName},
	},
	{
		name: "a signal while another person's update is followed", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 130,
		account: func(w *world) {
			slowDownResources(w)
			w.double.StartUpdate(stackName, w.goalOf("one more policy").template)
		},
		signal: moment{operation: "DescribeStackEvents", nth: 4, after: 400 * time.Millisecond}, then: checkUnchanged,
	},
	{
		name: "a signal while the template is read", status: "UPDATE_COMPLETE", command: "delete --yes", code: 130,
		faults: slowResponse("GetTemplate"), signal: duringSlowResponse("GetTemplate"), never: []string{"the command deletes", "trying again"}, then: checkUnchanged,
	},
	{
		name: "a signal while the change sets are listed", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 130,
		faults: slowResponse("ListChangeSets"), signal: duringSlowResponse("ListChangeSets"), never: []string{"cannot find out whether"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a signal while the warnings are read", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 130,
		faults: slowResponse("DescribeEvents"), signal: duringSlowResponse("DescribeEvents"), never: []string{"to change"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a signal before the credentials are known", command: "deploy", code: 130, signal: moment{operation: "GetCallerIdentity", nth: 1}, then: checkUnchanged,
	},
}
