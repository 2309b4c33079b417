// Suppressions: findings that somebody has accepted, each with a reason.
//
// A suppression says as narrowly as it likes what it is about, and nothing
// vanishes silently: what it takes away is in the report with the reason, one
// that has expired is a finding, and so is one that has nothing to do.

package review

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"capaboot/policies/document"
)

// Suppressions are the entries of a suppression file.
type Suppressions struct {
	file    string
	entries []suppression
}

// suppression is one entry. A pattern that is empty is for anything.
type suppression struct {
	rule                                string
	policy, action, principal, resource string // patterns
	reason                              string
	expires                             string // the last day, YYYY-MM-DD, or ""
	line, column                        int
}

// Suppressed is a finding that a suppression takes away, and why. Where it
// takes away some actions or principals only, these are the ones that are here.
type Suppressed struct {
	Finding
	Reason  string `json:"reason"`
	Expires string `json:"expires,omitempty"` // YYYY-MM-DD, the last day
}

const (
	expiredRule = "expired-suppression"
	unusedRule  = "unused-suppression"
)

func suppressionRules() []Rule {
	return []Rule{
		{ID: expiredRule, Severity: Medium, Reference: practicePage,
			Risk: "the suppression has expired, so what it took away is a finding again", Remedy: "remedy the finding, or accept it anew with a later date and a reason"},
		{ID: unusedRule, Severity: Info, Reference: practicePage,
			Risk: "the suppression takes nothing away, and would hide a finding to come", Remedy: "remove the entry, or correct what it names"},
	}
}

// suppress takes the accepted findings away, and adds those about the
// suppressions themselves. ran are the rules that have run.
func (r *Report) suppress(options Options, ran []Rule) {
	j := newJudge(options)
	var kept []Finding
	for i := range r.Findings {
		parts, rest, some := j.judge(&r.Findings[i])
		r.Suppressed = append(r.Suppressed, parts...)
		if some {
			kept = append(kept, rest)
		}
	}
	r.Findings = append(kept, j.findings(options, ran)...)
}

// judge holds findings against suppressions.
type judge struct {
	entries []suppression
	byRule  map[string][]int
	expired []bool
	used    []int // how many findings each takes away, or would
}

func newJudge(options Options) *judge {
	entries := options.Suppressions.entries
	j := &judge{entries: entries, byRule: map[string][]int{}, expired: make([]bool, len(entries)), used: make([]int, len(entries))}
	for i, e := range entries {
		j.byRule[e.rule] = append(j.byRule[e.rule], i)
		j.expired[i] = !options.Today.IsZero() && e.expires != "" && e.expires < options.Today.Format(time.DateOnly)
	}
	return j
}

// judge returns what suppressions take away of a finding, and what is left.
func (j *judge) judge(f *Finding) (parts []Suppressed, rest Finding, some bool) {
	var active, expired []int
	for _, i := range j.byRule[f.Rule] {
		switch {
		case !j.entries[i].concerns(f):
		case j.expired[i]:
			expired = append(expired, i)
		default:
			active = append(active, i)
		}
	}
	left := newCells(f)
	if len(f.Path) > 0 {
		left.lock(f, j.entries, active)
	}
	for _, i := range active {
		if part, ok := left.take(f, &j.entries[i]); ok {
			j.used[i]++
			parts = append(parts, Suppressed{part, j.entries[i].reason, j.entries[i].expires})
		}
	}
	rest, some = left.rest(f)
	for _, i := range expired {
		if _, ok := left.clone().take(f, &j.entries[i]); ok {
			j.used[i]++
		}
	}
	return parts, rest, some
}

// findings are those about suppressions that have expired or do nothing. What
// does nothing is known only when all rules have run.
func (j *judge) findings(options Options, ran []Rule) []Finding {
	has := func(id string) bool { return slices.ContainsFunc(ran, func(rule Rule) bool { return rule.ID == id }) }
	var all []Finding
	for i, e := range j.entries {
		f := Finding{Actions: []string{}, Resources: []string{}, Location: Location{options.Suppressions.file, e.line, e.column}}
		switch {
		case j.expired[i] && (has(e.rule) || has(expiredRule)):
			f.Rule = expiredRule
			f.Message = fmt.Sprintf("the suppression of %s expired on %s, and it matches nothing now", e, e.expires)
			if j.used[i] > 0 {
				f.Message = fmt.Sprintf("the suppression of %s expired on %s, so what it took away is a finding again (%d)", e, e.expires, j.used[i])
			}
		case !j.expired[i] && j.used[i] == 0 && len(options.Rules) == 0:
			f.Rule = unusedRule
			f.Message = fmt.Sprintf("the suppression of %s takes nothing away, and would hide a finding to come", e)
		default:
			continue
		}
		rule, _ := ruleByID(f.Rule)
		f.Severity, f.Remedy, f.Reference = rule.Severity, rule.Remedy, rule.Reference
		all = append(all, f)
	}
	return all
}

// String names an entry by what it is about: "any-resource for policy nodes".
func (e suppression) String() string {
	text := e.rule
	separator := " for "
	for _, part := range []struct{ name, pattern string }{{"policy", e.policy}, {"action", e.action}, {"principal", e.principal}, {"resource", e.resource}} {
		if part.pattern != "" {
			text += separator + part.name + " " + part.pattern
			separator = ", "
		}
	}
	return text
}

// concerns reports whether an entry can be about the finding, actions and
// principals aside.
func (e *suppression) concerns(f *Finding) bool {
	if e.rule != f.Rule || e.policy != "" && !document.Match(e.policy, f.Policy, false) {
		return false
	}
	// A resource that is not covered keeps the whole finding.
	if e.resource != "" && (len(f.Resources) == 0 || slices.ContainsFunc(f.Resources, func(resource string) bool { return !document.Covers(e.resource, resource, false) })) {
		return false
	}
	return true
}

func anything(pattern string) bool { return strings.Trim(pattern, "*") == "" }

// covers is about all that a text can mean: an entry for ec2:Describe* does not
// take away ec2:*.
func covers(pattern, text string, foldCase bool) bool {
	return pattern == "" || document.Covers(pattern, text, foldCase)
}

// cells are a finding taken apart: one cell for each of its actions with each
// of its principals.
type cells [][]cell // [action][principal]

type cell uint8

const (
	free   cell = iota // to take
	taken              // by a suppression
	locked             // not to take
)

func newCells(f *Finding) cells {
	c := make(cells, max(1, len(f.Actions)))
	for i := range c {
		c[i] = make([]cell, max(1, len(f.Principals)))
	}
	return c
}

func (c cells) clone() cells {
	copied := slices.Clone(c)
	for i := range copied {
		copied[i] = slices.Clone(c[i])
	}
	return copied
}

// lock is for findings about a path, which is one until all of its actions are
// accepted: it locks the principals for whom some are not.
func (c cells) lock(f *Finding, entries []suppression, active []int) {
	trial := c.clone()
	for _, i := range active {
		trial.take(f, &entries[i])
	}
	for k := range c[0] {
		if slices.ContainsFunc(trial, func(row []cell) bool { return row[k] != taken }) {
			for _, row := range c {
				row[k] = locked
			}
		}
	}
}

// take gives cells of a finding to a suppression that concerns it, and returns
// what it got, or false if that is none. A finding about no action, or no
// principal, is for a suppression that names none.
func (c cells) take(f *Finding, e *suppression) (Finding, bool) {
	if len(f.Actions) == 0 && !anything(e.action) || len(f.Principals) == 0 && !anything(e.principal) {
		return Finding{}, false
	}
	got := c.clone() // free: what it gets
	some := false
	for i, row := range c {
		for k := range row {
			fits := row[k] == free && (len(f.Actions) == 0 || covers(e.action, f.Actions[i], true)) &&
				(len(f.Principals) == 0 || covers(e.principal, f.Principals[k], false))
			if fits {
				row[k], some = taken, true
			} else {
				got[i][k] = taken
			}
		}
	}
	part, _ := got.rest(f)
	return part, some
}

// rest returns the finding with those actions and principals alone that have a
// cell that is not taken, or false if none has.
func (c cells) rest(f *Finding) (Finding, bool) {
	part := *f
	part.Actions, part.Principals = []string{}, nil
	var without []string
	left := func(x cell) bool { return x != taken }
	for i, name := range f.Actions {
		if slices.ContainsFunc(c[i], left) {
			part.Actions = append(part.Actions, name)
		} else {
			without = append(without, name)
		}
	}
	for k, name := range f.Principals {
		if slices.ContainsFunc(c, func(row []cell) bool { return left(row[k]) }) {
			part.Principals = append(part.Principals, name)
		}
	}
	if len(without) > 0 {
		part.Message += fmt.Sprintf(" (here without %s)", list(without))
	}
	return part, slices.ContainsFunc(c, func(row []cell) bool { return slices.ContainsFunc(row, left) })
}
