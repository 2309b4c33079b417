// Tests the hygiene rules, and which policies count as a user's own.

package review

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestNoBoundaryMeansNoFinding(t *testing.T) {
	report, err := Review(defaultSet(t), Options{Rules: []string{"missing-boundary"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) > 0 {
		t.Errorf("%+v", report.Findings)
	}
}

// The policies of a user's group count for the group, not for the user, both in
// quotas and in the hygiene rules.
func TestPoliciesOfGroups(t *testing.T) {
	large := strings.Repeat("x", 3000) // between the quotas for users and groups
	set, err := document.ReadSet("f.yaml", fmt.Appendf(nil, `
Resources:
  Group: {Type: AWS::IAM::Group, Properties: {Policies: [{PolicyName: large, PolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::%s"}}}]}}
  User: {Type: AWS::IAM::User, Properties: {Groups: [!Ref Group]}}
`, large))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Review(set, Options{Rules: []string{"quota", "user-policy", "inline-policy"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) != 1 || report.Findings[0].Rule != "inline-policy" || report.Findings[0].Principals[0] != "Group" {
		t.Errorf("want only the inline policy of the group: %+v", report.Findings)
	}
}

// SAM makes inline policies of policy templates, so they do not count as attached.
func TestPolicyTemplatesOfSAM(t *testing.T) {
	var templates strings.Builder
	for i := range 11 {
		fmt.Fprintf(&templates, "        - S3NewPolicy: {BucketName: b%d}\n", i)
	}
	set, err := document.ReadSet("t.yaml", []byte("Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Policies:\n"+templates.String()))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Review(set, Options{Rules: []string{"quota", "unknown-grant"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) != 11 {
		t.Errorf("%d findings, want one for each policy template", len(report.Findings))
	}
	const name = "SAM policy template S3NewPolicy {BucketName=b0}"
	for _, f := range report.Findings {
		if text := WriteSentence(f.Message); f.Policy == name && text != "the document of the "+name+" is unknown, so what the policy allows was not reviewed" {
			t.Error(text)
		}
	}
	note := "the document of the " + name + " for role FRole is unknown, so what the policy grants is not reviewed"
	if !slices.ContainsFunc(report.Notes, func(s Sentence) bool { return WriteSentence(s) == note }) {
		t.Errorf("no note %q: %+v", note, report.Notes)
	}
}

// Rules about mistakes and sizes skip an AWS managed policy that is reviewed on its own,
// because only AWS can change it.
func TestAWSManagedPolicyOnItsOwn(t *testing.T) {
	set, err := document.ReadSet("p.json", []byte(`{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, isAWS := range []bool{false, true} {
		set.Principals[0].Policies[0].AWS = isAWS
		report, err := Review(set, Options{Rules: []string{"missing-version"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(report.Findings); (got == 0) != isAWS {
			t.Errorf("AWS managed: %v, %d findings", isAWS, got)
		}
	}
}
