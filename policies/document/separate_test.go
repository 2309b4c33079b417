// Tests of the names of conditions and parameters that several templates define.

package document

import (
	"fmt"
	"strings"
	"testing"
)

const separateTrust = "AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}"

// separateSet returns a set of templates with a role, by file. Each text has the
// parameters and the conditions. After "-", the template has a nested stack instead.
func separateSet(t *testing.T, files ...string) *Set {
	t.Helper()
	var sets []*Set
	for _, one := range files {
		file, text, _ := strings.Cut(one, " ")
		resource := "{Type: AWS::IAM::Role, Properties: {" + separateTrust + "}}"
		if rest, hasNoPrincipal := strings.CutPrefix(text, "- "); hasNoPrincipal {
			text, resource = rest, "{Type: AWS::CloudFormation::Stack}"
		}
		set, err := ReadSet(file, []byte(text+"\nResources:\n  R: "+resource+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		sets = append(sets, set)
	}
	return Merge(sets...)
}

func TestConditionsIn(t *testing.T) {
	const (
		prod     = "Parameters: {P: {Type: String}, S: {Type: String, AllowedValues: [x, y]}}\nConditions: {C: !Equals [!Ref P, prod], Other: !Equals [!Ref P, other], D: !Not [!Condition C], M: !Equals [!FindInMap [Map, a, b], x]}\nMappings: {Map: {a: {b: x}}}"
		live     = "Parameters: {P: {Type: String}, S: {Type: String, AllowedValues: [x, y, z]}}\nConditions: {C: !Equals [!Ref P, live], Other: !Equals [!Ref P, other], D: !Not [!Condition C], M: !Equals [!FindInMap [Map, a, b], x]}\nMappings: {Map: {a: {b: y}}}"
		circular = "Parameters: {P: {Type: String}}\nConditions: {C: !Not [!Condition D], D: !Not [!Condition C]}"
	)
	for _, test := range []struct {
		files      []string
		conditions string
		want       string
	}{
		{[]string{"a.yaml " + prod}, "C", "C"},
		{[]string{"a.yaml " + prod, "b.yaml " + prod}, "!C,S=x", "!C,S=x"},
		{[]string{"a.yaml " + prod, "b.yaml Parameters: {}"}, "C,S=x", "C,S=x"},
		{[]string{"a.yaml " + prod, "b.yaml " + live}, "!C", "!C of b.yaml"},
		{[]string{"a.yaml " + prod, "b.yaml " + live}, "Other", "Other"},
		{[]string{"a.yaml " + prod, "b.yaml " + live}, "D", "D of b.yaml"},
		{[]string{"a.yaml " + prod, "b.yaml " + live}, "M", "M of b.yaml"},
		{[]string{"a.yaml " + prod, "b.yaml " + live}, "S=x|y", "S of b.yaml=x|y"},
		{[]string{"a.yaml " + prod, "b.yaml " + live}, "Q=x", "Q=x"},
		{[]string{"a.yaml " + prod, "b.yaml " + live}, "${If:C|x|y}", "${If:C|x|y}"},
		{[]string{"a.yaml " + prod, "b.yaml " + live}, "!D,C,Other", "!D of b.yaml,C of b.yaml,Other"},
		{[]string{"a.yaml " + prod, "b.yaml " + live}, "S2,S=x", "S of b.yaml=x,S2"}, // the result is sorted
		{[]string{"a.yaml " + prod, "c.yaml " + live, "b.yaml " + prod}, "C", "C of b.yaml"},
		{[]string{"a.yaml " + circular, "b.yaml " + circular}, "C", "C"},
		// The name of the file is not enough if another file has it.
		{[]string{"x/b.yaml " + prod, "y/b.yaml " + live}, "C", "C of y/b.yaml"},
		{[]string{"x/a.yaml " + prod, "y/b.yaml " + live}, "C", "C of b.yaml"},
		// The other file counts even if it has no principal.
		{[]string{"x/b.yaml - " + prod, "y/b.yaml " + live}, "C", "C of y/b.yaml"},
	} {
		set := separateSet(t, test.files...)
		file, _, _ := strings.Cut(test.files[len(test.files)-1], " ")
		given := strings.Split(test.conditions, ",")
		got := strings.Join(set.ConditionsIn(file, given), ",")
		if got != test.want || strings.Join(given, ",") != test.conditions {
			t.Errorf("%s in %s: %s, want %s; the argument is now %q", test.conditions, file, got, test.want, given)
		}
	}
}

// SeenFrom renames a condition in every part of a copy of the holder. The holder itself
// stays as it is.
func TestSeenFrom(t *testing.T) {
	set := separateSet(t, "a.yaml Conditions: {C: !Equals [!Ref AWS::Region, x]}", "b.yaml Conditions: {C: !Equals [!Ref AWS::Region, y]}")
	document := func() *Document { return &Document{Statements: []Statement{{When: []string{"C"}}}} }
	h := &Holder{File: "b.yaml", When: "C", Trust: document(), BoundaryPolicy: document(), Policies: []Policy{{Document: document()}},
		AttachedWhen: map[string][][]string{"p": {{"!C"}, {"C", "X"}}}, GroupsWhen: map[string][][]string{"g": {{"C"}}}, Tags: []Tag{{Key: "k", When: []string{"C"}}}}
	describe := func(h *Holder) string {
		return fmt.Sprint(h.When, h.Trust.Statements[0].When, h.BoundaryPolicy.Statements[0].When, h.Policies[0].Document.Statements[0].When, h.AttachedWhen, h.GroupsWhen)
	}
	before := describe(h)
	const want = "C of b.yaml[C of b.yaml] [C of b.yaml] [C of b.yaml] map[p:[[!C of b.yaml] [C of b.yaml X]]] map[g:[[C of b.yaml]]]"
	if got := describe(set.SeenFrom("a.yaml", h)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if describe(h) != before {
		t.Errorf("the holder has changed from %s to %s", before, describe(h))
	}
	if got, own := set.SeenFrom("a.yaml", h).Tags[0].When[0], h.Tags[0].When[0]; got != "C of b.yaml" || own != "C" {
		t.Errorf("tag: %q, and %q of the holder itself", got, own)
	}
	if got := set.SeenFrom("b.yaml", h); got != h {
		t.Errorf("in its own file: %s", describe(got))
	}
	if without := set.SeenFrom("a.yaml", &Holder{File: "b.yaml"}); without.When != "" || without.Trust != nil {
		t.Errorf("a holder without policies: %+v", without)
	}
}
