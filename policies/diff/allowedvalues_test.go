// Tests that another list of allowed values changes a condition only if it makes a
// difference to the condition.

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
