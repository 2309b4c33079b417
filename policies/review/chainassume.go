// The steps of a role chain in which a principal assumes a role.

package review

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// assumeLink returns the link in which the principal assumes the role; false if
// there is none. The role's trust policy must allow the principal. The trust
// policy is enough if it names the principal itself, the principal and the role
// are in the same account, and neither the principal's boundary nor a Deny stops
// the call. Otherwise the principal's own policies must allow the call too.
//
// Source: IAM User Guide, "Policy evaluation logic" and "Granting a user
// permissions to switch roles".
func (c *chainFinder) assumeLink(s *subject, grants *principalGrants, role *subject) (link, bool) {
	if s.Kind == document.GroupKind && grants == nil {
		return link{}, false // a group is not a principal, so only its own policies count
	}
	var ownGrant *grant
	if grants != nil && c.assumeNeed >= 0 {
		for _, g := range grants.grants(c.assumeNeed) {
			if c.mayReach(g, role) && (ownGrant == nil || cmp.Or(boolToInt(c.isConditional(g, s, role))-boolToInt(c.isConditional(ownGrant, s, role)), min(len(g.unmetKeys()), 1)-min(len(ownGrant.unmetKeys()), 1), len(g.grantedIf)-len(ownGrant.grantedIf)) < 0) {
				ownGrant = g
			}
		}
	}
	var closest *link
	for _, e := range c.trustEntries[role] {
		if !e.canUse(assumeRole) || e.principal.Kind != "AWS" {
			continue
		}
		byName, possible, unknown := c.matchesEntry(&e, s)
		if !possible || ownGrant == nil && (!byName || c.inDifferentAccounts(s.File, role.File) || c.boundaryStops(s, role) || c.deniesAssuming(s, role, &e)) {
			continue
		}
		l := link{role: role, conditional: unknown || len(e.requirements) > 0 || !document.Implies(c.conditionsWith(s, role), c.conditionsIn(role.File, s.File, e.When))}
		if ownGrant == nil { // a boundary whose content is unknown might not allow the call
			l.conditional = l.conditional || s.Boundary != "" && c.boundary(s) == nil
		} else {
			step := c.newStep(s, ownGrant.statement, []string{assumeRole.String()}, ownGrant.grantedIf)
			if ownGrant.boundary != nil {
				step.boundary = statementLimits(c.asWritten(ownGrant.boundary.Statement))
			}
			step.Resources = ownGrant.grantedOn
			l.steps = append(l.steps, step)
			l.conditional, l.unmetKeys = l.conditional || c.isConditional(ownGrant, s, role), ownGrant.unmetKeys()
		}
		l.steps = append(l.steps, c.newStep(role, e.statement, []string{assumeRole.String()}, e.requirements))
		l.unmetKeys = append(l.unmetKeys, c.unmetKeys(e.statement)...)
		l.conditional = l.conditional || len(l.unmetKeys) > 0
		if closest == nil || closest.conditional && !l.conditional || len(closest.unmetKeys) > 0 && len(l.unmetKeys) == 0 {
			closest = &l
		}
	}
	if closest == nil {
		return link{}, false
	}
	return *closest, true
}

// isConditional reports whether a condition limits what the grant gains or is never
// met, or whether some stack that has the principal and the role lacks the grant.
func (c *chainFinder) isConditional(g *grant, s, role *subject) bool {
	return g.conditionReduction() > 0 || len(g.unmetKeys()) > 0 || !document.Implies(c.conditionsWith(s, role), g.When)
}

// matchesEntry compares a trust policy entry with a principal of the set.
// possible means that the entry matches, or may match. unknown means that it is
// uncertain whether the entry matches. byName means that the entry names the
// principal itself, not its account.
func (c *chainFinder) matchesEntry(e *entry, s *subject) (byName, possible, unknown bool) {
	id := e.principal.ID
	for _, requirement := range e.requirements {
		if strings.EqualFold(requirement.Key, "aws:PrincipalArn") && e.requiresNamedValue(requirement) && !slices.ContainsFunc(requirement.Values, func(v string) bool { return c.mayReferTo(v, e.policy.file, s) }) {
			return false, false, false
		}
	}
	switch account := accountOf(id); {
	case id == "*":
		return false, true, false // not by name, because trust-anyone reports entries for everyone
	case isWholeAccount(id):
		possible, unknown := c.mayBeInAccount(account, e.policy.file, s)
		return false, possible, unknown
	case c.refersTo(id, e.policy.file, s):
		return s.Kind != document.GroupKind, s.Kind != document.GroupKind, false
	case strings.HasPrefix(id, "arn:") && c.mayReferTo(id, e.policy.file, s):
		return s.Kind != document.GroupKind, s.Kind != document.GroupKind, true
	case c.namesAnotherPrincipal(id, e.policy.file):
		return false, false, false
	}
	// The principal is a template expression that is known only at deployment.
	return false, strings.HasPrefix(id, "${") && s.Kind != document.GroupKind, true
}

// namesAnotherPrincipal reports whether a text that does not name the principal
// certainly names another one: the text does not begin with a template
// expression, or refers to a resource of the template.
func (c *chainFinder) namesAnotherPrincipal(id, file string) bool {
	if !strings.HasPrefix(id, "${") {
		return true
	}
	return slices.ContainsFunc(c.subjects, func(s *subject) bool { return c.refersTo(id, file, s) }) || strings.HasPrefix(id, "${GetAtt:")
}

// mayBeInAccount compares the account of a principal with an account that a
// file names. possible means that the principal is, or may be, in that account.
// unknown means that this cannot be determined. The file and the principal's
// file are assumed to belong to the same account unless their accounts are
// known to differ.
func (c *chainFinder) mayBeInAccount(account, file string, s *subject) (possible, unknown bool) {
	policyAccounts, subjectAccounts := c.accounts[file], c.accounts[s.File]
	switch {
	case account == ownAccount:
		return !c.inDifferentAccounts(file, s.File), false
	case len(subjectAccounts) > 0:
		return subjectAccounts[account], false
	case policyAccounts[account]:
		return true, false
	}
	return true, true
}

// inDifferentAccounts reports whether two files are certain to belong to
// different accounts.
func (c *chainFinder) inDifferentAccounts(a, b string) bool {
	first, second := c.accounts[a], c.accounts[b]
	return len(first) > 0 && len(second) > 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(first)), func(id string) bool { return second[id] })
}

// deniesAssuming reports whether a policy of the principal denies assuming the
// role in every request, in every stack that has the principal, the role and
// the entry of the trust policy. If so, it is not enough that this entry names
// the principal.
func (c *chainFinder) deniesAssuming(s, role *subject, e *entry) bool {
	exists := append(c.conditionsWith(s, role), c.conditionsIn(role.File, s.File, e.When)...)
	for _, p := range s.policies {
		for _, d := range p.statements {
			always := len(d.Conditions) == 0 && document.Implies(exists, d.When)
			if d.Effect == document.Deny && always && d.includesAction(assumeRole) && c.appliesToRole(d, role) {
				return true
			}
		}
	}
	return false
}

// boundaryStops reports whether the principal's permissions boundary is known
// and does not allow assuming the role. If so, it is not enough that a trust
// policy names the principal.
//
// Source: IAM User Guide, "Permissions boundaries for IAM entities".
func (c *chainFinder) boundaryStops(s, role *subject) bool {
	limit := c.boundary(s)
	return limit != nil && !slices.ContainsFunc(limit.statements, func(st *statement) bool {
		if !st.allows() || !st.includesAction(assumeRole) { // a Deny, or a statement about other actions
			return false
		}
		return len(st.NotResources) > 0 || slices.ContainsFunc(st.Resources, func(resource string) bool {
			return matchesEveryResource(resource) || c.mayReferTo(resource, limit.file, role)
		})
	})
}
