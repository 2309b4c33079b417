// Scenes about messages: each appears where it belongs and nowhere else.

package chaos_test

import (
	"time"

	"capaboot/internal/cfndouble"
)

// alterations returns a fault in the responses to DescribeChangeSet. The fault
// replaces the text of an element and, unless other is "", that of a second
// element with this name by otherText.
func alterations(element, text, other, otherText string) []cfndouble.Fault {
	return []cfndouble.Fault{{Operation: "DescribeChangeSet", Kind: cfndouble.Altered, Element: element, Message: text, Other: other, OtherText: otherText}}
}

func textScenes() []scene {
	all := []scene{
		{
			name: "two properties of a role change, and their values are unknown", status: "CREATE_COMPLETE", command: "deploy",
			account: func(w *world) {
				w.double.PropertyValues = "ignore"
				w.double.SetProperty(stackName, nodesRole, "Description", "another")
				w.double.SetProperty(stackName, nodesRole, "MaxSessionDuration", "7200")
			},
			says: []string{"Description", "MaxSessionDuration"}, never: []string{"Never"},
		},
		{
			name: "a role may be replaced", status: "CREATE_COMPLETE", command: "plan", prints: []string{"may replace  " + nodesRole},
			account: func(w *world) { w.double.SetProperty(stackName, nodesRole, "Description", "another") }, faults: alterations("Replacement", "Conditional", "", ""),
			trouble: trouble{misleading: true},
		},
		{
			name: "an unknown action", status: "CREATE_COMPLETE", command: "plan", prints: []string{"unknown  " + nodesRole},
			account: func(w *world) { w.double.SetProperty(stackName, nodesRole, "Description", "another") }, faults: alterations("Action", "Dynamic", "Replacement", "True"),
			trouble: trouble{misleading: true},
		},
		{
			name: "an unknown action that may replace", status: "CREATE_COMPLETE", command: "plan", prints: []string{"unknown  " + nodesRole},
			account: func(w *world) { w.double.SetProperty(stackName, nodesRole, "Description", "another") }, faults: alterations("Action", "Dynamic", "Replacement", "Conditional"),
			trouble: trouble{misleading: true},
		},
		{
			name: "an empty stack without change sets is deleted", status: "REVIEW_IN_PROGRESS", command: "delete --yes", says: []string{"capaboot:   none"},
		},
		{
			name: "a stack with an adopted role is deleted", command: "delete --yes", never: []string{"Resource import completed"},
			account: func(w *world) {
				w.double.AddResource("AWS::IAM::Role", "nodes.cluster-api-provider-aws.sigs.k8s.io")
				w.do(w.command("deploy --import-existing", ""))
				w.double.SetProperty(stackName, nodesRole, "Description", "another")
			},
		},
		{
			name: "the name of an EKS role exists", command: "deploy", code: 1, says: []string{"already exists", "eks.defaultControlPlaneRole"},
			account: func(w *world) {
				w.double.AddResource("AWS::IAM::Role", "eks-controlplane.cluster-api-provider-aws.sigs.k8s.io")
			},
		},
		{
			name: "the stack is created, and termination protection cannot be enabled", command: "deploy --termination-protection", code: 1, says: []string{"is created, but termination protection could not be enabled"},
			faults: []cfndouble.Fault{always("UpdateTerminationProtection", cfndouble.Denied, 0)}, never: []string{"capaboot: stack " + stackName + " is created"},
		},
		{
			name: "another plan needs another confirmation", status: "UPDATE_COMPLETE", command: "deploy --yes", goal: "one policy fewer", code: 1,
			others: otherChange{"update", goal{name: "one more policy"}}, othersBefore: beforeExecution, says: []string{"check the new plan"}, never: []string{"again with --yes"}, then: checkNothingLeft,
		},
		{
			name: "a plan is declined after a rollback was continued", account: addFailedStack("UPDATE_ROLLBACK_FAILED"), command: "deploy", goal: "one policy fewer", code: 1,
			answers: []string{"yes", "no"}, faults: []cfndouble.Fault{atFirst("ContinueUpdateRollback", cfndouble.Lost)}, says: []string{"nothing else was changed"},
		},
		{
			name: "a request gets no response in time", status: "UPDATE_COMPLETE", command: "plan",
			faults: []cfndouble.Fault{{Operation: "DescribeStacks", Times: 1, Kind: cfndouble.Slow, Delay: time.Hour, NotCarriedOut: true}}, says: []string{"no response within"},
		},
		{
			name: "a response ends too early", status: "UPDATE_COMPLETE", command: "plan",
			faults: []cfndouble.Fault{atFirst("DescribeStacks", cfndouble.Truncated)}, says: []string{"calling aws.test:80: the connection was closed"},
		},
		{
			name: "two documents in one response", status: "UPDATE_COMPLETE", command: "plan",
			faults: []cfndouble.Fault{{Operation: "DescribeStacks", Times: 1, Kind: cfndouble.Followed, Message: "<DescribeStacksResponse></DescribeStacksResponse>"}},
			says:   []string{"XML without the element DescribeStacksResponse"}, never: []string{"with status 200"},
		},
	}
	for _, e := range []struct{ name, code, message, hint string }{
		{"of which only the code is known", "AccessDenied", "not today", "the caller"},
		{"of the role", "ValidationError", "Role arn:aws:iam::123456789012:role/deployer is invalid or cannot be assumed", "CloudFormation cannot use the role"},
		{"of the template", "ValidationError", "the resource is malformed", "CloudFormation refuses the template"},
	} {
		all = append(all, scene{
			name: "an error " + e.name, status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1,
			faults: refusals("CreateChangeSet", 0, e.code, e.message), says: []string{e.message, e.hint},
		})
	}
	all = append(all, scene{
		name: "the service cannot be reached", status: "UPDATE_COMPLETE", command: "plan", code: 1,
		faults: []cfndouble.Fault{always("DescribeStacks", cfndouble.Reset, 0)}, says: []string{"no response from CloudFormation", "hint"},
	}, scene{
		name: "an unknown error", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1,
		faults: refusals("CreateChangeSet", 0, "Tomorrow", "a new kind of error"), says: []string{"a new kind of error"}, never: []string{"refuses the template", "hint:"},
	}, scene{
		name: "requests are throttled permanently", status: "UPDATE_COMPLETE", command: "plan", code: 1,
		faults: []cfndouble.Fault{always("DescribeStacks", cfndouble.Throttled, 0)}, says: []string{"AWS throttles requests"},
	}, scene{
		name: "a resource that did not fail has no reason", account: addFailedStack("CREATE_FAILED"), command: "deploy", code: 1, says: []string{nodesRole}, never: []string{"Cannot delete entity"},
		faults: []cfndouble.Fault{{Operation: "ListStackResources", Kind: cfndouble.Altered, Element: "ResourceStatus", Message: "CREATE_COMPLETE"}}, then: checkUnchanged,
	}, scene{
		name: "a plan shows its account and region", status: "UPDATE_COMPLETE", command: "plan -o json", goal: "tags of roles",
		prints: []string{`"account": "123456789012"`, `"region": "eu-west-1"`},
	})
	// Each of the elements EventType, ValidationName and ValidationStatus alone
	// makes an event a warning.
	for _, lacks := range [][2]string{{"ValidationStatus", "EventType"}, {"ValidationName", "EventType"}, {"ValidationName", "ValidationStatus"}} {
		all = append(all, scene{
			name: "a warning without " + lacks[0] + " and " + lacks[1], status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles", account: addWarning,
			faults: []cfndouble.Fault{{Operation: "DescribeEvents", Kind: cfndouble.Lacking, Element: lacks[0], Other: lacks[1]}}, says: []string{"almost reached"},
		})
	}
	for _, lacks := range []string{"EventType", "HookStatus"} {
		all = append(all, scene{
			name: "a hook that fails, without " + lacks, status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles",
			account: func(w *world) { w.double.Hooks = map[string]string{"Acme::Roles::Check": "another team creates roles"} },
			faults:  []cfndouble.Fault{{Operation: "DescribeEvents", Kind: cfndouble.Lacking, Element: lacks}}, says: []string{"another team creates roles"},
		})
	}
	return all
}
