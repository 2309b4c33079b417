// Tests of the note about documents that may only limit other policies.

package review

import (
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestNoteOnLimitingPolicies(t *testing.T) {
	const (
		all      = `{"Effect":"Allow","Action":"*","Resource":"*"}`
		deny     = `{"Effect":"Deny","Action":"iam:*","Resource":"*"}`
		template = `{"Resources":{"P":{"Type":"AWS::IAM::ManagedPolicy","Properties":{"PolicyDocument":{"Version":"2012-10-17","Statement":[` + all + "," + deny + `]}}}}}`
	)
	of := func(statements string) string { return `{"Version":"2012-10-17","Statement":[` + statements + `]}` }
	for name, test := range map[string]struct {
		text string
		want bool
	}{
		"everything except some actions": {of(all + "," + deny), true},
		"everything":                     {of(all), false},
		"nothing":                        {of(deny), false},
		"some actions":                   {of(`{"Effect":"Allow","Action":"s3:*","Resource":"*"},` + deny), false},
		"everything under a condition":   {of(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}},` + deny), false},
		"the policy of a resource":       {of(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},` + strings.Replace(deny, `"Effect"`, `"Principal":"*","Effect"`, 1)), false},
		"a policy of a template":         {template, false},
	} {
		set, err := document.ReadSet("p.json", []byte(test.text))
		if err != nil {
			t.Fatal(name, err)
		}
		report, err := Review(set, Options{Rules: []string{"full-access"}})
		if err != nil {
			t.Fatal(name, err)
		}
		if got := slices.ContainsFunc(report.Notes, func(note Sentence) bool { return strings.HasPrefix(WriteSentence(note), "reviewed as grants: p.json;") }); got != test.want {
			t.Errorf("%s: a note: %t, want %t", name, got, test.want)
		}
	}
}
