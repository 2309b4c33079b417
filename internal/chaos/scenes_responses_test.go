// Scenes about invalid responses: they are not from the service, or lack
// required elements. None of them is used, and the user learns what is wrong.

package chaos_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"capaboot/internal/cfndouble"
)

// operationScenes has a scene with a command for each operation that only some
// commands need. For other operations the scenes use a plan.
var operationScenes = map[string]scene{
	"DescribeStackEvents":         {status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles"},
	"ListStackResources":          {status: "UPDATE_COMPLETE", command: "delete --yes"},
	"ExecuteChangeSet":            {status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles"},
	"DeleteStack":                 {status: "UPDATE_COMPLETE", command: "delete --yes"},
	"ContinueUpdateRollback":      {status: "UPDATE_ROLLBACK_FAILED", command: "deploy --yes"},
	"UpdateTerminationProtection": {status: "UPDATE_COMPLETE", command: "deploy --termination-protection", then: checkProtected},
	"GetTemplate":                 {status: "UPDATE_COMPLETE", deployed: "one more policy", command: "deploy --yes", goal: "one policy fewer", never: []string{"which is new"}},
	// The first ListChangeSets request is for finding leftovers of earlier
	// runs.
	"ListChangeSets": {status: "UPDATE_COMPLETE", account: leaveChangeSet, command: "plan", says: []string{"which an earlier run left"}, then: checkNoLeftovers},
}

// responseProblems are the messages for responses that are missing, incomplete
// or not from the service.
var responseProblems = []struct {
	kind    cfndouble.FaultKind
	problem string
}{
	{cfndouble.Empty, "unexpected response from CloudFormation: an empty body, for DescribeStacks (a proxy"},
	{cfndouble.Declaration, "unexpected response from CloudFormation: XML without an element"},
	{cfndouble.Portal, "unexpected response from CloudFormation: HTML instead of XML"},
	{cfndouble.Foreign, "unexpected response from CloudFormation: XML without the element DescribeStacksResponse"},
	{cfndouble.Garbage, "unexpected response from CloudFormation: not XML"},
	{cfndouble.Truncated, "the connection was closed before the response was complete"},
	{cfndouble.Reset, "no response from CloudFormation"},
}

// responseScenes returns scenes with invalid responses and with errors of the
// service. In each of the first scenes, a response lacks a required element. In
// the scenes with a false response, the request is not carried out, and the
// response lacks the element that would confirm the request.
func responseScenes() []scene {
	var all []scene
	add := func(operation, element string, undone bool) {
		s, ok := operationScenes[operation]
		if !ok {
			s = scene{status: "UPDATE_COMPLETE", deployed: "one more policy", command: "plan", goal: "one policy fewer", then: checkNothingLeft}
		}
		s.name = "a response to " + operation + " without " + element
		if undone {
			s.name = "a false response to " + operation + " without " + element
		}
		s.faults = []cfndouble.Fault{{Operation: operation, Times: 1, Kind: cfndouble.Lacking, Element: element, NotCarriedOut: undone}}
		all = append(all, s)
	}
	for _, operation := range slices.Sorted(maps.Keys(requiredElements)) {
		for _, element := range requiredElements[operation] {
			add(operation, element, false)
		}
	}
	for _, operation := range []string{"ExecuteChangeSet", "DeleteChangeSet", "DeleteStack", "ContinueUpdateRollback", "UpdateTerminationProtection"} {
		element := "ResponseMetadata"
		if operation == "UpdateTerminationProtection" {
			element = "StackId"
		}
		add(operation, element, true)
	}
	add("CreateChangeSet", "Id", true)
	for _, p := range responseProblems {
		all = append(all, scene{
			name: "a response is " + string(p.kind), status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
			faults: []cfndouble.Fault{atFirst("DescribeStacks", p.kind)}, says: []string{p.problem},
		})
	}
	for _, p := range []struct {
		kind          cfndouble.FaultKind
		text, problem string
	}{
		{cfndouble.Halved, "", "broken XML"},
		{cfndouble.Followed, "Welcome", "text before or after the XML"},
		{cfndouble.Followed, "<p>Welcome</p>", "XML without the element DescribeStacksResponse"},
	} {
		all = append(all, scene{
			name: "a response with " + p.problem, status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
			faults: []cfndouble.Fault{{Operation: "DescribeStacks", Times: 1, Kind: p.kind, Message: p.text}},
			says:   []string{"unexpected response from CloudFormation: " + p.problem},
		})
	}
	for _, command := range []string{"plan", "deploy", "delete --yes"} {
		all = append(all, scene{
			name: "a response about another stack, " + command, status: "UPDATE_COMPLETE", command: command, goal: "tags of roles",
			account: respondWithAnotherStack("DescribeStacks"), says: []string{"unexpected response from CloudFormation: the response is about another stack"}, then: checkOtherStack,
		})
	}
	return append(all,
		scene{
			name: "events of another stack", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: respondWithAnotherStack("DescribeStackEvents"),
			says: []string{"unexpected response from CloudFormation: the response is about another stack", "is updated"}, then: checkOtherStack,
		},
		scene{
			name: "a response about another change set", status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
			faults: []cfndouble.Fault{{
				Operation: "DescribeChangeSet", Times: 1, Kind: cfndouble.Altered, Element: "ChangeSetName", Message: "other-team",
				Other: "ChangeSetId", OtherText: "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/other-team/00000000-0000-4000-8000-000000000000",
			}},
			says: []string{"unexpected response from CloudFormation: the response is about another change set", "is updated"},
		},
		scene{
			name: "a response of DescribeEvents without its warnings", command: "deploy", says: []string{"almost reached"},
			account: addWarning, faults: []cfndouble.Fault{{Operation: "DescribeEvents", Times: 1, Kind: cfndouble.Lacking, Element: "OperationEvents"}},
		},
		scene{
			name: "an operation that the server does not support", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
			faults: []cfndouble.Fault{{Operation: "DescribeEvents", Kind: cfndouble.HTML, Status: 501}}, never: []string{"trying again"},
		},
		scene{
			name: "a quota", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1, never: []string{"trying again"}, says: []string{"too many"},
			faults: []cfndouble.Fault{{Operation: "CreateChangeSet", Kind: cfndouble.Refused, Code: "LimitExceededException", Message: "there are too many change sets"}},
		},
		scene{
			name: "a secret in an error message", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1,
			faults: []cfndouble.Fault{{Operation: "GetTemplate", Kind: cfndouble.Refused, Code: "AccessDenied", Message: "no access with " + fakeToken}},
		},
		scene{
			name: "an error that quotes the request", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1, says: []string{"requires a parameter"},
			faults: []cfndouble.Fault{{
				Operation: "GetTemplate", Kind: cfndouble.Refused, Code: "IncompleteSignature",
				Message: "The header requires a parameter. Authorization=AWS4-HMAC-SHA256 Credential=" + fakeKey + ", Signature=0123456789abcdef",
			}},
		},
		scene{
			// The timeout names the error of the last attempt.
			name: "no response until the timeout", status: "UPDATE_COMPLETE", command: "deploy --timeout 30s", goal: "tags of roles", code: 1,
			faults: []cfndouble.Fault{always("DescribeStackEvents", cfndouble.Unavailable, 2)}, account: slowDownResources, says: []string{"timed out", "same command"},
			then: func(w *world, r *run) {
				within(32*time.Second)(w, r)
				if !strings.Contains(r.errorText(), "Service Unavailable") {
					w.fail(r, "the timeout error lacks the last problem: %s", r.errorText())
				}
			},
		})
}

// respondWithAnotherStack responds to the first request of an operation with
// data of another stack.
func respondWithAnotherStack(operation string) func(*world) {
	return func(w *world) {
		w.double.Put("other", "CREATE_COMPLETE", w.goalOf("other names").template, nil)
		w.faults = []cfndouble.Fault{{
			Operation: operation, Times: 1, Kind: cfndouble.Altered, Element: "StackName", Message: "other", Other: "StackId", OtherText: w.double.ID("other"),
		}}
	}
}

func checkOtherStack(w *world, r *run) {
	if status := w.double.Status("other"); status != "CREATE_COMPLETE" {
		w.fail(r, "the other stack is %s", status)
	}
}

func addWarning(w *world) {
	w.double.Warnings = map[string]string{nodesRole: "the quota of roles is almost reached"}
}
