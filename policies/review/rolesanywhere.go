// The trust rule for IAM Roles Anywhere, which needs three actions.

package review

import (
	"slices"

	"capaboot/policies/document"
)

func rolesAnywhereRules() []Rule {
	return []Rule{{ID: "trust-roles-anywhere", Severity: Medium, Reference: "https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html",
		Risk:   "IAM Roles Anywhere needs three actions to assume a role, and at least one is not allowed, so IAM Roles Anywhere cannot assume the role",
		Remedy: "allow sts:AssumeRole, sts:TagSession and sts:SetSourceIdentity", policy: checkRolesAnywhere}}
}

// rolesAnywhereService is the service principal of IAM Roles Anywhere, without
// its domain.
const rolesAnywhereService = "rolesanywhere"

// checkRolesAnywhere checks all statements of the policy together, because each
// of the three actions can be in a different statement.
//
// Source: IAM Roles Anywhere User Guide, "Trust model".
func checkRolesAnywhere(r *run, p *policy) {
	if p.aws || !p.isTrust() {
		return
	}
	required := actionsOf("roles-anywhere")
	var first *statement
	allowed := map[string]bool{}
	for _, s := range p.statements {
		if !s.allows() || !slices.ContainsFunc(s.Principals, func(principal document.Principal) bool {
			name, ok := serviceOf(principal.ID)
			return principal.Kind == "Service" && ok && name == rolesAnywhereService
		}) {
			continue
		}
		if first == nil {
			first = s
		}
		for _, action := range required {
			matches := func(pattern string) bool { return hasUnknownPart(pattern) || matchesAction(pattern, action) }
			if slices.ContainsFunc(s.Actions, matches) || len(s.NotActions) > 0 && !slices.ContainsFunc(s.NotActions, matches) {
				allowed[action] = true
			}
		}
	}
	missing := slices.DeleteFunc(slices.Clone(required), func(action string) bool { return allowed[action] })
	if first != nil && len(missing) > 0 {
		r.reportStatement(first, Finding{Actions: missing, Message: sentencef("IAM Roles Anywhere cannot assume the role, because the trust policy does not let IAM Roles Anywhere use %s", orList(missing))})
	}
}
