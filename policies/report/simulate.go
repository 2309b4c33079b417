// Decisions on requests, for people and programs. The JSON is documented in
// docs/security-review.md.

package report

import (
	"fmt"
	"strings"

	"capaboot/internal/render"
	"capaboot/internal/terminal"
	"capaboot/policies/simulate"
)

// Outcomes are decisions on requests.
type Outcomes []simulate.Outcome

// Format writes the decisions as "text" or "json".
func (outcomes Outcomes) Format(output string) ([]byte, error) {
	if output == "json" {
		return render.JSON(outcomes)
	}
	return []byte(outcomes.text()), nil
}

func (outcomes Outcomes) text() string {
	var b strings.Builder
	for _, o := range outcomes {
		text := printable(o.Action)
		if o.Resource != "*" {
			text += " on " + printable(o.Resource)
		}
		if o.Principal != "" {
			text += " by " + printable(o.Principal)
		}
		b.WriteString(terminal.Wrap(text, fmt.Sprintf("%-14s", o.Decision), "                "))
		for _, s := range o.Statements {
			place := fmt.Sprintf("%s by %s of %s", s.Effect, printable(s.Label), printable(s.Policy))
			if s.Part == "boundary" {
				place += ", the permissions boundary"
			}
			if s.Line > 0 && s.Column > 0 {
				place += fmt.Sprintf(", line %d", s.Line)
			}
			b.WriteString(terminal.Wrap(place, "  ", "    "))
		}
		if o.Reason != "" {
			b.WriteString(terminal.Wrap(o.Reason, "  ", "    "))
		}
		if len(o.Missing) > 0 {
			b.WriteString(terminal.Wrap("not in the request: "+printable(strings.Join(o.Missing, ", ")), "  ", "    "))
		}
		for _, note := range o.Notes {
			b.WriteString(terminal.Wrap("note: "+printable(note), "  ", "    "))
		}
	}
	return b.String()
}
