// What "check" found: the JSON and the text.

package report

import (
	"fmt"
	"strconv"
	"strings"

	"capaboot/iam/preflight"
	"capaboot/iam/verify"
	"capaboot/internal/render"
	"capaboot/internal/terminal"
)

// Preflight is the result of "check". Its JSON is in
// docs/schemas/stack-check.schema.json.
type Preflight struct {
	// Version is that of this format.
	Version int    `json:"version"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Stack   string `json:"stack"`
	// Outcome is "failed" when a check failed, else "partial" when one was not
	// possible, else "passed".
	Outcome string `json:"outcome"`
	preflight.Report
}

// NewPreflight is a report with where it was made.
func NewPreflight(found *preflight.Report, account, region, stack string) Preflight {
	p := Preflight{Version: 1, Account: account, Region: region, Stack: stack, Outcome: "passed", Report: *found}
	switch {
	case len(found.Failed()) > 0:
		p.Outcome = "failed"
	case len(found.NotPossible()) > 0:
		p.Outcome = "partial"
	}
	return p
}

// Format writes it as "text" or "json".
func (p Preflight) Format(output string) ([]byte, error) {
	if output == "json" {
		return render.JSON(p)
	}
	return []byte(p.Text()), nil
}

// mostFindings is how many findings of one check the text shows.
const mostFindings = 20

// mostLooks is how many looks that failed the text shows of one finding.
const mostLooks = 3

// Text is a table of the checks, and below it what did not pass and what to do.
func (p Preflight) Text() string {
	var b strings.Builder
	b.WriteString(terminal.Wrap(printable(fmt.Sprintf("stack %s in account %s, region %s", p.Stack, p.Account, p.Region)), "", "  "))
	var t terminal.Table
	t.Row("CHECK", "RESULT")
	for _, c := range p.Checks {
		t.Row(string(c.Name), string(c.Result))
	}
	b.WriteString("\n" + t.String())
	for _, c := range p.Checks {
		b.WriteString(p.details(c))
	}
	return b.String()
}

// details are the findings of a check; of one that passed there is a line for each.
func (p Preflight) details(c preflight.Check) string {
	if len(c.Findings) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n" + string(c.Name) + "\n")
	shown, said := 0, map[string]bool{}
	for _, result := range []preflight.Result{preflight.Failed, preflight.NotPossible, preflight.Passed} {
		for _, f := range c.Findings {
			if f.Result != result {
				continue
			}
			if shown++; shown > mostFindings && result != preflight.Failed {
				continue
			}
			b.WriteString(terminal.Wrap(findingSign(f.Result)+" "+checkText(f), "  ", "    "))
			// The same advice is given once.
			if todo := findingRemedy(f); todo != "" && !said[todo] {
				said[todo] = true
				b.WriteString(terminal.Wrap(sentence(todo), "      ", "      "))
			}
			failed := findingLooks(f)
			for _, u := range failed[:min(len(failed), mostLooks)] {
				b.WriteString(terminal.Wrap("? "+unseenText(u), "      ", "        "))
			}
			if more := len(failed) - mostLooks; more > 0 {
				b.WriteString("      ? " + strconv.Itoa(more) + " more reads failed\n")
			}
		}
	}
	if shown > mostFindings {
		b.WriteString("  ... -o json has all " + fmt.Sprint(len(c.Findings)) + "\n")
	}
	if note := notEvaluated(c); note != "" {
		b.WriteString(terminal.Wrap(note, "  ", "  "))
	}
	return b.String()
}

// findingLooks are the looks that failed, except for a finding that is one.
func findingLooks(f preflight.Finding) []verify.Unseen {
	if f.Kind == preflight.KindLookupFailed {
		return nil
	}
	return f.Unseen
}

// notEvaluated says once what IAM's simulation does not see.
func notEvaluated(c preflight.Check) string {
	for _, f := range c.Findings {
		if f.Simulation != nil {
			return "the simulation does not evaluate " + strings.Join(f.Simulation.NotEvaluated, "; ") + ": these can change the decision of a request"
		}
	}
	return ""
}

// FailedFinding is one that made a check fail: what was found, and what to do, "" where
// nothing is known to help.
type FailedFinding struct {
	Check      preflight.Name
	Says, Todo string
}

// FailedFindings are those of the checks that failed.
func FailedFindings(found *preflight.Report) (all []FailedFinding) {
	for _, c := range found.Checks {
		for _, f := range c.Findings {
			if f.Result == preflight.Failed {
				all = append(all, FailedFinding{c.Name, checkText(f), findingRemedy(f)})
			}
		}
	}
	return all
}

// OpenChecks says of each check that was not possible why, in a sentence each.
func OpenChecks(found *preflight.Report) (texts []string) {
	for _, c := range found.Checks {
		if c.Result != preflight.NotPossible {
			continue
		}
		var open []string
		for _, f := range c.Findings {
			if f.Result == preflight.NotPossible {
				open = append(open, checkText(f))
			}
		}
		text := string(c.Name)
		if len(open) > 0 {
			text += ": " + open[0]
		}
		if len(open) > 1 {
			text += "; " + strconv.Itoa(len(open)-1) + " more, which \"check\" shows"
		}
		texts = append(texts, text)
	}
	return texts
}
