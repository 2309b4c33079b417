// Tests of resource policies, of documents that are strings, and of the roles of
// SAM and IAM Identity Center.

package document

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// describeGrants returns the statements, attachments and unread parts of a set
// as text.
func describeGrants(s *Set) string {
	var b strings.Builder
	for _, h := range s.Principals {
		fmt.Fprintf(&b, "%s %s %s", h.Kind, h.Name, h.ResourceType)
		for _, p := range h.Policies {
			for _, s := range p.Document.Statements {
				fmt.Fprintf(&b, " [%s %s %s %s %s]", s.Effect, s.Principals, s.Actions, s.Resources, s.Conditions)
			}
		}
		fmt.Fprintf(&b, " %s\n", strings.Join(h.Attached, ", "))
	}
	for _, u := range s.Unread {
		if u.Role == "" {
			fmt.Fprintf(&b, "unread %s %t\n", u.Name(), u.Grants)
		}
	}
	return b.String()
}

func TestResourcePolicies(t *testing.T) {
	doc := `{Statement: {Effect: Allow, Principal: "*", Action: "a:b", Resource: "*"}}`
	read := " [Allow [AWS *] [a:b] [*] []] \n"
	const bus = `X: {Type: AWS::Events::EventBusPolicy, Properties: {StatementId: a, Action: "events:PutEvents", Principal: "*", Condition: `
	busRead := func(conditions ...string) string {
		text := "policy X AWS::Events::EventBusPolicy"
		for _, c := range conditions {
			text += " [Allow [AWS *] [events:PutEvents] [arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default] " + c + "]"
		}
		return text + " \n"
	}
	for _, c := range []struct{ name, text, want string }{
		{"a bucket", `X: {Type: AWS::S3::BucketPolicy, Properties: {PolicyDocument: ` + doc + `}}`, "policy X AWS::S3::BucketPolicy" + read},
		{"a key", `X: {Type: AWS::KMS::Key, Properties: {KeyPolicy: ` + doc + `}}`, "policy X AWS::KMS::Key" + read},
		{"a repository", `X: {Type: AWS::ECR::Repository, Properties: {RepositoryPolicyText: ` + doc + `}}`, "policy X AWS::ECR::Repository" + read},
		{"a nested property of a table", `X: {Type: AWS::DynamoDB::Table, Properties: {ResourcePolicy: {PolicyDocument: ` + doc + `}}}`, "policy X AWS::DynamoDB::Table" + read},
		{"an unknown type", `X: {Type: AWS::New::Thing, Properties: {Something: ` + doc + `}}`, "policy X AWS::New::Thing" + read},
		{"a string", `X: {Type: AWS::SQS::QueuePolicy, Properties: {PolicyDocument: '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "a:b", "Resource": "*"}}'}}`, "policy X AWS::SQS::QueuePolicy" + read},
		{"a substituted string", `X: {Type: AWS::Logs::ResourcePolicy, Properties: {PolicyDocument: !Sub '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "a:b", "Resource": "arn:${AWS::Partition}:x/${Y}"}}'}}`,
			"policy X AWS::Logs::ResourcePolicy [Allow [AWS *] [a:b] [arn:${AWS::Partition}:x/${Ref:Y}] []] \n"},
		{"Fn::ToJsonString", `X: {Type: AWS::SNS::TopicPolicy, Properties: {PolicyDocument: !ToJsonString ` + doc + `}}`, "policy X AWS::SNS::TopicPolicy" + read},
		{"a parameter", `X: {Type: AWS::SNS::TopicPolicy, Properties: {PolicyDocument: !Ref P}}`, "policy X AWS::SNS::TopicPolicy [Allow [] [${Ref:P}] [*] []] \n"},
		{"a permission of a service", `X: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Action: "lambda:InvokeFunction", Principal: s3.amazonaws.com, SourceAccount: "123456789012"}}`,
			"policy X AWS::Lambda::Permission [Allow [Service s3.amazonaws.com] [lambda:InvokeFunction] [arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:f] [StringEquals AWS:SourceAccount = 123456789012]] \n"},
		{"a permission of a service in the partition", `X: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Action: "lambda:InvokeFunction", Principal: !Sub "sns.${AWS::URLSuffix}"}}`,
			"policy X AWS::Lambda::Permission [Allow [Service sns.${AWS::URLSuffix}] [lambda:InvokeFunction] [arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:f] []] \n"},
		{"a permission of one of two services", `X: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Action: "lambda:InvokeFunction", Principal: !If [C, sns.amazonaws.com, "111122223333"]}}`,
			"policy X AWS::Lambda::Permission [Allow [Service sns.amazonaws.com] [lambda:InvokeFunction] [arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:f] []] [Allow [AWS 111122223333] [lambda:InvokeFunction] [arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:f] []] \n"},
		{"a permission of anyone", `X: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Action: "lambda:InvokeFunction", Principal: !Ref P}}`,
			"policy X AWS::Lambda::Permission [Allow [principal ${Ref:P}] [lambda:InvokeFunction] [arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:f] []] \n"},
		{"an event bus", `X: {Type: AWS::Events::EventBusPolicy, Properties: {StatementId: a, Action: "events:PutEvents", Principal: "*"}}`,
			"policy X AWS::Events::EventBusPolicy [Allow [AWS *] [events:PutEvents] [arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default] []] \n"},
		{"an event bus with a condition", bus + `{Type: StringEquals, Key: "aws:PrincipalOrgID", Value: o-1}}}`, busRead("[StringEquals aws:PrincipalOrgID = o-1]")},
		{"an event bus with one of two conditions", bus + `!If [C, {Type: StringEquals, Key: "aws:PrincipalOrgID", Value: o-1}, {Type: StringLike, Key: "aws:PrincipalOrgID", Value: "o-*"}]}}`,
			busRead("[StringEquals aws:PrincipalOrgID = o-1]", "[StringLike aws:PrincipalOrgID = o-*]")},
		{"an event bus with a condition or none", bus + `!If [C, {Type: StringEquals, Key: "aws:PrincipalOrgID", Value: o-1}, !Ref "AWS::NoValue"]}}`, busRead("[StringEquals aws:PrincipalOrgID = o-1]", "[]")},
		{"an event bus with one of two keys", bus + `{Type: !If [C, StringEquals, StringLike], Key: !If [D, "aws:PrincipalOrgID", "aws:PrincipalAccount"], Value: x}}}`,
			busRead("[StringEquals aws:PrincipalOrgID = x]", "[StringEquals aws:PrincipalAccount = x]", "[StringLike aws:PrincipalOrgID = x]", "[StringLike aws:PrincipalAccount = x]")},
		{"an event bus with an unknown key", bus + `{Type: StringEquals, Key: !ImportValue K, Value: x}}}`, busRead("[StringEquals ${ImportValue:K} = x]")},
		{"an event bus with an unknown operator", bus + `{Type: !ImportValue T, Key: "aws:PrincipalOrgID", Value: x}}}`, "unread AWS::Events::EventBusPolicy X true\n"},
		{"an event bus with an unknown condition", bus + `!ImportValue C}}`, "unread AWS::Events::EventBusPolicy X true\n"},
		{"a permission set", `X: {Type: AWS::SSO::PermissionSet, Properties: {Name: ps, InlinePolicy: {Statement: {Effect: Allow, Action: "a:b", Resource: "*"}}, ManagedPolicies: ["arn:aws:iam::aws:policy/X"], CustomerManagedPolicyReferences: [{Name: own}]}}`,
			"role ps AWS::SSO::PermissionSet [Allow [] [a:b] [*] []] arn:aws:iam::aws:policy/X, customer managed policy own\n"},
		{"a function", `X: {Type: AWS::Serverless::Function, Properties: {Policies: [AdministratorAccess, {S3NewPolicy: {BucketName: b}}, {Statement: {Effect: Allow, Action: "a:b", Resource: "*"}}]}}`,
			"role XRole  [Allow [] [a:b] [*] []] AdministratorAccess, SAM policy template S3NewPolicy {BucketName=b}, arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole\n"},
		{"a function with a role", `X: {Type: AWS::Serverless::Function, Properties: {Role: "arn:aws:iam::123456789012:role/r", Policies: AdministratorAccess}}`, ""},
		{"a dashboard that is shared", `X: {Type: AWS::QuickSight::Dashboard, Properties: {Permissions: [{Principal: "arn:aws:quicksight:eu-west-1:111122223333:user/default/a", Actions: ["quicksight:DescribeDashboard"]}]}}`, "unread Permissions of AWS::QuickSight::Dashboard X false\n"},
		{"a dashboard that is not shared", `X: {Type: AWS::QuickSight::Dashboard, Properties: {Name: d}}`, ""},
		{"a VPC endpoint, which only limits", `X: {Type: AWS::EC2::VPCEndpoint, Properties: {PolicyDocument: ` + doc + `}}`, "unread AWS::EC2::VPCEndpoint X false\n"},
	} {
		set, err := ReadSet("t.yaml", []byte("Resources:\n  "+c.text+"\n"))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := cmp.Diff(c.want, describeGrants(set)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// Policies in SAM's Globals apply to each function.
func TestGlobals(t *testing.T) {
	set, err := ReadSet("t.yaml", []byte(`
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Policies: [{Statement: {Effect: Allow, Action: "a:global", Resource: "*"}}]}}
Resources:
  F: {Type: AWS::Serverless::Function, Properties: {Policies: [{Statement: {Effect: Allow, Action: "a:own", Resource: "*"}}]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	if got := describeGrants(set); !strings.Contains(got, "a:global") || !strings.Contains(got, "a:own") {
		t.Error(got)
	}
}

// A function in a resource replaces the global value: two functions have nothing
// to merge.
func TestFunctionsInGlobals(t *testing.T) {
	for _, test := range []struct{ global, own string }{
		{"{'Fn::Sub': 'arn:aws:iam::${AWS::AccountId}:policy/x'}", "!Ref Own"},
		{"{'Fn::Join': ['', [a, b]]}", "{'Fn::Join': ['', [!Ref Own]]}"},
		{"[a, b]", "!Ref Own"},
	} {
		set, err := ReadSet("t.yaml", []byte("Transform: AWS::Serverless-2016-10-31\nParameters: {Own: {Type: String}}\nGlobals: {Function: {PermissionsBoundary: "+test.global+"}}\nResources:\n  F: {Type: AWS::Serverless::Function, Properties: {PermissionsBoundary: "+test.own+"}}\n"))
		if err != nil {
			t.Errorf("%s: %v", test.global, err)
		} else if got := set.Principals[0].Boundary; got != "${Ref:Own}" {
			t.Errorf("%s in Globals, %s in the function: the boundary is %s", test.global, test.own, got)
		}
	}
}

// A document may be a string. A problem in the document then has the position
// of the string.
func TestDocumentsInStrings(t *testing.T) {
	set, err := ReadSet("t.yaml", []byte(`
P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: !Join ["", ['{"Statement": {"Effect": "Allow", "Action": "a:', !Ref X, '", "Resource": "*"}}']]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := describeGrants(set); got != "policy P  [Allow [] [a:${Ref:X}] [*] []] \n" {
		t.Error(got)
	}
	_, err = ReadSet("t.yaml", []byte("P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: '{'}}"))
	if err == nil || !strings.Contains(err.Error(), "t.yaml:1:65: invalid policy document in a string: invalid JSON: ") {
		t.Errorf("got %v", err)
	}
}
