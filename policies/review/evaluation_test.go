// Tests that the review interprets patterns as the evaluation does: short ARNs,
// patterns that IAM refuses, and actions that AWS refuses regardless of
// policies.

package review

import (
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestReviewMatchesEvaluation(t *testing.T) {
	allow := func(actions, resource string) string {
		return `{"Effect": "Allow", "Action": [` + actions + `], "Resource": ` + resource + `}`
	}
	for _, test := range []struct {
		name, statements string
		want             []string // the escalation rules that must report a finding
	}{
		{"a short ARN", allow(`"iam:CreateAccessKey"`, `"arn:aws:iam"`), []string{"escalation-credentials"}},
		{"a short ARN with the account", allow(`"iam:CreateAccessKey"`, `"arn:aws:iam::123456789012"`), []string{"escalation-credentials"}},
		{"a short ARN of another service", allow(`"iam:CreateAccessKey"`, `"arn:aws:sqs"`), nil},
		{"all but a short ARN", `{"Effect": "Allow", "Action": "iam:CreateAccessKey", "NotResource": "arn:aws:iam"}`, nil},
		{"denied by a short ARN", allow(`"iam:CreateAccessKey"`, `"*"`) + `, {"Effect": "Deny", "Action": "iam:*", "Resource": "arn:aws:iam"}`, nil},
		{"denied by a short ARN of another service", allow(`"iam:CreateAccessKey"`, `"*"`) + `, {"Effect": "Deny", "Action": "iam:*", "Resource": "arn:aws:sqs"}`, []string{"escalation-credentials"}},
		{"a wildcard in the service", allow(`"ia?:CreateAccessKey", "*:CreateAccessKey", " iam:CreateAccessKey"`, `"*"`), nil},
		{"denied by a wildcard in the service", allow(`"iam:CreateAccessKey"`, `"*"`) + `, {"Effect": "Deny", "Action": "ia?:*", "Resource": "*"}`, []string{"escalation-credentials"}},
		{"AWS managed policies", allow(`"iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"`, `"arn:aws:iam::aws:policy/*"`), nil},
		{"policies of any account", allow(`"iam:CreatePolicyVersion"`, `"arn:aws:iam::*:policy/*"`), []string{"escalation-policy-version"}},
		{"a service-linked role", allow(`"iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"`, `"arn:aws:iam::123456789012:role/aws-service-role/*"`), nil},
	} {
		doc, err := document.Read("p", []byte(`{"Version": "2012-10-17", "Statement": [`+test.statements+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		set := &document.Set{Principals: []*document.Holder{{Kind: document.PolicyKind, Name: "p", Policies: []document.Policy{{Name: "p", Document: doc}}}}}
		report, err := Review(set, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range report.Findings {
			if strings.HasPrefix(f.Rule, "escalation-") && !slices.Contains(got, f.Rule) {
				got = append(got, f.Rule)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
