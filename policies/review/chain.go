// Chains: from one principal of the set over roles that it may assume, or pass to
// a service that runs its code, to what the last of them may.
//
// What is unknown counts as allowed, as with the other ways to more: the
// conditions of trust policies, and those of a request. They are reported, and make a
// finding less severe. What somebody has under a condition is less than what a role
// has without it.
//
// The roles may be of several files. A reference is to a resource of its own file;
// files of which nothing tells the account are taken to be for one account.

package review

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

const chainID = "escalation-chain"

func chainRules() []Rule {
	return []Rule{{ID: chainID, Severity: High, Reference: userGuide + "id_roles_terms-and-concepts.html",
		Risk:   "roles that can be assumed or passed one after the other give more permissions than the first principal has",
		Remedy: "remove one of the steps: name other roles to assume or pass, or fewer principals in the trust policies", set: chains}}
}

// Bounds on chains: of more roles in a row, and after more comparisons than that,
// the rest is not followed, which a note says.
const (
	maxHops  = 8
	maxLinks = 200_000
)

// link is one step of a chain.
type link struct {
	to    *subject
	steps []PathStep
	// passed is how: through a service, or "" by sts:AssumeRole.
	passed string
	// open says that a condition decides, which is unknown.
	open bool
}

// chainer follows chains.
type chainer struct {
	*run
	assume int // the need that sts:AssumeRole is
	links  map[*subject][]link
	roles  []*subject
	rules  []Rule
	left   int
	// trust are the ways in of each role, accounts those that are a file's own.
	trust    map[*subject][]entry
	accounts map[string]map[string]bool
	// allowed is what each may, see mayOf.
	allowed map[*subject]map[*authz.Action][]held
	leads   map[*authz.Action]bool // see partOfChain
}

// chain is a way to a subject, with all that came before.
type chain struct {
	of     *subject
	before *chain // nil at the start
	link   link
	hops   int
}

func chains(r *run) {
	c := &chainer{run: r, links: map[*subject][]link{}, left: maxLinks, rules: escalationRules(), trust: map[*subject][]entry{}, accounts: r.ownAccounts(), allowed: map[*subject]map[*authz.Action][]held{}, leads: map[*authz.Action]bool{}, assume: -1}
	for _, i := range loadEscalations.Get().named(byRole.String()) {
		c.assume = i
	}
	for _, s := range r.subjects {
		if s.Kind == document.RoleKind && s.trust != nil {
			c.roles = append(c.roles, s)
			c.trust[s] = r.entries(s.trust)
		}
	}
	if len(c.roles) == 0 {
		return
	}
	for _, s := range r.subjects {
		if s.Kind == document.PolicyKind || c.administrator(s) || s.Kind == document.GroupKind && c.hasMembers(s) {
			continue
		}
		c.from(s)
	}
	if c.left < 0 {
		r.limits[fmt.Sprintf("%d roles are too many to follow every chain, so some chains may be missing", len(c.roles))] = true
	}
}

// hasMembers reports whether users of the set are in a group: then they are whom
// it is about.
func (c *chainer) hasMembers(group *subject) bool {
	return slices.ContainsFunc(c.subjects, func(s *subject) bool { return slices.Contains(s.Groups, group.Name) })
}

// from reports the chains of a principal: those to what gives it most.
func (c *chainer) from(start *subject) {
	known := map[*subject]bool{start: true}
	all := []*chain{{of: start}}
	for i := 0; i < len(all); i++ {
		at := all[i]
		if at.hops == maxHops {
			c.limits[fmt.Sprintf("%s %s: chains of more than %d roles are not followed", start.Kind, start.Name, maxHops)] = true
			continue
		}
		if i > 0 && c.administrator(at.of) {
			continue // there is no more
		}
		for _, l := range c.linksOf(at.of) {
			c.left--
			c.spend(4)
			if known[l.to] || c.left < 0 {
				continue
			}
			known[l.to] = true
			all = append(all, &chain{of: l.to, before: at, link: l, hops: at.hops + 1})
		}
	}
	// The last first: what a longer chain gives says the shorter one too.
	told := map[*chain]Severity{}
	var findings []Finding
	for i := len(all) - 1; i > 0; i-- {
		end := all[i]
		got := c.gains(end)
		if got.severity == 0 || told[end] >= got.severity {
			continue
		}
		for at := end.before; at != nil; at = at.before {
			told[at] = max(told[at], got.severity)
		}
		findings = append(findings, c.finding(start, end, got))
	}
	slices.Reverse(findings)
	for _, f := range findings {
		c.about(start, f)
	}
}

// finding says a chain.
func (c *chainer) finding(start *subject, end *chain, got chainGain) Finding {
	var way []*chain
	for at := end; at.before != nil; at = at.before {
		way = append(way, at)
	}
	slices.Reverse(way)
	f := Finding{Severity: got.severity, Actions: got.actions}
	var how []string
	open := false
	for _, at := range way {
		f.Path = append(f.Path, at.link.steps...)
		f.Resources = append(f.Resources, roleResource(at.of))
		text := "assumes " + at.of.Name
		if at.link.passed != "" {
			text = "passes " + at.of.Name + " to " + at.link.passed
		}
		how = append(how, text)
		open = open || at.link.open
	}
	f.Path = append(f.Path, got.steps...)
	first := f.Path[0]
	f.Policy, f.Statement, f.Location = first.Policy, first.Statement, first.Location
	f.Message = say("%s %s can get the permissions of role %s: it %s; that gives it %s", string(start.Kind), start.Name, end.of.Name, strings.Join(how, ", which "), got.what)
	if open {
		f.Message = f.Message.and(Say(", if the conditions on the way hold"))
		f.Severity = max(f.Severity-1, Info)
	}
	return f
}

// roleResource is a role as a resource: its ARN, as far as it is known.
func roleResource(s *subject) string { return "role/" + s.Name }

// linksOf are the roles that a principal can get at by itself.
func (c *chainer) linksOf(s *subject) []link {
	if found, known := c.links[s]; known {
		return found
	}
	c.links[s] = nil
	if c.left < 0 {
		return nil
	}
	var found []link
	climbs := c.climber(s)
	for _, role := range c.roles {
		c.left--
		c.spend(20)
		if role == s {
			continue
		}
		if l, ok := c.assumed(s, climbs, role); ok {
			found = append(found, l)
			continue
		}
		if l, ok := c.passedOn(climbs, role); ok {
			found = append(found, l)
		}
	}
	// What is certain first, so that a chain goes by it.
	slices.SortStableFunc(found, func(a, b link) int { return boolean(a.open) - boolean(b.open) })
	c.links[s] = found
	return found
}

// assumed is the step of assuming a role. The role's trust policy must let the
// principal in; when it lets in an account, the principal's own policies must
// allow it too.
//
// Source: IAM User Guide, "Policy evaluation logic" and "Granting a user
// permissions to switch roles".
func (c *chainer) assumed(s *subject, climbs *climber, role *subject) (link, bool) {
	if s.Kind == document.GroupKind && climbs == nil {
		return link{}, false // a group is not a principal: only its policies say something
	}
	var own *grant
	if climbs != nil && c.assume >= 0 {
		for _, g := range climbs.grants(c.assume) {
			if c.reaches(g, role) && (own == nil || len(g.conditions) < len(own.conditions)) {
				own = g
			}
		}
	}
	var best *link
	for _, e := range c.trust[role] {
		if !e.by(byRole) || e.principal.Kind != "AWS" {
			continue
		}
		byName, possible, unknown := c.letsIn(&e, s)
		if !possible || own == nil && (!byName || c.apart(s.File, role.File) || c.boundaryStops(s, role) || c.deniesAssuming(s, role)) {
			continue
		}
		l := link{to: role, open: unknown || len(e.demands) > 0 || len(e.When) > 0}
		if own == nil { // a boundary that is unknown may not let it
			l.open = l.open || s.Boundary != "" && c.boundary(s) == nil
		} else {
			step := c.step(s, own.statement, []string{byRole.String()}, own.conditions)
			step.Resources = own.resources
			l.steps = append(l.steps, step)
			l.open = l.open || slices.ContainsFunc(own.conditions, limits) || len(own.When) > 0
		}
		l.steps = append(l.steps, c.step(role, e.statement, []string{byRole.String()}, e.demands))
		if best == nil || best.open && !l.open {
			best = &l
		}
	}
	if best == nil {
		return link{}, false
	}
	return *best, true
}

// letsIn reports whether an entry of a trust policy is about a principal of the
// set: by its name, or as one of its account.
func (c *chainer) letsIn(e *entry, s *subject) (byName, possible, unknown bool) {
	id := e.principal.ID
	for _, demand := range e.demands {
		if strings.EqualFold(demand.Key, "aws:PrincipalArn") && e.positive(demand) && !slices.ContainsFunc(demand.Values, func(v string) bool { return c.mayStandFor(v, e.policy.file, s) }) {
			return false, false, false
		}
	}
	switch of := accountOf(id); {
	case id == "*":
		return false, true, false // that it lets in everyone is for trust-anyone to say
	case isWhole(id):
		possible, unknown := c.inAccount(of, e.policy.file, s)
		return false, possible, unknown
	case c.standsFor(id, e.policy.file, s):
		return s.Kind != document.GroupKind, s.Kind != document.GroupKind, false
	case c.namesAnother(id, e.policy.file):
		return false, false, false
	}
	// A text of the template that is known at deployment only.
	return false, strings.HasPrefix(id, "${") && s.Kind != document.GroupKind, true
}

// namesAnother reports whether a text names something that is known and is not
// the principal: an ARN, or a resource of the template.
func (c *chainer) namesAnother(id, file string) bool {
	if !strings.HasPrefix(id, "${") {
		return true
	}
	return slices.ContainsFunc(c.subjects, func(s *subject) bool { return c.standsFor(id, file, s) }) || strings.HasPrefix(id, "${GetAtt:")
}

// inAccount reports whether a principal may be in an account that a file names. Files
// of which nothing tells the account are taken to be for the same one.
func (c *chainer) inAccount(account, file string, s *subject) (possible, unknown bool) {
	theirs, own := c.accounts[file], c.accounts[s.File]
	switch {
	case account == ownAccount:
		return !c.apart(file, s.File), false
	case len(own) > 0:
		return own[account], false
	case theirs[account]:
		return true, false
	}
	return true, true
}

// apart reports whether two files are for different accounts.
func (c *chainer) apart(a, b string) bool {
	one, other := c.accounts[a], c.accounts[b]
	return len(one) > 0 && len(other) > 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(one)), func(id string) bool { return other[id] })
}

// deniesAssuming reports whether policies of the principal deny it to assume a
// role, whatever the request: then a trust policy that names it does not help.
func (c *chainer) deniesAssuming(s *subject, role *subject) bool {
	for _, p := range s.policies {
		for _, d := range p.statements {
			if d.Effect == document.Deny && len(d.Conditions) == 0 && d.denies(byRole) && c.aboutRole(d, role) {
				return true
			}
		}
	}
	return false
}

// boundaryStops reports whether the boundary of a principal is known, and does not
// let it assume a role: then a trust policy that names it does not help. Source: IAM
// User Guide, "Permissions boundaries for IAM entities".
func (c *chainer) boundaryStops(s, role *subject) bool {
	limit := c.boundary(s)
	return limit != nil && !slices.ContainsFunc(limit.statements, func(st *statement) bool {
		if !st.allows() || !st.denies(byRole) { // it is about the action
			return false
		}
		return len(st.NotResources) > 0 || slices.ContainsFunc(st.Resources, func(resource string) bool {
			return everyResource(resource) || c.mayStandFor(resource, limit.file, role)
		})
	})
}

// passedOn is the step of passing a role to a service that runs code.
func (c *chainer) passedOn(climbs *climber, role *subject) (link, bool) {
	if climbs == nil {
		return link{}, false
	}
	ways := climbs.facts.ways["escalation-pass-role"]
	for i := range ways {
		var by *statement
		for _, e := range c.trust[role] {
			if e.principal.Kind == "Service" && e.by(byRole) && runsCodeFor(&ways[i], e.principal.ID) {
				by = e.statement
				break
			}
		}
		if by == nil {
			continue
		}
		for _, h := range climbs.hits(&ways[i]) {
			if !c.reaches(h.first, role) {
				continue
			}
			path := steps(unique(append([]*grant{h.first}, h.steps...)))
			for j := range path {
				path[j].Principal = principalText(climbs.subject)
			}
			open := slices.ContainsFunc(append([]*grant{h.first}, h.steps...), func(g *grant) bool { return slices.ContainsFunc(g.conditions, demandsMore) })
			return link{to: role, passed: h.gains.String(), open: open, steps: append(path, c.step(role, by, []string{byRole.String()}, by.Conditions))}, true
		}
	}
	return link{}, false
}

// demandsMore is for a condition that limits, and is not just about the service
// that a role is passed to.
func demandsMore(c document.Condition) bool {
	return !strings.EqualFold(c.Key, passedToService) && limits(c)
}

// controlPlanes are services that roles are passed to which run no code with
// them. Source: Amazon EKS User Guide, "Amazon EKS cluster IAM role".
var controlPlanes = []string{"eks.amazonaws.com"}

// runsCodeFor reports whether a role that lets a service in is one that the way
// can use.
func runsCodeFor(w *route, service string) bool {
	service = strings.TrimSuffix(strings.ReplaceAll(service, "${AWS::URLSuffix}", "amazonaws.com"), ".cn")
	return slices.ContainsFunc(w.services, func(one string) bool { return one == service && !slices.Contains(controlPlanes, one) })
}

// reaches reports whether a grant is about a role, and no Deny takes that away
// whatever the request.
func (c *chainer) reaches(g *grant, role *subject) bool {
	c.spend(2*len(g.resources) + len(g.denies))
	if !slices.ContainsFunc(g.resources, func(resource string) bool {
		return everyResource(resource) || c.mayStandFor(resource, g.policy.file, role)
	}) {
		return false
	}
	if slices.ContainsFunc(g.NotResources, func(resource string) bool { return c.standsFor(resource, g.policy.file, role) }) {
		return false
	}
	return !slices.ContainsFunc(g.denies, func(d *statement) bool {
		return len(d.Conditions) == 0 && len(d.When) == 0 && c.aboutRole(d, role)
	})
}

// aboutRole reports whether a statement is about a role, for certain.
func (c *chainer) aboutRole(d *statement, role *subject) bool {
	if len(d.NotResources) > 0 {
		return !slices.ContainsFunc(d.NotResources, func(resource string) bool {
			return everyResource(resource) || c.mayStandFor(resource, d.policy.file, role)
		})
	}
	return slices.ContainsFunc(d.Resources, func(resource string) bool {
		return everyResource(resource) || c.standsFor(resource, d.policy.file, role)
	})
}

// step is one statement of a principal as a step.
func (c *chainer) step(of *subject, s *statement, actions []string, demands []document.Condition) PathStep {
	step := PathStep{Principal: principalText(of), Policy: s.policy.name, Statement: s.Label(), Actions: actions, Resources: append([]string{}, s.Resources...), Location: s.location()}
	for _, d := range demands {
		step.Conditions = append(step.Conditions, d.String())
	}
	return step
}

func principalText(s *subject) string { return cmp.Or(string(s.Kind), "principal") + " " + s.Name }
