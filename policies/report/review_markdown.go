// A review as Markdown for a comment on a pull request: counts, tables of
// findings, and the principals. Long parts are folded.

package report

import (
	"fmt"
	"strings"

	"capaboot/internal/escape"
	"capaboot/internal/shortlist"
	"capaboot/policies/review"
)

// Markdown formats the review for a comment on a pull request. The result is
// not longer than maxComment.
func (v *Review) Markdown() string {
	var head, end strings.Builder
	fmt.Fprintf(&head, "### Policy review of %s, for CAPA %s\n\n", markdownShort(inputText(v.Of)), v.Release)
	var names, rule, counts []string
	for _, severity := range review.Severities() {
		names, rule = append(names, severity.String()), append(rule, "---:")
		counts = append(counts, fmt.Sprint(v.Counts[severity.String()]))
	}
	for _, row := range [][]string{names, rule, counts} {
		head.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	fmt.Fprintf(&head, "\n%s.\n", escape.Markdown(capitalize(v.verdict())))

	for i, note := range v.Notes {
		if i == 0 {
			end.WriteString("\n**Notes**\n\n")
		}
		if end.Len() > 8*commentReserve {
			end.WriteString("- " + shortlist.More(len(v.Notes)-i) + "\n")
			break
		}
		fmt.Fprintf(&end, "- %s\n", markdownShort(note))
	}
	out := comment{limit: maxComment - head.Len() - end.Len() - commentReserve}
	v.findingTables(&out)
	if len(v.Suppressed) > 0 {
		out.addSection(Count(len(v.Suppressed), "suppressed finding"), "| rule | where | reason | until |\n| --- | --- | --- | --- |\n", len(v.Suppressed), "suppressed finding", "", func(i int) string {
			s := v.Suppressed[i]
			return fmt.Sprintf("| %s | %s | %s | %s |\n", codeSpan(s.Rule), markdownPlace(s.Finding), markdownShort(s.Reason), markdownShort(s.Expires))
		})
	}
	principals := v.shownPrincipals()
	out.addSection(Count(len(v.Principals), "principal"), grantsLegend+"\n", len(v.Principals), "principal", "", func(i int) string {
		if i >= len(principals) {
			return ""
		}
		return principalMarkdown(&principals[i])
	})
	text := head.String() + out.text.String()
	if len(out.omitted) > 0 {
		text += leftOutText(out.omitted...)
	}
	return text + end.String()
}

// findingTables adds the tables of findings. The table of findings below medium
// severity is folded.
func (v *Review) findingTables(out *comment) {
	unfolded := 0
	for unfolded < len(v.Findings) && v.Findings[unfolded].Severity >= review.Medium {
		unfolded++
	}
	const head = "| severity | rule | where | finding and fix |\n| --- | --- | --- | --- |\n"
	row := func(f review.Finding) string {
		severity := f.Severity.String()
		if f.Severity >= review.High {
			severity = "**" + severity + "**"
		}
		rule := codeSpan(f.Rule)
		if strings.HasPrefix(f.Reference, "https://") && !strings.ContainsAny(f.Reference, "()<>| \t\n") {
			rule = "[" + rule + "](" + f.Reference + ")"
		}
		return fmt.Sprintf("| %s | %s | %s | %s |\n", severity, rule, markdownPlace(f), findingMarkdown(f))
	}
	if unfolded > 0 {
		out.addSection("", head, unfolded, "finding", "", func(i int) string { return row(v.Findings[i]) })
	}
	if others := v.Findings[unfolded:]; len(others) > 0 {
		const severities = " below medium severity"
		out.addSection(Count(len(others), "finding")+severities, head, len(others), "finding", severities, func(i int) string { return row(others[i]) })
	}
}

func markdownPlace(f review.Finding) string {
	var parts []string
	if f.Policy != "" {
		parts = append(parts, codeSpan(f.Policy))
	} else {
		parts = append(parts, codeSpans(holders(f), maxNames))
	}
	if f.Statement != "" {
		parts = append(parts, codeSpan(f.Statement))
	}
	if location := locationText(f.Location); location != "" {
		parts = append(parts, codeSpan(location))
	}
	return strings.TrimPrefix(strings.Join(parts, "<br>"), "<br>")
}

// findingMarkdown describes a finding for a table cell. Details are folded.
func findingMarkdown(f review.Finding) string {
	text := markdownShort(capitalize(Sentence(f.Message))) + ".<br>*" + markdownShort(capitalize(f.Remedy)) + ".*"
	var details []string
	if hasHolders(f) {
		details = append(details, "held by "+codeSpans(holders(f), 2*maxActions))
	}
	if !containsAll(f.Message, f.Actions) {
		details = append(details, actionsLabel(f)+": "+codeSpans(f.Actions, 100))
	}
	if !containsAll(f.Message, f.Resources) {
		details = append(details, "on: "+codeSpans(f.Resources, 2*maxActions))
	}
	if when := whenText(f); when != "" {
		details = append(details, markdownShort(when))
	}
	for i, step := range f.Path {
		details = append(details, fmt.Sprintf("%d\\. %s", i+1, markdownShort(stepText(step))))
	}
	if len(details) == 0 {
		return text
	}
	return text + "<details><summary>more</summary>" + strings.Join(details, "<br>") + "</details>"
}

func principalMarkdown(p *review.PrincipalSummary) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n**%s**\n\n", escape.Markdown(principalHead(p)))
	for _, a := range p.AssumedBy {
		fmt.Fprintf(&b, "- assumed by %s\n", escape.Markdown(assumerText(a)))
	}
	for _, text := range policyTexts(p) {
		fmt.Fprintf(&b, "- holds %s\n", escape.Markdown(text))
	}
	if p.Boundary != "" {
		fmt.Fprintf(&b, "- has the permissions boundary %s\n", markdownShort(p.Boundary))
	}
	for _, text := range quotaTexts(p) {
		fmt.Fprintf(&b, "- %s\n", escape.Markdown(text))
	}
	if len(p.Grants) == 0 {
		return b.String()
	}
	b.WriteString("\n| service |")
	for _, level := range grantLevels {
		b.WriteString(" " + strings.ToLower(level.String()) + " |")
	}
	b.WriteString("\n| ---" + strings.Repeat(" | ---:", len(grantLevels)) + " |\n")
	for _, row := range grantRows(p.Grants) {
		row[0] = escape.Markdown(row[0])
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	return b.String()
}
