// The inputs of TestTheFourCommandsAgree: the test data, and small inputs for
// which the policy commands once disagreed.

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

// extraInputs are policy documents and templates that are difficult to evaluate.
var extraInputs = map[string]string{
	"short arn": `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["iam:CreateLoginProfile","sns:Publish"],"Resource":["arn:aws:iam::111122223333","arn:aws:sns:*"]},
		{"Effect":"Deny","Action":"sns:*","Resource":"arn:aws:sns:us-east-1"}]}`,
	"no permission needed":                       `{"Statement":[{"Effect":"Allow","Action":"sts:Get*","Resource":"*"},{"Effect":"Deny","Action":"sts:GetSessionToken","Resource":"*"}]}`,
	"wildcard in the service":                    `{"Statement":[{"Effect":"Allow","Action":["e*2:RunInstances","sqs:SendMessage"],"Resource":"*"},{"Effect":"Deny","Action":"?qs:SendMessage","Resource":"*"}]}`,
	"a principal in an identity policy":          roleTemplate(`{Effect: Allow, Principal: '*', Action: 's3:GetObject', Resource: '*'}, {Effect: Deny, Principal: '*', Action: 'sqs:*', Resource: '*'}, {Effect: Allow, Action: 'sqs:SendMessage', Resource: '*'}`, ``),
	"a policy of a resource without a principal": `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"},{"Effect":"Deny","Action":"sqs:SendMessage","Resource":"*"}]}`,
	"a SAM policy template":                      "Transform: AWS::Serverless-2016-10-31\nResources:\n  F: {Type: AWS::Serverless::Function, Properties: {Policies: [{S3NewPolicy: {BucketName: b}}, {S3ReadPolicy: {BucketName: b}}]}}\n",
	"a condition that is unknown":                roleTemplate(`{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*', Condition: !FindInMap [A, !Ref B, C]}`, `B: {Type: String}`),
	"an operator that is unknown":                roleTemplate(`{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*'}, {Effect: Deny, Action: 'sqs:*', Resource: '*', Condition: {StringEquals: !Ref B}}`, `B: {Type: String}`),
	"a list of allowed values":                   roleTemplate(`{Effect: Allow, Action: !Ref What, Resource: '*'}`, `What: {Type: CommaDelimitedList, AllowedValues: ['s3:GetObject', 'sqs:SendMessage']}`),
	"NotAction with a refused action":            `{"Statement":[{"Effect":"Allow","NotAction":["*:RunInstances"],"Resource":"*"}]}`,
	"an invalid date":                            `{"Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::a/*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2026-02-30T00:00:00Z"}}}]}`,
	"an invalid number":                          `{"Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::a","Condition":{"NumericLessThan":{"s3:max-keys":"ten"}}}]}`,
	"an invalid address":                         `{"Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::a/*","Condition":{"IpAddress":{"aws:SourceIp":"300.1.2.3/8"}}}]}`,
	"a variable for a Boolean":                   `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::a/*","Condition":{"Bool":{"aws:SecureTransport":"${aws:PrincipalTag/tls}"}}}]}`,
	"ForAnyValue with IfExists":                  `{"Statement":[{"Effect":"Allow","Action":"ec2:DeleteTags","Resource":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["a*"]}}}]}`,
	"passed to a service":                        `{"Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/x","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}]}`,
	"a variable in a resource":                   `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::home/${aws:username}/*"}]}`,
	"the policy of a bucket":                     `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}]}`,
	"a parameter with a default":                 roleTemplate(`{Effect: Allow, Action: 'iam:AttachRolePolicy', Resource: !Ref Where}`, `Where: {Type: String, Default: '*'}`),
	"a parameter without a default":              roleTemplate(`{Effect: Allow, Action: 'iam:AttachRolePolicy', Resource: !Sub 'arn:aws:iam::111122223333:role/${Where}'}`, `Where: {Type: String}`),
	"a parameter that denies":                    roleTemplate(`{Effect: Allow, Action: 's3:*', Resource: '*'}, {Effect: Deny, Action: 's3:*', Resource: !Ref Where}`, `Where: {Type: String}`),
	"one of the allowed values":                  roleTemplate(`{Effect: Allow, Action: 'iam:AttachRolePolicy', Resource: !Ref Where}`, `Where: {Type: String, AllowedValues: ['*', 'arn:aws:iam::111122223333:role/a']}`),
	"each of the allowed values":                 roleTemplate(`{Effect: Allow, Action: !Ref What, Resource: '*'}`, `What: {Type: String, AllowedValues: ['s3:*', 's3:GetObject']}`),
	"an allowed value that denies":               roleTemplate(`{Effect: Allow, Action: 's3:*', Resource: '*'}, {Effect: Deny, Action: 's3:*', Resource: !Ref Where}`, `Where: {Type: String, AllowedValues: ['*', 'arn:aws:s3:::a/*']}`),
	"an action of a parameter":                   roleTemplate(`{Effect: Allow, Action: !Ref What, Resource: '*'}`, `What: {Type: String}`),
	"an import":                                  roleTemplate(`{Effect: Allow, Action: 'secretsmanager:GetSecretValue', Resource: !ImportValue Secrets}`, ``),
	"a dynamic reference":                        roleTemplate(`{Effect: Allow, Action: 'kms:Decrypt', Resource: '{{resolve:ssm:/keys}}'}`, ``),
	"a condition of a parameter":                 roleTemplate(`{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*', Condition: {StringEquals: {'aws:PrincipalOrgID': !Ref Organization}}}`, `Organization: {Type: String}`),
	"a macro":                                    "Transform: Other\n" + roleTemplate(`{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*'}`, ``),
	"a nested stack":                             roleTemplate(`{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*'}`, ``) + "  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://example.com/t.yaml'}}\n",
	"a custom resource":                          roleTemplate(`{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*'}`, ``) + "  Own: {Type: Custom::Own, Properties: {ServiceToken: 'arn:aws:lambda:us-east-1:111122223333:function:f'}}\n",
	"a statement included":                       roleTemplate(`{'Fn::Transform': {Name: AWS::Include, Parameters: {Location: 's3://a/b'}}}`, ``),
	"a policy attached by parameter":             roleTemplate(`{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*'}`, `Policy: {Type: String}`) + "      ManagedPolicyArns: [!Ref Policy]\n",
	"a boundary by parameter":                    roleTemplate(`{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*'}`, `Boundary: {Type: String}`) + "      PermissionsBoundary: !Ref Boundary\n",
	"a boundary by condition":                    "Conditions: {Has: !Equals [!Ref Bound, 'yes']}\n" + roleTemplate(`{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*'}`, `Bound: {Type: String}`) + "      PermissionsBoundary: !If [Has, 'arn:aws:iam::111122223333:policy/b', !Ref AWS::NoValue]\n",
	"a group elsewhere":                          "Resources:\n  U: {Type: AWS::IAM::User, Properties: {UserName: u, Groups: [Admins]}}\n",
	"the policy of a bucket next to a role": roleTemplate(`{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*'}`, ``) +
		"  B: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: b, PolicyDocument: {Statement: [{Effect: Allow, Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::b/*'}]}}}\n",
	"a managed policy alone": "Resources:\n  P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: '*'}]}}}\n",
	"a document in a string": "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument: '{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"iam:PutUserPolicy\",\"Resource\":\"*\"}]}'\n",
}

// roleTemplate returns a template with these parameters, and one role that has
// these statements. More properties of the role, or resources, can be appended.
func roleTemplate(statements, parameters string) string {
	return "Parameters: {" + parameters + "}\n" + `Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [` + statements + `]}}]
`
}

func testFiles(t *testing.T) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(filepath.ToSlash(path), "testdata/") && slices.Contains([]string{".json", ".yaml", ".yml"}, filepath.Ext(path)) {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// matrixInputs returns the texts of the policy documents and templates, by
// name.
func matrixInputs(t *testing.T) map[string]string {
	inputs := map[string]string{}
	for _, path := range testFiles(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := document.ReadSet("", text); err == nil {
			inputs[filepath.ToSlash(path)] = string(text)
		}
	}
	if len(inputs) < 100 {
		t.Fatalf("only %d inputs below testdata", len(inputs))
	}
	for _, extra := range []map[string]string{extraInputs, extraTrustInputs, extraUnknownInputs} {
		for name, text := range extra {
			inputs["own/"+name] = text
		}
	}
	return inputs
}
