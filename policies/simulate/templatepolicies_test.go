// Tests of resource policies, with and without a role that makes the request.

package simulate

import (
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

const bucketPolicyTemplate = `
Parameters: {Who: {Type: String}}
Resources:
  B: {Type: AWS::S3::Bucket, Properties: {BucketName: b}}
  P:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref B
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
        - {Effect: Allow, Principal: {AWS: !GetAtt R.Arn}, Action: "s3:DeleteObject", Resource: "arn:aws:s3:::b/*"}
        - {Effect: Deny, Principal: {AWS: !GetAtt R.Arn}, Action: "s3:ListBucket", Resource: "arn:aws:s3:::b"}
        - {Effect: Allow, Principal: {AWS: !GetAtt Other.Arn}, Action: "s3:PutObject", Resource: "arn:aws:s3:::b/*"}
        - {Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}, Action: ["s3:GetObject", "s3:PutObjectTagging"], Resource: "arn:aws:s3:::b/*"}
        - {Effect: Allow, Principal: {AWS: "arn:aws:iam::444455556666:role/stack-R-1ABC"}, Action: "s3:PutObjectAcl", Resource: "arn:aws:s3:::b/*"}
        - {Effect: Allow, Principal: !Ref Who, Action: "s3:RestoreObject", Resource: "arn:aws:s3:::b/*"}
  Made: {Type: AWS::SQS::Queue}
  Q: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Made], PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "sqs:SendMessage", Resource: "*"}]}}}
  F: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Principal: !GetAtt R.Arn, Action: "lambda:InvokeFunction"}}
  G: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Principal: "*", Action: "lambda:GetFunction"}}
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: ["s3:ListBucket", "s3:GetObject"], Resource: "*"}]}}]
  Other:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
`

func TestResourcePoliciesOfTemplate(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("t.yaml", []byte(bucketPolicyTemplate))
	if err != nil {
		t.Fatal(err)
	}
	role, err := FindHolder(set, "t", Role, "R")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		action, resource string
		want             Decision
		unknown          bool
		part             string // the part of the first statement that decides
	}{
		{"s3:DeleteObject", "arn:aws:s3:::b/k", Allowed, false, partResource},
		{"s3:ListBucket", "arn:aws:s3:::b", ExplicitDeny, false, partResource},
		{"s3:ListBucket", "arn:aws:s3:::c", Allowed, false, partIdentity},
		{"s3:DeleteObject", "arn:aws:s3:::c/k", ImplicitDeny, false, ""},
		{"s3:PutObject", "arn:aws:s3:::b/k", ImplicitDeny, false, ""},        // allowed for another role of the template only
		{"s3:PutObjectTagging", "arn:aws:s3:::b/k", ImplicitDeny, false, ""}, // allowed for the account, so the role's own policies decide
		{"s3:GetObject", "arn:aws:s3:::b/k", Allowed, false, partIdentity},   // allowed for the account, and by the role's own policies
		{"s3:PutObjectAcl", "arn:aws:s3:::b/k", ImplicitDeny, true, ""},      // allowed if R has the name stack-R-1ABC, in account 444455556666
		{"s3:RestoreObject", "arn:aws:s3:::b/k", ImplicitDeny, true, ""},     // allowed if the parameter Who is the role
		{"sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", ImplicitDeny, true, ""},
		{"lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:111122223333:function:f", Allowed, false, partResource},
		{"lambda:GetFunction", "arn:aws:lambda:eu-west-1:111122223333:function:f", Allowed, false, partResource},
		{"lambda:GetFunction", "arn:aws:lambda:eu-west-1:111122223333:function:g", ImplicitDeny, false, ""},
	} {
		var s Simulation
		s.SetHolder(role, set)
		o := runOne(t, &s, test.action, test.resource)
		part := ""
		if len(o.Statements) > 0 {
			part = o.Statements[0].Part
		}
		if o.Decision != test.want || o.Unknown != test.unknown || part != test.part {
			t.Errorf("%s on %s: %s by %q, unknown %v; want %s by %q, unknown %v\n%s", test.action, test.resource, o.Decision, part, o.Unknown,
				test.want, test.part, test.unknown, strings.Join(o.Notes, "\n"))
		}
	}
}

// Without a role, the policies of the requested resource decide alone.
func TestResourcePoliciesWithoutRole(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("t.yaml", []byte(bucketPolicyTemplate[:strings.Index(bucketPolicyTemplate, "  R:\n")]))
	if err != nil {
		t.Fatal(err)
	}
	for action, want := range map[string]Decision{"lambda:GetFunction arn:aws:lambda:eu-west-1:111122223333:function:f": Allowed, "lambda:GetFunction arn:aws:lambda:eu-west-1:111122223333:function:g": ImplicitDeny,
		"s3:DeleteObject arn:aws:s3:::b/k": Allowed, "s3:DeleteObject arn:aws:s3:::c/k": ImplicitDeny} {
		var s Simulation
		if err := s.AddPolicies(set); err != nil {
			t.Fatal(err)
		}
		name, resource, _ := strings.Cut(action, " ")
		if o := runOne(t, &s, name, resource); o.Decision != want {
			t.Errorf("%s: %s, want %s: %v", action, o.Decision, want, o.Notes)
		}
	}
}

func runOne(t *testing.T, s *Simulation, action, resource string) Outcome {
	t.Helper()
	if _, err := s.AddAction(action); err != nil {
		t.Fatal(err)
	}
	if err := s.AddResource(resource); err != nil {
		t.Fatal(err)
	}
	outcomes, err := s.Run()
	if err != nil {
		t.Fatal(err)
	}
	return outcomes[0]
}

// A parameter whose value is not in the set, because it has NoEcho, can have the name,
// the URL or the ARN of the resource that a policy protects.
func TestNameOrARNOfProtectedResource(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("t.yaml", []byte(`
Parameters: {Topic: {Type: String, NoEcho: true}, Queue: {Type: String, NoEcho: true}}
Resources:
  Q: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Deny, Principal: "*", Action: "sqs:*", Resource: "*"}]}}}
  P: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref Topic], PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Deny, Principal: "*", Action: "sns:*", Resource: "*"}]}}}
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: ["sns:*", "sqs:*"], Resource: "*"}]}}]
`))
	if err != nil {
		t.Fatal(err)
	}
	role, err := FindHolder(set, "t", Role, "R")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		topic, queue, action, resource string
		want                           Decision
		unknown                        bool
	}{
		{"t", "", "sns:Publish", "arn:aws:sns:eu-west-1:111122223333:t", ExplicitDeny, false},
		{"arn:aws:sns:eu-west-1:111122223333:t", "", "sns:Publish", "arn:aws:sns:eu-west-1:111122223333:t", ExplicitDeny, false},
		{"arn:aws:sns:eu-west-1:111122223333:u", "", "sns:Publish", "arn:aws:sns:eu-west-1:111122223333:t", Allowed, false},
		{"", "https://sqs.eu-west-1.amazonaws.com/111122223333/q", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", Allowed, true},
		{"", "arn:aws:sqs:eu-west-1:111122223333:q", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", ExplicitDeny, false},
	} {
		s := Simulation{Parameters: map[string]string{"Topic": test.topic, "Queue": test.queue}}
		s.SetHolder(role, set)
		if o := runOne(t, &s, test.action, test.resource); o.Decision != test.want || o.Unknown != test.unknown {
			t.Errorf("%s%s: %s, unknown %t, want %s, %t: %q", test.topic, test.queue, o.Decision, o.Unknown, test.want, test.unknown, o.Notes)
		}
	}
}

// A part of a template that only limits permissions is not evaluated, and a note says so.
func TestPartThatLimits(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("t.yaml", []byte(`
Resources:
  E: {Type: AWS::EC2::VPCEndpoint, Properties: {PolicyDocument: {Statement: [{Effect: Deny, Principal: "*", Action: "*", Resource: "*"}]}}}
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}}]
`))
	if err != nil {
		t.Fatal(err)
	}
	role, err := FindHolder(set, "t", Role, "R")
	if err != nil {
		t.Fatal(err)
	}
	var s Simulation
	s.SetHolder(role, set)
	const want = "AWS::EC2::VPCEndpoint E is not evaluated: it may limit what is allowed"
	if o := runOne(t, &s, "s3:GetObject", "arn:aws:s3:::b/k"); !slices.Contains(o.Notes, want) {
		t.Errorf("notes %q", o.Notes)
	}
}
