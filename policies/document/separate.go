// Conditions and parameters with the same name in several templates of a set. If the
// templates define them differently, they are separate: one condition can hold without
// the other, and the parameters can have different values.

package document

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// ConditionsIn returns template conditions of a file with names that are unique in
// the set: a condition that another file defines in another way gets the name of its
// file, such as "!IsProd of b.yaml", and so does a parameter, such as
// "Stage of b.yaml=dev".
func (s *Set) ConditionsIn(file string, conditions []string) []string {
	var renamed []string
	for i, condition := range conditions {
		unique := s.conditionIn(file, condition)
		if unique == condition {
			continue
		}
		if renamed == nil {
			renamed = slices.Clone(conditions)
		}
		renamed[i] = unique
	}
	if renamed == nil {
		return conditions
	}
	slices.Sort(renamed)
	return renamed
}

func (s *Set) conditionIn(file, condition string) string {
	if parameter, values, ok := ParameterValues(condition); ok {
		return valueCondition(s.ParameterIn(file, parameter), values...)
	}
	if strings.HasPrefix(condition, "${") || !s.isSeparate("Condition:"+strings.TrimPrefix(condition, "!"), map[string]bool{}) {
		return condition
	}
	return condition + " of " + s.shortName(file)
}

// ParameterIn returns the name that [Set.ConditionsIn] uses for a parameter of
// a file.
func (s *Set) ParameterIn(file, name string) string {
	if !s.isSeparate("Ref:"+name, map[string]bool{}) {
		return name
	}
	return name + " of " + s.shortName(file)
}

// SeenFrom returns a holder as another file sees it: its template conditions are as
// [Set.ConditionsIn] returns them.
func (s *Set) SeenFrom(file string, h *Holder) *Holder {
	if h.File == file || len(s.parts) < 2 {
		return h
	}
	copied := *h
	copied.When = s.conditionIn(h.File, h.When)
	copied.Trust, copied.BoundaryPolicy, copied.Policies = s.documentIn(h.File, h.Trust), s.documentIn(h.File, h.BoundaryPolicy), slices.Clone(h.Policies)
	for i := range copied.Policies {
		copied.Policies[i].Document = s.documentIn(h.File, copied.Policies[i].Document)
	}
	copied.AttachedWhen, copied.GroupsWhen = s.branchesIn(h.File, h.AttachedWhen), s.branchesIn(h.File, h.GroupsWhen)
	copied.Tags = slices.Clone(h.Tags)
	for i := range copied.Tags {
		copied.Tags[i].When = s.ConditionsIn(h.File, h.Tags[i].When)
	}
	return &copied
}

func (s *Set) branchesIn(file string, when map[string][][]string) map[string][][]string {
	copied := maps.Clone(when)
	for name, branches := range copied {
		copied[name] = slices.Clone(branches)
		for i, branch := range branches {
			copied[name][i] = s.ConditionsIn(file, branch)
		}
	}
	return copied
}

func (s *Set) documentIn(file string, d *Document) *Document {
	if d == nil {
		return nil
	}
	copied := *d
	copied.Statements = slices.Clone(d.Statements)
	for i := range copied.Statements {
		copied.Statements[i].When = s.ConditionsIn(file, copied.Statements[i].When)
	}
	return &copied
}

// isSeparate reports whether templates of the set define a name differently, or
// another name on which its definition depends. The name is a key of
// [Set.Definitions].
func (s *Set) isSeparate(name string, seen map[string]bool) bool {
	if len(s.parts) < 2 || seen[name] {
		return false
	}
	seen[name] = true
	first, defined := "", false
	for _, part := range s.parts {
		text, ok := part.Definitions[name]
		switch {
		case !ok:
		case !defined:
			first, defined = text, true
		case text != first:
			return true
		}
	}
	return slices.ContainsFunc(namesIn(first), func(other string) bool { return s.isSeparate(other, seen) })
}

// shortName returns the last part of the path of a file, or the whole path if another
// file of the set has the same last part.
func (s *Set) shortName(file string) string {
	short := path.Base(file)
	isOther := func(other string) bool { return other != file && path.Base(other) == short }
	if slices.ContainsFunc(s.Principals, func(h *Holder) bool { return isOther(h.File) }) ||
		slices.ContainsFunc(s.AttachedPolicies, func(h *Holder) bool { return isOther(h.File) }) ||
		slices.ContainsFunc(s.Boundaries, func(h *Holder) bool { return isOther(h.File) }) ||
		slices.ContainsFunc(s.Unread, func(u UnreadPart) bool { return isOther(u.File) }) ||
		slices.ContainsFunc(s.CredentialSources, func(c *CredentialSource) bool { return isOther(c.File) }) ||
		slices.ContainsFunc(s.AssumedParameters, func(a AssumedParameter) bool { return isOther(a.File) }) {
		return file
	}
	return short
}
