// Tests of requests by roles of templates in which something is unknown.

package simulate_test

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

const trustPolicyYAML = `      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}
`

// runAsRole runs a request by role R of a template with the parameters, the
// statements for the role, and additional resources.
func runAsRole(t *testing.T, parameters, statements, more, action, resource string) simulate.Outcome {
	t.Helper()
	set, err := document.ReadSet("t.yaml", []byte("Parameters: {"+parameters+"}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n"+trustPolicyYAML+
		"      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: ["+statements+"]}}]\n"+more))
	if err != nil {
		t.Fatal(err)
	}
	h, err := simulate.FindHolder(set, "t.yaml", simulate.Role, "R")
	if err != nil {
		t.Fatal(err)
	}
	var s simulate.Simulation
	s.SetHolder(h, set)
	return run(t, &s, action, resource)
}

func run(t *testing.T, s *simulate.Simulation, action, resource string) simulate.Outcome {
	t.Helper()
	if _, err := s.AddAction(action); err != nil {
		t.Fatal(err)
	}
	if err := s.AddResource(resource); err != nil {
		t.Fatal(err)
	}
	outcomes, err := s.Run()
	if err != nil {
		t.Fatal(err)
	}
	return outcomes[0]
}

func TestAllowedValuesMustAgree(t *testing.T) {
	const object = "arn:aws:s3:::a/x"
	for name, tt := range map[string]struct {
		parameters, statements string
		decision               simulate.Decision
		unknown                bool
		note                   string
	}{
		"every value allows": {"What: {Type: String, AllowedValues: ['s3:*', 's3:GetObject']}", "{Effect: Allow, Action: !Ref What, Resource: '*'}", simulate.Allowed, false, "What"},
		"one value does not allow": {"Where: {Type: String, AllowedValues: ['*', 'arn:aws:s3:::b/*']}", "{Effect: Allow, Action: 's3:*', Resource: !Ref Where}",
			simulate.ImplicitDeny, true, "allowed if Where is * (among the values that the template allows)"},
		"no value allows": {"Where: {Type: String, AllowedValues: ['arn:aws:s3:::c/*', 'arn:aws:s3:::b/*']}", "{Effect: Allow, Action: 's3:*', Resource: !Ref Where}", simulate.ImplicitDeny, false, ""},
		"one value denies": {"Where: {Type: String, AllowedValues: ['*', 'arn:aws:s3:::b/*']}", "{Effect: Allow, Action: 's3:*', Resource: '*'}, {Effect: Deny, Action: 's3:*', Resource: !Ref Where}",
			simulate.ImplicitDeny, true, "explicitDeny if Where is * (among the values that the template allows)"},
		"every value denies": {"Where: {Type: String, AllowedValues: ['*', 'arn:aws:s3:::a/*']}", "{Effect: Allow, Action: 's3:*', Resource: '*'}, {Effect: Deny, Action: 's3:*', Resource: !Ref Where}",
			simulate.ExplicitDeny, false, "Where"},
		"two parameters": {"A: {Type: String, AllowedValues: ['s3:*', 'sqs:*']}, B: {Type: String, AllowedValues: ['*', 'arn:aws:s3:::b/*']}", "{Effect: Allow, Action: !Ref A, Resource: !Ref B}",
			simulate.ImplicitDeny, true, "allowed if A is s3:* and B is * (among the values that the template allows)"},
	} {
		t.Run(name, func(t *testing.T) {
			o := runAsRole(t, tt.parameters, tt.statements, "", "s3:GetObject", object)
			if o.Decision != tt.decision || o.Unknown != tt.unknown || !strings.Contains(strings.Join(o.Notes, "\n"), tt.note) {
				t.Errorf("%s, unknown %t, notes %q", o.Decision, o.Unknown, o.Notes)
			}
		})
	}
}

func TestResourcePolicyThatMayBelongToResource(t *testing.T) {
	bucket := func(effect, action string) string {
		return "  B: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !ImportValue b, PolicyDocument: {Statement: [{Effect: " + effect + ", Principal: '*', Action: '" + action + "', Resource: '*'}]}}}\n"
	}
	const allow = "{Effect: Allow, Action: 's3:GetObject', Resource: '*'}"
	for name, tt := range map[string]struct {
		statements, more, decision string
	}{
		"the policy allows more":           {"{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*'}", bucket("Allow", "s3:*"), "the decision is allowed"},
		"the policy denies":                {allow, bucket("Deny", "s3:*"), "the decision is explicitDeny"},
		"the policy allows the same":       {allow, bucket("Allow", "s3:*"), ""},
		"the policy denies another action": {allow, bucket("Deny", "s3:PutObject"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := runAsRole(t, "", tt.statements, tt.more, "s3:GetObject", "arn:aws:s3:::b/x")
			notes := strings.Join(o.Notes, "\n")
			if o.Unknown != (tt.decision != "") || !strings.Contains(notes, tt.decision) || tt.decision == "" && strings.Contains(notes, "BucketPolicy") {
				t.Errorf("%s, unknown %t, notes %q", o.Decision, o.Unknown, o.Notes)
			}
		})
	}
}

func TestImpossibleConditions(t *testing.T) {
	for condition, unknown := range map[string]bool{
		"DateLessThan: {'aws:CurrentTime': '2012-13-45'}":                false,
		"NumericLessThan: {'aws:MultiFactorAuthAge': 'ten'}":             false,
		"IpAddress: {'aws:SourceIp': '300.1.2.3/8'}":                     false,
		"Bool: {'aws:SecureTransport': 'yes'}":                           false,
		"NumericLessThan: {'aws:MultiFactorAuthAge': '${aws:username}'}": true,
	} {
		o := runAsRole(t, "", "{Effect: Allow, Action: 's3:GetObject', Resource: '*', Condition: {"+condition+"}}", "", "s3:GetObject", "arn:aws:s3:::b/x")
		if o.Decision != simulate.ImplicitDeny || len(o.Conditional) > 0 || o.Unknown != unknown || unknown && len(o.Notes) == 0 {
			t.Errorf("%s: %s, conditional %v, unknown %t, notes %q", condition, o.Decision, o.Conditional, o.Unknown, o.Notes)
		}
	}
	o := runAsRole(t, "", "{Effect: Allow, Action: 's3:GetObject', Resource: '*', Condition: {DateLessThan: {'aws:CurrentTime': ['2012-13-45', '2030-01-01T00:00:00Z']}}}", "", "s3:GetObject", "arn:aws:s3:::b/x")
	if len(o.Conditional) != 1 {
		t.Errorf("one value can hold: %v", o.Conditional)
	}
}

// A refused action in the NotAction of an Allow excludes the request for
// certain, even next to an action that is unknown.
func TestRefusedActionNextToUnknownAction(t *testing.T) {
	o := runAsRole(t, "P: {Type: String}", "{Effect: Allow, NotAction: ['s3*:GetObject', !Ref P], Resource: '*'}", "", "s3:GetObject", "arn:aws:s3:::b/x")
	if o.Decision != simulate.ImplicitDeny || o.Unknown {
		t.Errorf("%s, unknown %t, notes %q", o.Decision, o.Unknown, o.Notes)
	}
}

func TestTemplateWithPoliciesOnly(t *testing.T) {
	for resource, want := range map[string]struct {
		decision simulate.Decision
		unknown  bool
	}{
		"P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: '*'}]}}}":                  {simulate.Allowed, false},
		"P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Principal: '*', Action: 's3:GetObject', Resource: '*'}]}}}":  {simulate.ImplicitDeny, true},
		"P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: b, PolicyDocument: {Statement: [{Effect: Allow, Principal: '*', Action: 's3:*', Resource: '*'}]}}}": {simulate.Allowed, false},
	} {
		for _, macro := range []string{"", "Transform: Other\n"} {
			set, err := document.ReadSet("t.yaml", []byte(macro+"Resources:\n  "+resource+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			var s simulate.Simulation
			if err := s.AddPolicies(set); err != nil {
				t.Fatal(err)
			}
			o := run(t, &s, "s3:GetObject", "arn:aws:s3:::b/x")
			noted := strings.Contains(strings.Join(o.Notes, "\n"), "Transform Other was not read")
			if o.Decision != want.decision || o.Unknown != (want.unknown || macro != "") || noted != (macro != "") {
				t.Errorf("%s%s: %s, unknown %t, notes %q", macro, resource, o.Decision, o.Unknown, o.Notes)
			}
		}
	}
}

func TestUnknownBoundaryIsNamed(t *testing.T) {
	set, err := document.ReadSet("t.yaml", []byte("Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n"+trustPolicyYAML+
		"      PermissionsBoundary: !ImportValue Boundary\n      Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := simulate.FindHolder(set, "t.yaml", simulate.Role, "R")
	if err != nil {
		t.Fatal(err)
	}
	var s simulate.Simulation
	s.SetHolder(h, set)
	o := run(t, &s, "s3:GetObject", "arn:aws:s3:::b/x")
	if o.Decision != simulate.ImplicitDeny || !o.Unknown || !strings.Contains(strings.Join(o.Notes, "\n"), "the permissions boundary ${ImportValue:Boundary} is unknown") {
		t.Errorf("%s, unknown %t, notes %q", o.Decision, o.Unknown, o.Notes)
	}
}

// If a part of the template was not read, or the policies of a group are
// unknown, the outcome is unknown and meets no expectation. The policies of the
// group cannot change an explicit deny.
func TestUnreadPartsMakeTheOutcomeUnknown(t *testing.T) {
	t.Parallel()
	const user = "Resources:\n  U: {Type: AWS::IAM::User, Properties: {UserName: u, %s Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}, {Effect: Deny, Action: 's3:PutObject', Resource: '*'}]}}]}}\n"
	const policy = "Resources:\n  P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}}\n"
	for _, test := range []struct {
		name, text string
		open       map[string]bool
	}{
		{"everything is read", fmt.Sprintf(user, ""), map[string]bool{"s3:GetObject": false, "s3:PutObject": false, "sqs:SendMessage": false}},
		{"a group elsewhere", fmt.Sprintf(user, "Groups: [Admins],"), map[string]bool{"s3:GetObject": true, "s3:PutObject": false, "sqs:SendMessage": true}},
		{"a macro", "Transform: Own\n" + fmt.Sprintf(user, ""), map[string]bool{"s3:GetObject": true, "s3:PutObject": true, "sqs:SendMessage": true}},
		{"a macro and a policy", "Transform: Own\n" + policy, map[string]bool{"s3:GetObject": true, "sqs:SendMessage": true}},
	} {
		set, err := document.ReadSet("t.yaml", []byte(test.text))
		if err != nil {
			t.Fatal(err)
		}
		for action, open := range test.open {
			var s simulate.Simulation
			if h := set.Principals[0]; h.Kind == document.UserKind {
				s.SetHolder(h, set)
			} else if err := s.AddPolicies(set); err != nil {
				t.Fatal(err)
			}
			if _, err := s.AddAction(action); err != nil {
				t.Fatal(err)
			}
			outcomes, err := s.Run()
			if err != nil {
				t.Fatal(err)
			}
			o := outcomes[0]
			if o.Unknown != open || open && (o.Meets(simulate.ExpectAllowed) || o.Meets(simulate.ExpectDenied) || len(o.Notes) == 0) {
				t.Errorf("%s, %s: %s, unknown %t, notes %q", test.name, action, o.Decision, o.Unknown, o.Notes)
			}
		}
	}
}

// A note names only the parameters that matter for the request.
func TestParametersThatMatter(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("t.yaml", []byte(`Parameters: {Bucket: {Type: String, Default: b}, Env: {Type: String, Default: dev}, Other: {Type: String, Default: o}}
Conditions: {IsProd: !Equals [!Ref Env, prod]}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: r
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      Policies:
      - PolicyName: p
        PolicyDocument:
          Statement:
          - {Effect: Allow, Action: 's3:*', Resource: !Sub 'arn:aws:s3:::${Bucket}/*'}
          - {Effect: Allow, Action: 's3:PutObject', Resource: !Sub 'arn:aws:s3:::${Other}/*'}
          - {Effect: Allow, Action: 'sns:Publish', Resource: !If [IsProd, '*', 'arn:aws:sns:eu-west-1:111122223333:t']}
          - {Effect: Allow, Action: 'sqs:*', Resource: '*'}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ action, resource, want string }{
		{"s3:GetObject", "arn:aws:s3:::b/k", "Bucket"},
		{"s3:PutObject", "arn:aws:s3:::x/k", "Bucket Other"},
		{"sns:Publish", "arn:aws:sns:eu-west-1:111122223333:u", "Env"},
		{"sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", ""},
	} {
		h, err := simulate.FindHolder(set, "t.yaml", simulate.Role, "R")
		if err != nil {
			t.Fatal(err)
		}
		s := simulate.Simulation{ChecksDefaults: true}
		s.SetHolder(h, set)
		var got []string
		o := run(t, &s, test.action, test.resource)
		for _, note := range o.Notes {
			if name, isParameter := strings.CutPrefix(note, "parameter "); isParameter {
				name, _, _ = strings.Cut(name, " ")
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: parameters %q, want %s: %q", test.action, got, test.want, o.Notes)
		}
	}
}
