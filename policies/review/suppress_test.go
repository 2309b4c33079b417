// Tests what a suppression takes away, what it leaves, and how files of them are read.

package review

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"capaboot/policies/document"
)

// twoRoles have one policy in common, which two rules object to.
const twoRoles = `
Resources:
  A: {Type: AWS::IAM::Role, Properties: {RoleName: a, AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}}}}
  B: {Type: AWS::IAM::Role, Properties: {RoleName: b, AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}}}}
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: shared
      Roles: [!Ref A, !Ref B]
      PolicyDocument:
        Version: "2012-10-17"
        Statement: {Effect: Allow, Action: ["ec2:RunInstances", "ec2:Terminate*", "s3:DeleteBucket"], Resource: "*"}
`

func TestSuppress(t *testing.T) {
	const all = "any-resource ec2:RunInstances,ec2:Terminate*,s3:DeleteBucket a,b"
	const wildcard = "action-wildcard ec2:Terminate* a,b"
	for _, test := range []struct {
		name, entry      string
		kept, suppressed []string
	}{
		{"the rule alone", "{rule: any-resource}", []string{wildcard}, []string{all}},
		{"a wildcard for all actions hides no other rule", `{rule: any-resource, action: "*"}`, []string{wildcard}, []string{all}},
		{"one action", "{rule: any-resource, action: 'ec2:RunInstances'}", []string{wildcard, "any-resource ec2:Terminate*,s3:DeleteBucket a,b"}, []string{"any-resource ec2:RunInstances a,b"}},
		{"actions in any case", "{rule: any-resource, action: 'EC2:runinstances'}", []string{wildcard, "any-resource ec2:Terminate*,s3:DeleteBucket a,b"}, []string{"any-resource ec2:RunInstances a,b"}},
		{"a part of a wildcard is not the wildcard", "{rule: any-resource, action: 'ec2:TerminateI*'}", []string{wildcard, all}, nil},
		{"? is one character and no wildcard's worth", "{rule: any-resource, action: 'ec2:Terminate?'}", []string{wildcard, all}, nil},
		{"a service", "{rule: any-resource, action: 'ec2:*'}", []string{wildcard, "any-resource s3:DeleteBucket a,b"}, []string{"any-resource ec2:RunInstances,ec2:Terminate* a,b"}},
		{"all actions, in two entries", "{rule: any-resource, action: 'ec2:*'}, {rule: any-resource, action: 's3:*'}", []string{wildcard},
			[]string{"any-resource ec2:RunInstances,ec2:Terminate* a,b", "any-resource s3:DeleteBucket a,b"}},
		{"another policy", "{rule: any-resource, policy: other}", []string{wildcard, all}, nil},
		{"the policy by wildcard", "{rule: any-resource, policy: sh*}", []string{wildcard}, []string{all}},
		{"one principal", "{rule: any-resource, principal: a}", []string{wildcard, strings.Replace(all, "a,b", "b", 1)}, []string{strings.Replace(all, "a,b", "a", 1)}},
		{"one action of one principal keeps both", "{rule: any-resource, principal: a, action: 'ec2:*'}", []string{wildcard, all}, []string{"any-resource ec2:RunInstances,ec2:Terminate* a"}},
		{"a resource that is narrower than the finding's", `{rule: any-resource, resource: "arn:*"}`, []string{wildcard, all}, nil},
		{"the resource", `{rule: any-resource, resource: "*"}`, []string{wildcard}, []string{all}},
		{"one that has expired", "{rule: any-resource, expires: 2026-11-22}", []string{wildcard, all, "expired-suppression  "}, nil},
		{"one that expires today", "{rule: any-resource, expires: 2026-11-23}", []string{wildcard}, []string{all}},
	} {
		t.Run(test.name, func(t *testing.T) {
			entries := strings.ReplaceAll(test.entry, "}", ", reason: r}")
			suppressions, err := ReadSuppressions("s.yml", []byte("suppressions: ["+entries+"]\n"))
			if err != nil {
				t.Fatal(err)
			}
			set, err := document.ReadSet("f.yaml", []byte(twoRoles))
			if err != nil {
				t.Fatal(err)
			}
			report, err := Review(set, Options{Rules: []string{"any-resource", "action-wildcard"}, Today: today, Suppressions: suppressions})
			if err != nil {
				t.Fatal(err)
			}
			short := func(f Finding) string {
				return fmt.Sprintf("%s %s %s", f.Rule, strings.Join(f.Actions, ","), strings.Join(f.Principals, ","))
			}
			var kept, suppressed []string
			for _, f := range report.Findings {
				kept = append(kept, short(f))
			}
			for _, f := range report.Suppressed {
				suppressed = append(suppressed, short(f.Finding))
				if f.Reason != "r" {
					t.Errorf("the reason is %q", f.Reason)
				}
			}
			if !slices.Equal(sorted(kept), sorted(test.kept)) || !slices.Equal(sorted(suppressed), sorted(test.suppressed)) {
				t.Errorf("kept %q, suppressed %q\nwant %q, suppressed %q", kept, suppressed, test.kept, test.suppressed)
			}
		})
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// A path with one of its actions accepted is still the path, and nothing of it
// is in the list of what was taken away.
func TestSuppressPath(t *testing.T) {
	path := Finding{Rule: "any-resource", Principals: []string{"a", "b"}, Actions: []string{"iam:PassRole", "ec2:RunInstances"}, Path: make([]PathStep, 2)}
	for _, test := range []struct {
		entries          []suppression
		kept, suppressed string
	}{
		{[]suppression{{action: "iam:PassRole"}}, "a b", ""},
		{[]suppression{{action: "*"}}, "", "a b"},
		{[]suppression{{action: "iam:PassRole"}, {action: "ec2:*"}}, "", "a b a b"},
		{[]suppression{{action: "iam:PassRole"}, {action: "ec2:*", principal: "a"}}, "b", "a a"},
		{[]suppression{{principal: "b"}}, "a", "b"},
	} {
		for i := range test.entries {
			test.entries[i].rule = "any-resource"
		}
		r := &Report{Findings: []Finding{path}}
		r.suppress(Options{Rules: []string{"any-resource"}, Suppressions: &Suppressions{"s", test.entries}}, nil)
		var kept, suppressed []string
		for _, f := range r.Findings {
			kept = append(kept, f.Principals...)
			if len(f.Actions) != 2 || f.Message != "" {
				t.Errorf("%v: the path is left with %v %s", test.entries, f.Actions, f.Message)
			}
		}
		for _, f := range r.Suppressed {
			suppressed = append(suppressed, f.Principals...)
		}
		if strings.Join(kept, " ") != test.kept || strings.Join(suppressed, " ") != test.suppressed {
			t.Errorf("%v: kept for %v, taken for %v; want %q and %q", test.entries, kept, suppressed, test.kept, test.suppressed)
		}
	}
}

// A finding about no action, resource or principal is not for a suppression
// that names one.
func TestSuppressWithoutActions(t *testing.T) {
	for _, test := range []struct {
		entry suppression
		taken bool
	}{
		{suppression{}, true},
		{suppression{action: "*", principal: "*"}, true},
		{suppression{action: "ec2:*"}, false},
		{suppression{principal: "a*"}, false},
		{suppression{resource: "arn:*"}, false},
		{suppression{resource: "*"}, false},
		{suppression{policy: "p*"}, false},
		{suppression{policy: "*"}, true},
	} {
		test.entry.rule = "quota"
		r := &Report{Findings: []Finding{{Rule: "quota"}}}
		r.suppress(Options{Rules: []string{"quota"}, Suppressions: &Suppressions{"s", []suppression{test.entry}}}, nil)
		if taken := len(r.Findings) == 0; taken != test.taken || taken != (len(r.Suppressed) == 1) {
			t.Errorf("%+v: taken %t, want %t", test.entry, taken, test.taken)
		}
	}
}

// Without a date, nothing has expired; with some rules only, nothing is unused.
func TestSuppressQuietly(t *testing.T) {
	suppressions, err := ReadSuppressions("s.yml", []byte("- {rule: any-resource, reason: r, expires: 2020-01-01}\n- {rule: not-action, reason: r}\n"))
	if err != nil {
		t.Fatal(err)
	}
	set := readSet(t, "testdata/unused-suppression/bad.json")
	for _, test := range []struct {
		options Options
		want    string
	}{
		{Options{Rules: []string{"any-resource", "not-action"}}, ""},
		{Options{Rules: []string{"any-resource"}, Today: today}, "any-resource expired-suppression"},
		{Options{Rules: []string{"full-access"}, Today: today}, ""},
		{Options{Rules: []string{"any-resource", "not-action"}, Today: time.Date(2020, 1, 1, 23, 59, 0, 0, time.UTC)}, ""},
	} {
		test.options.Suppressions = suppressions
		report, err := Review(set, test.options)
		if err != nil {
			t.Fatal(err)
		}
		var rules []string
		for _, f := range report.Findings {
			rules = append(rules, f.Rule)
		}
		if got := strings.Join(sorted(rules), " "); got != test.want {
			t.Errorf("%v: findings of %q, want %q", test.options.Rules, got, test.want)
		}
	}
}

func TestReadSuppressionsReports(t *testing.T) {
	const entry = "- {rule: any-resource, reason: r}\n"
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"a reason without a word", "- rule: any-resource\n  reason: \"- \u00a0\"\n", []string{"s.yml:1:3: reason is missing: say why the finding is accepted"}},
		{"an unknown field", "suppressions:\n- rule: any-resource\n  reasn: r\n  reason: r\n", []string{`s.yml:3:3: unknown field "reasn", did you mean "reason"? allowed: rule, policy, action, principal, resource, reason, expires`}},
		{"an unknown field at the top", "supressions: []\n", []string{`s.yml:1:1: unknown field "supressions", did you mean "suppressions"? allowed: version, suppressions`}},
		{"an unknown rule", "- rule: any-resourc\n  reason: r\n", []string{`s.yml:1:9: rule: unknown rule "any-resourc", did you mean "any-resource"?`}},
		{"a group", "- {rule: exposure, reason: r}\n", []string{`s.yml:1:10: rule: "exposure" is a group of rules: name one rule of it`}},
		{"a wildcard as rule", "- {rule: '*', reason: r}\n", []string{`s.yml:1:10: rule: unknown rule "*"`}},
		{"a suppression of suppressions", "- {rule: expired-suppression, reason: r}\n", []string{"s.yml:1:10: rule: findings of expired-suppression cannot be suppressed: remove the suppression that they name"}},
		{"no rule", "- {reason: r}\n", []string{"s.yml:1:3: rule is missing: name the rule whose findings are accepted"}},
		{"no reason", "- rule: any-resource\n", []string{"s.yml:1:3: reason is missing: say why the finding is accepted"}},
		{"a blank reason", "- rule: any-resource\n  reason: '  '\n", []string{"s.yml:2:11: reason is blank: say why the finding is accepted"}},
		{"a blank policy", "- {rule: any-resource, reason: r, policy: ''}\n", []string{`s.yml:1:43: policy is blank: leave it out for any, or write "*"`}},
		{"a reason that is nothing", "- rule: any-resource\n  reason:\n", []string{"s.yml:2:10: reason: want a text, got nothing; leave the field out, or write it"}},
		{"a reason that is a number", "- {rule: any-resource, reason: 5}\n", []string{`s.yml:1:32: reason: want a text, got a number; in quotes it is one: "5"`}},
		{"a list of actions", "- {rule: any-resource, reason: r, action: ['ec2:*']}\n", []string{"s.yml:1:43: action: want a text, got a list; leave the field out, or write it"}},
		{"an action without a service", "- {rule: any-resource, reason: r, action: RunInstances}\n", []string{`s.yml:1:43: action: "RunInstances" has no service before a colon: write it as in the finding ("ec2:RunInstances", "ec2:*")`}},
		{"no such day", "- {rule: any-resource, reason: r, expires: 2027-02-29}\n", []string{`s.yml:1:44: expires: "2027-02-29" is no date: write the last day as YYYY-MM-DD, such as 2027-03-31`}},
		{"a date the other way round", "- {rule: any-resource, reason: r, expires: 31.03.2027}\n", []string{`s.yml:1:44: expires: "31.03.2027" is no date: write the last day as YYYY-MM-DD, such as 2027-03-31`}},
		{"a time", "- {rule: any-resource, reason: r, expires: 2027-03-31T00:00:00Z}\n", []string{`s.yml:1:44: expires: "2027-03-31T00:00:00Z" is no date: write the last day as YYYY-MM-DD, such as 2027-03-31`}},
		{"the same twice", entry + "- {rule: any-resource, reason: other, expires: 2027-01-01}\n", []string{"s.yml:2:3: the suppression of any-resource stands in line 1 already: remove one of them"}},
		{"the same action in another case", "- {rule: any-resource, reason: r, action: 'ec2:*'}\n- {rule: any-resource, reason: r, action: 'EC2:*'}\n", []string{"s.yml:2:3: the suppression of any-resource for action EC2:* stands in line 1 already: remove one of them"}},
		{"a key twice", "- rule: any-resource\n  reason: r\n  rule: not-action\n", []string{`s.yml:3:3: duplicate key "rule": it stands in line 1 already`}},
		{"an asterisk without quotes", "- rule: any-resource\n  policy: *\n  reason: r\n", []string{`s.yml:2:12: invalid YAML: did not find expected alphabetic or numeric character; a text that begins with * needs quotes: "*"`}},
		{"an asterisk before a name", "- rule: any-resource\n  policy: *nodes\n  reason: r\n", []string{`s.yml:2:11: invalid YAML: unknown anchor 'nodes' referenced; a text that begins with * needs quotes: "*"`}},
		{"an alias", "- {rule: any-resource, reason: &r r}\n- {rule: not-action, reason: *r}\n", []string{"s.yml:2:30: reason: aliases are not read here: write the value out"}},
		{"another version", "version: 2\nsuppressions: []\n", []string{"s.yml:1:10: version: this program reads version 1 only"}},
		{"a list that is none", "suppressions: {}\n", []string{"s.yml:1:15: suppressions: want a list, got a mapping"}},
		{"no list", "version: 1\n", []string{"s.yml:1:1: suppressions is missing: write a list of entries with rule and reason"}},
		{"a text as entry", "- any-resource\n", []string{"s.yml:1:3: want a suppression with rule and reason, got a text"}},
		{"a text", "any-resource\n", []string{"s.yml:1:1: suppressions: want a list, got a text"}},
		{"nothing", "# none\n", []string{"s.yml: is empty: write a list under suppressions, or leave the file out"}},
		{"two documents", entry + "---\n" + entry, []string{"s.yml:2:1: a second YAML document begins here: a suppression file has one"}},
		{"a binary file", "\x00", []string{"s.yml: is a binary file, not suppressions in YAML"}},
		{"too many", strings.Repeat(entry, maxSuppressions+1), []string{"s.yml:1:1: suppressions: has 2001 entries, allowed: 2000; patterns with * say more in fewer"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadSuppressions("s.yml", []byte(test.text))
			if err == nil {
				t.Fatal("no error")
			}
			if got := strings.Split(err.Error(), "\n"); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// Whatever is in the file, it is read as entries that are complete, or it is
// an error with a place.
func FuzzReadSuppressions(f *testing.F) {
	f.Add([]byte("version: 1\nsuppressions:\n- {rule: any-resource, policy: '*', action: 'ec2:*', reason: r, expires: 2027-01-01}\n"))
	f.Add([]byte("- &a {rule: any-resource, reason: *a}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ReadSuppressions("s.yml", text)
		if err != nil {
			if !utf8.ValidString(err.Error()) || len(err.Error()) > 1<<16 {
				t.Errorf("the error is %q", err)
			}
			return
		}
		for _, e := range s.entries {
			if strings.TrimSpace(e.reason) == "" || checkRule(e.rule, false) != nil || e.line == 0 {
				t.Errorf("%+v", e)
			}
		}
	})
}
