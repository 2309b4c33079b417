// Documents that look like a permissions boundary or a service control policy.

package review

import (
	"slices"

	"capaboot/policies/document"
)

// notesOnLimitingPolicies names the standalone documents that allow every
// action on every resource and also have a Deny. Permissions boundaries and
// service control policies often have this form, and a document does not say
// how it is used.
func (r *run) notesOnLimitingPolicies() []Sentence {
	var names []string
	for _, s := range r.subjects {
		if s.Kind != document.PolicyKind || s.LogicalID != "" || s.ResourceType != "" {
			continue
		}
		for _, p := range s.policies {
			denies := slices.ContainsFunc(p.statements, func(st *statement) bool { return st.Effect == document.Deny })
			if p.kind == identityPolicy && denies && slices.ContainsFunc(p.statements, func(st *statement) bool { return isFullAccess(st) && len(st.Conditions) == 0 }) {
				names = append(names, s.File)
			}
		}
	}
	if names = unique(names); len(names) == 0 {
		return nil
	}
	return []Sentence{sentencef("reviewed as grants: %s; if a document is a permissions boundary or a service control policy, it grants nothing, and only the findings of the groups %s and %s apply", nameList(names), Correctness, Refused)}
}
