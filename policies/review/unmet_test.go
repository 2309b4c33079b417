// Tests what the findings about a grant say if no request meets its condition.

package review

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestChainsWithConditionsThatNeverHold(t *testing.T) {
	t.Parallel()
	const never = `Condition: {IpAddress: {"aws:SourceIp": 10.0.0.0/8}}`
	for _, test := range []struct {
		name, own, trust string
		severity         Severity
		addition         string
	}{
		{"no condition", "", "", High, ""},
		{"the policy of the principal", ", " + never, "", Medium, "; the condition on aws:SourceIp never holds, so this is not possible until the condition is corrected"},
		{"the trust policy", "", ", " + never, Medium, "; the condition on aws:SourceIp never holds, so this is not possible until the condition is corrected"},
		{"another statement", ", " + never + "}, {Effect: Allow, Action: 'sts:AssumeRole', Resource: 'arn:aws:iam::*:role/b'", "", High, ""},
		{"another statement of the trust policy", "", ", " + never + "}, {Effect: Allow, Principal: {AWS: !GetAtt A.Arn}, Action: 'sts:AssumeRole'", High, ""},
	} {
		template := fmt.Sprintf(`Resources:
  A: {Type: AWS::IAM::Role, Properties: {RoleName: a, AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]},
    Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Resource: 'arn:aws:iam::*:role/b'%s}]}}]}}
  B: {Type: AWS::IAM::Role, Properties: {RoleName: b, AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: !GetAtt A.Arn}, Action: 'sts:AssumeRole'%s}]},
    Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}]}}
`, test.own, test.trust)
		set, err := document.ReadSet("t.yaml", []byte(template))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"escalation-chain"}})
		if err != nil || len(report.Findings) != 1 {
			t.Errorf("%s: %v, %v, want one finding", test.name, report, err)
			continue
		}
		f := report.Findings[0]
		if message := WriteSentence(f.Message); f.Severity != test.severity || !strings.HasSuffix(message, test.addition) || test.addition == "" && strings.Contains(message, "never") {
			t.Errorf("%s: %s %q, want %s with %q", test.name, f.Severity, message, test.severity, test.addition)
		}
	}
}

func TestGrantsWithConditionsThatNeverHold(t *testing.T) {
	t.Parallel()
	const (
		pass   = `{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"%s}`
		run    = `{"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"%s}`
		attach = `{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*"%s}`
		all    = `{"Effect": "Allow", "Action": "*", "Resource": "*"%s}`
		region = `, "Condition": {"StringEquals": {"aws:RequestedRegion": ["eu-wst-1"]}}`
		source = `, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}`
		never  = "the condition on %s never holds, so "
	)
	for _, test := range []struct {
		name, rule, statements string
		severity               Severity
		addition               string // "" if the finding has none
	}{
		{"the first step", "escalation-pass-role", fmt.Sprintf(pass+","+run, region, ""), Medium, fmt.Sprintf(never, "aws:RequestedRegion") + "this is not possible until the condition is corrected"},
		{"the second step", "escalation-pass-role", fmt.Sprintf(pass+","+run, "", source), Medium, fmt.Sprintf(never, "aws:SourceIp") + "this is not possible"},
		{"another statement for the second step", "escalation-pass-role", fmt.Sprintf(pass+","+run+","+run, "", source, ""), High, ""},
		{"a private address", "escalation-attach-policy", fmt.Sprintf(attach, source), Medium, fmt.Sprintf(never, "aws:SourceIp") + "this is not possible"},
		{"one of two values exists", "escalation-attach-policy", fmt.Sprintf(attach, strings.Replace(source, `"10.0.0.0/8"`, `["10.0.0.0/8", "203.0.113.0/24"]`, 1)), High, ""},
		{"requests without the key", "escalation-attach-policy", fmt.Sprintf(attach, strings.Replace(source, `IpAddress"`, `IpAddressIfExists"`, 1)), High, ""},
		{"a negated operator", "escalation-attach-policy", fmt.Sprintf(attach, strings.Replace(source, `IpAddress"`, `NotIpAddress"`, 1)), High, ""},
		{"exposure", "full-access", fmt.Sprintf(all, source), Medium, fmt.Sprintf(never, "aws:SourceIp") + "the statement grants nothing until the condition is corrected"},
		{"exposure, with a condition that can hold", "full-access", fmt.Sprintf(all, strings.Replace(source, "10.0.0.0/8", "203.0.113.0/24", 1)), High, ""},
	} {
		set, err := document.ReadSet("p.json", []byte(`{"Version": "2012-10-17", "Statement": [`+test.statements+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{test.rule}})
		if err != nil || len(report.Findings) != 1 {
			t.Errorf("%s: %v, %v, want one finding", test.name, report, err)
			continue
		}
		f := report.Findings[0]
		message := WriteSentence(f.Message)
		if f.Severity != test.severity || !strings.Contains(message, test.addition) || test.addition == "" && strings.Contains(message, "never") {
			t.Errorf("%s: %s %q, want %s with %q", test.name, f.Severity, message, test.severity, test.addition)
		}
	}
}
