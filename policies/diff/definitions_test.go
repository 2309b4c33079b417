// Tests that the definitions behind references and conditions are compared too.

package diff

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestDefinitionsAreCompared(t *testing.T) {
	const template = `{"Parameters": {"A": {"Type": "String", "Default": "s3:GetObject", "Description": "what"}, "Other": {"Type": "String", "Default": "x"}},
		"Mappings": {"M": {"a": {"b": "arn:aws:s3:::b/*"}}}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "Other"}, "y"]}},
		"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Action": {"Ref": "A"}, "Resource": "*"},
			{"Effect": "Allow", "Action": "s3:PutObject", "Resource": {"Fn::FindInMap": ["M", "a", "b"]}}]}}},
		"Q": {"Type": "AWS::IAM::ManagedPolicy", "Condition": "C", "Properties": {"PolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}}}}`
	read := func(text string) *document.Set {
		set, err := document.ReadSet("t.json", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for _, test := range []struct {
		name, old, new, changed string
		lost                    int
	}{
		{"nothing", "", "", "", 0},
		{"a description", `"what"`, `"which"`, "", 0},
		{"a default", `"s3:GetObject"`, `"*"`, "P", 0},
		{"a mapping", "arn:aws:s3:::b/*", "*", "P", 0},
		// Whether the old and the new condition hold is unknown.
		{"a condition", `"y"]`, `"x"]`, "Q", 1},
		{"a default that a condition depends on", `"Default": "x"`, `"Default": "y"`, "Q", 0},
	} {
		r := Compare(read(template), read(strings.Replace(template, test.old, test.new, 1)))
		changed := ""
		for _, p := range r.Principals {
			changed += p.LogicalID
			if len(p.Gained) != 1 || len(p.Lost) != test.lost {
				t.Errorf("%s: %d gained, %d lost", test.name, len(p.Gained), len(p.Lost))
			}
		}
		if changed != test.changed {
			t.Errorf("%s: changed %q, want %q", test.name, changed, test.changed)
		}
	}
}
