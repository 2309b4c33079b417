package iam

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A template of an account has the path, the session duration and the tags of a
// role, but not AWS's own tags.
func TestTemplateHasSettings(t *testing.T) {
	account := &Account{Resources: []*ResourceState{
		{LogicalID: "R", Type: TypeRole, Name: "r", Path: "/a/", Trust: map[string]any{}, MaxSession: 43200, Tags: map[string]string{"team": "x", "aws:cloudformation:stack-name": "s"}},
		{LogicalID: "S", Type: TypeRole, Name: "s", Trust: map[string]any{}},
	}}
	got := account.Template()["Resources"]
	want := map[string]any{
		"R": map[string]any{"Type": TypeRole, "Properties": map[string]any{"RoleName": "r", "Path": "/a/", "AssumeRolePolicyDocument": map[string]any{}, "MaxSessionDuration": 43200.0,
			"Tags": []any{map[string]any{"Key": "team", "Value": "x"}}}},
		"S": map[string]any{"Type": TypeRole, "Properties": map[string]any{"RoleName": "s", "AssumeRolePolicyDocument": map[string]any{}}},
	}
	if difference := cmp.Diff(want, got); difference != "" {
		t.Error(difference)
	}
}
