// Scenes about the execution of a change set: lost responses, denied requests,
// and concurrent changes.

package chaos_test

import (
	"slices"

	"capaboot/internal/cfndouble"
)

var (
	beforeExecution       = moment{operation: "ExecuteChangeSet", nth: 1}
	beforeSecondExecution = moment{operation: "ExecuteChangeSet", nth: 2}
	executionResetOnce    = atFirst("ExecuteChangeSet", cfndouble.Reset)
	executionLostOnce     = atFirst("ExecuteChangeSet", cfndouble.Lost)
	executionRetryDenied  = always("ExecuteChangeSet", cfndouble.Denied, 1)
)

var executionScenes = []scene{
	{name: "the response to the execution is lost", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", faults: []cfndouble.Fault{executionLostOnce}},
	{
		name: "the response is lost, and the retry is denied", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		faults: []cfndouble.Fault{executionLostOnce, executionRetryDenied}, code: 1, says: []string{"the operation may have started", "same command"},
	},
	{
		name: "the connection breaks, and the retry is denied", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		faults: []cfndouble.Fault{executionResetOnce, executionRetryDenied}, code: 1, says: []string{"the operation may have started"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the execution is denied", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		faults: []cfndouble.Fault{always("ExecuteChangeSet", cfndouble.Denied, 0)}, code: 1, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the execution of a creation is denied", command: "deploy",
		faults: []cfndouble.Fault{always("ExecuteChangeSet", cfndouble.Denied, 0)}, code: 1, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the execution gets no response until the timeout", status: "UPDATE_COMPLETE", command: "deploy --timeout 90s", goal: "tags of roles",
		faults: []cfndouble.Fault{always("ExecuteChangeSet", cfndouble.Reset, 0)}, code: 1, says: []string{"the operation may have started", "timed out"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the events cannot be read", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		faults: []cfndouble.Fault{always("DescribeStackEvents", cfndouble.Denied, 0)}, code: 1, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "someone changes the stack before the execution", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		others: otherChange{kind: "replace"}, othersBefore: beforeExecution, then: checkNothingLeft,
	},
	{
		name: "someone changes the stack before the second attempt", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		faults: []cfndouble.Fault{executionResetOnce}, others: otherChange{kind: "update", goal: goal{name: "one more policy"}}, othersBefore: beforeSecondExecution, code: 1, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "someone replaces the template before the second attempt", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		faults: []cfndouble.Fault{executionResetOnce}, others: otherChange{kind: "replace"}, othersBefore: beforeSecondExecution, then: checkNothingLeft,
	},
	{
		// It is impossible to find out whether the change set was executed.
		name: "someone changes the stack, and it is unknown whether our change set was executed", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		account: setPageSize(100), faults: []cfndouble.Fault{executionResetOnce, always("DescribeChangeSet", cfndouble.Denied, 1)},
		others: otherChange{kind: "replace"}, othersBefore: beforeSecondExecution, code: 1, says: []string{"the operation may have started"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the stack is recreated before the execution", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		others: otherChange{kind: "recreate"}, othersBefore: beforeExecution, code: 1, says: []string{"not confirmed"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a confirmation covers only one plan", status: "UPDATE_COMPLETE", command: "deploy --yes", goal: "one policy fewer",
		others: otherChange{"replace", goal{name: "tags of roles"}}, othersBefore: beforeExecution, code: 1, says: []string{"not confirmed"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a confirmation covers an identical plan", status: "UPDATE_COMPLETE", command: "deploy --yes", goal: "one policy fewer",
		others: otherChange{kind: "replace"}, othersBefore: beforeExecution,
	},
	{
		name: "a removal without confirmation", status: "UPDATE_COMPLETE", command: "deploy", goal: "one policy fewer",
		code: 1, says: []string{"again with --yes", removedPolicy}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a replacement without confirmation", status: "UPDATE_COMPLETE", command: "deploy", goal: "other names",
		code: 1, says: []string{"again with --yes"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a replacement without confirmation, by a server that does not return the policy action", status: "UPDATE_COMPLETE", command: "deploy", goal: "other names",
		account: omitPropertyValues, code: 1, says: []string{"again with --yes"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a conditional replacement without confirmation", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		account: omitPropertyValues, faults: []cfndouble.Fault{{Operation: "DescribeChangeSet", Kind: cfndouble.Altered, Element: "Replacement", Message: "Conditional"}},
		code: 1, says: []string{"again with --yes"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a dynamic change without confirmation", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		account: omitPropertyValues, faults: []cfndouble.Fault{{Operation: "DescribeChangeSet", Kind: cfndouble.Altered, Element: "Action", Message: "Dynamic"}},
		code: 1, says: []string{"again with --yes"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a replacement that only its policy action shows", status: "UPDATE_COMPLETE", command: "deploy", goal: "other names",
		faults: []cfndouble.Fault{{Operation: "DescribeChangeSet", Kind: cfndouble.Altered, Element: "Replacement", Message: "False"}},
		code:   1, says: []string{"again with --yes"}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "someone removes the change set before the second attempt", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		faults: []cfndouble.Fault{executionResetOnce}, others: otherChange{kind: "unplan"}, othersBefore: beforeSecondExecution, then: checkNothingLeft,
	},
	{
		name: "someone removes the empty stack before the execution", command: "deploy", others: otherChange{kind: "vanish"}, othersBefore: beforeExecution, says: []string{"is created"},
	},
	{name: "detached, as JSON", status: "UPDATE_COMPLETE", command: "deploy --detach -o json", goal: "tags of roles"},
	{
		name: "detached and protected", status: "UPDATE_COMPLETE", command: "deploy --detach --termination-protection", goal: "tags of roles", then: checkProtected,
	},
	{
		name: "termination protection of a protected stack", status: "UPDATE_COMPLETE", command: "deploy --termination-protection", account: protectStack, then: checkUnchanged,
	},
	{
		name: "someone deletes the stack when there are no changes", status: "UPDATE_COMPLETE", command: "deploy", code: 1,
		others: otherChange{kind: "vanish"}, othersBefore: lastRead, says: []string{"was deleted"},
	},
	{
		name: "detached", status: "UPDATE_COMPLETE", command: "deploy --detach", goal: "tags of roles", says: []string{"started"},
	},
	{
		name: "detached, without a response", status: "UPDATE_COMPLETE", command: "deploy --detach --timeout 60s", goal: "tags of roles",
		faults: []cfndouble.Fault{always("ExecuteChangeSet", cfndouble.Portal, 0)}, code: 1, says: []string{"the operation may have started"}, never: []string{"capaboot: started"},
	},
	{
		name: "termination protection that cannot be enabled", status: "UPDATE_COMPLETE", command: "deploy --termination-protection", goal: "tags of roles",
		faults: []cfndouble.Fault{always("UpdateTerminationProtection", cfndouble.Denied, 0)}, code: 1, says: []string{"updated, but termination protection could not be enabled"},
	},
	{
		name: "termination protection of a detached creation", command: "deploy --termination-protection --detach", code: 1, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "termination protection of a stack that is up to date", status: "UPDATE_COMPLETE", command: "deploy --termination-protection", then: checkProtected,
	},
	{
		name: "another partition", command: "deploy", account: func(w *world) { w.double.Partition = "aws-us-gov" },
		code: 2, says: []string{"partition aws-us-gov"},
		then: func(w *world, r *run) {
			if i := slices.IndexFunc(r.requests, func(q *request) bool { return q.Operation != "GetCallerIdentity" }); i >= 0 {
				w.fail(r, "it requests %s in another partition", r.requests[i].Operation)
			}
		},
	},
	{
		name: "the credentials expire and are renewed", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		trouble: trouble{renewed: true, weather: weather{expiresAt: 4}},
	},
	{
		name: "the credentials expire while the stack is followed", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		faults: []cfndouble.Fault{always("DescribeStackEvents", cfndouble.Expired, 2)}, code: 1, says: []string{"get new credentials", "same command"},
	},
	{name: "termination protection of a creation", command: "deploy --termination-protection", then: checkProtected},
	{
		// The command does not have to find out whether the change set was
		// executed.
		name: "someone changes the stack, and the change set can no longer be read", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 1,
		account: setPageSize(100), faults: []cfndouble.Fault{always("DescribeChangeSet", cfndouble.Denied, 1)},
		others: otherChange{kind: "replace"}, othersBefore: beforeExecution, never: []string{"the operation may have started"}, then: checkNothingLeft,
	},
}

// removedPolicy is the policy that the configuration "one policy fewer"
// removes.
const removedPolicy = "AWSIAMManagedPolicyCloudProviderControlPlane"

func checkProtected(w *world, r *run) {
	if !w.double.Protected(stackName) {
		w.fail(r, "the stack is not protected")
	}
}

// omitPropertyValues makes the double return neither property values nor policy
// actions.
func omitPropertyValues(w *world) { w.double.PropertyValues = "ignore" }
