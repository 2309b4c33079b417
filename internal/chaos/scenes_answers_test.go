// Scenes of answers that lack what the operation always answers: none of them
// counts.

package chaos_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"capaboot/internal/cfndouble"
)

// users are commands by an operation that they need; the others are needed by a
// plan.
var users = map[string]scene{
	"DescribeStackEvents":         {status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles"},
	"ListStackResources":          {status: "UPDATE_COMPLETE", command: "delete --yes"},
	"ExecuteChangeSet":            {status: "UPDATE_COMPLETE", command: "deploy", goal: "tags of roles"},
	"DeleteStack":                 {status: "UPDATE_COMPLETE", command: "delete --yes"},
	"ContinueUpdateRollback":      {status: "UPDATE_ROLLBACK_FAILED", command: "deploy --yes"},
	"UpdateTerminationProtection": {status: "UPDATE_COMPLETE", command: "deploy --termination-protection"},
}

// answerScenes are a scene for each element that an answer always has, and for
// each operation whose answer has none and was not carried out.
func answerScenes() []scene {
	var all []scene
	add := func(operation, element string, undone bool) {
		s, ok := users[operation]
		if !ok {
			s = scene{status: "UPDATE_COMPLETE", here: "a policy more", command: "plan", goal: "a policy less", then: nothingLeft}
		}
		s.name = "an answer of " + operation + " without " + element
		s.faults = []cfndouble.Fault{{Operation: operation, Times: 1, Kind: cfndouble.Lacking, Element: element, Undone: undone}}
		all = append(all, s)
	}
	for _, operation := range slices.Sorted(maps.Keys(must)) {
		for _, element := range must[operation] {
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
	return append(all,
		scene{
			name: "an answer of DescribeEvents without its warnings", command: "deploy", says: []string{"almost reached"},
			account: warned, faults: []cfndouble.Fault{{Operation: "DescribeEvents", Times: 1, Kind: cfndouble.Lacking, Element: "OperationEvents"}},
		},
		scene{
			name: "an operation that the server does not know", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles",
			faults: []cfndouble.Fault{{Operation: "DescribeEvents", Kind: cfndouble.HTML, Status: 501}}, never: []string{"trying again"},
		},
		scene{
			name: "a quota", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1, never: []string{"trying again"}, says: []string{"too many"},
			faults: []cfndouble.Fault{{Operation: "CreateChangeSet", Kind: cfndouble.Refused, Code: "LimitExceededException", Message: "there are too many change sets"}},
		},
		scene{
			name: "a secret in the page of a proxy", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1,
			faults: []cfndouble.Fault{{Operation: "GetTemplate", Kind: cfndouble.Refused, Code: "AccessDenied", Message: "no access with " + falseToken}},
		},
		scene{
			// The time-out says what kept the last attempt from its answer.
			name: "no answer until the time-out", status: "UPDATE_COMPLETE", command: "deploy --timeout 30s", goal: "tags of roles", code: 1,
			faults: []cfndouble.Fault{always("DescribeStackEvents", cfndouble.Unavailable, 2)}, account: slowly, says: []string{"timed out", "same command"},
			then: func(w *world, r *run) {
				within(32*time.Second)(w, r)
				if !strings.Contains(r.errors(), "Service Unavailable") {
					w.fail(r, "the time-out does not say what it waited for: %s", r.errors())
				}
			},
		})
}

func warned(w *world) {
	w.double.Warnings = map[string]string{role: "the quota of roles is almost reached"}
}
