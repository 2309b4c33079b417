// Tests of decisions that depend on template conditions.

package simulate_test

import (
	"strings"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// branchTemplate is a template with a parameter that has a default. STATEMENTS
// stands for the statements of a test.
const branchTemplate = `
Parameters: {Env: {Type: String, Default: prod}, Size: {Type: String, Default: s, AllowedValues: [s]}}
Mappings: {M: {prod: {where: '*'}, dev: {where: 'arn:aws:s3:::b/*'}}}
Conditions:
  Prod: !Equals [!Ref Env, prod]
  NotProd: !Not [!Condition Prod]
  Dev: !Equals [dev, !Ref Env]
  Both: !And [!Condition Prod, !Condition Dev]
  Either: !Or [!Condition Prod, !Condition NotProd]
  Small: !Equals [!Ref Size, s]
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !If [Dev, r-dev, r]
` + trustPolicyYAML + `      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [STATEMENTS]}}]
  Q: {Type: AWS::IAM::Policy, Condition: Dev, Properties: {PolicyName: q, Roles: [!Ref R], PolicyDocument: {Version: '2012-10-17', Statement: {Effect: Allow, Action: 'sqs:*', Resource: '*'}}}}
`

// The default of a parameter decides no condition. A decision is certain only if
// it is the same in every branch.
func TestDefaultsDecideNoCondition(t *testing.T) {
	allow := func(action string) string { return "{Effect: Allow, Action: '" + action + "', Resource: '*'}" }
	deny := func(action string) string { return "{Effect: Deny, Action: '" + action + "', Resource: '*'}" }
	const nothing = "!Ref 'AWS::NoValue'"
	for name, tt := range map[string]struct {
		statements, action, given string
		decision                  simulate.Decision
		unknown                   bool
	}{
		"one branch allows":              {"!If [Prod, " + allow("s3:*") + ", " + nothing + "]", "s3:GetObject", "", simulate.ImplicitDeny, true},
		"a given value":                  {"!If [Prod, " + allow("s3:*") + ", " + nothing + "]", "s3:GetObject", "prod", simulate.Allowed, false},
		"another given value":            {"!If [Prod, " + allow("s3:*") + ", " + nothing + "]", "s3:GetObject", "x", simulate.ImplicitDeny, false},
		"no branch allows":               {"!If [Prod, " + allow("ec2:*") + ", " + nothing + "]", "s3:GetObject", "", simulate.ImplicitDeny, false},
		"both branches allow":            {"!If [Prod, " + allow("s3:*") + ", " + allow("s3:Get*") + "]", "s3:GetObject", "", simulate.Allowed, false},
		"a condition and its negation":   {"!If [Prod, " + allow("s3:*") + ", " + nothing + "], !If [NotProd, " + allow("s3:Get*") + ", " + nothing + "]", "s3:GetObject", "", simulate.Allowed, false},
		"a third value":                  {"!If [Prod, " + allow("s3:*") + ", " + nothing + "], !If [Dev, " + allow("s3:*") + ", " + nothing + "]", "s3:GetObject", "", simulate.ImplicitDeny, true},
		"always one of two":              {"!If [Either, " + allow("s3:*") + ", " + nothing + "]", "s3:GetObject", "", simulate.Allowed, false},
		"never both":                     {"!If [Both, " + allow("s3:*") + ", " + nothing + "]", "s3:GetObject", "", simulate.ImplicitDeny, false},
		"a list":                         {"{Effect: Allow, Action: [!If [Dev, 's3:*', 'ec2:*']], Resource: '*'}", "s3:GetObject", "", simulate.ImplicitDeny, true},
		"one branch denies":              {allow("s3:*") + ", !If [Dev, " + deny("s3:*") + ", " + nothing + "]", "s3:GetObject", "", simulate.ExplicitDeny, true},
		"both branches deny":             {allow("s3:*") + ", !If [Dev, " + deny("s3:*") + ", " + deny("s3:Get*") + "]", "s3:GetObject", "", simulate.ExplicitDeny, false},
		"a mapping":                      {"{Effect: Allow, Action: 's3:*', Resource: !FindInMap [M, !Ref Env, where]}", "s3:GetObject", "", simulate.ImplicitDeny, true},
		"a mapping with a given key":     {"{Effect: Allow, Action: 's3:*', Resource: !FindInMap [M, !Ref Env, where]}", "s3:GetObject", "prod", simulate.Allowed, false},
		"the only allowed value":         {"!If [Small, " + allow("s3:*") + ", " + nothing + "]", "s3:GetObject", "", simulate.Allowed, false},
		"a resource under the condition": {allow("ec2:*"), "sqs:SendMessage", "", simulate.ImplicitDeny, true},
		"a value, not a condition":       {"{Effect: Allow, Action: 's3:*', Resource: !Sub 'arn:aws:s3:::${Env}/*'}", "s3:GetObject", "", simulate.Allowed, false},
	} {
		options := document.Options{}
		if tt.given != "" {
			options.Parameters = map[string]string{"Env": tt.given}
		}
		set, err := document.ReadSetWith("t.yaml", []byte(strings.Replace(branchTemplate, "STATEMENTS", tt.statements, 1)), options)
		if err != nil {
			t.Fatal(err)
		}
		for _, role := range []string{"R", "r"} { // by logical ID, and by one of its names
			h, err := simulate.FindHolder(set, "t.yaml", simulate.Role, role)
			if err != nil {
				t.Fatal(err)
			}
			var s simulate.Simulation
			s.SetHolder(h, set)
			o := run(t, &s, tt.action, map[bool]string{true: "arn:aws:s3:::prod/k", false: "*"}[strings.HasPrefix(tt.action, "s3:")])
			if o.Decision != tt.decision || o.Unknown != tt.unknown {
				t.Errorf("%s: %s, unknown %v, notes %q", name, o.Decision, o.Unknown, o.Notes)
			}
			if o.Meets(simulate.ExpectAllowed) != (tt.decision == simulate.Allowed && !tt.unknown) || o.Meets(simulate.ExpectDenied) != (tt.decision != simulate.Allowed && !tt.unknown) {
				t.Errorf("%s: meets allowed %v, denied %v", name, o.Meets(simulate.ExpectAllowed), o.Meets(simulate.ExpectDenied))
			}
		}
	}
}

// Conditions of two templates are independent, even if they have the same name.
func TestConditionsOfTwoTemplates(t *testing.T) {
	const template = `
Parameters: {Env: {Type: String, Default: prod}}
Conditions: {Prod: !Equals [!Ref Env, prod]}
Resources: {P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [!If [Prod, YES, NO]]}}}}
`
	read := func(yes, no string) *document.Set {
		set, err := document.ReadSet("t.yaml", []byte(strings.NewReplacer("YES", yes, "NO", no).Replace(template)))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	const allow, nothing = "{Effect: Allow, Action: 'sqs:*', Resource: '*'}", "!Ref 'AWS::NoValue'"
	for name, tt := range map[string]struct {
		sets    []*document.Set
		unknown bool
	}{
		"one template":  {[]*document.Set{read(allow, allow)}, false},
		"two templates": {[]*document.Set{read(allow, nothing), read(nothing, allow)}, true},
		"a folder":      {[]*document.Set{document.Merge(read(allow, nothing), read(nothing, allow))}, true},
	} {
		var s simulate.Simulation
		for _, set := range tt.sets {
			if err := s.AddPolicies(set); err != nil {
				t.Fatal(err)
			}
		}
		if o := run(t, &s, "sqs:SendMessage", "*"); o.Unknown != tt.unknown || (o.Decision == simulate.Allowed) == tt.unknown {
			t.Errorf("%s: %s, unknown %v", name, o.Decision, o.Unknown)
		}
	}
}

// A chosen value of a parameter rules out combinations of conditions. More than four
// conditions are not combined.
func TestCombinationsOfConditions(t *testing.T) {
	const header = `
Parameters: {Env: {Type: String, Default: a}, Size: {Type: String, AllowedValues: [s, m]}}
Conditions:
  A: !Equals [!Ref Env, a]
  B: !Equals [!Ref Env, b]
  C: !Equals [!Ref Env, c]
  D: !Equals [!Ref Env, d]
  E: !Equals [!Ref Env, e]
  SmallA: !And [!Condition A, !Equals [!Ref Size, s]]
Resources: {P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [`
	always := func(conditions string) string { // allows in every branch of each condition
		text := ""
		for _, c := range conditions {
			text += strings.ReplaceAll("!If [X, {Effect: Allow, Action: 'sqs:*', Resource: '*'}, {Effect: Allow, Action: 'sqs:Send*', Resource: '*'}],", "X", string(c))
		}
		return text
	}
	const unless = "!If [SmallA, !Ref 'AWS::NoValue', {Effect: Allow, Action: 'sqs:*', Resource: '*'}]"
	for name, tt := range map[string]struct {
		statements, size string
		allowed          bool
	}{
		"four conditions":             {always("ABCD"), "", true},
		"five conditions":             {always("ABCDE"), "", false},
		"unless one value is chosen":  {unless, "", false},
		"a value that rules it out":   {unless, "m", true},
		"a value that leaves it open": {unless, "s", false},
	} {
		set, err := document.ReadSet("t.yaml", []byte(header+tt.statements+"]}}}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		var s simulate.Simulation
		if tt.size != "" {
			s.Parameters = map[string]string{"Size": tt.size}
		}
		if err := s.AddPolicies(set); err != nil {
			t.Fatal(err)
		}
		if o := run(t, &s, "sqs:SendMessage", "*"); o.Meets(simulate.ExpectAllowed) != tt.allowed || o.Unknown == tt.allowed {
			t.Errorf("%s: %s, unknown %v, notes %q", name, o.Decision, o.Unknown, o.Notes)
		}
	}
}
