// A review as text: the title, the principals, and how many findings there are.

package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/shortlist"
	"capaboot/internal/terminal"
	"capaboot/policies/document"
	"capaboot/policies/review"
)

// Limits of what the text shows; -o json has everything.
const (
	maxPrincipals = 20
	maxServices   = 14
	maxActions    = 12
	maxNames      = 4
	maxCharacters = 400 // of one text from a document
)

// severityColours has the terminal colours: bold red, red, yellow, cyan.
var severityColours = lazy.Value[map[review.Severity]string]{Make: func() map[review.Severity]string {
	return map[review.Severity]string{
		review.Critical: "\x1b[1;31m", review.High: "\x1b[31m", review.Medium: "\x1b[33m", review.Low: "\x1b[36m",
	}
}}

// Text formats the review as text.
func (v *Review) Text(colours bool) string {
	return string(v.formatText(colours))
}

func (v *Review) formatText(colours bool) []byte {
	var b bytes.Buffer // a buffer avoids copying the text, which is long for many policies
	b.WriteString(terminal.Wrap(v.title(), "", "  "))
	shown := v.shownPrincipals()
	if slices.ContainsFunc(shown, func(p review.PrincipalSummary) bool { return len(p.Grants) > 0 }) {
		b.WriteString(terminal.Wrap(grantsLegend, "", ""))
	}
	for i := range shown {
		b.WriteString("\n" + principalText(&shown[i]))
	}
	if omitted := len(v.Principals) - len(shown); omitted > 0 {
		b.WriteString("\n" + shortlist.More(omitted) + ", which -o json shows\n")
	}
	for findings := v.Findings; len(findings) > 0; {
		f := findings[0]
		n := 1
		for n < len(findings) && findings[n].Severity == f.Severity && findings[n].Rule == f.Rule {
			n++
		}
		severity := f.Severity.String()
		if colour := severityColours.Get()[f.Severity]; colours && colour != "" {
			severity = colour + severity + "\x1b[0m"
		}
		b.WriteString("\n" + severity + ": " + escapeLine(f.Rule) + "\n" + findingsText(findings[:n]))
		findings = findings[n:]
	}
	b.WriteString("\n" + v.summaryText())
	return b.Bytes()
}

const grantsLegend = "The tables show how many actions the policies allow and, in parentheses, how many on every resource. " +
	"Deny statements and permissions boundaries are not subtracted."

func (v *Review) title() string {
	return fmt.Sprintf("review of %s, for CAPA %s", shorten(inputText(v.Of)), v.Release)
}

// shownPrincipals returns the first maxPrincipals principals in the order of
// the text: roles and users first, then groups and policies.
func (v *Review) shownPrincipals() []review.PrincipalSummary {
	kinds := []document.Kind{document.RoleKind, document.UserKind, document.GroupKind, document.PolicyKind}
	all := slices.Clone(v.Principals)
	slices.SortStableFunc(all, func(a, b review.PrincipalSummary) int {
		return slices.Index(kinds, a.Kind) - slices.Index(kinds, b.Kind)
	})
	return all[:min(len(all), maxPrincipals)]
}

// countsText lists the number of findings of each severity, such as "2 high, 1
// low".
func (v *Review) countsText() string {
	var parts []string
	for _, severity := range review.Severities() {
		if n := v.Counts[severity.String()]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, severity))
		}
	}
	return strings.Join(parts, ", ")
}

func (v *Review) verdict() string {
	total := len(v.Findings) + v.Hidden
	text := "no findings"
	if total > 0 {
		text = Count(total, "finding") + ": " + v.countsText()
	}
	if v.Hidden > 0 {
		text += fmt.Sprintf("; %d below %s not shown", v.Hidden, v.minimum)
	}
	if n := len(v.Suppressed); n > 0 {
		text += fmt.Sprintf("; %d suppressed", n)
	}
	if !v.metadata.AllRules {
		text += "; only " + Count(len(v.metadata.Rules), "rule") + " applied"
	}
	return text
}

func (v *Review) summaryText() string {
	var b strings.Builder
	b.WriteString(terminal.Wrap(v.verdict(), "", "  "))
	for _, s := range v.Suppressed {
		text := escapeLine(s.Rule) + ", " + findingPlace(s.Finding) + ": " + shorten(s.Reason)
		if s.Expires != "" {
			text += " (until " + escapeLine(s.Expires) + ")"
		}
		b.WriteString(terminal.Wrap("suppressed: "+text, "  ", "    "))
	}
	for _, note := range v.Notes {
		b.WriteString(terminal.Wrap("note: "+shorten(note), "  ", "    "))
	}
	return b.String()
}
