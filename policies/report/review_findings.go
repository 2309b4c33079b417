// Findings as text: the position, the message and the details of each.

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
	shares := func(text func(review.Finding) string) bool {
		return !slices.ContainsFunc(findings, func(f review.Finding) bool { return text(f) != text(findings[0]) })
	}
	sameRemedy := shares(func(f review.Finding) string { return f.Remedy })
	sameReference := shares(func(f review.Finding) string { return f.Reference })
	for i, f := range findings {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(findingText(f))
		if !sameRemedy {
			b.WriteString(terminal.Wrap("fix: "+shorten(f.Remedy), "    ", "      "))
		}
		if !sameReference {
			b.WriteString("    see " + escapeLine(f.Reference) + "\n")
		}
	}
	if sameRemedy {
		b.WriteString(terminal.Wrap("fix: "+shorten(findings[0].Remedy), "  ", "    "))
	}
	if sameReference {
		b.WriteString("  see " + escapeLine(findings[0].Reference) + "\n")
	}
	return b.String()
}

func findingText(f review.Finding) string {
	var b strings.Builder
	b.WriteString(terminal.Wrap(findingPlace(f), "  ", "    "))
	if hasHolders(f) {
		b.WriteString(terminal.Wrap("held by "+joinFew(holders(f), maxNames), "    ", "      "))
	}
	if before, word, after, ok := splitAtActions(f.Message, f.Actions); ok {
		b.WriteString(terminal.Wrap(shorten(before)+namesWith(word, f.Actions, maxActions)+shorten(after), "    ", "    "))
	} else if b.WriteString(terminal.Wrap(shorten(Sentence(f.Message)), "    ", "    ")); len(f.Path) == 0 && !containsAll(f.Message, f.Actions) {
		b.WriteString(terminal.Wrap(joinFew(f.Actions, maxActions), "    "+actionsLabel(f)+": ", "      "))
	}
	if len(f.Path) == 0 && !containsAll(f.Message, f.Resources) {
		b.WriteString(terminal.Wrap(joinFew(f.Resources, maxNames), "    on: ", "      "))
	}
	if when := whenText(f); when != "" {
		b.WriteString(terminal.Wrap(when, "    ", "      "))
	}
	for i, step := range f.Path {
		b.WriteString(terminal.Wrap(stepText(step), fmt.Sprintf("    %d. ", i+1), "       "))
	}
	return b.String()
}

// whenText says for which stacks of a template a finding holds; "" for all
// stacks. It omits the conditions of single principals, which are after their
// names.
func whenText(f review.Finding) string {
	alternatives := ownConditions(f, "")
	switch {
	case len(f.When) == 0:
		return alternatives
	case alternatives == "":
		return "when " + shorten(strings.Join(f.When, " and "))
	}
	return "when " + shorten(strings.Join(f.When, " and ")) + ", and " + alternatives
}

// ownConditions returns the template conditions in HeldWhen of one principal:
// "when A and B or when C"; "" for none.
func ownConditions(f review.Finding, principal string) string {
	var lists []string
	for _, h := range f.HeldWhen {
		if h.Principal == principal {
			lists = append(lists, "when "+shorten(strings.Join(h.When, " and ")))
		}
	}
	return strings.Join(lists, " or ")
}

// holders returns the names of the principals of a finding, with the template
// conditions that not all of them share: "nodes (when UseEKS)".
func holders(f review.Finding) []string {
	names := slices.Clone(f.Principals)
	for i, name := range names {
		if conditions := ownConditions(f, name); conditions != "" {
			names[i] += " (" + conditions + ")"
		}
	}
	return names
}

// hasHolders reports whether to say who holds the policy of a finding. The name
// of a trust policy already says so.
func hasHolders(f review.Finding) bool {
	names := holders(f)
	return f.Policy != "" && len(names) > 0 && !(f.Trust && len(names) == 1 && strings.HasSuffix(f.Policy, " of "+names[0]))
}

// actionsLabel is the label of the actions that the message does not name.
func actionsLabel(f review.Finding) string {
	if f.NotAction {
		return "every action except"
	}
	return "actions"
}

// findingPlace says where a finding is: its policy and statement, or its
// principals.
func findingPlace(f review.Finding) string {
	var parts []string
	switch {
	case f.Policy != "" && (f.Trust || f.NotPolicy):
		parts = append(parts, shorten(f.Policy))
	case f.Policy != "":
		parts = append(parts, "policy "+shorten(f.Policy))
	case len(f.Principals) > 0:
		parts = append(parts, joinFew(holders(f), maxNames))
	}
	if f.Statement != "" {
		parts = append(parts, shorten(f.Statement))
	}
	place := strings.Join(parts, ", ")
	if location := locationText(f.Location); location != "" {
		if place == "" {
			return location
		}
		place += " (" + location + ")"
	}
	return place
}

func locationText(l review.Location) string {
	if l.File == "" {
		return ""
	}
	return problem.Place(shorten(l.File), l.Line, l.Column)
}

func stepText(step review.PathStep) string {
	text := shorten(stepActionsText(step))
	if step.Principal != "" {
		text = shorten(step.Principal) + ": " + text
	}
	if len(step.Resources) > 0 {
		text += " on " + joinFew(step.Resources, maxNames)
	}
	for i, condition := range step.Conditions {
		text += []string{", if ", " and "}[min(i, 1)] + shorten(condition)
	}
	switch {
	case step.Trust:
		text += ", by the " + shorten(step.Policy)
	case step.Policy != "":
		text += ", by policy " + shorten(step.Policy)
	}
	if step.Statement != "" {
		text += ", " + shorten(step.Statement)
	}
	if location := locationText(step.Location); location != "" {
		text += " (" + location + ")"
	}
	return text
}
