// Tests that a reference to a resource with a given name equals its name or ARN.

package diff

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestReferencesToNamedResources(t *testing.T) {
	const (
		trust    = `{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}`
		template = `
Parameters: {Name: {Type: String, Default: b}}
Resources:
  B: {Type: AWS::S3::Bucket, Properties: {BucketName: b}}
  P: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name}}
  G: {Type: AWS::S3::Bucket}
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
  O: {Type: AWS::IAM::Role, Properties: {RoleName: o, Path: /a/, AssumeRolePolicyDocument: ` + trust + `}}
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: ` + trust + `
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "%s", Resource: %s}]}}]
`
	)
	read := func(action, resource string) *document.Set {
		set, err := document.ReadSet("t.yaml", fmt.Appendf(nil, template, action, resource))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for _, test := range []struct {
		action, a, b, lost string // lost has the lost resource, "" for none
	}{
		{"s3:ListBucket", "!GetAtt B.Arn", `!Sub "arn:${AWS::Partition}:s3:::b"`, ""},
		{"s3:ListBucket", "!GetAtt B.Arn", `!Sub "arn:${AWS::Partition}:s3:::${B}"`, ""},
		{"s3:GetObject", `!Sub "${B.Arn}/*"`, `!Sub "arn:${AWS::Partition}:s3:::b/*"`, ""},
		{"sqs:SendMessage", "!GetAtt Q.Arn", `!Sub "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:q"`, ""},
		{"iam:PassRole", "!GetAtt O.Arn", `!Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/a/${O}"`, ""},
		{"iam:PassRole", "!GetAtt O.Arn", `!Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/o"`, "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/a/o"},
		{"s3:ListBucket", "!GetAtt B.Arn", `!Sub "arn:${AWS::Partition}:s3:::c"`, "arn:${AWS::Partition}:s3:::b"},
		// AWS or a parameter decides the name of G and P, so their references stay.
		{"s3:ListBucket", "!GetAtt G.Arn", `!Sub "arn:${AWS::Partition}:s3:::g"`, "${GetAtt:G.Arn}"},
		{"s3:ListBucket", "!GetAtt P.Arn", `!Sub "arn:${AWS::Partition}:s3:::b"`, "${GetAtt:P.Arn}"},
	} {
		var lost []string
		for _, p := range Compare(read(test.action, test.a), read(test.action, test.b)).Principals {
			for _, grant := range p.Lost {
				lost = append(lost, grant.Resources...)
			}
		}
		if got := strings.Join(lost, " "); got != test.lost {
			t.Errorf("%s on %s, then on %s: lost %q, want %q", test.action, test.a, test.b, got, test.lost)
		}
	}
	// The template can also change the name, and keep the reference.
	before, after := read("s3:ListBucket", "!GetAtt B.Arn"), fmt.Sprintf(strings.Replace(template, "BucketName: b", "BucketName: new", 1), "s3:ListBucket", "!GetAtt B.Arn")
	set, err := document.ReadSet("t.yaml", []byte(after))
	if err != nil {
		t.Fatal(err)
	}
	result := Compare(before, set)
	if len(result.Principals) != 1 || len(result.Principals[0].Gained) != 1 || result.Principals[0].Gained[0].Resources[0] != "arn:${AWS::Partition}:s3:::new" {
		t.Errorf("a new name: %+v", result.Principals)
	}
}
