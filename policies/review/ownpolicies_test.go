// Tests which resources count as the principal's own policies.

package review

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

// A principal that can write its own boundary, or a policy that is attached to
// it, changes its own permissions. This must be found however the attachment
// and the statement name the policy.
func TestOwnPolicies(t *testing.T) {
	t.Parallel()
	const template = `
Resources:
  B:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: limits
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: ["iam:CreatePolicyVersion", "ec2:*"], Resource: "*"}]}
  R:
    Type: AWS::IAM::Role
    Properties:
      HELD
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}}
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "iam:CreatePolicyVersion", Resource: NAMED}]}}]
`
	const sub = `!Sub "arn:aws:iam::${AWS::AccountId}:policy/limits"`
	for _, test := range []struct {
		held, named string
		isOwn       bool
	}{
		{`PermissionsBoundary: !Ref B`, `!Ref B`, true},
		{`PermissionsBoundary: !Ref B`, `arn:aws:iam::*:policy/limits`, true},
		{`PermissionsBoundary: !Ref B`, sub, true},
		{`PermissionsBoundary: !Ref B`, `arn:aws:iam::*:policy/other`, false},
		{`PermissionsBoundary: ` + sub, `!Ref B`, true},
		{`PermissionsBoundary: ` + sub, `arn:aws:iam::*:policy/lim*`, true},
		{`PermissionsBoundary: ` + sub, sub, true},
		{`PermissionsBoundary: arn:aws:iam::111122223333:policy/path/elsewhere`, `arn:aws:iam::*:policy/path/elsewhere`, true},
		{`PermissionsBoundary: arn:aws:iam::111122223333:policy/elsewhere`, `!Ref B`, false},
		{`PermissionsBoundary: arn:aws:iam::111122223333:policy/elsewhere`, `arn:aws:iam::444455556666:policy/else*`, false},
		{`PermissionsBoundary: arn:aws:iam::aws:policy/AdministratorAccess`, `arn:aws:iam::111122223333:policy/AdministratorAccess`, false},
		{`ManagedPolicyArns: [arn:aws:iam::111122223333:policy/elsewhere]`, `arn:aws:iam::*:policy/elsewhere`, true},
		{`ManagedPolicyArns: [arn:aws:iam::111122223333:policy/elsewhere]`, `arn:aws:iam::*:policy/other`, false},
	} {
		set, err := document.ReadSet("t.yaml", []byte(strings.NewReplacer("HELD", test.held, "NAMED", test.named).Replace(template)))
		if err != nil {
			t.Fatalf("%s: %v", test.held, err)
		}
		report, err := Review(set, Options{Rules: []string{"escalation-policy-version"}})
		if err != nil {
			t.Fatal(err)
		}
		isOwn, found := false, false
		for _, f := range report.Findings {
			if len(f.Principals) > 0 {
				found = true
				isOwn = isOwn || strings.Contains(WriteSentence(f.Message), "the holder, or the holder's own policies") && f.Severity == High
			}
		}
		if !found || isOwn != test.isOwn {
			t.Errorf("%s, and %s: own %t, want %t", test.held, test.named, isOwn, test.isOwn)
		}
	}
}
