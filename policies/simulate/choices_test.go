// Tests of conditional results that depend on the parameters and conditions of a
// template.

package simulate_test

import (
	"slices"
	"testing"

	"capaboot/policies/simulate"
)

const choicesTemplate = `
Parameters: {Stage: {Type: String, AllowedValues: [dev, prod]}}
Conditions:
  Prod: !Equals [!Ref Stage, prod]
  Eu: !Equals [!Ref 'AWS::Region', eu-west-1]
Resources:
  R:
    Type: AWS::IAM::Role
    Condition: Eu
    Properties:
      Policies:
      - PolicyName: p
        PolicyDocument:
          Version: '2012-10-17'
          Statement:
          - {Effect: Allow, Action: 's3:*', Resource: '*'}
          - !If [Eu, !Ref 'AWS::NoValue', {Effect: Deny, Action: 's3:*', Resource: '*'}]
          - !If [Prod, {Effect: Deny, Action: 's3:DeleteObject', Resource: '*'}, !Ref 'AWS::NoValue']
` + trustPolicyYAML + `  P:
    Type: AWS::IAM::Role
    Condition: Prod
    Properties:
      Policies:
      - PolicyName: p
        PolicyDocument:
          Version: '2012-10-17'
          Statement:
          - {Effect: Allow, Action: 's3:*', Resource: !If [Prod, '*', 'arn:aws:s3:::other/*']}
` + trustPolicyYAML + `  S:
    Type: AWS::IAM::Role
    Properties:
      Policies:
      - PolicyName: p
        PolicyDocument:
          Version: '2012-10-17'
          Statement:
          - {Effect: Allow, Action: 's3:*', Resource: '*', Condition: {StringEquals: {'aws:SourceVpc': v}}}
          - !If [Prod, {Effect: Deny, Action: 's3:GetObject', Resource: '*', Condition: {StringNotEquals: {'aws:SourceVpce': e}}}, !Ref 'AWS::NoValue']
          - !If [Prod, {Effect: Allow, Action: 'sqs:*', Resource: '*', Condition: {StringEquals: {'aws:SourceVpc': v}}}, !Ref 'AWS::NoValue']
` + trustPolicyYAML

// A conditional result names the parameter values for which it holds.
func TestConditionsOfSomeValues(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		action  string
		unknown bool
		want    []string
	}{
		{"s3:ListBucket", false, []string{`aws:SourceVpc is "v"`}},
		{"s3:GetObject", true, []string{`aws:SourceVpc is "v", when Stage is dev`, `aws:SourceVpc is "v", aws:SourceVpce is "e", when Stage is prod`}},
		{"sqs:SendMessage", true, []string{`aws:SourceVpc is "v", when Stage is prod`}},
	} {
		o := decideFor(t, choicesTemplate, simulate.Role, "S", tt.action, "arn:aws:s3:::b/k")
		var got []string
		for _, c := range o.Conditional {
			text := ""
			for i, n := range c.Needs {
				if i > 0 {
					text += ", "
				}
				text += n.Text
			}
			if c.When != "" {
				text += ", when " + c.When
			}
			got = append(got, text)
		}
		if !slices.Equal(got, tt.want) || o.Unknown != tt.unknown {
			t.Errorf("%s: %q, unknown %t; want %q", tt.action, got, o.Unknown, tt.want)
		}
	}
}

// The condition under which the template creates a role holds for the requests
// of the role.
func TestConditionOfTheRole(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		role, action string
		decision     simulate.Decision
		unknown      bool
	}{
		{"R", "s3:GetObject", simulate.Allowed, false},
		{"R", "s3:DeleteObject", simulate.ImplicitDeny, true},
		{"P", "s3:GetObject", simulate.Allowed, false},
	} {
		if o := decideFor(t, choicesTemplate, simulate.Role, tt.role, tt.action, "arn:aws:s3:::b/k"); o.Decision != tt.decision || o.Unknown != tt.unknown {
			t.Errorf("%s, %s: %s, unknown %t; %q", tt.role, tt.action, o.Decision, o.Unknown, o.Notes)
		}
	}
}

// A policy that may belong to the resource makes the outcome unknown if it adds
// a need to a conditional result.
func TestOtherPolicyAddsNeed(t *testing.T) {
	t.Parallel()
	template := choicesTemplate + `  B: {Type: AWS::S3::Bucket}
  BP: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref B, PolicyDocument: {Version: '2012-10-17', Statement: [
    {Effect: Deny, Principal: '*', Action: 's3:*', Resource: '*', Condition: {StringEquals: {'aws:SourceVpc': v}, StringNotEquals: {'aws:SourceVpce': e}}}]}}}
`
	if o := decideFor(t, template, simulate.Role, "S", "s3:ListBucket", "arn:aws:s3:::stack-b-1"); !o.Unknown {
		t.Errorf("%s, unknown %t, %q", o.Decision, o.Unknown, o.Notes)
	}
}

// Only the parameter values for which the template creates the role are tried.
func TestValuesForWhichTheRoleExists(t *testing.T) {
	t.Parallel()
	const template = `
Parameters: {Stage: {Type: String, AllowedValues: [dev, test, prod]}}
Mappings: {Buckets: {dev: {all: 'arn:aws:s3:::dev/*'}, test: {all: 'arn:aws:s3:::b/*'}, prod: {all: 'arn:aws:s3:::b/*'}}}
Conditions: {NotDev: !Not [!Equals [!Ref Stage, dev]]}
Resources:
  R:
    Type: AWS::IAM::Role
    Condition: NotDev
    Properties:
      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: !FindInMap [Buckets, !Ref Stage, all]}]}}]
` + trustPolicyYAML
	if o := decideFor(t, template, simulate.Role, "R", "s3:GetObject", "arn:aws:s3:::b/k"); o.Decision != simulate.Allowed || o.Unknown {
		t.Errorf("%s, unknown %t; %q", o.Decision, o.Unknown, o.Notes)
	}
}
