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
		Remedy: "remove one of the steps: name other roles to assume or pass, or fewer principals in the trust policies", set: findChains}}
}

// Bounds on chains: of more roles in a row, and after more comparisons than that,
// the rest is not followed, which a note says.
const (
	maxHops  = 8
	maxLinks = 200_000
)

// link is one step of a chain.
type link struct {
	role  *subject
	steps []PathStep
	// passed is how: through a service, or "" by sts:AssumeRole.
	service string
	// open says that a condition decides, which is unknown.
	conditional bool
}

// chainer follows chains.
type chainFinder struct {
	*run
	assumeNeed int // the need that sts:AssumeRole is
	links      map[*subject][]link
	roles      []*subject
	rules      []Rule
	remaining  int
	// trust are the ways in of each role, accounts those that are a file's own.
	trustEntries map[*subject][]entry
	accounts     map[string]map[string]bool
	// allowed is what each may, see mayOf.
	allowed map[*subject]map[*authz.Action][]actionGrant
	leads   map[*authz.Action]bool // see partOfChain
}

// chain is a way to a subject, with all that came before.
type chain struct {
	subject  *subject
	previous *chain // nil at the start
	link     link
	hops     int
}

func findChains(r *run) {
	c := &chainFinder{run: r, links: map[*subject][]link{}, remaining: maxLinks, rules: escalationRules(), trustEntries: map[*subject][]entry{}, accounts: r.ownAccounts(), allowed: map[*subject]map[*authz.Action][]actionGrant{}, leads: map[*authz.Action]bool{}, assumeNeed: -1}
	for _, i := range loadEscalations.Get().needsMatching(assumeRole.String()) {
		c.assumeNeed = i
	}
	for _, s := range r.subjects {
		if s.Kind == document.RoleKind && s.trust != nil {
			c.roles = append(c.roles, s)
			c.trustEntries[s] = r.entries(s.trust)
		}
	}
	if len(c.roles) == 0 {
		return
	}
	for _, s := range r.subjects {
		if s.Kind == document.PolicyKind || c.isAdministrator(s) || s.Kind == document.GroupKind && c.hasMembers(s) {
			continue
		}
		c.reportChains(s)
	}
	if c.remaining < 0 {
		r.limitNotes[fmt.Sprintf("%d roles are too many to follow every chain, so some chains may be missing", len(c.roles))] = true
	}
}

// hasMembers reports whether users of the set are in a group: then they are whom
// it is about.
func (c *chainFinder) hasMembers(group *subject) bool {
	return slices.ContainsFunc(c.subjects, func(s *subject) bool { return slices.Contains(s.Groups, group.Name) })
}

// from reports the chains of a principal: those to what gives it most.
func (c *chainFinder) reportChains(start *subject) {
	known := map[*subject]bool{start: true}
	all := []*chain{{subject: start}}
	for i := 0; i < len(all); i++ {
		at := all[i]
		if at.hops == maxHops {
			c.limitNotes[fmt.Sprintf("%s %s: chains of more than %d roles are not followed", start.Kind, start.Name, maxHops)] = true
			continue
		}
		if i > 0 && c.isAdministrator(at.subject) {
			continue // there is no more
		}
		for _, l := range c.linksOf(at.subject) {
			c.remaining--
			c.spend(4)
			if known[l.role] || c.remaining < 0 {
				continue
			}
			known[l.role] = true
			all = append(all, &chain{subject: l.role, previous: at, link: l, hops: at.hops + 1})
		}
	}
	// The last first: what a longer chain gives says the shorter one too.
	reported := map[*chain]Severity{}
	var findings []Finding
	for i := len(all) - 1; i > 0; i-- {
		end := all[i]
		got := c.gainAt(end)
		if got.severity == 0 || reported[end] >= got.severity {
			continue
		}
		for at := end.previous; at != nil; at = at.previous {
			reported[at] = max(reported[at], got.severity)
		}
		findings = append(findings, c.finding(start, end, got))
	}
	slices.Reverse(findings)
	for _, f := range findings {
		c.reportSubject(start, f)
	}
}

// finding says a chain.
func (c *chainFinder) finding(start *subject, end *chain, got chainGain) Finding {
	var hops []*chain
	for at := end; at.previous != nil; at = at.previous {
		hops = append(hops, at)
	}
	slices.Reverse(hops)
	f := Finding{Severity: got.severity, Actions: got.actions}
	var how []string
	conditional := false
	for _, at := range hops {
		f.Path = append(f.Path, at.link.steps...)
		f.Resources = append(f.Resources, roleResource(at.subject))
		text := "assumes " + at.subject.Name
		if at.link.service != "" {
			text = "passes " + at.subject.Name + " to " + at.link.service
		}
		how = append(how, text)
		conditional = conditional || at.link.conditional
	}
	f.Path = append(f.Path, got.steps...)
	first := f.Path[0]
	f.Policy, f.Statement, f.Location = first.Policy, first.Statement, first.Location
	f.Message = sentencef("%s %s can get the permissions of role %s: it %s; that gives it %s", string(start.Kind), start.Name, end.subject.Name, strings.Join(how, ", which "), got.description)
	if conditional {
		f.Message = f.Message.append(PlainSentence(", if the conditions on the way hold"))
		f.Severity = max(f.Severity-1, Info)
	}
	return f
}

// roleResource is a role as a resource: its ARN, as far as it is known.
func roleResource(s *subject) string { return "role/" + s.Name }

// linksOf are the roles that a principal can get at by itself.
func (c *chainFinder) linksOf(s *subject) []link {
	if found, known := c.links[s]; known {
		return found
	}
	c.links[s] = nil
	if c.remaining < 0 {
		return nil
	}
	var found []link
	grants := c.principalGrants(s)
	for _, role := range c.roles {
		c.remaining--
		c.spend(20)
		if role == s {
			continue
		}
		if l, ok := c.assumeLink(s, grants, role); ok {
			found = append(found, l)
			continue
		}
		if l, ok := c.passLink(grants, role); ok {
			found = append(found, l)
		}
	}
	// What is certain first, so that a chain goes by it.
	slices.SortStableFunc(found, func(a, b link) int { return boolToInt(a.conditional) - boolToInt(b.conditional) })
	c.links[s] = found
	return found
}

// assumed is the step of assuming a role. The role's trust policy must let the
// principal in; when it lets in an account, the principal's own policies must
// allow it too.
//
// Source: IAM User Guide, "Policy evaluation logic" and "Granting a user
// permissions to switch roles".
func (c *chainFinder) assumeLink(s *subject, grants *principalGrants, role *subject) (link, bool) {
	if s.Kind == document.GroupKind && grants == nil {
		return link{}, false // a group is not a principal: only its policies say something
	}
	var ownGrant *grant
	if grants != nil && c.assumeNeed >= 0 {
		for _, g := range grants.grants(c.assumeNeed) {
			if c.reaches(g, role) && (ownGrant == nil || len(g.conditions) < len(ownGrant.conditions)) {
				ownGrant = g
			}
		}
	}
	var best *link
	for _, e := range c.trustEntries[role] {
		if !e.canUse(assumeRole) || e.principal.Kind != "AWS" {
			continue
		}
		byName, possible, unknown := c.matchesEntry(&e, s)
		if !possible || ownGrant == nil && (!byName || c.inDifferentAccounts(s.File, role.File) || c.boundaryStops(s, role) || c.deniesAssuming(s, role)) {
			continue
		}
		l := link{role: role, conditional: unknown || len(e.requirements) > 0 || len(e.When) > 0}
		if ownGrant == nil { // a boundary that is unknown may not let it
			l.conditional = l.conditional || s.Boundary != "" && c.boundary(s) == nil
		} else {
			step := c.step(s, ownGrant.statement, []string{assumeRole.String()}, ownGrant.conditions)
			step.Resources = ownGrant.resources
			l.steps = append(l.steps, step)
			l.conditional = l.conditional || slices.ContainsFunc(ownGrant.conditions, limits) || len(ownGrant.When) > 0
		}
		l.steps = append(l.steps, c.step(role, e.statement, []string{assumeRole.String()}, e.requirements))
		if best == nil || best.conditional && !l.conditional {
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
func (c *chainFinder) matchesEntry(e *entry, s *subject) (byName, possible, unknown bool) {
	id := e.principal.ID
	for _, demand := range e.requirements {
		if strings.EqualFold(demand.Key, "aws:PrincipalArn") && e.requiresNamedValue(demand) && !slices.ContainsFunc(demand.Values, func(v string) bool { return c.mayReferTo(v, e.policy.file, s) }) {
			return false, false, false
		}
	}
	switch account := accountOf(id); {
	case id == "*":
		return false, true, false // that it lets in everyone is for trust-anyone to say
	case isWhole(id):
		possible, unknown := c.mayBeInAccount(account, e.policy.file, s)
		return false, possible, unknown
	case c.refersTo(id, e.policy.file, s):
		return s.Kind != document.GroupKind, s.Kind != document.GroupKind, false
	case c.namesAnotherPrincipal(id, e.policy.file):
		return false, false, false
	}
	// A text of the template that is known at deployment only.
	return false, strings.HasPrefix(id, "${") && s.Kind != document.GroupKind, true
}

// namesAnother reports whether a text names something that is known and is not
// the principal: an ARN, or a resource of the template.
func (c *chainFinder) namesAnotherPrincipal(id, file string) bool {
	if !strings.HasPrefix(id, "${") {
		return true
	}
	return slices.ContainsFunc(c.subjects, func(s *subject) bool { return c.refersTo(id, file, s) }) || strings.HasPrefix(id, "${GetAtt:")
}

// inAccount reports whether a principal may be in an account that a file names. Files
// of which nothing tells the account are taken to be for the same one.
func (c *chainFinder) mayBeInAccount(account, file string, s *subject) (possible, unknown bool) {
	theirs, own := c.accounts[file], c.accounts[s.File]
	switch {
	case account == ownAccount:
		return !c.inDifferentAccounts(file, s.File), false
	case len(own) > 0:
		return own[account], false
	case theirs[account]:
		return true, false
	}
	return true, true
}

// apart reports whether two files are for different accounts.
func (c *chainFinder) inDifferentAccounts(a, b string) bool {
	first, second := c.accounts[a], c.accounts[b]
	return len(first) > 0 && len(second) > 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(first)), func(id string) bool { return second[id] })
}

// deniesAssuming reports whether policies of the principal deny it to assume a
// role, whatever the request: then a trust policy that names it does not help.
func (c *chainFinder) deniesAssuming(s *subject, role *subject) bool {
	for _, p := range s.policies {
		for _, d := range p.statements {
			if d.Effect == document.Deny && len(d.Conditions) == 0 && d.deniesAction(assumeRole) && c.appliesToRole(d, role) {
				return true
			}
		}
	}
	return false
}

// boundaryStops reports whether the boundary of a principal is known, and does not
// let it assume a role: then a trust policy that names it does not help. Source: IAM
// User Guide, "Permissions boundaries for IAM entities".
func (c *chainFinder) boundaryStops(s, role *subject) bool {
	limit := c.boundary(s)
	return limit != nil && !slices.ContainsFunc(limit.statements, func(st *statement) bool {
		if !st.allows() || !st.deniesAction(assumeRole) { // it is about the action
			return false
		}
		return len(st.NotResources) > 0 || slices.ContainsFunc(st.Resources, func(resource string) bool {
			return everyResource(resource) || c.mayReferTo(resource, limit.file, role)
		})
	})
}

// passedOn is the step of passing a role to a service that runs code.
func (c *chainFinder) passLink(grants *principalGrants, role *subject) (link, bool) {
	if grants == nil {
		return link{}, false
	}
	routes := grants.facts.routes["escalation-pass-role"]
	for i := range routes {
		var trustStatement *statement
		for _, e := range c.trustEntries[role] {
			if e.principal.Kind == "Service" && e.canUse(assumeRole) && runsCodeFor(&routes[i], e.principal.ID) {
				trustStatement = e.statement
				break
			}
		}
		if trustStatement == nil {
			continue
		}
		for _, h := range grants.hits(&routes[i]) {
			if !c.reaches(h.first, role) {
				continue
			}
			path := pathSteps(unique(append([]*grant{h.first}, h.steps...)))
			for j := range path {
				path[j].Principal = principalText(grants.subject)
			}
			open := slices.ContainsFunc(append([]*grant{h.first}, h.steps...), func(g *grant) bool { return slices.ContainsFunc(g.conditions, limitsBeyondService) })
			return link{role: role, service: h.gains.String(), conditional: open, steps: append(path, c.step(role, trustStatement, []string{assumeRole.String()}, trustStatement.Conditions))}, true
		}
	}
	return link{}, false
}

// demandsMore is for a condition that limits, and is not just about the service
// that a role is passed to.
func limitsBeyondService(c document.Condition) bool {
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
func (c *chainFinder) reaches(g *grant, role *subject) bool {
	c.spend(2*len(g.resources) + len(g.denies))
	if !slices.ContainsFunc(g.resources, func(resource string) bool {
		return everyResource(resource) || c.mayReferTo(resource, g.policy.file, role)
	}) {
		return false
	}
	if slices.ContainsFunc(g.NotResources, func(resource string) bool { return c.refersTo(resource, g.policy.file, role) }) {
		return false
	}
	return !slices.ContainsFunc(g.denies, func(d *statement) bool {
		return len(d.Conditions) == 0 && len(d.When) == 0 && c.appliesToRole(d, role)
	})
}

// aboutRole reports whether a statement is about a role, for certain.
func (c *chainFinder) appliesToRole(d *statement, role *subject) bool {
	if len(d.NotResources) > 0 {
		return !slices.ContainsFunc(d.NotResources, func(resource string) bool {
			return everyResource(resource) || c.mayReferTo(resource, d.policy.file, role)
		})
	}
	return slices.ContainsFunc(d.Resources, func(resource string) bool {
		return everyResource(resource) || c.refersTo(resource, d.policy.file, role)
	})
}

// step is one statement of a principal as a step.
func (c *chainFinder) step(subject *subject, s *statement, actions []string, conditions []document.Condition) PathStep {
	step := PathStep{Principal: principalText(subject), Policy: s.policy.name, Statement: s.Label(), Actions: actions, Resources: append([]string{}, s.Resources...), Location: s.location()}
	for _, d := range conditions {
		step.Conditions = append(step.Conditions, d.String())
	}
	return step
}

func principalText(s *subject) string { return cmp.Or(string(s.Kind), "principal") + " " + s.Name }
