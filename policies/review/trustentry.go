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
type way uint8

const (
	byRole way = iota
	byWeb
	bySAML
)

// wayRows are their rows in actions.tsv.
var wayRows = []string{byRole: "assume-role", byWeb: "assume-role-web", bySAML: "assume-role-saml"}

func (w way) String() string { return actionsOf(wayRows[w])[0] }

// entry is one way in: a principal of an Allow, and all that is demanded of it.
type entry struct {
	*statement
	principal document.Principal
	// ways are those by which it gets into a role; none in the policy of
	// another resource.
	ways []way
	// demands are the conditions of the statement, and what a Deny leaves open
	// as if it was a condition of this one.
	demands []document.Condition
	// excepted says that a Deny stops all but those that it names.
	excepted bool
}

// actions are those that a finding on the entry names.
func (e *entry) actions() []string {
	if len(e.ways) == 0 {
		return e.patterns()
	}
	var all []string
	for _, w := range e.ways {
		all = append(all, w.String())
	}
	return all
}

func (e *entry) by(w way) bool { return slices.Contains(e.ways, w) }

// waysOf are the actions of a statement that give the credentials of a role. A
// part that is unknown yet may be any of them.
func (s *statement) waysOf() []way {
	var ways []way
	for w := range way(len(wayRows)) {
		matches := func(pattern string) bool {
			return !document.RefusedAction(pattern) && document.Intersects(pattern, w.String(), true)
		}
		if len(s.NotActions) > 0 && !slices.ContainsFunc(s.NotActions, w.covered) || slices.ContainsFunc(s.Actions, matches) {
			ways = append(ways, w)
		}
	}
	return ways
}

// covered reports whether a pattern is about the action, for certain.
func (w way) covered(pattern string) bool {
	return !document.RefusedAction(pattern) && document.Covers(pattern, w.String(), true)
}

// usable reports whether principals of that kind can use the action.
//
// Source: IAM User Guide, "Compare AWS STS credentials", and "AWS JSON policy
// elements: Principal".
func (w way) usable(p document.Principal) bool {
	switch {
	case p.ID == "*":
		return true
	case p.Kind == "AWS" || p.Kind == "Service":
		return w == byRole
	case p.Kind != "Federated":
		return false
	case strings.Contains(p.ID, ":oidc-provider/"), isIssuer(p.ID):
		return w == byWeb
	case strings.Contains(p.ID, ":saml-provider/"):
		return w == bySAML
	}
	return w != byRole
}

// forRole reports whether the statement is of the trust policy of a role. A
// document that is alone can be the policy of another resource.
func (s *statement) forRole() bool {
	if s.policy.kind == trustPolicy && slices.ContainsFunc(s.policy.holders, func(h *subject) bool { return h.trust == s.policy }) {
		return true
	}
	service, _, _ := strings.Cut(byRole.String(), ":")
	if !slices.ContainsFunc(s.patterns(), func(pattern string) bool {
		prefix, _, _ := strings.Cut(pattern, ":")
		return !strings.EqualFold(prefix, service)
	}) {
		return true
	}
	return s.policy.kind == trustPolicy && len(s.waysOf()) > 0
}

// maxTrust bounds the work on one policy: what each principal costs, with the
// conditions of its statement and the Denies next to it. IAM takes 8192
// characters of a trust policy, which is a thousandth of it.
const maxTrust = 1 << 20

// entries are the ways in that a policy opens, as far as its own Denies leave
// them open.
func (r *run) entries(p *policy) []entry {
	if p.kind == identityPolicy || p.aws {
		return nil
	}
	denials, cost, small := p.trustCost()
	r.spend(2 * cost)
	if !small {
		r.limits[fmt.Sprintf("%s: too large to evaluate its conditions and Denies", p.name)] = true
	}
	var all []entry
	for _, s := range p.statements {
		if !s.allows() {
			continue
		}
		role := s.forRole()
		var ways []way
		if role {
			ways = s.waysOf()
		}
		seen := make(map[document.Principal]bool, len(s.Principals))
		for _, principal := range s.Principals {
			if seen[principal] {
				continue
			}
			seen[principal] = true
			e := entry{statement: s, principal: principal}
			if small {
				e.demands = slices.Clip(s.Conditions)
			}
			for _, w := range ways {
				if w.usable(principal) {
					e.ways = append(e.ways, w)
				}
			}
			if role && len(e.ways) == 0 || !e.left(denials) || e.neverHolds() {
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
		of := len(s.Conditions)
		for _, c := range s.Conditions {
			of += len(c.Values)
		}
		conditions = max(conditions, of)
	}
	const most = maxTrust // each factor by itself, so that the product cannot overflow
	if allowed > most || denied > most || conditions > 1<<10 || allowed*denied > most || allowed*denied*conditions > most {
		return nil, allowed + denied, false
	}
	return denials, allowed * denied * conditions, true
}

// left takes away what Denies deny, and reports whether something is left.
func (e *entry) left(denials []*statement) bool {
	for _, d := range denials {
		about, but := d.isAbout(e.principal)
		if !about || slices.ContainsFunc(d.When, func(when string) bool { return !slices.Contains(e.When, when) }) {
			continue
		}
		closed := func(w way) bool { return d.denies(w) }
		switch whole := e.denied(d); {
		case len(d.Conditions) == 0 && but:
			e.excepted = e.excepted || whole
		case len(d.Conditions) == 0 && whole:
			return false
		case len(d.Conditions) == 0 && len(e.ways) > 0:
			e.ways = slices.DeleteFunc(slices.Clone(e.ways), closed)
		case len(d.Conditions) == 1 && whole && !but:
			if c, ok := inverse(d.Conditions[0]); ok {
				e.demands = append(e.demands, c)
			}
		}
	}
	return true
}

// isAbout reports whether a Deny is about a principal, and whether it leaves
// out some that the principal stands for.
func (s *statement) isAbout(p document.Principal) (about, but bool) {
	same := func(o document.Principal) bool {
		return o.Kind == "AWS" && o.ID == "*" || o == p || o.Kind == "AWS" && p.Kind == "AWS" && isWhole(o.ID) && accountOf(o.ID) != "" && accountOf(o.ID) == accountOf(p.ID)
	}
	if len(s.NotPrincipals) == 0 {
		return slices.ContainsFunc(s.Principals, same), false
	}
	if slices.ContainsFunc(s.NotPrincipals, same) {
		return false, false
	}
	but = p.ID == "*" || isWhole(p.ID) && slices.ContainsFunc(s.NotPrincipals, func(o document.Principal) bool { return accountOf(o.ID) == accountOf(p.ID) })
	return true, but
}

// denies reports whether a Deny is about one of the actions, for certain.
func (s *statement) denies(w way) bool {
	if len(s.NotActions) > 0 {
		return !slices.ContainsFunc(s.NotActions, func(pattern string) bool { return document.Intersects(pattern, w.String(), true) })
	}
	return slices.ContainsFunc(s.Actions, w.covered)
}

// denied reports whether a Deny is about all that the entry is about.
func (e *entry) denied(d *statement) bool {
	if len(e.ways) > 0 {
		return !slices.ContainsFunc(e.ways, func(w way) bool { return !d.denies(w) })
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
	if e.principal.Kind != "Service" && e.principal.Kind != "Federated" || e.principal.ID == "*" || len(e.ways) == 0 {
		return false
	}
	host, known := issuerOf(e.principal)
	saml := strings.Contains(e.principal.ID, ":saml-provider/")
	if e.principal.Kind == "Federated" && !known && !saml {
		return false
	}
	return slices.ContainsFunc(e.demands, func(c document.Condition) bool {
		if opaque(c.Key) || !e.positive(c) {
			return false
		}
		if prefix, _, _ := strings.Cut(c.Key, ":"); strings.EqualFold(prefix, "saml") {
			return !saml
		}
		of, _, ok := claimOf(c.Key)
		return ok && !sameIssuer(of, host)
	})
}
