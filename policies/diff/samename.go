// Compares inline policies with the same name. Only the policy that is written last has an effect,
// so it is unknown which permissions change.

package diff

import (
	"slices"
	"strings"

	"capaboot/policies/document"
)

const sameNameNote = "several inline policies have this name, and the last one that is written replaces the others: it is unknown which permissions change"

// compareSameNames returns a gained and a lost grant for each name that several inline
// policies of one side have, unless the policies of that name are equal on both sides.
func compareSameNames(before, after *document.Holder, work *budget) (gained, lost []Grant) {
	old, now := policiesOfOneName(before), policiesOfOneName(after)
	seen := map[string]bool{}
	for _, list := range [][]document.Policy{slices.Concat(old...), slices.Concat(now...)} {
		for _, p := range list {
			key := strings.ToLower(p.Name)
			if seen[key] {
				continue
			}
			seen[key] = true
			o, n := ofName(old, key), ofName(now, key)
			work.meter.Spend(20 * (len(o) + len(n)))
			if len(o) == len(n) && identityPermissions(&document.Holder{Policies: o}, work).equal(identityPermissions(&document.Holder{Policies: n}, work)) {
				continue
			}
			gained = append(gained, Grant{Policy: p.Name, Note: sameNameNote})
			lost = append(lost, Grant{Policy: p.Name, Note: sameNameNote})
		}
	}
	return gained, lost
}

// policiesOfOneName returns the inline policies of a principal that have the same name,
// as one list for each name. It leaves out a name if no two of its policies can exist
// together: see [document.InlineOfOneName].
func policiesOfOneName(h *document.Holder) (all [][]document.Policy) {
	for _, indexes := range document.InlineOfOneName(h.Policies, func([]string) bool { return true }) {
		var list []document.Policy
		for _, i := range indexes {
			list = append(list, h.Policies[i])
		}
		all = append(all, list)
	}
	return all
}

func ofName(lists [][]document.Policy, key string) []document.Policy {
	for _, list := range lists {
		if strings.EqualFold(list[0].Name, key) {
			return list
		}
	}
	return nil
}
