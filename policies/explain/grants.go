// The statements of the set about an action.

package explain

import (
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// grants returns the statements about an action. action is nil if AWS has no
// action with that name.
func (e *Explainer) grants(name string, action *authz.Action) []Grant {
	grants := []Grant{}
	for _, s := range e.policies {
		for i := range s.doc.Statements {
			if g, ok := e.grant(s, &s.doc.Statements[i], name, action); ok {
				grants = append(grants, g)
			}
		}
		e.meter.LimitCount(len(grants), maxGrants, "statements about "+name)
	}
	slices.SortStableFunc(grants, func(a, b Grant) int { return grantOrder(a) - grantOrder(b) })
	return grants
}

// grantOrder orders grants: first those that allow in a policy, then those that allow
// in a permissions boundary, then those that deny.
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

func (e *Explainer) grant(s heldPolicy, statement *document.Statement, name string, action *authz.Action) (Grant, bool) {
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
	if service, ok := serviceOf(action); ok && service.Complete() && len(statement.Resources) > 0 {
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
		if !g.Refused {
			g.Story = e.stories.Find(s.place, name)
		}
	}
	return g, true
}

// matchAction reports whether a statement applies to an action, and returns the
// matching entry of Action, or "" with NotAction. If isRefused is true too,
// whether the statement applies depends on an entry that IAM refuses: such a
// statement is assumed to apply if it is a Deny, but not if it is an Allow.
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
