// policy simulate: what people read.

package cli

import (
	"fmt"
	"strings"

	"capaboot/policies/simulate"
)

// outcomesText is a list of decisions for people.
func outcomesText(outcomes []simulate.Outcome) string {
	var b strings.Builder
	for _, o := range outcomes {
		text := printable(o.Action)
		if o.Resource != "*" {
			text += " on " + printable(o.Resource)
		}
		if o.Principal != "" {
			text += " by " + printable(o.Principal)
		}
		b.WriteString(wrap(text, fmt.Sprintf("%-14s", o.Decision), "                "))
		for _, s := range o.Statements {
			place := fmt.Sprintf("%s by %s of %s", s.Effect, printable(s.Label), printable(s.Policy))
			if s.Part == "boundary" {
				place += ", the permissions boundary"
			}
			if s.Line > 0 && s.Column > 0 {
				place += fmt.Sprintf(", line %d", s.Line)
			}
			b.WriteString(wrap(place, "  ", "    "))
		}
		if o.Reason != "" {
			b.WriteString(wrap(o.Reason, "  ", "    "))
		}
		if len(o.Missing) > 0 {
			b.WriteString(wrap("not in the request: "+printable(strings.Join(o.Missing, ", ")), "  ", "    "))
		}
		for _, note := range o.Notes {
			b.WriteString(wrap("note: "+printable(note), "  ", "    "))
		}
	}
	return b.String()
}
