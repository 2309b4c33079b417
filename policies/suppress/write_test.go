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
		suggestions = append(suggestions, Suggestion{Entry: Suggest(f), Severity: "low", Statement: "Statement[0]", Message: "a message\nof two lines\ufffe"})
	}
	suggestions = append(suggestions, suggestions[0])
	written, err := Format("a.yaml\n- rule: x", suggestions)
	if err != nil {
		t.Fatal(err)
	}
	text := string(written)
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
// severe or different one.
func TestSuggestedEntryMatchesOnlyItsFinding(t *testing.T) {
	original := Finding{Rule: "service-wildcard", Policy: "p*", File: "./a/b.yaml", Severity: "high", Statement: "Statement[0]", Actions: []string{"ec2:*", "eks:*"}, Principals: []string{"a*"}, Resources: []string{"*"}}
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
	if isLeft(func(*Finding) {}) || isLeft(func(f *Finding) { f.File = "a//b.yaml" }) || isLeft(func(f *Finding) { f.Actions = []string{"EC2:*"} }) {
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
