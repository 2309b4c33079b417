// Subtracts denies and the permissions boundary from a grant.

package review

import (
	"cmp"
	"slices"

	"capaboot/policies/document"
)

// subtractDenies removes the resources that NotResource covers, and those that
// are denied in every request. It records the denies that still apply to a part
// of the grant.
func (c *principalGrants) subtractDenies(g *grant, denies []*statement) {
	g.grantedOn = c.withoutCovered(g, g.NotResources)
	for _, d := range denies {
		if !c.spend(1) {
			return // spend has recorded a note
		}
		if g.alwaysMeets(d.Conditions) && g.existsOnlyWith(d) {
			g.grantedOn = c.afterDeny(g, d)
			if len(d.NotResources) > 0 {
				continue
			}
		}
		if !g.ruledOutBy(d.Conditions, g.action) && c.overlapsDeny(g.grantedOn, d) {
			g.denies = append(g.denies, d)
		}
	}
}

// existsOnlyWith reports whether each stack that has the grant also has the
// Deny, and the Deny is certain to apply to the action.
func (g *grant) existsOnlyWith(d *statement) bool {
	return document.Implies(g.existsWhen, d.When) && d.actionsAreKnown()
}

// actionsAreKnown reports whether NotAction is known before the deployment.
// Otherwise, the statement may apply to no action at all.
func (s *statement) actionsAreKnown() bool { return !slices.ContainsFunc(s.NotActions, hasUnknownPart) }

func (c *principalGrants) afterDeny(g *grant, d *statement) []string {
	if len(d.NotResources) > 0 {
		remaining := c.intersect(g.grantedOn, d.NotResources)
		return slices.DeleteFunc(remaining, func(resource string) bool { return !c.mayApply(g.action, resource) })
	}
	return c.withoutCovered(g, d.Resources)
}

// withoutCovered returns the resources of a grant that no pattern covers
// completely.
func (c *principalGrants) withoutCovered(g *grant, covering []string) []string {
	if len(covering) == 0 || len(g.grantedOn) == 0 || !c.spend((len(g.grantedOn)+len(g.action.Resources))*len(covering)) {
		return g.grantedOn
	}
	all := c.coversTypes(g, covering)
	return slices.DeleteFunc(slices.Clone(g.grantedOn), func(resource string) bool {
		return all && matchesEveryResource(resource) || slices.ContainsFunc(covering, func(pattern string) bool {
			return matchesEveryResource(pattern) || c.coversResource(pattern, resource)
		})
	})
}

// coversTypes reports whether patterns cover every resource of the types that
// the grant is about. For example, "role/*" covers every resource for iam:PassRole.
func (c *principalGrants) coversTypes(g *grant, covering []string) bool {
	hasType := false
	for _, t := range g.action.Resources {
		// The patterns must cover the whole type even if the need names one
		// resource of it, because other resources may work too.
		if !g.wantsType(t.Type.Name) {
			continue
		}
		hasType = true
		if !slices.ContainsFunc(covering, func(pattern string) bool { return c.typeCovered(t.Type, pattern) }) {
			return false
		}
	}
	return hasType
}

// overlapsDeny reports whether a Deny may apply to some of the resources.
func (c *principalGrants) overlapsDeny(resources []string, d *statement) bool {
	if len(d.Resources) == 0 || !c.spend(len(resources)*len(d.Resources)) {
		return len(resources) > 0
	}
	return slices.ContainsFunc(resources, func(resource string) bool {
		return slices.ContainsFunc(d.Resources, func(denied string) bool { return c.intersectsResource(denied, resource) })
	})
}

// intersect returns the common part of two lists of patterns. Where two
// patterns only overlap, it returns the pattern of the first list, which is too
// wide. When the comparisons are used up, it returns the first list.
func (c *principalGrants) intersect(a, b []string) []string {
	if !c.spend(len(a) * len(b)) {
		return a
	}
	var common []string
	add := func(pattern string) { common = append(common, pattern) }
	for _, x := range a {
		for _, y := range b {
			switch {
			case matchesEveryResource(y) || c.coversResource(y, x):
				add(x)
			case matchesEveryResource(x) || c.coversResource(x, y):
				add(y)
			case c.intersectsResource(x, y):
				add(x)
			}
		}
	}
	return unique(common)
}

type boundaryKey struct {
	name, file string
	document   *document.Document
}

// boundary returns the permissions boundary of a principal, or nil if it has
// none or the document is unknown.
func (r *run) boundary(s *subject) *policy {
	if s.Boundary == "" && s.BoundaryPolicy == nil {
		return nil
	}
	// Principals often share a boundary, so it is read and analyzed only once.
	key := boundaryKey{s.Boundary, s.File, s.BoundaryPolicy}
	known, ok := r.boundaries[key]
	if !ok {
		if known = readManaged(s.Boundary, nil); s.BoundaryPolicy != nil {
			known = newPolicy(s.Boundary, identityPolicy, cmp.Or(s.BoundaryFile, s.File), s.BoundaryPolicy)
		}
		r.boundaries[key] = known
	}
	return known
}

// limitToBoundary limits a grant to what the permissions boundary allows. It
// returns one grant for each statement of the boundary that allows a part of the
// grant, the widest part first. It leaves out a part that a wider part includes.
func (c *principalGrants) limitToBoundary(g *grant, i int) []*grant {
	var parts []*grant
	for _, s := range c.needStatements(c.boundary).allow[i] {
		c.spend(10 + len(s.Conditions) + len(g.grantedIf))
		if g.ruledOutBy(s.Conditions, g.action) {
			continue
		}
		limited := *g
		limited.grantedOn = c.intersect(g.grantedOn, c.fittingResources(s, g.action, c.facts.needs[i].types))
		limited.grantedOn = c.withoutCovered(&limited, s.NotResources)
		limited.grantedIf, limited.boundary = slices.Concat(g.grantedIf, s.Conditions), s
		if len(limited.grantedOn) > 0 {
			parts = append(parts, &limited)
		}
	}
	slices.SortStableFunc(parts, func(a, b *grant) int {
		return cmp.Or(a.reduction()-b.reduction(), len(a.grantedIf)-len(b.grantedIf))
	})
	var kept []*grant
	for _, part := range parts {
		if !slices.ContainsFunc(kept, func(wider *grant) bool { return c.includes(wider, part) }) {
			kept = append(kept, part)
		}
	}
	return kept
}

// includes compares two parts of a grant. It reports whether the first part covers
// every resource of the second, and the second has every condition of the first.
// It returns false when the comparisons are used up.
func (c *principalGrants) includes(wider, part *grant) bool {
	if !c.spend(len(wider.grantedIf)*len(part.grantedIf) + len(wider.grantedOn)*len(part.grantedOn)) {
		return false
	}
	return !slices.ContainsFunc(wider.grantedIf, func(condition document.Condition) bool {
		return !slices.ContainsFunc(part.grantedIf, func(other document.Condition) bool { return condition.String() == other.String() })
	}) && !slices.ContainsFunc(part.grantedOn, func(resource string) bool {
		return !slices.ContainsFunc(wider.grantedOn, func(covering string) bool {
			return covering == resource || matchesEveryResource(covering) || c.coversResource(covering, resource)
		})
	})
}
