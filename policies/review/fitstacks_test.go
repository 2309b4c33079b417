// Tests fit-missing-permission for templates that give the controllers a permission only
// in some of their stacks.

package review

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestFitStacks(t *testing.T) {
	t.Parallel()
	const (
		role = `
Parameters: {Stage: {Type: String, AllowedValues: [dev, test, prod]}, P: {Type: String}, Size: {Type: String}}
Mappings: {Sizes: {small: {action: "ec2:RunInstances", resource: "*"}, large: {action: "ec2:StopInstances", resource: "arn:aws:ec2:*:*:*"}}}
Conditions:
  X: !Equals [!Ref P, x]
  Y: !Equals [!Ref P, !Ref AWS::Region]
  NotX: !Not [!Condition X]
  Z: !Not [!Or [!Equals [x, !Ref P], !Condition Y]]
  Same: !Not [!Condition NotX]
Resources:
  AWSIAMRoleControllers:
    Type: AWS::IAM::Role
%s    Properties:
      RoleName: capa
%s      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}}
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, NotAction: "ec2:RunInstances", Resource: "*"}, %s]}}]
`
		allow    = `{Effect: Allow, Action: "ec2:RunInstances", Resource: "*"}`
		onX      = `{Effect: Allow, Action: "ec2:RunInstances", Resource: "arn:aws:ec2:*:*:subnet/x"}`
		deny     = `{Effect: Deny, Action: "ec2:RunInstances", Resource: "*"}`
		denyOnX  = `{Effect: Deny, Action: "ec2:RunInstances", Resource: "arn:aws:ec2:*:*:subnet/*"}`
		none     = `!Ref AWS::NoValue]`
		nothing  = `is not allowed to make: ec2:RunInstances`
		denied   = nothing + " (denied by p Statement[2])"
		some     = `only in some stacks of the template: ec2:RunInstances (depending on `
		someDeny = `only in some stacks of the template: ec2:RunInstances (denied by p Statement[2] in some stacks, depending on `
	)
	for name, test := range map[string]struct{ condition, properties, statements, want string }{
		"allowed":                               {"", "", allow, ""},
		"in no stack":                           {"", "", deny, denied[:len(nothing)]},
		"in some stacks":                        {"", "", "!If [X, " + allow + ", " + none, some + "X)"},
		"in the other stacks":                   {"", "", "!If [X, " + none[:len(none)-1] + ", " + allow + "]", some + "X)"},
		"in each of two branches":               {"", "", "!If [X, " + allow + ", " + allow + "]", ""},
		"in two kinds of stacks":                {"", "", "!If [X, " + allow + ", " + none + ", !If [Y, " + allow + ", " + none, some + "X, Y)"},
		"in stacks with and without Y":          {"", "", "!If [Y, " + allow + ", " + none + ", !If [Y, " + none[:len(none)-1] + ", " + allow + "], !If [X, " + allow + ", " + none, ""},
		"under a condition and its negation":    {"", "", "!If [X, " + allow + ", " + none + ", !If [NotX, " + allow + ", " + none, ""},
		"under conditions and neither of them":  {"", "", "!If [X, " + allow + ", " + none + ", !If [Y, " + allow + ", " + none + ", !If [Z, " + allow + ", " + none, ""},
		"under a condition twice":               {"", "", "!If [X, " + allow + ", " + none + ", !If [Same, " + allow + ", " + none, some + "X)"},
		"denied under the negation":             {"", "", "!If [X, " + allow + ", " + none + ", !If [NotX, " + deny + ", " + none, "depending on X)"},
		"under both conditions":                 {"", "", "!If [X, !If [Y, " + allow + ", " + none + ", " + none, some + "X, Y)"},
		"by an action that a parameter selects": {"", "", `{Effect: Allow, Action: !Sub "ec2:${Stage}Instances", Resource: "*"}, {Effect: Allow, Action: !If [X, "ec2:RunInstances", "ec2:StopInstances"], Resource: "*"}`, some + "X)"},
		"by an action that a mapping selects":   {"", "", `{Effect: Allow, Action: !FindInMap [Sizes, !Ref Size, action], Resource: "*"}`, some + "Size)"},
		"on a resource that a mapping selects":  {"", "", `{Effect: Allow, Action: "ec2:RunInstances", Resource: !FindInMap [Sizes, !Ref Size, resource]}`, ""},
		"role of some stacks":                   {"    Condition: X\n", "", "!If [X, " + allow + ", " + none, ""},
		"role of some stacks, in fewer":         {"    Condition: X\n", "", "!If [Y, " + allow + ", " + none, some + "Y)"},
		"attached in some stacks":               {"", "      ManagedPolicyArns: [!If [X, 'arn:aws:iam::aws:policy/AdministratorAccess', !Ref AWS::NoValue]]\n", `{Effect: Allow, Action: "s3:GetObject", Resource: "*"}`, some + "X)"},
		"denied":                                {"", "", allow + ", " + deny, denied},
		"denied in some stacks":                 {"", "", allow + ", !If [X, " + deny + ", " + none, someDeny + "X)"},
		"denied in the stacks that allow":       {"", "", "!If [X, " + allow + ", " + none + ", !If [X, " + deny + ", " + none, nothing},
		"denied in other stacks":                {"", "", "!If [X, " + allow + ", " + none + ", !If [X, " + none[:len(none)-1] + ", " + deny + "]", some[:len(some)-len("(depending on ")]},
		"denied on what is allowed":             {"", "", onX + ", " + denyOnX, denied},
		"denied on a required type":             {"", "", allow + ", " + denyOnX, denied},
		"denied on an optional type":            {"", "", allow + ", " + strings.Replace(denyOnX, "subnet", "key-pair", 1), ""},
		"denied on a part of it":                {"", "", allow + ", " + strings.Replace(denyOnX, "subnet/*", "subnet/subnet-0*", 1), ""},
	} {
		set, err := document.ReadSet("t.yaml", fmt.Appendf(nil, role, test.condition, test.properties, test.statements))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		report, err := Review(set, Options{Rules: []string{"fit-missing-permission"}})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, f := range report.Findings {
			all = append(all, f.Severity.String()+" "+WriteSentence(f.Message))
		}
		if got := strings.Join(all, "; "); (got == "") != (test.want == "") || !strings.Contains(got, test.want) || got != "" && !strings.HasPrefix(got, "medium") {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
