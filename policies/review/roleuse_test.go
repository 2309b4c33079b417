// Tests of findings and notes about the roles that resources use.

package review

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestRolesOfResources(t *testing.T) {
	const role = `  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}}}` + "\n"
	for _, c := range []struct{ name, resources, finding, note string }{
		{"a role of the template", "  F: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt R.Arn}}\n", "", "these resources act with the permissions of the role r: AWS::Lambda::Function F"},
		{"a role elsewhere", "  F: {Type: AWS::Lambda::Function, Properties: {Role: 'arn:aws:iam::111122223333:role/Admin'}}\n  G: {Type: AWS::EKS::Addon, Properties: {ServiceAccountRoleArn: 'arn:aws:iam::111122223333:role/Admin'}}\n",
			"low: the role arn:aws:iam::111122223333:role/Admin is not in the reviewed files, so the permissions that these resources use were not reviewed: AWS::Lambda::Function F and AWS::EKS::Addon G", ""},
		{"an instance profile elsewhere", "  E: {Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: Admin}}\n", "low: the instance profile Admin is not in the reviewed files, so the permissions that these resources use were not reviewed: AWS::EC2::Instance E", ""},
		{"a role with a known name in an unknown account", "  F: {Type: AWS::Lambda::Function, Properties: {Role: !Sub 'arn:aws:iam::${AWS::AccountId}:role/Admin'}}\n",
			"low: the role arn:aws:iam::${AWS::AccountId}:role/Admin is not in the reviewed files, so the permissions that these resources use were not reviewed: AWS::Lambda::Function F", ""},
		{"a role of another stack", "  F: {Type: AWS::Lambda::Function, Properties: {Role: !ImportValue role}}\n",
			"low: the role ${ImportValue:role} is known only at deployment, so the permissions that these resources use were not reviewed: AWS::Lambda::Function F", ""},
		{"a role of a nested stack", "  N: {Type: AWS::S3::Bucket}\n  F: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt N.Outputs.Role}}\n",
			"low: the role ${GetAtt:N.Outputs.Role} is known only at deployment, so the permissions that these resources use were not reviewed: AWS::Lambda::Function F", ""},
		{"a role whose name has an unknown part", "  F: {Type: AWS::Lambda::Function, Properties: {Role: !Sub 'arn:aws:iam::111122223333:role/${AWS::Region}-f'}}\n",
			"low: the role arn:aws:iam::111122223333:role/${AWS::Region}-f is known only at deployment, so the permissions that these resources use were not reviewed: AWS::Lambda::Function F", ""},
		{"a public bucket", "  B: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}\n", "medium: AccessControl PublicRead of AWS::S3::Bucket B can add or change grants, and was not read", ""},
		{"only an instance profile", "  I: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref R]}}\n", "", ""},
	} {
		set, err := document.ReadSet("t.yaml", []byte("Resources:\n"+role+c.resources))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var findings, notes []string
		for _, f := range report.Findings {
			if f.Rule == "unknown-grant" {
				findings = append(findings, f.Severity.String()+": "+WriteSentence(f.Message))
				if !f.NotPolicy {
					t.Errorf("%s: the finding counts as about a policy", c.name)
				}
			}
		}
		for _, n := range report.Notes {
			if text := WriteSentence(n); strings.Contains(text, "these resources act") {
				notes = append(notes, text)
			}
		}
		if got := strings.Join(findings, "\n"); got != c.finding {
			t.Errorf("%s: finding %q, want %q", c.name, got, c.finding)
		}
		if got := strings.Join(notes, "\n"); got != c.note {
			t.Errorf("%s: note %q, want %q", c.name, got, c.note)
		}
	}
}
