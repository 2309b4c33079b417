// Template conditions in [Statement.When]: "UseEKS" and "!UseEKS" for a
// condition that cannot be decided, and "Stage=dev|test" for a parameter that
// can have these and other values.

package document

import (
	"slices"
	"strings"
)

// ParameterValues returns the name and the values of the parameter in an entry
// of [Statement.When] that lists values ("Stage=dev|test"). ok is false for a
// condition and for an opaque text, which can contain "=" too.
func ParameterValues(condition string) (name string, values []string, ok bool) {
	name, list, ok := strings.Cut(condition, "=")
	if !ok || strings.HasPrefix(condition, "${") {
		return "", nil, false
	}
	return name, strings.Split(list, "|"), true
}

// ValueLabel returns a value as it is written in an entry of [Statement.When]
// that lists values.
func ValueLabel(value string) string { return strings.ReplaceAll(value, "|", "¦") }

// valueCondition returns the entry of [Statement.When] for values of a
// parameter.
func valueCondition(name string, values ...string) string {
	labels := make([]string, len(values))
	for i, v := range values {
		labels[i] = ValueLabel(v)
	}
	return name + "=" + strings.Join(labels, "|")
}

// Exclusive reports whether template conditions prevent two statements from
// existing together.
func Exclusive(a, b *Statement) bool {
	return !Consistent(a.When, b.When)
}

// Consistent reports whether two lists of template conditions can hold together. It
// ignores the definitions of the conditions; [Set.Possible] considers them.
func Consistent(a, b []string) bool {
	_, consistent := addConditions(a, b...)
	return consistent
}

// Implies reports whether the given template conditions, which hold together, imply
// every condition in others.
func Implies(given []string, others []string) bool {
	for _, other := range others {
		if next, consistent := addCondition(given, other); !consistent || !slices.Equal(next, given) {
			return false
		}
	}
	return true
}

// Together returns the given template conditions with more conditions added. It returns
// false if they cannot all hold together.
func Together(given []string, others ...string) (all []string, possible bool) {
	return addConditions(given, others...)
}

// Alternatives returns a template condition and its negation. If the condition
// lists values of a parameter, values has all values of that parameter (see
// [Set.ValuesOf]), and the negation lists the remaining values. If no values
// remain, the result is only the condition.
func Alternatives(condition string, values []string) []string {
	name, listed, ok := ParameterValues(condition)
	if !ok {
		opposite, negated := strings.CutPrefix(condition, "!")
		if !negated {
			opposite = "!" + condition
		}
		return []string{condition, opposite}
	}
	others := slices.DeleteFunc(slices.Clone(values), func(value string) bool { return slices.Contains(listed, ValueLabel(value)) })
	if len(others) == 0 {
		return []string{condition}
	}
	return []string{condition, valueCondition(name, others...)}
}

// ValuesOf returns the values that a parameter can have, if its template lists
// them.
func (s *Set) ValuesOf(parameter string) []string {
	var values []string
	for _, a := range s.AssumedParameters {
		if a.Name == parameter {
			values = append(values, a.Tried...)
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// addConditions adds template conditions to others. It returns false if they
// cannot hold together.
func addConditions(when []string, conditions ...string) ([]string, bool) {
	for _, condition := range conditions {
		next, consistent := addCondition(when, condition)
		if !consistent {
			return nil, false
		}
		when = next
	}
	return when, true
}

func addCondition(conditions []string, condition string) ([]string, bool) {
	if name, values, ok := ParameterValues(condition); ok {
		for i, w := range conditions {
			other, allowed, ok := ParameterValues(w)
			if !ok || other != name {
				continue
			}
			shared := slices.DeleteFunc(slices.Clone(allowed), func(v string) bool { return !slices.Contains(values, v) })
			if len(shared) == 0 {
				return nil, false
			}
			if len(shared) == len(allowed) {
				return conditions, true
			}
			next := slices.Clone(conditions)
			next[i] = valueCondition(name, shared...)
			slices.Sort(next)
			return next, true
		}
	}
	opposite := "!" + condition
	if rest, ok := strings.CutPrefix(condition, "!"); ok {
		opposite = rest
	}
	switch {
	case slices.Contains(conditions, opposite):
		return nil, false
	case slices.Contains(conditions, condition):
		return conditions, true
	}
	next := append(slices.Clone(conditions), condition)
	slices.Sort(next)
	return next, true
}
