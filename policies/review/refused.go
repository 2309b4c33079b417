// Rules about what AWS refuses, so that creating or changing the policy fails.
//
// Sources: IAM User Guide, "IAM policy validation check reference" (the
// errors), "IAM JSON policy elements: Sid" and "Grammar of the IAM JSON policy
// language".

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/document"
)

func refusedRules() []Rule {
	const (
		checksPage    = userGuide + "access-analyzer-reference-policy-checks.html"
		sidPage       = userGuide + "reference_policies_elements_sid.html"
		principalPage = userGuide + "reference_policies_elements_principal.html"
		trustPage     = userGuide + "id_roles_create_for-custom.html"
		variablePage  = userGuide + "reference_policies_variables.html"
	)
	return []Rule{
		{ID: "refused-sid", Severity: Medium, Reference: sidPage,
			Risk:   "IAM refuses the Sid, so creating or updating the policy fails",
			Remedy: "use only letters and digits in a Sid, and use each Sid only once in a policy", policy: checkRefusedSids},
		{ID: "refused-principal", Severity: Medium, Reference: principalPage,
			Risk:   "AWS refuses the principal, so creating or updating the policy fails",
			Remedy: "name an account, a user, a role, a session, a service or an identity provider, without wildcards", policy: checkRefusedPrincipals},
		{ID: "refused-element", Severity: Medium, Reference: checksPage + "#access-analyzer-reference-policy-checks-error-unsupported-principal",
			Risk:   "this kind of policy cannot have the element, or needs an element that is missing, so creating or updating the policy fails",
			Remedy: "write Principal only in trust policies and resource policies, and Resource in all policies except trust policies", policy: checkRefusedElements},
		{ID: "refused-trust-action", Severity: Medium, Reference: trustPage,
			Risk:   "a trust policy can only have AWS STS actions for assuming a role, so creating or updating the role fails",
			Remedy: "move the action to an identity policy, or replace it with sts:AssumeRole", policy: checkRefusedTrustActions},
		{ID: "refused-variable", Severity: Medium, Reference: variablePage,
			Risk:   "IAM refuses the policy variable, so creating or updating the policy fails",
			Remedy: "write a variable in the form ${KEY}, such as ${aws:username}, and only in Resource, in NotResource, or in a condition value that a string operator or an ARN operator compares", policy: checkRefusedVariables},
		{ID: "refused-duplicate-key", Severity: Medium, Reference: checksPage + "#access-analyzer-reference-policy-checks-error-duplicate-keys-with-different-case",
			Risk:   "IAM ignores the case of condition keys and refuses a key that appears twice, so creating or updating the policy fails",
			Remedy: "put the values into one condition", policy: checkRefusedDuplicateKeys},
	}
}

// isTrust reports whether a policy is the trust policy of a role. The holder decides
// this or, for a standalone document or a resource policy, the actions. A document that
// only denies, and has resources, is a resource control policy, because a trust policy
// that allows nothing would be useless.
func (p *policy) isTrust() bool {
	if p.isRoleTrust() {
		return true
	}
	onlyDeniesResources := !slices.ContainsFunc(p.statements, func(s *statement) bool {
		return s.Effect != document.Deny || len(s.Resources)+len(s.NotResources) == 0
	})
	return p.kind != identityPolicy && !onlyDeniesResources && slices.ContainsFunc(p.statements, func(s *statement) bool {
		return slices.ContainsFunc(s.Actions, isSTSPattern) && len(s.assumeActions()) > 0
	})
}

// checkRefusedSids finds the Sids that IAM refuses. Other services have their
// own rules for Sids.
func checkRefusedSids(r *run, p *policy) {
	if p.aws || p.kind != identityPolicy && !p.isTrust() {
		return
	}
	seen := map[string][]*statement{}
	for _, s := range p.statements {
		if s.Sid == "" || hasUnknownPart(s.Sid) {
			continue
		}
		if strings.ContainsFunc(s.Sid, func(c rune) bool { return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') }) {
			r.reportStatement(s, Finding{Message: sentencef("IAM accepts only letters and digits in a Sid, not %q", s.Sid)})
		}
		for _, other := range seen[s.Sid] {
			// Only one branch of an Fn::If exists at a time, so two branches can
			// have the same Sid.
			if other.Index != s.Index && !document.Exclusive(other.Statement, s.Statement) {
				r.reportStatement(s, Finding{Message: sentencef("the Sid %q also appears in %s, and IAM accepts each Sid only once in a policy", s.Sid, fmt.Sprintf("Statement[%d]", other.Index))})
				break
			}
		}
		if len(seen[s.Sid]) < 8 {
			seen[s.Sid] = append(seen[s.Sid], s)
		}
	}
}

func checkRefusedPrincipals(r *run, p *policy) {
	if p.aws || p.kind == identityPolicy {
		return
	}
	for _, s := range p.statements {
		var flagged, texts []string
		for _, principal := range slices.Concat(s.Principals, s.NotPrincipals) {
			problem := principalProblem(principal)
			if problem == "" {
				problem = r.refProblem(p, principal)
			}
			if problem == "" && principal.Kind == "Federated" && p.kind == resourcePolicy && !p.isTrust() {
				problem = "only the trust policy of a role can name an identity provider as principal"
			}
			if problem != "" {
				flagged, texts = append(flagged, principal.ID), append(texts, fmt.Sprintf("%s (%s)", principal.ID, problem))
			}
		}
		if len(flagged) > 0 {
			r.reportStatement(s, Finding{Actions: s.patterns(), Resources: flagged, Message: sentencef("AWS refuses %s: %s", forCount(flagged, "this principal", "these principals"), annotatedNames(flagged, texts))})
		}
	}
}

// checkRefusedElements finds statements with a Principal, NotPrincipal, Resource or
// NotResource that their policy cannot have, and statements of resource policies
// without a principal.
func checkRefusedElements(r *run, p *policy) {
	if p.aws {
		return
	}
	trust := p.isTrust()
	for _, s := range p.statements {
		f := Finding{Actions: s.patterns()}
		switch s.Misplaced(p.kind != identityPolicy, trust) {
		case document.HasPrincipal:
			f.Message = PlainSentence("an identity policy cannot have a Principal: the policy applies to the identity that it is attached to")
			f.Remedy = "remove Principal, or make the policy a resource policy"
		case document.LacksPrincipal:
			f.Message = PlainSentence("a trust policy or a resource policy needs a Principal in every statement")
			f.Remedy = "add Principal, or move the statement to an identity policy"
		case document.HasResource:
			f.Message = PlainSentence("a trust policy cannot have a Resource: the policy applies to its own role")
			f.Remedy = "remove Resource"
			f.Resources = slices.Concat(s.Resources, s.NotResources)
		case document.HasNotPrincipal:
			f.Message = PlainSentence("a trust policy cannot have a NotPrincipal")
			f.Remedy = "use Principal to list the principals that can assume the role"
		default:
			continue
		}
		r.reportStatement(s, f)
	}
}

// checkRefusedTrustActions finds actions that a trust policy cannot have.
//
// Source: IAM User Guide, "Create a role using custom trust policies": the
// actions of AWS STS that a trust policy accepts.
func checkRefusedTrustActions(r *run, p *policy) {
	if p.aws || !p.isTrust() {
		return
	}
	accepted := slices.Concat(actionsOf("assume-role"), actionsOf("assume-role-web"), actionsOf("assume-role-saml"), actionsOf("with-assume-role"))
	for _, s := range p.statements {
		var flagged []string
		for _, pattern := range s.Actions {
			if !hasUnknownPart(pattern) && !slices.ContainsFunc(accepted, func(action string) bool { return document.Match(pattern, action, true) }) {
				flagged = append(flagged, pattern)
			}
		}
		if len(flagged) > 0 {
			r.reportStatement(s, Finding{Actions: flagged, Message: sentencef("a trust policy can only have AWS STS actions for assuming a role, not %s", orList(flagged))})
		}
	}
}

// checkRefusedDuplicateKeys finds a condition key that appears twice under the same
// operator, with the key or the operator in different case. A repetition in the
// same case is already an error when the file is read.
func checkRefusedDuplicateKeys(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		seen := map[string]string{}
		var repeated []string
		for _, c := range s.Conditions {
			op, _ := document.ParseOperator(c.Operator)
			id := op.String() + " " + strings.ToLower(c.Key)
			text := c.Operator + " " + c.Key
			if first, ok := seen[id]; ok && first != text {
				repeated = append(repeated, fmt.Sprintf("%s (the same as %s)", text, first))
			} else {
				seen[id] = text
			}
		}
		if len(repeated) > 0 {
			r.reportStatement(s, Finding{Actions: s.patterns(), Message: sentencef("IAM ignores the case of condition keys and operators, and refuses a key or an operator that appears twice: %s", nameList(repeated))})
		}
	}
}
