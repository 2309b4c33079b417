// Matching the principals of a resource policy with the caller.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal" and
// "NotPrincipal".

package simulate

import (
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// ParsePrincipal parses a caller: an ARN, an account ID, a service
// ("ec2.amazonaws.com"), an identity provider, "*" for everyone, or any of
// these after its kind ("Service ec2.amazonaws.com"). It returns false if the
// text is not a principal.
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
	case strings.ContainsAny(text, ": /*"):
	case strings.HasSuffix(text, ".amazonaws.com") && text != "cognito-identity.amazonaws.com", strings.HasSuffix(text, ".amazonaws.com.cn"):
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
	if a, _ := arn.Parse(id); a.Parts == 6 && arn.IsAccount(a.Account) {
		return a.Account
	}
	return ""
}

// isRoot reports whether a principal stands for a whole account.
func isRoot(id string) bool { return arn.IsAccount(id) || strings.HasSuffix(id, ":root") }

// matchPrincipal reports whether a statement applies to the caller. For a
// statement without a principal, which is an identity policy in the wrong
// place, this is unknown.
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

// isCaller reports whether a principal of a statement is the caller or the
// caller's account.
func (e *evaluation) isCaller(p document.Principal) truth {
	caller := e.Principal
	switch {
	case p == caller || p.Kind == "AWS" && p.ID == "*":
		return yes
	case p.Kind == document.UnknownKind:
		return maybe
	}
	if p.Kind == "CanonicalUser" && caller.Kind == "AWS" && caller.ID != "*" {
		// It is an account, or an identity of CloudFront, in a form that the ARN
		// of the caller does not have.
		return e.unknownBecause("which account the canonical user ID is")
	}
	if p.Kind != caller.Kind {
		return no
	}
	if e.sameTemplate && isTemplateAccount(p.ID) {
		return yes
	}
	id, certain := e.principalID(p.ID)
	if !certain {
		// The ARN of a session differs from the ARN of its role.
		return and(maybe, truthOf(isSession(caller.ID) || document.Match(id, plainWildcards.Get().Replace(caller.ID), false)))
	}
	p.ID = id
	switch {
	case p.ID == caller.ID:
		return yes
	case p.Kind != "AWS":
		return no
	case e.sameTemplate && account(caller.ID) == "" && sameExceptAccount(p.ID, caller.ID):
		return e.unknownBecause("the account of the template")
	case isRoot(p.ID):
		return truthOf(account(p.ID) != "" && account(p.ID) == account(caller.ID))
	}
	if isSessionOf(p.ID, caller.ID) || isUniqueID(p.ID) {
		// Whether the caller has this session or unique ID is unknown.
		return maybe
	}
	return truthOf(isSessionOf(caller.ID, p.ID))
}

// principalID returns the ID of a principal with its variables resolved.
// certain is false if a part is unknown.
func (e *evaluation) principalID(id string) (text string, certain bool) {
	if arn, ok := e.arns[id]; ok {
		return arn, true
	}
	text, certain, _ = e.resolve(id, false, false)
	return text, certain
}

// isTemplateAccount reports whether a principal is the account of the template.
func isTemplateAccount(id string) bool {
	const own = "${AWS::AccountId}"
	return id == own || strings.HasSuffix(id, ":iam::"+own+":root")
}

// sameExceptAccount reports whether two principals differ only in their
// account, or the first is a whole account.
func sameExceptAccount(id, caller string) bool {
	if isRoot(id) {
		return true
	}
	a, okA := arn.Parse(id)
	b, okB := arn.Parse(caller)
	return okA && okB && a.Service == b.Service && a.Resource == b.Resource
}

// isUniqueID reports whether an ID has the form of the unique IDs with which
// IAM replaces deleted principals. Source: IAM User Guide, "IAM identifiers",
// "Understanding unique ID prefixes".
func isUniqueID(id string) bool {
	return strings.HasPrefix(id, "AIDA") || strings.HasPrefix(id, "AROA")
}

// isSession reports whether a principal is a session of a role.
func isSession(id string) bool {
	a, _ := arn.Parse(id)
	return a.Service == "sts" && a.Kind() == "assumed-role"
}

// isRole reports whether a principal is a role rather than a role session.
func isRole(id string) bool {
	a, _ := arn.Parse(id)
	return a.Service == "iam" && a.Kind() == "role"
}

// isSessionOf reports whether one ARN is a session of the role with the other
// ARN. Session ARNs do not contain the path of the role.
func isSessionOf(session, role string) bool {
	if !isSession(session) || !isRole(role) {
		return false
	}
	s, _ := arn.Parse(session)
	r, _ := arn.Parse(role)
	name, _, _ := strings.Cut(strings.TrimPrefix(s.Resource, "assumed-role/"), "/")
	return s.Partition == r.Partition && s.Account == r.Account && r.Name() == name
}
