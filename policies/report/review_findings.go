// Findings as text: position, message and actions.

package report

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/problem"
	"capaboot/internal/terminal"
	"capaboot/policies/review"
)

// findingsText describes findings of one rule and severity. A remedy or
// reference that they share is written once.
func findingsText(findings []review.Finding) string {
	var b strings.Builder
	shares := func(of func(review.Finding) string) bool {
		return !slices.ContainsFunc(findings, func(f review.Finding) bool { return of(f) != of(findings[0]) })
	}
	remedy := shares(func(f review.Finding) string { return f.Remedy })
	reference := shares(func(f review.Finding) string { return f.Reference })
	for i, f := range findings {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(findingText(f))
		if !remedy {
			b.WriteString(terminal.Wrap("remedy: "+short(f.Remedy), "    ", "      "))
		}
		if !reference {
			b.WriteString("    see " + printable(f.Reference) + "\n")
		}
	}
	if remedy {
		b.WriteString(terminal.Wrap("remedy: "+short(findings[0].Remedy), "  ", "    "))
	}
	if reference {
		b.WriteString("  see " + printable(findings[0].Reference) + "\n")
	}
	return b.String()
}

// findingText describes one finding: its position, message and actions.
func findingText(f review.Finding) string {
	var b strings.Builder
	b.WriteString(terminal.Wrap(findingPlace(f), "  ", "    "))
	if len(f.Principals) > 0 && f.Policy != "" {
		b.WriteString(terminal.Wrap("held by "+few(f.Principals, maxNames), "    ", "      "))
	}
	if before, after, ok := splitAtActions(f.Message, f.Actions); ok {
		b.WriteString(terminal.Wrap(short(before)+few(f.Actions, maxActions)+short(after), "    ", "    "))
	} else if b.WriteString(terminal.Wrap(short(Sentence(f.Message)), "    ", "    ")); len(f.Path) == 0 && !containsAll(f.Message, f.Actions) {
		b.WriteString(terminal.Wrap(few(f.Actions, maxActions), "    actions: ", "      "))
	}
	if len(f.Path) == 0 && !containsAll(f.Message, f.Resources) {
		b.WriteString(terminal.Wrap(few(f.Resources, maxNames), "    on: ", "      "))
	}
	for i, step := range f.Path {
		b.WriteString(terminal.Wrap(stepText(step), fmt.Sprintf("    %d. ", i+1), "       "))
	}
	return b.String()
}

// findingPlace says where a finding is: its policy and statement, or its
// principals.
func findingPlace(f review.Finding) string {
	var parts []string
	switch {
	case f.Policy != "" && f.Trust:
		parts = append(parts, short(f.Policy))
	case f.Policy != "":
		parts = append(parts, "policy "+short(f.Policy))
	case len(f.Principals) > 0:
		parts = append(parts, few(f.Principals, maxNames))
	}
	if f.Statement != "" {
		parts = append(parts, short(f.Statement))
	}
	place := strings.Join(parts, ", ")
	if at := locationText(f.Location); at != "" {
		if place == "" {
			return at
		}
		place += " (" + at + ")"
	}
	return place
}

func locationText(l review.Location) string {
	if l.File == "" {
		return ""
	}
	return problem.Place(short(l.File), l.Line, l.Column)
}

// stepText describes one step of an escalation path.
func stepText(step review.PathStep) string {
	text := short(stepActions(step))
	if step.Principal != "" {
		text = short(step.Principal) + ": " + text
	}
	if len(step.Resources) > 0 {
		text += " on " + few(step.Resources, maxNames)
	}
	for i, condition := range step.Conditions {
		text += []string{", if ", " and "}[min(i, 1)] + short(condition)
	}
	if step.Policy != "" {
		text += ", by policy " + short(step.Policy)
	}
	if step.Statement != "" {
		text += ", " + short(step.Statement)
	}
	if at := locationText(step.Location); at != "" {
		text += " (" + at + ")"
	}
	return text
}
