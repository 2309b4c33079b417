// Conditions and parameters of one name in several templates of a set: unless the
// templates define them in the same way, they are separate. One condition can hold
// without the other, and the parameters can have different values.

package document

import (
	"path"
	"slices"
	"strings"
)

// ConditionsIn returns template conditions of a file with names that are unique in
// the set: a condition or a parameter that another file defines in another way gets the
// name of its file, such as "!IsProd of b.yaml" and "Stage of b.yaml=dev|test".
func (s *Set) ConditionsIn(file string, conditions []string) []string {
	var renamed []string
	for i, condition := range conditions {
		name, values := strings.TrimPrefix(condition, "!"), ""
		definition := "Condition:" + name
		if parameter, _, isValue := ParameterValues(condition); isValue {
			definition, values = "Ref:"+parameter, strings.TrimPrefix(condition, parameter)
		}
		if strings.HasPrefix(condition, "${") || !s.isSeparate(definition, map[string]bool{}) {
			continue
		}
		if renamed == nil {
			renamed = slices.Clone(conditions)
		}
		renamed[i] = strings.TrimSuffix(condition, values) + " of " + s.shortName(file) + values
	}
	if renamed == nil {
		return conditions
	}
	slices.Sort(renamed)
	return renamed
}

// SeenFrom returns a holder as another file sees it: all its template conditions are
// as [Set.ConditionsIn] returns them.
func (s *Set) SeenFrom(file string, h *Holder) *Holder {
	if h.File == file || len(s.parts) < 2 {
		return h
	}
	copied := *h
	if h.When != "" {
		copied.When = s.ConditionsIn(h.File, []string{h.When})[0]
	}
	copied.Trust, copied.BoundaryPolicy, copied.Policies = s.documentIn(h.File, h.Trust), s.documentIn(h.File, h.BoundaryPolicy), slices.Clone(h.Policies)
	for i := range copied.Policies {
		copied.Policies[i].Document = s.documentIn(h.File, copied.Policies[i].Document)
	}
	return &copied
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

// shortName returns the last part of the path of a file, if no other file of the set
// has it.
func (s *Set) shortName(file string) string {
	short := path.Base(file)
	for _, h := range s.Principals {
		if h.File != file && path.Base(h.File) == short {
			return file
		}
	}
	return short
}
