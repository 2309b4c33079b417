// Tests of the policies that a configuration names.

package iam

import (
	"slices"
	"testing"
)

func TestNamedPolicies(t *testing.T) {
	loaded, err := Load("f.yaml", []byte(header+"  permissionsBoundary: arn:aws:iam::123456789012:policy/b\n  nodes: {extraPolicyAttachments: [\"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore\"]}\n  bootstrapUser: {extraPolicyAttachments: [\"arn:aws:iam::123456789012:policy/u\"]}\n"), options(t))
	if err != nil {
		t.Fatal(err)
	}
	got := loaded.Configuration.Spec.NamedPolicies()
	slices.Sort(got)
	want := []string{"arn:aws:iam::123456789012:policy/b", "arn:aws:iam::123456789012:policy/u", "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}
	if got := slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := Default().Spec.NamedPolicies(); len(got) != 0 {
		t.Errorf("the default configuration names %q", got)
	}
}
