// Tests of the text of single findings.

package report

import (
	"strings"
	"testing"

	"capaboot/policies/review"
)

func TestFindingPlace(t *testing.T) {
	at := review.Location{File: "t.yaml", Line: 3, Column: 5}
	for want, f := range map[string]review.Finding{
		"policy p, Statement[0] (t.yaml:3:5)": {Policy: "p", Statement: "Statement[0]", Location: at},
		"trust policy of r (t.yaml:3:5)":      {Policy: "trust policy of r", Trust: true, Location: at},
		"group admins (t.yaml:3:5)":           {Policy: "group admins", NotPolicy: true, Principals: []string{"ann"}, Location: at},
		"AWS::S3::Bucket B (t.yaml:3:5)":      {Policy: "AWS::S3::Bucket B", NotPolicy: true, Location: at},
		"ann, bob":                            {Principals: []string{"ann", "bob"}},
		"t.yaml:3:5":                          {Location: at},
	} {
		if got := findingPlace(f); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Template conditions that all principals share are in a line of their own.
// Conditions of single principals are after their names. If a finding has no
// principals, all conditions are in one line.
func TestConditionsOfAFinding(t *testing.T) {
	held := func(principal string, when ...string) review.HeldWhen {
		return review.HeldWhen{Principal: principal, When: when}
	}
	for name, test := range map[string]struct {
		finding review.Finding
		want    string
	}{
		"no conditions":        {review.Finding{Principals: []string{"a"}}, "held by a\n"},
		"shared":               {review.Finding{Principals: []string{"a", "b"}, When: []string{"C", "!D"}}, "held by a, b\nwhen C and !D\n"},
		"of one":               {review.Finding{Principals: []string{"a", "b"}, HeldWhen: []review.HeldWhen{held("b", "C", "D"), held("b", "E")}}, "held by a, b (when C and D or when E)\n"},
		"shared and of one":    {review.Finding{Principals: []string{"a", "b"}, When: []string{"C"}, HeldWhen: []review.HeldWhen{held("a", "D")}}, "held by a (when D), b\nwhen C\n"},
		"alternatives":         {review.Finding{HeldWhen: []review.HeldWhen{held("", "C"), held("", "D")}}, "when C or when D\n"},
		"shared, alternatives": {review.Finding{When: []string{"S"}, HeldWhen: []review.HeldWhen{held("", "C"), held("", "D")}}, "when S, and when C or when D\n"},
	} {
		test.finding.Policy = "p"
		var got strings.Builder
		for line := range strings.Lines(findingText(test.finding)) {
			if line = strings.TrimLeft(line, " "); strings.HasPrefix(line, "held by ") || strings.HasPrefix(line, "when ") {
				got.WriteString(line)
			}
		}
		if got.String() != test.want {
			t.Errorf("%s: %q, want %q", name, got.String(), test.want)
		}
	}
}

// The holder of a trust policy is shown only if a template condition decides
// whether the holder exists: the name of the policy already names the holder.
func TestHoldersOfATrustPolicy(t *testing.T) {
	finding := review.Finding{Policy: "trust policy of r", Trust: true, Principals: []string{"r"}}
	if hasHolders(finding) {
		t.Error("the holder is named twice")
	}
	finding.HeldWhen = []review.HeldWhen{{Principal: "r", When: []string{"C"}}}
	if !hasHolders(finding) {
		t.Error("the condition of the holder is missing")
	}
}

// Reports for people call what to do about a finding a "fix", as the other
// commands and the glossary do. "remedy" is only the name of a field.
func TestReportsForPeopleSayFix(t *testing.T) {
	found := &review.Report{Findings: []review.Finding{{Rule: "any-resource", Severity: review.Low, Message: review.PlainSentence("m"), Remedy: "name the resources", Reference: "https://x"}}}
	texts := map[string]string{}
	for _, format := range []string{"text", "markdown", "sarif"} {
		text, err := NewReview(found, About{Rules: review.Rules()}).Format(format, false)
		if err != nil {
			t.Fatal(err)
		}
		texts["review as "+format] = string(text)
	}
	rules, err := FormatRules(review.Rules(), "markdown")
	if err != nil {
		t.Fatal(err)
	}
	texts["the rules as markdown"] = string(rules)
	for name, text := range texts {
		if text = strings.ToLower(text); strings.Contains(text, "remedy") || !strings.Contains(text, "fix") {
			t.Errorf("%s: want the word fix, and not remedy:\n%.2000s", name, text)
		}
	}
}
