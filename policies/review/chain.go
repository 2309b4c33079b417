// Role chains: sequences of roles that a principal can reach, each by assuming
// it or by passing it to a service that runs code with it.
//
// As in the other escalation rules, anything unknown counts as allowed:
// conditions of trust policies and of other statements are assumed to hold. A
// finding names these conditions, and has a lower severity if they limit a
// step. A permission under a condition counts as less than the same permission
// without one.
//
// The roles may come from several files. A reference, such as !Ref, points to a
// resource of the file that contains the reference. A file whose account cannot
// be determined is assumed to belong to the same account as every other file.

package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

const chainRuleID = "escalation-chain"

func chainRules() []Rule {
	return []Rule{{ID: chainRuleID, Severity: High, Reference: userGuide + "id_roles_terms-and-concepts.html",
		Risk:   "a principal can get more permissions through a chain of roles that can be assumed or passed",
		Remedy: "break one step of the chain: name fewer roles that can be assumed or passed, or fewer principals in a trust policy", set: findChains}}
}

// Limits on chains: a chain has at most maxHops roles after its start, and
// longer chains are not followed. The search makes at most maxLinks comparisons
// and then ends. In either case, a note says so.
const (
	maxHops  = 8
	maxLinks = 200_000
)

type link struct {
	role  *subject
	steps []PathStep
	// service is the service that the role is passed to, or "" if the role is
	// assumed.
	service string
	// conditional reports whether it is uncertain that the step is possible:
	// because of a condition, a name that is known only at deployment, or a
	// boundary whose content is unknown.
	conditional bool
	// unmetKeys has the keys of conditions that no request meets. Such a link is also
	// conditional.
	unmetKeys []string
}

type chainFinder struct {
	*run
	assumeNeed int // index of sts:AssumeRole among the needs of the escalation routes, or -1
	links      map[*subject][]link
	roles      []*subject
	rules      []Rule
	remaining  int // how many of the maxLinks comparisons remain
	// trustEntries has the trust policy entries of each role; accounts has, for
	// each file, the accounts that it is known to belong to.
	trustEntries map[*subject][]entry
	accounts     map[string]map[string]bool
	// allowed caches allowedActions.
	allowed map[*subject]map[*authz.Action][]actionGrant
	leads   map[*authz.Action]bool // caches leadsToRole
	// granted caches grantsByAction; extra caches extraDenies.
	granted map[*policy]map[*authz.Action][]actionGrant
	extra   map[denyKey][]*statement
}

// chain is a path to a subject: its last link, and the chain before it.
type chain struct {
	subject  *subject
	previous *chain // nil at the start
	link     link
	hops     int
}

func findChains(r *run) {
	c := &chainFinder{run: r, links: map[*subject][]link{}, remaining: maxLinks, rules: escalationRules(), trustEntries: map[*subject][]entry{}, accounts: r.ownAccounts(), allowed: map[*subject]map[*authz.Action][]actionGrant{}, leads: map[*authz.Action]bool{}, granted: map[*policy]map[*authz.Action][]actionGrant{}, extra: map[denyKey][]*statement{}, assumeNeed: -1}
	for _, i := range loadEscalations.Get().needsMatching(strings.ToLower(assumeRole.String())) {
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
		r.ruleNotes[fmt.Sprintf("%d roles are too many to follow every chain, so some chains may be missing", len(c.roles))] = true
	}
}

// hasMembers reports whether a user in the set is a member of the group. If so,
// the finding is about the user instead.
func (c *chainFinder) hasMembers(group *subject) bool {
	return slices.ContainsFunc(c.subjects, func(s *subject) bool { return slices.Contains(s.Groups, group.Name) })
}

// reportChains reports the chains from a principal that add permissions, at
// most one for each role. It leaves out a chain if a longer chain with at least
// the same severity extends it.
func (c *chainFinder) reportChains(start *subject) {
	known := map[*subject]bool{start: true}
	all := []*chain{{subject: start}}
	var conditional, unmet []*chain // chains that end with a conditional link, or with one that has unmetKeys
	for i := 0; i < len(all) || len(conditional)+len(unmet) > 0; i++ {
		// Follow a conditional link only if no other chain reaches its role.
		for i == len(all) && len(conditional)+len(unmet) > 0 {
			pending := &conditional
			if len(conditional) == 0 {
				pending = &unmet
			}
			if next := (*pending)[0]; !known[next.subject] {
				known[next.subject] = true
				all = append(all, next)
			}
			*pending = (*pending)[1:]
		}
		if i == len(all) {
			break
		}
		node := all[i]
		if node.hops == maxHops {
			c.ruleNotes[fmt.Sprintf("%s %s: chains of more than %d roles are not followed", start.Kind, start.Name, maxHops)] = true
			continue
		}
		if i > 0 && c.isAdministrator(node.subject) {
			continue // no further permissions to gain
		}
		for _, l := range c.linksOf(node.subject) {
			c.remaining--
			c.spend(4)
			if known[l.role] || c.remaining < 0 {
				continue
			}
			next := &chain{subject: l.role, previous: node, link: l, hops: node.hops + 1}
			switch {
			case len(l.unmetKeys) > 0:
				unmet = append(unmet, next)
				continue
			case l.conditional:
				conditional = append(conditional, next)
				continue
			}
			known[l.role] = true
			all = append(all, next)
		}
	}
	// Start with the last chain: a chain comes after the shorter chains that it
	// extends, and a finding about it also covers them.
	reported := map[*chain]Severity{}
	var findings []Finding
	for i := len(all) - 1; i > 0; i-- {
		end := all[i]
		got := c.gainAt(end)
		if got.severity == 0 {
			continue
		}
		f := c.finding(start, end, got)
		if reported[end] >= f.Severity {
			continue
		}
		for node := end.previous; node != nil; node = node.previous {
			reported[node] = max(reported[node], f.Severity)
		}
		findings = append(findings, f)
	}
	slices.Reverse(findings)
	for _, f := range findings {
		f.Limits = stepLimits(f.Path, nil)
		c.reportSubject(start, f)
	}
}

// finding returns the finding about the chain from start to end. Its severity
// is that of the gain, or one level lower (but at least Info) if the chain has
// a conditional link. If a link has unmetKeys, the severity is at most
// maxUnmetSeverity.
func (c *chainFinder) finding(start *subject, end *chain, gain chainGain) Finding {
	var hops []*chain
	for node := end; node.previous != nil; node = node.previous {
		hops = append(hops, node)
	}
	slices.Reverse(hops)
	f := Finding{Severity: gain.severity, Actions: gain.actions}
	var hopTexts []string
	conditional := false
	var unmet []string
	for _, node := range hops {
		f.Path = append(f.Path, node.link.steps...)
		f.Resources = append(f.Resources, roleResource(node.subject))
		text := fmt.Sprintf("%s assumes role %s", principalText(node.previous.subject), node.subject.Name)
		if node.link.service != "" {
			text = fmt.Sprintf("%s passes role %s to %s", principalText(node.previous.subject), node.subject.Name, node.link.service)
		}
		hopTexts = append(hopTexts, text)
		conditional, unmet = conditional || node.link.conditional, append(unmet, node.link.unmetKeys...)
	}
	f.Path = append(f.Path, gain.steps...)
	f.When = start.templateConditions()
	exists := func(file string, conditions []string) {
		if all, possible := document.Together(f.When, c.conditionsIn(file, start.File, conditions)...); possible {
			f.When = all
		}
	}
	for _, node := range hops {
		exists(node.subject.File, node.subject.templateConditions())
	}
	for _, step := range f.Path {
		exists(step.File, step.when)
	}
	first := f.Path[0]
	f.Policy, f.Statement, f.Location = first.Policy, first.Statement, first.Location
	f.Message = sentencef("%s can get the permissions of role %s: %s; %s gains %s", principalText(start), end.subject.Name, strings.Join(hopTexts, "; "), principalText(start), gain.description)
	if conditional {
		f.Message = f.Message.append(PlainSentence(", if the conditions along the path hold"))
		f.Severity = max(f.Severity-1, Info)
	}
	if unmet = unique(unmet); len(unmet) > 0 {
		f.Message = f.Message.append(unmetSentence(unmet, "this is not possible"))
		f.Severity = min(f.Severity, maxUnmetSeverity)
	}
	return f
}

// conditionsIn prepares template conditions of a file for comparison with those
// of a second file. If both are the same file, it returns the conditions
// unchanged, and otherwise as [document.Set.ConditionsIn] returns them.
func (c *chainFinder) conditionsIn(file, other string, conditions []string) []string {
	if file == other {
		return conditions
	}
	return c.set.ConditionsIn(file, conditions)
}

// conditionsWith returns the template conditions that hold in each stack that
// has a principal and a role, in a form to compare with those of the
// principal's file.
func (c *chainFinder) conditionsWith(s, role *subject) []string {
	return append(s.templateConditions(), c.conditionsIn(role.File, s.File, role.templateConditions())...)
}

// roleResource returns the role as a resource. Only the name is known, not the
// whole ARN.
func roleResource(s *subject) string { return "role/" + s.Name }

// linksOf returns the links to the roles that a principal can reach in one
// step, or nil if the comparisons are used up.
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
	// Unconditional links first, so that a chain prefers them.
	slices.SortStableFunc(found, func(a, b link) int { return boolToInt(a.conditional) - boolToInt(b.conditional) })
	c.links[s] = found
	return found
}

// passLink returns the link in which the principal passes the role to a service
// that runs code with it; false if there is none.
func (c *chainFinder) passLink(grants *principalGrants, role *subject) (link, bool) {
	if grants == nil {
		return link{}, false
	}
	var found link // the first link with unmetKeys; returned if every link has unmetKeys
	ok := false
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
		for _, h := range grants.occurrences(&routes[i]) {
			if !c.mayReach(h.first, role) || ok && len(h.unmetKeys) > 0 {
				continue
			}
			path := pathSteps(unique(append([]*grant{h.first}, h.steps...)))
			for j := range path {
				path[j].Principal = principalText(grants.subject)
			}
			conditional := slices.ContainsFunc(append([]*grant{h.first}, h.steps...), (*grant).isLimitedBeyondService)
			found, ok = link{role: role, service: h.gains.String(), conditional: conditional || len(h.unmetKeys) > 0, unmetKeys: h.unmetKeys,
				steps: append(path, c.newStep(role, trustStatement, []string{assumeRole.String()}, trustStatement.Conditions))}, true
			if len(h.unmetKeys) == 0 {
				return found, true
			}
		}
	}
	return found, ok
}

// isLimitedBeyondService reports whether a condition limits the grant by
// anything other than the service that the role is passed to.
func (g *grant) isLimitedBeyondService() bool {
	return slices.ContainsFunc(g.grantedIf, func(c document.Condition) bool {
		return !strings.EqualFold(c.Key, passedToServiceKey) && g.isLimitedBy(c)
	})
}

// controlPlanes lists the services that accept a role but run no customer code
// with it. Source: Amazon EKS User Guide, "Amazon EKS cluster IAM role".
var controlPlanes = []string{"eks.amazonaws.com"}

// runsCodeFor reports whether the route runs code with a role that is passed to
// the service.
func runsCodeFor(w *route, service string) bool {
	service = strings.TrimSuffix(strings.ReplaceAll(service, "${AWS::URLSuffix}", "amazonaws.com"), ".cn")
	return slices.ContainsFunc(w.services, func(candidate string) bool { return candidate == service && !slices.Contains(controlPlanes, candidate) })
}

// mayReach reports whether a grant may cover the role: one of its resources may
// name the role. It returns false if NotResource is certain to name the role,
// or if a Deny without conditions is certain to cover the role in every stack
// that has the grant.
func (c *chainFinder) mayReach(g *grant, role *subject) bool {
	c.spend(2*len(g.grantedOn) + len(g.denies))
	if !slices.ContainsFunc(g.grantedOn, func(resource string) bool {
		return matchesEveryResource(resource) || c.mayReferTo(resource, g.policy.file, role)
	}) {
		return false
	}
	if slices.ContainsFunc(g.NotResources, func(resource string) bool { return c.refersTo(resource, g.policy.file, role) }) {
		return false
	}
	return !slices.ContainsFunc(g.denies, func(d *statement) bool {
		return len(d.Conditions) == 0 && g.existsOnlyWith(d) && c.appliesToRole(d, role)
	})
}

// appliesToRole reports whether the resources of a statement are certain to
// include the role. It does not compare actions.
func (c *chainFinder) appliesToRole(d *statement, role *subject) bool {
	if len(d.NotResources) > 0 {
		return !slices.ContainsFunc(d.NotResources, func(resource string) bool {
			return matchesEveryResource(resource) || c.mayReferTo(resource, d.policy.file, role)
		})
	}
	return slices.ContainsFunc(d.Resources, func(resource string) bool {
		return matchesEveryResource(resource) || c.refersTo(resource, d.policy.file, role)
	})
}

func (c *chainFinder) newStep(subject *subject, s *statement, actions []string, conditions []document.Condition) PathStep {
	step := PathStep{Principal: principalText(subject), Policy: s.policy.name, Trust: s.policy.kind == trustPolicy, Statement: s.Label(), Actions: actions, Resources: append([]string{}, s.Resources...), Location: s.location()}
	step.limitTo(s, conditions)
	return step
}

func principalText(s *subject) string { return cmp.Or(string(s.Kind), "principal") + " " + s.Name }
