// Elements that IAM requires or refuses in a statement, depending on the kind
// of the policy.

package document

// IsResourcePolicy reports whether a document of the holder is a resource
// policy, such as a trust policy, rather than an identity policy. A standalone
// document or an AWS::IoT::Policy is a resource policy if it names principals:
// identity policies cannot.
func (h *Holder) IsResourcePolicy(d *Document) bool {
	switch {
	case d == nil:
		return false
	case d == h.Trust:
		return true
	case h.Kind != PolicyKind || h.LogicalID != "" && h.ResourceType == "":
		return false // a policy of a principal, or a managed policy in a template
	case h.ResourceType != "" && h.ResourceType != "AWS::IoT::Policy":
		return true
	}
	for i := range d.Statements {
		if d.Statements[i].namesPrincipals() {
			return true
		}
	}
	return false
}

// MisplacedElement is an element whose presence or absence makes IAM refuse a
// statement, depending on the kind of the policy.
type MisplacedElement uint8

// The elements that must not, or must, be in a statement. The zero value means that
// the statement has no such problem.
const (
	HasPrincipal MisplacedElement = iota + 1
	LacksPrincipal
	HasResource
	LacksResource
	HasNotPrincipal
)

// String returns a phrase that follows "the statement".
func (m MisplacedElement) String() string {
	return [...]string{"", "has a Principal, which an identity policy cannot have", "has no Principal, which a resource policy needs",
		"has a Resource, which a trust policy cannot have", "has no Resource, which an identity policy needs",
		"has a NotPrincipal, which a trust policy cannot have"}[m]
}

// Misplaced returns the element that makes IAM refuse the statement: one that
// this kind of policy cannot have, or a missing one that it needs.
// isResourcePolicy is true for a resource policy, and trust for a trust policy,
// which is also a resource policy.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal" and
// "NotPrincipal", "IAM JSON policy elements: Resource".
func (s *Statement) Misplaced(isResourcePolicy, trust bool) MisplacedElement {
	resources := len(s.Resources)+len(s.NotResources) > 0
	switch {
	case !isResourcePolicy && s.namesPrincipals():
		return HasPrincipal
	case !isResourcePolicy && !resources:
		return LacksResource
	case isResourcePolicy && !s.namesPrincipals():
		return LacksPrincipal
	case isResourcePolicy && trust && resources:
		return HasResource
	case isResourcePolicy && trust && len(s.NotPrincipals) > 0:
		return HasNotPrincipal
	}
	return 0
}

func (s *Statement) namesPrincipals() bool { return len(s.Principals)+len(s.NotPrincipals) > 0 }
