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
	today := ""
	if !options.Today.IsZero() {
		today = options.Today.Format(time.DateOnly)
	}
	byRule := map[string][]int{}
	entries := options.Suppressions.entries
	expired, used := make([]bool, len(entries)), make([]int, len(entries))
	for i, e := range entries {
		byRule[e.rule] = append(byRule[e.rule], i)
		expired[i] = today != "" && e.expires != "" && e.expires < today
	}
	var kept []Finding
	for _, f := range r.Findings {
		left := newCells(&f)
		for _, i := range byRule[f.Rule] {
			if expired[i] || !entries[i].concerns(&f) {
				continue
			}
			if part, ok := left.take(&f, &entries[i]); ok {
				used[i]++
				r.Suppressed = append(r.Suppressed, Suppressed{part, entries[i].reason, entries[i].expires})
			}
		}
		for _, i := range byRule[f.Rule] {
			if expired[i] && entries[i].concerns(&f) {
				if _, ok := left.clone().take(&f, &entries[i]); ok {
					used[i]++ // it would have
				}
			}
		}
		if rest, ok := left.rest(&f); ok {
			kept = append(kept, rest)
		}
	}
	r.Findings = kept
	has := func(id string) bool { return slices.ContainsFunc(ran, func(rule Rule) bool { return rule.ID == id }) }
	everything := len(options.Rules) == 0
	for i, e := range entries {
		f := Finding{Actions: []string{}, Resources: []string{}, Location: Location{options.Suppressions.file, e.line, e.column}}
		switch {
		case expired[i] && (has(e.rule) || has(expiredRule)):
			f.Rule = expiredRule
			f.Message = fmt.Sprintf("the suppression of %s expired on %s, and it matches nothing now", e, e.expires)
			if used[i] > 0 {
				f.Message = fmt.Sprintf("the suppression of %s expired on %s, so what it took away is a finding again (%d)", e, e.expires, used[i])
			}
		case !expired[i] && used[i] == 0 && everything:
			f.Rule = unusedRule
			f.Message = fmt.Sprintf("the suppression of %s takes nothing away, and would hide a finding to come", e)
		default:
			continue
		}
		rule, _ := ruleByID(f.Rule)
		f.Severity, f.Remedy, f.Reference = rule.Severity, rule.Remedy, rule.Reference
		r.Findings = append(r.Findings, f)
	}
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

// concerns reports whether an entry takes away at least a part of the finding.
func (e *suppression) concerns(f *Finding) bool {
	if e.rule != f.Rule || e.policy != "" && !document.Match(e.policy, f.Policy, false) {
		return false
	}
	// A resource that is not covered keeps the whole finding.
	if e.resource != "" && (len(f.Resources) == 0 || slices.ContainsFunc(f.Resources, func(resource string) bool { return !document.Covers(e.resource, resource, false) })) {
		return false
	}
	return e.has(e.action, f.Actions, true) && e.has(e.principal, f.Principals, false)
}

// has reports whether a pattern covers one of a list. A finding about nothing
// in particular is covered by a pattern for anything.
func (e *suppression) has(pattern string, list []string, foldCase bool) bool {
	if len(list) == 0 {
		return anything(pattern)
	}
	return slices.ContainsFunc(list, func(text string) bool { return covers(pattern, text, foldCase) })
}

func anything(pattern string) bool { return strings.Trim(pattern, "*") == "" }

// covers is about all that a text can mean: an entry for ec2:Describe* does not
// take away ec2:*.
func covers(pattern, text string, foldCase bool) bool {
	return pattern == "" || document.Covers(pattern, text, foldCase)
}

// cells are a finding taken apart: one cell for each of its actions with each
// of its principals, true until a suppression takes it.
type cells [][]bool // [action][principal]

func newCells(f *Finding) cells {
	c := make(cells, max(1, len(f.Actions)))
	for i := range c {
		c[i] = slices.Repeat([]bool{true}, max(1, len(f.Principals)))
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

// take gives the cells of a finding to a suppression that concerns it, and
// returns what it got, or false if others had taken all before. A path is no
// path without one of its actions: there it is all actions or none.
func (c cells) take(f *Finding, e *suppression) (Finding, bool) {
	if len(f.Path) > 0 && slices.ContainsFunc(f.Actions, func(a string) bool { return !covers(e.action, a, true) }) {
		return Finding{}, false
	}
	got := make(cells, len(c))
	some := false
	for i := range c {
		got[i] = make([]bool, len(c[i]))
		if len(f.Actions) > 0 && !covers(e.action, f.Actions[i], true) {
			continue
		}
		for j := range c[i] {
			if c[i][j] && (len(f.Principals) == 0 || covers(e.principal, f.Principals[j], false)) {
				c[i][j], got[i][j], some = false, true, true
			}
		}
	}
	part, _ := got.rest(f)
	return part, some
}

// rest returns the finding with those actions and principals alone that have a
// cell left, or false if none has.
func (c cells) rest(f *Finding) (Finding, bool) {
	part := *f
	var actions, without, principals []string
	for i, name := range f.Actions {
		if slices.Contains(c[i], true) {
			actions = append(actions, name)
		} else {
			without = append(without, name)
		}
	}
	for j, name := range f.Principals {
		if slices.ContainsFunc(c, func(row []bool) bool { return row[j] }) {
			principals = append(principals, name)
		}
	}
	if !slices.ContainsFunc(c, func(row []bool) bool { return slices.Contains(row, true) }) {
		return Finding{}, false
	}
	if len(without) > 0 && len(f.Path) == 0 {
		part.Actions = actions
		part.Message += fmt.Sprintf(" (here without %s)", list(without))
	}
	if len(f.Principals) > 0 {
		part.Principals = principals
	}
	return part, true
}
