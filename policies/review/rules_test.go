// Tests every rule with a document that it must report, and a similar one that
// it must not.

package review

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"capaboot/policies/document"
	"capaboot/policies/suppress"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var today = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// TestRules walks testdata/RULE-ID. bad.* must result in the findings in
// findings.golden, and good.* in no finding of the rule.
func TestRules(t *testing.T) {
	for _, rule := range Rules() {
		t.Run(rule.ID, func(t *testing.T) {
			folder := filepath.Join("testdata", rule.ID)
			badFindings := findingsIn(t, rule.ID, folder, "bad")
			if len(badFindings) == 0 {
				t.Errorf("no finding in %s/bad.*", folder)
			}
			for _, f := range findingsIn(t, rule.ID, folder, "good") {
				t.Errorf("%s/good.* has a finding: %s", folder, WriteSentence(f.Message))
			}
			compareGolden(t, filepath.Join(folder, "findings.golden"), describeFindings(badFindings))
		})
	}
	badFiles, err := filepath.Glob("testdata/*/bad.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range badFiles {
		if id := filepath.Base(filepath.Dir(path)); checkRule(id) != nil {
			t.Errorf("%s exists, but the rule %s does not", path, id)
		}
	}
}

// findingsIn reviews FOLDER/NAME.json or .yaml with NAME-suppressions.yml if it
// exists, and returns the findings of the rule.
func findingsIn(t *testing.T, rule, folder, name string) []Finding {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, name+".[jy]*"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("%s needs one %s.json or %s.yaml: %v %v", folder, name, name, paths, err)
	}
	options := Options{Rules: []string{rule}, Today: today}
	if text, err := os.ReadFile(filepath.Join(folder, name+"-suppressions.yml")); err == nil {
		if options.Suppressions, err = suppress.Read(name+"-suppressions.yml", text, CheckSuppressible); err != nil {
			t.Fatal(err)
		}
		options.Rules = nil
	}
	report, err := Review(readSet(t, paths[0]), options)
	if err != nil {
		t.Fatal(err)
	}
	var findings []Finding
	for _, f := range report.Findings {
		if f.Rule == rule {
			findings = append(findings, f)
		}
	}
	return findings
}

func readSet(t testing.TB, path string) *document.Set {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	set, err := document.ReadSet(filepath.Base(path), text)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// WriteSentence returns the text of a sentence as package report writes it.
// Package report imports this package, so an external test sets it.
var WriteSentence func(Sentence) string

func notesText(report *Report) string {
	var notes []string
	for _, note := range report.Notes {
		notes = append(notes, WriteSentence(note))
	}
	return strings.Join(notes, "\n")
}

// describeFindings writes findings with all fields that the tests compare.
func describeFindings(findings []Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s %s:%d:%d %s %s\n", f.Severity, f.File, f.Line, f.Column, f.Policy, f.Statement)
		for _, part := range []struct {
			name string
			list []string
		}{{"principals", f.Principals}, {"actions", f.Actions}, {"resources", f.Resources}} {
			if len(part.list) > 0 {
				fmt.Fprintf(&b, "  %s: %s\n", part.name, strings.Join(part.list, ", "))
			}
		}
		fmt.Fprintf(&b, "  %s\n  fix: %s\n", WriteSentence(f.Message), f.Remedy)
		for _, step := range f.Path {
			fmt.Fprintf(&b, "  - %s %s: %s on %s %v\n", step.Policy, step.Statement, WriteSentence(sentencef("%s", nameList(step.Actions))), strings.Join(step.Resources, ", "), step.Conditions)
		}
	}
	return b.String()
}

func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test ./policies/review -update rewrites it):\n--- got\n%s\n--- want\n%s", path, got, want)
	}
}

func TestRuleTable(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range Rules() {
		if seen[rule.ID] {
			t.Errorf("%s appears twice", rule.ID)
		}
		seen[rule.ID] = true
		if rule.Group == "" || rule.Severity < Info || rule.Severity > Critical || rule.Risk == "" || rule.Remedy == "" {
			t.Errorf("%s is incomplete: %+v", rule.ID, rule)
		}
		if !strings.HasPrefix(rule.Reference, "https://docs.aws.amazon.com/") {
			t.Errorf("%s refers to %q, which is not a page of the AWS documentation", rule.ID, rule.Reference)
		}
		checks := 0
		for _, isSet := range []bool{rule.policy != nil, rule.subject != nil, rule.set != nil} {
			if isSet {
				checks++
			}
		}
		if checks != 1 && rule.Group != Suppressions {
			t.Errorf("%s has %d checks, want one", rule.ID, checks)
		}
	}
}

// TestSeverities checks that severities.tsv has the lowest and the highest
// severity of the findings of each rule in testdata.
func TestSeverities(t *testing.T) {
	found := map[string]severityRange{}
	paths, err := filepath.Glob("testdata/*/findings.golden")
	if err != nil || len(paths) < 50 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		id := filepath.Base(filepath.Dir(path))
		for line := range strings.Lines(string(text)) {
			name, _, _ := strings.Cut(line, " ")
			severity, err := ParseSeverity(name)
			if err != nil {
				continue // not the first line of a finding
			}
			one, seen := found[id]
			if !seen {
				one = severityRange{severity, severity}
			}
			found[id] = severityRange{min(one.lowest, severity), max(one.highest, severity)}
		}
	}
	var b strings.Builder
	b.WriteString("# The severities of the findings of each rule, from the tests of the rules\n# (testdata/*/findings.golden). \"go test ./policies/review -update\" writes this file.\n# rule\tlowest\thighest\n")
	for _, rule := range Rules() {
		if one, ok := found[rule.ID]; ok {
			fmt.Fprintf(&b, "%s\t%s\t%s\n", rule.ID, one.lowest, one.highest)
		} else {
			t.Errorf("%s has no findings in testdata", rule.ID)
		}
		if lowest, highest := rule.Severities(); lowest > rule.Severity || highest < rule.Severity {
			t.Errorf("%s: %s is not between %s and %s", rule.ID, rule.Severity, lowest, highest)
		}
	}
	compareGolden(t, "severities.tsv", b.String())
}
