// Tests the trust rules: which conditions narrow who can assume a role, token
// issuers, services, and the tables of the rules.

package review

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/authz"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// The condition keys, services and actions of the tables must exist in AWS. A
// condition on an unknown key would never narrow.
func TestTrustTables(t *testing.T) {
	for key, kind := range loadTrust.Get().keys {
		if key != strings.ToLower(key) || !keyExists(key) {
			t.Errorf("trust.tsv: AWS has no condition key %s", key)
		}
		if !slices.Contains([]string{"principal", "account", "organization", "place", "word"}, kind) {
			t.Errorf("trust.tsv: %s has the unknown kind %q", key, kind)
		}
	}
	for host, issuer := range loadTrust.Get().issuers {
		if !slices.Contains([]string{"issuer", "login", "guest"}, issuer.kind) || len(issuer.audiences) == 0 || issuer.name == "" || host != strings.ToLower(host) {
			t.Errorf("trust.tsv: %s is incomplete: %+v", host, issuer)
		}
		if issuer.claims == nil && issuer.kind != "issuer" {
			t.Errorf("trust.tsv: %s has no claims", host)
		}
	}
	for assume, action := range map[assumeAction]string{assumeRole: "sts:AssumeRole", assumeRoleWithWebIdentity: "sts:AssumeRoleWithWebIdentity", assumeRoleWithSAML: "sts:AssumeRoleWithSAML"} {
		if assume.String() != action {
			t.Errorf("actions.tsv: %d is %s, want %s", assume, assume, action)
		}
	}
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range catalogue.Roles {
		for _, s := range role.Trust {
			for _, grant := range s.Services {
				if name, ok := serviceOf(grant.Name); !ok || !authz.IsService(name) {
					t.Errorf("%s trusts %s, which is unknown", role.LogicalID, grant.Name)
				}
			}
		}
	}
}

func TestBoundOfConditions(t *testing.T) {
	for _, test := range []struct {
		operator, key, values string
		want                  bound
	}{
		{"StringEquals", "aws:PrincipalOrgID", "o-a", boundOrganization},
		{"stringequals", "AWS:principalorgid", "o-a o-b", boundOrganization},
		{"StringLike", "aws:PrincipalOrgID", "o-*", boundChosen},
		{"StringLike", "aws:PrincipalOrgID", "*", boundNone},
		{"StringLike", "aws:PrincipalOrgID", "?*", boundNone},
		{"StringEqualsIfExists", "aws:PrincipalOrgID", "o-a", boundNone},
		{"StringNotEquals", "aws:PrincipalOrgID", "o-a", boundNone},
		{"ForAllValues:StringEquals", "aws:PrincipalOrgPaths", "o-a/r-b/", boundNone},
		{"ForAnyValue:StringNotEquals", "aws:PrincipalOrgPaths", "o-a/r-b/", boundNone},
		{"ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a/r-b/*", boundOrganization},
		{"ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "*/r-b/*", boundChosen},
		{"Null", "aws:PrincipalOrgID", "false", boundNone},
		{"NoSuchOperator", "aws:PrincipalOrgID", "o-a", boundNone},
		{"StringEquals", "aws:PrincipalAccount", "123456789012", boundAccounts},
		{"StringLike", "aws:PrincipalAccount", "1*", boundChosen},
		{"StringEquals", "aws:PrincipalAccount", "${aws:PrincipalAccount}", boundNone},
		{"StringEquals", "aws:PrincipalAccount", "${aws:ResourceAccount}", boundAccounts},
		{"StringEquals", "aws:PrincipalAccount", "${AWS::AccountId}", boundAccounts},
		{"StringEquals", "aws:SourceAccount", "123456789012", boundAccounts},
		{"ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/a-*", boundNamed},
		{"ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/*", boundAccounts},
		{"ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:*", boundAccounts},
		{"ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:root", boundAccounts},
		{"ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/a", boundChosen},
		{"ArnLike", "aws:PrincipalArn", "arn:aws:iam::${aws:PrincipalAccount}:role/a", boundChosen},
		{"ArnLike", "aws:PrincipalArn", "arn:aws:iam::${AWS::AccountId}:role/a", boundNamed},
		{"StringLike", "aws:PrincipalArn", "*:role/a", boundChosen},
		{"StringLike", "aws:PrincipalArn", "arn:*", boundChosen},
		{"ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/a arn:*:iam::*:role/b", boundChosen},
		// StringEquals compares the star as a plain character, so no caller
		// matches.
		{"StringEquals", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/*", boundNamed},
		{"ArnLike", "aws:SourceArn", "arn:aws:s3:::bucket", boundNamed},
		{"ArnLike", "aws:SourceArn", "arn:aws:s3:::*", boundShared},
		{"ArnLike", "aws:SourceArn", "arn:aws:s3:::bucket*", boundShared},
		{"ArnLike", "aws:SourceArn", "arn:aws:s3:::bucket/*", boundNamed},
		{"ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:topic", boundShared},
		{"ArnLike", "aws:SourceArn", "arn:aws:sns:*:123456789012:topic", boundNamed},
		{"ArnLike", "aws:PrincipalArn", "arn:aws:sts::123456789012:assumed-role/*/x", boundAccounts},
		{"ArnLike", "aws:PrincipalArn", "arn:aws:sts::123456789012:assumed-role/a/*", boundNamed},
		{"StringLike", "aws:userid", "AROAX:*", boundNamed},
		{"StringLike", "aws:userid", "*:session", boundChosen},
		{"IpAddress", "aws:SourceIp", "203.0.113.7", boundShared},
		{"IpAddress", "aws:SourceIp", "0.0.0.0/0", boundNone},
		{"IpAddress", "aws:SourceIp", "0.0.0.0/1 128.0.0.0/1", boundNone},
		{"IpAddress", "aws:SourceIp", "::/0", boundNone},
		{"NotIpAddress", "aws:SourceIp", "203.0.113.7", boundNone},
		{"StringEquals", "aws:SourceVpce", "vpce-1", boundShared},
		{"StringEquals", "aws:PrincipalTag/team", "a", boundChosen},
		{"StringEquals", "aws:RequestTag/team", "a", boundNone},
		{"Bool", "aws:PrincipalIsAWSService", "true", boundShared},
		{"Bool", "aws:PrincipalIsAWSService", "false", boundNone},
		{"StringLike", "sts:RoleSessionName", "a", boundNone},
		{"DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00Z", boundNone},
		{"StringLike", "token.actions.githubusercontent.com:sub", "repo:acme/x:*", boundNamed},
		{"StringLike", "token.actions.githubusercontent.com:sub", "repo:acme/*", boundOrganization},
		{"StringLike", "token.actions.githubusercontent.com:sub", "repo:*", boundNone},
		{"StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com", boundShared},
	} {
		c := document.Condition{Operator: test.operator, Key: test.key, Values: strings.Fields(test.values)}
		e := entry{requirements: []document.Condition{c}}
		if got := e.bound(); got != test.want {
			t.Errorf("%s: bound is %d, want %d", c, got, test.want)
		}
		// A further condition that limits nothing must not change the bound.
		e.requirements = append(e.requirements, document.Condition{Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"true"}})
		if got := e.bound(); got != test.want {
			t.Errorf("%s and a condition that limits nothing: bound is %d, want %d", c, got, test.want)
		}
	}
	optional := []document.Condition{{Operator: "ForAllValues:StringLikeIfExists", Key: "aws:PrincipalOrgID", Values: []string{"o-a"}}}
	for value, want := range map[string]bound{"false": boundOrganization, "true": boundNone} {
		e := entry{requirements: append(slices.Clip(optional), document.Condition{Operator: "Null", Key: "aws:principalorgid", Values: []string{value}})}
		if got := e.bound(); got != want {
			t.Errorf("optional, with Null %s: bound is %d, want %d", value, got, want)
		}
	}
}

func TestClaimScope(t *testing.T) {
	const github, eks = "token.actions.githubusercontent.com", "oidc.eks.eu-west-1.amazonaws.com/id/A"
	for _, test := range []struct {
		host, claim, value string
		want               tokenScope
	}{
		{github, "sub", "*", scopeAll},
		{github, "sub", "*:*", scopeAll},
		{github, "sub", "repo*", scopeAll},
		{github, "sub", "*acme/x:ref:refs/heads/main", scopeAll},
		{github, "sub", "repo:*/x:ref:refs/heads/main", scopeAll},
		{github, "sub", "repo:acm?/x:ref:refs/heads/main", scopeAll},
		{github, "sub", "repo:acme*:ref:refs/heads/main", scopeAll},
		{github, "sub", "repo:acme/*", scopeTenant},
		{github, "sub", "repo:acme/x*", scopeTenant},
		{github, "sub", "repo:acme/x-*:environment:production", scopeTenant},
		{github, "sub", "repo:acme/x:*", scopePart},
		{github, "sub", "repo:acme/x:environment:*", scopeOne},
		{github, "sub", "repo:acme@1/x@2:ref:refs/heads/main", scopeOne},
		{github, "sub", "repo:acme/x:pull_request", scopePart},
		{github, "sub", "repo:acme/x:pull*", scopePart},
		{github, "sub", "repo:acme/x*:pull_request", scopeTenant},
		{"gitlab.com", "sub", "repo:acme/x:pull_request", scopeOne},
		{github, "repository", "acme/x", scopeOne},
		{github, "repository", "acme/*", scopeTenant},
		{github, "repository", "*/x", scopeAll},
		{github, "repository_owner_id", "12*", scopeAll},
		{github + "/", "sub", "repo:*", scopeAll},
		{"token.actions.acme.ghe.com", "sub", "repo:*", scopeAll},
		{"gitlab.com", "sub", "project_path:acme/x:ref_type:branch:ref:main", scopeOne},
		{"gitlab.com", "sub", "project_path:acme*/x:ref_type:branch:ref:main", scopeAll},
		{"app.terraform.io", "sub", "organization:acme:project:p:workspace:w:run_phase:*", scopeOne},
		{"app.terraform.io", "sub", "organization:acme:project:*:workspace:w:run_phase:*", scopeTenant},
		{"app.terraform.io", "sub", "organization:acme:project:p:workspace:*:run_phase:apply", scopeTenant},
		{"agent.buildkite.com", "sub", "organization:acme:pipeline:*:ref:refs/heads/main:*", scopeTenant},
		{"app.terraform.io", "sub", "organization:acme:project:p:*", scopePart},
		{"agent.buildkite.com", "sub", "organization:acme:pipeline:p:ref:refs/heads/main:*", scopeOne},
		{"app.terraform.io", "sub", "organization:*:project:p:workspace:w:run_phase:apply", scopeAll},
		{eks, "sub", "system:*", scopeAll},
		{eks, "sub", "system:serviceaccount:*", scopeAll},
		{eks, "sub", "system:serviceaccount:*:*", scopeAll},
		{eks, "sub", "system:serviceaccount:a*", scopeTenant},
		{eks, "sub", "system:serviceaccount:*:b", scopeTenant},
		{eks, "sub", "system:serviceaccount:a:*", scopePart},
		{eks, "sub", "system:serviceaccount:a:b", scopeOne},
		{"cognito-identity.amazonaws.com", "amr", "authenticated", scopeOne},
		{"cognito-identity.amazonaws.com", "amr", "*authenticated", scopeAll},
		{"login.example.com", "sub", "jane*", scopeOne},
	} {
		if got := claimScope(test.host, test.claim, test.value); got != test.want {
			t.Errorf("%s:%s %s has the scope %d, want %d", test.host, test.claim, test.value, got, test.want)
		}
	}
}

func TestServiceOf(t *testing.T) {
	for id, want := range map[string]string{"ec2.amazonaws.com": "ec2", "EC2.amazonaws.com.cn": "ec2", "logs.eu-west-1.amazonaws.com": "logs", "logs.cn-north-1.amazonaws.com.cn": "logs",
		"pods.eks.amazonaws.com": "pods.eks", "ec2.${AWS::URLSuffix}": "ec2", "logs.${AWS::Region}.amazonaws.com": "logs",
		"ec2": "", "${Ref:S}.amazonaws.com": "", "ec2.amazonaws.com.evil.com": "", "amazonaws.com": "", "eu-west-1.amazonaws.com": ""} {
		if got, ok := serviceOf(id); ok != (want != "") || ok && got != want {
			t.Errorf("%s is %q %v, want %q", id, got, ok, want)
		}
	}
}

func reviewText(t testing.TB, name, text string, rules ...string) *Report {
	t.Helper()
	set, err := document.ReadSet(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Review(set, Options{Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// trust-anyone must find who can assume the role or use the resource of a
// standalone document, after the Deny statements of the document are applied.
func TestTrustInStandaloneDocuments(t *testing.T) {
	for name, test := range map[string]struct {
		statements string
		want       Severity
	}{
		"anyone may assume the role":                  {`{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}`, Critical},
		"anyone may do anything":                      {`{"Effect": "Allow", "Principal": "*", "Action": "*"}`, Critical},
		"all actions except one":                      {`{"Effect": "Allow", "Principal": "*", "NotAction": "sts:TagSession"}`, Critical},
		"all actions except those that assume a role": {`{"Effect": "Allow", "Principal": "*", "NotAction": "sts:Assume*"}`, 0},
		"tags only":                             {`{"Effect": "Allow", "Principal": "*", "Action": "sts:TagSession"}`, 0},
		"public writes":                         {`{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}`, Critical},
		"public reads":                          {`{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}`, High},
		"public, unknown action":                {`{"Effect": "Allow", "Principal": "*", "Action": "s3:NoSuchThing", "Resource": "arn:aws:s3:::b/*"}`, Critical},
		"with an action of sts":                 {`{"Effect": "Allow", "Principal": "*", "Action": ["sts:TagSession", "ecr:PutImage"]}`, Critical},
		"without resource":                      {`{"Effect": "Allow", "Principal": "*", "Action": "ecr:PutImage"}`, Critical},
		"through an endpoint":                   {`{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}`, Medium},
		"from the organization":                 {`{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a"}}}`, Low},
		"for one topic":                         {`{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*", "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:123456789012:t"}}}`, 0},
		"denied to everyone":                    {`{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}, {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}`, 0},
		"denied on other resources":             {`{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}, {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::c/*"}`, High},
		"denied to one account":                 {`{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}, {"Effect": "Deny", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}`, Critical},
		"denied for another action":             {`{"Effect": "Allow", "Principal": "*", "Action": "sts:*"}, {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}`, Critical},
		"denied to all but one":                 {`{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}, {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:role/a"}, "Action": "sts:*"}`, 0},
		"denied to all but one, another action": {`{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}, {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:role/a"}, "Action": "sts:TagSession"}`, Critical},
		"denied to no one":                      {`{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}, {"Effect": "Deny", "NotPrincipal": {"AWS": "*"}, "Action": "sts:AssumeRole"}`, Critical},
		"denied on two conditions":              {`{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}, {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}}`, Critical},
		"denied without the key":                {`{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}, {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {"ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": "o-a/*"}}}`, Critical},
		"denied to outsiders":                   {`{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}, {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-a/*"}}}`, Medium},
	} {
		report := reviewText(t, "d.json", `{"Version": "2012-10-17", "Statement": [`+test.statements+`]}`, "trust-anyone")
		if got := report.Worst(); got != test.want {
			t.Errorf("%s: the worst is %v, want %v: %s", name, got, test.want, describeFindings(report.Findings))
		}
	}
}

// A Deny that exists only in some stacks must not limit an Allow that exists in
// all stacks.
func TestDenyUnderATemplateCondition(t *testing.T) {
	const allow = `{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}`
	const deny = `{"Fn::If": ["Closed", {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}, {"Ref": "AWS::NoValue"}]}`
	for condition, want := range map[string]Severity{"": Critical, `"Condition": "Closed",`: 0, `"Condition": "Other",`: Critical} {
		report := reviewText(t, "t.json", `{"Resources": {"R": {"Type": "AWS::IAM::Role", `+condition+`
			"Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [`+allow+`, `+deny+`]}}}}}`, "trust-anyone")
		if got := report.Worst(); got != want {
			t.Errorf("role with %q: the worst is %v, want %v", condition, got, want)
		}
	}
}

// If trust-external-id reports an account, trust-account must not report it
// too.
func TestWholeAccountIsOneFinding(t *testing.T) {
	report := reviewText(t, "d.json", `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}}`, Trust)
	if len(report.Findings) != 1 || report.Findings[0].Rule != "trust-external-id" {
		t.Errorf("want only trust-external-id, got %s", describeWithRules(report.Findings))
	}
}

// A principal that is known only at deployment may be anyone, and an unknown
// account may be any account. A resource of the template is known.
func TestUnknownPrincipals(t *testing.T) {
	report := reviewText(t, "t.yaml", `
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
        - {Effect: Allow, Principal: {AWS: [!Sub "arn:aws:iam::${Account}:root", !GetAtt Other.Arn]}, Action: sts:AssumeRole}
        - {Effect: Allow, Principal: {AWS: !Ref Who}, Action: sts:AssumeRole}
  Other:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}}
`, Trust)
	if len(report.Findings) == 0 || report.Findings[0].Rule != "trust-anyone" || report.Findings[0].Statement != "Statement[1]" {
		t.Errorf("want trust-anyone for the second statement, got %s", describeWithRules(report.Findings))
	}
	if len(report.Findings) != 2 || report.Findings[1].Rule != "trust-external-id" || !strings.Contains(describeWithRules(report.Findings), "${Ref:Account}") {
		t.Errorf("want only trust-external-id for ${Ref:Account}, got %s", describeWithRules(report.Findings))
	}
}

// A policy of a megabyte is reviewed as if no condition narrowed the policy,
// and the report has a note.
func TestTooLargeTrustPolicyIsNoted(t *testing.T) {
	var principals, conditions, statements strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&principals, `, "%012d"`, i)
		fmt.Fprintf(&conditions, `, "aws:PrincipalTag/k%d": "v"`, i)
		fmt.Fprintf(&statements, `, {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {"StringNotEquals": {"aws:PrincipalTag/k%d": "v"}}}`, i)
	}
	report := reviewText(t, "d.json", `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*"`+principals.String()+`]}, "Action": "sts:*",
		"Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a"`+conditions.String()+`}}}`+statements.String()+`]}`, Trust)
	if report.Worst() != Critical {
		t.Errorf("the worst is %v, want critical", report.Worst())
	}
	if notes := notesText(report); !strings.Contains(notes, "too large") {
		t.Errorf("want a note that the policy is too large: %s", notes)
	}
}

// No input may cause a panic, and a Deny must never make the result worse.
func FuzzTrust(f *testing.F) {
	paths, err := filepath.Glob("testdata/trust-*/*.yaml")
	if err != nil || len(paths) == 0 {
		f.Fatal(paths, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		worstSeverity := func(deny bool) Severity {
			set, err := document.ReadSet("f.yaml", []byte(text))
			if err != nil {
				t.Skip()
			}
			for _, h := range set.Principals {
				all := []*document.Document{h.Trust}
				for _, p := range h.Policies {
					all = append(all, p.Document)
				}
				for _, d := range all {
					if d != nil && !deny {
						d.Statements = slices.DeleteFunc(d.Statements, func(s document.Statement) bool { return s.Effect == document.Deny })
					}
				}
			}
			report, err := Review(set, Options{Rules: []string{"trust-anyone"}})
			if err != nil {
				t.Fatal(err)
			}
			return report.Worst()
		}
		if withDeny, withoutDeny := worstSeverity(true), worstSeverity(false); withDeny > withoutDeny {
			t.Errorf("with the Deny statements the result is %v, without them %v", withDeny, withoutDeny)
		}
	})
}
