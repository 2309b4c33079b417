// The statements of the set about an action, and what they grant the controllers.

package explain

import (
	"cmp"
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// grants returns the statements about an action. action is nil if AWS has no
// action with that name.
func (e *Explainer) grants(name string, action *authz.Action) []Grant {
	grants := []Grant{}
	for _, s := range e.policies {
		for i := range s.doc.Statements {
			if g, ok := e.grantOf(s, &s.doc.Statements[i], name, action); ok {
				grants = append(grants, g)
			}
		}
		e.meter.LimitCount(len(grants), maxGrants, "statements about "+name)
	}
	slices.SortStableFunc(grants, func(a, b Grant) int { return grantOrder(a) - grantOrder(b) })
	return grants
}

// grantOrder returns the position of a grant in the order of [Action.Grants]: 0
// if it allows in a policy, 1 if it allows in a permissions boundary, 2 if it
// denies.
func grantOrder(g Grant) int {
	switch {
	case g.Effect != document.Allow:
		return 2
	case g.Boundary:
		return 1
	}
	return 0
}

// grantCost is the cost of creating, storing and sorting a [Grant].
const grantCost = 100

func (e *Explainer) grantOf(s heldPolicy, statement *document.Statement, name string, action *authz.Action) (Grant, bool) {
	e.meter.Spend(1 + 2*(len(statement.Actions)+len(statement.NotActions)))
	matches, pattern, isRefused := matchAction(statement, name)
	if !matches {
		return Grant{}, false
	}
	texts := e.textsOf(statement, s.isResourcePolicy)
	e.meter.Spend(grantCost + texts.size)
	s.place.Statement = statement
	g := Grant{Pattern: pattern, Refused: isRefused, Effect: statement.Effect, Kind: s.place.Holder.Kind, Name: s.place.Holder.Name, Policy: s.name, Statement: statement.Label(),
		Trust: s.isTrustPolicy(), Boundary: s.place.Boundary, AWS: s.isAWSManaged(), NotActions: statement.NotActions,
		Resources: statement.Resources, NotResources: statement.NotResources, When: statement.When,
		Principals: texts.principals, NotPrincipals: texts.notPrincipals, Conditions: texts.conditions, UnknownParts: texts.unknown, Unclear: texts.unclear}
	if service, ok := serviceOf(action); ok && service.IsComplete() && len(statement.Resources) > 0 {
		g.Useless = !slices.ContainsFunc(statement.Resources, func(r string) bool { return strings.Contains(r, "${") || action.Allows(r) })
	}
	if len(statement.Resources) > 0 && !slices.ContainsFunc(statement.Resources, func(r string) bool { _, isRefused := authz.AWSRefuses(name, r); return !isRefused }) {
		g.Useless = true
	}
	if misplaced := statement.Misplaced(s.isResourcePolicy, authz.AssumesRole(name)); misplaced != 0 {
		g.Refused, g.Misplaced = true, misplaced.String()
	}
	g.Unsupported = !g.Refused && statement.Effect == document.Allow && len(statement.NotPrincipals) > 0
	if !s.isAWSManaged() {
		g.File, g.Line = s.place.Holder.File, statement.Line
		if s.place.Boundary {
			g.File = cmp.Or(s.place.Holder.BoundaryFile, g.File)
		}
		if !g.Refused && !e.stories.IsForeign(s.place.Holder) {
			g.Story = e.stories.Find(s.place, name)
		}
	}
	return g, true
}

// matchAction reports whether a statement applies to an action, and returns the
// matching entry of Action, or "" with NotAction. If matches and isRefused are
// both true, the result depends on an entry that IAM refuses: callers of
// matchAction assume that a Deny applies and that an Allow does not.
func matchAction(s *document.Statement, action string) (matches bool, pattern string, isRefused bool) {
	listed, possible := "", ""
	for _, p := range slices.Concat(s.Actions, s.NotActions) {
		switch matches, isRefused := document.MatchAction(p, action); {
		case matches && isRefused && possible == "":
			possible = p
		case matches && !isRefused && listed == "":
			listed = p
		}
	}
	switch {
	case len(s.NotActions) > 0:
		return listed == "", "", listed == "" && possible != ""
	case listed != "":
		return true, listed, false
	}
	return possible != "", possible, true
}

func serviceOf(action *authz.Action) (*authz.Service, bool) {
	if action == nil {
		return nil, false
	}
	return authz.ForPrefix(action.Service)
}

// isDeniedTo reports whether the policies of a role or user deny an action on
// every resource without a condition, or whether its permissions boundary does
// not allow the action.
func (e *Explainer) isDeniedTo(h *document.Holder, action string) bool {
	isBounded, isWithin := false, false
	for _, p := range e.policies {
		if p.place.Holder != h || p.isResourcePolicy {
			continue
		}
		isBounded = isBounded || p.place.Boundary
		for i := range p.doc.Statements {
			s := &p.doc.Statements[i]
			e.meter.Spend(1 + 2*(len(s.Actions)+len(s.NotActions)))
			matches, _, isRefused := matchAction(s, action)
			mayMatch := matches || slices.ContainsFunc(s.Actions, func(a string) bool { return strings.Contains(a, "${") })
			switch {
			case s.Effect == document.Allow:
				isWithin = isWithin || p.place.Boundary && mayMatch
			case matches && !isRefused && len(s.Conditions)+len(s.When) == 0 && slices.Contains(s.Resources, "*"):
				return true
			}
		}
	}
	return isBounded && !isWithin
}

// grantedToControllers reports whether the controllers are allowed an action on
// at least one resource. A statement does not count if isDeniedTo is true for
// its holder.
func (e *Explainer) grantedToControllers(action string) bool {
	return slices.ContainsFunc(e.policiesOfControllers(), func(s heldPolicy) bool {
		isAllowed := slices.ContainsFunc(s.doc.Statements, func(statement document.Statement) bool {
			e.meter.Spend(1 + 2*(len(statement.Actions)+len(statement.NotActions)))
			matches, _, isRefused := matchAction(&statement, action)
			return matches && !isRefused && statement.Effect == document.Allow && statement.Misplaced(s.isResourcePolicy, authz.AssumesRole(action)) == 0
		})
		return isAllowed && !e.isDeniedTo(s.place.Holder, action)
	})
}

// grantedForNeed reports whether a statement allows the controllers an action
// on the resources of a need, without a condition that excludes the requests of
// the need. A statement of CAPA's policies must cover each resource. A custom
// statement, or a statement of the policy for enabled features, only needs to overlap
// each resource, because it may be limited to the resources of the clusters. A
// statement with NotResource counts for all resources. No statement counts if
// isDeniedTo is true for its holder.
func (e *Explainer) grantedForNeed(action string, n catalog.Need) bool {
	known, _ := authz.Lookup(action)
	for _, s := range e.policiesOfControllers() {
		for i := range s.doc.Statements {
			statement := &s.doc.Statements[i]
			grant, matches := e.grantOf(s, statement, action, known)
			if !matches || grant.Effect != document.Allow || grant.Refused || excludes(statement.Conditions, n.Condition) {
				continue
			}
			covers := document.CoversResource
			if grant.Since == "" && !e.isCAPA(s) || e.isFeaturesPolicy(s) {
				covers = document.IntersectsResource
			}
			coversAll := !slices.ContainsFunc(e.usableResources(action, n.Resources), func(needed string) bool {
				return !slices.ContainsFunc(statement.Resources, func(r string) bool { return covers(withAnyScope(r), needed) })
			})
			if !coversAll && len(statement.NotResources) == 0 {
				continue
			}
			if e.isDeniedTo(s.place.Holder, action) {
				break
			}
			return true
		}
	}
	return false
}
