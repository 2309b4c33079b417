// Tests that a suppression of exactly one finding does not accept the finding after
// the trusted principal, a condition, an exception or a Deny has changed.

package review

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/suppress"
)

const pinnedTemplate = `
Parameters: {Account: {Type: String}, Stage: {Type: String, AllowedValues: [dev, prod]}}
Conditions: {IsDev: !Equals [!Ref Stage, dev]}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: pinned
      AssumeRolePolicyDocument:
        Statement:
        - {Effect: Allow, Principal: {AWS: "arn:aws:iam::444455556666:root"}, Action: "sts:AssumeRole", Condition: {StringEquals: {"sts:ExternalId": x1}}}
        - {Effect: Allow, Principal: {Federated: "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, Action: "sts:AssumeRoleWithWebIdentity", Condition: {StringEquals: {"token.actions.githubusercontent.com:aud": sts.amazonaws.com}, StringLike: {"token.actions.githubusercontent.com:sub": "repo:acme/*"}}}
        - {Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::${Account}:root"}, Action: "sts:AssumeRole"}
        - {Effect: Allow, Principal: "*", Action: "sts:AssumeRole"}
        - {Effect: Deny, Principal: "*", Action: "sts:AssumeRole", Condition: {StringNotEquals: {"aws:PrincipalOrgID": o-aaaaaaaaaa}}}
      Policies:
      - PolicyName: p
        PolicyDocument:
          Statement:
          - {Effect: Allow, Action: "sts:AssumeRole", Resource: "*", Condition: {StringEquals: {"aws:ResourceOrgID": o-bbbbbbbbbb}}}
          - {Effect: Allow, Action: "iam:AttachRolePolicy", Resource: "arn:aws:iam::111122223333:role/*", Condition: {ArnEquals: {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}}
          - {Effect: Allow, NotAction: ["iam:*", "organizations:*"], Resource: "*"}
          - {Effect: Allow, Action: "s3:*", NotResource: ["arn:aws:s3:::secret/*", "arn:aws:s3:::other/*"]}
          - {Effect: Deny, Action: "iam:AttachRolePolicy", Resource: "arn:aws:iam::111122223333:role/admin*"}
          - !If [IsDev, {Effect: Allow, Action: "dynamodb:*", Resource: "*"}, !Ref AWS::NoValue]
  Runner:
    Type: AWS::IAM::Role
    Properties:
      RoleName: runner
      AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}}
      Policies:
      - PolicyName: runner
        PolicyDocument:
          Statement:
          - {Effect: Allow, Action: "iam:PassRole", Resource: "arn:aws:iam::111122223333:role/task*"}
          - {Effect: Allow, Action: ["lambda:CreateFunction", "lambda:InvokeFunction"], NotResource: ["arn:aws:lambda:*:*:function:a", "arn:aws:lambda:*:*:function:b"], Condition: {StringEquals: {"aws:RequestedRegion": [eu-west-1, eu-central-1]}}}
  Bucket:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: b
      PolicyDocument:
        Statement:
        - {Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*", Condition: {IpAddress: {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}}}
        - {Effect: Allow, NotPrincipal: {AWS: ["arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/b"]}, Action: "s3:PutObject", Resource: "arn:aws:s3:::b/*"}
`

func TestExactSuppressionPinsTrustAndLimits(t *testing.T) {
	review := func(text string, options Options) *Report {
		set, err := document.ReadSet("t.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, options)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	var all []suppress.Suggestion
	for _, f := range review(pinnedTemplate, Options{}).Findings {
		if entry, ok := f.Suggest(); ok {
			all = append(all, suppress.Suggestion{Entry: entry})
		}
	}
	text, err := suppress.Format("t.yaml", all)
	if err != nil {
		t.Fatal(err)
	}
	suppressions, err := suppress.Read("s.yml", []byte(strings.ReplaceAll(string(text), "reason:", "reason: r")), CheckSuppressible)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, old, new string
		rule           string // a rule with a finding that remains, or "" if all are suppressed
	}{
		{"unchanged", "", "", ""},
		{"another account", "444455556666", "666666666666", "trust-account"},
		{"one more account", `{AWS: "arn:aws:iam::444455556666:root"}`, `{AWS: ["arn:aws:iam::444455556666:root", "arn:aws:iam::666666666666:root"]}`, "trust-account"},
		{"another external ID", "x1", "x2", "trust-account"},
		{"another account of a parameter", "${Account}", "${AWS::Region}${Account}", "unknown-grant"},
		{"another GitHub organization", "repo:acme/*", "repo:evil/*", "trust-web-identity-subject"},
		{"another organization in a Deny", "o-aaaaaaaaaa", "o-cccccccccc", "trust-anyone"},
		{"another organization of the resource", "o-bbbbbbbbbb", "o-cccccccccc", "escalation-assume-role"},
		{"no condition", `, Condition: {StringEquals: {"aws:ResourceOrgID": o-bbbbbbbbbb}}`, "", "escalation-assume-role"},
		{"another policy", "ReadOnlyAccess", "PowerUserAccess", "escalation-attach-policy"},
		{"a smaller NotAction", `["iam:*", "organizations:*"]`, `["iam:*"]`, "not-action"},
		{"a smaller NotResource", `["arn:aws:s3:::secret/*", "arn:aws:s3:::other/*"]`, `["arn:aws:s3:::secret/*"]`, "not-resource"},
		{"a narrower Deny", "role/admin*", "role/admin1", "escalation-attach-policy"},
		{"another address", "198.51.100.0/24", "192.0.2.0/24", "trust-anyone"},
		{"addresses in another order", `["203.0.113.0/24", "198.51.100.0/24"]`, `["198.51.100.0/24", "203.0.113.0/24"]`, ""},
		{"another region of a further step", "eu-central-1", "eu-central-2", "escalation-pass-role"},
		{"regions of a further step in another order", "[eu-west-1, eu-central-1]", "[eu-central-1, eu-west-1]", ""},
		{"a smaller NotResource of a further step", `, "arn:aws:lambda:*:*:function:b"`, "", "escalation-pass-role"},
		{"a smaller NotPrincipal", `, "arn:aws:iam::111122223333:role/b"`, "", "not-principal"},
		{"in more stacks", `!If [IsDev, {Effect: Allow, Action: "dynamodb:*", Resource: "*"}, !Ref AWS::NoValue]`, `{Effect: Allow, Action: "dynamodb:*", Resource: "*"}`, "service-wildcard"},
		{"another account in another order", `{AWS: "arn:aws:iam::444455556666:root"}, Action: "sts:AssumeRole", Condition`, `{AWS: ["arn:aws:iam::444455556666:root", "arn:aws:iam::444455556666:root"]}, Action: "sts:AssumeRole", Condition`, ""},
	} {
		changed := strings.Replace(pinnedTemplate, test.old, test.new, 1)
		if changed == pinnedTemplate && test.old != "" {
			t.Fatalf("%s: nothing changed", test.name)
		}
		rules := map[string]bool{}
		for _, f := range review(changed, Options{Suppressions: suppressions}).Findings {
			if f.Rule != unusedRuleID {
				rules[f.Rule] = true
			}
		}
		if test.rule == "" && len(rules) > 0 || test.rule != "" && !rules[test.rule] {
			t.Errorf("%s: findings of %v remain, want %q", test.name, rules, test.rule)
		}
	}
}

// TestLimitsDoNotDependOnPositions checks that a statement that is inserted before
// a Deny, or before a further step, does not change the limits of a finding.
func TestLimitsDoNotDependOnPositions(t *testing.T) {
	limits := func(inserted string) map[string][]string {
		set, err := document.ReadSet("p.json", []byte(`{"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Action": ["iam:AttachRolePolicy", "iam:PassRole"], "Resource": "arn:aws:iam::111122223333:role/*"},`+inserted+`
			{"Effect": "Deny", "Action": "iam:AttachRolePolicy", "Resource": "arn:aws:iam::111122223333:role/admin*"},
			{"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{})
		if err != nil {
			t.Fatal(err)
		}
		all := map[string][]string{}
		for _, f := range report.Findings {
			if f.Rule == "escalation-attach-policy" || f.Rule == "escalation-pass-role" {
				all[f.Rule] = f.AllLimits()
			}
		}
		return all
	}
	before, after := limits(""), limits(`{"Effect": "Allow", "Action": "ec2:DescribeRegions", "Resource": "*"},`)
	if len(before) != 2 || len(before["escalation-attach-policy"]) == 0 || len(before["escalation-pass-role"]) == 0 || !maps.EqualFunc(before, after, slices.Equal) {
		t.Errorf("limits %v, after the insertion %v", before, after)
	}
}

// TestBoundaryLimitsArePinned checks that a finding within a permissions boundary
// changes with the conditions and exceptions of the boundary.
func TestBoundaryLimitsArePinned(t *testing.T) {
	t.Parallel()
	const template = `
Resources:
  Bound:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: bound
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Action: ["lambda:*", "secretsmanager:*", "iam:PassRole"], %s}]
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: r
      PermissionsBoundary: !Ref Bound
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies:
      - PolicyName: p
        PolicyDocument:
          Version: "2012-10-17"
          Statement:
          - {Effect: Allow, Action: "secretsmanager:*", Resource: !Sub "arn:aws:secretsmanager:*:*:secret:${Unknown.Name}*"}
          - {Effect: Allow, Action: "iam:PassRole", Resource: !Sub "arn:aws:iam::*:role/${Unknown.Name}*"}
          - {Effect: Allow, Action: "lambda:*", Resource: "*"}
  Unknown: {Type: AWS::CloudFormation::CustomResource, Properties: {ServiceToken: "arn:aws:sns:eu-west-1:111122223333:t"}}
`
	limits := func(boundary string) map[string][]string {
		set, err := document.ReadSet("t.yaml", fmt.Appendf(nil, template, boundary))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{})
		if err != nil {
			t.Fatal(err)
		}
		all := map[string][]string{}
		for _, f := range report.Findings {
			if strings.HasPrefix(f.Rule, "escalation-") || f.Rule == "service-wildcard" {
				key := f.Rule + " " + f.Statement
				all[key] = f.AllLimits()
			}
		}
		return all
	}
	open := limits(`Resource: "*"`)
	if len(open) < 4 {
		t.Fatalf("findings: %v", open)
	}
	for _, boundary := range []string{
		`Resource: "*", Condition: {StringEquals: {"aws:PrincipalTag/team": a}}`,
		`Resource: "*", Condition: {StringEquals: {"aws:PrincipalTag/team": !GetAtt Unknown.Team}}`,
		`NotResource: "arn:aws:s3:::x"`,
	} {
		for key, now := range limits(boundary) {
			if slices.Equal(open[key], now) {
				t.Errorf("%s: the limits %v of %s are those of a boundary without limits", boundary, now, key)
			}
		}
	}
}
