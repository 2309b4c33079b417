// Package suppress reads and writes suppression files, which list accepted
// findings with a reason, and determines what each entry hides of a finding.
//
// An entry hides nothing but what it matches. A [Matcher] counts the findings
// that each entry hides, so that nothing disappears unnoticed.
package suppress

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// List is the content of a suppression file.
type List struct {
	File    string
	Entries []Entry
}

// Entry is one suppression. An empty pattern matches everything.
type Entry struct {
	Rule                                string
	Policy, Action, Principal, Resource string // patterns
	// Exactly is the only finding that the entry suppresses, or nil for an
	// entry with patterns. If the finding has gained actions, principals or
	// trusted principals since, the entry suppresses only the original ones. If
	// the finding has gained resources or has other limits, the entry suppresses
	// nothing. If only the template conditions of a principal differ, the entry
	// suppresses nothing for that principal. The entry does not compare Trusted
	// or Limits if they are nil.
	Exactly      *Finding
	Reason       string
	Expires      string // the last day, YYYY-MM-DD, or ""
	Line, Column int
}

// Finding has the fields of a finding that suppressions compare.
type Finding struct {
	Rule, Policy                   string
	File                           string // the name as on the command line, or ""
	Severity, Statement            string
	Actions, Principals, Resources []string
	Trusted                        []string // the principals that the statement trusts, with their kind: "AWS arn:aws:iam::1:root"
	// Limits are sorted. "when C" is a template condition, and "NAME: when C and
	// D" has further conditions of a single principal; see
	// [Finding.conditionsOf].
	Limits []string
	// EarlierLimits are the limits in an entry that was written before entries had
	// the conditions of single principals. Such an entry still hides the finding.
	EarlierLimits []string
	// Path reports whether the actions form an escalation path. A path is
	// suppressed only if all its actions are.
	Path bool
}

// Part is a part of a finding, suppressed or remaining: its actions, principals
// and trusted principals. Without has the other actions and trusted principals of
// the finding.
type Part struct {
	Actions, Principals, Trusted, Without []string
}

// Suppressed is a part of a finding that an entry hides. WithoutConditions means
// that the entry lacks template conditions that the finding has. It hides the part
// because the entry has the EarlierLimits of the finding.
type Suppressed struct {
	Part
	Entry             *Entry
	WithoutConditions bool
}

// Matcher compares findings with the entries of a list.
type Matcher struct {
	entries []Entry
	byRule  map[string][]int
	expired []bool
	counts  []int // see Use.Findings
}

// NewMatcher returns a matcher for a day. For the zero time, no entry has
// expired.
func NewMatcher(list *List, today time.Time) *Matcher {
	entries := list.Entries
	m := &Matcher{entries: entries, byRule: map[string][]int{}, expired: make([]bool, len(entries)), counts: make([]int, len(entries))}
	for i, e := range entries {
		m.byRule[e.Rule] = append(m.byRule[e.Rule], i)
		m.expired[i] = !today.IsZero() && e.Expires != "" && e.Expires < today.Format(time.DateOnly)
	}
	return m
}

// Match returns the parts of a finding that the entries hide, and the remaining
// part if there is one.
func (m *Matcher) Match(f Finding) (parts []Suppressed, rest Part, remains bool) {
	var active, expired []int
	for _, i := range m.byRule[f.Rule] {
		switch {
		case !m.entries[i].mayMatch(&f):
		case m.expired[i]:
			expired = append(expired, i)
		default:
			active = append(active, i)
		}
	}
	cells := newCells(&f)
	if f.Path {
		cells.lock(&f, m.entries, active)
	}
	for _, i := range active {
		if part, ok := cells.suppress(&f, &m.entries[i]); ok {
			m.counts[i]++
			e := &m.entries[i]
			parts = append(parts, Suppressed{part, e, e.Exactly != nil && slices.ContainsFunc(orEmpty(part.Principals), func(name string) bool { return !e.Exactly.sameConditions(&f, name) })})
		}
	}
	rest, remains = cells.remaining(&f)
	for _, i := range expired {
		if _, ok := cells.clone().suppress(&f, &m.entries[i]); ok {
			m.counts[i]++
		}
	}
	return parts, rest, remains
}

// Use reports what an entry did to the findings that were matched.
type Use struct {
	Entry
	Expired  bool
	Findings int // the number of findings that it hid, at least in part, or would have hidden if it had not expired
}

// Uses returns the use of every entry, in the order of the list.
func (m *Matcher) Uses() []Use {
	uses := make([]Use, len(m.entries))
	for i, e := range m.entries {
		uses[i] = Use{e, m.expired[i], m.counts[i]}
	}
	return uses
}

// String describes what an entry matches: "any-resource for policy nodes".
func (e Entry) String() string {
	text := e.Rule
	separator := " for "
	var file, trusted, limits string
	if x := e.Exactly; x != nil {
		e.Policy, e.Action, e.Principal, e.Resource = x.Policy, strings.Join(x.Actions, " "), strings.Join(x.Principals, " "), strings.Join(x.Resources, " ")
		separator = " for exactly "
		file, trusted, limits = x.File, strings.Join(x.Trusted, " and "), strings.Join(x.Limits, " and ")
	}
	for _, part := range []struct{ name, pattern string }{{"file", file}, {"policy", e.Policy}, {"action", e.Action}, {"principal", e.Principal}, {"trusted principal", trusted}, {"resource", e.Resource}, {"limit", limits}} {
		if part.pattern != "" {
			text += separator + part.name + " " + part.pattern
			separator = ", "
		}
	}
	return text
}

// mayMatch reports whether an entry can match the finding, regardless of its
// actions and principals.
func (e *Entry) mayMatch(f *Finding) bool {
	if x := e.Exactly; x != nil {
		return e.Rule == f.Rule && x.Policy == f.Policy && cleanPath(x.File) == cleanPath(f.File) && x.Severity == f.Severity && x.Statement == f.Statement && (x.sameOtherLimits(f) || x.hasEarlierLimits(f)) && (len(x.Resources) == 0) == (len(f.Resources) == 0) &&
			!slices.ContainsFunc(f.Resources, func(resource string) bool { return !slices.Contains(x.Resources, resource) })
	}
	if e.Rule != f.Rule || e.Policy != "" && !document.Match(e.Policy, f.Policy, false) {
		return false
	}
	// If one resource is not covered, the whole finding remains.
	if e.Resource != "" && (len(f.Resources) == 0 || slices.ContainsFunc(f.Resources, func(resource string) bool { return !document.Covers(e.Resource, resource, false) })) {
		return false
	}
	return true
}

// OtherFile returns the file of the first finding that an entry of exactly one finding
// would hide if the entry named this file; "" if there is none. It compares only files
// with the same base name: the review may have run in another folder.
func (e *Entry) OtherFile(findings []Finding) string {
	if e.Exactly == nil || e.Exactly.File == "" {
		return ""
	}
	for _, f := range findings {
		file := f.File
		if f.Rule != e.Rule || path.Base(cleanPath(file)) != path.Base(cleanPath(e.Exactly.File)) {
			continue
		}
		f.File = e.Exactly.File
		if e.mayMatch(&f) {
			if _, ok := newCells(&f).suppress(&f, e); ok {
				return file
			}
		}
	}
	return ""
}

// Changed returns the fields in which an entry of exactly one finding differs from the
// most similar finding of the same rule, file and policy; nil if there is no such
// finding.
func (e *Entry) Changed(findings []Finding) (fields []string) {
	x := e.Exactly
	if x == nil {
		return nil
	}
	isFirst := true
	for _, f := range findings {
		if f.Rule != e.Rule || f.Policy != x.Policy || cleanPath(f.File) != cleanPath(x.File) {
			continue
		}
		if different := x.differences(&f); isFirst || len(different) < len(fields) {
			fields, isFirst = different, false
		}
	}
	return fields
}

// differences names the fields in which a finding differs from the finding of an entry.
func (x *Finding) differences(f *Finding) (fields []string) {
	same := func(a, b []string) bool {
		return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
	}
	for _, field := range []struct {
		name string
		same bool
	}{
		{"severity", x.Severity == f.Severity},
		{"statement", x.Statement == f.Statement},
		{"actions", same(x.Actions, f.Actions)},
		{"principals", same(x.Principals, f.Principals)},
		{"resources", same(x.Resources, f.Resources)},
		{"trusted principals", x.Trusted == nil || same(x.Trusted, f.Trusted)},
		{"limits", x.Limits == nil || same(x.Limits, f.Limits)},
	} {
		if !field.same {
			fields = append(fields, field.name)
		}
	}
	return fields
}

// cleanPath returns one form for all ways to write the same name of a file:
// "./a/b.yaml" and "a\b.yaml" (on Windows) are "a/b.yaml".
func cleanPath(name string) string {
	if name == "" {
		return ""
	}
	return path.Clean(filepath.ToSlash(name))
}

// matchesAction reports whether an entry matches an action of a finding.
func (e *Entry) matchesAction(action string) bool {
	if e.Exactly != nil {
		return slices.ContainsFunc(e.Exactly.Actions, func(a string) bool { return strings.EqualFold(a, action) })
	}
	// The pattern must cover everything that the action matches: an entry for
	// ec2:Describe* does not hide ec2:*.
	return e.Action == "" || document.Covers(e.Action, action, true)
}

// matchesPrincipal reports whether an entry matches a column of a finding. A pattern
// matches the principal that the finding is about, or the principal that its
// statement trusts.
func (e *Entry) matchesPrincipal(f *Finding, c column) bool {
	if x := e.Exactly; x != nil {
		return containsOrNone(x.Principals, c.principal) && (x.Trusted == nil || containsOrNone(x.Trusted, c.trusted)) && (x.sameConditions(f, c.principal) || x.hasEarlierLimits(f))
	}
	if matchesEverything(e.Principal) {
		return true
	}
	return c.principal != "" && document.Covers(e.Principal, c.principal, false) || c.trusted != "" && e.coversTrusted(c.trusted)
}

// containsOrNone reports whether a list contains the name, or is empty if there
// is no name.
func containsOrNone(list []string, name string) bool {
	if name == "" {
		return len(list) == 0
	}
	return slices.Contains(list, name)
}

// coversTrusted reports whether the pattern for principals covers a trusted
// principal, such as "AWS arn:aws:iam::111122223333:root", which can be written
// without the kind, or as the ID of the account. A pattern whose first wildcard has
// no colon before it covers no trusted principal, because it could be meant for the
// name of a role or user.
func (e *Entry) coversTrusted(trusted string) bool {
	pattern := e.Principal
	if i := strings.IndexAny(pattern, "*?"); i >= 0 && !strings.Contains(pattern[:i], ":") {
		return false
	}
	_, id, _ := strings.Cut(trusted, " ")
	if document.Covers(pattern, trusted, false) || document.Covers(pattern, id, false) {
		return true
	}
	account := wholeAccount(id)
	return account != "" && wholeAccount(pattern) == account
}

// wholeAccount returns the ID of an account if the principal stands for the whole
// account; otherwise "".
func wholeAccount(id string) string {
	if arn.IsAccount(id) {
		return id
	}
	if a := arn.ParsePattern(id); a.Parts == 6 && a.Service == "iam" && a.Resource == "root" && arn.IsAccount(a.Account) {
		return a.Account
	}
	return ""
}

// requiresAction reports whether an entry never matches a finding without
// actions.
func (e *Entry) requiresAction() bool {
	return e.Exactly != nil && len(e.Exactly.Actions) > 0 || !matchesEverything(e.Action)
}

func matchesEverything(pattern string) bool { return strings.Trim(pattern, "*") == "" }
