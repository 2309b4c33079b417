// The result of "check" as JSON and text.

package report

import (
	"fmt"
	"strings"

	"capaboot/iam/preflight"
	"capaboot/iam/verify"
	"capaboot/internal/render"
	"capaboot/internal/terminal"
)

// Preflight is the result of "check". The schema of its JSON is
// docs/schemas/stack-check.schema.json.
type Preflight struct {
	// Version is the version of this format.
	Version int    `json:"version"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Stack   string `json:"stack"`
	// Outcome is "failed" if a check failed, otherwise "partial" if a check was
	// not possible, otherwise "passed".
	Outcome string `json:"outcome"`
	preflight.Report

	commands func(string) string // see SetCommands
}

// SetCommands sets the function that replaces the commands in a remedy by
// commands that users can run; see [terminal.Talk.Commands].
func (p *Preflight) SetCommands(commands func(string) string) { p.commands = commands }

// NewPreflight returns the report of a run in an account, region and stack.
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

// Format writes the report as "text" or "json".
func (p Preflight) Format(output string) ([]byte, error) {
	if output == "json" {
		return render.JSON(p)
	}
	return []byte(p.Text()), nil
}

// maxCheckFindings is the maximum number of findings of one check in the text.
// Failed findings are shown even above the maximum.
const maxCheckFindings = 20

// maxFailedReads is the maximum number of failed reads of one finding in the text.
// The text counts further failed reads.
const maxFailedReads = 3

// Text formats the checks as a table, followed by their findings and the
// remedies for findings that did not pass.
func (p Preflight) Text() string {
	var b strings.Builder
	b.WriteString(terminal.Wrap(escapeLine(fmt.Sprintf("stack %s in account %s, region %s", p.Stack, p.Account, p.Region)), "", "  "))
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

// details describes the findings of a check, including those that passed.
func (p Preflight) details(c preflight.Check) string {
	if len(c.Findings) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n" + string(c.Name) + "\n")
	findingCount, omitted := 0, 0
	var shown []preflight.Finding
	for _, result := range []preflight.Result{preflight.Failed, preflight.NotPossible, preflight.Passed} {
		for _, f := range c.Findings {
			if f.Result != result {
				continue
			}
			if findingCount++; findingCount > maxCheckFindings && result != preflight.Failed {
				omitted++
				continue
			}
			shown = append(shown, f)
		}
	}
	remedies := remediesOf(shown)
	for i, f := range shown {
		b.WriteString(terminal.Wrap(findingSign(f.Result)+" "+checkFindingText(f), "  ", "    "))
		for _, r := range remedies {
			if r.last == i {
				fix := r.text
				if p.commands != nil {
					fix = p.commands(fix)
				}
				b.WriteString(terminal.Wrap("fix: "+fix, "      ", "        "))
			}
		}
		failed := failedReads(f)
		for _, u := range failed[:min(len(failed), maxFailedReads)] {
			b.WriteString(terminal.Wrap("? "+failedReadText(u), "      ", "        "))
		}
		if further := len(failed) - maxFailedReads; further > 0 {
			b.WriteString("      ? " + Count(further, "more failed read") + "\n")
		}
	}
	b.WriteString(unreadRegionsText(c))
	if omitted > 0 {
		b.WriteString("  ... -o json shows all " + Count(len(c.Findings), "finding") + "\n")
	}
	if note := notEvaluatedText(c); note != "" {
		b.WriteString(terminal.Wrap(note, "  ", "  "))
	}
	return b.String()
}

// failedReads returns the failed reads of a finding, unless the finding is
// itself a failed read, or [unreadRegionsText] describes the reads.
func failedReads(f preflight.Finding) []verify.NotRead {
	if f.Kind == preflight.KindLookupFailed || len(f.UnreadRegions) > 0 {
		return nil
	}
	return f.NotRead
}

// unreadRegionsText names the regions that could not be read for at least one
// finding of a check, and gives the first reason; "" if there are none.
func unreadRegionsText(c preflight.Check) string {
	var names []string
	var first *verify.NotRead
	for _, f := range c.Findings {
		for _, u := range f.UnreadRegions {
			names = append(names, u.Name)
			if first == nil {
				first = &u.Lookup
			}
		}
	}
	if first == nil {
		return ""
	}
	names = distinct(names)
	text := "? " + Count(len(names), "region") + " could not be read: " + escapeLine(strings.Join(names, ", ")) + "; "
	if len(names) > 1 {
		text += "the reason for " + escapeLine(names[0]) + ": "
	}
	return terminal.Wrap(text+shorten(first.Reason), "  ", "    ")
}

// notEvaluatedText names the policies that IAM's simulation does not evaluate,
// or returns "" for a check without a simulation.
func notEvaluatedText(c preflight.Check) string {
	for _, f := range c.Findings {
		if f.Simulation != nil {
			return "the decision about a real request can differ, because the simulation does not evaluate " + strings.Join(f.Simulation.NotEvaluated, "; ")
		}
	}
	return ""
}

// FailedFinding is a finding that made a check fail. Message says what was
// found.
type FailedFinding struct {
	Check   preflight.Name
	Message string
}

// FailedFindings returns the findings that made a check fail, of all checks.
func FailedFindings(found *preflight.Report) (all []FailedFinding) {
	for _, c := range found.Checks {
		for _, f := range c.Findings {
			if f.Result == preflight.Failed {
				all = append(all, FailedFinding{c.Name, checkFindingText(f)})
			}
		}
	}
	return all
}

// Remedies returns what to do about the failed checks, each remedy once.
func Remedies(found *preflight.Report) (texts []string) {
	var failed []preflight.Finding
	for _, c := range found.Checks {
		for _, f := range c.Findings {
			if f.Result == preflight.Failed {
				failed = append(failed, f)
			}
		}
	}
	for _, r := range remediesOf(failed) {
		texts = append(texts, r.text)
	}
	return texts
}

// NotPossibleChecks returns a text for each check that was not possible: its
// name, the first reason, and the number of further reasons.
func NotPossibleChecks(found *preflight.Report) (texts []string) {
	for _, c := range found.Checks {
		if c.Result != preflight.NotPossible {
			continue
		}
		var reasons []string
		for _, f := range c.Findings {
			if f.Result == preflight.NotPossible {
				reasons = append(reasons, checkFindingText(f))
			}
		}
		text := string(c.Name)
		if len(reasons) > 0 {
			text += ": " + reasons[0]
		}
		if len(reasons) > 1 {
			text += "; \"check\" shows " + Count(len(reasons)-1, "more reason")
		}
		texts = append(texts, text)
	}
	return texts
}
