// Tests of the defaults that the branch of a template condition excludes.

package document

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestBranchesExcludeDefaults reads a policy whose resource depends on the parameter P
// with the default "": a branch that exists only for other values does not use the
// default.
func TestBranchesExcludeDefaults(t *testing.T) {
	const (
		sections = `
Parameters: {P: {Type: String, Default: ""}, Q: {Type: String, Default: ""}, Stage: {Type: String, AllowedValues: [dev, prod]}, Open: {Type: String}}
Conditions:
  HasP: !Not [!Equals [!Ref P, ""]]
  NoP: !Equals [!Ref P, ""]
  NotNoP: !Not [!Condition NoP]
  Both: !And [!Condition HasP, !Not [!Equals [!Ref Q, ""]]]
  Either: !Or [!Condition HasP, !Not [!Equals [!Ref Q, ""]]]
  ProdWithP: !And [!Equals [!Ref Stage, prod], !Condition HasP]
  OpenIsP: !Equals [!Ref Open, !Ref P]
  Itself: !And [!Condition Itself, !Condition HasP]
`
		unknownName  = "arn:aws:s3:::${Ref:P}"
		emptyDefault = "arn:aws:s3:::"
	)
	for _, c := range []struct {
		condition, resource, want string
	}{
		{"", `!Sub "arn:aws:s3:::${P}"`, emptyDefault},
		{"HasP", `!Sub "arn:aws:s3:::${P}"`, unknownName},
		{"HasP", `!Join ["", ["arn:aws:s3:::", !Ref P]]`, unknownName},
		{"NoP", `!Sub "arn:aws:s3:::${P}"`, emptyDefault},
		{"NotNoP", `!Sub "arn:aws:s3:::${P}"`, unknownName},
		{"Both", `!Sub "arn:aws:s3:::${P}"`, unknownName},
		{"Both", `!Sub "arn:aws:s3:::${Q}"`, "arn:aws:s3:::${Ref:Q}"},
		{"Either", `!Sub "arn:aws:s3:::${P}"`, emptyDefault},
		{"ProdWithP", `!Sub "arn:aws:s3:::${P}"`, unknownName},
		{"OpenIsP", `!Sub "arn:aws:s3:::${P}"`, emptyDefault},
		{"Itself", `!Sub "arn:aws:s3:::${P}"`, unknownName},
		{"", `!If [HasP, !Sub "arn:aws:s3:::${P}", "arn:aws:s3:::b"]`, unknownName},
		{"", `!If [HasP, "arn:aws:s3:::b", !Sub "arn:aws:s3:::${P}"]`, emptyDefault},
		{"", `!If [NoP, "arn:aws:s3:::b", !Sub "arn:aws:s3:::${P}"]`, unknownName},
		{"", `!If [Open, !If [HasP, !Sub "arn:aws:s3:::${P}", "arn:aws:s3:::b"], "arn:aws:s3:::b"]`, unknownName},
		{"HasP", `!If [OpenIsP, !Sub "arn:aws:s3:::${P}", "arn:aws:s3:::b"]`, unknownName},
	} {
		condition := ""
		if c.condition != "" {
			condition = "    Condition: " + c.condition + "\n"
		}
		set, err := ReadSet("t.yaml", []byte(sections+"Resources:\n  M:\n    Type: AWS::IAM::ManagedPolicy\n"+condition+
			"    Properties: {PolicyDocument: {Version: \"2012-10-17\", Statement: {Effect: Allow, Action: \"s3:*\", Resource: "+c.resource+"}}}\n"))
		if err != nil {
			t.Errorf("%s, %s: %v", c.condition, c.resource, err)
			continue
		}
		var all []string
		for _, h := range set.Principals {
			for _, p := range h.Policies {
				for _, s := range p.Document.Statements {
					all = append(all, s.Resources...)
				}
			}
		}
		if !slices.Contains(all, c.want) || strings.Contains(c.want, "Ref:") && slices.Contains(all, emptyDefault) {
			t.Errorf("%s, %s: got %q, want %s", c.condition, c.resource, all, c.want)
		}
	}
}

// TestExcludedDefaultsOfManyConditions reads conditions that refer to each other in a
// long chain: the search for excluded defaults ends.
func TestExcludedDefaultsOfManyConditions(t *testing.T) {
	var b strings.Builder
	b.WriteString("Parameters: {P: {Type: String, Default: \"\"}}\nConditions:\n  C0: !Not [!Equals [!Ref P, \"\"]]\n")
	const many = 3000
	for i := 1; i < many; i++ {
		fmt.Fprintf(&b, "  C%d: !And [!Condition C%d, !Condition C0]\n", i, i-1)
	}
	b.WriteString("Resources:\n  M:\n    Type: AWS::IAM::ManagedPolicy\n    Properties: {PolicyDocument: {Statement: [")
	for i := range many {
		fmt.Fprintf(&b, "!If [C%d, {Effect: Allow, Action: \"s3:*\", Resource: !Ref P}, !Ref AWS::NoValue], ", i)
	}
	b.WriteString("]}}\n")
	if _, err := ReadSet("t.yaml", []byte(b.String())); err != nil {
		t.Error(err)
	}
}
