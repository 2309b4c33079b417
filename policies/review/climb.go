// Climbing: what one principal is granted, as far as an escalation needs it: the
// union of its identity policies, less what is denied and what its boundary
// leaves out.

package review

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// naming are the statements of a policy that are about a need, in order.
type naming struct{ allow, deny map[int][]*statement }

// namingWork is what it takes to compare a pattern with the needs.
const namingWork = 20

// naming reads a policy once.
func (r *run) naming(p *policy) *naming {
	n := r.namings[p]
	if n != nil {
		return n
	}
	n = &naming{map[int][]*statement{}, map[int][]*statement{}}
	r.namings[p] = n
	f := loadEscalations.Get()
	for _, s := range p.statements {
		r.spend(len(f.needs)/8 + namingWork*(len(s.Actions)+len(s.NotActions)))
		into := n.allow
		if s.Effect == document.Deny {
			into = n.deny
		}
		add := func(i int) {
			if list := into[i]; len(list) == 0 || list[len(list)-1] != s {
				into[i] = append(list, s)
			}
		}
		if len(s.NotActions) > 0 {
			not := make([]bool, len(f.needs))
			for _, pattern := range s.NotActions {
				for _, i := range f.named(pattern) {
					not[i] = true
				}
			}
			for i := range f.needs {
				if !not[i] {
					add(i)
				}
			}
			continue
		}
		for _, pattern := range s.Actions {
			for _, i := range f.named(pattern) {
				add(i)
			}
		}
	}
	return n
}

// climber is a principal with what it is granted of the needs.
type climber struct {
	*run
	subject  *subject
	facts    *escalationFacts
	boundary *policy // or nil
	asked    []bool  // of each need, whether granted has it
	granted  map[int][]*grant
	best     map[int]*grant // see widest
	left     int            // what may still be compared
	noted    bool           // that this was not enough
}

// spend reports false when too much has been compared, and takes a note. Then
// grants count that a Deny or the boundary may take away.
func (c *climber) spend(n int) bool {
	c.run.spend(n)
	if c.noted {
		return false
	}
	if c.left -= n; c.left >= 0 {
		return true
	}
	c.noted = true
	c.limits[fmt.Sprintf("%s %s: too large to evaluate every Deny, so some escalations may be missing", c.subject.Kind, c.subject.Name)] = true
	return false
}

// grant is what a statement allows of a need, when denies and boundary are
// taken off.
type grant struct {
	of *run
	*statement
	action *authz.Action
	need
	resources []string // patterns
	conditions
	// denies take something of it away, or under conditions all.
	denies []*statement
}

// conditions are those of a statement, and of the one of the boundary.
type conditions []document.Condition

// climber returns nil for a principal of which nothing is to be said: it has
// nothing of what a way takes, or everything.
func (r *run) climber(s *subject) *climber {
	c, known := r.climbers[s]
	if known {
		return c
	}
	some := false
	for _, p := range s.policies {
		if p.kind != identityPolicy {
			continue
		}
		some = some || len(r.naming(p).allow) > 0
		if slices.ContainsFunc(p.statements, func(st *statement) bool { return isFull(st) && len(st.Conditions) == 0 }) {
			some = false // an administrator: another rule
			break
		}
	}
	if some {
		c = &climber{run: r, subject: s, facts: loadEscalations.Get(), boundary: r.boundary(s), granted: map[int][]*grant{}, best: map[int]*grant{}, left: maxPairs}
		c.asked = make([]bool, len(c.facts.needs))
	}
	r.climbers[s] = c
	return c
}

// grants returns what allows a need.
func (c *climber) grants(i int) []*grant {
	if c.asked[i] {
		return c.granted[i]
	}
	c.asked[i] = true
	var found []*grant
	var denies []*statement
	for _, p := range c.identityPolicies() {
		denies = append(denies, c.naming(p).deny[i]...)
	}
	if c.boundary != nil {
		denies = append(denies, c.naming(c.boundary).deny[i]...)
	}
	action, ok := authz.Lookup(c.facts.needs[i].name)
	if !ok {
		return nil
	}
	for _, p := range c.identityPolicies() {
		for _, s := range c.naming(p).allow[i] {
			c.run.spend(10 + len(s.Conditions))
			if isFull(s) || c.facts.needs[i].excluded(s.Conditions, action) {
				continue // full-access reports the first
			}
			g := &grant{of: c.run, statement: s, action: action, need: c.facts.needs[i], conditions: s.Conditions}
			g.resources = c.fitting(s, action, g.types)
			if c.written[s.Statement] != nil && len(denies) > 0 {
				always := c.denialOf(action, denies)
				g.resources = slices.DeleteFunc(g.resources, func(resource string) bool { return c.deniedOn(s, always, resource) })
			}
			c.takeOff(g, denies)
			if c.boundary != nil {
				g = c.within(g, i)
			}
			if g != nil && len(g.resources) > 0 {
				found = append(found, g)
			}
		}
	}
	if len(found) > 0 { // most have none
		c.granted[i] = found
	}
	return found
}

func (c *climber) identityPolicies() []*policy {
	return slices.DeleteFunc(slices.Clone(c.subject.policies), func(p *policy) bool { return p.kind != identityPolicy })
}

// fitting returns the resources of a statement that the action can be about,
// of certain types if there are some.
func (r *run) fitting(s *statement, a *authz.Action, types []string) []string {
	if len(s.Resources) == 0 {
		if len(s.NotResources) == 0 || slices.ContainsFunc(s.NotResources, everyResource) {
			return nil
		}
		return []string{"*"} // without those: takeOff
	}
	var fit []string
	for _, resource := range s.Resources {
		fits := wide(resource)
		switch {
		case fits:
		case refusedByAWS(a, resource):
		case len(types) == 0:
			fits = r.allows(a, resource)
		default:
			fits = slices.ContainsFunc(types, func(wanted string) bool {
				name, one, named := strings.Cut(wanted, "/")
				t := a.Resource(name)
				return t != nil && r.typeAllows(t.Type, resource) && (!named || mayBeNamed(resource, name+"/"+one))
			})
		}
		if fits {
			fit = append(fit, resource)
		}
	}
	r.spend(2 * len(s.Resources))
	return unique(fit)
}

// refusedByAWS reports whether AWS refuses an action whatever the policies say.
// To pass a role that only its service assumes is allowed, and gains nothing.
//
// Source: Amazon EC2 Auto Scaling User Guide, identity-based policy examples: a
// service-linked role can be passed to its service.
func refusedByAWS(a *authz.Action, resource string) bool {
	_, refused := authz.AWSRefuses(a.String(), resource)
	if !refused && a.Supports(passedToService) != authz.Unsupported {
		_, refused = authz.AWSRefuses(byRole.String(), resource)
	}
	return refused
}

// mayBeNamed reports whether a pattern can stand for a resource whose ARN ends
// in a name.
func mayBeNamed(resource, name string) bool {
	a := arn.ParsePattern(arn.Complete(resource))
	return a.Parts < 6 || document.Intersects(a.Resource, name, false)
}
