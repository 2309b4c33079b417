// Tests of the requests and the caller of a simulation: a role found by name,
// the principal of a trust policy, and the context keys that follow from the
// caller.

package simulate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

const twoRoles = `
Resources:
  Deploy:
    Type: AWS::IAM::Role
    Properties:
      RoleName: deploy.example
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}}
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/IAMReadOnlyAccess", "arn:aws:iam::123456789012:policy/other"]
      Policies:
      - PolicyName: assume
        PolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::123456789012:role/*"}}
  Audit:
    Type: AWS::IAM::Role
    Properties:
      RoleName: audit.example
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {AWS: "arn:aws:iam::123456789012:role/deploy.example"}, Action: "sts:AssumeRole"}}
  Ann:
    Type: AWS::IAM::User
    Properties: {UserName: ann}
`

func readTwoRoles(t *testing.T) *document.Set {
	t.Helper()
	set, err := document.ReadSet("f.yaml", []byte(twoRoles))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestFindHolder(t *testing.T) {
	set := readTwoRoles(t)
	for _, test := range []struct {
		kind       document.Kind
		name, want string
	}{
		{document.RoleKind, "deploy", "deploy.example"},
		{document.RoleKind, "deploy.example", "deploy.example"},
		{document.RoleKind, "Audit", "audit.example"},
		{document.UserKind, "ann", "ann"},
		{document.RoleKind, "ann", `f has no role "ann"`},
		{document.RoleKind, "deplyo", `f has no role "deplyo", did you mean "deploy"? allowed: audit, deploy`},
		{document.GroupKind, "x", "f has no group"},
	} {
		h, err := FindHolder(set, "f", test.kind, test.name)
		got := fmt.Sprint(err)
		if err == nil {
			got = h.Name
		}
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%s %s: %s, want %s", test.kind, test.name, got, test.want)
		}
	}
	twice := document.Merge(set, readTwoRoles(t))
	if _, err := FindHolder(twice, "both", document.UserKind, "ann"); err == nil || !strings.Contains(err.Error(), "both has 2 users that match \"ann\"") {
		t.Errorf("two users: %v", err)
	}
}

// A template that only attaches a policy to a role by name does not make the name
// ambiguous.
func TestFindHolderOfSeveralTemplates(t *testing.T) {
	t.Parallel()
	const (
		role   = "Resources: {R: {Type: AWS::IAM::Role, Properties: {RoleName: w, AssumeRolePolicyDocument: {Statement: []}, Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}]}}}"
		other  = "Resources: {w: {Type: AWS::IAM::Role, Properties: {RoleName: x, AssumeRolePolicyDocument: {Statement: []}}}}"
		denied = "Resources: {P: {Type: AWS::IAM::RolePolicy, Properties: {RoleName: w, PolicyName: q, PolicyDocument: {Statement: [{Effect: Deny, Action: 's3:*', Resource: '*'}]}}}}"
	)
	for _, test := range []struct {
		name      string
		templates []string
		want      string // the logical ID, or the error
		decision  Decision
	}{
		{"one creates the role", []string{role, denied}, "R", Allowed},
		{"another order", []string{denied, role}, "R", Allowed},
		{"none creates the role", []string{denied, strings.Replace(denied, "q", "r", 1)}, "", ExplicitDeny},
		{"two create it", []string{role, role}, `has 2 roles that match "w"`, ""},
		{"the logical ID of another role", []string{denied, other}, `has 2 roles that match "w"`, ""},
	} {
		var sets []*document.Set
		for i, text := range test.templates {
			set, err := document.ReadSet(fmt.Sprintf("%d.yaml", i), []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			sets = append(sets, set)
		}
		set := document.Merge(sets...)
		h, err := FindHolder(set, "both", Role, "w")
		if err != nil || test.decision == "" {
			if err == nil || !strings.Contains(err.Error(), test.want) || test.decision != "" {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		var s Simulation
		s.SetHolder(h, set)
		o := runOne(t, &s, "s3:GetObject", "arn:aws:s3:::b/k")
		if isUnknown := test.decision == Allowed; h.LogicalID != test.want || o.Decision != test.decision || o.Unknown != isUnknown {
			t.Errorf("%s: %s %s, unknown %t: %q", test.name, h.LogicalID, o.Decision, o.Unknown, o.Notes)
		}
	}
}

func TestSimulation(t *testing.T) {
	const deploy, audit = "arn:aws:iam::123456789012:role/deploy.example", "arn:aws:iam::123456789012:role/audit.example"
	for _, test := range []struct {
		name, as, by, action, resource string
		want                           string // the decision and the caller
	}{
		{"a role that trusts the caller", "deploy", "", "sts:AssumeRole", audit, "allowed AWS " + deploy},
		{"the other way round", "audit", "", "sts:AssumeRole", deploy, "implicitDeny AWS " + audit},
		{"another caller", "deploy", "arn:aws:iam::123456789012:role/x", "sts:AssumeRole", audit, "implicitDeny AWS arn:aws:iam::123456789012:role/x"},
		{"who may assume the role", "deploy", "", "sts:AssumeRole", "*", "allowed Service ec2.amazonaws.com"},
		{"who may assume the role, by its ARN", "audit", "", "sts:AssumeRole", audit, "allowed AWS " + deploy},
		{"whether a service may assume the role", "deploy", "eks.amazonaws.com", "sts:AssumeRole", "*", "implicitDeny Service eks.amazonaws.com"},
		{"a role outside of the template", "deploy", "", "sts:AssumeRole", "arn:aws:iam::123456789012:role/else", "allowed "},
		{"an AWS managed policy", "deploy", "", "iam:GetRole", deploy, "allowed "},
		{"another action", "deploy", "", "iam:CreateRole", deploy, "implicitDeny "},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := readTwoRoles(t)
			s := &Simulation{}
			if err := s.AddResource(test.resource); err != nil {
				t.Fatal(err)
			}
			if note, err := s.AddAction(test.action); note != "" || err != nil {
				t.Fatal(note, err)
			}
			if p, ok := ParsePrincipal(test.by); ok {
				s.SetCaller(p)
			}
			h, err := FindHolder(set, "f", document.RoleKind, test.as)
			if err != nil {
				t.Fatal(err)
			}
			s.SetHolder(h, set)
			if wanted := map[string]int{"deploy": 1}[test.as]; len(s.Policies.UnknownIdentity) != wanted {
				t.Errorf("unknown policies: %q", s.Policies.UnknownIdentity)
			}
			outcomes, err := s.Run()
			if err != nil || len(outcomes) != 1 {
				t.Fatal(len(outcomes), err)
			}
			if got := fmt.Sprintf("%s %s", outcomes[0].Decision, outcomes[0].Principal); got != test.want {
				t.Errorf("%s, want %s\n%+v", got, test.want, outcomes[0])
			}
			const notEvaluated = "the trust policy of the role is not evaluated: it must also allow the request"
			if got, want := slices.Contains(outcomes[0].Notes, notEvaluated), test.name == "a role outside of the template"; got != want {
				t.Errorf("note about the trust policy: %t", got)
			}
		})
	}
}

func TestCallerContext(t *testing.T) {
	for _, test := range []struct {
		by   string
		want map[string][]string
	}{
		{"arn:aws:iam::123456789012:user/a/ann", map[string][]string{"aws:principalaccount": {"123456789012"}, "aws:principalarn": {"arn:aws:iam::123456789012:user/a/ann"}, "aws:username": {"ann"}}},
		{"arn:aws:sts::123456789012:assumed-role/r/s", map[string][]string{"aws:principalaccount": {"123456789012"}}},
		{"arn:aws:quicksight::123456789012:user/ann", map[string][]string{"aws:principalaccount": {"123456789012"}}},
		{"123456789012", nil},
		{"ec2.amazonaws.com", nil},
	} {
		p, _ := ParsePrincipal(test.by)
		s := &Simulation{}
		s.SetCaller(p)
		if fmt.Sprint(s.context) != fmt.Sprint(test.want) {
			t.Errorf("%s: %v, want %v", test.by, s.context, test.want)
		}
		s = &Simulation{}
		if !s.AddContext("aws:UserName", "given") || s.AddContext("aws:NoSuchKey", "x") || !s.AddContext("oidc.example.com:sub", "x") {
			t.Error("which keys are known")
		}
		s.SetCaller(p)
		if got := s.context["aws:username"]; len(got) != 1 || got[0] != "given" {
			t.Errorf("%s: aws:username is %q", test.by, got)
		}
	}
}

func TestAddAction(t *testing.T) {
	s := &Simulation{}
	for _, test := range []struct{ name, note, problem string }{
		{"s3:GetObject", "", ""},
		{"S3:getobject", "", ""}, // s3:GetObject in different case
		{"ec2:TerminateInst*", "", ""},
		{"s3:GetObjekt", `AWS has no action s3:GetObjekt, did you mean "s3:GetObject"?`, ""},
		{"CreateUser", "", `"CreateUser" is not an action, did you mean "iam:CreateUser"?`},
		{"ec2.runinstances", "", `"ec2.runinstances" is not an action, did you mean "ec2:RunInstances"?`},
		{"s3", "", `"s3" is not an action: want SERVICE:ACTION, such as ec2:RunInstances`},
		{"nope:*", "", `AWS has no action that matches "nope:*"`},
	} {
		note, err := s.AddAction(test.name)
		problem := ""
		if err != nil {
			problem = err.Error()
		}
		if note != test.note || problem != test.problem {
			t.Errorf("%s: %q, %q", test.name, note, problem)
		}
	}
	if got := strings.Join(s.actions, " "); got != "s3:GetObject ec2:TerminateInstances s3:GetObjekt" {
		t.Errorf("the actions are %s", got)
	}
}

// Without a resource, an implicit deny on "*" is not certain when a statement
// allows the action on some resources: the outcome meets neither expectation.
// With "*" given as the resource, the implicit deny is certain.
func TestRequestWithoutResourceMayBeUnknown(t *testing.T) {
	for _, test := range []struct {
		action, resource string
		certain          bool
	}{
		{"sqs:SendMessage", "", false},
		{"sqs:SendMessage", "*", true},
		{"sqs:DeleteQueue", "", true},
		// The Allow with NotAction allows sqs:PurgeQueue on the queue.
		{"sqs:PurgeQueue", "", false},
		{"sqs:PurgeQueue", "*", true},
		// The Allow with NotAction matches sns:Publish too, but the resource of
		// sns:Publish cannot be a queue.
		{"sns:Publish", "", true},
	} {
		s := &Simulation{}
		policy := document.Policy{Name: "p", Document: &document.Document{Version: "2012-10-17", Statements: []document.Statement{
			{Effect: document.Allow, Actions: []string{"sqs:Send*"}, Resources: []string{"arn:aws:sqs:eu-west-1:111122223333:q"}},
			{Effect: document.Allow, Actions: []string{"s3:*"}, Resources: []string{"*"}},
			{Effect: document.Allow, NotActions: []string{"sqs:Delete*", "sqs:Send*"}, Resources: []string{"arn:aws:sqs:eu-west-1:111122223333:q"}},
		}}}
		s.Policies.Identity = append(s.Policies.Identity, policy)
		if _, err := s.AddAction(test.action); err != nil {
			t.Fatal(err)
		}
		if test.resource != "" {
			if err := s.AddResource(test.resource); err != nil {
				t.Fatal(err)
			}
		}
		outcomes, err := s.Run()
		if err != nil || len(outcomes) != 1 {
			t.Fatal(outcomes, err)
		}
		o := outcomes[0]
		noted := slices.ContainsFunc(o.Notes, func(n string) bool {
			return strings.HasSuffix(n, "allows the action on some resources: pass a resource with --resource ARN")
		})
		if o.Decision != ImplicitDeny || o.Unknown == test.certain || o.Meets(ExpectDenied) != test.certain || noted == test.certain {
			t.Errorf("%s on %q: %+v", test.action, test.resource, o)
		}
	}
}

// An action that AWS does not have may be misspelt: the outcome has a note, and
// meets neither expectation.
func TestNonexistentActionIsUnknown(t *testing.T) {
	s := &Simulation{}
	for _, name := range []string{"s3:GetObjekt", "s3:GetObject"} {
		if _, err := s.AddAction(name); err != nil {
			t.Fatal(err)
		}
	}
	outcomes, err := s.Run()
	if err != nil || len(outcomes) != 2 {
		t.Fatal(outcomes, err)
	}
	misspelt, known := outcomes[0], outcomes[1]
	if !misspelt.Unknown || misspelt.Meets(ExpectDenied) || !slices.Contains(misspelt.Notes, `AWS has no action s3:GetObjekt, did you mean "s3:GetObject"?`) {
		t.Errorf("misspelt: %+v", misspelt)
	}
	if known.Unknown || !known.Meets(ExpectDenied) || slices.ContainsFunc(known.Notes, func(n string) bool { return strings.Contains(n, "Objekt") }) {
		t.Errorf("known: %+v", known)
	}
}

func TestAddResource(t *testing.T) {
	s := &Simulation{}
	for _, name := range []string{"arn:aws:s3:::b", "*", "arn:aws:s3:::b"} {
		if err := s.AddResource(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "b", "arn:aws:s3", "x:aws:s3:::b"} {
		if err := s.AddResource(name); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
	if len(s.resources) != 2 {
		t.Errorf("the resources are %q", s.resources)
	}
}

func TestAddPolicy(t *testing.T) {
	read := func(name, text string) document.Policy {
		doc, err := document.Read(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return document.Policy{Name: name, Document: doc}
	}
	trust := `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}}`
	s := &Simulation{}
	if err := s.AddPolicy(read("t", trust)); err != nil || !s.Policies.ResourceAlone || s.Policies.Resource == nil {
		t.Errorf("%v, %+v", err, s.Policies)
	}
	if err := s.AddPolicy(read("u", trust)); err == nil || !strings.HasPrefix(err.Error(), "t and u both name principals") {
		t.Errorf("a second resource policy: %v", err)
	}
	if err := s.AddPolicy(read("i", `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)); err != nil || s.Policies.ResourceAlone || len(s.Policies.Identity) != 1 {
		t.Errorf("%v, %+v", err, s.Policies)
	}
	s.actions, s.resources = make([]string, 2000), make([]string, 2000)
	many := (*TooManyEvaluations)(nil)
	if _, err := s.Run(); !errors.As(err, &many) || *many != (TooManyEvaluations{4_000_000, 2}) {
		t.Errorf("too many: %v", err)
	}
}
