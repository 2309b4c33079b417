// Tests of the subjects that issuers never write.

package review

import (
	"fmt"
	"testing"
)

func TestNeverSubject(t *testing.T) {
	const github, eks, other = "token.actions.githubusercontent.com", "oidc.eks.eu-west-1.amazonaws.com/id/A", "login.example.com"
	for host, values := range map[string]map[string]bool{ // whether no token has such a subject
		github: {
			"acme/infra": true, "acme/*": true, "repo:acme/infra:branch:main": true, "repo:acme/infra:ref:main": true, "repo:acme/infra:refs/heads/main": true, "repo:acme/infra:main": true,
			"repo:acme/infra:ref:heads/*": true, "repo:acme": true, "repo:acme:*": true, "repo:https://github.com/acme/infra:*": true, "repo:acme/infra/x:*": true, "Repo:acme/infra:*": true,
			"repo:acme/infra:tags:*": true, "repo:acme/infra:pull_requests": true, "main": true,
			"*": false, "*:*": false, "repo:*": false, "repo:acme*": false, "repo:acme/*": false, "repo:acme/infra*": false, "repo:acme/infra:*": false, "repo:acme/infra": false,
			"repo:acme/infra:ref:refs/heads/main": false, "repo:acme/infra:ref:*": false, "repo:acme/infra:ref:re*": false, "repo:acme/infra:ref:refs/tags/v*": false, "repo:acme/infra:r*:main": false,
			"repo:acme/infra:environment:Prod": false, "repo:acme/infra:environment:a/b": false, "repo:acme/infra:pull_request": false, "repo:acme@1/x@2:ref:refs/heads/main": false,
			"repo:acme/infra:environment:prod:job_workflow_ref:acme/x/.github/workflows/y.yml@refs/heads/main": false, "repository_owner:acme:repository_visibility:private": false,
			"repository_id:74": false, "repo:acme/infra:job_workflow_ref:acme/x/.github/workflows/y.yml@refs/heads/main": false, "repo_property_team:x": false, "*acme/infra": false, "?epo:acme/infra:branch:main": false,
		},
		github + "/acme": {"acme/infra": true, "repo:acme/infra:ref:refs/heads/main": false},
		eks: {
			"system:serviceaccount:ns": true, "system:serviceaccount:ns:": true, "ns:name": true, "system:serviceaccount::name": true, "system:serviceaccounts:ns:name": true, "serviceaccount:*": true, "system:serviceaccount:ns:name:x": true,
			"system:serviceaccount:ns:name": false, "system:serviceaccount:ns*": false, "system:*": false, "*": false, "system:serviceaccount:*:name": false, "*:name": false,
		},
		other: {"system:serviceaccount:ns": true, "acme/infra": false, "jane": false, "system:serviceaccount:ns:name": false},
	} {
		for value, want := range values {
			if got := neverSubject(host, value, true); (got != "") != want {
				t.Errorf("%s:sub %s: %q, want a problem: %t", host, value, got, want)
			}
		}
	}
	if got := neverSubject(github, "acme/*", false); got != "" {
		t.Errorf("a literal wildcard is reported twice: %s", got)
	}
}

// A trust policy never applies if it requires a subject that issuers never
// write. If only one of several subjects never matches, the finding is less
// severe.
func TestSubjectsThatNeverMatch(t *testing.T) {
	const github, eks = "token.actions.githubusercontent.com", "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
	for _, test := range []struct {
		host, operator, values string
		want                   string
	}{
		{github, "StringEquals", `"acme/infra"`, "medium"},
		{github, "StringLike", `"repo:acme/infra:branch:*"`, "medium"},
		{github, "StringEquals", `["repo:acme/infra:ref:main","repo:acme/infra:ref:refs/heads/main"]`, "low"},
		{github, "StringNotEquals", `"acme/infra"`, "high"},
		{github, "StringEquals", `"repo:acme/infra:ref:refs/heads/main"`, ""},
		{github, "StringEquals", `"${aws:username}"`, ""},
		{eks, "StringEquals", `"system:serviceaccount:ns"`, "medium"},
		{eks, "StringEquals", `"system:serviceaccount:ns:name"`, ""},
	} {
		text := fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/%[1]s"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{%[2]q:{"%[1]s:sub":%[3]s}}}}`,
			test.host, test.operator, test.values)
		got := ""
		for _, f := range reviewText(t, "t.json", text, "value-shape").Findings {
			got += f.Severity.String()
		}
		if got != test.want {
			t.Errorf("%s %s %s: %q, want %q", test.host, test.operator, test.values, got, test.want)
		}
	}
}
