// Entries: each principal that a trust policy or a resource policy allows, and
// the conditions for it.

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// assumeAction is an action that returns the credentials of a role.
//
// Source: IAM User Guide, "Compare AWS STS credentials".
type assumeAction uint8

const (
	assumeRole assumeAction = iota
	assumeRoleWithWebIdentity
	assumeRoleWithSAML
)

// assumeActionRows has the name of each action's row in actions.tsv.
var assumeActionRows = []string{assumeRole: "assume-role", assumeRoleWithWebIdentity: "assume-role-web", assumeRoleWithSAML: "assume-role-saml"}

func (action assumeAction) String() string { return actionsOf(assumeActionRows[action])[0] }

// entry is a principal of an Allow, and everything that is required of it.
type entry struct {
	*statement
	principal document.Principal
	// usableActions are the actions with which the principal can assume the
	// role; none if the statement is not about assuming a role.
	usableActions []assumeAction
	// requirements are the conditions of the statement, and the conditions
	// under which a Deny does not apply.
	requirements []document.Condition
	// limitedToExceptions reports whether a Deny with NotPrincipal blocks
	// everyone except the principals that it names.
	limitedToExceptions bool
}

// actions returns the actions that a finding about the entry names.
func (e *entry) actions() []string {
	if len(e.usableActions) == 0 {
		return e.patterns()
	}
	var all []string
	for _, action := range e.usableActions {
		all = append(all, action.String())
	}
	return all
}

func (e *entry) canUse(action assumeAction) bool { return slices.Contains(e.usableActions, action) }

// assumeActions returns the actions with which a statement allows assuming a
// role. An action that is known only at deployment may be any of them.
func (s *statement) assumeActions() []assumeAction {
	var actions []assumeAction
	for action := range assumeAction(len(assumeActionRows)) {
		matches := func(pattern string) bool {
			return !document.RefusedAction(pattern) && document.Intersects(pattern, action.String(), true)
		}
		if len(s.NotActions) > 0 && !slices.ContainsFunc(s.NotActions, action.coveredBy) || slices.ContainsFunc(s.Actions, matches) {
			actions = append(actions, action)
		}
	}
	return actions
}

// coveredBy reports whether a pattern is certain to match the action.
func (action assumeAction) coveredBy(pattern string) bool {
	return !document.RefusedAction(pattern) && document.Covers(pattern, action.String(), true)
}

// usableBy reports whether principals of this kind can use the action.
//
// Source: IAM User Guide, "Compare AWS STS credentials", and "AWS JSON policy
// elements: Principal".
func (action assumeAction) usableBy(p document.Principal) bool {
	switch {
	case p.ID == "*":
		return true
	case p.Kind == "AWS" || p.Kind == "Service":
		return action == assumeRole
	case p.Kind != "Federated":
		return false
	case strings.Contains(p.ID, ":oidc-provider/"), isBuiltInIssuer(p.ID):
		return action == assumeRoleWithWebIdentity
	case strings.Contains(p.ID, ":saml-provider/"):
		return action == assumeRoleWithSAML
	}
	return action != assumeRole
}

// assumesRole reports whether the statement is about assuming a role: it is in
// the trust policy of a role, or its Action or NotAction lists only actions of
// AWS STS. In a standalone document without resources, one action of the
// statement that can assume a role is enough.
func (s *statement) assumesRole() bool {
	if s.policy.isRoleTrust() || !slices.ContainsFunc(s.patterns(), func(pattern string) bool { return !isSTSPattern(pattern) }) {
		return true
	}
	return s.policy.kind == trustPolicy && len(s.assumeActions()) > 0
}

// isSTSPattern reports whether an action pattern is for actions of AWS STS only.
func isSTSPattern(pattern string) bool {
	service, _, _ := strings.Cut(assumeRole.String(), ":")
	prefix, _, _ := strings.Cut(pattern, ":")
	return strings.EqualFold(prefix, service)
}

// maxTrustWork limits the work on one policy: the number of principals, times
// the conditions of their statement, times the Deny statements. Beyond the
// limit, the policy is reviewed without its conditions and Deny statements,
// with a note. IAM accepts at most 8192 characters in a trust policy, which
// takes about a thousandth of the limit.
const maxTrustWork = 1 << 20

// entries returns the entries of a policy after its own Deny statements are
// applied. It leaves out entries that no caller can use.
func (r *run) entries(p *policy) []entry {
	if p.kind == identityPolicy || p.aws {
		return nil
	}
	denials, cost, isWithinBudget := p.denialsAndCost()
	r.spend(2 * cost)
	if !isWithinBudget {
		r.ruleNotes[fmt.Sprintf("%s: too large to evaluate its conditions and Deny statements", p.name)] = true
	}
	var all []entry
	for _, s := range p.statements {
		if !s.allows() {
			continue
		}
		role := s.assumesRole()
		var actions []assumeAction
		if role {
			actions = s.assumeActions()
		}
		seen := make(map[document.Principal]bool, len(s.Principals))
		for _, principal := range s.Principals {
			if seen[principal] {
				continue
			}
			seen[principal] = true
			e := entry{statement: s, principal: principal}
			if isWithinBudget {
				e.requirements = slices.Clip(s.Conditions)
			}
			for _, action := range actions {
				if action.usableBy(principal) {
					e.usableActions = append(e.usableActions, action)
				}
			}
			if role && len(e.usableActions) == 0 || !e.applyDenials(r, denials) || e.neverHolds() {
				continue
			}
			all = append(all, r.inOtherAccounts(e)...)
		}
	}
	return all
}

// denialsAndCost returns the Deny statements of a policy, the work of
// evaluating its conditions against these statements, and whether the work is
// within the limit. Beyond the limit, denials is nil.
func (p *policy) denialsAndCost() (denials []*statement, cost int, isWithinBudget bool) {
	allowed, denied, conditionWork := 0, 1, 1
	for _, s := range p.statements {
		if s.Effect == document.Deny {
			denials = append(denials, s)
			denied += 1 + len(s.Principals) + len(s.NotPrincipals) + len(s.Actions) + len(s.NotActions) + len(s.Resources)
		} else {
			allowed += len(s.Principals)
		}
		size := len(s.Conditions)
		for _, c := range s.Conditions {
			size += len(c.Values)
		}
		conditionWork = max(conditionWork, size)
	}
	const limit = maxTrustWork
	// Each factor is checked first, so that the products cannot overflow.
	if allowed > limit || denied > limit || conditionWork > 1<<10 || allowed*denied > limit || allowed*denied*conditionWork > limit {
		return nil, allowed + denied, false
	}
	return denials, allowed * denied * conditionWork, true
}

// applyDenials removes what the Deny statements deny, and reports whether
// anything remains. If a value is known only at deployment, the Deny is assumed
// to deny as little as possible.
func (e *entry) applyDenials(r *run, denials []*statement) bool {
	for _, d := range denials {
		if slices.ContainsFunc(d.NotPrincipals, func(p document.Principal) bool { return r.set.WithWildcards(p.ID) == "*" }) {
			continue // it may name everyone
		}
		matches, exceptions := d.matchesPrincipal(e.principal)
		if !matches || !document.Implies(e.When, d.When) {
			continue
		}
		isDenied := func(action assumeAction) bool { return d.includesAction(action) }
		switch isComplete := e.deniedBy(d); {
		case len(d.Conditions) == 0 && exceptions:
			e.limitedToExceptions = e.limitedToExceptions || isComplete
		case len(d.Conditions) == 0 && isComplete:
			return false
		case len(d.Conditions) == 0 && len(e.usableActions) > 0:
			e.usableActions = slices.DeleteFunc(slices.Clone(e.usableActions), isDenied)
		case len(d.Conditions) == 1 && isComplete && !exceptions:
			c, ok := inverseCondition(d.Conditions[0])
			if ok {
				c, ok = (&widener{set: r.set}).widenCondition(c)
			}
			if ok {
				e.requirements = append(e.requirements, c)
			}
		}
	}
	return true
}

// matchesPrincipal reports whether a Deny applies to a principal, and whether
// the NotPrincipal of the Deny leaves out some of the callers that the
// principal stands for.
func (s *statement) matchesPrincipal(p document.Principal) (matches, exceptions bool) {
	isSamePrincipal := func(o document.Principal) bool {
		return o.Kind == "AWS" && o.ID == "*" || o == p || o.Kind == "AWS" && p.Kind == "AWS" && isWholeAccount(o.ID) && accountOf(o.ID) != "" && accountOf(o.ID) == accountOf(p.ID)
	}
	if len(s.NotPrincipals) == 0 {
		return slices.ContainsFunc(s.Principals, isSamePrincipal), false
	}
	if slices.ContainsFunc(s.NotPrincipals, isSamePrincipal) {
		return false, false
	}
	exceptions = p.ID == "*" || isWholeAccount(p.ID) && slices.ContainsFunc(s.NotPrincipals, func(o document.Principal) bool { return accountOf(o.ID) == accountOf(p.ID) })
	return true, exceptions
}

// includesAction reports whether a statement is certain to be about an action: its
// Action covers the action, or nothing in its NotAction may match the action.
func (s *statement) includesAction(action assumeAction) bool {
	if len(s.NotActions) > 0 {
		return !slices.ContainsFunc(s.NotActions, func(pattern string) bool { return document.Intersects(pattern, action.String(), true) })
	}
	return slices.ContainsFunc(s.Actions, action.coveredBy)
}

// deniedBy reports whether a Deny covers everything that the entry allows.
func (e *entry) deniedBy(d *statement) bool {
	if len(e.usableActions) > 0 {
		return !slices.ContainsFunc(e.usableActions, func(action assumeAction) bool { return !d.includesAction(action) })
	}
	covers := func(covering, covered []string, foldCase bool) bool {
		return len(covered) > 0 && !slices.ContainsFunc(covered, func(text string) bool {
			return !slices.ContainsFunc(covering, func(pattern string) bool { return document.Covers(pattern, text, foldCase) })
		})
	}
	return covers(d.Actions, e.Actions, true) && (len(d.Resources) == 0 && len(d.NotResources) == 0 || covers(d.Resources, e.Resources, false))
}

// neverHolds reports whether a condition requires a token that the principal
// cannot have: the condition names one provider, and the principal is another
// provider or a service. It also returns true if the key of a condition is a
// URL, because no request has such a key.
func (e *entry) neverHolds() bool {
	if e.principal.Kind != "Service" && e.principal.Kind != "Federated" || e.principal.ID == "*" || len(e.usableActions) == 0 {
		return false
	}
	host, known := issuerOf(e.principal)
	saml := strings.Contains(e.principal.ID, ":saml-provider/")
	if e.principal.Kind == "Federated" && !known && !saml {
		return slices.ContainsFunc(e.requirements, func(c document.Condition) bool { return isURLKey(c.Key) && e.requiresNamedValue(c) })
	}
	return slices.ContainsFunc(e.requirements, func(c document.Condition) bool {
		if hasUnknownPart(c.Key) || !e.requiresNamedValue(c) {
			return false
		}
		if isURLKey(c.Key) {
			return true
		}
		if prefix, _, _ := strings.Cut(c.Key, ":"); strings.EqualFold(prefix, "saml") {
			return !saml
		}
		issuerHost, _, ok := claimOf(c.Key)
		return ok && !sameIssuer(issuerHost, host)
	})
}
