// Tests of the policies that a configuration names.

package iam

import (
	"reflect"
	"testing"
)

func TestNamedPolicies(t *testing.T) {
	loaded, err := Load("f.yaml", []byte(header+"  permissionsBoundary: arn:aws:iam::123456789012:policy/b\n  nodes: {extraPolicyAttachments: [\"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore\"]}\n  bootstrapUser: {extraPolicyAttachments: [\"arn:aws:iam::123456789012:policy/u\"]}\n"), options(t))
	if err != nil {
		t.Fatal(err)
	}
	got := loaded.Configuration.Spec.NamedPolicies()
	want := map[string][]string{
		"arn:aws:iam::123456789012:policy/b":                   {"permissionsBoundary"},
		"arn:aws:iam::123456789012:policy/u":                   {"bootstrapUser.extraPolicyAttachments"},
		"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore": {"nodes.extraPolicyAttachments"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	if got := Default().Spec.NamedPolicies(); len(got) != 0 {
		t.Errorf("the default configuration names %q", got)
	}
}
