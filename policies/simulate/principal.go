// Principals: who a statement of a resource's policy is about.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal" and
// "NotPrincipal".

package simulate

import (
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// ParsePrincipal reads the caller, as people write it: an ARN, an account ID, a
// service ("ec2.amazonaws.com"), an identity provider, "*" for anybody, or any
// of them after its kind ("Service ec2.amazonaws.com"). It reports whether it
// is one.
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

// account returns the account of a principal of AWS, or of a resource's ARN; ""
// if it is not there.
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

// aboutPrincipal reports whether a statement is about the caller. Of one without a
// principal, of an identity policy in the wrong place, it is unknown.
func (e *evaluation) aboutPrincipal(s *document.Statement) truth {
	any := func(list []document.Principal) truth {
		result := no
		for _, p := range list {
			result = max(result, e.isPrincipal(p))
		}
		return result
	}
	if len(s.NotPrincipals) > 0 {
		if e.bounded && s.Effect == document.Deny && e.Principal.Kind == "AWS" {
			// It "will always deny any IAM principal that has a permissions
			// boundary policy attached", whomever it lists.
			return yes
		}
		listed := any(s.NotPrincipals)
		if listed == yes && e.Principal.Kind == "AWS" && document.LacksAccount(s.NotPrincipals) {
			// "You must also specify the account ARN": else it might be denied
			// with its account.
			listed = e.unclear(document.Unclear{Kind: document.NotPrincipalAccount})
		}
		if s.Effect == document.Allow && listed != yes {
			// "Using it with "Effect":"Allow" is not supported": AWS does not document
			// what it does.
			return e.unclear(document.Unclear{Kind: document.AllowNotPrincipal})
		}
		return not(listed)
	}
	if len(s.Principals) == 0 {
		return maybe
	}
	return any(s.Principals)
}

// isPrincipal reports whether the caller is the principal of a statement, or of
// the account that it stands for.
func (e *evaluation) isPrincipal(p document.Principal) truth {
	asks := e.Principal
	switch {
	case p == asks || p.Kind == "AWS" && p.ID == "*":
		return yes
	case p.Kind == document.UnknownKind:
		return maybe
	}
	if p.Kind != asks.Kind {
		return no
	}
	if e.together && ofOwnAccount(p.ID) {
		return yes
	}
	id, certain := e.principalID(p.ID)
	if !certain {
		// A session has another ARN than its role.
		return both(maybe, known(isSession(asks.ID) || document.Match(id, plain.Get().Replace(asks.ID), false)))
	}
	p.ID = id
	switch {
	case p.ID == asks.ID:
		return yes
	case p.Kind != "AWS":
		return no
	case e.together && account(asks.ID) == "" && sameButAccount(p.ID, asks.ID):
		return e.unsure("the account of the template")
	case isRoot(p.ID):
		return known(account(p.ID) != "" && account(p.ID) == account(asks.ID))
	}
	if sessionOf(p.ID, asks.ID) || isUniqueID(p.ID) {
		// Which session, or who, is unknown.
		return maybe
	}
	return known(sessionOf(asks.ID, p.ID))
}

// principalID is the ID of a principal with its variables filled in; certain is
// false if a part is unknown.
func (e *evaluation) principalID(id string) (text string, certain bool) {
	if arn, ok := e.arns[id]; ok {
		return arn, true
	}
	text, certain, _ = e.resolve(id, false, false)
	return text, certain
}

// ofOwnAccount reports whether a principal stands for the account of the template.
func ofOwnAccount(id string) bool {
	const own = "${AWS::AccountId}"
	return id == own || strings.HasSuffix(id, ":iam::"+own+":root")
}

// sameButAccount reports whether a principal is the one the caller if it is of that
// account: that is unknown.
func sameButAccount(id, asks string) bool {
	if isRoot(id) {
		return true
	}
	a, okA := arn.Parse(id)
	b, okB := arn.Parse(asks)
	return okA && okB && a.Service == b.Service && a.Resource == b.Resource
}

// isUniqueID reports whether IAM has put the unique ID for a principal that was
// deleted. Source: IAM User Guide, "IAM identifiers", "Understanding unique ID
// prefixes".
func isUniqueID(id string) bool {
	return strings.HasPrefix(id, "AIDA") || strings.HasPrefix(id, "AROA")
}

// isSession reports whether a principal is a session of a role.
func isSession(id string) bool {
	a, _ := arn.Parse(id)
	return a.Service == "sts" && a.Kind() == "assumed-role"
}

// isRole reports whether a principal is a role, and not a session of one.
func isRole(id string) bool {
	a, _ := arn.Parse(id)
	return a.Service == "iam" && a.Kind() == "role"
}

// sessionOf reports whether one ARN is a session of the role that the other is
// of. Session ARNs do not have the role's path.
func sessionOf(session, role string) bool {
	if !isSession(session) || !isRole(role) {
		return false
	}
	s, _ := arn.Parse(session)
	r, _ := arn.Parse(role)
	name, _, _ := strings.Cut(strings.TrimPrefix(s.Resource, "assumed-role/"), "/")
	return s.Partition == r.Partition && s.Account == r.Account && r.Name() == name
}
