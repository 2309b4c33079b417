// The actions that a principal of a chain is allowed, compared with the actions
// of the principals before it.

package review

import (
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// actionGrant is one statement's grant of an action.
type actionGrant struct {
	*statement
	grantedOn []string
}

// hasEarlierGrant reports whether a principal earlier in the chain already has the
// grant of st, a statement of the principal at the end: the action on all resources
// of st, in every stack that has st, and without additional limits.
func (c *chainFinder) hasEarlierGrant(end *chain, a *authz.Action, st *statement) bool {
	for node := end.previous; node != nil; node = node.previous {
		if c.hasGrant(node.subject, end.subject, a, st) {
			return true
		}
	}
	return false
}

// hasGrant reports whether a principal is allowed an action at least as widely
// as a statement of another principal allows it.
func (c *chainFinder) hasGrant(s, other *subject, a *authz.Action, st *statement) bool {
	given := append(s.templateConditions(), c.conditionsIn(other.File, s.File, other.templateConditionsWith(st))...)
	// A reference names a resource of its own template, so the same reference
	// in another file is a different resource.
	refersElsewhere := s.File != other.File && slices.ContainsFunc(st.Resources, isReference)
	covers := func(all []actionGrant) bool {
		var resources []string
		for _, h := range all {
			if document.Implies(given, h.When) && !c.hasExtraLimit(h.Conditions, st.Conditions) && !c.mayOverlap(h.NotResources, st) {
				resources = append(resources, h.grantedOn...)
			}
		}
		return slices.ContainsFunc(resources, matchesEveryResource) ||
			!refersElsewhere && len(st.Resources) > 0 && c.coversAll(resources, st.Resources)
	}
	if !covers(c.allowedActions(s)[a]) {
		return false
	}
	limit := c.boundary(s)
	if limit != nil && limit != c.boundary(other) && !covers(c.grantsByAction(limit)[a]) {
		return false
	}
	return !slices.ContainsFunc(c.extraDenies(s, other, st), func(d *statement) bool { return !d.actionsAreKnown() || d.appliesTo(a) })
}

// denyKey identifies a comparison of two principals about one statement.
type denyKey struct {
	subject, other *subject
	statement      *statement
}

// extraDenies returns the Deny statements that a principal has in addition to
// those of a second principal, and that may apply to a resource of st, a statement
// of the second principal. It does not compare actions.
func (c *chainFinder) extraDenies(s, other *subject, st *statement) []*statement {
	key := denyKey{s, other, st}
	if known, ok := c.extra[key]; ok {
		return known
	}
	var extra []*statement
	others := c.denies(other)
	for _, d := range c.denies(s) {
		c.spend(1 + len(others))
		overlaps := c.mayOverlap(d.Resources, st)
		if len(d.NotResources) > 0 {
			overlaps = len(st.Resources) == 0 || !c.coversAll(d.NotResources, st.Resources)
		}
		if overlaps && !document.Exclusive(d.Statement, st.Statement) && hasExtraDeny([]*statement{d}, others) {
			extra = append(extra, d)
		}
	}
	c.extra[key] = extra
	return extra
}

// denies returns the Deny statements of a principal's policies and of its
// boundary.
func (c *chainFinder) denies(s *subject) []*statement {
	var all []*statement
	for _, p := range append(slices.Clone(s.policies), c.boundary(s)) {
		if p == nil || p.kind != identityPolicy {
			continue
		}
		for _, st := range p.statements {
			if st.Effect == document.Deny {
				all = append(all, st)
			}
		}
	}
	return all
}

// mayOverlap reports whether a statement can apply to one of the resources.
func (c *chainFinder) mayOverlap(resources []string, st *statement) bool {
	if len(resources) == 0 || len(st.Resources) == 0 {
		return len(resources) > 0
	}
	c.spend(len(resources) * len(st.Resources))
	return slices.ContainsFunc(resources, func(resource string) bool {
		return slices.ContainsFunc(st.Resources, func(other string) bool {
			return matchesEveryResource(other) || matchesEveryResource(resource) || c.intersectsResource(resource, other)
		})
	})
}

// isReference reports whether a text refers to a resource or a parameter of its
// template.
func isReference(text string) bool {
	return strings.Contains(text, "${Ref:") || strings.Contains(text, "${GetAtt:")
}

// grantsByAction returns what the statements of a policy allow: each action
// with the statements and their resources. NotResource counts as all resources.
func (c *chainFinder) grantsByAction(p *policy) map[*authz.Action][]actionGrant {
	if found, known := c.granted[p]; known {
		return found
	}
	found := map[*authz.Action][]actionGrant{}
	c.granted[p] = found
	for _, st := range p.statements {
		if !st.allows() {
			continue
		}
		resources := st.Resources
		if len(st.NotResources) > 0 {
			resources = []string{"*"}
		}
		for _, a := range c.actions(st) {
			c.spend(cacheWork / 2)
			if onEveryResource(st) || len(st.NotResources) > 0 || c.hasFittingResource(st, a) {
				found[a] = append(found[a], actionGrant{st, resources})
			}
		}
	}
	return found
}

// allowedActions returns what the policies of a principal allow: each action
// with its grants. It leaves out what is denied on all resources in every
// request, and what the boundary does not allow.
func (c *chainFinder) allowedActions(s *subject) map[*authz.Action][]actionGrant {
	if found, known := c.allowed[s]; known {
		return found
	}
	found := map[*authz.Action][]actionGrant{}
	c.allowed[s] = found
	for _, p := range s.policies {
		if p.kind != identityPolicy {
			continue
		}
		for a, grants := range c.grantsByAction(p) {
			found[a] = append(found[a], grants...)
		}
	}
	limit := c.boundary(s)
	if limit != nil {
		allowedByBoundary := c.grantsByAction(limit)
		for a := range found {
			if allowedByBoundary[a] == nil {
				delete(found, a)
			}
		}
	}
	for _, st := range c.denies(s) {
		if len(st.Conditions) == 0 && document.Implies(s.templateConditions(), st.When) && onEveryResource(st) && st.actionsAreKnown() {
			for _, a := range c.actions(st) {
				delete(found, a)
			}
		}
	}
	return found
}
