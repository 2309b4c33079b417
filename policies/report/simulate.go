// The result of "policy simulate", as text and JSON.

package report

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/render"
	"capaboot/internal/terminal"
	"capaboot/policies/simulate"
)

// Simulation is the result of "policy simulate". docs/schemas has the schema of
// its JSON.
type Simulation struct {
	// Version is the version of this format.
	Version int                `json:"version"`
	Results []simulate.Outcome `json:"results"`
	// NotEvaluated lists the policies that are not evaluated and can change any
	// decision.
	NotEvaluated []string `json:"notEvaluated"`
}

// NotEvaluated returns the policies that a simulation does not evaluate.
func NotEvaluated() []string {
	return []string{"service control policies", "any resource policy that is not in the input"}
}

// NewSimulation returns the result with the given outcomes.
func NewSimulation(outcomes []simulate.Outcome) Simulation {
	return Simulation{1, outcomes, NotEvaluated()}
}

// Format writes the decisions as "text" or "json".
func (s Simulation) Format(output string) ([]byte, error) {
	if output == "json" {
		return render.JSON(s)
	}
	return []byte(s.text()), nil
}

func (s Simulation) text() string {
	var b strings.Builder
	for _, o := range s.Results {
		text := quoteSpaces(o.Action, escapeLine(o.Action))
		if o.Resource != "*" {
			text += " on " + escapeLine(o.Resource)
		}
		if o.Principal != "" {
			text += " by " + escapeLine(o.Principal)
		}
		decision := string(o.Decision)
		if o.Unknown {
			decision = "unknown"
		}
		b.WriteString(terminal.Wrap(text, fmt.Sprintf("%-14s", decision), "                "))
		for _, statement := range o.Statements {
			b.WriteString(terminal.Wrap(decidingText(statement), "  ", "    "))
		}
		switch {
		case o.Unknown && o.Reason != "":
			b.WriteString(terminal.Wrap(string(o.Decision)+", based on the known values: "+o.Reason, "  ", "    "))
		case o.Reason != "":
			b.WriteString(terminal.Wrap(o.Reason, "  ", "    "))
		}
		for _, c := range o.Conditional {
			var needs []string // several statements can have the same need
			for _, need := range c.Needs {
				if text := shorten(need.Text); !slices.Contains(needs, text) {
					needs = append(needs, text)
				}
			}
			if c.When != "" {
				needs[len(needs)-1] += ", when " + shorten(c.When)
			}
			b.WriteString(terminal.Wrap(fmt.Sprintf("allowed if %s (%s)", strings.Join(needs, ", and "), decidingText(c.Statement)), "  ", "    "))
		}
		switch {
		case o.Unknown && o.Reason != "":
			b.WriteString(terminal.Wrap("the notes say what is unknown", "  ", "    "))
		case o.Unknown:
			b.WriteString(terminal.Wrap(string(o.Decision)+", based on the known values: the notes say what is unknown", "  ", "    "))
		}
		if len(o.MissingContextKeys) > 0 {
			b.WriteString(terminal.Wrap("condition keys that are not in the request: "+escapeLine(strings.Join(o.MissingContextKeys, ", ")), "  ", "    "))
		}
		for _, note := range o.Notes {
			b.WriteString(terminal.Wrap("note: "+escapeLine(note), "  ", "    "))
		}
	}
	if len(s.Results) > maxUncounted {
		b.WriteString(terminal.Wrap(s.countsText(), "", "  "))
	}
	return b.String()
}

// maxUncounted is how many decisions the text may list without a last line that
// counts them.
const maxUncounted = 20

// countsText says how many requests have which decision. A denied request that
// a condition would allow is counted as "allowed under a condition".
func (s Simulation) countsText() string {
	const conditional = "allowed under a condition"
	number := map[string]int{}
	for _, o := range s.Results {
		switch {
		case o.Unknown:
			number["unknown"]++
		case o.Decision != simulate.Allowed && len(o.Conditional) > 0:
			number[conditional]++
		default:
			number[string(o.Decision)]++
		}
	}
	var parts []string
	for _, decision := range []string{string(simulate.Allowed), conditional, "unknown", string(simulate.ExplicitDeny), string(simulate.ImplicitDeny)} {
		if n := number[decision]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, decision))
		}
	}
	return Count(len(s.Results), "request") + ": " + strings.Join(parts, ", ")
}

// decidingText names a statement that decides or would decide, and its
// position.
func decidingText(s simulate.Statement) string {
	place := fmt.Sprintf("%s by %s of %s", s.Effect, escapeLine(s.Label), escapeLine(s.Policy))
	if s.Part == "boundary" {
		place += ", the permissions boundary"
	}
	if s.Line > 0 && s.Column > 0 {
		place += fmt.Sprintf(", line %d", s.Line)
	}
	return place
}
