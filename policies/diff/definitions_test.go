// Tests that the definitions behind references and conditions are compared too.

package diff

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestParametersMappingsAndConditionsAreCompared(t *testing.T) {
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
		// Lost and gained, because it is unknown whether the old and the new condition
		// hold.
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

// The path, session duration, tags and account of a role count as changed if the
// definition of a parameter or condition that they refer to has changed.
func TestDefinitionsOfSettings(t *testing.T) {
	read := func(pattern, value, resources string) *document.Set {
		set, err := document.ReadSet("t.yaml", []byte("Parameters: {N: {Type: String, AllowedPattern: "+pattern+"}, X: {Type: String}}\nConditions: {C: !Equals [!Ref X, "+value+"]}\nResources:\n"+
			"  P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: {Effect: Allow, Action: 'a:b', Resource: 'arn:aws:s3:::${aws:PrincipalTag/t}/*'}}}}\n"+resources))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	role := func(property string) string {
		return "  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, " + property + ", AssumeRolePolicyDocument: {Statement: []}}}"
	}
	for resources, want := range map[string]string{
		role("Path: !Sub '/${N}/'"):                                    "role r changed, +path /${Ref:N}/, -path /${Ref:N before the change}/",
		role("MaxSessionDuration: !Ref N"):                             "role r changed, +sessions of up to ${Ref:N}, -sessions of up to ${Ref:N before the change}",
		role("Tags: [{Key: !Ref N, Value: v}]"):                        "role r changed, +tag ${Ref:N}=v, -tag ${Ref:N before the change}=v",
		role("Tags: [{Key: t, Value: !Ref N}]"):                        "role r changed, +tag t=${Ref:N}, -tag t=${Ref:N before the change}",
		role("Tags: [!If [C, {Key: t, Value: v}, !Ref AWS::NoValue]]"): "role r changed, +tag t=v (when C), -tag t=v (when C before the change)",
		role("Path: /") + "\n  F: {Type: AWS::Lambda::Function, Properties: {Role: !Sub 'arn:aws:iam::${N}:role/r'}}": "resource AWS::Lambda::Function F changed, +role r in account ${Ref:N}, -role r in account ${Ref:N before the change}",
	} {
		if got := sourcesText(Compare(read("'a+'", "x", resources), read("'b+'", "y", resources))); got != want {
			t.Errorf("%s: %s, want %s", resources, got, want)
		}
	}
}
