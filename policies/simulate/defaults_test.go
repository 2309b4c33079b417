// Tests of decisions that are based on the defaults of parameters.

package simulate_test

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// defaultsTemplate is a template with parameters that have defaults. STATEMENTS
// stands for the statements of a test.
const defaultsTemplate = `
Parameters:
  A: {Type: String, Default: 's3:GetObject'}
  B: {Type: String, Default: 'arn:aws:s3:::b/*'}
  L: {Type: CommaDelimitedList, Default: 's3:GetObject,s3:PutObject'}
  One: {Type: String, Default: 's3:GetObject', AllowedValues: ['s3:GetObject']}
  Two: {Type: String, Default: 's3:GetObject', AllowedValues: ['s3:GetObject', 's3:PutObject']}
  Name: {Type: String, Default: r}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref Name
` + trustPolicyYAML + `      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [STATEMENTS]}}, {PolicyName: other, PolicyDocument: {Version: '2012-10-17', Statement: {Effect: Allow, Action: 'sqs:*', Resource: '*'}}}]
  D: {Type: AWS::IAM::Policy, Properties: {PolicyName: d, Roles: [!Ref R], PolicyDocument: !Sub '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ec2:*","Resource":"${B}"}}'}}
`

// A decision is certain only if no other value of a parameter with a default can
// change it.
func TestOtherValuesOfDefaults(t *testing.T) {
	const allowed, implicit = simulate.Allowed, simulate.ImplicitDeny
	const object = "arn:aws:s3:::b/k"
	for name, tt := range map[string]struct {
		statements, action, resource, given string // given is NAME=VALUE
		decision                            simulate.Decision
		deciding                            string // what the note names; "" if the decision is certain
	}{
		"the action, allowed":          {"{Effect: Allow, Action: !Ref A, Resource: '*'}", "s3:GetObject", object, "", allowed, "--parameter A=VALUE"},
		"the action, denied":           {"{Effect: Allow, Action: !Ref A, Resource: '*'}", "s3:DeleteObject", object, "", implicit, "--parameter A=VALUE"},
		"the action, given":            {"{Effect: Allow, Action: !Ref A, Resource: '*'}", "s3:DeleteObject", object, "A=s3:GetObject", implicit, ""},
		"the resource":                 {"{Effect: Allow, Action: 's3:*', Resource: !Ref B}", "s3:GetObject", object, "", allowed, "--parameter B=VALUE"},
		"another action":               {"{Effect: Allow, Action: 's3:*', Resource: !Ref B}", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", "", allowed, ""},
		"an entry of a list":           {"{Effect: Allow, Action: !Select [0, !Ref L], Resource: '*'}", "s3:DeleteObject", object, "", implicit, "--parameter L=VALUE"},
		"a statement that also allows": {"{Effect: Allow, Action: !Ref A, Resource: '*'}, {Effect: Allow, Action: 's3:*', Resource: '*'}", "s3:GetObject", object, "", allowed, ""},
		"a document in a string":       {"{Effect: Allow, Action: 'ec2:*', Resource: '*'}", "ec2:RunInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", "", allowed, "--parameter B=VALUE"},
		"a Deny of a given value":      {"{Effect: Allow, Action: 'ec2:*', Resource: '*'}", "ec2:RunInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", "B=x", allowed, ""},
		"the only allowed value":       {"{Effect: Allow, Action: !Ref One, Resource: '*'}", "s3:GetObject", object, "", allowed, ""},
		"neither allowed value":        {"{Effect: Allow, Action: !Ref Two, Resource: '*'}", "s3:DeleteObject", object, "", implicit, ""},
		"each of two":                  {"{Effect: Allow, Action: !Ref A, Resource: !Ref B}", "s3:GetObject", object, "", allowed, "for A, B"},
		"only both together":           {"{Effect: Allow, Action: !Ref A, Resource: !Ref B}", "s3:DeleteObject", "arn:aws:s3:::c/k", "", implicit, "for A, B, Name"},
		"a value of a condition":       {"{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {StringEquals: {'aws:SourceVpc': !Ref A}}}", "s3:GetObject", object, "", implicit, "--parameter A=VALUE"},
		"the name of the caller":       {"{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {ArnLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/r'}}}", "s3:GetObject", object, "", allowed, ""},
	} {
		given := map[string]string{}
		if parameter, value, ok := strings.Cut(tt.given, "="); ok {
			given[parameter] = value
		}
		set, err := document.ReadSetWith("t.yaml", []byte(strings.Replace(defaultsTemplate, "STATEMENTS", tt.statements, 1)), document.Options{Parameters: given})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		run := func(checks bool, set *document.Set) simulate.Outcome {
			s := simulate.Simulation{ChecksDefaults: checks, NamesAreGiven: true, Parameters: given}
			h, err := simulate.FindHolder(set, "t.yaml", simulate.Role, "r")
			if err != nil {
				t.Fatal(err)
			}
			s.SetHolder(h, set)
			if _, err := s.AddAction(tt.action); err != nil {
				t.Fatal(err)
			}
			if err := s.AddResource(tt.resource); err != nil {
				t.Fatal(err)
			}
			outcomes, err := s.Run()
			if err != nil {
				t.Fatal(err)
			}
			return outcomes[0]
		}
		for _, set := range []*document.Set{set, document.Merge(set, &document.Set{})} {
			o := run(true, set)
			notes := strings.Join(o.Notes, "\n")
			if o.Decision != tt.decision || o.Unknown != (tt.deciding != "") || !strings.Contains(notes, tt.deciding) {
				t.Errorf("%s: %s, unknown %t, want %s, %q in the notes:\n%s", name, o.Decision, o.Unknown, tt.decision, tt.deciding, notes)
			}
		}
		if o := run(false, set); o.Unknown || o.Decision != tt.decision {
			t.Errorf("%s: without the check: %s, unknown %t", name, o.Decision, o.Unknown)
		}
	}
}

// The policies that are not in a template stay as they are. A decision that is unknown
// for another reason has no note about defaults. With many parameters, the note names
// all of them.
func TestDefaultsAmongOtherPolicies(t *testing.T) {
	t.Parallel()
	const onBucket = "{Effect: Allow, Action: 's3:*', Resource: !Ref Bucket}"
	const all, queues = `{"Effect":"Allow","Action":"*","Resource":"*"}`, `{"Effect":"Allow","Action":"sqs:*","Resource":"*"}`
	for name, tt := range map[string]struct {
		others                      int // the number of parameters that do not matter
		statement, policy, boundary string
		decision                    simulate.Decision
		unknown                     bool
		note                        string // about the default; "" for none
	}{
		"two parameters":             {1, onBucket, queues, all, simulate.Allowed, true, "--parameter Bucket=VALUE"},
		"nine parameters":            {8, onBucket, queues, all, simulate.Allowed, true, "for Bucket, P0, P1, "},
		"a policy that also allows":  {1, onBucket, all, all, simulate.Allowed, false, ""},
		"the boundary denies":        {1, onBucket, queues, queues, simulate.ImplicitDeny, false, ""},
		"unknown for another reason": {1, "{Effect: Allow, Action: 's3:*', Resource: '*'}, {Effect: Deny, Action: 's3:*', Resource: '*', Condition: {StringEquals: {'aws:PrincipalType': User}}}", queues, all, simulate.Allowed, true, ""},
	} {
		parameters, others := "Bucket: {Type: String, Default: '*'}", ""
		for i := range tt.others {
			parameters += fmt.Sprintf(", P%d: {Type: String, Default: 'arn:aws:sqs:eu-west-1:111122223333:q'}", i)
			others += fmt.Sprintf("!Ref P%d, ", i)
		}
		set, err := document.ReadSet("t.yaml", []byte("Parameters: {"+parameters+"}\nResources:\n  P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: ["+
			tt.statement+", {Effect: Allow, Action: 'sqs:*', Resource: ["+others+"]}]}}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		s := simulate.Simulation{ChecksDefaults: true}
		if err := s.AddPolicies(set); err != nil {
			t.Fatal(err)
		}
		for i, statement := range []string{tt.policy, tt.boundary} {
			doc, err := document.Read("p.json", []byte(`{"Version":"2012-10-17","Statement":`+statement+`}`))
			if err != nil {
				t.Fatal(err)
			}
			if policy := (document.Policy{Name: "p.json", Document: doc}); i == 1 {
				s.SetBoundary(policy)
			} else if err := s.AddPolicy(policy); err != nil {
				t.Fatal(err)
			}
		}
		o := run(t, &s, "s3:GetObject", "arn:aws:s3:::b/k")
		notes := strings.Join(o.Notes, "\n")
		if o.Decision != tt.decision || o.Unknown != tt.unknown || !strings.Contains(notes, tt.note) || (tt.note == "") == strings.Contains(notes, "based on the default") {
			t.Errorf("%s: %s, unknown %t, notes %q", name, o.Decision, o.Unknown, o.Notes)
		}
	}
}
