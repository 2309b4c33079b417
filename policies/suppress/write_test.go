// Tests of writing suppressions, and of reading them again.

package suppress

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// With the reasons filled in, a written file suppresses exactly its findings.
// Without them, Read refuses the file and reports the position of each empty
// reason.
func TestFormatThenRead(t *testing.T) {
	findings := []Finding{
		{Rule: "any-resource", Policy: "controllers.cluster", Actions: []string{"ec2:RunInstances"}, Principals: []string{"a"}, Resources: []string{"*"}},
		{Rule: "any-resource", Policy: "nodes", Actions: []string{"ec2:CreateTags", "EC2:DeleteTags"}, Principals: []string{"a", "b"}, Resources: []string{"*", "x"}},
		{Rule: "full-access", Policy: "on", Actions: []string{"*"}},
		{Rule: "long-lived-user", Principals: []string{"bob \"the\" # builder\n: *x\ufffe\uffff"}},
		{Rule: "invalid-arn", Policy: "${AWS::StackName}-p", Actions: []string{"s3:GetObject", "iam:GetRole"}, Resources: []string{"a'b\\c", ""}},
	}
	var suggestions []Suggestion
	for _, f := range findings {
		suggestions = append(suggestions, Suggestion{Entry: Suggest(f), Severity: "low", Statement: "Statement[0]", Message: "a message\nof two lines\ufffe\u0081"})
	}
	suggestions = append(suggestions, suggestions[0])
	written, err := Format("a.yaml\n- rule: x", suggestions)
	if err != nil {
		t.Fatal(err)
	}
	text := string(written)
	if strings.ContainsAny(text, "\ufffe\uffff\u0081") {
		t.Errorf("the file has characters that YAML does not accept: %q", text)
	}
	check := func(string) error { return nil }
	_, err = Read("s.yml", []byte(text), check)
	if err == nil || strings.Count(err.Error(), "missing reason of ") != len(findings) {
		t.Errorf("without reasons: %v", err)
	}
	list, err := Read("s.yml", []byte(strings.ReplaceAll(text, "reason:", "reason: r")), check)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for i, f := range findings {
		m := NewMatcher(list, time.Time{})
		if _, rest, remains := m.Match(f); remains {
			t.Errorf("%d: %v of %v is not suppressed\n%s", i, rest, f, text)
		}
		for j, u := range m.Uses() {
			if (u.Findings > 0) != (i == j) {
				t.Errorf("finding %d and entry %d: %d", i, j, u.Findings)
			}
		}
	}
}

// An entry written for a finding does not completely suppress a wider, more
// severe or different finding.
func TestSuggestedEntryMatchesOnlyItsFinding(t *testing.T) {
	original := Finding{Rule: "service-wildcard", Policy: "p*", File: "./a/b.yaml", Severity: "high", Statement: "Statement[0]", Actions: []string{"ec2:*", "eks:*"}, Principals: []string{"a*"}, Resources: []string{"*"},
		Trusted: []string{"AWS arn:aws:iam::444455556666:root", "Service ec2.amazonaws.com"}, Limits: []string{"Bool aws:SecureTransport = true", `StringEquals aws:X = "a,b", c`}}
	text, err := Format("a", []Suggestion{{Entry: Suggest(original)}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := Read("s.yml", []byte(strings.ReplaceAll(string(text), "reason:", "reason: r")), func(string) error { return nil })
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	isLeft := func(change func(*Finding)) bool {
		f := original
		change(&f)
		_, _, remains := NewMatcher(list, time.Time{}).Match(f)
		return remains
	}
	if isLeft(func(*Finding) {}) || isLeft(func(f *Finding) { f.File = "a//b.yaml" }) || isLeft(func(f *Finding) { f.Actions = []string{"EC2:*"} }) || isLeft(func(f *Finding) { f.Trusted = f.Trusted[1:] }) {
		t.Error("the finding itself is not suppressed")
	}
	for name, change := range map[string]func(*Finding){
		"another action":              func(f *Finding) { f.Actions = []string{"ec2:Describe*"} },
		"one more action":             func(f *Finding) { f.Actions = []string{"ec2:*", "eks:*", "iam:*"} },
		"no action":                   func(f *Finding) { f.Actions = nil },
		"another policy":              func(f *Finding) { f.Policy = "pq" },
		"another file":                func(f *Finding) { f.File = "b.yaml" },
		"no file":                     func(f *Finding) { f.File = "" },
		"another principal":           func(f *Finding) { f.Principals = []string{"ab"} },
		"no principal":                func(f *Finding) { f.Principals = nil },
		"one more resource":           func(f *Finding) { f.Resources = []string{"*", "arn:aws:s3:::a"} },
		"no resource":                 func(f *Finding) { f.Resources = nil },
		"a more severe finding":       func(f *Finding) { f.Severity = "critical" },
		"another statement":           func(f *Finding) { f.Statement = "Statement[1]" },
		"another trusted account":     func(f *Finding) { f.Trusted = []string{"AWS arn:aws:iam::666666666666:root"} },
		"one more trusted principal":  func(f *Finding) { f.Trusted = append([]string{"AWS *"}, f.Trusted...) },
		"no trusted principal":        func(f *Finding) { f.Trusted = nil },
		"another limit":               func(f *Finding) { f.Limits = []string{f.Limits[0], `StringEquals aws:X = d`} },
		"one limit fewer":             func(f *Finding) { f.Limits = f.Limits[:1] },
		"one limit more":              func(f *Finding) { f.Limits = append(f.Limits[:2:2], "x") },
		"no limit":                    func(f *Finding) { f.Limits = []string{} },
		"all actions of all services": func(f *Finding) { f.Actions = []string{"*"} },
	} {
		if !isLeft(change) {
			t.Errorf("%s is suppressed too", name)
		}
	}
}

func TestEveryEmptyReasonIsReported(t *testing.T) {
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "- {rule: r%d, reason: }\n", i)
	}
	_, err := Read("s.yml", []byte(b.String()), func(string) error { return nil })
	if err == nil || strings.Count(err.Error(), "missing reason of ") != 60 || !strings.Contains(err.Error(), "s.yml:60:") {
		t.Errorf("%v", err)
	}
}

// An entry from a file that an earlier version wrote has neither the field trusted
// nor the field limits, and accepts all values. With an empty list in one of these
// fields, an entry accepts no value.
func TestEntryWithoutTrustedAndLimits(t *testing.T) {
	f := Finding{Rule: "trust-account", Policy: "p", Severity: "low", Actions: []string{"sts:AssumeRole"}, Trusted: []string{"AWS *"}, Limits: []string{"Bool aws:SecureTransport = true"}}
	for _, test := range []struct {
		extra   string
		remains bool
	}{
		{"", false}, {", trusted: []", true}, {", limits: []", true}, {", trusted: ['AWS *'], limits: ['Bool aws:SecureTransport = true']", false},
	} {
		list, err := Read("s.yml", []byte("- {rule: trust-account, reason: r, exactly: {policy: p, severity: low, actions: ['sts:AssumeRole']"+test.extra+"}}\n"), func(string) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if _, _, remains := NewMatcher(list, time.Time{}).Match(f); remains != test.remains {
			t.Errorf("%q: remains %t, want %t", test.extra, remains, test.remains)
		}
	}
}

// The pattern for principals also matches the principal that a policy trusts, unless
// the pattern could be meant for the name of a role.
func TestPrincipalPatternMatchesTrustedPrincipal(t *testing.T) {
	root := "AWS arn:aws:iam::444455556666:root"
	for _, test := range []struct {
		pattern, trusted string
		remains          bool
	}{
		{"arn:aws:iam::444455556666:root", root, false},
		{root, root, false},
		{"444455556666", root, false},
		{"arn:aws:iam::444455556666:root", "AWS 444455556666", false},
		{"arn:aws:iam::444455556666:*", root, false},
		{"arn:aws:iam::666666666666:root", root, true},
		{"666666666666", root, true},
		{"444455556666", "AWS arn:aws:iam::444455556666:role/x", true},
		{"arn:aws:iam::*:root", "AWS *", true},
		{"a*", root, true},
		{"*:root", root, true},
		{"*", root, false},
		{"tru*", root, false}, // matches the role "trusting"
		{"ec2.amazonaws.com", "Service ec2.amazonaws.com", false},
	} {
		for _, principals := range [][]string{{"trusting"}, nil} {
			list := &List{Entries: []Entry{{Rule: "r", Principal: test.pattern}}}
			_, _, remains := NewMatcher(list, time.Time{}).Match(Finding{Rule: "r", Principals: principals, Trusted: []string{test.trusted}})
			if want := test.remains || principals == nil && test.pattern == "tru*"; remains != want {
				t.Errorf("%s for %s of %q: remains %t, want %t", test.pattern, test.trusted, principals, remains, want)
			}
		}
	}
	list := &List{Entries: []Entry{{Rule: "r", Principal: "444455556666"}}}
	_, rest, remains := NewMatcher(list, time.Time{}).Match(Finding{Rule: "r", Principals: []string{"a"}, Trusted: []string{root, "AWS arn:aws:iam::666666666666:root"}})
	if !remains || fmt.Sprint(rest) != "{[] [a] [AWS arn:aws:iam::666666666666:root] [AWS arn:aws:iam::444455556666:root]}" {
		t.Errorf("of two accounts, %v remains", rest)
	}
}
