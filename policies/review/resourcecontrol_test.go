// Tests that a resource control policy is not taken for a trust policy.

package review

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestResourceControlPolicies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ statement, want string }{
		{`{"Effect": "Deny", "Principal": "*", "Action": ["s3:*", "sts:AssumeRole"], "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}`, ""},
		{`{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole", "Resource": "*"}`, "refused-element"},
		{`{"Effect": "Deny", "Principal": "*", "Action": ["s3:*", "sts:AssumeRole"]}`, "refused-trust-action"},
	} {
		set, err := document.ReadSet("p.json", []byte(`{"Version": "2012-10-17", "Statement": [`+test.statement+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"refused-element", "refused-trust-action"}})
		if err != nil {
			t.Fatal(err)
		}
		var rules []string
		for _, f := range report.Findings {
			rules = append(rules, f.Rule)
		}
		if got := strings.Join(rules, " "); got != test.want {
			t.Errorf("%s: %q, want %q", test.statement, got, test.want)
		}
	}
}
