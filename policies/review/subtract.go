// Taking off: what denials and a boundary leave of a grant.

package review

import (
	"capaboot/policies/document"
	_ "embed"
	"slices"
)

// takeOff takes off what is denied whatever the request, and keeps the other
// denies.
func (c *principalGrants) subtractDenies(g *grant, denies []*statement) {
	g.resources = c.withoutCovered(g, g.NotResources)
	for _, d := range denies {
		if !c.spend(1) {
			return // which the note says
		}
		if g.alwaysMeets(d.Conditions) && len(d.When) == 0 {
			g.resources = c.afterDeny(g, d)
			if len(d.NotResources) > 0 {
				continue
			}
		}
		if !g.ruledOutBy(d.Conditions, g.action) && c.overlapsDeny(g.resources, d) {
			g.denies = append(g.denies, d)
		}
	}
}

// denied returns what a Deny leaves of a grant.
func (c *principalGrants) afterDeny(g *grant, d *statement) []string {
	if len(d.NotResources) > 0 {
		left := c.intersect(g.resources, d.NotResources)
		return slices.DeleteFunc(left, func(resource string) bool { return !c.mayApply(g.action, resource) })
	}
	return c.withoutCovered(g, d.Resources)
}

// without takes off the resources that are covered wholly.
func (c *principalGrants) withoutCovered(g *grant, covering []string) []string {
	if len(covering) == 0 || len(g.resources) == 0 || !c.spend((len(g.resources)+len(g.action.Resources))*len(covering)) {
		return g.resources
	}
	all := c.coversTypes(g, covering)
	return slices.DeleteFunc(slices.Clone(g.resources), func(resource string) bool {
		return all && everyResource(resource) || slices.ContainsFunc(covering, func(pattern string) bool {
			return everyResource(pattern) || c.coversResource(pattern, resource)
		})
	})
}

// coverTypes reports whether patterns cover every resource that the action can
// be about: "role/*" is all that iam:PassRole takes.
func (c *principalGrants) coversTypes(g *grant, covering []string) bool {
	some := false
	for _, t := range g.action.Resources {
		// Of a name that is wanted, others of the type may do as well.
		if !g.wantsType(t.Type.Name) {
			continue
		}
		some = true
		if !slices.ContainsFunc(covering, func(pattern string) bool { return c.typeCovered(t.Type, pattern) }) {
			return false
		}
	}
	return some
}

// overlap reports whether a Deny is about some of the resources.
func (c *principalGrants) overlapsDeny(resources []string, d *statement) bool {
	if len(d.Resources) == 0 || !c.spend(len(resources)*len(d.Resources)) {
		return len(resources) > 0
	}
	return slices.ContainsFunc(resources, func(resource string) bool {
		return slices.ContainsFunc(d.Resources, func(denied string) bool { return c.intersectsResource(denied, resource) })
	})
}

// intersect returns what two lists of patterns have in common, and a bit more
// where two overlap.
func (c *principalGrants) intersect(a, b []string) []string {
	if !c.spend(len(a) * len(b)) {
		return a
	}
	var both []string
	add := func(pattern string) { both = append(both, pattern) }
	for _, x := range a {
		for _, y := range b {
			switch {
			case everyResource(y) || c.coversResource(y, x):
				add(x)
			case everyResource(x) || c.coversResource(x, y):
				add(y)
			case c.intersectsResource(x, y):
				add(x)
			}
		}
	}
	return unique(both)
}

// boundaryKey tells permissions boundaries apart.
type boundaryKey struct {
	name, file string
	document   *document.Document
}

// boundary is the permissions boundary of a principal, nil for none that is
// known.
func (r *run) boundary(s *subject) *policy {
	if s.Boundary == "" && s.BoundaryPolicy == nil {
		return nil
	}
	// Many principals may have the same: what is found out about it is found once.
	key := boundaryKey{s.Boundary, s.File, s.BoundaryPolicy}
	known, ok := r.boundaries[key]
	if !ok {
		if known = readManaged(s.Boundary); s.BoundaryPolicy != nil {
			known = newPolicy(s.Boundary, identityPolicy, s.File, s.BoundaryPolicy)
		}
		r.boundaries[key] = known
	}
	return known
}

// within limits a grant to what the permissions boundary allows; nil if that
// is nothing. Of several statements of the boundary that allow something it
// takes the one that leaves most.
func (c *principalGrants) limitToBoundary(g *grant, i int) *grant {
	var best *grant
	for _, s := range c.needStatements(c.boundary).allow[i] {
		c.spend(10 + len(s.Conditions) + len(g.conditions))
		if g.ruledOutBy(s.Conditions, g.action) {
			continue
		}
		limited := *g
		limited.resources = c.intersect(g.resources, c.fittingResources(s, g.action, c.facts.needs[i].types))
		limited.resources = c.withoutCovered(&limited, s.NotResources)
		limited.conditions = slices.Concat(g.conditions, s.Conditions)
		if len(limited.resources) > 0 && (best == nil || limited.reduction() < best.reduction()) {
			best = &limited
		}
	}
	return best
}
