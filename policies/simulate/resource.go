// Combines the policy of the resource with the policies of the caller: decides
// which of them must allow a request.
//
// Sources: IAM User Guide, "How AWS enforcement code logic evaluates requests
// to allow or deny access", "Cross-account policy evaluation logic";
// "Permissions boundaries for IAM entities", "Evaluating effective permissions
// with boundaries".

package simulate

import (
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// grant says how an Allow in a resource policy names the caller. This decides
// which of the caller's own policies still limit the request.
type grant uint8

const (
	noGrant grant = iota
	// toAccount names the caller's account, which leaves the decision to the
	// policies of the caller.
	toAccount
	// toRole names the caller's role: the permissions boundary still limits the
	// request.
	toRole
	// toCaller names the caller: a user, a session, a service, or everyone. An
	// implicit deny in the caller's own policies does not limit the request.
	toCaller
)

// grantOf returns the widest grant of a statement of a resource policy, if the
// statement applies. With least yes, it counts only the principals that certainly
// include the caller; with least maybe, also those that may include the caller.
func (e *evaluation) grantOf(s *document.Statement, least truth) grant {
	most := noGrant
	for _, p := range s.Principals {
		if e.isCaller(p) < least {
			continue
		}
		id, _ := e.principalID(p.ID)
		switch {
		case p.Kind == "AWS" && e.sameTemplate && isTemplateAccount(p.ID):
			most = max(most, toAccount)
		case p.Kind == "AWS" && isRoot(id) && !isRoot(e.Principal.ID):
			most = max(most, toAccount)
		case p.Kind == "AWS" && isRole(id):
			most = max(most, toRole)
		default:
			most = toCaller
		}
	}
	if len(s.NotPrincipals) > 0 {
		// "Allow" with NotPrincipal applies to everyone else.
		most = toCaller
	}
	return most
}

// refusal returns why a request that no statement denies is not allowed, or ""
// if it is allowed. byResource, byIdentity and byBoundary say what the resource
// policy, the identity policies and the permissions boundary allow.
func (e *evaluation) refusal(p Policies, byResource grant, byIdentity, byBoundary bool) string {
	ownReason := ""
	switch {
	case !byIdentity:
		ownReason = "no statement allows the request"
	case p.UnknownBoundary:
		ownReason = "the permissions boundary is unknown"
	case e.hasBoundary && !byBoundary:
		ownReason = "the permissions boundary does not allow the request"
	}
	if p.Resource == nil {
		return ownReason
	}
	needed := resourcePolicyRequired(e.Action)
	if byResource == noGrant && (needed || p.ResourceAlone) {
		return "no statement of " + p.Resource.Name + " allows the request"
	}
	if p.ResourceAlone && !e.hasBoundary {
		return ""
	}
	same := e.sameAccount(p.Resource.Name)
	switch {
	case byResource == noGrant && same:
		return ownReason
	case byResource == noGrant:
		return "no statement of " + p.Resource.Name + " allows the request, and the resource is in another account"
	case byResource == toCaller && same:
		return ""
	case p.ResourceAlone, byResource == toRole && same:
		// The caller's own policies are not needed, or they are unknown.
		switch {
		case p.UnknownBoundary:
			return "the permissions boundary is unknown"
		case e.hasBoundary && !byBoundary:
			return "the permissions boundary does not allow the request"
		}
		return ""
	}
	return ownReason
}

// resourcePolicyRequired reports whether the resource policy must allow an
// action even within an account. This holds for trust policies and key
// policies. Sources: IAM User Guide, "Cross account resource access in IAM";
// AWS KMS Developer Guide, "Key policies in AWS KMS".
func resourcePolicyRequired(action string) bool {
	return authz.AssumesRole(action) || authz.UsesKMSKey(action)
}

// sameAccount reports whether the caller is in the account of the resource. It
// also returns true if the caller is a service or an identity provider, which
// have no account, or if both are in one template. If one of the two accounts is
// unknown, it returns true unless assumeOtherAccount is set.
func (e *evaluation) sameAccount(policy string) bool {
	if e.Principal.Kind != "AWS" || e.sameTemplate {
		return true
	}
	caller, owner := account(e.Principal.ID), e.accountOfResource()
	if caller == "" || owner == "" {
		e.note("the request does not say whether the caller and the resource of %s are in the same account, so the same account is assumed", policy)
		e.accountIsAssumed = true
		return !e.assumeOtherAccount
	}
	return caller == owner
}
