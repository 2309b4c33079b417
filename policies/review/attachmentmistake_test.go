// Tests of findings about AWS managed policies that do not exist.

package review

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestAWSPoliciesThatDoNotExist(t *testing.T) {
	t.Parallel()
	for policyARN, want := range map[string]string{
		"arn:aws:iam::aws:policy/AWSLambdaRole":                                  `did you mean "arn:aws:iam::aws:policy/service-role/AWSLambdaRole"?`,
		"arn:aws-cn:iam::aws:policy/AWSLambdaRole":                               `did you mean "arn:aws-cn:iam::aws:policy/service-role/AWSLambdaRole"?`,
		"!Sub 'arn:${AWS::Partition}:iam::aws:policy/AWSLambdaRole'":             `did you mean "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaRole"?`,
		"arn:aws:iam::aws:policy/Zqxwvkj":                                        "is not among AWS's managed policies as of 20",
		"arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicyX": "is only for service-linked roles",
		"arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy":  "is only for service-linked roles", // its content is known
		"arn:aws:iam::111122223333:policy/AWSLambdaRole":                         "so what the policy allows was not reviewed",
		"!Sub 'arn:${AWS::Partition}:iam::aws:policy/${AWS::Region}'":            "so what the policy allows was not reviewed",
	} {
		set, err := document.ReadSet("t.yaml", []byte(`Resources:
  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, ManagedPolicyArns: [`+policyARN+`], AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}
`))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"unknown-grant"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Findings) != 1 {
			t.Fatalf("%s: %d findings", policyARN, len(report.Findings))
		}
		got := WriteSentence(report.Findings[0].Message)
		if !strings.Contains(got, want) || strings.HasSuffix(want, "reviewed") != strings.HasSuffix(got, "reviewed") {
			t.Errorf("%s: %s, want %s", policyARN, got, want)
		}
	}
}

func TestBoundaryForServiceLinkedRoles(t *testing.T) {
	t.Parallel()
	got := reviewTemplate(t, `Resources:
  U: {Type: AWS::IAM::User, Properties: {UserName: u, PermissionsBoundary: 'arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy'}}
`, "unknown-grant")
	if want := "medium unknown-grant: the permissions boundary arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy is only for service-linked roles, so IAM refuses to attach the policy here"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
