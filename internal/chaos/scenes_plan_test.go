// Scenes about creating and reading change sets.

package chaos_test

import (
	"slices"
	"strings"
	"time"

	"capaboot/internal/cfndouble"
)

// otherChangeSet is an ARN that belongs neither to the run's change set nor to
// its stack.
const otherChangeSet = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/other/00000000-0000-4000-8000-000000000000"

// setPageSize limits the items on a page, and makes change sets complete at
// once.
func setPageSize(n int) func(*world) {
	return func(w *world) { w.double.PageSize, w.double.ChangeSetTime = n, 0 }
}

var planScenes = []scene{
	{name: "a plan with changes", status: "CREATE_COMPLETE", command: "plan --exit-code", goal: "one policy fewer", code: 3, then: checkNothingLeft},
	{name: "a plan without changes", status: "CREATE_COMPLETE", command: "plan --exit-code", then: checkNothingLeft},
	{name: "a plan without a stack", command: "plan", never: []string{"an earlier run left"}, then: checkNothingLeft},
	{name: "nothing to deploy", status: "CREATE_COMPLETE", command: "deploy", says: []string{"no changes"}, then: checkNothingLeft},
	{name: "only tags change", status: "CREATE_COMPLETE", command: "deploy", goal: "tags of the stack", says: []string{"env: none -> prod"}},
	{name: "a tag is removed", status: "CREATE_COMPLETE", deployed: "tags of the stack", command: "deploy", says: []string{"env: prod -> none"}},
	{
		name: "a plan with many pages", status: "CREATE_COMPLETE", command: "plan", goal: "other names", account: setPageSize(2), then: checkNothingLeft,
	},
	{
		name: "a removal on the second page needs confirmation", status: "UPDATE_COMPLETE", deployed: "one more policy", command: "deploy", goal: "tags of roles",
		account: setPageSize(1), code: 1, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the second page is of another change set", status: "CREATE_COMPLETE", command: "plan", goal: "tags of roles", account: setPageSize(1),
		faults: []cfndouble.Fault{{
			Operation: "DescribeChangeSet", Skip: 1, Times: 1, Kind: cfndouble.Altered,
			Element: "ChangeSetId", Message: otherChangeSet, Other: "LogicalResourceId", OtherText: "Other",
		}},
	},
	{
		name: "the second page is of another state of the stack", status: "CREATE_COMPLETE", command: "plan", goal: "tags of roles", account: setPageSize(1),
		faults: []cfndouble.Fault{{
			Operation: "DescribeChangeSet", Skip: 1, Times: 1, Kind: cfndouble.Altered,
			Element: "ExecutionStatus", Message: "OBSOLETE", Other: "LogicalResourceId", OtherText: "Other",
		}},
	},
	{
		name: "the second page is of another stack", status: "CREATE_COMPLETE", command: "plan", goal: "tags of roles", account: setPageSize(1),
		faults: []cfndouble.Fault{{
			Operation: "DescribeChangeSet", Skip: 1, Times: 1, Kind: cfndouble.Altered,
			Element: "StackId", Message: otherChangeSet, Other: "LogicalResourceId", OtherText: "Other",
		}},
	},
	{
		name: "the second page is of a change set that is being removed", status: "CREATE_COMPLETE", command: "plan", goal: "tags of roles", account: setPageSize(1),
		faults: []cfndouble.Fault{{
			Operation: "DescribeChangeSet", Skip: 1, Times: 1, Kind: cfndouble.Altered,
			Element: "Status", Message: "DELETE_PENDING", Other: "LogicalResourceId", OtherText: "Other",
		}},
	},
	{
		name: "someone removes the change set between two pages", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		account: setPageSize(1), others: otherChange{kind: "unplan"}, othersBefore: moment{operation: "DescribeChangeSet", nth: 2}, then: checkNothingLeft,
	},
	{
		name: "tags of the stack that do not change", status: "UPDATE_COMPLETE", deployed: "tags of the stack", command: "deploy", goal: "tags of the stack",
		account: func(w *world) { w.double.SetProperty(stackName, nodesRole, "Description", "another") }, never: []string{"tags of the stack"},
	},
	{name: "a creation with a service role", command: "deploy --role-arn " + deployerRole},
	{
		name: "the second page is the first again", status: "CREATE_COMPLETE", command: "plan", goal: "tags of roles", account: setPageSize(1),
		faults: []cfndouble.Fault{{Operation: "DescribeChangeSet", Skip: 1, Times: 1, Kind: cfndouble.Altered, Element: "LogicalResourceId", Message: "AWSIAMRoleControlPlane"}},
	},
	{
		name: "the first page has no changes, and there are more", status: "CREATE_COMPLETE", command: "plan", goal: "other names", account: setPageSize(4),
		faults: []cfndouble.Fault{{Operation: "DescribeChangeSet", Times: 1, Kind: cfndouble.Lacking, Element: "Changes"}},
	},
	{
		name: "the only page first has no changes, and later has some", status: "CREATE_COMPLETE", command: "deploy", goal: "one policy fewer", account: setPageSize(100), code: 1,
		faults: []cfndouble.Fault{{Operation: "DescribeChangeSet", Times: 2, Kind: cfndouble.Lacking, Element: "Changes"}}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "the pages of a change set do not end", status: "CREATE_COMPLETE", command: "plan", goal: "other names", account: setPageSize(1), code: 1,
		faults: []cfndouble.Fault{{Operation: "DescribeChangeSet", Kind: cfndouble.Altered, Element: "NextToken", Message: "page-1"}}, says: []string{"contradict each other"}, then: within(40 * time.Second),
	},
	{
		name: "the pages of a change set do not end, and have other resources", status: "CREATE_COMPLETE", command: "plan", goal: "other names", account: setPageSize(1), code: 1,
		faults: []cfndouble.Fault{{Operation: "DescribeChangeSet", Kind: cfndouble.Endless, Element: "LogicalResourceId"}}, says: []string{"does not end"}, then: checkNothingLeft,
	},
	{
		name: "the pages of warnings do not end", status: "CREATE_COMPLETE", command: "deploy", goal: "tags of roles", says: []string{"does not end"},
		account: func(w *world) { setPageSize(1)(w); addWarning(w) },
		faults:  []cfndouble.Fault{{Operation: "DescribeEvents", Kind: cfndouble.Endless, Element: "EventId"}}, then: checkNothingLeft,
	},
	{
		name: "a server that does not support values of properties", status: "CREATE_COMPLETE", command: "plan", goal: "one policy fewer",
		account: func(w *world) { w.double.PropertyValues = "reject" },
	},
	{
		name: "the stack is recreated before the change set", status: "UPDATE_COMPLETE", command: "deploy --yes", goal: "tags of roles",
		others: otherChange{kind: "recreate"}, othersBefore: moment{operation: "CreateChangeSet", nth: 1},
	},
	{
		name: "someone creates the stack before the change set", command: "deploy --yes",
		others: otherChange{kind: "create"}, othersBefore: moment{operation: "CreateChangeSet", nth: 1}, then: checkNothingLeft,
	},
	{
		name: "someone updates the stack before the change set", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		others: otherChange{"update", goal{name: "one more policy"}}, othersBefore: moment{operation: "CreateChangeSet", nth: 1}, code: 1, then: checkNothingLeft,
	},
	{
		name: "someone updates the stack before the change set is read", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		account: setPageSize(100), others: otherChange{kind: "replace"}, othersBefore: moment{operation: "DescribeChangeSet", nth: 1}, then: checkNothingLeft,
	},
	{
		name: "the change set cannot be read", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1,
		faults: []cfndouble.Fault{always("DescribeChangeSet", cfndouble.Denied, 0)}, then: checkNothingLeft,
	},
	{
		name: "the change set of a deployment cannot be read", command: "deploy", code: 1,
		faults: []cfndouble.Fault{always("DescribeChangeSet", cfndouble.Denied, 0)}, then: checkNothingLeft,
	},
	{
		// The double also returns an event without an error, like old servers
		// that ignore filters.
		name: "names that exist", command: "deploy", code: 1, says: []string{"already exists"}, never: []string{"failed too"},
		then: func(w *world, r *run) {
			checkUnchangedAndNothingLeft(w, r)
			for _, q := range r.carriedOutRequests("DescribeEvents") {
				if q.Form["Filters.FailedEvents"] != "true" {
					w.fail(r, "the request for events is not limited to failures")
				}
			}
		},
		account: func(w *world) {
			w.double.EarlyValidation = true
			w.double.AddResource("AWS::IAM::Role", "nodes.cluster-api-provider-aws.sigs.k8s.io")
		},
	},
	{
		name: "a warning is shown before the deployment", command: "deploy", says: []string{"almost reached"},
		account: addWarning,
		then: func(w *world, r *run) {
			if i := strings.Index(r.stderr, "almost reached"); i > r.carriedOutRequests("ExecuteChangeSet")[0].stderrLength {
				w.fail(r, "the warning is printed after the execution")
			}
		},
	},
	{
		name: "warnings on several pages", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		account: func(w *world) {
			setPageSize(1)(w)
			w.double.Warnings = map[string]string{nodesRole: "the first of them", controllersPolicy: "the last of them"}
		},
		says: []string{"the first of them", "the last of them"},
	},
	{
		name: "a hook fails with a warning", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", says: []string{"Acme::Roles::Check", "another team creates roles"},
		account: func(w *world) { w.double.Hooks = map[string]string{"Acme::Roles::Check": "another team creates roles"} },
	},
	{
		name: "names that exist, and the events cannot be read", command: "deploy", code: 1, faults: []cfndouble.Fault{always("DescribeEvents", cfndouble.Denied, 0)},
		account: func(w *world) {
			w.double.EarlyValidation = true
			w.double.AddResource("AWS::IAM::Role", "nodes.cluster-api-provider-aws.sigs.k8s.io")
		},
		then: checkUnchangedAndNothingLeft,
	},
	{
		name: "warnings cannot be read", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		faults: []cfndouble.Fault{always("DescribeEvents", cfndouble.Denied, 0)},
	},
	{
		name: "the change set already exists", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
		faults: []cfndouble.Fault{atFirst("CreateChangeSet", cfndouble.Lost), alreadyExists}, then: checkNothingLeft,
	},
	{
		name: "the change set already exists, for a recreated stack", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		faults: []cfndouble.Fault{atFirst("CreateChangeSet", cfndouble.Lost), alreadyExists},
		others: otherChange{kind: "recreate"}, othersBefore: moment{operation: "CreateChangeSet", nth: 1},
	},
	{
		name: "someone has deleted the stack before the change set", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		others: otherChange{kind: "vanish"}, othersBefore: moment{operation: "CreateChangeSet", nth: 1},
	},
	{
		name: "someone removes the change set", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		others: otherChange{kind: "unplan"}, othersBefore: moment{operation: "DescribeChangeSet", nth: 1},
	},
	{
		name: "someone removes the change set before it is executed", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		others: otherChange{kind: "unplan"}, othersBefore: beforeExecution,
	},
	{
		name: "the change set always lists a resource twice", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1, says: []string{"contradict each other"},
		faults: []cfndouble.Fault{{Operation: "DescribeChangeSet", Kind: cfndouble.Altered, Element: "LogicalResourceId", Message: nodesRole}}, then: checkNothingLeft,
	},
	{
		name: "an import that fails is rolled back", command: "deploy --import-existing", code: 1, says: []string{"no way", "the stack is ROLLBACK_COMPLETE"},
		account: func(w *world) { w.double.Fail(cfndouble.PhaseCreate, controllersPolicy, "no way") },
	},
	{
		name: "an import", command: "deploy --import-existing",
		account: func(w *world) { w.double.AddResource("AWS::IAM::Role", "nodes.cluster-api-provider-aws.sigs.k8s.io") },
	},
	{
		name: "a change set takes long", command: "deploy --timeout 20s", code: 1, says: []string{"timed out"}, then: checkNothingLeft,
		account: func(w *world) { w.double.ChangeSetTime = 25 * time.Second },
	},
	{
		name: "someone has deleted the stack before its template is read", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		others: otherChange{kind: "vanish"}, othersBefore: moment{operation: "GetTemplate", nth: 1}, says: []string{"is created"},
	},
	{
		name: "someone has deleted the stack before its template is read, and the server forgets deleted stacks", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
		account: func(w *world) { w.double.ForgetDeleted = true },
		others:  otherChange{kind: "vanish"}, othersBefore: moment{operation: "GetTemplate", nth: 1}, says: []string{"is created"},
	},
	{
		name: "names that exist, and no reason is given", command: "deploy", code: 1, says: []string{nodesRole}, then: checkUnchangedAndNothingLeft,
		account: func(w *world) {
			w.double.EarlyValidation = true
			w.double.AddResource("AWS::IAM::Role", "nodes.cluster-api-provider-aws.sigs.k8s.io")
		},
		faults: []cfndouble.Fault{{Operation: "DescribeEvents", Kind: cfndouble.Lacking, Element: "ValidationStatusReason"}},
	},
	{
		name: "nothing to deploy needs no warnings", status: "UPDATE_COMPLETE", command: "deploy",
		then: func(w *world, r *run) {
			if slices.ContainsFunc(r.requests, func(q *request) bool { return q.Operation == "DescribeEvents" }) {
				w.fail(r, "it requests warnings although there are no changes")
			}
		},
	},
	{
		name: "the only page never has changes", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", code: 130, account: setPageSize(100),
		faults: []cfndouble.Fault{{Operation: "DescribeChangeSet", Kind: cfndouble.Lacking, Element: "Changes"}},
		signal: moment{operation: "DescribeEvents", nth: 1}, then: checkUnchangedAndNothingLeft,
	},
	{
		name: "a signal while the existing names are read", command: "deploy", code: 130, then: checkUnchangedAndNothingLeft,
		account: func(w *world) {
			w.double.EarlyValidation = true
			w.double.AddResource("AWS::IAM::Role", "nodes.cluster-api-provider-aws.sigs.k8s.io")
		},
		faults: slowResponse("DescribeEvents"), signal: duringSlowResponse("DescribeEvents"), never: []string{"trying again"},
	},
}

// checkUnchangedAndNothingLeft checks that the run changed nothing, and left no
// change set and no empty stack.
func checkUnchangedAndNothingLeft(w *world, r *run) {
	checkUnchanged(w, r)
	checkNothingLeft(w, r)
}

// alreadyExists is CloudFormation's error for a second change set with the same
// name.
var alreadyExists = cfndouble.Fault{
	Operation: "CreateChangeSet", Skip: 1, Times: 1, Kind: cfndouble.Refused, Code: "AlreadyExistsException", Message: "ChangeSet cannot be created due to a mismatch",
}
