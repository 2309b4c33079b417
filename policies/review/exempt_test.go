// Tests of two findings about Deny statements. One is about a condition that
// exempts no request, the other about an operation that needs no permission.

package review

import (
	"strings"
	"testing"
)

// The statement has two conditions, and only one of them exempts no request. The
// message names that condition.
func TestDenyNamesTheConditionThatExemptsNoRequest(t *testing.T) {
	report := reviewText(t, "p.json", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:*","sts:GetFederationToken"],"Resource":"*","Condition":{
		"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5","aws:ResourceTag/exempt":"true"}}}]}`, "condition-always-holds")
	if len(report.Findings) != 1 {
		t.Fatalf("%d findings, want 1", len(report.Findings))
	}
	const want = "so the condition on aws:ResourceTag/exempt exempts none of these requests"
	if got := WriteSentence(report.Findings[0].Message); !strings.HasSuffix(got, want) {
		t.Errorf("the message is %q, want the end %q", got, want)
	}
}

func TestOperationWithoutPermissionHasItsPage(t *testing.T) {
	for action, page := range map[string]string{"sts:GetSessionToken": "GetSessionToken", "sts:GetSess*": "GetSessionToken", "sts:GetCallerIdentity": "GetCallerIdentity"} {
		report := reviewText(t, "p.json", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"`+action+`","Resource":"*"}]}`, "needs-no-permission")
		if len(report.Findings) != 1 || !strings.HasSuffix(report.Findings[0].Reference, "/API_"+page+".html") {
			t.Errorf("%s: findings are %v, want one that refers to the page of %s", action, report.Findings, page)
		}
	}
}
