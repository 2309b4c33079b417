// Tests of the settings of roles and users.

package document

import (
	"strings"
	"testing"
)

func TestSessionSeconds(t *testing.T) {
	for text, want := range map[string]string{
		"PT1H": "3600", "PT90M": "5400", "PT1H30M": "5400", "PT45S": "45", "PT12H0M1S": "43201",
		"": "", "PT": "PT", "PT0H": "PT0H", "PT1": "PT1", "PTxH": "PTxH", "P1D": "P1D", "3600": "3600", "${Ref:D}": "${Ref:D}",
	} {
		if got := sessionSeconds(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestReadSettings(t *testing.T) {
	set, err := ReadSet("t.yaml", []byte(`
Parameters: {P: {Type: String}}
Conditions: {C: !Equals [!Ref P, x]}
Resources:
  R: {Type: AWS::IAM::Role, Properties: {`+trustProperty+`, MaxSessionDuration: !Ref AWS::NoValue, Tags: [!If [C, {Key: a, Value: !Ref P}, !Ref AWS::NoValue], {Key: b}]}}
  S: {Type: AWS::IAM::Role, Properties: {`+trustProperty+`, MaxSessionDuration: !Ref P}}
  T: {Type: AWS::SSO::PermissionSet, Properties: {Name: t, SessionDuration: PT2H}}
`))
	if err != nil {
		t.Fatal(err)
	}
	r, s, p := set.Principals[0], set.Principals[1], set.Principals[2]
	if r.MaxSession != "" || s.MaxSession != "${Ref:P}" || p.MaxSession != "7200" {
		t.Errorf("sessions %q, %q, %q", r.MaxSession, s.MaxSession, p.MaxSession)
	}
	if len(r.Tags) != 1 || r.Tags[0].Key != "a" || r.Tags[0].Value != "${Ref:P}" || strings.Join(r.Tags[0].When, " ") != "C" {
		t.Errorf("tags %+v", r.Tags)
	}
}

func TestTagKeys(t *testing.T) {
	policy := func(statement string) string {
		return "P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: {Effect: Allow, Action: 'a:b', " + statement + "}}}}"
	}
	for resource, want := range map[string]string{
		policy("Resource: '*', Condition: {StringEquals: {'aws:PrincipalTag/Team': x}}"):                                                                                               "team",
		policy("Resource: '*', Condition: {StringEquals: {k: ['x', 'y-${aws:PrincipalTag/team}']}}"):                                                                                   "team",
		policy("Resource: '*', Condition: {StringEquals: {'iam:ResourceTag/b': x, 'aws:RequestTag/c': x}}"):                                                                            "b",
		policy("Resource: 'arn:aws:s3:::${aws:PrincipalTag/b}/${aws:PrincipalTag/a}'"):                                                                                                 "a b",
		policy("NotResource: 'arn:aws:s3:::${aws:PrincipalTag/a, ''x''}/*'"):                                                                                                           "a",
		policy("Resource: !Join ['', ['arn:aws:s3:::${aws:PrincipalTag/', !ImportValue k, '}']]"):                                                                                      "${importvalue:k}}",
		policy("Resource: '*', Condition: {StringEquals: {'aws:PrincipalTag/Team': x}}") + ", U: {Type: AWS::IAM::User, Properties: {PermissionsBoundary: !Ref P}}":                    "team",
		strings.Replace("R: {Type: AWS::IAM::Role, Properties: {"+trustProperty+"}}", `"sts:AssumeRole"`, `"sts:AssumeRole", Condition: {StringEquals: {"aws:PrincipalTag/a": x}}`, 1): "a",
		policy("Resource: '*'"): "",
	} {
		set, err := ReadSet("t.yaml", []byte("Resources: {"+resource+"}"))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(set.TagKeys(), " "); got != want {
			t.Errorf("%s: %q, want %q", resource, got, want)
		}
	}
}
