// Tests of inline policies with the same name.

package diff

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestInlinePoliciesOfOneName(t *testing.T) {
	const (
		role   = "Resources:\n  R: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}], AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}\n"
		narrow = "  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: P, Roles: [!Ref R], PolicyDocument: {Statement: [{Effect: Allow, Action: 'ec2:*', Resource: '*'}]}}}\n"
	)
	read := func(text string) *document.Set {
		set, err := document.ReadSet("t.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	// conditional has three policies with the same name. Condition C selects the first
	// and the third policy, or only the second one.
	conditional := func(actions string) string {
		const policy = "  %s: {Type: AWS::IAM::Policy, Properties: {PolicyName: q, Roles: [!Ref R], PolicyDocument: {Statement: [!If [C, %s, %s]]}}}\n"
		allow := func(actions string) string { return "{Effect: Allow, Action: " + actions + ", Resource: '*'}" }
		const none = "!Ref AWS::NoValue"
		return "Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, a]}\n" + role +
			fmt.Sprintf(policy, "R1", allow("'s3:*'"), none) + fmt.Sprintf(policy, "R2", none, allow("'sqs:*'")) + fmt.Sprintf(policy, "R3", allow(actions), none)
	}
	alternatives := func(text string) string { return strings.Replace(text, "PolicyName: q", "PolicyName: other", 1) }
	for name, test := range map[string]struct {
		before, after string
		gained, lost  int
	}{
		"the replacing policy is removed":                   {role + narrow, role, 1, 1},
		"a replacing policy is added":                       {role, role + narrow, 1, 1},
		"the replacing policy changes":                      {role + narrow, role + strings.Replace(narrow, "ec2:*", "ec2:Run*", 1), 1, 1},
		"nothing changes":                                   {role + narrow, role + narrow, 0, 0},
		"policies that do not exist beside their neighbour": {conditional("'ec2:*'"), conditional("'ec2:Run*'"), 1, 1},
		"alternatives":                                      {alternatives(conditional("'ec2:*'")), alternatives(conditional("'ec2:Run*'")), 0, 0},
		"another name":                                      {role + strings.Replace(narrow, "PolicyName: P", "PolicyName: q", 1), role, 0, 0},
	} {
		gained, lost := 0, 0
		for _, p := range Compare(read(test.before), read(test.after)).Principals {
			gained, lost = gained+len(p.Gained), lost+len(p.Lost)
		}
		if gained != test.gained || lost != test.lost {
			t.Errorf("%s: %d gained, %d lost, want %d, %d", name, gained, lost, test.gained, test.lost)
		}
	}
}
