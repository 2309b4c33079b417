// Principals that AWS refuses.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal".

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/nearword"
	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// principalProblem says what is wrong with the form of a principal, or returns
// "". It accepts parts that are known only at deployment, and unique IDs
// (AIDA..., AROA...), which AWS shows for deleted principals.
func principalProblem(p document.Principal) string {
	if p.Kind == document.UnknownKind {
		return ""
	}
	if !slices.Contains(document.PrincipalKinds(), p.Kind) {
		return fmt.Sprintf("unknown kind of principal %q%s", p.Kind, nearword.DidYouMean(p.Kind, document.PrincipalKinds()))
	}
	if p.ID == "*" {
		return ""
	}
	switch known := stripVariables(p.ID); {
	case strings.ContainsAny(known, "*?"):
		return "a principal cannot have a wildcard within a name"
	case hasVariable(p.ID):
		return "a principal cannot have a policy variable"
	case strings.HasPrefix(p.ID, "${") && !strings.HasPrefix(p.ID, "${AWS::"):
		return "" // the whole principal is known only at deployment
	}
	switch p.Kind {
	case "AWS":
		return awsPrincipalProblem(p.ID)
	case "Federated":
		return federatedProblem(p.ID)
	case "CanonicalUser":
		if !hasUnknownPart(p.ID) && (len(p.ID) != 64 || strings.Trim(p.ID, "0123456789abcdefABCDEF") != "") {
			return "a canonical user ID has 64 hexadecimal digits"
		}
	}
	return ""
}

// principalResourceTypes lists the resource types of IAM and STS that can be a
// principal.
var principalResourceTypes = lazy.Value[map[string][]string]{Make: func() map[string][]string {
	return map[string][]string{"iam": {"user", "role"}, "sts": {"assumed-role", "federated-user"}}
}}

func awsPrincipalProblem(id string) string {
	switch {
	case isUniqueID(id) || id == ownAccount:
		return ""
	case strings.Trim(id, "0123456789") == "":
		if len(id) != 12 {
			return fmt.Sprintf("an account has 12 digits, not %d", len(id))
		}
		return ""
	case isOriginAccess(id):
		return ""
	}
	if problem := arnProblem(id); problem != "" {
		return problem
	}
	a := arn.ParsePattern(id)
	if hasUnknownPart(a.Service) || hasUnknownPart(a.Resource) && strings.HasPrefix(a.Resource, "${") {
		return ""
	}
	kinds, ok := principalResourceTypes.Get()[a.Service]
	switch {
	case !ok:
		return "not an account, user, role or session"
	case a.Region != "":
		return "the ARN of a principal cannot have a region"
	case a.Account == "":
		return "the ARN has no account"
	case a.Resource == "root" && a.Service == "iam":
		return ""
	case a.Kind() == "group":
		return "a group cannot be a principal"
	case !slices.Contains(kinds, a.Kind()) || a.Name() == "":
		return "not an account, user, role or session"
	}
	return ""
}

// refProblem says what is wrong with a principal that is a Ref to a role or
// user of the template, or returns "". Source: CloudFormation Template
// Reference, "AWS::IAM::Role" and "AWS::IAM::User", "Return values".
func (r *run) refProblem(p *policy, principal document.Principal) string {
	id, isRef := strings.CutPrefix(principal.ID, "${Ref:")
	if principal.Kind != "AWS" || !isRef {
		return ""
	}
	id = strings.TrimSuffix(id, "}")
	r.meter.Spend(1 + len(r.set.Principals)/16)
	for _, h := range r.set.Principals {
		isIdentity := (h.Kind == document.RoleKind || h.Kind == document.UserKind) && h.ResourceType == ""
		if isIdentity && h.LogicalID == id && h.File == p.file {
			return fmt.Sprintf("Ref returns the name of the %s, but a principal needs the ARN: use !GetAtt %s.Arn", h.Kind, id)
		}
	}
	return ""
}

// isUniqueID reports whether a text is the unique ID of a user or role, which
// AWS shows after the principal was deleted.
//
// Source: IAM User Guide, "IAM identifiers", "Unique identifiers".
func isUniqueID(id string) bool {
	return strings.HasPrefix(id, "AIDA") || strings.HasPrefix(id, "AROA")
}

// isOriginAccess reports whether a principal is an origin access identity of
// CloudFront, whose ARN has "cloudfront" in place of the account.
//
// Source: Amazon CloudFront Developer Guide, "Use an origin access identity".
func isOriginAccess(id string) bool {
	a := arn.ParsePattern(id)
	return a.Parts == 6 && a.Service == "iam" && a.Region == "" && a.Account == "cloudfront" && strings.HasPrefix(a.Resource, "user/CloudFront Origin Access Identity ")
}

// federatedProblem says what is wrong with an identity provider, or returns "".
// IAM accepts a few public providers by name, and the providers of the account
// by ARN.
func federatedProblem(id string) string {
	if isBuiltInIssuer(id) || hasUnknownPart(id) && !strings.HasPrefix(id, "arn:") {
		return ""
	}
	if !strings.HasPrefix(id, "arn:") {
		return "not a provider that IAM knows by name: write the ARN that the provider has in your account"
	}
	if problem := arnProblem(id); problem != "" {
		return problem
	}
	a := arn.ParsePattern(id)
	if !hasUnknownPart(a.Service+a.Kind()) && (a.Service != "iam" || a.Kind() != "oidc-provider" && a.Kind() != "saml-provider") {
		return "not an OIDC or SAML provider"
	}
	return ""
}
