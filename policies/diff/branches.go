// Compares statements under template conditions that are not decided: the statements of
// both branches can together cover another statement.

package diff

import (
	"slices"

	"capaboot/policies/document"
)

// maxBranches limits the combinations of template conditions by which the statements of
// a principal are split. A condition that would exceed the limit is not used.
const maxBranches = 32

// branchesOf returns the alternatives of each template condition on which the
// statements of a principal depend, on either side.
func branchesOf(before, after *document.Set, holders ...*document.Holder) (all [][]string) {
	var names []string
	product := 1
	add := func(d *document.Document) {
		if d == nil {
			return
		}
		for i := range d.Statements {
			for _, when := range d.Statements[i].When {
				alternatives := document.Alternatives(when, nil)
				name, _, isParameter := document.ParameterValues(when)
				if isParameter {
					alternatives = valuesOf(name, before, after)
				} else {
					slices.Sort(alternatives)
					name = alternatives[0]
				}
				if len(alternatives) < 2 || slices.Contains(names, name) || product*len(alternatives) > maxBranches {
					continue
				}
				product *= len(alternatives)
				names, all = append(names, name), append(all, alternatives)
			}
		}
	}
	for _, h := range holders {
		add(h.Trust)
		add(h.BoundaryPolicy)
		for _, p := range h.Policies {
			add(p.Document)
		}
	}
	return all
}

// valuesOf returns a template condition for each value that a parameter can have
// on either side, or nil if the values are unknown.
func valuesOf(parameter string, before, after *document.Set) (all []string) {
	isPartial := func(a document.AssumedParameter) bool { return a.Name == parameter && a.Partial }
	if slices.ContainsFunc(before.AssumedParameters, isPartial) || slices.ContainsFunc(after.AssumedParameters, isPartial) {
		return nil // a deployment can have another list of values
	}
	values := slices.Concat(before.ValuesOf(parameter), after.ValuesOf(parameter))
	slices.Sort(values)
	for _, value := range slices.Compact(values) {
		all = append(all, parameter+"="+document.ValueLabel(value))
	}
	return all
}

// possibleIn returns a function that reports whether template conditions can
// hold together, by the definitions on both sides.
func possibleIn(before, after *document.Set) func([]string) bool {
	var both *document.Set
	return func(when []string) bool {
		if both == nil {
			both = document.Merge(before, after)
		}
		return both.Possible(when)
	}
}

// possibleCost is the work of deciding whether conditions can hold together.
const possibleCost = 200

// splitByBranches splits each of the parts of a statement by the template
// conditions of the principal, and leaves out combinations that cannot exist. It
// stops before a template condition with which there would be more than maxParts
// parts.
func (s *statement) splitByBranches(parts []*statement) []*statement {
	if len(s.budget.branches) == 0 {
		return parts
	}
	branches := [][]string{s.source.When}
	for _, alternatives := range s.budget.branches {
		var next [][]string
		for _, when := range branches {
			for _, one := range alternatives {
				if both, isPossible := document.Together(when, one); isPossible {
					next = append(next, both)
				}
			}
		}
		if len(next)*len(parts) > maxParts {
			break
		}
		branches = next
	}
	var all []*statement
	for _, when := range branches {
		s.budget.meter.Spend(possibleCost)
		if !s.budget.possible(when) {
			continue
		}
		for _, part := range parts {
			source, one := *part.source, *part
			source.When = when
			one.source = &source
			all = append(all, &one)
		}
	}
	return all
}

// mergeBranches merges lists of template conditions that differ only in whether
// one condition holds: of [A, B] and [A, !B], only [A] is left.
func mergeBranches(lists [][]string) [][]string {
	lists = slices.Clone(lists)
	for i := 0; i < len(lists); i++ {
		for k := i + 1; k < len(lists); k++ {
			if merged, isMerged := mergePair(lists[i], lists[k]); isMerged {
				lists[i], lists = merged, slices.Delete(lists, k, k+1)
				i = -1 // the merged list may merge with an earlier one
				break
			}
		}
	}
	return lists
}

func mergePair(a, b []string) (merged []string, isMerged bool) {
	if len(a) != len(b) {
		return nil, false
	}
	for _, condition := range a {
		if alternatives := document.Alternatives(condition, nil); len(alternatives) == 2 {
			rest := without(a, condition)
			if slices.Contains(b, alternatives[1]) && slices.Equal(rest, without(b, alternatives[1])) {
				return rest, true
			}
		}
	}
	return nil, false
}

// without returns a list without a text, sorted.
func without(list []string, text string) []string {
	rest := slices.DeleteFunc(slices.Clone(list), func(one string) bool { return one == text })
	slices.Sort(rest)
	return rest
}
