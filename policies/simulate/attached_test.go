// Tests of what a template gives to a role or user only under a condition, or
// leaves to other stacks.

package simulate_test

import (
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// holderTemplate has roles and users whose policies depend on conditions.
const holderTemplate = `
Parameters: {Stage: {Type: String, AllowedValues: [dev, prod]}}
Conditions:
  Test: !Equals [!Ref AWS::Region, us-east-1]
  Prod: !Equals [!Ref Stage, prod]
Resources:
  Admin:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!If [Test, arn:aws:iam::aws:policy/AdministratorAccess, !Ref AWS::NoValue]]
` + trustPolicyYAML + `  Always:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!If [Prod, arn:aws:iam::aws:policy/AdministratorAccess, !Ref AWS::NoValue], !If [Prod, !Ref AWS::NoValue, arn:aws:iam::aws:policy/AdministratorAccess]]
` + trustPolicyYAML + `  Member: {Type: AWS::IAM::User, Properties: {Groups: [!If [Test, !Ref Admins, !Ref AWS::NoValue]]}}
  Added: {Type: AWS::IAM::User}
  Addition: {Type: AWS::IAM::UserToGroupAddition, Condition: Test, Properties: {GroupName: !Ref Admins, Users: [!Ref Added]}}
  Admins:
    Type: AWS::IAM::Group
    Properties:
      ManagedPolicyArns: [arn:aws:iam::aws:policy/AdministratorAccess]
      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}]
`

// decideFor decides a request by the role or user that has the name in the
// template.
func decideFor(t *testing.T, template string, kind document.Kind, name, action, resource string) simulate.Outcome {
	t.Helper()
	set, err := document.ReadSet("t.yaml", []byte(template))
	if err != nil {
		t.Fatal(err)
	}
	h, err := simulate.FindHolder(set, "t.yaml", kind, name)
	if err != nil {
		t.Fatal(err)
	}
	var s simulate.Simulation
	s.SetHolder(h, set)
	return run(t, &s, action, resource)
}

// TestAttachedUnderCondition checks a request that only an AWS managed policy
// allows. If the policy is attached under a template condition, the outcome is
// unknown. If it is attached for every value of a parameter, the outcome is
// known.
func TestAttachedUnderCondition(t *testing.T) {
	t.Parallel()
	const object = "arn:aws:s3:::b/k"
	if o := decideFor(t, holderTemplate, simulate.Role, "Admin", "s3:GetObject", object); o.Decision != simulate.ImplicitDeny || !o.Unknown {
		t.Errorf("a policy under a condition: %s, unknown: %t", o.Decision, o.Unknown)
	}
	if o := decideFor(t, holderTemplate, simulate.Role, "Always", "s3:GetObject", object); o.Decision != simulate.Allowed || o.Unknown {
		t.Errorf("a policy under both values of a parameter: %s, unknown: %t, %q", o.Decision, o.Unknown, o.Notes)
	}
}

// A user that is in a group under a template condition has the policies of the
// group under that condition, so the outcome is unknown.
func TestMemberUnderCondition(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"Member", "Added"} {
		for _, action := range []string{"s3:GetObject", "ec2:RunInstances"} {
			if o := decideFor(t, holderTemplate, simulate.User, user, action, "arn:aws:s3:::b/k"); o.Decision != simulate.ImplicitDeny || !o.Unknown {
				t.Errorf("%s, %s: %s, unknown: %t", user, action, o.Decision, o.Unknown)
			}
		}
	}
}

// A statement whose effect is known only at deployment may be a Deny.
func TestUnknownEffect(t *testing.T) {
	t.Parallel()
	const allow = "{Effect: Allow, Action: 's3:*', Resource: '*'}"
	for name, tt := range map[string]struct {
		statements string
		decision   simulate.Decision
		unknown    bool
	}{
		"an effect":             {allow + ", {Effect: !Ref E, Action: 's3:*', Resource: '*'}", simulate.ExplicitDeny, true},
		"of another action":     {allow + ", {Effect: !Ref E, Action: 's3:PutObject', Resource: '*'}", simulate.Allowed, false},
		"a statement":           {allow + ", {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: 's3://b/k'}}}", simulate.ExplicitDeny, true},
		"a condition":           {allow + ", {Effect: Allow, Action: 's3:*', Resource: '*', Condition: !Ref E}", simulate.Allowed, false},
		"without another Allow": {"{Effect: !Ref E, Action: 's3:*', Resource: '*'}", simulate.ExplicitDeny, true},
		"nothing but a Deny":    {"{Effect: Deny, Action: 's3:*', Resource: '*'}, {Effect: !Ref E, Action: '*', Resource: '*'}", simulate.ExplicitDeny, false},
	} {
		if o := runAsRole(t, "E: {Type: String}", tt.statements, "", "s3:GetObject", "arn:aws:s3:::b/k"); o.Decision != tt.decision || o.Unknown != tt.unknown {
			t.Errorf("%s: %s, unknown: %t, notes: %q", name, o.Decision, o.Unknown, o.Notes)
		}
	}
}

// templateWithExternalPrincipals attaches policies to principals that it does not create.
const templateWithExternalPrincipals = `
Resources:
  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [existing], PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}, {Effect: Deny, Action: 'sqs:*', Resource: '*'}]}}}
  G: {Type: AWS::IAM::GroupPolicy, Properties: {PolicyName: p, GroupName: ops, PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}}
  Member: {Type: AWS::IAM::User, Properties: {Groups: [ops]}}
  Caller:
    Type: AWS::IAM::User
    Properties: {Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Resource: '*'}]}}]}
`

// The policies of a principal that the template does not create are unknown,
// except those that the template attaches.
func TestPrincipalElsewhere(t *testing.T) {
	t.Parallel()
	const object, role = "arn:aws:s3:::b/k", "arn:aws:iam::111122223333:role/existing"
	for _, tt := range []struct {
		kind                   document.Kind
		name, action, resource string
		decision               simulate.Decision
		unknown                bool
	}{
		{simulate.Role, "existing", "ec2:RunInstances", object, simulate.ImplicitDeny, true},
		{simulate.Role, "existing", "s3:GetObject", object, simulate.Allowed, true},
		{simulate.Role, "existing", "sqs:SendMessage", object, simulate.ExplicitDeny, false},
		{simulate.Role, "existing", "sts:AssumeRole", "*", simulate.ImplicitDeny, true},
		{simulate.Role, "existing", "sts:AssumeRole", role, simulate.ImplicitDeny, true},
		{simulate.User, "Member", "ec2:RunInstances", object, simulate.ImplicitDeny, true},
		{simulate.User, "Caller", "sts:AssumeRole", role, simulate.Allowed, true}, // the trust policy is not evaluated
		{simulate.User, "Caller", "ec2:RunInstances", object, simulate.ImplicitDeny, false},
	} {
		if o := decideFor(t, templateWithExternalPrincipals, tt.kind, tt.name, tt.action, tt.resource); o.Decision != tt.decision || o.Unknown != tt.unknown {
			t.Errorf("%s: %s on %s: %s, unknown: %t, notes: %q", tt.name, tt.action, tt.resource, o.Decision, o.Unknown, o.Notes)
		}
	}
}

// The policies of a group in another file are unknown.
func TestGroupInAnotherFile(t *testing.T) {
	t.Parallel()
	var sets []*document.Set
	for file, text := range map[string]string{
		"g.yaml": "Resources: {G: {Type: AWS::IAM::Group, Properties: {GroupName: ops, Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}]}}}",
		"u.yaml": "Resources: {U: {Type: AWS::IAM::User, Properties: {Groups: [ops]}}}",
	} {
		set, err := document.ReadSet(file, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		sets = append(sets, set)
	}
	set := document.Merge(sets...)
	h, err := simulate.FindHolder(set, "files", simulate.User, "U")
	if err != nil {
		t.Fatal(err)
	}
	var s simulate.Simulation
	s.SetHolder(h, set)
	if o := run(t, &s, "s3:GetObject", "arn:aws:s3:::b/k"); o.Decision != simulate.ImplicitDeny || !o.Unknown {
		t.Errorf("%s, unknown: %t", o.Decision, o.Unknown)
	}
}

// candidateTemplate has resource policies of resources whose names AWS
// generates, parameters give, or the template contains.
const candidateTemplate = `
Parameters: {Name: {Type: String}}
Resources:
  K:
    Type: AWS::KMS::Key
    Properties: {KeyPolicy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:role/admin'}, Action: 'kms:*', Resource: '*'}]}}
  A: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Name, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:role/a'}, Action: 's3:*', Resource: '*'}]}}}
  B: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Name, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:role/b'}, Action: 's3:*', Resource: '*'}]}}}
  F: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Action: 'lambda:InvokeFunction', Principal: s3.amazonaws.com}}
  G: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref Name, Action: 'lambda:InvokeFunction', Principal: sns.amazonaws.com}}
  H: {Type: AWS::Lambda::Permission, Properties: {FunctionName: '111122223333:function:f', Action: 'lambda:InvokeFunction', Principal: events.amazonaws.com}}
`

// TestPolicyThatMayBelongToResource checks that the outcome is unknown if a
// resource policy may belong to the resource and would change the outcome. This
// must hold for a known and an unknown caller, with and without another policy
// that belongs to the resource.
func TestPolicyThatMayBelongToResource(t *testing.T) {
	t.Parallel()
	const roleOfTemplate = "  R:\n    Type: AWS::IAM::Role\n    Properties:\n      Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}]\n" + trustPolicyYAML
	if o := decideFor(t, candidateTemplate+roleOfTemplate, simulate.Role, "R", "kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/k"); o.Decision != simulate.Allowed || !o.Unknown {
		t.Errorf("a key: %s, unknown: %t", o.Decision, o.Unknown)
	}
	const function = "arn:aws:lambda:eu-west-1:111122223333:function:f"
	for _, tt := range []struct {
		principal, action, resource string
		decision                    simulate.Decision
		unknown                     bool
	}{
		{"", "s3:GetObject", "arn:aws:s3:::b/k", simulate.ImplicitDeny, true},
		{"", "ec2:RunInstances", "arn:aws:s3:::b/k", simulate.ImplicitDeny, false},
		{"s3.amazonaws.com", "lambda:InvokeFunction", function, simulate.Allowed, false},
		{"sns.amazonaws.com", "lambda:InvokeFunction", function, simulate.ImplicitDeny, true},
		{"events.amazonaws.com", "lambda:InvokeFunction", function, simulate.Allowed, false},
		{"ec2.amazonaws.com", "lambda:InvokeFunction", function, simulate.ImplicitDeny, false},
	} {
		set, err := document.ReadSet("t.yaml", []byte(candidateTemplate))
		if err != nil {
			t.Fatal(err)
		}
		var s simulate.Simulation
		if err := s.AddPolicies(set); err != nil {
			t.Fatal(err)
		}
		if p, ok := simulate.ParsePrincipal(tt.principal); ok {
			s.SetCaller(p)
		}
		if o := run(t, &s, tt.action, tt.resource); o.Decision != tt.decision || o.Unknown != tt.unknown {
			t.Errorf("%s: %s on %s: %s, unknown: %t, notes: %q", tt.principal, tt.action, tt.resource, o.Decision, o.Unknown, o.Notes)
		}
	}
}

// TestCanonicalUser checks that a canonical user ID, which may be the account
// of the caller, makes the outcome unknown, unless the caller is a service: a
// service is never a canonical user.
func TestCanonicalUser(t *testing.T) {
	t.Parallel()
	doc, err := document.Read("p.json", []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},"Action":"s3:*","Resource":"*"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for caller, unknown := range map[string]bool{"arn:aws:iam::111122223333:user/ann": true, "ec2.amazonaws.com": false} {
		var s simulate.Simulation
		if err := s.AddPolicy(document.Policy{Name: "p", Document: doc}); err != nil {
			t.Fatal(err)
		}
		p, _ := simulate.ParsePrincipal(caller)
		s.SetCaller(p)
		if o := run(t, &s, "s3:GetObject", "arn:aws:s3:::b/k"); o.Decision != simulate.ImplicitDeny || o.Unknown != unknown {
			t.Errorf("%s: %s, unknown: %t", caller, o.Decision, o.Unknown)
		}
	}
}
