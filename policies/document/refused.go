// Elements that IAM refuses in a statement, by the kind of policy in which it
// stands.

package document

// OfResource reports whether a document that a holder has is the policy of a
// resource, as a trust policy is, and not an identity policy. Of a document that
// is alone the principals tell: identity policies cannot name any.
func (h *Holder) OfResource(d *Document) bool {
	switch {
	case d == nil:
		return false
	case d == h.Trust:
		return true
	case h.Kind != PolicyKind || h.LogicalID != "" && h.Of == "":
		return false // also a managed policy of a template
	case h.Of != "" && h.Of != "AWS::IoT::Policy":
		return true
	}
	for i := range d.Statements {
		if d.Statements[i].hasPrincipal() {
			return true
		}
	}
	return false
}

// Misplaced is an element for which IAM refuses a statement where it stands: one
// that it has, or one that it lacks.
type Misplaced uint8

// The misplaced elements; the zero value is for none.
const (
	HasPrincipal Misplaced = iota + 1
	LacksPrincipal
	HasResource
	LacksResource
	HasNotPrincipal
)

// String says it in words that go after "the statement".
func (m Misplaced) String() string {
	return [...]string{"", "has a Principal, which an identity policy cannot have", "has no Principal, which the policy of a resource needs",
		"has a Resource, which a trust policy cannot have", "has no Resource, which an identity policy needs",
		"has a NotPrincipal, which a trust policy cannot have"}[m]
}

// Misplaced returns the element of a statement that does not fit its policy: one
// of a resource, of which a trust policy is one, or an identity policy.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal" and
// "NotPrincipal", "IAM JSON policy elements: Resource".
func (s *Statement) Misplaced(ofResource, trust bool) Misplaced {
	resources := len(s.Resources)+len(s.NotResources) > 0
	switch {
	case !ofResource && s.hasPrincipal():
		return HasPrincipal
	case !ofResource && !resources:
		return LacksResource
	case ofResource && !s.hasPrincipal():
		return LacksPrincipal
	case ofResource && trust && resources:
		return HasResource
	case ofResource && trust && len(s.NotPrincipals) > 0:
		return HasNotPrincipal
	}
	return 0
}

func (s *Statement) hasPrincipal() bool { return len(s.Principals)+len(s.NotPrincipals) > 0 }
