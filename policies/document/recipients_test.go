// Tests of the principals that a policy resource names.

package document

import (
	"slices"
	"testing"
)

// A policy that names a principal has the same effect in every order of the
// resources, and however the name is written.
func TestPolicyReachesPrincipal(t *testing.T) {
	t.Parallel()
	const trust = `AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}`
	const document = `PolicyDocument: {Statement: [{Effect: Deny, Action: '*', Resource: '*'}]}`
	const head = `
Parameters: {Name: {Type: String, AllowedValues: [a, b]}}
Conditions: {Test: !Equals [!Ref AWS::Region, us-east-1]}
Resources:
`
	for name, tt := range map[string]struct {
		resources, role string
		when            []string
	}{
		"before a function of SAM": {`
  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [!Ref FRole], ` + document + `}}
  F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}`, "FRole", nil},
		"the name is a parameter": {`
  R: {Type: AWS::IAM::Role, Properties: {RoleName: !Ref Name, ` + trust + `}}
  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [!Ref Name], ` + document + `}}`, "R", nil},
		"the name is a value of the parameter": {`
  R: {Type: AWS::IAM::Role, Properties: {RoleName: !Ref Name, ` + trust + `}}
  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [b], ` + document + `}}`, "R", []string{"Name=b"}},
		"the name in another case": {`
  R: {Type: AWS::IAM::Role, Properties: {RoleName: Admin, ` + trust + `}}
  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [ADMIN], ` + document + `}}`, "R", nil},
		"two roles with one name": {`
  O: {Type: AWS::IAM::Role, Condition: Test, Properties: {RoleName: r, ` + trust + `}}
  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, ` + trust + `}}
  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [r], ` + document + `}}`, "R", nil},
	} {
		set, err := ReadSet("t.yaml", []byte(head+tt.resources))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range set.Principals {
			switch {
			case h.LogicalID == "":
				t.Errorf("%s: the role %s is not in the template", name, h.Name)
			case h.LogicalID == tt.role && len(h.Policies) != 1:
				t.Errorf("%s: %s has %d policies, want 1", name, tt.role, len(h.Policies))
			case h.LogicalID == tt.role && !slices.Equal(h.Policies[0].Document.Statements[0].When, tt.when):
				t.Errorf("%s: the policy depends on %q, want %q", name, h.Policies[0].Document.Statements[0].When, tt.when)
			}
		}
	}
}
