// The result of a review for a gate, such as --fail-on in a pipeline.

package report

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/shortlist"
	"capaboot/policies/review"
)

// maxGateNames is the limit of [shortlist.Shown] for gateNames.
const maxGateNames = 3

// Gate is the result of a review for a flag such as --fail-on: the run fails if a
// finding has a given severity or a higher one.
type Gate struct {
	// Findings counts the findings of the given severity or a higher one, and names
	// their rules; "" if there are none.
	Findings string
	// Unknown names the grants whose content is unknown, if the findings about
	// them are below the given severity; "" if there are none. Such a grant can
	// allow more than the severity of its finding says.
	Unknown string
}

// Gate returns the result for a gate that fails if a finding has the severity least, or
// a higher one. Hidden findings do not count.
func (v *Review) Gate(least review.Severity) Gate {
	counts := map[review.Severity]int{}
	var rules, unknown []string
	total := 0
	for _, f := range v.Findings {
		switch {
		case f.Severity >= least:
			counts[f.Severity]++
			total++
			if !slices.Contains(rules, f.Rule) {
				rules = append(rules, f.Rule)
			}
		case f.Unread:
			name := f.Policy
			if name == "" {
				name = "an attached policy of " + strings.Join(f.Principals, ", ")
			}
			if !slices.Contains(unknown, name) {
				unknown = append(unknown, name)
			}
		}
	}
	var gate Gate
	if total > 0 {
		var parts []string
		for _, severity := range review.Severities() {
			if n := counts[severity]; n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, severity))
			}
		}
		noun := "findings"
		if total == 1 {
			noun = "finding"
		}
		gate.Findings = strings.Join(parts, ", ") + " " + noun + ": " + gateNames(rules)
	}
	if len(unknown) > 0 {
		gate.Unknown = Count(len(unknown), "grant") + " whose content is unknown (rule unknown-grant): " + gateNames(unknown)
	}
	return gate
}

// gateNames lists the first names, and counts the others.
func gateNames(names []string) string {
	return shortlist.Few(names, shortlist.Shown(len(names), maxGateNames), escapeLine)
}
