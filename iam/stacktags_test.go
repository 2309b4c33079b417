// Tests of the tags that a resource and the stack have together.

package iam

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStackTagProblems checks the tags of a command line together with those of the
// configuration. Disabled roles and a disabled user do not count.
func TestStackTagProblems(t *testing.T) {
	loaded, err := Load("f.yaml", []byte(header+"  nodes: {tags: {team: a, same: b}}\n  controlPlane: {disable: true, tags: {TEAM: a}}\n  bootstrapUser: {tags: {TEAM: a}}\n"), options(t))
	if err != nil {
		t.Fatal(err)
	}
	spec := &loaded.Configuration.Spec
	if lines := spec.StackTagProblems(map[string]string{"same": "c", "other": "d"}); len(lines) > 0 {
		t.Errorf("got %q", lines)
	}
	want := []string{`spec.nodes.tags: the tag "team" and the tag "Team" of the stack differ only in letter case, which IAM ignores`}
	if diff := cmp.Diff(want, spec.StackTagProblems(map[string]string{"Team": "c"})); diff != "" {
		t.Error(diff)
	}
	many := map[string]string{}
	for n := range 50 {
		many[strings.Repeat("x", n+1)] = ""
	}
	want = []string{"spec.nodes.tags: with the tags of the stack, the resource would have 52 tags; allowed: 50"}
	if diff := cmp.Diff(want, spec.StackTagProblems(many)); diff != "" {
		t.Error(diff)
	}
}
