// Entries: one way in through a trust policy, and whether it ever opens.

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// way is an action that gives the credentials of a role.
//
// Source: IAM User Guide, "Compare AWS STS credentials".
type assumeAction uint8

const (
	assumeRole assumeAction = iota
	assumeRoleWithWebIdentity
	assumeRoleWithSAML
)

// wayRows are their rows in actions.tsv.
var assumeActionRows = []string{assumeRole: "assume-role", assumeRoleWithWebIdentity: "assume-role-web", assumeRoleWithSAML: "assume-role-saml"}

func (w assumeAction) String() string { return actionsOf(assumeActionRows[w])[0] }

// entry is one way in: a principal of an Allow, and all that is demanded of it.
type entry struct {
	*statement
	principal document.Principal
	// ways are those by which it gets into a role; none in the policy of
	// another resource.
	usableActions []assumeAction
	// demands are the conditions of the statement, and what a Deny leaves open
	// as if it was a condition of this one.
	requirements []document.Condition
	// excepted says that a Deny stops all but those that it names.
	excepted bool
}

// actions are those that a finding on the entry names.
func (e *entry) actions() []string {
	if len(e.usableActions) == 0 {
		return e.patterns()
	}
	var all []string
	for _, w := range e.usableActions {
		all = append(all, w.String())
	}
	return all
}

func (e *entry) canUse(w assumeAction) bool { return slices.Contains(e.usableActions, w) }

// waysOf are the actions of a statement that give the credentials of a role. A
// part that is unknown yet may be any of them.
func (s *statement) assumeActions() []assumeAction {
	var actions []assumeAction
	for w := range assumeAction(len(assumeActionRows)) {
		matches := func(pattern string) bool {
			return !document.RefusedAction(pattern) && document.Intersects(pattern, w.String(), true)
		}
		if len(s.NotActions) > 0 && !slices.ContainsFunc(s.NotActions, w.coveredBy) || slices.ContainsFunc(s.Actions, matches) {
			actions = append(actions, w)
		}
	}
	return actions
}

// covered reports whether a pattern is about the action, for certain.
func (w assumeAction) coveredBy(pattern string) bool {
	return !document.RefusedAction(pattern) && document.Covers(pattern, w.String(), true)
}

// usable reports whether principals of that kind can use the action.
//
// Source: IAM User Guide, "Compare AWS STS credentials", and "AWS JSON policy
// elements: Principal".
func (w assumeAction) usableBy(p document.Principal) bool {
	switch {
	case p.ID == "*":
		return true
	case p.Kind == "AWS" || p.Kind == "Service":
		return w == assumeRole
	case p.Kind != "Federated":
		return false
	case strings.Contains(p.ID, ":oidc-provider/"), isBuiltInIssuer(p.ID):
		return w == assumeRoleWithWebIdentity
	case strings.Contains(p.ID, ":saml-provider/"):
		return w == assumeRoleWithSAML
	}
	return w != assumeRole
}

// forRole reports whether the statement is of the trust policy of a role. A
// document that is alone can be the policy of another resource.
func (s *statement) assumesRole() bool {
	if s.policy.kind == trustPolicy && slices.ContainsFunc(s.policy.holders, func(h *subject) bool { return h.trust == s.policy }) {
		return true
	}
	service, _, _ := strings.Cut(assumeRole.String(), ":")
	if !slices.ContainsFunc(s.patterns(), func(pattern string) bool {
		prefix, _, _ := strings.Cut(pattern, ":")
		return !strings.EqualFold(prefix, service)
	}) {
		return true
	}
	return s.policy.kind == trustPolicy && len(s.assumeActions()) > 0
}

// maxTrust bounds the work on one policy: what each principal costs, with the
// conditions of its statement and the Denies next to it. IAM takes 8192
// characters of a trust policy, which is a thousandth of it.
const maxTrustWork = 1 << 20

// entries are the ways in that a policy opens, as far as its own Denies leave
// them open.
func (r *run) entries(p *policy) []entry {
	if p.kind == identityPolicy || p.aws {
		return nil
	}
	denials, cost, small := p.trustCost()
	r.spend(2 * cost)
	if !small {
		r.limitNotes[fmt.Sprintf("%s: too large to evaluate its conditions and Denies", p.name)] = true
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
			if small {
				e.requirements = slices.Clip(s.Conditions)
			}
			for _, w := range actions {
				if w.usableBy(principal) {
					e.usableActions = append(e.usableActions, w)
				}
			}
			if role && len(e.usableActions) == 0 || !e.applyDenials(denials) || e.neverHolds() {
				continue
			}
			all = append(all, e)
		}
	}
	return all
}

// trustCost returns the Denies of a policy, what it takes to look at its
// conditions and them, and whether it is small enough for that.
func (p *policy) trustCost() (denials []*statement, cost int, small bool) {
	allowed, denied, conditions := 0, 1, 1
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
		conditions = max(conditions, size)
	}
	const limit = maxTrustWork // each factor by itself, so that the product cannot overflow
	if allowed > limit || denied > limit || conditions > 1<<10 || allowed*denied > limit || allowed*denied*conditions > limit {
		return nil, allowed + denied, false
	}
	return denials, allowed * denied * conditions, true
}

// left takes away what Denies deny, and reports whether something is left.
func (e *entry) applyDenials(denials []*statement) bool {
	for _, d := range denials {
		matches, exceptions := d.matchesPrincipal(e.principal)
		if !matches || slices.ContainsFunc(d.When, func(when string) bool { return !slices.Contains(e.When, when) }) {
			continue
		}
		closed := func(w assumeAction) bool { return d.deniesAction(w) }
		switch whole := e.deniedBy(d); {
		case len(d.Conditions) == 0 && exceptions:
			e.excepted = e.excepted || whole
		case len(d.Conditions) == 0 && whole:
			return false
		case len(d.Conditions) == 0 && len(e.usableActions) > 0:
			e.usableActions = slices.DeleteFunc(slices.Clone(e.usableActions), closed)
		case len(d.Conditions) == 1 && whole && !exceptions:
			if c, ok := inverse(d.Conditions[0]); ok {
				e.requirements = append(e.requirements, c)
			}
		}
	}
	return true
}

// isAbout reports whether a Deny is about a principal, and whether it leaves
// out some that the principal stands for.
func (s *statement) matchesPrincipal(p document.Principal) (matches, exceptions bool) {
	same := func(o document.Principal) bool {
		return o.Kind == "AWS" && o.ID == "*" || o == p || o.Kind == "AWS" && p.Kind == "AWS" && isWhole(o.ID) && accountOf(o.ID) != "" && accountOf(o.ID) == accountOf(p.ID)
	}
	if len(s.NotPrincipals) == 0 {
		return slices.ContainsFunc(s.Principals, same), false
	}
	if slices.ContainsFunc(s.NotPrincipals, same) {
		return false, false
	}
	exceptions = p.ID == "*" || isWhole(p.ID) && slices.ContainsFunc(s.NotPrincipals, func(o document.Principal) bool { return accountOf(o.ID) == accountOf(p.ID) })
	return true, exceptions
}

// denies reports whether a Deny is about one of the actions, for certain.
func (s *statement) deniesAction(w assumeAction) bool {
	if len(s.NotActions) > 0 {
		return !slices.ContainsFunc(s.NotActions, func(pattern string) bool { return document.Intersects(pattern, w.String(), true) })
	}
	return slices.ContainsFunc(s.Actions, w.coveredBy)
}

// denied reports whether a Deny is about all that the entry is about.
func (e *entry) deniedBy(d *statement) bool {
	if len(e.usableActions) > 0 {
		return !slices.ContainsFunc(e.usableActions, func(w assumeAction) bool { return !d.deniesAction(w) })
	}
	covers := func(wide, narrow []string, foldCase bool) bool {
		return len(narrow) > 0 && !slices.ContainsFunc(narrow, func(n string) bool {
			return !slices.ContainsFunc(wide, func(w string) bool { return document.Covers(w, n, foldCase) })
		})
	}
	return covers(d.Actions, e.Actions, true) && (len(d.Resources) == 0 && len(d.NotResources) == 0 || covers(d.Resources, e.Resources, false))
}

// neverHolds reports whether a condition demands the token of somebody else:
// it names one provider, and the principal is another one, or a service.
func (e *entry) neverHolds() bool {
	if e.principal.Kind != "Service" && e.principal.Kind != "Federated" || e.principal.ID == "*" || len(e.usableActions) == 0 {
		return false
	}
	host, known := issuerOf(e.principal)
	saml := strings.Contains(e.principal.ID, ":saml-provider/")
	if e.principal.Kind == "Federated" && !known && !saml {
		return false
	}
	return slices.ContainsFunc(e.requirements, func(c document.Condition) bool {
		if opaque(c.Key) || !e.requiresNamedValue(c) {
			return false
		}
		if prefix, _, _ := strings.Cut(c.Key, ":"); strings.EqualFold(prefix, "saml") {
			return !saml
		}
		issuerHost, _, ok := claimOf(c.Key)
		return ok && !sameIssuer(issuerHost, host)
	})
}
