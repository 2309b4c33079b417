// Tests of a review as SARIF: URIs, levels, fingerprints and suppressions.

package report

import (
	"slices"
	"strings"
	"testing"

	"capaboot/policies/review"
)

func TestSARIFURIs(t *testing.T) {
	for path, want := range map[string]sarifArtifactLocation{
		"a.json":              {URI: "a.json", URIBaseID: sourceRoot},
		"./a/../b/c d#é%.yml": {URI: "b/c%20d%23%C3%A9%25.yml", URIBaseID: sourceRoot},
		"C:a.json":            {URI: "./C:a.json", URIBaseID: sourceRoot},
		"/home/x/a.json":      {URI: "x/a.json", URIBaseID: sourceRoot},
		"/homes/a b.json":     {URI: "file:///homes/a%20b.json"},
		"../a.json":           {URI: "file:///a.json"},
	} {
		if got := fileArtifact("/home", path); got != want {
			t.Errorf("%q: got %+v, want %+v", path, got, want)
		}
	}
}

func TestSARIFLevels(t *testing.T) {
	for severity, want := range map[review.Severity][2]string{
		review.Critical: {"error", "9.5"}, review.High: {"error", "8.0"}, review.Medium: {"warning", "5.5"}, review.Low: {"note", "3.0"}, review.Info: {"note", "1.0"},
	} {
		v := NewReview(&review.Report{Findings: []review.Finding{{Rule: "x", Severity: severity, Message: review.PlainSentence("m"), Remedy: "r", Reference: "https://x"}}}, About{})
		run := v.sarif().Runs[0]
		got := [2]string{run.Results[0].Level, run.Tool.Driver.Rules[0].Properties["security-severity"].(string)}
		if got != want {
			t.Errorf("%s: got %v, want %v", severity, got, want)
		}
	}
}

// A finding keeps both fingerprints when its lines move, other statements are
// added or removed, or its message changes. The results of one log have
// different fingerprints.
func TestSARIFFingerprints(t *testing.T) {
	f := hostileReport().Findings[0]
	f.Statement, f.Sid, f.File = "Statement[0] (Write)", "Write", "/home/a.json"
	other := f
	other.Line, other.Column, other.Statement, other.Message, other.File = 9, 9, "Statement[4] (Write)", review.PlainSentence("in other words"), "a.json"
	other.Actions = slices.Clone(f.Actions)
	slices.Reverse(other.Actions)
	first, second := fingerprints("/home", f)
	if otherFirst, otherSecond := fingerprints("/home", other); otherFirst != first || otherSecond != second {
		t.Error("a fingerprint changes with the position or the message")
	}
	for name, change := range map[string]func(*review.Finding){
		"rule": func(f *review.Finding) { f.Rule = "other" }, "policy": func(f *review.Finding) { f.Policy = "other" },
		"statement": func(f *review.Finding) { f.Statement, f.Sid = "Statement[0] (Read)", "Read" }, "file": func(f *review.Finding) { f.File = "b.json" },
		"actions": func(f *review.Finding) { f.Actions = []string{"iam:PassRole"} },
	} {
		other := f
		change(&other)
		if otherFirst, otherSecond := fingerprints("/home", other); otherFirst == first || otherSecond == second {
			t.Errorf("another %s has the same fingerprint", name)
		}
	}
	// These changes keep the first fingerprint and change the second.
	for name, change := range map[string]func(*review.Finding){
		"resource": func(f *review.Finding) { f.Resources = []string{"arn:aws:s3:::other"} }, "trusted principal": func(f *review.Finding) { f.Trusted = []string{"AWS *"} },
		"condition": func(f *review.Finding) { f.Limits = []string{"Bool aws:SecureTransport = true"} }, "template condition": func(f *review.Finding) { f.When = []string{"IsProd"} },
	} {
		other := f
		change(&other)
		if otherFirst, otherSecond := fingerprints("/home", other); otherFirst != first || otherSecond == second {
			t.Errorf("another %s: the fingerprints are %s and %s, before %s and %s", name, otherFirst, otherSecond, first, second)
		}
	}
	seen := map[string]bool{}
	for _, result := range hostileReviewIn("/home").sarif().Runs[0].Results {
		for _, name := range []string{fingerprintName, secondFingerprintName} {
			identity := name + " " + result.PartialFingerprints[name]
			if seen[identity] {
				t.Errorf("two results have the fingerprint %s", identity)
			}
			seen[identity] = true
		}
		if result.PartialFingerprints[lineHashName] != result.PartialFingerprints[secondFingerprintName] {
			t.Error("code scanning does not get the second fingerprint")
		}
	}
}

// Suppressed findings are in the log with their suppression. Other findings
// have an empty list of suppressions.
func TestSARIFSuppressions(t *testing.T) {
	results := hostileReview().sarif().Runs[0].Results
	for i, result := range results {
		want := i == len(results)-1
		if result.Suppressions == nil || (len(*result.Suppressions) > 0) != want {
			t.Errorf("result %d: suppressions %+v", i, result.Suppressions)
		}
	}
}

// GitHub takes the severity of an alert from its rule. So the rule must have
// the severity of its worst finding, and the message must have the severity of
// its own finding.
func TestSARIFRuleSeverity(t *testing.T) {
	rule := review.Rules()[0]
	for _, severity := range []review.Severity{review.Info, review.Critical} {
		v := NewReview(&review.Report{Findings: []review.Finding{{Rule: rule.ID, Severity: severity, Message: review.PlainSentence("m"), Remedy: "r", Reference: "https://x"}}}, About{Rules: []review.Rule{rule}})
		described := v.sarif().Runs[0].Tool.Driver.Rules[0]
		if got, want := described.Properties["security-severity"], securitySeverities.Get()[severity]; got != want || described.DefaultConfiguration.Level != sarifLevels.Get()[rule.Severity] {
			t.Errorf("with a finding that is %s: %v, want %s", severity, described, want)
		}
		if got, want := v.sarif().Runs[0].Results[0].Message.Text, "Severity: "+severity.String()+"."; !strings.HasSuffix(got, want) {
			t.Errorf("%q does not end in %q", got, want)
		}
	}
	v := NewReview(&review.Report{}, About{Rules: []review.Rule{rule}})
	if got := v.sarif().Runs[0].Tool.Driver.Rules[0].Properties["security-severity"]; got != securitySeverities.Get()[rule.Severity] {
		t.Errorf("without findings: %v", got)
	}
}

// Text that looks like a SARIF link does not become a link, suppressions are
// absent without a suppression file, and the location names standard input.
func TestSARIFTexts(t *testing.T) {
	f := review.Finding{Rule: "x", Severity: review.Low, Policy: "p", Statement: "Statement[0]", Message: review.PlainSentence("see [this](https://x.example)"), Remedy: "r", Reference: "https://x", Location: review.Location{File: "standard input", Line: 1}}
	result := NewReview(&review.Report{Findings: []review.Finding{f}}, About{Streams: map[string]bool{"standard input": true}}).sarif().Runs[0].Results[0]
	if strings.Contains(result.Message.Text, "](") {
		t.Errorf("a link: %s", result.Message.Text)
	}
	if result.Suppressions != nil {
		t.Errorf("suppressions: %v", result.Suppressions)
	}
	if location := result.Locations[0].LogicalLocations[0]; location.FullyQualifiedName != "standard input/p/Statement[0]" {
		t.Errorf("at %+v", location)
	}
	for group, want := range map[string]string{review.Hygiene: "medium", review.Fit: "medium", review.Trust: "high"} {
		if got := precision(group); got != want {
			t.Errorf("%s: %s, want %s", group, got, want)
		}
	}
}
