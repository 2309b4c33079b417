// Tests of the notes on permissions boundaries and on inline policies of one name.

package explain_test

import (
	"slices"
	"strings"
	"testing"
)

func TestNotesOnBoundaries(t *testing.T) {
	t.Parallel()
	const template = `
Parameters: {A: {Type: String}}
Resources:
  B: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: b, PolicyDocument: {Statement: [{Effect: Allow, Action: "ec2:*", Resource: "*"}]}}}
  Open: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: open, PolicyDocument: {Statement: [{Effect: Allow, Action: !Sub "${A}:*", Resource: "*"}]}}}
  Bounded:
    Type: AWS::IAM::User
    Properties: {UserName: bounded, PermissionsBoundary: !Ref B, Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}}]}
  Powerless:
    Type: AWS::IAM::User
    Properties: {UserName: powerless, PermissionsBoundary: !Ref B}
  Unknown:
    Type: AWS::IAM::User
    Properties: {UserName: unknown, PermissionsBoundary: !Ref Open, Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}}]}
`
	for asked, want := range map[string]string{
		"s3:ListAllMyBuckets": "the permissions boundary b of user bounded does not allow s3:ListAllMyBuckets, so the policies of the user do not grant it",
		"ec2:RunInstances":    "",
	} {
		answer, err := newExplainer(t, template).Explain(asked)
		if err != nil {
			t.Fatal(err)
		}
		notes := slices.DeleteFunc(answer.Notes, func(note string) bool { return !strings.HasPrefix(note, "the permissions boundary") })
		if got := strings.Join(notes, "\n"); got != want {
			t.Errorf("%s: notes %q, want %q", asked, got, want)
		}
		for _, g := range answer.Actions[0].Grants {
			if bounded := want != "" && g.Name == "bounded"; bounded != (g.BoundedBy == "b") {
				t.Errorf("%s: the grant of %s has the boundary %q", asked, g.Name, g.BoundedBy)
			}
		}
	}
}

func TestNoteOnInlinePoliciesOfOneName(t *testing.T) {
	t.Parallel()
	const user = "Resources:\n  U: {Type: AWS::IAM::User, Properties: {UserName: u, Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}]}}\n"
	for other, want := range map[string]bool{"p": true, "q": false} {
		answer, err := newExplainer(t, user+"  P: {Type: AWS::IAM::UserPolicy, Properties: {PolicyName: "+other+", UserName: u, PolicyDocument: {Statement: [{Effect: Allow, Action: 'ec2:*', Resource: '*'}]}}}\n").Explain("s3:GetObject")
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(answer.Notes, func(note string) bool {
			return strings.HasPrefix(note, "user u has several inline policies with the name p")
		}); got != want {
			t.Errorf("%s: notes %q", other, answer.Notes)
		}
	}
}
