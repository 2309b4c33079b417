// Compares a managed policy that principals use in only one of the two sets, as a
// policy or as a permissions boundary.

package diff

import (
	"slices"

	"capaboot/policies/document"
)

// addUses completes the pairs of managed policies that are principals of their own in
// one set only. A policy that a principal uses in the other set is neither new nor
// removed: the pair of that principal has what changes for it.
func addUses(pairs []pair, before, after *document.Set) {
	var usedBefore, usedAfter map[string]*document.Holder
	for i := range pairs {
		p := &pairs[i]
		switch {
		case p.before == nil && isManaged(p.after):
			if usedBefore == nil {
				usedBefore = usedPolicies(before)
			}
			p.before = usedBefore[p.after.Name]
		case p.after == nil && isManaged(p.before):
			if usedAfter == nil {
				usedAfter = usedPolicies(after)
			}
			p.after = usedAfter[p.before.Name]
		}
	}
}

// isManaged reports whether a principal is a managed policy of a template.
func isManaged(h *document.Holder) bool {
	return h.Kind == document.PolicyKind && h.ResourceType == "" && h.LogicalID != ""
}

// usedPolicies returns the managed policies of the templates that principals use, by
// name, as principals of their own.
func usedPolicies(set *document.Set) map[string]*document.Holder {
	used := map[string]*document.Holder{}
	for _, h := range slices.Concat(set.AttachedPolicies, set.Boundaries) {
		used[h.Name] = h
	}
	return used
}
