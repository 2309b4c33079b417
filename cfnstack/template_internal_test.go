package cfnstack

// Tests of reading the DeletionPolicies of templates.

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRetained(t *testing.T) {
	t.Parallel()
	for text, unknown := range map[string]string{
		"Resources: {A: {DeletionPolicy: Retain}, B: {DeletionPolicy: RetainExceptOnCreate}, C: {DeletionPolicy: Delete}, D: {}}":                                                                      "",
		"Resources: {A: {DeletionPolicy: Retain}, B: {DeletionPolicy: Retain}, C: {DeletionPolicy: !Ref Retain}, D: {}}":                                                                               "an intrinsic function determines the DeletionPolicy of C",
		`{"Resources": {"A": {"DeletionPolicy": "Retain"}, "B": {"DeletionPolicy": "Retain"}, "D": {"DeletionPolicy": {"Ref": "P"}}, "C": {"DeletionPolicy": {"Fn::If": ["X", "Retain", "Delete"]}}}}`: "an intrinsic function determines the DeletionPolicy of C, D",
	} {
		retained, err := Retained(text)
		message := ""
		if err != nil {
			message = err.Error()
		}
		if diff := cmp.Diff([]string{"A", "B"}, slices.Sorted(maps.Keys(retained))); diff != "" || message != unknown {
			t.Errorf("%s: %q, -want +got:\n%s", text, message, diff)
		}
	}
}
