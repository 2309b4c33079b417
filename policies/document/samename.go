// Several inline policies of one name: a role, user or group has one inline policy of
// each name, so the last one that is written replaces the others. A template does not
// say which one is the last.
//
// Source: IAM API Reference, "PutRolePolicy": it adds or updates the policy.

package document

import (
	"slices"
	"strings"
)

// InlineOfOneName returns the inline policies that have a name in common, as lists of
// indexes. A text with a space is not the name of a policy in IAM: it describes a policy
// that SAM or IAM Identity Center names, or the policy of a group.
func InlineOfOneName(policies []Policy) [][]int {
	byName, names := map[string][]int{}, []string{}
	for i := range policies {
		name := nameKey(policies[i].Name)
		if !policies[i].Inline || name == "" || strings.Contains(name, " ") {
			continue
		}
		if byName[name] == nil {
			names = append(names, name)
		}
		byName[name] = append(byName[name], i)
	}
	var all [][]int
	for _, name := range names {
		if len(byName[name]) > 1 {
			all = append(all, byName[name])
		}
	}
	return all
}

// CanCoexist reports whether two policies can exist together: two of their statements
// can, or one of the policies allows and denies nothing. possible reports whether the
// template conditions of two statements, which do not contradict each other, can hold
// together.
func (p *Policy) CanCoexist(other *Policy, possible func(when []string) bool) bool {
	a, b := p.Document.Statements, other.Document.Statements
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(x Statement) bool {
		return slices.ContainsFunc(b, func(y Statement) bool {
			both, consistent := Together(x.When, y.When...)
			return consistent && possible(both)
		})
	})
}
