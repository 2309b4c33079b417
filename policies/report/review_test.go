// Tests of the report of a review: hostile texts in every format, the length of
// a comment, colours, and findings about NotAction.

package report

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"capaboot/internal/escape/escapetest"
	"capaboot/policies/authz"
	"capaboot/policies/document"
	"capaboot/policies/review"
)

// hostile is a text that a document may contain anywhere: control characters,
// the ends of table cells, code spans and tags, and mentions of users.
const hostile = "a\x1b[31m|`b``\u009b2J\u202e\x7f</details><img src=x>@team https://x.example www.x.example\r\n# [x](y) \\"

// hostileReport returns a report that uses every field, with hostile in every
// text.
func hostileReport() *review.Report {
	f := review.Finding{Rule: "pass-role", Severity: review.Critical, Principals: []string{hostile}, Policy: hostile, Statement: "Statement[0] (" + hostile + ")", Sid: hostile,
		Actions: []string{"iam:PassRole", hostile}, Resources: []string{"*", hostile}, Message: review.PlainSentence("the role can " + hostile), Remedy: "remove " + hostile,
		Reference: "https://docs.aws.amazon.com/x", Location: review.Location{File: hostile + ".json", Line: 3, Column: 7},
		Path: []review.PathStep{
			{Policy: hostile, Statement: "Statement[0]", Actions: []string{"iam:PassRole"}, Conditions: []string{hostile}, Location: review.Location{File: "a b.json", Line: 3, Column: 7}},
			{Policy: hostile, Statement: "Statement[1]", Actions: []string{"ec2:RunInstances"}, Resources: []string{hostile}},
		}}
	wholeReport := review.Finding{Rule: "quota", Severity: review.Info, Actions: []string{}, Resources: []string{}, Message: review.PlainSentence(hostile), Remedy: hostile, Reference: hostile}
	return &review.Report{
		Findings:   []review.Finding{f, f, wholeReport},
		Suppressed: []review.Suppressed{{Finding: f, Reason: hostile, Expires: "2027-01-31"}},
		Notes:      []review.Sentence{review.PlainSentence(hostile)},
		Principals: []review.PrincipalSummary{{Kind: document.RoleKind, Name: hostile, LogicalID: hostile, File: hostile, Boundary: hostile,
			AssumedBy: []review.Assumer{{Principals: []string{hostile}, Except: true, Deny: true, Conditions: []string{hostile, hostile}}},
			Policies:  []review.PolicySummary{{Name: hostile, Inline: true, Statements: 1, Characters: 3}, {Name: hostile, Unknown: true}},
			Quotas:    []review.Quota{{Name: "trust policy", Unit: "characters", Used: 9000, Limit: 2048, Raised: 8192}, {Name: "managed policy", Of: hostile, Unit: "characters", Used: 7000, Limit: 6144}},
			Grants:    []review.ServiceGrants{{Service: hostile, Levels: []review.LevelCount{{Level: authz.PermissionsManagement, Actions: 2, Everywhere: 1}}}}}},
	}
}

func hostileReview() *Review {
	return hostileReviewIn("")
}

func hostileReviewIn(folder string) *Review {
	return NewReview(hostileReport(), About{Of: hostile, Release: "v2.11.1", Rules: review.Rules()[:3], HasSuppressions: true, Folder: folder})
}

func TestReviewWithHostileTexts(t *testing.T) {
	for _, format := range []string{"text", "json", "markdown", "sarif"} {
		checkReview(t, hostileReview(), format)
	}
}

func formattedReview(t *testing.T, v *Review, format string) string {
	t.Helper()
	text, err := v.Format(format, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkReview checks a review for control characters, its JSON for validity, and
// its Markdown for broken cells, mentions and excessive length.
func checkReview(t *testing.T, v *Review, format string) {
	t.Helper()
	text := formattedReview(t, v, format)
	for _, c := range text {
		if c != '\n' && !unicode.IsPrint(c) {
			t.Errorf("%s has the character %U:\n%s", format, c, text)
			break
		}
	}
	switch format {
	case "json", "sarif":
		if !json.Valid([]byte(text)) {
			t.Errorf("%s is not JSON: %s", format, text)
		}
	case "markdown":
		escapetest.CheckMarkdown(t, text)
	}
}

func FuzzReview(f *testing.F) {
	f.Add(hostile, hostile, 3)
	f.Add("\\`", "`|", 1)
	f.Add("", "", 200)
	f.Fuzz(func(t *testing.T, a, b string, n int) {
		report := hostileReport()
		for i := range report.Findings {
			f := &report.Findings[i]
			f.Policy, f.Statement, f.Message, f.Remedy, f.Actions = a, b, review.PlainSentence(b), a, []string{a, b}
		}
		for range min(max(n, 0), 300) {
			report.Findings = append(report.Findings, report.Findings[0])
		}
		v := NewReview(report, About{Rules: review.Rules()})
		for _, format := range []string{"text", "json", "markdown", "sarif"} {
			checkReview(t, v, format)
		}
	})
}

func TestReviewColours(t *testing.T) {
	v := hostileReview()
	if text := v.Text(true); !strings.Contains(text, "\n\x1b[1;31mcritical\x1b[0m: pass-role\n") {
		t.Errorf("no colours:\n%s", text)
	}
	if text := v.Text(false); !strings.Contains(text, "\ncritical: pass-role\n") {
		t.Errorf("not plain:\n%s", text)
	}
}

// manyFindings returns a review with n findings and many principals.
func manyFindings(n int) *Review {
	report := &review.Report{}
	for i := range n {
		severity := review.High
		if i >= n/2 {
			severity = review.Low
		}
		report.Findings = append(report.Findings, review.Finding{Rule: "any-resource", Severity: severity, Policy: fmt.Sprintf("policy-%d", i),
			Statement: "Statement[0]", Actions: []string{"ec2:RunInstances"}, Resources: []string{"*"}, Message: review.PlainSentence("allowed on every resource: ec2:RunInstances"), Remedy: "name the resources", Reference: "https://docs.aws.amazon.com/x"})
	}
	for range 3 * maxPrincipals {
		report.Principals = append(report.Principals, review.PrincipalSummary{Kind: document.PolicyKind, Name: "p", Policies: []review.PolicySummary{}, Quotas: []review.Quota{}, Grants: []review.ServiceGrants{}})
	}
	return NewReview(report, About{Rules: review.Rules()})
}

// Findings that do not fit a comment are counted: the shown and the omitted
// ones add up to all.
func TestReviewFitsAComment(t *testing.T) {
	for _, n := range []int{0, 1, 200, 1000, 20000} {
		v := manyFindings(n)
		text := v.Markdown()
		escapetest.CheckMarkdown(t, text)
		shown := strings.Count(text, "`policy-")
		omitted := 0
		_, sentence, _ := strings.Cut(text, "**Left out because the length of a comment is limited: ")
		sentence, _, _ = strings.Cut(sentence, ".**")
		for part := range strings.SplitSeq(sentence, "; ") {
			number, noun, _ := strings.Cut(part, " ")
			if k, err := strconv.Atoi(number); err == nil && strings.Contains(noun, "finding") {
				omitted += k
			}
		}
		if shown+omitted != n {
			t.Errorf("of %d findings %d are shown and %d are said to be left out", n, shown, omitted)
		}
		if n >= 1000 && (omitted == 0 || len(text) < maxComment/2) {
			t.Errorf("%d findings make a comment of %d bytes, with %d left out", n, len(text), omitted)
		}
	}
}

// For a statement with NotAction, a finding is about every action except those
// that the statement lists.
func TestFindingsAboutNotAction(t *testing.T) {
	const text = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Deny","NotAction":["iam:ChangePassword","sts:GetSessionToken"],"Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}},
		{"Effect":"Deny","Action":"s3:PutObject","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}]}`
	set, err := document.ReadSet("p.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	found, err := review.Review(set, review.Options{Rules: []string{"denial-without-key"}})
	if err != nil {
		t.Fatal(err)
	}
	v := NewReview(found, About{Of: "p.json", Rules: review.Rules()[:1]})
	for format, wants := range map[string][]string{
		"text":     {"every action except: iam:ChangePassword, sts:GetSessionToken", "    actions: s3:PutObject"},
		"markdown": {"every action except: `iam:ChangePassword`, `sts:GetSessionToken`", "actions: `s3:PutObject`"},
		"json":     {`"exceptActions": true`}, "sarif": {`"exceptActions": true`},
	} {
		got, err := v.Format(format, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if strings.Count(string(got), want) != 1 {
				t.Errorf("%s without one %q:\n%s", format, want, got)
			}
		}
	}
}

func TestFindingAsJSONNamesTheTrustedAndTheLimits(t *testing.T) {
	text, err := json.Marshal(newFindingJSON(review.Finding{Trusted: []string{"AWS *"}, Limits: []string{"Bool aws:SecureTransport = true"}}))
	if err != nil || !strings.Contains(string(text), `"trusted":["AWS *"]`) || !strings.Contains(string(text), `"limits":["Bool aws:SecureTransport = true"]`) {
		t.Errorf("%s, %v", text, err)
	}
}
