// Tests that a value which is not known guards nothing where it says who asks.

package review

import (
	"testing"

	"capaboot/policies/document"
)

func TestUnknownValueThatSaysWho(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]Severity{
		`{StringEquals: {"aws:PrincipalOrgID": !Ref P}}`:                   Critical,
		`{StringEquals: {"aws:principalorgid": ["o-abcdefghij", !Ref P]}}`: Critical,
		`{StringLike: {"aws:PrincipalArn": !Ref P}}`:                       Critical,
		`{StringEquals: {"aws:PrincipalOrgID": "o-abcdefghij"}}`:           Medium,
	} {
		set, err := document.ReadSet("t.yaml", []byte(`
Parameters: {P: {Type: String}}
Resources:
  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "sts:AssumeRole", Condition: `+condition+`}]}}}
`))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"trust-anyone"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := report.Worst(); got != want {
			t.Errorf("%s: %s, want %s", condition, got, want)
		}
	}
}
