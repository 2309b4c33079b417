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

// maxCoexistenceWork limits the pairs of statements that are compared to find
// out whether policies of one name can exist together. Beyond the limit, such
// policies count as able to exist together.
const maxCoexistenceWork = 100_000

// InlineOfOneName returns, for each name that several inline policies have, the indexes
// of these policies, if two of them can exist together. possible is passed to
// [Policy.CanCoexist]. A text with a space is not the name of a policy in IAM: it
// describes a policy that SAM or IAM Identity Center names, or the policy of a group.
func InlineOfOneName(policies []Policy, possible func(when []string) bool) [][]int {
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
	work := maxCoexistenceWork
	for _, name := range names {
		indexes := byName[name]
		twoCoexist := slices.ContainsFunc(indexes, func(i int) bool {
			return slices.ContainsFunc(indexes, func(k int) bool {
				if k >= i {
					return false
				}
				work -= 1 + len(policies[i].Document.Statements)*len(policies[k].Document.Statements)
				return work < 0 || policies[i].CanCoexist(&policies[k], possible)
			})
		})
		if twoCoexist {
			all = append(all, indexes)
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
