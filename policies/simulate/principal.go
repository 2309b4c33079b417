// Matching the principals of a resource policy with the caller.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal" and
// "NotPrincipal".

package simulate

import (
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// ParsePrincipal parses a caller: an ARN, an account ID, a service
// ("ec2.amazonaws.com"), an identity provider, "*" for everyone, or a kind and an ID
// ("Service ec2.amazonaws.com", "CanonicalUser ID"). It returns false if the text is
// not a principal.
func ParsePrincipal(text string) (document.Principal, bool) {
	for _, kind := range []string{"AWS", "Service", "Federated", "CanonicalUser"} {
		if id, ok := strings.CutPrefix(text, kind+" "); ok {
			return document.Principal{Kind: kind, ID: strings.TrimSpace(id)}, strings.TrimSpace(id) != ""
		}
	}
	kind := ""
	switch a, ok := arn.Parse(text); {
	case text == "*" || arn.IsAccount(text):
		kind = "AWS"
	case ok:
		kind = "AWS"
		if a.Kind() == "oidc-provider" || a.Kind() == "saml-provider" {
			kind = "Federated"
		}
	case strings.ContainsAny(text, ": /*="):
	case authz.IsBuiltInIssuer(text):
		kind = "Federated"
	case strings.HasSuffix(text, ".amazonaws.com"), strings.HasSuffix(text, ".amazonaws.com.cn"), authz.HasOtherDomain(text):
		kind = "Service"
	case strings.Contains(text, "."):
		kind = "Federated"
	}
	return document.Principal{Kind: kind, ID: text}, kind != ""
}

// account returns the account ID in a principal or in the ARN of a resource, or
// "" if it contains none.
func account(id string) string {
	if arn.IsAccount(id) {
		return id
	}
	if a := arn.ParsePattern(id); a.Parts == 6 && arn.IsAccount(a.Account) {
		return a.Account
	}
	return ""
}

// isRoot reports whether a principal stands for a whole account.
func isRoot(id string) bool { return arn.IsAccount(id) || strings.HasSuffix(id, ":root") }

// matchPrincipal reports whether a statement applies to the caller. For a
// statement without a principal, as in an identity policy, this is unknown.
func (e *evaluation) matchPrincipal(s *document.Statement) truth {
	if len(s.NotPrincipals) > 0 {
		if e.hasBoundary && s.Effect == document.Deny && e.Principal.Kind == "AWS" {
			// NotPrincipal "will always deny any IAM principal that has a
			// permissions boundary policy attached", even the principals that
			// it lists.
			return yes
		}
		listed := e.isExcepted(s.NotPrincipals)
		if s.Effect == document.Allow && listed != yes {
			// "Using it with "Effect":"Allow" is not supported": AWS does not
			// document what it does.
			return e.unclear(document.Unclear{Kind: document.AllowNotPrincipal})
		}
		return not(listed)
	}
	if len(s.Principals) == 0 {
		return maybe
	}
	result := no
	for _, p := range s.Principals {
		result = max(result, e.isCaller(p))
	}
	return result
}

// isCaller reports whether a principal of a statement includes the caller:
// whether it is the caller, the role of the caller's session, the caller's
// account, or everyone.
func (e *evaluation) isCaller(p document.Principal) truth {
	caller := e.Principal
	switch {
	case p == caller || p.Kind == "AWS" && p.ID == "*":
		return yes
	case p.Kind == document.UnknownKind:
		return maybe
	}
	if p.Kind == "CanonicalUser" && caller.Kind == "AWS" && caller.ID != "*" {
		// A canonical user ID identifies an account, or an identity of CloudFront.
		// The ARN of the caller does not contain this ID.
		return e.unknownBecause("which account has the canonical user ID")
	}
	if p.Kind != caller.Kind {
		return no
	}
	if e.sameTemplate && isTemplateAccount(p.ID) {
		return yes
	}
	id, certain := e.principalID(p.ID)
	callerID, isKnown := e.principalID(caller.ID)
	switch {
	case id == callerID && certain && isKnown, e.resolveKnown(p.ID) == e.resolveKnown(caller.ID):
		return yes
	case p.Kind != "AWS":
		return and(maybe, truthOf((!certain || !isKnown) && document.Intersects(id, callerID, false)))
	case e.sameTemplate && account(callerID) == "" && sameExceptAccount(e.resolveKnown(p.ID), e.resolveKnown(caller.ID)):
		return e.unknownBecause("the account of the template")
	case (!certain || !isKnown) && e.areDistinct(p.ID, e.resolveKnown(caller.ID)):
		return no
	case id == "*": // an unknown text
		return maybe
	case isRoot(id):
		return isAccountOf(id, callerID)
	case isUniqueID(id):
		return maybe // whether the caller has this ID is unknown
	case !certain && document.Intersects(id, callerID, false):
		return maybe
	case !isKnown && document.Intersects(id, callerID, false):
		return e.unknownBecause("%s", strings.Join(intrinsics(caller.ID), ", "))
	}
	ofCaller, ofPrincipal := isSessionOf(id, callerID), isSessionOf(callerID, id)
	if certain && isKnown && ofPrincipal == yes {
		return yes
	}
	// Whether the caller has this session is unknown.
	return and(maybe, max(ofCaller, ofPrincipal))
}

// isAccountOf reports whether a principal that stands for an account, which may
// be unknown, is the account of the caller.
func isAccountOf(id, caller string) truth {
	own, ofCaller := account(id), account(caller)
	if own != "" {
		return truthOf(own == ofCaller)
	}
	a := arn.ParsePattern(id)
	if !strings.Contains(a.Account, "*") {
		return no
	}
	return and(maybe, truthOf(ofCaller == "" || document.Match(a.Account, ofCaller, false)))
}

// principalID returns the ID of a principal with its variables resolved.
// certain is false if a part is unknown; the text then has "*" in its place.
func (e *evaluation) principalID(id string) (text string, certain bool) {
	text, certain, _ = e.resolve(id, false, false)
	return text, certain
}

// resolveKnown returns the ID of a principal with its variables resolved,
// except those that are unknown.
func (e *evaluation) resolveKnown(id string) string {
	text, _, _ := e.resolveWith(id, resolving{keepUnknown: true})
	return text
}

// isTemplateAccount reports whether a principal is the account of the template.
func isTemplateAccount(id string) bool {
	const own = "${AWS::AccountId}"
	return id == own || strings.HasSuffix(id, ":iam::"+own+":root")
}

// sameExceptAccount reports whether two principals differ at most in their
// account and partition, or the first is a whole account.
func sameExceptAccount(id, caller string) bool {
	if isRoot(id) {
		return true
	}
	a, b := arn.ParsePattern(id), arn.ParsePattern(caller)
	return a.Parts == 6 && b.Parts == 6 && a.Service == b.Service && a.Resource == b.Resource
}

// isUniqueID reports whether an ID has the form of the unique IDs with which
// IAM replaces deleted principals. Source: IAM User Guide, "IAM identifiers",
// "Understanding unique ID prefixes".
func isUniqueID(id string) bool {
	return strings.HasPrefix(id, "AIDA") || strings.HasPrefix(id, "AROA")
}

// isSession reports whether a principal is a session of a role.
func isSession(id string) bool {
	a := arn.ParsePattern(id)
	return a.Service == "sts" && a.Kind() == "assumed-role"
}

// isRole reports whether a principal is a role rather than a role session.
func isRole(id string) bool {
	a := arn.ParsePattern(id)
	return a.Service == "iam" && a.Kind() == "role"
}

// isSessionOf reports whether one ARN is a session of the role with the other
// ARN. Session ARNs do not contain the path of the role. Unknown parts of the
// ARNs are "*".
func isSessionOf(session, role string) truth {
	if !isSession(session) || !isRole(role) {
		return no
	}
	s, r := arn.ParsePattern(session), arn.ParsePattern(role)
	name, _, _ := strings.Cut(strings.TrimPrefix(s.Resource, "assumed-role/"), "/")
	result := yes
	for _, pair := range [][2]string{{s.Partition, r.Partition}, {s.Account, r.Account}, {name, r.Name()}} {
		if pair[0] != pair[1] {
			result = and(maybe, truthOf(document.Intersects(pair[0], pair[1], false)))
		}
		if result == no {
			return no
		}
	}
	return result
}
