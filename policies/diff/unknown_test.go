// Tests that a result names what is unknown on both sides.

package diff

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestUnknownOnBothSidesIsNamed(t *testing.T) {
	read := func(text string) *document.Set {
		set, err := document.ReadSet("t.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	template := func(extra, statement string) *document.Set {
		return read(`Parameters: {P: {Type: String}, Q: {Type: String}, D: {Type: String, Default: x}}
Conditions: {A: !Equals [!Ref P, a]}
Resources:
  U: {Type: AWS::IAM::User, Properties: {UserName: u, Groups: [g]` + extra + `, Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [` + statement + `]}}]}}
`)
	}
	all := `{Effect: Allow, Action: !If [A, "s3:*", "sqs:*"], Resource: !Sub "arn:aws:s3:::${Q}"}, {Effect: Deny, Action: !Ref D, Resource: "*", Condition: !Ref Q}`
	before := template(`, ManagedPolicyArns: ["arn:aws:iam::111122223333:policy/x", "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"], PermissionsBoundary: "arn:aws:iam::111122223333:policy/b"`, all)
	result := Compare(before, before)
	want := "${Ref:Q}, the condition A, the group g, the policy arn:aws:iam::111122223333:policy/b, the policy arn:aws:iam::111122223333:policy/x"
	if got := strings.Join(result.Unknown, ", "); !result.Empty() || got != want {
		t.Errorf("got  %s\nwant %s\n%+v", got, want, result.Principals)
	}
	after := template("", `{Effect: Allow, Action: "s3:*", Resource: "*"}`)
	if got := strings.Join(Compare(before, after).Unknown, ", "); got != "the group g" {
		t.Errorf("unknown on one side only: %s", got)
	}
}
