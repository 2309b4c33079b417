// Tests of transforms within the policies of a role.

package document

import "testing"

// A transform in place of an inline policy is recorded as unread, and is no mistake of
// the template.
func TestTransformInPlaceOfAnInlinePolicy(t *testing.T) {
	t.Parallel()
	set, err := ReadSet("t", []byte(`Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      Policies:
        - PolicyName: p
          PolicyDocument: {Statement: [{Effect: Allow, Action: 'a:b', Resource: '*'}]}
        - Fn::Transform: {Name: Macro, Parameters: {A: b}}
`))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(set.Principals[0].Policies); got != 1 {
		t.Errorf("%d policies, want 1", got)
	}
	if len(set.Unread) != 1 || set.Unread[0].Name() != "Fn::Transform in AWS::IAM::Role R" {
		t.Errorf("unread: %v", set.Unread)
	}
}
