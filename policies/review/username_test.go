// Tests of resources with the name of the calling user.

package review

import (
	"testing"

	"capaboot/policies/document"
)

// A role has no user name, so it cannot use a permission on the user of that name.
func TestUserNameInResources(t *testing.T) {
	t.Parallel()
	const policies = "Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: {Effect: Allow, Action: iam:AttachUserPolicy, Resource: 'arn:aws:iam::*:user/${aws:UserName}'}}}]"
	for resource, want := range map[string]int{
		"{Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}, " + policies + "}}": 0,
		"{Type: AWS::IAM::User, Properties: {" + policies + "}}":                                            1,
	} {
		set, err := document.ReadSet("t.yaml", []byte("Resources: {N: "+resource+"}"))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"escalation-attach-policy"}})
		if err != nil || len(report.Findings) != want {
			t.Errorf("%s: %d findings, want %d: %v", resource, len(report.Findings), want, err)
		}
	}
}
