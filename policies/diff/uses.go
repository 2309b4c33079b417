// Compares a managed policy that principals use in only one of the two sets, as a
// policy or as a permissions boundary.

package diff

import (
	"slices"

	"capaboot/policies/document"
)

// addUses completes the pairs of managed policies that are principals of their
// own in one set only, because nothing uses them there. If principals of the
// other set use a policy with the same name, addUses adds that policy to the
// pair, so that the policy counts as neither new nor removed. It does so only if
// principals use more policies with this name in that set than in the set with the
// unused policy. Otherwise the unused policy is a different policy, for example of
// another template.
func addUses(pairs []pair, before, after *document.Set) {
	var usedBefore, usedAfter map[string][]*document.Holder
	for i := range pairs {
		p := &pairs[i]
		lacksBefore, lacksAfter := p.before == nil && isManaged(p.after), p.after == nil && isManaged(p.before)
		if (lacksBefore || lacksAfter) && usedBefore == nil {
			usedBefore, usedAfter = usedPolicies(before), usedPolicies(after)
		}
		switch {
		case lacksBefore:
			p.before = takeBeyond(usedBefore, usedAfter, p.after.Name)
		case lacksAfter:
			p.after = takeBeyond(usedAfter, usedBefore, p.before.Name)
		}
	}
}

// takeBeyond removes a policy with the name from used, and returns the policy. It
// returns nil unless used has more policies with this name than others.
func takeBeyond(used, others map[string][]*document.Holder, name string) *document.Holder {
	all := used[name]
	if len(all) <= len(others[name]) {
		return nil
	}
	used[name] = all[1:]
	return all[0]
}

// isManaged reports whether a principal is a managed policy of a template.
func isManaged(h *document.Holder) bool {
	return h.Kind == document.PolicyKind && h.ResourceType == "" && h.LogicalID != ""
}

// usedPolicies returns the managed policies of the templates that principals
// use, by name, as principals of their own. A policy that several principals
// use is returned once.
func usedPolicies(set *document.Set) map[string][]*document.Holder {
	type place struct{ file, logicalID string }
	used, seen := map[string][]*document.Holder{}, map[place]bool{}
	for _, h := range slices.Concat(set.AttachedPolicies, set.Boundaries) {
		if at := (place{h.File, h.LogicalID}); !seen[at] {
			seen[at] = true
			used[h.Name] = append(used[h.Name], h)
		}
	}
	return used
}
