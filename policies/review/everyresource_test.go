// Tests that the findings and the summary agree on what counts as every
// resource of a type, and what NotResource leaves of it.

package review

import (
	"fmt"
	"testing"

	"capaboot/policies/document"
)

func TestFindingsAndSummaryAgreeOnEveryResource(t *testing.T) {
	for _, test := range []struct {
		action, resource string
		open             bool
	}{
		{"ec2:TerminateInstances", "arn:aws:ec2:*:*:instance/*", true},
		{"ec2:TerminateInstances", "arn:aws:ec2:*:123456789012:*", true},
		{"ec2:TerminateInstances", "arn:aws:ec2:eu-west-1:*:instance/*", false},
		{"iam:CreateAccessKey", "arn:aws:iam::*:user/*", true},
		{"iam:CreateAccessKey", "arn:aws:iam::*:*", true},
		{"iam:CreateAccessKey", "arn:aws:iam::*:user/a*", false},
		{"s3:PutObject", "arn:*:s3:::*", true},
		{"s3:PutObject", "arn:aws:s3:::*/*", true},
		{"s3:PutObject", "arn:aws:s3:::bucket/*", false},
		{"cloudtrail:DeleteTrail", "arn:aws:cloudtrail:*:*:trail/*", true},
		{"sqs:DeleteQueue", "arn:aws*:sqs:*:*:?*", true},
		{"sqs:DeleteQueue", "*?*", true},
		{"sqs:DeleteQueue", "arn:aws:sqs:*:*:q?", false},
	} {
		set, err := document.ReadSet("p.json", fmt.Appendf(nil, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":%q,"Resource":%q}]}`, test.action, test.resource))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"any-resource"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(report.Findings) > 0; got != test.open {
			t.Errorf("%s on %s: a finding: %v, want %v", test.action, test.resource, got, test.open)
		}
		onEveryResource := report.Principals[0].Grants[0].Levels[0].Everywhere > 0
		if onEveryResource != test.open {
			t.Errorf("%s on %s: the summary counts it as everywhere: %v, want %v", test.action, test.resource, onEveryResource, test.open)
		}
	}
}

// A resource that is known only at deployment counts as every resource, both in
// the findings and in the summary.
func TestSummaryCountsUnknownResources(t *testing.T) {
	set, err := document.ReadSet("t.yaml", []byte(`
Parameters: {P: {Type: String}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sqs:DeleteQueue", Resource: !Ref P}]}}]
`))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Review(set, Options{Rules: []string{"any-resource"}})
	if err != nil {
		t.Fatal(err)
	}
	if p := report.Principals[0]; len(report.Findings) != 1 || p.Grants[0].Levels[0].Everywhere != 1 {
		t.Errorf("%d findings, and the summary %+v", len(report.Findings), p)
	}
}

// A condition that excludes the caller's own account limits an Allow: in other
// accounts, the resource policies must allow the request too.
func TestExcludingTheOwnAccountNarrows(t *testing.T) {
	for value, want := range map[string]int{"${aws:PrincipalAccount}": 0, "111122223333": 1} {
		set, err := document.ReadSet("p.json", fmt.Appendf(nil, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringNotEquals":{"aws:ResourceAccount":%q}}}]}`, value))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"reads-everything"}})
		if err != nil || len(report.Findings) != want {
			t.Errorf("%s: %d findings, want %d (%v)", value, len(report.Findings), want, err)
		}
	}
}

// NotResource excludes an action completely if it covers every resource of a
// required type, or of all types.
func TestNotResourceExcludesEverything(t *testing.T) {
	for _, test := range []struct {
		rule, action, notResource string
		want                      bool
	}{
		// The call requires a user profile, and NotResource excludes all of
		// them.
		{"returns-credentials", "sagemaker:*", "arn:aws:sagemaker:*:*:user-profile/*", false},
		{"returns-credentials", "sagemaker:CreatePresignedDomainUrl", "arn:aws:sagemaker:*:*:user-profile/*", false},
		{"returns-credentials", "sagemaker:CreatePresignedDomainUrl", "arn:aws:sagemaker:*:*:user-profile/d-1/*", true},
		{"returns-credentials", "sagemaker:CreatePresignedDomainUrl", "arn:aws:sagemaker:*:*:domain/*", true},
		{"reads-everything", "dynamodb:Scan", "arn:aws:dynamodb:*:*:table/*", false},
		{"reads-everything", "s3:GetObject", "arn:aws:s3:::*/*", true}, // access points are a separate resource type
		{"reads-everything", "s3:GetObject", "arn:aws:s3:::bucket/*", true},
		{"secrets-of-others", "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:*", false},
		{"secrets-of-others", "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:a-*", true},
		{"secrets-of-others", "secretsmanager:GetSecretValue", "arn:aws:ssm:*:*:parameter/*", true},
	} {
		set, err := document.ReadSet("p.json", fmt.Appendf(nil, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":%q,"NotResource":%q}]}`, test.action, test.notResource))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{test.rule}})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range report.Findings {
			for _, action := range f.Actions {
				found = found || action != "sagemaker:CreatePresignedNotebookInstanceUrl"
			}
		}
		if found != test.want {
			t.Errorf("%s: %s except %s: a finding: %v, want %v", test.rule, test.action, test.notResource, found, test.want)
		}
	}
}
