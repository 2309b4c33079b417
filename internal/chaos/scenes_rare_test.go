// Scenes about rare behavior of CloudFormation: late or missing events, servers
// that forget deleted stacks, responses without a reason.

package chaos_test

import (
	"strings"
	"time"

	"capaboot/internal/cfndouble"
)

func forgetDeletedStacks(w *world) { w.double.ForgetDeleted = true }

// failFirstResource makes the first resource of a creation fail while the
// others take long.
func failFirstResource(w *world) {
	slowDownResources(w)
	w.double.Fail(cfndouble.PhaseCreate, nodesRole, "no way")
	w.double.Durations[nodesRole] = time.Second
}

func rareScenes() []scene {
	return []scene{
		{
			name: "events are not listed at once", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", says: []string{"is updated"},
			account: func(w *world) { w.double.EventLag = 6 * time.Second; time.Sleep(time.Minute) },
		},
		{
			name: "a read of the stack is stale, and no event is listed yet", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", says: []string{"is updated"},
			account: func(w *world) {
				slowDownResources(w)
				w.double.EventLag = 80 * time.Second
				time.Sleep(2 * time.Minute)
			},
			faults: []cfndouble.Fault{
				{Operation: "DescribeStacks", Skip: 1, Times: 2, Kind: cfndouble.Altered, Element: "StackStatus", Message: "UPDATE_COMPLETE"},
				{Operation: "DescribeStacks", Skip: 3, Times: 4, Kind: cfndouble.Altered, Element: "StackStatus", Message: "UPDATE_IN_PROGRESS"},
			},
		},
		{
			name: "an update fails, and only cancellations are reported", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 1,
			account: func(w *world) { w.double.Fail(cfndouble.PhaseUpdate, nodesRole, "Resource update cancelled") }, then: errorSays("The following resource(s) failed to update"),
		},
		{
			name: "a creation fails, and only cancellations are reported", command: "deploy --keep-failed", code: 1,
			account: func(w *world) { w.double.Fail(cfndouble.PhaseCreate, nodesRole, "Resource creation cancelled") }, then: errorSays("The following resource(s) failed to create"),
		},
		{
			name: "a creation fails and is deleted, and only cancellations are reported", command: "deploy", code: 1,
			account: func(w *world) { w.double.Fail(cfndouble.PhaseCreate, nodesRole, "Resource creation cancelled") }, says: []string{"The following resource(s) failed to create"},
		},
		{
			name: "an event arrives late, below the first event of an update by another person", status: "UPDATE_COMPLETE", command: "deploy --yes", goal: "tags of roles",
			account: func(w *world) {
				slowDownResources(w)
				w.double.StartUpdate(stackName, w.goalOf("one more policy").template)
				w.double.AddLateEvent(stackName, lateResource, "UPDATE_COMPLETE", "", time.Second)
			},
			then: func(w *world, r *run) {
				if n := strings.Count(r.stderr, "waiting for the end of this operation first"); n != 1 {
					w.fail(r, "it follows the update %d times", n)
				}
			},
		},
		{
			name: "the first event of a creation is missing", command: "deploy", says: []string{"is created"},
			account: func(w *world) { w.double.HideFirst, w.double.Duration = true, 0 }, then: within(30 * time.Second),
		},
		{
			name: "the end of the previous operation arrives late", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: slowDownResources,
			trouble: trouble{lateAt: 4, lateBy: 10 * time.Minute, lateEnd: true}, says: []string{"is updated"},
		},
		{
			name: "the stack can no longer be read while it is followed", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: slowDownResources,
			faults: []cfndouble.Fault{always("DescribeStacks", cfndouble.Denied, 1)}, code: 1, says: []string{"cloudformation:DescribeStacks", "same command"},
		},
		{
			name: "a deletion by another person fails", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 1,
			account: func(w *world) { w.double.Fail(cfndouble.PhaseDelete, nodesRole, "no way") },
			others:  otherChange{kind: "delete now"}, othersBefore: moment{operation: "DescribeStackEvents", nth: 3}, says: []string{"the stack is DELETE_FAILED"}, never: []string{"was deleted"},
		},
		{
			name: "the stack disappears while it is created", command: "deploy", code: 1, account: func(w *world) { slowDownResources(w); forgetDeletedStacks(w) },
			others: otherChange{kind: "vanish"}, othersBefore: moment{operation: "DescribeStackEvents", nth: 4}, says: []string{"was deleted while this command waited for it"},
		},
		{
			name: "someone deletes the stack while it is created", command: "deploy", code: 1, account: slowDownResources,
			others: otherChange{kind: "delete without a token"}, othersBefore: moment{operation: "DescribeStackEvents", nth: 4}, says: []string{"was deleted while this command waited for it"},
		},
		{
			name: "someone deletes a stack whose creation failed", command: "deploy", code: 1, account: failFirstResource,
			others: otherChange{kind: "delete now"}, othersBefore: moment{operation: "DescribeStackEvents", nth: 8}, says: []string{"no way", "was deleted while this command waited for it"},
		},
		{
			name: "a creation fails, and its deletion has no token", command: "deploy", code: 1, says: []string{"no way"}, never: []string{"someone else"},
			account: func(w *world) {
				w.double.DeletionWithoutToken = true
				w.double.Fail(cfndouble.PhaseCreate, nodesRole, "no way")
			},
		},
		{
			name: "the stack disappears before its resources are listed", status: "UPDATE_COMPLETE", command: "delete --yes", account: forgetDeletedStacks,
			others: otherChange{kind: "vanish"}, othersBefore: moment{operation: "ListStackResources", nth: 1}, says: []string{"does not exist: nothing to delete"},
		},
		{
			name: "the stack disappears before its change sets are listed", status: "UPDATE_COMPLETE", command: "deploy", account: forgetDeletedStacks,
			others: otherChange{kind: "vanish"}, othersBefore: moment{operation: "ListChangeSets", nth: 1}, says: []string{"is created"}, never: []string{"cannot find out whether"},
		},
		{
			name: "the stack disappears after the confirmation, and its change sets are no longer known", status: "UPDATE_COMPLETE", command: "delete --yes", account: forgetDeletedStacks,
			others: otherChange{kind: "vanish"}, othersBefore: lastChangeSets, says: []string{"does not exist: nothing to delete"},
		},
		{
			name: "a change set that was removed is still described", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
			account: func(w *world) { w.double.DescribeDeleted = true }, faults: []cfndouble.Fault{atFirst("CreateChangeSet", cfndouble.Lost)},
			never: []string{"could not be removed", "may remain"}, then: checkNothingLeft,
		},
		{
			name: "a change set cannot be described with or without values", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1,
			faults: refusals("DescribeChangeSet", 0, "ValidationError", "the parameters do not fit"), says: []string{"the parameters do not fit"}, then: checkNothingLeft,
		},
		{
			name: "a change set cannot be described with values, for an unknown reason", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
			faults: refusals("DescribeChangeSet", 1, "Tomorrow", "the parameters do not fit"), never: []string{"the parameters do not fit"}, then: checkNothingLeft,
		},
		{
			name: "a rollback failed, for no known reason", status: "UPDATE_ROLLBACK_FAILED", command: "deploy", code: 1, says: []string{"again with --yes"},
			then: checkUnchanged,
		},
		{
			name: "a plan for a stack whose resources cannot be listed", account: addFailedStack("ROLLBACK_FAILED"), command: "plan", code: 1,
			faults: []cfndouble.Fault{always("ListStackResources", cfndouble.Denied, 0)}, says: []string{"cloudformation:ListStackResources"}, then: checkUnchangedAndNothingLeft,
		},
		{
			name: "a stack that must be recreated, and its template cannot be read", account: addFailedStack("DELETE_FAILED"), command: "deploy --yes", code: 1,
			faults: []cfndouble.Fault{always("GetTemplate", cfndouble.Unavailable, 0)}, never: []string{"the command deletes"}, then: checkUnchanged,
		},
		{
			name: "a plan for a protected stack that must be recreated", command: "plan", prints: []string{"has termination protection"},
			account: func(w *world) { addFailedStack("CREATE_FAILED")(w); protectStack(w) }, then: checkUnchanged,
		},
		{
			name: "a rollback cannot be continued, and the stack has disappeared", account: addFailedStack("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes", says: []string{"is created"},
			faults: refusals("ContinueUpdateRollback", 1, "ValidationError", "the rollback cannot be continued today"),
			others: otherChange{kind: "vanish"}, othersBefore: moment{operation: "DescribeStacks", nth: 3},
		},
		{
			name: "a captive portal that stays", status: "UPDATE_COMPLETE", command: "plan", code: 1,
			faults: []cfndouble.Fault{always("DescribeStacks", cfndouble.Portal, 0)},
			says:   []string{"unexpected response from CloudFormation: HTML instead of XML", "the response did not come from CloudFormation"},
		},
		{
			name: "the page of a proxy that stays", status: "UPDATE_COMPLETE", command: "plan", code: 1,
			faults: []cfndouble.Fault{always("DescribeStacks", cfndouble.HTML, 0)}, says: []string{"with status 502", "the response did not come from CloudFormation"},
		},
		{
			name: "no one answers the question until the timeout", status: "UPDATE_COMPLETE", command: "delete --timeout 10s", answers: []string{}, code: 1,
			says: []string{"timed out after 10s: no answer to the question about stack " + stackName + "; nothing was changed"}, then: checkUnchanged,
		},
		{
			name: "the page of a proxy with its status", status: "UPDATE_COMPLETE", command: "plan",
			faults: []cfndouble.Fault{{Operation: "DescribeStacks", Times: 1, Kind: cfndouble.HTML, Status: 403}}, says: []string{"with status 403"},
		},
		{
			name: "a deletion fails, and the hint names the resource", status: "UPDATE_COMPLETE", command: "delete --yes", code: 1, says: []string{"--retain " + nodesRole},
			account: func(w *world) {
				w.double.Fail(cfndouble.PhaseDelete, nodesRole, "Cannot delete entity, must detach all policies first.")
			},
		},
		{
			name: "a hook fails with the status HOOK_FAILED", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", says: []string{"another team creates roles"},
			account: func(w *world) { w.double.Hooks = map[string]string{"Acme::Roles::Check": "another team creates roles"} },
			faults: []cfndouble.Fault{{
				Operation: "DescribeEvents", Kind: cfndouble.Altered, Element: "HookStatus", Message: "HOOK_FAILED", Other: "EventType", OtherText: "STACK_EVENT",
			}},
		},
		{
			name: "a plan without replacements mentions none", status: "CREATE_COMPLETE", command: "plan -o json", goal: "tags of roles", prints: []string{nodesRole},
			then: func(w *world, r *run) {
				for _, word := range []string{"Never", "never"} {
					if strings.Contains(r.stdout, word) {
						w.fail(r, "the plan says %q", word)
					}
				}
			},
		},
	}
}
