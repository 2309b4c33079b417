// Tests of the values of template parameters.

package simulate_test

import (
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// The value that is given for a Systems Manager parameter is only the name of
// the real value. Its allowed values are names too.
func TestParameterOfSystemsManager(t *testing.T) {
	t.Parallel()
	const template = `
Parameters: {Bucket: {Type: 'AWS::SSM::Parameter::Value<String>', AllowedValues: [name, other]}}
Mappings: {Buckets: {prod: {all: '*'}, dev: {all: 'arn:aws:s3:::dev/*'}}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      Policies:
      - PolicyName: p
        PolicyDocument:
          Version: '2012-10-17'
          Statement:
          - {Effect: Allow, Action: 's3:GetObject', Resource: !Sub 'arn:aws:s3:::${Bucket}/*'}
          - {Effect: Allow, Action: 's3:PutObject', Resource: !FindInMap [Buckets, !Ref Bucket, all]}
` + trustPolicyYAML
	for _, given := range []map[string]string{nil, {"Bucket": "name"}} {
		for _, action := range []string{"s3:GetObject", "s3:PutObject"} {
			set, err := document.ReadSetWith("t.yaml", []byte(template), document.Options{Parameters: given})
			if err != nil {
				t.Fatal(err)
			}
			s := simulate.Simulation{Parameters: given}
			h, err := simulate.FindHolder(set, "t.yaml", simulate.Role, "R")
			if err != nil {
				t.Fatal(err)
			}
			s.SetHolder(h, set)
			if o := run(t, &s, action, "arn:aws:s3:::name/k"); o.Decision != simulate.ImplicitDeny || !o.Unknown {
				t.Errorf("given %v: %s is %s, unknown %t", given, action, o.Decision, o.Unknown)
			}
		}
	}
}
