package cfnstack

// Tests of which changes count as replacing or removing a resource.

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func TestDestroys(t *testing.T) {
	t.Parallel()
	property := func(recreation types.RequiresRecreation) []types.ResourceChangeDetail {
		return []types.ResourceChangeDetail{{Target: &types.ResourceTargetDefinition{Attribute: "Properties", RequiresRecreation: recreation}}}
	}
	dynamic := func(recreation types.RequiresRecreation) []types.ResourceChangeDetail {
		details := property(recreation)
		details[0].Evaluation = types.EvaluationTypeDynamic
		return details
	}
	for _, test := range []struct {
		name        string
		change      types.ResourceChange
		replacement string
		destroys    bool
	}{
		{"an addition", types.ResourceChange{Action: "Add"}, "", false},
		{"an import", types.ResourceChange{Action: "Import"}, "", false},
		{"a removal", types.ResourceChange{Action: "Remove"}, "", true},
		{"an action that AWS adds later", types.ResourceChange{Action: "Move"}, "", true},
		{"a change in place", types.ResourceChange{Action: "Modify", Replacement: "False", Details: property("Never")}, "False", false},
		{"a replacement", types.ResourceChange{Action: "Modify", Replacement: "True"}, "True", true},
		{"a replacement that AWS adds later", types.ResourceChange{Action: "Modify", Replacement: "Later"}, "Conditional", true},
		{"a replacement that only the property has", types.ResourceChange{Action: "Modify", Details: property("Always")}, "True", true},
		{"a possible replacement that only the property has", types.ResourceChange{Action: "Modify", Details: property("Conditionally")}, "Conditional", true},
		{"a replacement by a value that is known only at deployment", types.ResourceChange{Action: "Modify", Details: dynamic("Always")}, "Conditional", true},
		{"a recreation that AWS adds later", types.ResourceChange{Action: "Modify", Details: property("Later")}, "Conditional", true},
		{"a change without details", types.ResourceChange{Action: "Modify"}, "", false},
	} {
		if got := changeOf(&test.change); got.Replacement != test.replacement || got.Destroys() != test.destroys {
			t.Errorf("%s: replacement %q, destroys %t", test.name, got.Replacement, got.Destroys())
		}
	}
}
