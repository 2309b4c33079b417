// Permissions boundaries in another file: a role or user names the policy by its
// ARN, and the template of another file creates it.

package document

import (
	"slices"
	"strings"
)

// LinkBoundaries finds the documents of permissions boundaries in the other files of
// the set. A managed policy that is only a permissions boundary grants nothing, so
// it moves from the principals to the boundaries. A policy with template conditions, and one of
// several policies with the same name, is not linked.
func (s *Set) LinkBoundaries() {
	s.linked = true
	byName := map[string][]*Holder{}
	for _, h := range s.Principals {
		if h.Kind == PolicyKind && h.LogicalID != "" && h.ResourceType == "" && !h.HasGeneratedName && len(h.Policies) == 1 && !h.Policies[0].Inline {
			byName[h.Name] = append(byName[h.Name], h)
		}
	}
	if len(byName) == 0 {
		return
	}
	named := func(arn string) *Holder {
		_, name, ok := strings.Cut(arn, ":policy/")
		if !ok || strings.Contains(arn, ":iam::aws:") {
			return nil
		}
		found := byName[name[strings.LastIndexByte(name, '/')+1:]]
		if len(found) != 1 || slices.ContainsFunc(found[0].Policies[0].Document.Statements, func(st Statement) bool { return len(st.When) > 0 }) {
			return nil
		}
		return found[0]
	}
	isBoundary, isAttached := map[*Holder]bool{}, map[*Holder]bool{}
	for _, h := range s.Principals {
		for _, arn := range h.Attached {
			isAttached[named(arn)] = true
		}
		p := named(h.Boundary)
		if p == nil {
			continue
		}
		isBoundary[p] = true
		if h.BoundaryPolicy == nil {
			h.BoundaryPolicy, h.BoundaryName, h.BoundaryLogicalID, h.BoundaryFile = p.Policies[0].Document, p.Name, p.LogicalID, p.File
		}
	}
	s.Principals = slices.DeleteFunc(s.Principals, func(h *Holder) bool {
		isOnlyBoundary := isBoundary[h] && !isAttached[h]
		if isOnlyBoundary {
			s.Boundaries = append(s.Boundaries, h)
		}
		return isOnlyBoundary
	})
}
