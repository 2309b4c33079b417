// Tests which suppression files are accepted and refused, and the positions in
// the messages.

package suppress_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"capaboot/policies/review"
	"capaboot/policies/suppress"
)

func TestReadReports(t *testing.T) {
	const entry = "- {rule: any-resource, reason: r}\n"
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"a reason without a word", "- rule: any-resource\n  reason: \"- \u00a0\"\n", []string{"s.yml:1:3: missing reason; say why the finding is accepted"}},
		{"an unknown field", "suppressions:\n- rule: any-resource\n  reasn: r\n  reason: r\n", []string{`s.yml:3:3: unknown field "reasn", did you mean "reason"? allowed: rule, policy, action, principal, resource, exactly, reason, expires`}},
		{"an unknown field at the top", "supressions: []\n", []string{`s.yml:1:1: unknown field "supressions", did you mean "suppressions"? allowed: version, suppressions`}},
		{"an unknown rule", "- rule: any-resourc\n  reason: r\n", []string{`s.yml:1:9: rule: unknown rule "any-resourc", did you mean "any-resource"?`}},
		{"a group", "- {rule: exposure, reason: r}\n", []string{`s.yml:1:10: rule: "exposure" is a group of rules; name one of its rules`}},
		{"a wildcard as rule", "- {rule: '*', reason: r}\n", []string{`s.yml:1:10: rule: unknown rule "*"`}},
		{"a suppression of suppressions", "- {rule: expired-suppression, reason: r}\n", []string{"s.yml:1:10: rule: findings of expired-suppression cannot be suppressed; remove the suppression that the finding names"}},
		{"no rule", "- {reason: r}\n", []string{"s.yml:1:3: missing rule; name the rule whose findings are accepted"}},
		{"no reason", "- rule: any-resource\n", []string{"s.yml:1:3: missing reason; say why the finding is accepted"}},
		{"a blank reason", "- rule: any-resource\n  reason: '  '\n", []string{"s.yml:2:11: missing value for reason; say why the finding is accepted"}},
		{"a blank policy", "- {rule: any-resource, reason: r, policy: ''}\n", []string{`s.yml:1:43: missing value for policy; to match any value, omit the field, or write "*"`}},
		{"an empty reason of a finding without a policy", "- rule: no-boundary\n  exactly: {policy: '', principals: [nodes]}\n  reason:\n", []string{"s.yml:3:10: missing reason of no-boundary for nodes; say why the finding is accepted"}},
		{"an empty reason of a finding without a policy and a principal", "- rule: no-boundary\n  exactly: {policy: ''}\n  reason:\n", []string{"s.yml:3:10: missing reason of no-boundary; say why the finding is accepted"}},
		{"an empty reason", "- rule: any-resource\n  reason:\n", []string{"s.yml:2:10: missing reason of any-resource; say why the finding is accepted"}},
		{"a reason that is a number", "- {rule: any-resource, reason: 5}\n", []string{`s.yml:1:32: reason: want a string, got a number; if you mean a string, quote it: "5"`}},
		{"a list of actions", "- {rule: any-resource, reason: r, action: ['ec2:*']}\n", []string{"s.yml:1:43: action: want a string, got a list; write a value, or omit the field"}},
		{"an action without a service", "- {rule: any-resource, reason: r, action: RunInstances}\n", []string{`s.yml:1:43: action: "RunInstances" has no service, want an action as in the finding ("ec2:RunInstances", "ec2:*")`}},
		{"a day that does not exist", "- {rule: any-resource, reason: r, expires: 2027-02-29}\n", []string{`s.yml:1:44: expires: "2027-02-29" is not a date, want the last day of the suppression as YYYY-MM-DD, such as 2027-03-31`}},
		{"a date with the day first", "- {rule: any-resource, reason: r, expires: 31.03.2027}\n", []string{`s.yml:1:44: expires: "31.03.2027" is not a date, want the last day of the suppression as YYYY-MM-DD, such as 2027-03-31`}},
		{"a time", "- {rule: any-resource, reason: r, expires: 2027-03-31T00:00:00Z}\n", []string{`s.yml:1:44: expires: "2027-03-31T00:00:00Z" is not a date, want the last day of the suppression as YYYY-MM-DD, such as 2027-03-31`}},
		{"a duplicate entry", entry + "- {rule: any-resource, reason: other, expires: 2027-01-01}\n", []string{"s.yml:2:3: the suppression of any-resource is already on line 1; remove one of the two suppressions"}},
		{"a duplicate with an action in another case", "- {rule: any-resource, reason: r, action: 'ec2:*'}\n- {rule: any-resource, reason: r, action: 'EC2:*'}\n", []string{"s.yml:2:3: the suppression of any-resource for action EC2:* is already on line 1; remove one of the two suppressions"}},
		{"a duplicate key", "- rule: any-resource\n  reason: r\n  rule: not-action\n", []string{`s.yml:3:3: duplicate key "rule": it is already on line 1`}},
		{"an asterisk without quotes", "- rule: any-resource\n  policy: *\n  reason: r\n", []string{`s.yml:2:12: invalid YAML: did not find expected alphabetic or numeric character; quote a text that begins with *, such as "*"`}},
		{"an asterisk before a name", "- rule: any-resource\n  policy: *nodes\n  reason: r\n", []string{`s.yml:2:11: invalid YAML: unknown anchor 'nodes' referenced; quote a text that begins with *, such as "*"`}},
		{"an alias", "- {rule: any-resource, reason: &r r}\n- {rule: not-action, reason: *r}\n", []string{"s.yml:2:30: reason: aliases are not supported here; write the value itself"}},
		{"another version", "version: 2\nsuppressions: []\n", []string{"s.yml:1:10: version: unknown version; allowed: 1"}},
		{"a mapping instead of the list", "suppressions: {}\n", []string{"s.yml:1:15: suppressions: want a list, got a mapping"}},
		{"no list", "version: 1\n", []string{"s.yml:1:1: missing suppressions; write a list of entries with rule and reason"}},
		{"a text as entry", "- any-resource\n", []string{"s.yml:1:3: want a suppression with rule and reason, got a string"}},
		{"a text instead of the list", "any-resource\n", []string{"s.yml:1:1: suppressions: want a list, got a string"}},
		{"an empty file", "# none\n", []string{"s.yml: it is empty; write a list of suppressions, or [] for none"}},
		{"two documents", entry + "---\n" + entry, []string{"s.yml:2:1: a second YAML document begins here: a suppression file has only one"}},
		{"a binary file", "\x00", []string{"s.yml: it is a binary file, not suppressions in YAML"}},
		{"too many", strings.Repeat(entry, 2001), []string{"s.yml:1:1: suppressions: has 2001 entries; allowed: 2000; use patterns with * to write fewer entries"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := suppress.Read("s.yml", []byte(test.text), review.CheckSuppressible)
			if err == nil {
				t.Fatal("no error")
			}
			if got := strings.Split(err.Error(), "\n"); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// Every file must result in complete entries or an error.
func FuzzRead(f *testing.F) {
	f.Add([]byte("version: 1\nsuppressions:\n- {rule: any-resource, policy: '*', action: 'ec2:*', reason: r, expires: 2027-01-01}\n"))
	f.Add([]byte("- &a {rule: any-resource, reason: *a}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := suppress.Read("s.yml", text, review.CheckSuppressible)
		if err != nil {
			if !utf8.ValidString(err.Error()) || len(err.Error()) > 1<<16 {
				t.Errorf("the error is %q", err)
			}
			return
		}
		for _, e := range s.Entries {
			if strings.TrimSpace(e.Reason) == "" || review.CheckSuppressible(e.Rule) != nil || e.Line == 0 {
				t.Errorf("%+v", e)
			}
		}
	})
}
