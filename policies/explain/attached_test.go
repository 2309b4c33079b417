// Tests of what a template attaches under a condition, leaves unknown, or both allows
// and denies.

package explain_test

import (
	"slices"
	"strings"
	"testing"

	"capaboot/policies/denial"
	"capaboot/policies/explain"
	"capaboot/policies/simulate"
)

// An AWS managed policy that is attached under a template condition grants
// under that condition. A note names the statement of the trust policy whose Action is
// known only at deployment.
func TestAttachedUnderCondition(t *testing.T) {
	t.Parallel()
	answer, err := newExplainer(t, `
Parameters: {A: {Type: String}}
Conditions: {Test: !Equals [!Ref 'AWS::Region', us-east-1]}
Resources:
  Admin:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: !Ref A}]}
      ManagedPolicyArns: [!If [Test, 'arn:aws:iam::aws:policy/AdministratorAccess', !Ref 'AWS::NoValue']]
      PermissionsBoundary: arn:aws:iam::aws:policy/IAMReadOnlyAccess
`).Explain("iam:GetRole")
	if err != nil {
		t.Fatal(err)
	}
	grants := answer.Actions[0].Grants
	if len(grants) != 2 || !slices.Equal(grants[0].When, []string{"Test"}) || !grants[1].Boundary || grants[1].Policy != "arn:aws:iam::aws:policy/IAMReadOnlyAccess" {
		t.Errorf("%+v", grants)
	}
	if !slices.ContainsFunc(answer.Notes, func(note string) bool {
		return strings.Contains(note, "the trust policy of role Admin also has actions")
	}) {
		t.Errorf("%q", answer.Notes)
	}
}

// The controllers are not granted an action that one statement allows and another
// denies without a condition, or that the permissions boundary does not allow.
func TestUngrantedAndDenied(t *testing.T) {
	t.Parallel()
	const allow, deny = "{Effect: Allow, Action: '*', Resource: '*'}", "{Effect: Deny, Action: 'ec2:RunInstances', Resource: '*'"
	for _, tt := range []struct {
		statements, more string
		granted          bool
	}{
		{allow, "", true},
		{allow + ", " + deny + "}", "", false},
		{allow + ", " + deny + ", Condition: {Bool: {'aws:SecureTransport': 'false'}}}", "", true},
		{allow, "      PermissionsBoundary: arn:aws:iam::aws:policy/IAMReadOnlyAccess\n", false},
	} {
		found, err := newExplainer(t, `
Resources:
  AWSIAMRoleControllers:
    Type: AWS::IAM::Role
    Properties:
      RoleName: controllers.cluster-api-provider-aws.sigs.k8s.io
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [`+tt.statements+`]}}]
`+tt.more).Ungranted()
		if err != nil {
			t.Fatal(err)
		}
		granted := !slices.ContainsFunc(found.Elsewhere, func(e explain.Elsewhere) bool { return slices.Contains(e.Actions, "ec2:RunInstances") })
		if granted != tt.granted {
			t.Errorf("%s %s: granted %t", tt.statements, tt.more, granted)
		}
	}
}

// A statement does not count for a need if its conditions exclude the requests
// of the need.
func TestNeedUnderCondition(t *testing.T) {
	t.Parallel()
	const action = "iam:CreateServiceLinkedRole"
	for condition, granted := range map[string]bool{
		"StringEquals: {'iam:AWSServiceName': eks-fargate.amazonaws.com}":          true,
		"StringEquals: {'iam:AWSServiceName': spot.amazonaws.com}":                 false,
		"StringNotEquals: {'iam:AWSServiceName': spot.amazonaws.com}":              true,
		"StringNotEquals: {'iam:AWSServiceName': eks-fargate.amazonaws.com}":       false,
		"'Null': {'iam:AWSServiceName': 'false'}":                                  true,
		"'Null': {'iam:AWSServiceName': 'true'}":                                   false,
		"}}, {Effect: Deny, Action: '" + action + "', Resource: '*', Condition: {": false,
	} {
		found, err := newExplainer(t, `
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: '*', Resource: '*', Condition: {`+condition+`}}]}}]
`).Ungranted()
		if err != nil {
			t.Fatal(err)
		}
		got := !slices.ContainsFunc(found.Needs, func(g explain.Gap) bool { return slices.Contains(g.Actions, action) })
		if got != granted {
			t.Errorf("%s: granted %t", condition, got)
		}
	}
}

// A role of the template must be recognized as the caller of a denial only if
// the template gives its name. Its conditions must be evaluated with the
// account in the denial.
func TestCallerOfDenial(t *testing.T) {
	t.Parallel()
	e := newExplainer(t, `
Resources:
  Named:
    Type: AWS::IAM::Role
    Properties:
      RoleName: r
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: '*', Condition: {ArnLike: {'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/r'}}}]}}]
  Made:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}
`)
	for _, tt := range []struct {
		caller, holder string
		decision       simulate.Decision
	}{
		{"arn:aws:sts::111122223333:assumed-role/r/s", "role r", simulate.Allowed},
		{"arn:aws:sts::444455556666:assumed-role/r/s", "role r", simulate.ImplicitDeny},
		{"arn:aws:sts::111122223333:assumed-role/Made/s", "", ""},
	} {
		d, err := e.ExplainDenial(denial.Denial{Principal: tt.caller, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"})
		if err != nil {
			t.Fatal(err)
		}
		if d.Holder != tt.holder || d.Decision != tt.decision {
			t.Errorf("%s: %s, %s", tt.caller, d.Holder, d.Decision)
		}
	}
}
