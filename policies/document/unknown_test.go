// Tests of elements that are known only at deployment.

package document

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// readTrust reads a template with one role, whose trust policy has the given
// statement.
func readTrust(t *testing.T, parameters, statement string) *Set {
	t.Helper()
	set, err := ReadSet("t.yaml", []byte("Parameters: {"+parameters+`}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [`+statement+`]}
`))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// A statement that never applies is an Allow if its effect is unknown.
func TestUnknownEffectOfInertStatement(t *testing.T) {
	trust := readTrust(t, `P: {Type: String}`, `{Effect: !Ref P, Principal: {AWS: []}, Action: 'sts:AssumeRole'}`).Principals[0].Trust
	if len(trust.Statements) != 0 || len(trust.Inert) != 1 || trust.Inert[0].Effect != Allow || !trust.Inert[0].MayDeny {
		t.Errorf("%+v", trust)
	}
}

func TestUnknownElements(t *testing.T) {
	for _, test := range []struct{ name, statement, principals, conditions string }{
		{"a principal", `{Effect: Allow, Principal: !Ref P, Action: 'sts:AssumeRole'}`, "principal ${Ref:P}", ""},
		{"an import", `{Effect: Allow, Principal: !ImportValue P, Action: 'sts:AssumeRole'}`, "principal ${ImportValue:P}", ""},
		{"a default of everyone", `{Effect: Allow, Principal: !Ref Star, Action: 'sts:AssumeRole'}`, "AWS *", ""},
		{"a part of a principal", `{Effect: Allow, Principal: {AWS: !Ref P, 'Fn::Transform': {Name: M}}, Action: 'sts:AssumeRole'}`, "AWS ${Ref:P}, principal ${Transform:{Name=M}}", ""},
		{"a condition", `{Effect: Allow, Principal: '*', Action: 'sts:AssumeRole', Condition: !FindInMap [A, !Ref P, C]}`, "AWS *", "${FindInMap:A|${Ref:P}|C}"},
		{"an operator", `{Effect: Deny, Principal: '*', Action: 'sts:AssumeRole', Condition: {StringEquals: !Ref P, Bool: {'aws:SecureTransport': 'false'}}}`, "AWS *", "${Ref:P}"},
		{"two macros in a condition", `{Effect: Allow, Principal: '*', Action: 'sts:AssumeRole', Condition: {StringEquals: {'Fn::Transform': {Name: M}}, Bool: {'Fn::Transform': {Name: N}}}}`, "AWS *", "${Transform:{Name=M}} ${Transform:{Name=N}}"},
		{"a condition in a branch", `{Effect: Allow, Principal: '*', Action: 'sts:AssumeRole', Condition: !If [A, !Ref P, !Ref 'AWS::NoValue']}`, "AWS *; AWS *", "${Ref:P} A; !A"},
	} {
		set := readTrust(t, `P: {Type: String}, Star: {Type: String, Default: '*'}`, test.statement)
		var principals, conditions []string
		for _, s := range set.Principals[0].Trust.Statements {
			var names []string
			for _, p := range s.Principals {
				names = append(names, p.String())
				if strings.Contains(p.ID, "${") && len(set.Unknown(p.ID)) == 0 {
					t.Errorf("%s: %s counts as known", test.name, p)
				}
			}
			principals, conditions = append(principals, strings.Join(names, ", ")), append(conditions, strings.Join(s.When, " "))
		}
		if got := strings.Join(principals, "; "); got != test.principals {
			t.Errorf("%s: principals %s, want %s", test.name, got, test.principals)
		}
		if got := strings.Join(conditions, "; "); got != test.conditions {
			t.Errorf("%s: when %s, want %s", test.name, got, test.conditions)
		}
	}
	// Outside of a template, a function cannot replace the whole Principal.
	if _, err := Read("p.yaml", []byte(`Statement: [{Effect: Allow, Principal: !Ref P, Action: "s3:*", Resource: "*"}]`)); err == nil {
		t.Error("a function in place of Principal is accepted outside of a template")
	}
}

// For a list parameter, every combination of the allowed values is evaluated if
// there are few combinations.
func TestListsOfAllowedValues(t *testing.T) {
	for _, test := range []struct {
		allowed, variants int
		isPartial         bool
	}{{2, 3, false}, {3, 7, false}, {5, 31, false}, {6, 7, true}, {80, 1, false}} {
		var values []string
		for i := range test.allowed {
			values = append(values, fmt.Sprintf("arn:aws:iam::%012d:root", i))
		}
		set := readTrust(t, `Who: {Type: CommaDelimitedList, AllowedValues: ['`+strings.Join(values, "','")+`']}`, `{Effect: Allow, Principal: {AWS: !Ref Who}, Action: 'sts:AssumeRole'}`)
		statements := set.Principals[0].Trust.Statements
		if len(statements) != test.variants {
			t.Errorf("%d values: %d variants, want %d", test.allowed, len(statements), test.variants)
		}
		if isComplete := slices.ContainsFunc(statements, func(s Statement) bool { return len(s.Principals) == test.allowed }); isComplete != (test.variants > 1) {
			t.Errorf("%d values: the list of all counts: %v", test.allowed, isComplete)
		}
		if len(set.AssumedParameters) > 0 && set.AssumedParameters[0].Partial != test.isPartial {
			t.Errorf("%d values: %s", test.allowed, set.AssumedParameters[0])
		}
	}
}

// If a parameter is a key in an Fn::FindInMap, the set depends on the parameter, even if
// it has a default. Each allowed value is evaluated. Without allowed values, or with too
// many, each key of the mapping is evaluated.
func TestParametersInMappings(t *testing.T) {
	for parameter, want := range map[string]string{
		`{Type: String}`:                "parameter Stage: the value is known only at deployment, so every value that makes a difference is evaluated",
		`{Type: String, Default: 'x'}`:  "parameter Stage: a deployment can replace the default, so conditions and mappings are evaluated for every value that makes a difference",
		`{Type: String, Default: prod}`: "parameter Stage: a deployment can replace the default, so conditions and mappings are evaluated for every value that makes a difference",
		`{Type: 'AWS::SSM::Parameter::Value<String>', Default: /stage}`:                     "parameter Stage: the value is known only at deployment, so every value that makes a difference is evaluated",
		`{Type: String, AllowedValues: [prod, dev]}`:                                        "parameter Stage: all its allowed values (prod, dev) are evaluated, and the worst case counts",
		`{Type: String, AllowedValues: [prod` + strings.Repeat(", dev", maxOutcomes) + `]}`: "parameter Stage: the value is known only at deployment, so every value that makes a difference is evaluated",
	} {
		set, err := ReadSet("t.yaml", []byte(`
Parameters: {Stage: `+parameter+`}
Mappings: {ByStage: {prod: {scope: 'arn:aws:iam::111122223333:user/u'}, dev: {scope: '*'}, x: {scope: 'arn:aws:s3:::x'}}}
Resources:
  P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: 'iam:CreateAccessKey', Resource: !FindInMap [ByStage, !Ref Stage, scope]}]}}}
`))
		if err != nil {
			t.Fatal(err)
		}
		if len(set.AssumedParameters) != 1 || set.AssumedParameters[0].String() != want {
			t.Errorf("%s: %v, want %s", parameter, set.AssumedParameters, want)
		}
	}
}

// An unknown policy template in SAM's Policies keeps the condition of its Fn::If.
func TestSAMPolicyTemplatesWithConditions(t *testing.T) {
	set, err := ReadSet("t.yaml", []byte(`
Transform: AWS::Serverless-2016-10-31
Parameters: {P: {Type: String}}
Conditions: {A: !Equals [!Ref P, a]}
Resources:
  F: {Type: AWS::Serverless::Function, Properties: {Policies: [{S3NewPolicy: {BucketName: b}}, !If [A, {SQSNewPolicy: {QueueName: q}}, !Ref 'AWS::NoValue']]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	h := set.Principals[0]
	unconditional, conditional := "SAM policy template S3NewPolicy {BucketName=b}", "SAM policy template SQSNewPolicy {QueueName=q}"
	if !slices.Contains(h.Attached, unconditional) || !slices.Contains(h.Attached, conditional) || h.AttachedWhen[unconditional] != nil || fmt.Sprint(h.AttachedWhen[conditional]) != "[[A]]" {
		t.Errorf("attached %q, when %v", h.Attached, h.AttachedWhen)
	}
}

// A role or user with the group's name does not count as the group.
func TestGroupsElsewhere(t *testing.T) {
	user := &Holder{Kind: UserKind, Name: "admins", Groups: []string{"admins", "here"}}
	set := &Set{Principals: []*Holder{user, {Kind: RoleKind, Name: "admins"}, {Kind: GroupKind, Name: "here", LogicalID: "G"}}}
	if got := set.GroupsElsewhere(user); !slices.Equal(got, []string{"admins"}) {
		t.Errorf("%q", got)
	}
}

// References to modules, custom resources and nested stacks can have any value.
func TestIdentifiesResource(t *testing.T) {
	for name, want := range map[string]bool{"AWS::S3::Bucket": true, "AWS::S3::Bucket::MODULE": false, "Custom::X": false, "AWS::CloudFormation::CustomResource": false, "AWS::CloudFormation::Stack": false, "AWS::Serverless::Application": false, "Other::Own::Thing": false} {
		if got := identifiesResource(name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
