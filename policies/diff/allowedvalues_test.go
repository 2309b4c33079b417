// Tests that a change of AllowedValues is reported only if it can change the result of
// a condition on the parameter. A change of another limit is always reported.

package diff

import (
	"fmt"
	"testing"

	"capaboot/policies/document"
)

func TestAllowedValuesOfAConditionThatIsNotDecided(t *testing.T) {
	const list, longer = ", AllowedValues: [dev, prod]", ", AllowedValues: [dev, prod, stage]"
	const isProd = "!And [!Condition P, !Equals [!Ref O, y]]"
	for _, test := range []struct {
		name, before, after string // properties of parameter E
		condition           string
		same                bool
	}{
		{"one more value", list, longer, isProd, true},
		{"one value less", longer, list, isProd, true},
		{"any value", list, "", isProd, true},
		{"a pattern", list, ", AllowedPattern: .*", isProd, false},
		{"another length", ", MaxLength: 3", ", MaxLength: 9", isProd, false},
		{"a least length", ", MinLength: 6", "", isProd, false},
		{"a largest value", "", ", MaxValue: 9", isProd, false},
		{"a least value", "", ", MinValue: 9", isProd, false},
		{"a literal that another condition compares", list, longer, "!And [!Not [!Equals [!Ref E, stage]], !Equals [!Ref O, y]]", false},
		{"the only other value", ", AllowedValues: [prod]", list, isProd, false},
		{"the value in a text", list, longer, "!Equals [!Sub '${E}-${O}', prod-y]", false},
		{"compared with another parameter", list, longer, "!Equals [!Ref E, !Ref O]", false},
		{"compared by another name", list, longer, "!And [!Equals [!Ref O, prod], !Not [!Condition P]]", true},
	} {
		read := func(properties string) *document.Set {
			set, err := document.ReadSet("t.yaml", fmt.Appendf(nil, `Parameters: {E: {Type: String%s}, O: {Type: String}}
Conditions: {P: !Equals [!Ref E, prod], C: %s}
Resources:
  R: {Type: AWS::IAM::Role, Condition: C, Properties: {RoleName: r, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}}}
`, properties, test.condition))
			if err != nil {
				t.Fatal(err)
			}
			return set
		}
		if got := len(Compare(read(test.before), read(test.after)).Principals) == 0; got != test.same {
			t.Errorf("%s: the same: %t, want %t", test.name, got, test.same)
		}
	}
}

// A rule of the template limits the values that a deployment can pass. If the
// rule changes, grants under conditions on these values change.
func TestChangedRules(t *testing.T) {
	const (
		rule   = `Rules: {X: {Assertions: [{Assert: !Equals [!Ref P, dev]}]}}`
		others = `Rules: {X: {Assertions: [{Assert: !Equals [!Ref Q, dev]}]}}`
		valued = `Rules: {X: {Assertions: [{Assert: !Equals [!ValueOf [P, Tag], dev]}]}}`
	)
	for _, test := range []struct {
		name, values, before, after string
		same                        bool
	}{
		{"a removed rule, with listed values", ", AllowedValues: [dev, prod]", rule, "", false},
		{"a removed rule", "", rule, "", false},
		{"a new rule", ", AllowedValues: [dev, prod]", "", rule, false},
		{"another rule", ", AllowedValues: [dev, prod]", rule, valued, false},
		{"the same rule", ", AllowedValues: [dev, prod]", rule, rule, true},
		{"a rule about another parameter", ", AllowedValues: [dev, prod]", others, "", true},
	} {
		read := func(rules string) *document.Set {
			set, err := document.ReadSet("t.yaml", fmt.Appendf(nil, `Parameters: {P: {Type: String%s}, Q: {Type: String}}
Conditions: {C: !Equals [!Ref P, prod]}
%s
Resources:
  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]},
    Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: !If [C, "s3:*", "s3:GetObject"], Resource: "*"}]}}]}}
`, test.values, rules))
			if err != nil {
				t.Fatal(err)
			}
			return set
		}
		if got := len(Compare(read(test.before), read(test.after)).Principals) == 0; got != test.same {
			t.Errorf("%s: the same: %t, want %t", test.name, got, test.same)
		}
	}
}
