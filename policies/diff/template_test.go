// Tests of what a template decides outside of its policy documents: who is in a
// group, where a policy is attached, and under which conditions.

package diff

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestAttachmentsInTemplates(t *testing.T) {
	const anything = `{Statement: {Effect: Allow, Action: "*", Resource: "*"}}`
	const group = "\n  G: {Type: AWS::IAM::Group, Properties: {GroupName: g, Policies: [{PolicyName: p, PolicyDocument: " + anything + "}]}}"
	const granted = "+Allow * on *"
	const public = `{Statement: {Effect: Allow, Principal: "*", Action: "x:*", Resource: "*"}}`
	const queues = "\n  A: {Type: AWS::SQS::Queue}\n  B: {Type: AWS::SQS::Queue}\n  P: {Type: AWS::SQS::QueuePolicy, Properties: {PolicyDocument: " + public + ", Queues: "
	const stack = "\n  S: {Type: AWS::CloudFormation::Stack, Condition: C, Properties: {TemplateURL: x}}"
	const isX, isY = "\nConditions: {C: !Not [!Condition D], D: !Equals [!Ref X, x]}", "\nConditions: {C: !Not [!Condition D], D: !Equals [!Ref X, y]}"
	user := func(groups string) string {
		return "\n  U: {Type: AWS::IAM::User, Properties: {UserName: u, Groups: " + groups + "}}"
	}
	addition := func(condition string) string {
		return "\n  U: {Type: AWS::IAM::User, Properties: {UserName: u}}\n  M: {Type: AWS::IAM::UserToGroupAddition, " + condition + "Properties: {GroupName: !Ref G, Users: [!Ref U]}}"
	}
	groupWith := func(properties string) string {
		return "\n  G: {Type: AWS::IAM::Group, " + properties + "}\n  M: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: " + anything + ", Groups: [!Ref G]}}"
	}
	policyOf := func(resource string) string {
		return "\n  P: {Type: AWS::Kinesis::ResourcePolicy, Properties: {ResourceArn: " + resource + ", ResourcePolicy: " + public + "}}"
	}
	accessPoint := func(properties string) string {
		return "\n  P: {Type: AWS::S3::AccessPoint, Properties: {Policy: " + public + ", " + properties + "}}"
	}
	bounded := func(action string) string {
		return "\n  U: {Type: AWS::IAM::User, Properties: {PermissionsBoundary: !If [C, !Ref M, !Ref AWS::NoValue]}}" +
			"\n  R: {Type: AWS::IAM::Group, Properties: {Policies: [{PolicyName: p, PolicyDocument: " + anything + "}]}}" +
			"\n  M: {Type: AWS::IAM::ManagedPolicy, Properties: {Groups: [!Ref R], PolicyDocument: {Statement: {Effect: Allow, Action: " + action + ", Resource: '*'}}}}"
	}
	custom := func(value string) string {
		return "\n  R: {Type: Custom::R, Properties: {Value: " + value + "}}" +
			"\n  M: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: {Effect: Allow, Action: a:b, Resource: '*', Condition: !GetAtt R.C}}}}"
	}
	const elsewhere = "PermissionsBoundary: !If [C, arn, !Ref AWS::NoValue]"
	for _, test := range []struct{ name, before, after, want string }{
		{"a member under a condition becomes one always", group + user("[!If [C, g, !Ref AWS::NoValue]]"), group + user("[g]"), granted},
		{"a member under another condition", group + user("[!If [C, g, !Ref AWS::NoValue]]"), group + user("[!If [D, g, !Ref AWS::NoValue]]"), "+Allow * on * when D\n-Allow * on * when C"},
		{"an addition with a condition", group + addition("Condition: C, "), group + addition(""), granted},
		{"an addition in place of the property", group + addition(""), group + user("[!Ref G]"), ``},
		{"a group elsewhere", user("[!If [C, x, !Ref AWS::NoValue]]"), user("[x]"), "+group x\n-group x (when C)"},
		{"a group elsewhere, under a condition with another definition", user("[!If [C, x, !Ref AWS::NoValue]]") + isX, user("[!If [C, x, !Ref AWS::NoValue]]") + isY,
			"+group x (when C)\n-group x (when C before the change)"},
		{"a condition of a group with an attached policy", groupWith("Condition: C"), groupWith("Metadata: {}"), granted},
		{"a policy of another queue too", queues + "[!Ref A]}}", queues + "[!Ref A, !Ref B]}}", "+Allow x:* on * by AWS *"},
		{"a policy of one queue less", queues + "[!Ref A, !Ref B]}}", queues + "[!Ref B]}}", "-Allow x:* on * by AWS *"},
		{"the queues in another order", queues + "[!Ref A, !Ref B]}}", queues + "[!Ref B, !Ref A]}}", ``},
		{"a policy of another stream", policyOf("a"), policyOf("b"), "+Allow x:* on * by AWS *\n-Allow x:* on * by AWS *"},
		{"an access point of another bucket", accessPoint("Bucket: a"), accessPoint("Bucket: b"), "+Allow x:* on * by AWS *\n-Allow x:* on * by AWS *"},
		{"an access point with another name", accessPoint("Bucket: a"), accessPoint("Name: x, Bucket: a"), ``},
		{"a boundary under a condition with another definition", user("[x], "+elsewhere) + isX, user("[x], "+elsewhere) + isY,
			"+boundary ${If:C before the change|arn|${AWS::NoValue}}\n-boundary ${If:C|arn|${AWS::NoValue}}"},
		{"another policy as the boundary under a condition", bounded("a:b"), bounded("a:*"), "+boundary ${If:C|${Ref:M}|${AWS::NoValue}}\n-boundary ${If:C|${Ref:M}|${AWS::NoValue}}"},
		{"a condition of a custom resource with another definition", custom("a"), custom("b"),
			"+Allow a:b on * when ${GetAtt:R.C}\n+Custom::R R\n-Allow a:b on * when ${GetAtt:R before the change.C}\n-Custom::R R"},
		{"a stack under a condition with another definition", stack + isX, stack + isY, "+AWS::CloudFormation::Stack S\n-AWS::CloudFormation::Stack S"},
	} {
		t.Run(test.name, func(t *testing.T) {
			read := func(resources string) *document.Set {
				text := "Parameters: {X: {Type: String}, Y: {Type: String}}\nResources:" + resources
				if !strings.Contains(text, "\nConditions:") {
					text += "\nConditions: {C: !Equals [!Ref X, x], D: !Equals [!Ref Y, y]}"
				}
				set, err := document.ReadSet("t.yaml", []byte(text))
				if err != nil {
					t.Fatal(err)
				}
				return set
			}
			before, after := read(test.before), read(test.after)
			got := formatResult(Compare(before, after))
			if got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			back := formatResult(Compare(after, before))
			if strings.Count(back, "+") != strings.Count(got, "-") || strings.Count(back, "-") != strings.Count(got, "+") {
				t.Errorf("got\n%s\nand in the other direction\n%s", got, back)
			}
		})
	}
}
