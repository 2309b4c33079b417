// Tests who can assume a role or use a resource: conditions on tokens, and on
// principals of any account.

package review

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
)

// reviewTemplate returns "SEVERITY RULE: MESSAGE" of the findings of the rules.
func reviewTemplate(t *testing.T, template string, rules ...string) string {
	t.Helper()
	set, err := document.ReadSet("t.yaml", []byte(template))
	if err != nil {
		t.Fatalf("%s: %v", template, err)
	}
	report, err := Review(set, Options{Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range report.Findings {
		all = append(all, f.Severity.String()+" "+f.Rule+": "+WriteSentence(f.Message))
	}
	return strings.Join(all, "; ")
}

func TestConditionsOnTokens(t *testing.T) {
	t.Parallel()
	const (
		github  = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
		other   = "arn:aws:iam::123456789012:oidc-provider/id.example.com"
		google  = "accounts.google.com"
		cognito = "cognito-identity.amazonaws.com"
		subject = "repo:acme/infra:ref:refs/heads/main"
	)
	for _, test := range []struct{ provider, conditions, want string }{ // want has the beginning of each finding
		{github, `StringEquals: {"token.actions.githubusercontent.com:aud": sts.amazonaws.com}`, "critical trust-web-identity-subject: every customer"},
		{github, `StringEquals: {"token.actions.githubusercontent.com:aud": sts.amazonaws.com, "token.actions.githubusercontent.com:sub": "` + subject + `"}`, ""},
		// Every customer can choose subjects without the repository.
		{github, `StringEquals: {"token.actions.githubusercontent.com:aud": sts.amazonaws.com, "token.actions.githubusercontent.com:sub": "environment:prod"}`,
			"critical trust-web-identity-subject: every customer of GitHub Actions can assume the role through token.actions.githubusercontent.com, because all customers have tokens of this issuer: the condition on token.actions.githubusercontent.com:sub names neither the repository nor its owner"},
		{github, `StringLike: {"token.actions.githubusercontent.com:aud": sts.amazonaws.com, "token.actions.githubusercontent.com:sub": "job_workflow_ref:acme/x/.github/workflows/y.yml@*"}`, "critical trust-web-identity-subject: every customer"},
		{github, `StringEquals: {"token.actions.githubusercontent.com:aud": sts.amazonaws.com, "token.actions.githubusercontent.com:sub": "environment:prod:repository_owner:acme"}`, ""},
		{github + "/acme", `StringEquals: {"token.actions.githubusercontent.com/acme:aud": sts.amazonaws.com, "token.actions.githubusercontent.com/acme:sub": "environment:prod"}`, ""},
		// No request has a key with https://.
		{github, `StringEquals: {"https://token.actions.githubusercontent.com:sub": "` + subject + `"}`, "low trust-never: Federated " + github + " never matches: a condition key begins with https://"},
		{other, `StringLike: {"https://id.example.com:sub": "x*"}`, "low trust-never: "},
		{github, `StringEqualsIfExists: {"https://token.actions.githubusercontent.com:sub": "` + subject + `"}, StringEquals: {"token.actions.githubusercontent.com:aud": sts.amazonaws.com}`, "critical trust-web-identity-subject: every customer"},
		{github, `StringNotEquals: {"https://token.actions.githubusercontent.com:sub": "` + subject + `"}, StringEquals: {"token.actions.githubusercontent.com:aud": sts.amazonaws.com}`, "critical trust-web-identity-subject: every customer"},
		// Every token has sub and aud, so IfExists makes no difference.
		{github, `StringEqualsIfExists: {"token.actions.githubusercontent.com:aud": sts.amazonaws.com, "token.actions.githubusercontent.com:sub": "` + subject + `"}`, ""},
		{github, `StringLikeIfExists: {"token.actions.githubusercontent.com:sub": "repo:*"}, StringEquals: {"token.actions.githubusercontent.com:aud": sts.amazonaws.com}`, "critical trust-web-identity-subject: every customer"},
		{github, `StringEqualsIfExists: {"token.actions.githubusercontent.com:repository": acme/infra}, StringEquals: {"token.actions.githubusercontent.com:aud": sts.amazonaws.com}`, "critical trust-web-identity-subject: every customer"},
		{github, `StringEqualsIfExists: {"id.example.com:sub": x}, StringEquals: {"token.actions.githubusercontent.com:aud": sts.amazonaws.com}`, "critical trust-web-identity-subject: every customer"},
		{"graph.facebook.com", `StringEqualsIfExists: {"graph.facebook.com:app_id": a, "graph.facebook.com:id": b}`, "critical trust-web-identity-audience: "},
		{google, `StringEquals: {"accounts.google.com:aud": client}`, "medium trust-web-identity-subject: every user of the application"},
		{google, `StringEquals: {"accounts.google.com:aud": client, "accounts.google.com:sub": "123"}`, ""},
		{google, `StringEquals: {"accounts.google.com:oaud": x}`, "critical trust-web-identity-audience: "},
		{google, `StringEquals: {"accounts.google.com:oaud": x, "accounts.google.com:sub": "123"}`, ""},
		{google, `StringEquals: {"accounts.google.com:sub": "123"}`, "low trust-web-identity-audience: a token of accounts.google.com for any application is accepted"},
		{cognito, `StringEquals: {"cognito-identity.amazonaws.com:aud": "eu-west-1:x"}, "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": authenticated}`, ""},
		{cognito, `StringEquals: {"cognito-identity.amazonaws.com:aud": "eu-west-1:x"}, "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": unauthenticated}`,
			"medium trust-web-identity-subject: every user of the identity pool can assume the role through cognito-identity.amazonaws.com, including users who have not signed in: the condition on cognito-identity.amazonaws.com:amr accepts these users"},
		{cognito, `StringEquals: {"cognito-identity.amazonaws.com:aud": "eu-west-1:x"}, "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "*authenticated"}`, "medium trust-web-identity-subject: every user of the identity pool can assume the role through cognito-identity.amazonaws.com, including users who have not signed in: the wildcards"},
	} {
		got := reviewTemplate(t, fmt.Sprintf(`Resources:
  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Federated: %q}, Action: 'sts:AssumeRoleWithWebIdentity', Condition: {%s}}]}}}
`, test.provider, test.conditions), "trust-anyone", "trust-web-identity-subject", "trust-web-identity-audience", "trust-never")
		if got = firstOf(got, "critical ", got); (got == "") != (test.want == "") || !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %s\n%q, want %q", test.provider, test.conditions, got, test.want)
		}
	}
}

// Every token has sub, so ForAllValues does not open the Allow. Other claims may be
// missing.
func TestForAllValuesOfClaims(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"token.actions.githubusercontent.com:sub":         "",
		"token.actions.githubusercontent.com:environment": "high for-all-values-allow",
		"id.example.com:sub":                              "high for-all-values-allow",
	} {
		got := reviewTemplate(t, fmt.Sprintf(`Resources:
  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Federated: 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com'}, Action: 'sts:AssumeRoleWithWebIdentity', Condition: {'ForAllValues:StringEquals': {%q: x}}}]}}}
`, key), "for-all-values-allow")
		if got, _, _ = strings.Cut(got, ":"); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}

// firstOf returns the first finding that begins with a text, or all if none
// does.
func firstOf(findings, beginning, all string) string {
	for _, f := range strings.Split(findings, "; ") {
		if strings.HasPrefix(f, beginning) {
			return f
		}
	}
	return all
}

// A condition on the name of a role in any account must not make the finding
// less severe, because anyone can create such a role. A condition on a network,
// or on the resource that a service acts for, makes the finding less severe.
func TestResourcesForPrincipalsOfAnyAccount(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]string{
		`ArnLike: {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}`:            "high",
		`StringEquals: {"aws:PrincipalTag/team": a}`:                          "high",
		`StringEqualsIfExists: {"aws:PrincipalAccount": "123456789012"}`:      "low", // every request has the key
		`StringEqualsIfExists: {"aws:PrincipalOrgID": o-a1b2c3d4e5}`:          "high",
		`StringLike: {"aws:PrincipalOrgID": "o-*"}`:                           "high",
		`StringEquals: {"aws:PrincipalOrgID": o-a1b2c3d4e5}`:                  "low",
		`StringEquals: {"aws:SourceVpce": vpce-0123456789abcdef0}`:            "medium",
		`ArnLike: {"aws:SourceArn": "arn:aws:s3:*:*:bucket"}`:                 "medium",
		`ArnLike: {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/app"}`: "",
	} {
		got := reviewTemplate(t, fmt.Sprintf(`Resources:
  P: {Type: AWS::SecretsManager::ResourcePolicy, Properties: {SecretId: s, ResourcePolicy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: '*', Action: 'secretsmanager:GetSecretValue', Resource: '*', Condition: {%s}}]}}}
`, condition), "trust-anyone")
		if got, _, _ = strings.Cut(got, " "); got != want {
			t.Errorf("%s: %q, want %q", condition, got, want)
		}
	}
}

func TestChangingAResourcePolicy(t *testing.T) {
	t.Parallel()
	const (
		own     = `{Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}, `
		change  = "high resource-account: these principals of another account can change the policy of the resource, and so give anyone full access: arn:aws:iam::444455556666:role/etl, with kms:PutKeyPolicy, with no condition"
		unknown = "; the account of the resource is unknown; pass your account with --parameter AWS::AccountId=ID"
		worst   = "; the account of the resource is unknown, so the review assumes the worst case; pass your account with --parameter AWS::AccountId=ID"
	)
	grant := func(principal, action string) string {
		return fmt.Sprintf("{Effect: Allow, Principal: {AWS: %q}, Action: %q, Resource: '*'}", principal, action)
	}
	for _, test := range []struct{ statements, want string }{
		{own + grant("arn:aws:iam::444455556666:role/etl", "kms:PutKeyPolicy"), change},
		{own + grant("arn:aws:iam::444455556666:role/etl", "kms:*"), change},
		{own + grant("arn:aws:iam::444455556666:role/etl", "kms:CreateGrant"), "low resource-account: these principals of another account can use the resource: arn:aws:iam::444455556666:role/etl, with no condition"},
		{own + grant("444455556666", "kms:Decrypt"), "medium resource-account: all principals of another account can use the resource, if their own policies allow it: 444455556666, with no condition"},
		// A single account may be the account of the key. Of two accounts, at least
		// one is foreign.
		{grant("arn:aws:iam::444455556666:root", "kms:*"), "low resource-account: all principals of another account can use the resource, if their own policies allow it: 444455556666, with no condition" + unknown},
		{grant("arn:aws:iam::111122223333:root", "kms:Decrypt") + ", " + grant("arn:aws:iam::444455556666:role/etl", "kms:PutKeyPolicy"),
			"medium resource-account: all principals of another account can use the resource, if their own policies allow it: 111122223333, with no condition" + worst + "|" + strings.Replace(change, "high", "medium", 1) + worst},
		// The creator of a key must be able to change the policy of the key. This
		// account cannot, so the key belongs to another account.
		{grant("arn:aws:iam::444455556666:root", "kms:Decrypt"), "medium resource-account: all principals of another account can use the resource, if their own policies allow it: 444455556666, with no condition" + worst},
	} {
		got := reviewTemplate(t, "Resources:\n  K: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Version: '2012-10-17', Statement: ["+test.statements+"]}}}\n", "resource-account")
		for _, want := range strings.Split(test.want, "|") {
			if !strings.Contains(got, want) || !strings.Contains(test.want, "|") && got != want {
				t.Errorf("%s: %q, want %q", test.statements, got, want)
			}
		}
	}
}

// A statement that only allows the account of the resource, such as the default
// policy of a KMS key, grants nothing by itself.
func TestResourcePoliciesForTheOwnAccount(t *testing.T) {
	t.Parallel()
	const own = "{AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}"
	key := func(principal, actions string) string {
		return fmt.Sprintf("Resources:\n  K: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: %s, %s, Resource: '*'}]}}}\n", principal, actions)
	}
	bucket := func(principal string) string {
		return fmt.Sprintf("Resources:\n  B: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: b, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: %s, Action: 's3:*', Resource: 'arn:aws:s3:::b/*'}]}}}\n", principal)
	}
	for template, want := range map[string]string{
		key(own, "Action: 'kms:*'"):                                                   "",
		key(own, "Action: 'kms:Put*'"):                                                "",
		key(own, "NotAction: 'kms:Decrypt'"):                                          "",
		key("{AWS: !Ref AWS::AccountId}", "Action: 'kms:*'"):                          "",
		key("{AWS: '111122223333'}", "Action: 'kms:*'"):                               "",
		key("{AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:role/x'}", "Action: 'kms:*'"): "high service-wildcard",
		key("{AWS: [!Ref AWS::AccountId, '111122223333']}", "Action: 'kms:*'"):        "high service-wildcard",
		key("{AWS: ['444455556666', '111122223333']}", "Action: 'kms:*'"):             "high service-wildcard",
		key("'*'", "Action: 'kms:*'"):                                                 "high service-wildcard",
		bucket(own):                                                                   "",
		bucket("{AWS: '111122223333'}"):                                               "high service-wildcard", // may be another account
		bucket("{Service: 's3.amazonaws.com'}"):                                       "high service-wildcard",
	} {
		got := reviewTemplate(t, template, "service-wildcard", "action-wildcard", "not-action")
		if got, _, _ = strings.Cut(got, ":"); got != want {
			t.Errorf("%s: %q, want %q", template, got, want)
		}
	}
}

// The list of audiences of an OIDC provider in IAM applies besides the trust policy. It
// is known if the template creates the provider.
func TestAudiencesOfTheProvider(t *testing.T) {
	t.Parallel()
	const (
		vercel = "arn:aws:iam::123456789012:oidc-provider/oidc.vercel.com"
		demand = "no condition requires oidc.vercel.com:aud, which IAM demands in new and changed trust policies"
	)
	for _, test := range []struct{ name, list, url, provider, conditions, want string }{
		{"the list is not in the input", "", "", vercel, "", "high trust-web-identity-audience: every customer of Vercel with an audience in the provider's list in IAM can assume the role through oidc.vercel.com: " + demand + ", and the content of the list is unknown"},
		{"the template has the list", "[https://vercel.com/acme]", "https://oidc.vercel.com", vercel, "", "low trust-web-identity-audience: tokens of oidc.vercel.com are accepted for every audience in the provider's list in IAM (https://vercel.com/acme): " + demand + ", so only that list excludes other customers of Vercel"},
		{"a reference to the provider", "[https://vercel.com/acme]", "https://oidc.vercel.com", "${Provider}", "", "low trust-web-identity-audience: tokens of oidc.vercel.com are accepted for every audience in the provider's list in IAM (https://vercel.com/acme): "},
		{"the ARN of the provider", "[https://vercel.com/acme]", "https://oidc.vercel.com", "${Provider.Arn}", "", "low trust-web-identity-audience: tokens of oidc.vercel.com are accepted"},
		{"an audience of all customers", "[sts.amazonaws.com]", "https://oidc.vercel.com", vercel, "", "high trust-web-identity-audience: every customer of Vercel who gets a token for an audience in the provider's list in IAM (sts.amazonaws.com) can assume the role through oidc.vercel.com: "},
		{"an unknown audience", "[!ImportValue audience]", "https://oidc.vercel.com", vercel, "", "high trust-web-identity-audience: every customer of Vercel with an audience in the provider's list in IAM can"},
		{"another provider", "[https://vercel.com/acme]", "https://oidc.example.com", vercel, "", "high trust-web-identity-audience: every customer of Vercel with"},
		{"the subject names the customer", "", "", vercel, `StringLike: {"oidc.vercel.com:sub": "owner:acme:project:*"}`, "low trust-web-identity-audience: tokens of oidc.vercel.com are accepted for every audience in the provider's list in IAM: " + demand + ", so a token for another application"},
		{"the subject names no customer", "", "", vercel, `StringLike: {"oidc.vercel.com:sub": "owner:*:project:acme"}`, "high trust-web-identity-audience: every customer of Vercel with"},
		{"the audience is required", "", "", vercel, `StringEquals: {"oidc.vercel.com:aud": "https://vercel.com/acme"}`, ""},
		{"a list of one audience", "[sts.amazonaws.com]", "https://token.actions.githubusercontent.com", "${Provider}", "", ""},
		{"a list of two audiences", "[sts.amazonaws.com, x]", "https://token.actions.githubusercontent.com", "${Provider}", "", "low trust-web-identity-audience: tokens of token.actions.githubusercontent.com are accepted for every audience in the provider's list in IAM (sts.amazonaws.com, x): no condition requires token.actions.githubusercontent.com:aud, so a token for another application"},
	} {
		template := fmt.Sprintf(`Resources:
  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Federated: !Sub %q}, Action: 'sts:AssumeRoleWithWebIdentity', Condition: {%s}}]}}}
`, test.provider, test.conditions)
		if test.url != "" {
			template += fmt.Sprintf("  Provider: {Type: AWS::IAM::OIDCProvider, Properties: {Url: %q, ClientIdList: %s}}\n", test.url, test.list)
		}
		if got := reviewTemplate(t, template, "trust-web-identity-audience"); (got == "") != (test.want == "") || !strings.HasPrefix(got, test.want) {
			t.Errorf("%s:\n%q, want\n%q", test.name, got, test.want)
		}
	}
}
