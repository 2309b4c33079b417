// Tests of what a request and its template imply: the region that was called, the
// names of buckets, and the roles of a configuration with a prefix.

package simulate

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestRegionOfTheResource(t *testing.T) {
	t.Parallel()
	const policy = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}},
		{"Effect":"Allow","Action":"sns:*","Resource":"arn:aws:sns:${aws:RequestedRegion}:111122223333:t"}]}`
	for _, test := range []struct {
		action, resource, region string
		want                     Decision
		assumed                  bool
	}{
		{"sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", "", Allowed, true},
		{"sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:q", "", ImplicitDeny, true},
		{"sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:q", "eu-west-1", Allowed, false},
		{"sqs:SendMessage", "arn:aws:sqs:*:111122223333:q", "", ImplicitDeny, false},
		{"sqs:SendMessage", "", "", ImplicitDeny, false},
		{"sns:Publish", "arn:aws:sns:eu-west-1:111122223333:t", "", Allowed, true},
	} {
		doc, err := document.Read("p.json", []byte(policy))
		if err != nil {
			t.Fatal(err)
		}
		var s Simulation
		if err := s.AddPolicy(document.Policy{Name: "p", Document: doc}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AddAction(test.action); err != nil {
			t.Fatal(err)
		}
		if test.resource != "" {
			if err := s.AddResource(test.resource); err != nil {
				t.Fatal(err)
			}
		}
		if test.region != "" {
			s.AddContext("aws:RequestedRegion", test.region)
		}
		outcomes, err := s.Run()
		if err != nil {
			t.Fatal(err)
		}
		o := outcomes[0]
		if assumed := slices.ContainsFunc(o.Notes, func(note string) bool { return strings.HasPrefix(note, "aws:RequestedRegion is assumed") }); o.Decision != test.want || assumed != test.assumed {
			t.Errorf("%+v: %s, %q", test, o.Decision, o.Notes)
		}
	}
}

const bucketsTemplate = `
Resources:
  Data: {Type: AWS::S3::Bucket, Properties: {BucketName: bank-data}}
  Made: {Type: AWS::S3::Bucket}
  Chosen: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "bank-${AWS::Region}"}}
  AWSIAMRoleNodes:
    Type: AWS::IAM::Role
    Properties:
      RoleName: bank-nodes.cluster-api-provider-aws.sigs.k8s.io
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies:
      - PolicyName: p
        PolicyDocument:
          Version: "2012-10-17"
          Statement:
          - {Effect: Allow, Action: "s3:GetObject", Resource: !Sub "${Data.Arn}/*"}
          - {Effect: Allow, Action: "s3:PutObject", Resource: !Sub "arn:aws:s3:::${Data}/*"}
          - {Effect: Allow, Action: "s3:DeleteObject", Resource: !Sub "${Made.Arn}/*"}
          - {Effect: Allow, Action: "s3:GetObjectAcl", Resource: !Sub "${Chosen.Arn}/*"}
  Other:
    Type: AWS::IAM::Role
    Properties:
      RoleName: bank-others
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
`

func TestBucketNames(t *testing.T) {
	t.Parallel()
	one, err := document.ReadSet("t.yaml", []byte(bucketsTemplate))
	if err != nil {
		t.Fatal(err)
	}
	set := document.Merge(one)
	for _, test := range []struct {
		action, resource string
		want             Decision
		unknown          bool
	}{
		{"s3:GetObject", "arn:aws:s3:::bank-data/k", Allowed, false},
		{"s3:GetObject", "arn:aws:s3:::other/k", ImplicitDeny, false},
		{"s3:PutObject", "arn:aws:s3:::bank-data/k", Allowed, false},
		{"s3:DeleteObject", "arn:aws:s3:::bank-data/k", ImplicitDeny, true},
		{"s3:GetObjectAcl", "arn:aws:s3:::bank-data/k", ImplicitDeny, true},
	} {
		h, err := FindHolder(set, "t", Role, "nodes")
		if err != nil {
			t.Fatal(err)
		}
		var s Simulation
		s.SetHolder(h, set)
		if o := runOne(t, &s, test.action, test.resource); o.Decision != test.want || o.Unknown != test.unknown {
			t.Errorf("%s on %s: %s, unknown: %t, %q", test.action, test.resource, o.Decision, o.Unknown, o.Notes)
		}
	}
}

// Only the names of CAPA's roles are found without the prefix of the configuration.
func TestNamesWithoutPrefix(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("t.yaml", []byte(bucketsTemplate))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"nodes": true, "bank-nodes": true, "others": false, "bank-others": true, "node": false, "odes": false} {
		if _, err := FindHolder(set, "t", Role, name); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	const two = "R: {Type: AWS::IAM::Role, Properties: {RoleName: bank-%s, AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: x.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}\n"
	text := strings.ReplaceAll(two, "R:", "AWSIAMRoleControlPlane:")
	text = fmt.Sprintf(text+strings.ReplaceAll(two, "R:", "AWSIAMRoleEKSControlPlane:"), "control-plane", "eks-controlplane")
	if set, err = document.ReadSet("t.yaml", []byte(text)); err != nil {
		t.Fatal(err)
	}
	if h, err := FindHolder(set, "t", Role, "control-plane"); err != nil || h.LogicalID != "AWSIAMRoleControlPlane" {
		t.Errorf("control-plane: %v, %v", h, err)
	}
	for _, name := range []string{"controlplane", "plane"} {
		if h, err := FindHolder(set, "t", Role, name); err == nil {
			t.Errorf("%s: found %s", name, h.Name)
		}
	}
}

// References to resources with given names have known values, except for a
// logical ID that two templates define differently.
func TestResourceNames(t *testing.T) {
	t.Parallel()
	const template = `
Conditions: {C: !Equals [!Ref "AWS::Region", eu-west-1]}
Resources:
  X: {Type: %s, Properties: {%s}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: r
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies:
      - PolicyName: p
        PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "%s", Resource: %s}]}
`
	for _, test := range []struct {
		resourceType, properties, action, reference, resource string
		want                                                  string
	}{
		{"AWS::SQS::Queue", "QueueName: q", "sqs:SendMessage", "!GetAtt X.Arn", "arn:aws:sqs:eu-west-1:111122223333:q", "allowed"},
		{"AWS::SQS::Queue", "QueueName: q", "sqs:SendMessage", "!GetAtt X.Arn", "arn:aws:sqs:eu-west-1:111122223333:r", "denied"},
		{"AWS::SQS::Queue", "QueueName: q", "sqs:SendMessage", "!Ref X", "arn:aws:sqs:eu-west-1:111122223333:q", "unknown"},
		{"AWS::SQS::Queue", "QueueName: !If [C, q, r]", "sqs:SendMessage", "!GetAtt X.Arn", "arn:aws:sqs:eu-west-1:111122223333:q", "unknown"},
		{"AWS::SNS::Topic", "TopicName: t", "sns:Publish", "!Ref X", "arn:aws:sns:eu-west-1:111122223333:t", "allowed"},
		{"AWS::SNS::Topic", "TopicName: t", "sns:Publish", "!Ref X", "arn:aws:sns:eu-west-1:111122223333:u", "denied"},
		{"AWS::Kinesis::Stream", "Name: s", "kinesis:PutRecord", "!GetAtt [X, Arn]", "arn:aws:kinesis:eu-west-1:111122223333:stream/s", "allowed"},
		{"AWS::Logs::LogGroup", "LogGroupName: g", "logs:PutLogEvents", `!Sub "arn:aws:logs:*:*:log-group:${X}:*"`, "arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:s", "allowed"},
		{"AWS::DynamoDB::Table", "TableName: t", "dynamodb:GetItem", `!Sub "arn:aws:dynamodb:*:*:table/${X}"`, "arn:aws:dynamodb:eu-west-1:111122223333:table/t", "allowed"},
		{"AWS::DynamoDB::Table", "KeySchema: []", "dynamodb:GetItem", "!GetAtt X.Arn", "arn:aws:dynamodb:eu-west-1:111122223333:table/t", "unknown"},
		{"AWS::SecretsManager::Secret", "Name: s", "secretsmanager:GetSecretValue", "!Ref X", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s-AbCdEf", "unknown"},
	} {
		set, err := document.ReadSet("t.yaml", fmt.Appendf(nil, template, test.resourceType, test.properties, test.action, test.reference))
		if err != nil {
			t.Fatal(err)
		}
		other, err := document.ReadSet("u.yaml", []byte("Resources: {X: {Type: AWS::IAM::Role, Properties: {RoleName: x, AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}}"))
		if err != nil {
			t.Fatal(err)
		}
		for _, both := range []bool{false, true} {
			merged, want := document.Merge(set), test.want
			if both {
				merged, want = document.Merge(set, other), "unknown"
			}
			h, err := FindHolder(merged, "t", Role, "r")
			if err != nil {
				t.Fatal(err)
			}
			var s Simulation
			s.SetHolder(h, merged)
			o := runOne(t, &s, test.action, test.resource)
			got := map[Decision]string{Allowed: "allowed", ImplicitDeny: "denied"}[o.Decision]
			if o.Unknown {
				got = "unknown"
			}
			if got != want {
				t.Errorf("%+v, with another template: %t: %s, %q", test, both, got, o.Notes)
			}
		}
	}
}

// If the ARN of an AWS managed policy has the partition of the stack, the ARNs in the
// policy have the partition of the request.
func TestManagedPolicyOfThePartition(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("t.yaml", []byte(`
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!Sub "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"]
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
  B:
    Type: AWS::IAM::Role
    Properties:
      PermissionsBoundary: !Sub "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}}]
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		role, partition string
		assumed         bool
	}{{"R", "aws", false}, {"R", "aws-cn", true}, {"B", "aws", false}, {"B", "aws-cn", false}} {
		role, err := FindHolder(set, "t", Role, test.role)
		if err != nil {
			t.Fatal(err)
		}
		var s Simulation
		s.SetHolder(role, set)
		o := runOne(t, &s, "ec2:ModifyVolume", "arn:"+test.partition+":ec2:cn-north-1:111122223333:volume/vol-1")
		assumed := slices.ContainsFunc(o.Notes, func(note string) bool { return strings.Contains(note, "is assumed: the content that AWS publishes") })
		if o.Decision != Allowed || assumed != test.assumed {
			t.Errorf("%s in %s: %s, %q", test.role, test.partition, o.Decision, o.Notes)
		}
	}
}
