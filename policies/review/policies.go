// The policies of a review: their kinds, and the AWS managed policies that are
// attached by ARN.

package review

import (
	"slices"

	"capaboot/policies/authz/managed"
	"capaboot/policies/document"
)

// attachmentConditions returns the lists of template conditions under which a
// policy is attached to a principal. All conditions of a list must hold.
// If the policy is always attached, there is one empty list.
func attachmentConditions(h *document.Holder, arn string) [][]string {
	if lists := h.AttachedWhen[arn]; len(lists) > 0 {
		return lists
	}
	return [][]string{nil}
}

func newPolicy(name string, kind policyKind, file string, doc *document.Document) *policy {
	p := &policy{name: name, kind: kind, file: file, doc: doc}
	all := make([]statement, len(doc.Statements))
	for i := range doc.Statements {
		all[i] = statement{Statement: &doc.Statements[i], policy: p}
		p.statements = append(p.statements, &all[i])
	}
	return p
}

// policyKindOf returns the kind of a policy; see [document.Holder.IsResourcePolicy].
// A standalone document that names principals and no resources is a trust policy.
func policyKindOf(h *document.Holder, d *document.Document) policyKind {
	switch {
	case !h.IsResourcePolicy(d):
		return identityPolicy
	case h.ResourceType == "" && !slices.ContainsFunc(d.Statements, func(s document.Statement) bool { return len(s.Resources)+len(s.NotResources) > 0 }):
		return trustPolicy
	}
	return resourcePolicy
}

// readManaged returns an AWS managed policy that is attached under template
// conditions, or nil if the policy is unknown.
func readManaged(arn string, conditions []string) *policy {
	known, ok := managed.Read(arn)
	if !ok {
		return nil
	}
	p := newPolicy(known.Name, identityPolicy, "", known.WithConditions(conditions).Document)
	p.aws = true
	return p
}

// attachedAt returns where a policy is attached to a principal: the line that
// names the policy, or else the position of the principal.
func attachedAt(h *document.Holder, arn string) Location {
	if position, ok := h.AttachedAt[arn]; ok {
		return Location{h.File, position.Line, position.Column}
	}
	return Location{h.File, h.Line, h.Column}
}
