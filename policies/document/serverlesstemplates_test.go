// Tests of the policy templates of SAM.

package document

import (
	"strings"
	"testing"
)

// Every policy template can be read, uses all its parameters, and becomes a policy
// without references to them.
func TestPolicyTemplates(t *testing.T) {
	t.Parallel()
	if n := len(policyTemplates.Get()); n < 80 {
		t.Errorf("%d policy templates, want 80 or more", n)
	}
	for name, template := range policyTemplates.Get() {
		arguments := ""
		for _, parameter := range template.get("Parameters").items {
			arguments += parameter.value + ": argument-of-" + parameter.value + ", "
		}
		set, err := ReadSet("t", []byte("Transform: AWS::Serverless-2016-10-31\nResources:\n  F: {Type: AWS::Serverless::Function, Properties: {Policies: [{"+name+": {"+arguments+"}}]}}\n"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		h := set.Principals[0]
		if len(h.Policies) != 1 || h.Policies[0].Name != name || len(h.Policies[0].Document.Statements) == 0 {
			t.Errorf("%s: %d policies, attached %q", name, len(h.Policies), h.Attached)
			continue
		}
		var texts strings.Builder
		for _, s := range h.Policies[0].Document.Statements {
			texts.WriteString(strings.Join(s.Actions, " ") + " " + strings.Join(s.Resources, " ") + " ")
			for _, c := range s.Conditions {
				texts.WriteString(c.String() + " ")
			}
			if len(s.Actions) == 0 || len(s.Resources) == 0 {
				t.Errorf("%s: a statement without actions or resources", name)
			}
		}
		if got := set.Unknown(texts.String()); len(got) > 0 {
			t.Errorf("%s: unknown %q", name, got)
		}
		for _, parameter := range template.get("Parameters").items {
			if !strings.Contains(texts.String(), "argument-of-"+parameter.value) {
				t.Errorf("%s does not use %s: %s", name, parameter.value, texts.String())
			}
		}
	}
}

func TestPolicyTemplateWithArguments(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{
		"{SQSPollerPolicy: {QueueName: !GetAtt Q.QueueName, Other: x}}":    "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${GetAtt:Q.QueueName}",
		"{LambdaInvokePolicy: {FunctionName: !Sub '${AWS::StackName}-f'}}": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-f*",
		"{SQSPollerPolicy: {}}":      "SAM policy template SQSPollerPolicy {}", // SAM refuses it
		"{UnknownPolicy: {Name: n}}": "SAM policy template UnknownPolicy {Name=n}",
		"{EC2DescribePolicy: {}}":    "*",
	} {
		set, err := ReadSet("t", []byte("Transform: AWS::Serverless-2016-10-31\nResources:\n  Q: {Type: AWS::SQS::Queue}\n  F: {Type: AWS::Serverless::Function, Properties: {Policies: "+policy+"}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		h, got := set.Principals[0], ""
		if len(h.Policies) == 1 {
			got = h.Policies[0].Document.Statements[0].Resources[0]
		} else {
			got = h.Attached[0]
		}
		if got != want {
			t.Errorf("%s: %s, want %s", policy, got, want)
		}
	}
}
