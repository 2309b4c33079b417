// Tests of denied requests that the set itself denies, or allows only with some
// values of the template.

package explain_test

import (
	"slices"
	"testing"

	"capaboot/policies/denial"
	"capaboot/policies/explain"
)

func TestDeniedBySet(t *testing.T) {
	t.Parallel()
	const allow = `{PolicyName: a, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "dynamodb:*", Resource: "*"}]}}`
	const deny = `{PolicyName: d, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Deny, Action: "dynamodb:Put*", Resource: "*"}]}}`
	const readOnly, unknown = "PermissionsBoundary: 'arn:aws:iam::aws:policy/ReadOnlyAccess'", "PermissionsBoundary: 'arn:aws:iam::111122223333:policy/org'"
	const power = "PermissionsBoundary: 'arn:aws:iam::aws:policy/PowerUserAccess'"
	const change, remove, update, add, check = explain.ChangeBoundary, explain.RemoveDenial, explain.UpdateStack, explain.AddStatement, explain.CheckTemplate
	for _, test := range []struct {
		name, policies, boundary string
		policy                   denial.Policy // the kind that AWS names
		help                     []explain.Help
	}{
		{"no policy", "", "", denial.Identity, []explain.Help{add}},
		{"a boundary that does not allow it", allow, readOnly, "", []explain.Help{change}},
		{"a boundary that does not allow it, but AWS names the identity policies", allow, readOnly, denial.Identity, []explain.Help{change, update}},
		{"a boundary that does not allow it, and no policy", "", readOnly, denial.Identity, []explain.Help{change, add}},
		{"a boundary that allows it", allow, power, denial.Identity, []explain.Help{update}},
		{"a boundary that allows it, and no policy", "", power, denial.Identity, []explain.Help{add}},
		{"an unknown boundary", allow, unknown, "", []explain.Help{change}},
		{"a Deny", allow + "," + deny, "", "", []explain.Help{remove}},
		{"a Deny, but AWS names the identity policies", allow + "," + deny, "", denial.Identity, []explain.Help{remove, update}},
		{"a Deny alone", deny, "", denial.Identity, []explain.Help{remove, add}},
		{"a Deny and a boundary", allow + "," + deny, readOnly, "", []explain.Help{remove, change}},
		{"an Allow under a template condition", `!If [IsDev, ` + allow + `, !Ref "AWS::NoValue"]`, "", denial.Identity, []explain.Help{check, add}},
		{"a Deny under a template condition", allow + `, !If [IsDev, ` + deny + `, !Ref "AWS::NoValue"]`, "", denial.Identity, []explain.Help{check, add}},
		{"an Allow under a template condition, and a boundary", `!If [IsDev, ` + allow + `, !Ref "AWS::NoValue"]`, readOnly, denial.Identity, []explain.Help{change, add}},
		{"an Allow on a resource of a parameter", `{PolicyName: a, PolicyDocument: {Statement: [{Effect: Allow, Action: "dynamodb:*", Resource: !Ref Table}]}}`, "", denial.Identity, []explain.Help{check, add}},
		{"an Allow on other resources, in part of a parameter", `{PolicyName: a, PolicyDocument: {Statement: [{Effect: Allow, Action: "dynamodb:*", Resource: !Sub "arn:aws:dynamodb:*:*:table/other-${Table}"}]}}`, "", denial.Identity, []explain.Help{add}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newExplainer(t, `
Parameters: {Env: {Type: String, AllowedValues: [dev, prod]}, Table: {Type: String}}
Conditions: {IsDev: !Equals [!Ref Env, dev]}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: app
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies: [`+test.policies+`]
      `+test.boundary+`
`)
			got, err := e.ExplainDenial(denial.Denial{Action: "dynamodb:PutItem", Principal: "arn:aws:sts::111122223333:assumed-role/app/s",
				Resource: "arn:aws:dynamodb:eu-west-1:111122223333:table/orders", Policy: test.policy})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Help, test.help) {
				t.Errorf("help %v, want %v (decision %s, boundary %q)", got.Help, test.help, got.Decision, got.Boundary)
			}
			if hasStatement := len(got.Statements) > 0; hasStatement != slices.Contains(test.help, add) {
				t.Errorf("statements %v with help %v", got.Statements, got.Help)
			}
		})
	}
}
