// Principals: who a statement of a resource's policy is about.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal" and
// "NotPrincipal".

package simulate

import (
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// ParsePrincipal reads who asks, as people write it: an ARN, an account ID, a
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

// aboutPrincipal reports whether a statement is about who asks. Statements
// without a principal, of an identity policy in the wrong place, are about
// nobody.
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
		whole := func(p document.Principal) bool { return p.Kind == "AWS" && (isRoot(p.ID) || p.ID == "*") }
		if listed == yes && e.Principal.Kind == "AWS" && !slices.ContainsFunc(s.NotPrincipals, whole) {
			// "You must also specify the account ARN": else it might be denied
			// with its account.
			listed = e.unsure("NotPrincipal does not list the account of who asks as well, and AWS then may deny the principal with its account")
		}
		return not(listed)
	}
	return any(s.Principals)
}

// isPrincipal reports whether who asks is the principal of a statement, or of
// the account that it stands for.
func (e *evaluation) isPrincipal(p document.Principal) truth {
	asks := e.Principal
	if p == asks || p.Kind == "AWS" && p.ID == "*" {
		return yes
	}
	if p.Kind != asks.Kind {
		return no
	}
	id, certain, _ := e.resolve(p.ID, false, false)
	if !certain {
		// A session has another ARN than its role.
		return both(maybe, known(isSession(asks.ID) || document.Match(id, plain.Replace(asks.ID), false)))
	}
	p.ID = id
	switch {
	case p.ID == asks.ID:
		return yes
	case p.Kind != "AWS":
		return no
	case isRoot(p.ID):
		return known(account(p.ID) != "" && account(p.ID) == account(asks.ID))
	}
	if sessionOf(p.ID, asks.ID) || isUniqueID(p.ID) {
		// Which session, or who, is not known.
		return maybe
	}
	return known(sessionOf(asks.ID, p.ID))
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
