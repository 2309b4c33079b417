// Tests which conditions prevent the holder from setting a required tag.

package review

import (
	"fmt"
	"testing"

	"capaboot/policies/document"
)

func TestConditionsThatProtectATag(t *testing.T) {
	for _, test := range []struct {
		condition string // for ec2:CreateTags
		found     bool
	}{
		{`{}`, true},
		{`{"ForAllValues:StringEquals": {"aws:TagKeys": ["owner"]}}`, false},
		{`{"ForAllValues:StringEquals": {"aws:TagKeys": ["owner", "Team"]}}`, true},
		{`{"ForAnyValue:StringEquals": {"aws:TagKeys": ["owner"]}}`, true},
		// Conditions that exclude tag keys.
		{`{"ForAllValues:StringNotEquals": {"aws:TagKeys": ["team", "owner"]}}`, false},
		{`{"ForAllValues:StringNotEqualsIgnoreCase": {"aws:TagKeys": "TEAM"}}`, false},
		{`{"ForAllValues:StringNotLike": {"aws:TagKeys": ["te*"]}}`, false},
		{`{"StringNotEquals": {"aws:TagKeys": ["team"]}}`, false},
		{`{"ForAllValues:StringNotEquals": {"aws:TagKeys": ["owner"]}}`, true},
		{`{"ForAllValues:StringNotLike": {"aws:TagKeys": ["o*"]}}`, true},
		{`{"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["team"]}}`, true}, // any other key in the request is enough
		// Conditions that exclude values of the tag.
		{`{"StringNotEquals": {"aws:RequestTag/team": ["a", "b"]}}`, false},
		{`{"StringNotEquals": {"aws:RequestTag/team": ["A", "B"]}}`, true}, // a and b are still allowed
		{`{"StringNotEqualsIgnoreCase": {"aws:RequestTag/team": ["A", "B"]}}`, false},
		{`{"StringNotLike": {"aws:RequestTag/Team": "*"}}`, false},
		{`{"StringNotEquals": {"aws:RequestTag/team": "b"}}`, true},
		{`{"StringNotEquals": {"aws:RequestTag/owner": "a"}}`, true},
		// Conditions on whether the request has the tag.
		{`{"Null": {"aws:RequestTag/team": "true"}}`, false},
		{`{"Null": {"aws:TagKeys": "true"}}`, false},
		{`{"Null": {"aws:RequestTag/team": "false"}}`, true},
		{`{"Null": {"aws:TagKeys": "false"}}`, true},
	} {
		set, err := document.ReadSet("p.json", fmt.Appendf(nil, `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":"ec2:TerminateInstances","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}},
			{"Effect":"Allow","Action":"ec2:CreateTags","Resource":"*","Condition":%s}]}`, test.condition))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"tags-by-holder"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(report.Findings) > 0; got != test.found {
			t.Errorf("%s: a finding: %v, want %v", test.condition, got, test.found)
		}
	}
}

// A condition on a resource tag may guard actions of one service, while an action of
// another service sets the tag: ssm:StartSession works on EC2 instances, and
// ec2:CreateTags sets their tags. If the holder can set the tag, the condition does not
// lower the severity of an escalation.
func TestTagsOfOtherServices(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		action, key, tagging string
		isSettable           bool
	}{
		{"ssm:SendCommand", "aws:ResourceTag/env", "ec2:CreateTags", true},
		{"ssm:StartSession", "ssm:resourceTag/env", "ec2:CreateTags", true},
		{"ssm:StartSession", "aws:ResourceTag/env", "ssm:AddTagsToResource", true}, // a managed instance
		{"ssm:StartSession", "aws:ResourceTag/env", "rds:AddTagsToResource", false},
		{"sts:AssumeRole", "aws:ResourceTag/team", "iam:TagRole", true},
		{"sts:AssumeRole", "aws:ResourceTag/team", "iam:TagUser", false},
		{"iam:AttachRolePolicy", "aws:ResourceTag/team", "iam:TagRole", true},
		{"ec2:TerminateInstances", "aws:ResourceTag/team", "ssm:AddTagsToResource", false},
		{"ec2:TerminateInstances", "aws:ResourceTag/team", "ec2:CreateTags", true},
	} {
		statements := []string{
			fmt.Sprintf(`{"Effect": "Allow", "Action": %q, "Resource": "*", "Condition": {"StringEquals": {%q: "a"}}}`, test.action, test.key),
			allowStatement([]string{test.tagging}, "*"),
		}
		if got := len(reviewRules(t, []string{"tags-by-holder"}, statements...)) > 0; got != test.isSettable {
			t.Errorf("%s if %s, with %s: %t, want %t", test.action, test.key, test.tagging, got, test.isSettable)
		}
	}
	for tagging, want := range map[string]Severity{"iam:TagRole": High, "iam:TagUser": Medium} {
		found := reviewEscalations(t, `{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}}}`, allowStatement([]string{tagging}, "*"))
		if len(found) != 1 || found[0].Severity != want {
			t.Errorf("with %s: %+v", tagging, found)
		}
	}
	// A boundary that does not allow the tagging protects the tag.
	for boundary, want := range map[string]int{"ec2:*": 1, "ec2:TerminateInstances": 0} {
		set, err := document.ReadSet("t.yaml", fmt.Appendf(nil, `Resources:
  B: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: %q, Resource: '*'}]}}}
  U: {Type: AWS::IAM::User, Properties: {UserName: u, PermissionsBoundary: !Ref B, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [
    {Effect: Allow, Action: 'ec2:TerminateInstances', Resource: '*', Condition: {StringEquals: {'aws:ResourceTag/team': a}}}, {Effect: Allow, Action: 'ec2:CreateTags', Resource: '*'}]}}]}}
`, boundary))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"tags-by-holder"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Findings) != want {
			t.Errorf("within %s: %+v", boundary, report.Findings)
		}
	}
}

// The finding names every statement that allows setting the tag. The statement with the
// fewest conditions limits the holder least, and comes first.
func TestAllTaggersAreNamed(t *testing.T) {
	t.Parallel()
	doc, err := document.Read("p.json", []byte(`{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "ec2:TerminateInstances", "Resource": "*", "Condition": {"Null": {"aws:ResourceTag/cluster": "false"}}},
  {"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"Null": {"aws:ResourceTag/other": "false"}}},
  {"Effect": "Allow", "Action": "ec2:CreateTag*", "Resource": "arn:aws:ec2:*:*:instance/*"}
]}`))
	if err != nil {
		t.Fatal(err)
	}
	set := &document.Set{Principals: []*document.Holder{{Kind: document.PolicyKind, Name: "p", Policies: []document.Policy{{Name: "p", Document: doc}}}}}
	report, err := Review(set, Options{Rules: []string{"tags-by-holder"}})
	if err != nil {
		t.Fatal(err)
	}
	const want = "Null aws:ResourceTag/cluster = false requires a tag that the holder can set with ec2:CreateTags, which p Statement[2] and p Statement[1] allow"
	if len(report.Findings) != 1 || WriteSentence(report.Findings[0].Message) != want {
		t.Errorf("got %d findings, want: %s", len(report.Findings), want)
		for _, f := range report.Findings {
			t.Error(WriteSentence(f.Message))
		}
	}
}
