// Package suppress knows the findings that somebody has accepted, each with a
// reason: the file that lists them, and what of a finding an entry takes away.
//
// A suppression says as narrowly as it likes what it is about. It takes away no
// more than that, and a [Matcher] counts what each has taken, so that nothing
// vanishes silently.
package suppress

import (
	"slices"
	"strings"
	"time"

	"capaboot/policies/document"
)

// List is what a suppression file has.
type List struct {
	File    string
	Entries []Entry
}

// Entry is one suppression. A pattern that is empty is for anything.
type Entry struct {
	Rule                                string
	Policy, Action, Principal, Resource string // patterns
	// Exactly is the finding that alone it is about, instead of patterns; or nil.
	Exactly      *Finding
	Reason       string
	Expires      string // the last day, YYYY-MM-DD, or ""
	Line, Column int
}

// Finding is what a suppression can be about.
type Finding struct {
	Rule, Policy                   string
	Severity, Statement            string
	Actions, Principals, Resources []string
	// Path is set when the actions make a path, which is one until all of them
	// are accepted.
	Path bool
}

// Part is what is taken of a finding, or left of it: these actions and
// principals, without some of the actions.
type Part struct {
	Actions, Principals, Without []string
}

// Taken is a part that an entry takes away.
type Taken struct {
	Part
	Entry *Entry
}

// Matcher holds findings against the entries of a list.
type Matcher struct {
	entries []Entry
	byRule  map[string][]int
	expired []bool
	used    []int // how many findings each takes away, or would
}

// NewMatcher returns the matcher for a day; for the zero time, no entry has
// expired.
func NewMatcher(list *List, today time.Time) *Matcher {
	entries := list.Entries
	m := &Matcher{entries: entries, byRule: map[string][]int{}, expired: make([]bool, len(entries)), used: make([]int, len(entries))}
	for i, e := range entries {
		m.byRule[e.Rule] = append(m.byRule[e.Rule], i)
		m.expired[i] = !today.IsZero() && e.Expires != "" && e.Expires < today.Format(time.DateOnly)
	}
	return m
}

// Match returns what the entries take away of a finding, and what is left, if
// something is.
func (m *Matcher) Match(f Finding) (parts []Taken, rest Part, some bool) {
	var active, expired []int
	for _, i := range m.byRule[f.Rule] {
		switch {
		case !m.entries[i].concerns(&f):
		case m.expired[i]:
			expired = append(expired, i)
		default:
			active = append(active, i)
		}
	}
	left := newCells(&f)
	if f.Path {
		left.lock(&f, m.entries, active)
	}
	for _, i := range active {
		if part, ok := left.take(&f, &m.entries[i]); ok {
			m.used[i]++
			parts = append(parts, Taken{part, &m.entries[i]})
		}
	}
	rest, some = left.rest(&f)
	for _, i := range expired {
		if _, ok := left.clone().take(&f, &m.entries[i]); ok {
			m.used[i]++
		}
	}
	return parts, rest, some
}

// Use is what an entry did to the findings that were matched.
type Use struct {
	Entry
	Expired  bool
	Findings int // how many it took something of or, expired, would have
}

// Uses returns what every entry did, in the order of the list.
func (m *Matcher) Uses() []Use {
	uses := make([]Use, len(m.entries))
	for i, e := range m.entries {
		uses[i] = Use{e, m.expired[i], m.used[i]}
	}
	return uses
}

// String names an entry by what it is about: "any-resource for policy nodes".
func (e Entry) String() string {
	text := e.Rule
	separator := " for "
	if x := e.Exactly; x != nil {
		e.Policy, e.Action, e.Principal, e.Resource = x.Policy, strings.Join(x.Actions, " "), strings.Join(x.Principals, " "), strings.Join(x.Resources, " ")
		separator = " for exactly "
	}
	for _, part := range []struct{ name, pattern string }{{"policy", e.Policy}, {"action", e.Action}, {"principal", e.Principal}, {"resource", e.Resource}} {
		if part.pattern != "" {
			text += separator + part.name + " " + part.pattern
			separator = ", "
		}
	}
	return text
}

// concerns reports whether an entry can be about the finding, actions and
// principals aside.
func (e *Entry) concerns(f *Finding) bool {
	if x := e.Exactly; x != nil {
		return e.Rule == f.Rule && x.Policy == f.Policy && x.Severity == f.Severity && x.Statement == f.Statement && (len(x.Resources) == 0) == (len(f.Resources) == 0) &&
			!slices.ContainsFunc(f.Resources, func(resource string) bool { return !slices.Contains(x.Resources, resource) })
	}
	if e.Rule != f.Rule || e.Policy != "" && !document.Match(e.Policy, f.Policy, false) {
		return false
	}
	// A resource that is not covered keeps the whole finding.
	if e.Resource != "" && (len(f.Resources) == 0 || slices.ContainsFunc(f.Resources, func(resource string) bool { return !document.Covers(e.Resource, resource, false) })) {
		return false
	}
	return true
}

// takesAction and takesPrincipal report whether an entry is about an action or a
// principal of a finding.
func (e *Entry) takesAction(action string) bool {
	if e.Exactly != nil {
		return slices.ContainsFunc(e.Exactly.Actions, func(a string) bool { return strings.EqualFold(a, action) })
	}
	return covers(e.Action, action, true)
}

func (e *Entry) takesPrincipal(principal string) bool {
	if e.Exactly != nil {
		return slices.Contains(e.Exactly.Principals, principal)
	}
	return covers(e.Principal, principal, false)
}

// needsAction and needsPrincipal report whether an entry is about no finding
// without one.
func (e *Entry) needsAction() bool {
	return e.Exactly != nil && len(e.Exactly.Actions) > 0 || !anything(e.Action)
}
func (e *Entry) needsPrincipal() bool {
	return e.Exactly != nil && len(e.Exactly.Principals) > 0 || !anything(e.Principal)
}

func anything(pattern string) bool { return strings.Trim(pattern, "*") == "" }

// covers is about all that a text can mean: an entry for ec2:Describe* does not
// take away ec2:*.
func covers(pattern, text string, foldCase bool) bool {
	return pattern == "" || document.Covers(pattern, text, foldCase)
}
