// Tests which findings suppressions hide, which they keep, and the findings
// about suppressions.

package review

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"capaboot/policies/document"
	"capaboot/policies/suppress"
)

// twoRoles has two roles with the same policy. Two rules report the policy.
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
		{"only the rule", "{rule: any-resource}", []string{wildcard}, []string{all}},
		{"a wildcard for all actions hides no other rule", `{rule: any-resource, action: "*"}`, []string{wildcard}, []string{all}},
		{"one action", "{rule: any-resource, action: 'ec2:RunInstances'}", []string{wildcard, "any-resource ec2:Terminate*,s3:DeleteBucket a,b"}, []string{"any-resource ec2:RunInstances a,b"}},
		{"actions in any case", "{rule: any-resource, action: 'EC2:runinstances'}", []string{wildcard, "any-resource ec2:Terminate*,s3:DeleteBucket a,b"}, []string{"any-resource ec2:RunInstances a,b"}},
		{"a part of a wildcard is not the wildcard", "{rule: any-resource, action: 'ec2:TerminateI*'}", []string{wildcard, all}, nil},
		{"? matches one character, not a wildcard", "{rule: any-resource, action: 'ec2:Terminate?'}", []string{wildcard, all}, nil},
		{"a service", "{rule: any-resource, action: 'ec2:*'}", []string{wildcard, "any-resource s3:DeleteBucket a,b"}, []string{"any-resource ec2:RunInstances,ec2:Terminate* a,b"}},
		{"all actions, in two entries", "{rule: any-resource, action: 'ec2:*'}, {rule: any-resource, action: 's3:*'}", []string{wildcard},
			[]string{"any-resource ec2:RunInstances,ec2:Terminate* a,b", "any-resource s3:DeleteBucket a,b"}},
		{"another policy", "{rule: any-resource, policy: other}", []string{wildcard, all}, nil},
		{"the policy by wildcard", "{rule: any-resource, policy: sh*}", []string{wildcard}, []string{all}},
		{"one principal", "{rule: any-resource, principal: a}", []string{wildcard, strings.Replace(all, "a,b", "b", 1)}, []string{strings.Replace(all, "a,b", "a", 1)}},
		{"one action of one principal keeps both", "{rule: any-resource, principal: a, action: 'ec2:*'}", []string{wildcard, all}, []string{"any-resource ec2:RunInstances,ec2:Terminate* a"}},
		{"a resource that is narrower than the finding's", `{rule: any-resource, resource: "arn:*"}`, []string{wildcard, all}, nil},
		{"the resource", `{rule: any-resource, resource: "*"}`, []string{wildcard}, []string{all}},
		{"an expired entry", "{rule: any-resource, expires: 2026-11-22}", []string{wildcard, all, "expired-suppression  "}, nil},
		{"an entry that expires today", "{rule: any-resource, expires: 2026-11-23}", []string{wildcard}, []string{all}},
	} {
		t.Run(test.name, func(t *testing.T) {
			entries := strings.ReplaceAll(test.entry, "}", ", reason: r}")
			suppressions, err := suppress.Read("s.yml", []byte("suppressions: ["+entries+"]\n"), CheckSuppressible)
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
			describe := func(f Finding) string {
				return fmt.Sprintf("%s %s %s", f.Rule, strings.Join(f.Actions, ","), strings.Join(f.Principals, ","))
			}
			var kept, suppressed []string
			for _, f := range report.Findings {
				if f.Rule != unusedRuleID {
					kept = append(kept, describe(f))
				}
			}
			for _, f := range report.Suppressed {
				suppressed = append(suppressed, describe(f.Finding))
				if f.Reason != "r" {
					t.Errorf("the reason is %q", f.Reason)
				}
			}
			if !slices.Equal(sortedList(kept), sortedList(test.kept)) || !slices.Equal(sortedList(suppressed), sortedList(test.suppressed)) {
				t.Errorf("kept %q, suppressed %q\nwant %q, suppressed %q", kept, suppressed, test.kept, test.suppressed)
			}
		})
	}
}

func sortedList(list []string) []string { return slices.Sorted(slices.Values(list)) }

// A suppression of only some actions of an escalation path must hide nothing,
// because the path needs all of them. A suppression of some principals must
// hide the finding for them.
func TestSuppressPath(t *testing.T) {
	path := Finding{Rule: "any-resource", Principals: []string{"a", "b"}, Actions: []string{"iam:PassRole", "ec2:RunInstances"}, Path: make([]PathStep, 2)}
	for _, test := range []struct {
		entries          []suppress.Entry
		kept, suppressed string
	}{
		{[]suppress.Entry{{Action: "iam:PassRole"}}, "a b", ""},
		{[]suppress.Entry{{Action: "*"}}, "", "a b"},
		{[]suppress.Entry{{Action: "iam:PassRole"}, {Action: "ec2:*"}}, "", "a b a b"},
		{[]suppress.Entry{{Action: "iam:PassRole"}, {Action: "ec2:*", Principal: "a"}}, "b", "a a"},
		{[]suppress.Entry{{Principal: "b"}}, "a", "b"},
	} {
		for i := range test.entries {
			test.entries[i].Rule = "any-resource"
		}
		r := &Report{Findings: []Finding{path}}
		r.suppress(Options{Rules: []string{"any-resource"}, Suppressions: &suppress.List{File: "s", Entries: test.entries}}, nil)
		var kept, suppressed []string
		for _, f := range r.Findings {
			kept = append(kept, f.Principals...)
			if len(f.Actions) != 2 || WriteSentence(f.Message) != "" {
				t.Errorf("%v: the path has %v %s", test.entries, f.Actions, WriteSentence(f.Message))
			}
		}
		for _, f := range r.Suppressed {
			suppressed = append(suppressed, f.Principals...)
		}
		if strings.Join(kept, " ") != test.kept || strings.Join(suppressed, " ") != test.suppressed {
			t.Errorf("%v: kept for %v, suppressed for %v; want %q and %q", test.entries, kept, suppressed, test.kept, test.suppressed)
		}
	}
}

// A suppression must not match a finding without actions, principals, policy or
// resources if it has a pattern for them. The pattern "*" for actions,
// principals or policies matches nevertheless.
func TestSuppressEmptyFinding(t *testing.T) {
	for _, test := range []struct {
		entry      suppress.Entry
		suppressed bool
	}{
		{suppress.Entry{}, true},
		{suppress.Entry{Action: "*", Principal: "*"}, true},
		{suppress.Entry{Action: "ec2:*"}, false},
		{suppress.Entry{Principal: "a*"}, false},
		{suppress.Entry{Resource: "arn:*"}, false},
		{suppress.Entry{Resource: "*"}, false},
		{suppress.Entry{Policy: "p*"}, false},
		{suppress.Entry{Policy: "*"}, true},
	} {
		test.entry.Rule = "quota"
		r := &Report{Findings: []Finding{{Rule: "quota"}}}
		r.suppress(Options{Rules: []string{"quota"}, Suppressions: &suppress.List{File: "s", Entries: []suppress.Entry{test.entry}}}, nil)
		if suppressed := len(r.Findings) == 0; suppressed != test.suppressed || suppressed != (len(r.Suppressed) == 1) {
			t.Errorf("%+v: suppressed: %t, want %t", test.entry, suppressed, test.suppressed)
		}
	}
}

// If the rule of an expired suppression does not run, the finding must not say
// that the suppression matches nothing.
func TestExpiredSuppressionOfARuleThatDidNotRun(t *testing.T) {
	suppressions, err := suppress.Read("s.yml", []byte("- {rule: any-resource, reason: r, expires: 2020-01-01}\n"), CheckSuppressible)
	if err != nil {
		t.Fatal(err)
	}
	for rule, want := range map[string]bool{expiredRuleID: false, "any-resource": true} {
		report, err := Review(&document.Set{}, Options{Rules: []string{rule}, Today: today, Suppressions: suppressions})
		if err != nil || len(report.Findings) != 1 {
			t.Fatalf("%s: %+v, %v", rule, report, err)
		}
		if text := WriteSentence(report.Findings[0].Message); strings.Contains(text, "matches no finding") != want {
			t.Errorf("with the rule %s: %s", rule, text)
		}
	}
}

// Without a date, no suppression has expired. Whether a suppression is unused is known
// only if its rule runs.
func TestSuppressWithoutDateOrAllRules(t *testing.T) {
	suppressions, err := suppress.Read("s.yml", []byte("- {rule: any-resource, reason: r, expires: 2020-01-01}\n- {rule: not-action, reason: r}\n"), CheckSuppressible)
	if err != nil {
		t.Fatal(err)
	}
	set := readSet(t, "testdata/unused-suppression/bad.json")
	for _, test := range []struct {
		options Options
		want    string
	}{
		{Options{Rules: []string{"any-resource", "not-action"}}, "unused-suppression"},
		{Options{Rules: []string{"any-resource"}}, ""},
		{Options{Rules: []string{"any-resource"}, Today: today}, "any-resource expired-suppression"},
		{Options{Rules: []string{"full-access"}, Today: today}, ""},
		{Options{Rules: []string{"any-resource", "not-action"}, Today: time.Date(2020, 1, 1, 23, 59, 0, 0, time.UTC)}, "unused-suppression"},
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
		if got := strings.Join(sortedList(rules), " "); got != test.want {
			t.Errorf("%v: findings of %q, want %q", test.options.Rules, got, test.want)
		}
	}
}

// A suppression of exactly one finding names the file as on the command line. If the
// review ran in another folder, or if another finding is similar, the finding about the
// suppression says so.
func TestSuppressionOfAnotherFolder(t *testing.T) {
	t.Parallel()
	const entry = "- {rule: any-resource, exactly: {file: %s, policy: bad, severity: medium, statement: 'Statement[0]', actions: ['ec2:CreateVpc', 'ec2:RunInstances', 's3:DeleteBucket'], resources: ['*']}, reason: r}\n"
	for file, want := range map[string]string{
		"bad.json":        "",
		"folder/bad.json": "names the file folder/bad.json, but the finding is in bad.json, so",
		"other.json":      "would hide a matching finding in the future",
		// The finding is about s3:DeleteBucket too, and its severity has changed.
		"bad.json, x": "the suppression matches no finding, and the most similar finding differs in its severity and actions: ",
	} {
		entry := entry
		if name, changed := strings.CutSuffix(file, ", x"); changed {
			entry, file = strings.NewReplacer("medium", "high", ", 's3:DeleteBucket'", "").Replace(entry), name
		}
		suppressions, err := suppress.Read("s.yml", []byte(fmt.Sprintf(entry, file)), CheckSuppressible)
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(readSet(t, "testdata/unused-suppression/bad.json"), Options{Today: today, Suppressions: suppressions})
		if err != nil {
			t.Fatal(err)
		}
		message := ""
		for _, f := range report.Findings {
			if f.Rule == unusedRuleID {
				message += WriteSentence(f.Message)
			}
		}
		if !strings.Contains(message, want) || (want == "") != (message == "") {
			t.Errorf("%s: %s, want %s", file, message, want)
		}
	}
}
