// Tests of the account of the policies.

package review

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestOwnAccount(t *testing.T) {
	const trust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/ci"},"Action":"sts:AssumeRole"}}`
	const key = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sqs:SendMessage","Resource":"*"}}`
	const template = `{"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{"AssumeRolePolicyDocument":` + trust + `}}}}`
	for name, test := range map[string]struct{ text, rule, account, remedy string }{
		"a document":                {trust, "trust-external-id", "", documentRemedyEnd},
		"a template":                {template, "trust-external-id", "", templateRemedyEnd},
		"the own account":           {trust, "trust-external-id", "111122223333", ""},
		"another account":           {trust, "trust-external-id", "444455556666", documentRemedyEnd},
		"a resource":                {key, "resource-account", "", documentRemedyEnd},
		"the account of a resource": {key, "resource-account", "111122223333", ""},
		"a template, own account":   {template, "trust-external-id", "111122223333", ""},
	} {
		set, err := document.ReadSet("t.json", []byte(test.text))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{test.rule}, Account: test.account})
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case test.remedy == "" && len(report.Findings) > 0, test.remedy != "" && len(report.Findings) != 1:
			t.Errorf("%s: %+v", name, report.Findings)
		case test.remedy != "" && !strings.HasSuffix(report.Findings[0].Remedy, test.remedy):
			t.Errorf("%s: %s", name, report.Findings[0].Remedy)
		}
	}
}
