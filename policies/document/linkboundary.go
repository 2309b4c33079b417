// Permissions boundaries in another file: a role or user names the policy by its
// ARN, and the template of another file creates it.

package document

import (
	"slices"
	"strings"
)

// LinkBoundaries finds the documents of permissions boundaries in the other files of
// the set. A policy with template conditions, with a path or without an explicit name
// is not linked, nor is one of several policies with the same name. An ARN with an
// account ID is not linked either, unless the account is the given one: a policy of the
// same name can be in another account.
//
// A linked policy that is among the principals also stays there: another stack, or a
// permission set of IAM Identity Center, can attach it.
func (s *Set) LinkBoundaries() {
	s.linked = true
	byName := map[string][]*Holder{}
	for _, h := range slices.Concat(s.Principals, s.Boundaries) {
		if h.Kind == PolicyKind && h.LogicalID != "" && h.ResourceType == "" && h.IAMPath() == "/" && !h.HasGeneratedName && len(h.Policies) == 1 && !h.Policies[0].Inline {
			byName[h.Name] = append(byName[h.Name], h)
		}
	}
	for _, h := range s.Principals {
		_, name, ok := strings.Cut(h.Boundary, ":iam::${AWS::AccountId}:policy/")
		if !ok && s.account != "" {
			_, name, ok = strings.Cut(h.Boundary, ":iam::"+s.account+":policy/")
		}
		found := byName[name]
		if !ok || h.BoundaryPolicy != nil || len(found) != 1 || slices.ContainsFunc(found[0].Policies[0].Document.Statements, func(st Statement) bool { return len(st.When) > 0 }) {
			continue
		}
		p := found[0]
		h.BoundaryPolicy, h.BoundaryName, h.BoundaryLogicalID, h.BoundaryFile = p.Policies[0].Document, p.Name, p.LogicalID, p.File
	}
}
