// Findings as text: where, what, and on which actions.

package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"capaboot/policies/review"
)

// findingsText are findings of one rule and severity. What they share is said
// once.
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
			b.WriteString(wrap("remedy: "+short(f.Remedy), "    ", "      "))
		}
		if !reference {
			b.WriteString("    see " + printable(f.Reference) + "\n")
		}
	}
	if remedy {
		b.WriteString(wrap("remedy: "+short(findings[0].Remedy), "  ", "    "))
	}
	if reference {
		b.WriteString("  see " + printable(findings[0].Reference) + "\n")
	}
	return b.String()
}

// findingText is one finding: where, what, and on which actions.
func findingText(f review.Finding) string {
	var b strings.Builder
	b.WriteString(wrap(findingPlace(f), "  ", "    "))
	if len(f.Principals) > 0 && f.Policy != "" {
		b.WriteString(wrap("held by "+few(f.Principals, mostResources), "    ", "      "))
	}
	message := f.Message
	if list := firstThree(f.Actions); list != "" && strings.Contains(message, list) {
		before, after, _ := strings.Cut(message, list) // each shortened alone, so that none of the names is cut
		b.WriteString(wrap(short(before)+few(f.Actions, mostActions)+short(after), "    ", "    "))
	} else if b.WriteString(wrap(short(message), "    ", "    ")); len(f.Path) == 0 && !saysAll(message, f.Actions) {
		b.WriteString(wrap(few(f.Actions, mostActions), "    actions: ", "      "))
	}
	if len(f.Path) == 0 && !saysAll(f.Message, f.Resources) {
		b.WriteString(wrap(few(f.Resources, mostResources), "    on: ", "      "))
	}
	for i, step := range f.Path {
		b.WriteString(wrap(stepText(step), fmt.Sprintf("    %d. ", i+1), "       "))
	}
	return b.String()
}

// firstThree is how a message of a finding lists its actions; "" when it lists
// them all.
func firstThree(actions []string) string {
	if len(actions) <= 4 {
		return ""
	}
	return fmt.Sprintf("%s and %d more", strings.Join(actions[:3], ", "), len(actions)-3)
}

// saysAll is whether a message names all of a list already.
func saysAll(message string, names []string) bool {
	words := strings.FieldsFunc(message, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`,;()"`, r) })
	for _, name := range names {
		if !slices.Contains(words, name) && !slices.Contains(words, name+":") {
			return false
		}
	}
	return true
}

// findingPlace is where a finding stands.
func findingPlace(f review.Finding) string {
	var parts []string
	switch {
	case f.Policy != "" && strings.HasPrefix(f.Policy, "trust policy"):
		parts = append(parts, short(f.Policy))
	case f.Policy != "":
		parts = append(parts, "policy "+short(f.Policy))
	case len(f.Principals) > 0:
		parts = append(parts, few(f.Principals, mostResources))
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
	if l.File == "" || l.Line == 0 {
		return short(l.File)
	}
	return fmt.Sprintf("%s:%d:%d", short(l.File), l.Line, l.Column)
}

// stepText is one step of an escalation path.
func stepText(step review.PathStep) string {
	text := short(step.Action)
	if len(step.Resources) > 0 {
		text += " on " + few(step.Resources, mostResources)
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
