// Tests of what a template gives to a role or user only under a condition, or
// leaves to other stacks.

package simulate_test

import (
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// holderTemplate has roles and users whose policies depend on conditions.
const holderTemplate = `
Parameters: {Stage: {Type: String, AllowedValues: [dev, prod]}}
Conditions:
  Test: !Equals [!Ref AWS::Region, us-east-1]
  Prod: !Equals [!Ref Stage, prod]
Resources:
  Admin:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!If [Test, arn:aws:iam::aws:policy/AdministratorAccess, !Ref AWS::NoValue]]
` + trustPolicyYAML + `  Always:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!If [Prod, arn:aws:iam::aws:policy/AdministratorAccess, !Ref AWS::NoValue], !If [Prod, !Ref AWS::NoValue, arn:aws:iam::aws:policy/AdministratorAccess]]
` + trustPolicyYAML

// decideFor runs a request by the role or user of a template with a name.
func decideFor(t *testing.T, template string, kind document.Kind, name, action, resource string) simulate.Outcome {
	t.Helper()
	set, err := document.ReadSet("t.yaml", []byte(template))
	if err != nil {
		t.Fatal(err)
	}
	h, err := simulate.FindHolder(set, "t.yaml", kind, name)
	if err != nil {
		t.Fatal(err)
	}
	var s simulate.Simulation
	s.SetHolder(h, set)
	return run(t, &s, action, resource)
}

// An AWS managed policy that is attached under a template condition may not be
// attached.
func TestAttachedUnderCondition(t *testing.T) {
	t.Parallel()
	const object = "arn:aws:s3:::b/k"
	if o := decideFor(t, holderTemplate, simulate.Role, "Admin", "s3:GetObject", object); o.Decision != simulate.ImplicitDeny || !o.Unknown {
		t.Errorf("a policy under a condition: %s, unknown: %t", o.Decision, o.Unknown)
	}
	if o := decideFor(t, holderTemplate, simulate.Role, "Always", "s3:GetObject", object); o.Decision != simulate.Allowed || o.Unknown {
		t.Errorf("a policy under both values of a parameter: %s, unknown: %t, %q", o.Decision, o.Unknown, o.Notes)
	}
}
