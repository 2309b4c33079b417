// The actions of escalation routes that one principal is granted: the union of
// its identity policies, minus what is denied and what its boundary excludes.

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// needStatements maps each need to the statements of a policy that allow or
// deny it, in order.
type needStatements struct{ allow, deny map[int][]*statement }

// needMatchWork is the work of comparing one pattern with the needs.
const needMatchWork = 20

// needStatements returns the statements of a policy for each need. It reads each
// policy only once.
func (r *run) needStatements(p *policy) *needStatements {
	n := r.needStatementsOf[p]
	if n != nil {
		return n
	}
	n = &needStatements{map[int][]*statement{}, map[int][]*statement{}}
	r.needStatementsOf[p] = n
	f := loadEscalations.Get()
	for _, s := range p.statements {
		r.spend(len(f.needs)/8 + needMatchWork*(len(s.Actions)+len(s.NotActions)))
		target := n.allow
		if s.Effect == document.Deny {
			target = n.deny
		}
		add := func(i int) {
			if list := target[i]; len(list) == 0 || list[len(list)-1] != s {
				target[i] = append(list, s)
			}
		}
		if len(s.NotActions) > 0 {
			excluded := make([]bool, len(f.needs))
			for _, pattern := range s.notActionsInLowerCase() {
				for _, i := range f.needsMatching(pattern) {
					excluded[i] = true
				}
			}
			for i := range f.needs {
				if !excluded[i] {
					add(i)
				}
			}
			continue
		}
		for _, pattern := range s.actionsInLowerCase() {
			for _, i := range f.needsMatching(pattern) {
				add(i)
			}
		}
	}
	return n
}

// principalGrants has the grants of one principal for each need.
type principalGrants struct {
	*run
	subject   *subject
	facts     *escalationFacts
	identity  []*policy // the identity policies of the subject
	boundary  *policy   // nil if there is none, or its document is unknown
	isLimited bool      // whether the boundary excludes something
	evaluated []bool    // for each need, whether granted already has its grants
	granted   map[int][]*grant
	best      map[int]*grant // caches widest
	remaining int            // how many comparisons remain
	exhausted bool           // whether no comparisons remain
}

// spend returns false, and records a note, when the comparisons are used up.
// From then on, a grant counts even if a Deny or the boundary may remove it.
func (c *principalGrants) spend(n int) bool {
	c.run.spend(n)
	if c.exhausted {
		return false
	}
	if c.remaining -= n; c.remaining >= 0 {
		return true
	}
	c.exhausted = true
	c.ruleNotes[fmt.Sprintf("%s %s: too large to evaluate every Deny, so some of the reported escalations may be denied", c.subject.Kind, c.subject.Name)] = true
	return false
}

// grant is the part of a need that one statement allows, after denies and the
// boundary are subtracted.
type grant struct {
	run    *run
	holder *subject
	*statement
	action *authz.Action
	need
	// grantedOn has ARNs, which may have wildcards, and grantedIf the conditions of
	// the statement and of the boundary statement that applies.
	grantedOn []string
	grantedIf []document.Condition
	// boundary is the statement of the permissions boundary that applies, or nil.
	boundary *statement
	// denies lists the statements that deny part of the grant, or all of it
	// under a condition.
	denies []*statement
	// existsWhen has the template conditions that hold in each stack that has
	// the grant.
	existsWhen []string
}

// templateConditions returns the template conditions that hold in each stack
// that has the subject.
func (s *subject) templateConditions() []string {
	if s.When == "" {
		return nil
	}
	return []string{s.When}
}

// templateConditionsWith returns the template conditions that hold in each
// stack that has the subject and the statement.
func (s *subject) templateConditionsWith(st *statement) []string {
	if s.When == "" || slices.Contains(st.When, s.When) {
		return st.When
	}
	return append(slices.Clip(st.When), s.When)
}

func sameConditions(a, b []document.Condition) bool {
	return slices.EqualFunc(a, b, func(x, y document.Condition) bool {
		return x.Operator == y.Operator && x.Key == y.Key && slices.Equal(x.Values, y.Values)
	})
}

// principalGrants returns the grants of a principal. It returns nil for a
// principal without escalation findings: an administrator whom no known boundary
// limits, or a principal that is allowed no action of a route.
func (r *run) principalGrants(s *subject) *principalGrants {
	c, known := r.principalGrantsOf[s]
	if known {
		return c
	}
	relevant, limit := false, r.boundary(s)
	isLimited := limit != nil && !s.allowsEverything(limit)
	for _, p := range s.policies {
		if p.kind != identityPolicy {
			continue
		}
		relevant = relevant || len(r.needStatements(p).allow) > 0
		if !isLimited && slices.ContainsFunc(p.statements, s.alwaysAllowsEverything) {
			relevant = false // full-access reports administrators
			break
		}
	}
	if relevant {
		c = &principalGrants{run: r, subject: s, facts: loadEscalations.Get(), identity: s.identityPolicies(), boundary: limit, isLimited: isLimited, granted: map[int][]*grant{}, best: map[int]*grant{}, remaining: maxPairs}
		c.evaluated = make([]bool, len(c.facts.needs))
	}
	r.principalGrantsOf[s] = c
	return c
}

// alwaysAllowsEverything reports whether a statement of the subject allows all
// actions on all resources, in every request and in each stack that has the
// subject.
func (s *subject) alwaysAllowsEverything(st *statement) bool {
	return isFullAccess(st) && len(st.Conditions) == 0 && document.Implies(s.templateConditions(), st.When)
}

// grants returns the grants of the need with index i, within the boundary and
// without denied resources. Unless the boundary limits the principal, it leaves
// out statements with full access, which the rule full-access reports.
func (c *principalGrants) grants(i int) []*grant {
	if c.evaluated[i] {
		return c.granted[i]
	}
	c.evaluated[i] = true
	isAllowed := false
	for _, p := range c.identity {
		isAllowed = isAllowed || len(c.needStatements(p).allow[i]) > 0
	}
	action, ok := authz.Lookup(c.facts.needs[i].name)
	if !isAllowed || !ok {
		return nil
	}
	var found []*grant
	var denies []*statement
	for _, p := range c.identity {
		denies = append(denies, c.needStatements(p).deny[i]...)
	}
	if c.boundary != nil {
		denies = append(denies, c.needStatements(c.boundary).deny[i]...)
	}
	for _, p := range c.identity {
		for _, s := range c.needStatements(p).allow[i] {
			c.run.spend(10 + len(s.Conditions))
			if isFullAccess(s) && !c.isLimited || c.facts.needs[i].ruledOutBy(s.Conditions, action) {
				continue // if it allows everything, full-access reports it
			}
			g := &grant{run: c.run, holder: c.subject, statement: s, action: action, need: c.facts.needs[i], grantedIf: s.Conditions, existsWhen: c.subject.templateConditionsWith(s)}
			g.grantedOn = c.fittingResources(s, action, g.types)
			if c.subject.Kind == document.RoleKind {
				g.grantedOn = slices.DeleteFunc(g.grantedOn, func(resource string) bool { return document.NeedUserName([]string{resource}) })
			}
			if c.originals[s.Statement] != nil && len(denies) > 0 {
				unconditional := c.denialOf(action, denies, g.existsWhen)
				g.grantedOn = slices.DeleteFunc(g.grantedOn, func(resource string) bool { return c.deniesResource(s, unconditional, resource) })
			}
			c.subtractDenies(g, denies)
			switch {
			case len(g.grantedOn) == 0:
			case c.boundary != nil:
				found = append(found, c.limitToBoundary(g, i)...)
			default:
				found = append(found, g)
			}
		}
	}
	if len(found) > 0 { // most needs have no grant
		c.granted[i] = found
	}
	return found
}

func (s *subject) identityPolicies() []*policy {
	return slices.DeleteFunc(slices.Clone(s.policies), func(p *policy) bool { return p.kind != identityPolicy })
}

// fittingResources returns the resources of a statement that the action
// supports. If types is not empty, the resources must also be of one of these
// types.
func (r *run) fittingResources(s *statement, a *authz.Action, types []string) []string {
	if len(s.Resources) == 0 {
		if len(s.NotResources) == 0 || slices.ContainsFunc(s.NotResources, matchesEveryResource) {
			return nil
		}
		return []string{"*"} // the caller removes the resources of NotResource
	}
	var fitting []string
	for _, resource := range s.Resources {
		fits := mayBeAnything(resource)
		switch {
		case fits:
		case refusedByAWS(a, resource):
		case len(types) == 0:
			fits = r.allows(a, resource)
		default:
			fits = slices.ContainsFunc(types, func(wanted string) bool {
				name, resourceName, hasName := strings.Cut(wanted, "/")
				t := a.Resource(name)
				return t != nil && r.typeAllows(t.Type, resource) && (!hasName || mayMatchName(resource, name+"/"+resourceName))
			})
		}
		if fits {
			fitting = append(fitting, resource)
		}
	}
	r.spend(2 * len(s.Resources))
	return unique(fitting)
}

// refusedByAWS reports whether AWS refuses the action on the resource
// regardless of policies. It also returns true if the action passes a role that
// only its own service can assume: AWS allows passing the role, but nothing is
// gained.
//
// Source: Amazon EC2 Auto Scaling User Guide, identity-based policy examples: a
// service-linked role can be passed to its service.
func refusedByAWS(a *authz.Action, resource string) bool {
	_, isRefused := authz.AWSRefuses(a.String(), resource)
	if !isRefused && a.Supports(passedToServiceKey) != authz.Unsupported {
		_, isRefused = authz.AWSRefuses(assumeRole.String(), resource)
	}
	return isRefused
}

// mayMatchName reports whether a pattern can match a resource whose ARN ends in
// the name.
func mayMatchName(resource, name string) bool {
	a := arn.ParsePattern(arn.Complete(resource))
	return a.Parts < 6 || document.Intersects(a.Resource, name, false)
}
