// Tests of the note about statements on the user of the caller's name.

package explain

import (
	"slices"
	"testing"

	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

func TestUserNameNotes(t *testing.T) {
	t.Parallel()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	const policies = "Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: {Effect: Allow, Action: iam:CreateAccessKey, Resource: 'arn:aws:iam::*:user/${aws:username}'}}}]"
	for resource, want := range map[string][]string{
		"{Type: AWS::IAM::Role, Properties: {RoleName: n, AssumeRolePolicyDocument: {Statement: []}, " + policies + "}}": {"Statement[0] of policy p allows nothing to role n: requests of a role have no aws:username"},
		"{Type: AWS::IAM::User, Properties: {UserName: n, " + policies + "}}":                                            nil,
	} {
		set, err := document.ReadSet("t.yaml", []byte("Resources: {N: "+resource+"}"))
		if err != nil {
			t.Fatal(err)
		}
		e, err := New(set, catalogue)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := e.Explain("iam:CreateAccessKey")
		if err != nil || !slices.Equal(answer.Notes, want) {
			t.Errorf("%s: notes %q, want %q: %v", resource, answer.Notes, want, err)
		}
	}
}
