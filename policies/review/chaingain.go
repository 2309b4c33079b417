// The permissions that the end of a chain adds to those of the principals
// before it.

package review

import (
	"slices"

	"capaboot/internal/lazy"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// chainGain describes the permissions that a chain adds. Its severity is 0 if
// the chain adds none.
type chainGain struct {
	severity    Severity
	description Sentence
	actions     []string
	steps       []PathStep
}

// isAdministrator reports whether a principal is allowed everything in every
// stack that has the principal, leaving Deny statements aside. A boundary whose
// content is unknown is assumed to limit nothing.
func (c *chainFinder) isAdministrator(s *subject) bool {
	st := c.fullAccessStatement(s)
	limit := c.boundary(s)
	return st != nil && s.alwaysAllowsEverything(st) && (limit == nil || slices.ContainsFunc(limit.statements, s.alwaysAllowsEverything))
}

// fullAccessStatement returns a statement that allows a principal all actions
// on all resources without conditions, leaving Deny statements aside. It
// returns nil if there is none, or if the boundary is known and does not allow
// the same. It prefers a statement that exists in every stack that has the
// principal.
func (c *chainFinder) fullAccessStatement(s *subject) *statement {
	limit := c.boundary(s)
	if limit != nil && !slices.ContainsFunc(limit.statements, func(st *statement) bool { return isFullAccess(st) && len(st.Conditions) == 0 }) {
		return nil
	}
	var found *statement
	for _, p := range s.policies {
		for _, st := range p.statements {
			if p.kind == identityPolicy && isFullAccess(st) && len(st.Conditions) == 0 && (found == nil || s.alwaysAllowsEverything(st)) {
				found = st
			}
		}
	}
	return found
}

// hasEarlierFullAccess reports whether a principal before the end of the chain
// is allowed all actions on all resources in each stack that has the end and
// its statement.
func (c *chainFinder) hasEarlierFullAccess(end *chain, st *statement) bool {
	given := end.subject.templateConditionsWith(st)
	for node := end.previous; node != nil; node = node.previous {
		earlier := c.fullAccessStatement(node.subject)
		if earlier != nil && document.Implies(append(node.subject.templateConditions(), c.conditionsIn(end.subject.File, node.subject.File, given)...), earlier.When) {
			return true
		}
	}
	return false
}

// gainAt returns what the end of a chain is allowed and no principal before it
// is allowed: full access, or else escalation routes, or else actions.
func (c *chainFinder) gainAt(end *chain) chainGain {
	if st := c.fullAccessStatement(end.subject); st != nil && !c.hasEarlierFullAccess(end, st) {
		return chainGain{High, PlainSentence("permission for all actions on all resources"), []string{"*"}, []PathStep{c.newStep(end.subject, st, st.Actions, nil)}}
	}
	if got := c.gainedRoutes(end); got.severity >= Medium {
		return got
	}
	// For a chain that just passes one role to a service, further actions are
	// not reported here: escalation-pass-role reports that the service can get
	// permissions that the principal lacks.
	if end.hops == 1 && end.link.service != "" {
		return chainGain{}
	}
	return c.gainedActions(end)
}

// gainedRoutes returns the escalation routes that the end of a chain has and no
// principal before it has. It leaves out routes with a severity below Medium
// and routes that assume only one further role. It also leaves out the rules
// about service-linked roles and about resource policies, whose routes give no
// further permissions in IAM.
func (c *chainFinder) gainedRoutes(end *chain) chainGain {
	grants := c.principalGrants(end.subject)
	if grants == nil {
		return chainGain{}
	}
	var got chainGain
	var gains []string
	var path []*grant
	for _, rule := range c.rules {
		if rule.ID == "escalation-service-linked-role" || rule.ID == "escalation-resource-policy" {
			continue
		}
		routes := grants.facts.routes[rule.ID]
		for i := range routes {
			for _, h := range grants.occurrences(&routes[i]) {
				c.spend(20)
				if h.severity < Medium || rule.ID == "escalation-assume-role" && h.first.reach() == reachOne || c.hasEarlierRoute(end, &h) {
					continue
				}
				got.severity = max(got.severity, h.severity)
				text := h.gains.String()
				if h.services != nil {
					text = "the permission to pass roles to " + text
				}
				gains = append(gains, text)
				path = append(append(path, h.first), h.steps...)
			}
		}
	}
	if gains = unique(gains); len(gains) == 0 {
		return chainGain{}
	}
	got.description = sentencef("%s", nameList(gains))
	path = unique(path)
	for _, g := range path {
		got.actions = append(got.actions, g.action.String())
	}
	got.actions = unique(got.actions)
	got.steps = pathSteps(path)
	for i := range got.steps {
		got.steps[i].Principal = principalText(end.subject)
	}
	return got
}

// hasEarlierRoute reports whether a principal before the end of the chain has
// the same route in each stack in which the end has it. The earlier route must have
// at least the severity and the resources of the end's route, and no further
// conditions or denials.
func (c *chainFinder) hasEarlierRoute(end *chain, h *occurrence) bool {
	given := end.subject.templateConditionsWith(h.first.statement)
	for node := end.previous; node != nil; node = node.previous {
		grants := c.principalGrants(node.subject)
		if grants == nil {
			continue
		}
		if slices.ContainsFunc(grants.occurrences(h.route), func(other occurrence) bool {
			return other.severity >= h.severity && c.coversAll(other.first.grantedOn, h.first.grantedOn) &&
				!c.hasExtraLimit(other.first.grantedIf, h.first.grantedIf) && !hasExtraDeny(other.first.denies, h.first.denies) &&
				grants.existsIn(&other, append(node.subject.templateConditions(), c.conditionsIn(end.subject.File, node.subject.File, given)...))
		}) {
			return true
		}
	}
	return false
}

// existsIn reports whether the principal has a route in each stack in which the
// given template conditions hold.
func (c *principalGrants) existsIn(h *occurrence, given []string) bool {
	if !document.Implies(given, h.first.When) {
		return false
	}
	return !slices.ContainsFunc(h.route.steps[1:], func(needs []int) bool {
		return !slices.ContainsFunc(needs, func(i int) bool {
			return slices.ContainsFunc(c.grants(i), func(g *grant) bool { return document.Implies(given, g.When) })
		})
	})
}

func hasExtraDeny(denies, others []*statement) bool {
	return slices.ContainsFunc(denies, func(d *statement) bool {
		return !slices.ContainsFunc(others, func(other *statement) bool { return other.digest() == d.digest() })
	})
}

// coversAll reports whether the patterns in covering cover every resource in
// covered.
func (c *chainFinder) coversAll(covering, covered []string) bool {
	return !slices.ContainsFunc(covered, func(n string) bool {
		return !slices.ContainsFunc(covering, func(w string) bool { return w == n || matchesEveryResource(w) || c.coversResource(w, n) })
	})
}

// chainSeverities maps an access level to the severity of gaining actions of
// that level. gainedActions raises the severity of Write to Medium if the
// actions are allowed on every resource and no condition narrows the statement.
var chainSeverities = lazy.Value[map[authz.Level]Severity]{Make: func() map[authz.Level]Severity {
	return map[authz.Level]Severity{authz.PermissionsManagement: Medium, authz.Write: Low, authz.Read: Low, authz.Tagging: Info, authz.List: Info}
}}

// gainedActions returns the actions that the last principal of a chain is
// allowed and no earlier principal is allowed. It leaves out actions that only
// assume or pass a role.
func (c *chainFinder) gainedActions(end *chain) chainGain {
	var got chainGain
	worst, distinct := authz.Level(0), map[*authz.Action]bool{}
	allowed := c.allowedActions(end.subject)
	for _, p := range end.subject.policies {
		if p.kind != identityPolicy {
			continue
		}
		for _, st := range p.statements {
			if !st.allows() {
				continue
			}
			var gained []*authz.Action
			earlier := map[*authz.Action]bool{} // the actions that an earlier principal is allowed
			for _, a := range c.actions(st) {
				c.remaining--
				c.spend(2)
				if _, ok := allowed[a]; !ok || c.leadsToRole(a) {
					continue
				}
				if c.hasEarlierGrant(end, a, st) {
					earlier[a] = true
				} else {
					gained = append(gained, a)
				}
			}
			if len(gained) == 0 {
				continue
			}
			for _, a := range gained {
				distinct[a] = true
				severity := chainSeverities.Get()[a.Level]
				if a.Level == authz.Write && onEveryResource(st) && !slices.ContainsFunc(st.Conditions, narrows) {
					severity = Medium
				}
				got.severity, worst = max(got.severity, severity), max(worst, a.Level)
			}
			patterns := c.gainedPatterns(st, gained, earlier)
			got.actions = append(got.actions, patterns...)
			got.steps = append(got.steps, c.newStep(end.subject, st, patterns, st.Conditions))
		}
	}
	if got.severity == 0 {
		return chainGain{}
	}
	got.actions = unique(got.actions)
	noun := "actions"
	if len(distinct) == 1 {
		noun = "action"
	}
	got.description = sentencef("permission for %d %s that it does not have itself (highest access level: %q): %s", len(distinct), noun, worst, nameList(got.actions))
	return got
}

// gainedPatterns returns the gained actions of a statement, as patterns where
// possible. If earlier is empty, it returns all patterns of the statement. Otherwise,
// it returns the names of the gained actions for NotAction, and for each pattern that
// also matches an action in earlier.
func (c *chainFinder) gainedPatterns(st *statement, gained []*authz.Action, earlier map[*authz.Action]bool) []string {
	if len(earlier) == 0 {
		return st.patterns()
	}
	isGained := make(map[*authz.Action]bool, len(gained))
	for _, a := range gained {
		isGained[a] = true
	}
	names := func(actions []*authz.Action) []string {
		var all []string
		for _, a := range actions {
			if isGained[a] {
				all = append(all, a.String())
			}
		}
		return all
	}
	if len(st.NotActions) > 0 {
		return names(gained)
	}
	var all []string
	for i, pattern := range st.Actions {
		matched := c.matchOf(st, i)
		if own := names(matched); len(own) > 0 && !slices.ContainsFunc(matched, func(a *authz.Action) bool { return earlier[a] }) {
			all = append(all, pattern)
		} else {
			all = append(all, own...)
		}
	}
	return unique(all)
}

// leadsToRole reports whether an action does nothing but assume or pass a role.
// Other findings report what the role is allowed.
func (c *chainFinder) leadsToRole(a *authz.Action) bool {
	leads, known := c.leads[a]
	if !known {
		c.spend(cacheWork)
		leads = a.String() == assumeRole.String() || a.Supports(passedToServiceKey) != authz.Unsupported
		c.leads[a] = leads
	}
	return leads
}

func (c *chainFinder) hasExtraLimit(conditions, others []document.Condition) bool {
	c.spend(len(conditions) * (1 + len(others)))
	return slices.ContainsFunc(conditions, func(condition document.Condition) bool {
		return limitsRequests(condition) && !slices.ContainsFunc(others, func(other document.Condition) bool { return condition.String() == other.String() })
	})
}
