// Compares the statements of two principals.

package diff

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// permissions has the statements of one kind of policy of a principal: what is
// allowed, unless it is denied, within a boundary. Trust policies, identity
// policies and the boundary itself are compared separately.
type permissions struct {
	allow, deny *index
	// boundary has what the permissions boundary allows. It is nil if there is no
	// boundary, or if its content is unknown.
	boundary *index
	// protected has patterns of the resources that a resource policy protects
	// on this side only.
	protected []string
}

// entry is one action, resource and principal of a statement. An empty action or
// resource represents everything that NotAction or NotResource does not exclude;
// otherPrincipals does the same for NotPrincipal.
type entry struct {
	*statement
	action, resource, principal string
}

// coverage caches the results of comparing one statement with others.
type coverage struct {
	statement  *statement
	parts      []*coverage // the parts of the statement; see [statement.split]
	applies    map[*statement]bool
	resources  map[*statement]map[string]bool
	principals map[*statement]map[string]bool
}

func newCoverage(s *statement) *coverage {
	return &coverage{statement: s, applies: map[*statement]bool{}, resources: map[*statement]map[string]bool{}, principals: map[*statement]map[string]bool{}}
}

// isCovered reports whether one statement of an index covers the entry
// completely.
func (c *coverage) isCovered(s *index, e entry) bool {
	return s.anyCandidate(e.action, func(other *statement) bool {
		c.statement.budget.meter.Spend(1)
		if c.statement.budget.remaining == 0 {
			return false // without budget, no statement is compared
		}
		if !other.coversAction(e.action, e.notActions) {
			return false
		}
		applies, known := c.applies[other]
		if !known {
			applies = other.appliesWhenever(c.statement)
			c.applies[other] = applies
		}
		return applies &&
			(cached(c.resources, other, e.resource, func() bool {
				return other.coversResource(e.resource, len(e.notResources) > 0, e.notResources)
			}) || other.coversEveryResource(e) || other.coversDespiteExceptions(e)) &&
			cached(c.principals, other, e.principal, func() bool {
				return other.coversPrincipal(e.principal, e.notPrincipals)
			})
	})
}

// cacheCost is the work of storing one result, in units of the meter.
const cacheCost = 10

func cached(memory map[*statement]map[string]bool, other *statement, text string, find func() bool) bool {
	results := memory[other]
	if results == nil {
		results = map[string]bool{}
		memory[other] = results
	}
	result, known := results[text]
	if !known {
		other.budget.meter.Spend(cacheCost)
		result = find()
		results[text] = result
	}
	return result
}

// isEffective reports whether an allowed entry has an effect: it is not
// completely denied, and the boundary allows some of it.
func (r *permissions) isEffective(c *coverage, e entry) bool {
	if c.isCovered(r.deny, e) {
		return false
	}
	if r.boundary == nil {
		return true
	}
	return slices.ContainsFunc(r.boundary.all, func(b *statement) bool { return b.overlaps(e) })
}

// overlaps reports whether some request may match both a statement and an
// entry. It ignores conditions and principals. It returns true when the budget is
// exceeded.
func (s *statement) overlaps(e entry) bool {
	s.budget.meter.Spend(1)
	if s.budget.remaining == 0 {
		return true
	}
	action := e.action == "" ||
		len(s.notActions) > 0 && !slices.ContainsFunc(s.notActions, func(n string) bool { return s.covers(n, e.action) }) ||
		slices.ContainsFunc(s.actions, func(a string) bool { return !document.RefusedAction(a) && s.intersects(a, e.action) })
	resource := len(e.notResources) > 0 ||
		len(s.notResources) > 0 && !slices.ContainsFunc(s.notResources, func(n string) bool { return s.covers(n, e.resource) }) ||
		slices.ContainsFunc(s.resources, func(r string) bool { return s.intersects(r, e.resource) })
	return action && resource
}

// equal reports whether both principals have the same statements in any order and
// the same boundary, and no resource is protected on one side only. If so, no
// comparison is needed, even for many statements.
func (r *permissions) equal(other *permissions) bool {
	return len(r.protected)+len(other.protected) == 0 && maps.Equal(r.allow.keys, other.allow.keys) && r.isLimitedLike(other)
}

// isLimitedLike reports whether both principals have the same denials and boundary.
func (r *permissions) isLimitedLike(other *permissions) bool {
	return (r.boundary == nil) == (other.boundary == nil) && maps.Equal(r.deny.keys, other.deny.keys) &&
		(r.boundary == nil || maps.Equal(r.boundary.keys, other.boundary.keys))
}

// allowedBeyond returns what r allows and other does not.
func (r *permissions) allowedBeyond(other *permissions) []Grant {
	// With the same denials and boundary, a statement that is also in other allows
	// nothing new.
	isSimple := len(r.protected) == 0 && r.isLimitedLike(other)
	return newGrants(r.allow, func(s *statement) bool { return isSimple && other.allow.keys[s.key] }, func(c *coverage, e entry) bool {
		return r.isEffective(c, e) && (r.isProtected(e) || !(c.isCovered(other.allow, e) && other.isEffective(c, e)))
	})
}

// deniedBeyond returns what r denies and other does not.
func (r *permissions) deniedBeyond(other *permissions) []Grant {
	return newGrants(r.deny, func(s *statement) bool { return len(r.protected) == 0 && other.deny.keys[s.key] }, func(c *coverage, e entry) bool {
		return r.isProtected(e) || !c.isCovered(other.deny, e)
	})
}

// newGrants returns the new entries of an index as grants.
func newGrants(s *index, isSame func(*statement) bool, isNew func(*coverage, entry) bool) []Grant {
	var grants []Grant
	seen := map[string]bool{}
	for _, statement := range s.all {
		if seen[statement.key] || isSame(statement) {
			continue
		}
		seen[statement.key] = true
		grants = append(grants, statement.newEntries(isNew)...)
	}
	return grants
}

// newEntries returns the new entries of one statement. Actions with the same
// new resources and principals become one grant. If there are too many entries to
// compare, newEntries returns the whole statement as one grant with a note.
func (s *statement) newEntries(isNew func(*coverage, entry) bool) []Grant {
	actions, resources, principals := s.actions, s.resources, s.principals
	if len(s.notActions) > 0 {
		actions = []string{""}
	}
	if len(s.notResources) > 0 {
		resources = []string{""}
	}
	if len(s.notPrincipals) > 0 {
		principals = []string{otherPrincipals}
	}
	entries := len(actions) * len(resources) * len(principals)
	if entries > maxPairs || entries > s.budget.remaining {
		g := s.toGrant(actions, resources, principals)
		g.Note = "this statement is too long to compare entry by entry, so the comparison reports the whole statement"
		return []Grant{g}
	}
	s.budget.remaining -= entries
	c := newCoverage(s)
	type group struct{ actions, resources, principals []string }
	var groups []*group
	index := map[string]*group{}
	for _, action := range actions {
		// Principals with the same new resources become one group.
		var signatures []string
		principalsOf, resourcesOf := map[string][]string{}, map[string][]string{}
		for _, principal := range principals {
			var found []string
			for _, resource := range resources {
				if c.hasNew(isNew, entry{s, action, resource, principal}) {
					found = append(found, resource)
				}
			}
			if found == nil {
				continue
			}
			signature := strings.Join(found, "\n")
			if resourcesOf[signature] == nil {
				signatures = append(signatures, signature)
			}
			resourcesOf[signature] = found
			principalsOf[signature] = append(principalsOf[signature], principal)
		}
		for _, signature := range signatures {
			key := signature + "\n\n" + strings.Join(principalsOf[signature], "\n")
			g := index[key]
			if g == nil {
				g = &group{resources: resourcesOf[signature], principals: principalsOf[signature]}
				index[key] = g
				groups = append(groups, g)
			}
			g.actions = append(g.actions, action)
		}
	}
	grants := make([]Grant, len(groups))
	for i, g := range groups {
		grants[i] = s.toGrant(g.actions, g.resources, g.principals)
	}
	return grants
}

// misplaced returns the element for which IAM refuses the statement, or 0 if
// there is none.
func (s *statement) misplaced() document.MisplacedElement {
	if s.at.Policy == nil {
		return s.source.Misplaced(!s.at.Boundary, !s.at.Boundary)
	}
	return s.source.Misplaced(s.inResourcePolicy, false)
}

// toGrant returns part of a statement as a grant, in the spelling of the
// document.
func (s *statement) toGrant(actions, resources, principals []string) Grant {
	source := s.source
	s.budget.meter.Spend(100 + 8*(len(actions)+len(resources)+len(principals)+len(source.Actions)+len(source.Conditions)))
	g := Grant{Effect: string(source.Effect), NotActions: source.NotActions, NotResources: source.NotResources, When: source.When,
		Statement: source.Label(), Trust: s.at.Policy == nil && !s.at.Boundary, Boundary: s.at.Boundary, Of: s.at}
	switch {
	case s.at.Boundary:
		g.Policy = boundaryName(s.at.Holder)
	case s.at.Policy != nil:
		g.Policy = s.at.Policy.Name
	}
	if s.literalVariables {
		g.Note = "the policy does not have Version 2012-10-17, so policy variables are plain text"
	}
	wanted := map[string]bool{}
	for _, a := range actions {
		wanted[a] = true
	}
	for _, a := range source.Actions {
		if text := actionText(a); wanted[text] {
			delete(wanted, text)
			g.Actions = append(g.Actions, Action{Action: a})
			if document.RefusedAction(a) {
				g.Note = "IAM refuses an action of this statement, because the action has no service, has a wildcard in the service, or has white space"
			}
		}
	}
	if misplaced := s.misplaced(); misplaced != 0 {
		g.Note = "IAM refuses this statement: it " + misplaced.String()
	}
	// A policy without Version 2012-10-17 has a zero byte in each policy variable, to
	// compare it as plain text. Remove the zero bytes from the output.
	readable := strings.NewReplacer("\x00", "").Replace
	for _, r := range resources {
		if r != "" {
			g.Resources = append(g.Resources, readable(cmp.Or(s.spellings[r], r)))
		}
	}
	for _, p := range principals {
		if p != "" && p != otherPrincipals {
			g.Principals = append(g.Principals, p)
		}
	}
	for _, p := range source.NotPrincipals {
		g.NotPrincipals = append(g.NotPrincipals, p.String())
	}
	for _, c := range source.Conditions {
		g.Conditions = append(g.Conditions, Condition{c.Operator, c.Key, append([]string{}, c.Values...)})
	}
	return g
}
