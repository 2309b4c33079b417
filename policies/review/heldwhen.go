// The template conditions of a finding about several principals: those that all
// principals share, and those of single principals.

package review

import (
	"cmp"
	"slices"
	"strings"

	"capaboot/policies/document"
	"capaboot/policies/suppress"
)

// HeldWhen has the template conditions, in addition to [Finding.When], under which
// one principal has the problem. If a finding lists a principal several times, any
// one of its lists is enough.
type HeldWhen struct {
	Principal string // "" if the finding names no principal
	When      []string
}

// maxAlternatives is the maximum number of lists of one principal that are
// simplified. If there are more, they are only sorted and deduplicated.
const maxAlternatives = 50

func (f *Finding) setConditions(s *statement) {
	f.When = s.When
	if len(s.policy.holders) == 1 {
		f.When = s.policy.holders[0].templateConditionsWith(s)
		return
	}
	for _, holder := range s.policy.holders {
		name := holder.Name
		if holder.Kind == document.PolicyKind {
			name = ""
		}
		if name == "" && len(f.Principals) == 0 || slices.Contains(f.Principals, name) {
			f.HeldWhen = append(f.HeldWhen, HeldWhen{name, holder.templateConditionsWith(s)})
		}
	}
}

// withConditions combines the template conditions of a subject with each of the
// lists. It leaves out combinations that no stack meets.
func (s *subject) withConditions(lists [][]string) []HeldWhen {
	var all []HeldWhen
	for _, list := range lists {
		if when, possible := document.Together(s.templateConditions(), list...); possible {
			all = append(all, HeldWhen{s.Name, when})
		}
	}
	return all
}

// allConditions returns all template conditions of each principal. Call it only before
// findings are merged: until then, HeldWhen also has the conditions in When.
func (f *Finding) allConditions() []HeldWhen {
	if len(f.HeldWhen) > 0 {
		return slices.Clone(f.HeldWhen)
	}
	all := make([]HeldWhen, 0, max(1, len(f.Principals)))
	for _, name := range f.Principals {
		all = append(all, HeldWhen{name, f.When})
	}
	if len(all) == 0 {
		all = append(all, HeldWhen{"", f.When})
	}
	return all
}

// separateConditions sets When to the template conditions that all lists share, and
// HeldWhen to the others. A principal without other conditions is not in HeldWhen.
func (f *Finding) separateConditions(all []HeldWhen, valuesOf func(parameter string) []string) {
	f.HeldWhen = nil
	var order []string
	byPrincipal := map[string][][]string{}
	for _, h := range all {
		if byPrincipal[h.Principal] == nil {
			order = append(order, h.Principal)
		}
		byPrincipal[h.Principal] = append(byPrincipal[h.Principal], h.When)
	}
	var common []string
	for i, name := range order {
		byPrincipal[name] = simplifyConditions(byPrincipal[name], valuesOf)
		for k, when := range byPrincipal[name] {
			if i+k == 0 {
				common = slices.Clone(when)
			} else {
				common = slices.DeleteFunc(common, func(condition string) bool { return !slices.Contains(when, condition) })
			}
		}
	}
	for _, name := range order {
		var own []HeldWhen
		for _, when := range byPrincipal[name] {
			own = append(own, HeldWhen{name, slices.DeleteFunc(slices.Clone(when), func(condition string) bool { return slices.Contains(common, condition) })})
		}
		if !slices.ContainsFunc(own, func(h HeldWhen) bool { return len(h.When) == 0 }) {
			f.HeldWhen = append(f.HeldWhen, own...)
		}
	}
	f.When = common
}

// simplifyConditions removes each list of template conditions that implies
// another list, such as C and D if there is a list with C only. It also joins
// the pairs of lists that joinConditions can join. It does neither if there are
// more than maxAlternatives lists.
func simplifyConditions(lists [][]string, valuesOf func(parameter string) []string) [][]string {
	sorted := make([][]string, len(lists))
	for i, list := range lists {
		sorted[i] = slices.Compact(slices.Sorted(slices.Values(list)))
	}
	slices.SortStableFunc(sorted, func(a, b []string) int { return cmp.Or(len(a)-len(b), slices.Compare(a, b)) })
	sorted = slices.CompactFunc(sorted, slices.Equal)
	if len(sorted) > maxAlternatives {
		return sorted
	}
	for i := 0; i < len(sorted); i++ {
		for k := 0; k < len(sorted); k++ {
			if i == k {
				continue
			}
			if document.Implies(sorted[k], sorted[i]) {
				return simplifyConditions(slices.Delete(sorted, k, k+1), valuesOf)
			}
			if joined, ok := joinConditions(sorted[i], sorted[k], valuesOf); ok {
				sorted[i] = joined
				return simplifyConditions(slices.Delete(sorted, k, k+1), valuesOf)
			}
		}
	}
	return sorted
}

// joinConditions returns the template conditions of "a or b" if the lists differ only
// in one condition and its negation, or in the values of one parameter.
func joinConditions(a, b []string, valuesOf func(parameter string) []string) ([]string, bool) {
	if len(a) != len(b) {
		return nil, false
	}
	differ := func(list, other []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(condition string) bool { return slices.Contains(other, condition) })
	}
	onlyA, onlyB := differ(a, b), differ(b, a)
	if len(onlyA) != 1 { // onlyB has the same length, because no list has a condition twice
		return nil, false
	}
	rest := slices.DeleteFunc(slices.Clone(a), func(condition string) bool { return condition == onlyA[0] })
	if "!"+onlyA[0] == onlyB[0] || "!"+onlyB[0] == onlyA[0] {
		return rest, true
	}
	name, values, ok := document.ParameterValues(onlyA[0])
	other, more, okB := document.ParameterValues(onlyB[0])
	if !ok || !okB || name != other {
		return nil, false
	}
	values = slices.Compact(slices.Sorted(slices.Values(slices.Concat(values, more))))
	isAll := func(known []string) bool {
		return len(known) > 0 && !slices.ContainsFunc(known, func(v string) bool { return !slices.Contains(values, document.ValueLabel(v)) })
	}
	if !isAll(valuesOf(name)) {
		rest = append(rest, name+"="+strings.Join(values, "|"))
		slices.Sort(rest)
	}
	return rest, true
}

// heldLimits returns the conditions of single principals as limits: "nodes: when
// UseEKS and !IsProd".
func (f *Finding) heldLimits() []string {
	var all []string
	for _, h := range f.HeldWhen {
		prefix := suppress.AlternativePrefix
		if h.Principal != "" {
			prefix = h.Principal + suppress.PrincipalInfix
		}
		all = append(all, prefix+strings.Join(h.When, " and "))
	}
	return all
}

// earlierLimits returns the limits as older suppression files have them,
// without the conditions of single principals.
func (f *Finding) earlierLimits() []string {
	earlier := *f
	earlier.When, earlier.HeldWhen = f.earlierWhen, nil
	return earlier.limitsToCompare()
}
