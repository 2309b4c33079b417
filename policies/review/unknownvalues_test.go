// Tests parts of a policy that are known only at deployment: the risk rules
// assume the worst case of each.

package review

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestUnknownCallerValues(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]Severity{
		`{StringEquals: {"aws:PrincipalOrgID": !Ref P}}`:                   Critical,
		`{StringEquals: {"aws:principalorgid": ["o-abcdefghij", !Ref P]}}`: Critical,
		`{StringLike: {"aws:PrincipalArn": !Ref P}}`:                       Critical,
		`{StringEquals: {"aws:PrincipalOrgID": "o-abcdefghij"}}`:           Medium,
	} {
		set, err := document.ReadSet("t.yaml", []byte(`
Parameters: {P: {Type: String}}
Resources:
  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "sts:AssumeRole", Condition: `+condition+`}]}}}
`))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"trust-anyone"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := report.Worst(); got != want {
			t.Errorf("%s: %s, want %s", condition, got, want)
		}
	}
}

// TestUnknownKeys has conditions whose keys are known only at deployment. A tag
// with an unknown name limits a grant like any tag. A claim of an unknown
// provider counts as a claim of the provider that the role trusts.
func TestUnknownKeys(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		statement, condition, rule string
		want                       bool
	}{
		{"identity", `"aws:ResourceTag/${P}": "owned"`, "any-resource", false},
		{"identity", `"aws:ResourceTag/kubernetes.io/cluster/${P}": "owned"`, "any-resource", false},
		{"identity", `"ec2:ResourceTag/${P}": "owned"`, "any-resource", false},
		{"identity", `"${P}": "owned"`, "any-resource", true},
		{"identity", `"aws:${P}": "owned"`, "any-resource", true},
		{"identity", `"${P}/tag": "owned"`, "any-resource", true},
		{"trust", `"idp.example.com/${P}:aud": "app"`, "trust-web-identity-audience", false},
		{"trust", `"idp.example.com/${P}:aud": "app"`, "trust-web-identity-subject", true},
		{"trust", `"idp.example.com/${P}:sub": "me"`, "trust-web-identity-subject", false},
		{"trust", `"${P}:sub": "me"`, "trust-web-identity-subject", false},
		{"trust", `"idp.example.com:${P}": "me"`, "trust-web-identity-subject", true},
	} {
		policy := `{"Effect": "Allow", "Action": "ec2:TerminateInstances", "Resource": "*", "Condition": {"StringEquals": {` + test.condition + `}}}`
		trust := `{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}`
		if test.statement == "trust" {
			trust = `{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/idp.example.com/${P}"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {` + test.condition + `}}}`
			policy = `{"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "*"}`
		}
		set, err := document.ReadSet("t.yaml", []byte(`
Parameters: {P: {Type: String}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: !Sub '{"Version": "2012-10-17", "Statement": `+trust+`}'
      Policies: [{PolicyName: p, PolicyDocument: !Sub '{"Version": "2012-10-17", "Statement": `+policy+`}'}]
`))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{test.rule}})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(report.Findings) > 0; got != test.want {
			t.Errorf("%s with %s: %s found: %t, want %t", test.statement, test.condition, test.rule, got, test.want)
		}
	}
}

// A part that is known only at deployment counts as the worst case: the widest
// in an Allow, nothing in a Deny.
func TestUnknownPartsAreTheWorstCase(t *testing.T) {
	t.Parallel()
	const parameters = "Parameters: {A: {Type: String}, B: {Type: String}}\n"
	for _, test := range []struct{ name, statements, rule string }{
		{"a denial of an unknown resource", `{Effect: Allow, Action: 'iam:PutRolePolicy', Resource: '*'}, {Effect: Deny, Action: 'iam:*', Resource: !Ref A}`, "escalation-put-policy"},
		{"a denial of unknown actions", `{Effect: Allow, Action: 'iam:PutRolePolicy', Resource: '*'}, {Effect: Deny, Action: !Ref A, Resource: '*'}`, "escalation-put-policy"},
		{"a denial of another unknown resource", `{Effect: Allow, Action: 'iam:PutRolePolicy', Resource: !Sub 'arn:aws:iam::111122223333:role/${A}'}, {Effect: Deny, Action: 'iam:*', Resource: !Sub 'arn:aws:iam::111122223333:role/${B}'}`, "escalation-put-policy"},
		{"all but an unknown action", `{Effect: Allow, NotAction: !Ref A, Resource: '*'}`, "full-access"},
		{"all but an unknown resource", `{Effect: Allow, Action: 'iam:PutRolePolicy', NotResource: !Ref A}`, "escalation-put-policy"},
	} {
		set, err := document.ReadSet("t.yaml", []byte(parameters+"Resources:\n  P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: ["+test.statements+"]}}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(report.Findings, func(f Finding) bool { return f.Rule == test.rule }) {
			t.Errorf("%s: no %s", test.name, test.rule)
		}
	}
}

// A finding about the worst case says so. It does not present the worst case as a
// fact, and a finding that does not depend on it has no addition.
func TestFindingsNameTheWorstCase(t *testing.T) {
	t.Parallel()
	const (
		addition = "; the worst case is assumed, because this is known only at deployment: "
		include  = "{'Fn::Transform': {Name: 'AWS::Include', Parameters: {Location: 's3://b/x'}}}"
		ec2      = "{Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}"
	)
	for _, test := range []struct{ trust, policy, rule, want string }{
		{include, "", "trust-anyone", "with no condition" + addition + "${Transform:"},
		{"{Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: !Ref A}, Action: 'sts:AssumeRole'}]}", "", "trust-anyone", addition + "${Ref:A}"},
		{"{Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: !Ref Account}, Action: 'sts:AssumeRole'}]}", "", "trust-anyone", ""},
		{"{Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: !Ref Account}, Action: 'sts:AssumeRole'}]}", "", "trust-external-id", addition + "${Ref:Account}"},
		{"{Version: '2012-10-17', Statement: [{Effect: Allow, Principal: '*', Action: 'sts:AssumeRole', Condition: {StringEquals: {'aws:PrincipalOrgID': !Ref A}}}]}", "", "trust-anyone", addition + "${Ref:A}"},
		{"{Version: '2012-10-17', Statement: [{Effect: Allow, Principal: '*', Action: 'sts:AssumeRole'}]}", "", "trust-anyone", "-"},
		{ec2, "!Ref A", "full-access", "administrator of the account" + addition + "${Ref:A}"},
		{ec2, "{Version: '2012-10-17', Statement: [" + include + "]}", "full-access", addition + "${Transform:"},
		{ec2, "{Version: '2012-10-17', Statement: [{Effect: Allow, Action: '*', Resource: !Ref A}]}", "full-access", addition + "${Ref:A}"},
		{ec2, "{Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'sqs:*', Resource: !Ref A}]}", "service-wildcard", addition + "${Ref:A}"},
		{ec2, "{Version: '2012-10-17', Statement: [{Effect: Allow, Action: ['iam:PutRolePolicy', !Ref A], Resource: '*'}]}", "full-access", addition + "${Ref:A}"},
		{ec2, "{Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'iam:PutRolePolicy', Resource: !Ref A}]}", "escalation-put-policy", addition + "${Ref:A}"},
		{ec2, "{Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'iam:PutRolePolicy', Resource: ['*', 'arn:aws:iam::*:role/x']}]}", "escalation-put-policy", "-"},
		{include, "", "missing-version", ""},
		{ec2, "!Ref A", "missing-version", ""},
		{ec2, "{Statement: [{Effect: Allow, Action: 's3:ListBucket', Resource: '*'}]}", "missing-version", "-"},
	} {
		if test.policy == "" {
			test.policy = "{Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:ListBucket', Resource: '*'}]}"
		}
		got := reviewTemplate(t, "Parameters: {A: {Type: String}, Account: {Type: String, AllowedPattern: '[0-9]{12}'}}\nResources:\n  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: "+test.trust+", Policies: [{PolicyName: p, PolicyDocument: "+test.policy+"}]}}\n", test.rule)
		if test.want == "-" {
			if got == "" || strings.Contains(got, addition) {
				t.Errorf("%s %s: %s", test.trust, test.policy, got)
			}
		} else if !strings.Contains(got, test.want) || (test.want == "") != (got == "") {
			t.Errorf("%s %s: %q, want %q", test.trust, test.policy, got, test.want)
		}
	}
}

// If the policy of a resource cannot be read because of a mistake, the policy counts as
// unknown, and the finding names the mistake and its position.
func TestPolicyOfAResourceWithAMistake(t *testing.T) {
	report := reviewOf(t, `Resources:
  B:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: b
      PolicyDocument:
        Statement:
        - {Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*", Principal: "arn:aws:iam::111122223333:root"}
  C: {Type: Custom::T}
`, Options{Rules: []string{"unknown-grant"}})
	var got []string
	for _, f := range report.Findings {
		got = append(got, fmt.Sprintf("%d: %s; %s", f.Line, WriteSentence(f.Message), f.Remedy))
	}
	want := []string{
		`8: AWS::S3::BucketPolicy B can add or change grants, and was not read, because the policy has a mistake: Principal: want "*", or a mapping whose keys are AWS or Service or Federated or CanonicalUser, got the string "arn:aws:iam::111122223333:root"; correct the policy`,
		"9: Custom::T C can add or change grants, and was not read; review the processed template and the templates of its nested stacks, or the policies as deployed",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
