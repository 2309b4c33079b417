// Tests of custom resources in the template.

package simulate

import (
	"testing"

	"capaboot/policies/document"
)

// A custom resource makes a decision unknown if the decision depends on a value of the
// resource, or if the resource is given the role or one of its policies.
func TestCustomResources(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, resource, action string
		decision               Decision
		unknown                bool
	}{
		{"nothing depends on it", `{Type: "Custom::X", Properties: {ServiceToken: !GetAtt F.Arn, Name: !Ref B}}`, "s3:GetObject", Allowed, false},
		{"a denial", `{Type: "AWS::CloudFormation::CustomResource", Properties: {ServiceToken: !GetAtt F.Arn}}`, "s3:PutObject", ImplicitDeny, false},
		{"a value of it decides", `{Type: "Custom::X", Properties: {ServiceToken: !GetAtt F.Arn}}`, "s3:DeleteObject", ImplicitDeny, true},
		{"it is given the role", `{Type: "Custom::X", Properties: {ServiceToken: !GetAtt F.Arn, Role: !GetAtt R.Arn}}`, "s3:GetObject", Allowed, true},
		{"it is given a policy of the role", `{Type: "Custom::X", Properties: {ServiceToken: !GetAtt F.Arn, Policies: [!Sub "${P}"]}}`, "s3:GetObject", Allowed, true},
		{"a nested stack", `{Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: x}}`, "s3:GetObject", Allowed, true},
		{"another type", `{Type: "Vendor::Service::Thing"}`, "s3:GetObject", Allowed, true},
	} {
		set, err := document.ReadSet("t.yaml", []byte(`Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: r
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      ManagedPolicyArns: [!Ref P]
  P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: '*'}, {Effect: Allow, Action: 's3:DeleteObject', Resource: !GetAtt C.Arn}]}}}
  B: {Type: AWS::S3::Bucket}
  C: `+test.resource+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		h, err := FindHolder(set, "t", Role, "R")
		if err != nil {
			t.Fatal(err)
		}
		var s Simulation
		s.SetHolder(h, set)
		if o := runOne(t, &s, test.action, "arn:aws:s3:::b/k"); o.Decision != test.decision || o.Unknown != test.unknown {
			t.Errorf("%s: %s, unknown %t: %q", test.name, o.Decision, o.Unknown, o.Notes)
		}
	}
}
