// Tests of the names and ARNs of roles and users of a template, as callers and
// as resources.

package simulate_test

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// identityTemplate has roles and users with a path, with a generated name and
// with a name from a parameter.
const identityTemplate = `
Parameters: {Name: {Type: String}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      Path: /team/
      RoleName: r
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: ['arn:aws:iam::111122223333:user/team/u', !GetAtt Made.Arn]}, Action: 'sts:AssumeRole'}]}
      ManagedPolicyArns: [!Ref Rules]
  Made:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!Ref Rules]
` + trustPolicyYAML + `  Second:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!Ref Rules]
` + trustPolicyYAML + `  Given:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref Name
      ManagedPolicyArns: [!Ref Rules]
` + trustPolicyYAML + `  U: {Type: AWS::IAM::User, Properties: {UserName: u, Path: /team/}}
  G: {Type: AWS::IAM::User, Properties: {ManagedPolicyArns: [!Ref Rules]}}
  Rules:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
        - {Effect: Allow, Action: ['ec2:*', 'sts:*'], Resource: '*'}
        - {Effect: Deny, Action: 'ec2:StopInstances', Resource: '*', Condition: {ArnLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/team/r'}}}
        - {Effect: Deny, Action: 'ec2:StartInstances', Resource: '*', Condition: {ArnLike: {'aws:PrincipalArn': ['arn:aws:iam::*:role/r', 'arn:aws:iam::*:role/Made', 'arn:aws:iam::*:role/Given']}}}
        - {Effect: Deny, Action: 'ec2:RebootInstances', Resource: '*', Condition: {StringLike: {'aws:PrincipalArn': '*role/stack-Made-*'}}}
        - {Effect: Deny, Action: 'ec2:RunInstances', Resource: '*', Condition: {ArnEquals: {'aws:PrincipalArn': !GetAtt Made.Arn}}}
        - {Effect: Deny, Action: 'ec2:ReportInstanceStatus', Resource: '*', Condition: {ArnNotLike: {'aws:PrincipalArn': 'arn:*:iam::*:role/*'}}}
        - {Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/${aws:username}/*'}
        - {Effect: Allow, Action: 'iam:GetRole', Resource: !GetAtt Made.Arn}
        - {Effect: Allow, Action: 'iam:ListRoleTags', Resource: 'arn:aws:iam::*:role/stack-*'}
        - {Effect: Deny, Action: 'ec2:DescribeInstances', Resource: '*', Condition: {StringNotEquals: {'aws:PrincipalAccount': '111122223333'}}}
        - {Effect: Deny, Action: 'ec2:MonitorInstances', Resource: '*', Condition: {StringNotEquals: {'aws:PrincipalAccount': !Ref AWS::AccountId}}}
        - {Effect: Deny, Action: 'ec2:UnmonitorInstances', Resource: '*', Condition: {StringEquals: {'aws:PrincipalAccount': '111122223333'}}}
`

// The ARN of a role has its path. A name that AWS generates or that a parameter
// gives is unknown.
func TestCallerOfTemplate(t *testing.T) {
	t.Parallel()
	const instance = "arn:aws:ec2:eu-west-1:111122223333:instance/i"
	for _, tt := range []struct{ caller, action, resource, want string }{
		{"role R", "ec2:StopInstances", instance, "explicitDeny"},
		{"role R", "ec2:StartInstances", instance, "allowed"},
		{"role R", "ec2:RunInstances", instance, "allowed"},
		{"role R", "ec2:DescribeInstances", "*", "explicitDeny, not certain"}, // the account of the caller is unknown
		{"role R", "ec2:MonitorInstances", instance, "allowed"},
		{"role R", "ec2:UnmonitorInstances", instance, "explicitDeny"},
		{"role team/r", "ec2:StopInstances", instance, "explicitDeny"},
		{"role arn:aws:iam::111122223333:role/team/r", "ec2:StopInstances", instance, "explicitDeny"},
		{"role Made", "ec2:StopInstances", instance, "allowed"},
		{"role Made", "ec2:StartInstances", instance, "allowed"},
		{"role Made", "ec2:RebootInstances", instance, "explicitDeny, not certain"},
		{"role Made", "ec2:RunInstances", instance, "explicitDeny"},
		{"role Made", "ec2:ReportInstanceStatus", instance, "allowed"},
		{"role Given", "ec2:StartInstances", instance, "explicitDeny, not certain"},
		{"role Given", "ec2:StopInstances", instance, "explicitDeny, not certain"},
		{"role Given", "ec2:ReportInstanceStatus", instance, "allowed"},
		{"role Second", "ec2:RunInstances", instance, "allowed"},
		{"role Second", "iam:GetRole", "arn:aws:iam::111122223333:role/Second", "implicitDeny"},
		{"user G", "ec2:ReportInstanceStatus", instance, "explicitDeny"},
		{"user G", "s3:GetObject", "arn:aws:s3:::b/G/k", "implicitDeny"},
		{"user G", "s3:GetObject", "arn:aws:s3:::b/stack-G-1/k", "implicitDeny, not certain"},
		{"user u", "sts:AssumeRole", "arn:aws:iam::111122223333:role/team/r", "allowed"},
		{"user u", "sts:AssumeRole", "arn:aws:iam::111122223333:role/r", "implicitDeny"},
		{"role Made", "sts:AssumeRole", "arn:aws:iam::111122223333:role/team/r", "allowed"},
		{"role Given", "sts:AssumeRole", "arn:aws:iam::111122223333:role/team/r", "implicitDeny"},
		{"role R", "sts:AssumeRole", "arn:aws:iam::111122223333:role/stack-Made-1", "allowed, not certain"},
		{"role R", "iam:GetRole", "arn:aws:iam::111122223333:role/Made", "allowed"},
		{"role R", "iam:GetRole", "arn:aws:iam::111122223333:role/stack-Made-1", "implicitDeny, not certain"},
		{"role R", "iam:GetRole", "arn:aws:iam::111122223333:role/other", "implicitDeny"},
		{"role R", "iam:ListRoleTags", "arn:aws:iam::111122223333:role/Made", "implicitDeny, not certain"},
		{"user u", "sts:AssumeRole", "arn:aws:iam::111122223333:role/Made", "implicitDeny"},
	} {
		kind, name, _ := strings.Cut(tt.caller, " ")
		o := decideFor(t, identityTemplate, document.Kind(kind), name, tt.action, tt.resource)
		got := string(o.Decision)
		if o.Unknown {
			got += ", not certain"
		}
		if got != tt.want {
			t.Errorf("%s, %s on %s: %s, want %s; %q", tt.caller, tt.action, tt.resource, got, tt.want, o.Notes)
		}
	}
	set, err := document.ReadSet("t.yaml", []byte(identityTemplate))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"other/r", "arn:aws:iam::111122223333:role/r", "arn:aws:iam::111122223333:user/team/r"} {
		if _, err := simulate.FindHolder(set, "t", simulate.Role, name); err == nil {
			t.Errorf("found a role %s", name)
		}
	}
}

// A Principal whose account is known only at deployment may be the account of
// the caller.
func TestPrincipalOfUnknownAccount(t *testing.T) {
	t.Parallel()
	const template = `
Parameters: {Account: {Type: String}}
Resources:
  P:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: ['https://sqs.eu-west-1.amazonaws.com/111122223333/q']
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
        - {Effect: Allow, Principal: '*', Action: 'sqs:*', Resource: '*'}
        - {Effect: Deny, Principal: {AWS: !Sub 'arn:aws:iam::${Account}:root'}, Action: 'sqs:SendMessage', Resource: '*'}
        - {Effect: Deny, Principal: {AWS: !Sub 'arn:aws:iam::${Account}:role/q'}, Action: 'sqs:ReceiveMessage', Resource: '*'}
`
	for _, tt := range []struct{ caller, action, want string }{
		{"arn:aws:iam::444455556666:role/r", "sqs:SendMessage", "explicitDeny true"},
		{"arn:aws:sts::444455556666:assumed-role/r/s", "sqs:SendMessage", "explicitDeny true"},
		{"arn:aws:iam::444455556666:role/r", "sqs:ReceiveMessage", "allowed false"},
		{"arn:aws:sts::444455556666:assumed-role/r/s", "sqs:ReceiveMessage", "allowed false"},
		{"arn:aws:sts::444455556666:assumed-role/q/s", "sqs:ReceiveMessage", "explicitDeny true"},
	} {
		set, err := document.ReadSet("t.yaml", []byte(template))
		if err != nil {
			t.Fatal(err)
		}
		s := simulate.Simulation{OnlyGiven: true}
		if err := s.AddPolicies(set); err != nil {
			t.Fatal(err)
		}
		p, _ := simulate.ParsePrincipal(tt.caller)
		s.SetCaller(p)
		o := run(t, &s, tt.action, "arn:aws:sqs:eu-west-1:111122223333:q")
		if got := fmt.Sprint(o.Decision, " ", o.Unknown); got != tt.want {
			t.Errorf("%s, %s: %s, want %s; %q", tt.caller, tt.action, got, tt.want, o.Notes)
		}
	}
}

// If the account of the template is unknown, the role of a request may be a role with
// the same name in another account, and a note says so.
func TestAccountOfTrustingRole(t *testing.T) {
	t.Parallel()
	const service = `{"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}}}`
	set, err := document.ReadSet("t.json", []byte(`{"Resources": {"R": `+service+`}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		parameters map[string]string
		want       bool
	}{{nil, true}, {map[string]string{"AWS::AccountId": "444455556666"}, false}} {
		s := simulate.Simulation{Parameters: test.parameters}
		s.SetHolder(set.Principals[0], set)
		o := run(t, &s, "sts:AssumeRole", "arn:aws:iam::444455556666:role/r")
		if got := strings.Contains(strings.Join(o.Notes, "\n"), "the resource is in account 444455556666"); o.Decision != simulate.Allowed || got != test.want {
			t.Errorf("parameters %v: %s, notes %q", test.parameters, o.Decision, o.Notes)
		}
	}
}
