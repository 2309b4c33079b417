// Tests that conditions of one name in several templates stay separate.

package document

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConditionsOfAnotherFile(t *testing.T) {
	t.Parallel()
	const template = `
Parameters:
  Env: {Type: String}
Conditions:
  IsProd: !Equals [!Ref Env, VALUE]
Resources:
  R:
    Type: AWS::IAM::Role
    Condition: IsProd
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [!If [IsProd, {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}, !Ref AWS::NoValue]]}
      ManagedPolicyArns: [!If [IsProd, "arn:aws:iam::aws:policy/ReadOnlyAccess", !Ref AWS::NoValue]]
  U:
    Type: AWS::IAM::User
    Properties:
      Groups: [!If [IsProd, a, !Ref AWS::NoValue]]
`
	read := func(file, value string) *Set {
		set, err := ReadSet(file, []byte(strings.ReplaceAll(template, "VALUE", value)))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	conditions := func(set *Set, from string) []any {
		var all []any
		for _, h := range set.Principals {
			if h.File == "x/a.yaml" {
				h = set.SeenFrom(from, h)
				all = append(all, h.When, h.AttachedWhen, h.GroupsWhen)
				if h.Trust != nil {
					all = append(all, h.Trust.Statements[0].When)
				}
			}
		}
		return all
	}
	none := map[string][][]string(nil)
	attached := func(condition string) map[string][][]string {
		return map[string][][]string{"arn:aws:iam::aws:policy/ReadOnlyAccess": {{condition}}}
	}
	own := []any{"IsProd", attached("IsProd"), none, []string{"IsProd"}, "", none, map[string][][]string{"a": {{"IsProd"}}}}
	other := []any{"IsProd of a.yaml", attached("IsProd of a.yaml"), none, []string{"IsProd of a.yaml"}, "", none, map[string][][]string{"a": {{"IsProd of a.yaml"}}}}
	different := Merge(read("x/a.yaml", "prod"), read("b.yaml", "live"))
	for _, test := range []struct {
		name string
		set  *Set
		from string
		want []any
	}{
		{"the same file", different, "x/a.yaml", own},
		{"a file with another definition", different, "b.yaml", other},
		{"a file with the same definition", Merge(read("x/a.yaml", "prod"), read("b.yaml", "prod")), "b.yaml", own},
	} {
		if diff := cmp.Diff(test.want, conditions(test.set, test.from)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}
