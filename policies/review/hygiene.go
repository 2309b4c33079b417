// Hygiene rules: policies that work, but make mistakes more likely or leaked
// credentials useful for longer.
//
// Sources: IAM User Guide, "Security best practices in IAM", "Managed policies
// and inline policies" and "Permissions boundaries for IAM entities"; AWS
// Security Hub User Guide, control IAM.2.

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/document"
)

func hygieneRules() []Rule {
	const (
		inlinePage   = userGuide + "access_policies_managed-vs-inline.html"
		boundaryPage = userGuide + "access_policies_boundaries.html"
		usersPage    = "https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html"
	)
	return []Rule{
		{ID: "long-lived-user", Severity: Low, Reference: practicePage + "#bp-workloads-use-roles",
			Risk:   "a user's password and access keys stay valid until they are changed, so a leaked password or key gives access until then",
			Remedy: "use a role, whose credentials expire: for people, through IAM Identity Center; for programs, through an instance profile, EKS Pod Identity or an OIDC provider", subject: checkLongLivedUsers},
		{ID: "user-policy", Severity: Low, Reference: usersPage,
			Risk:   "policies that are attached to a user directly are overlooked when the user's groups are reviewed",
			Remedy: "attach the policy to a group that the user belongs to, or use a role", subject: checkUserPolicies},
		{ID: "inline-policy", Severity: Info, Reference: inlinePage,
			Risk:   "an inline policy has no versions to go back to, and does not appear in the account's list of policies",
			Remedy: "replace the inline policy with a managed policy, unless the policy must never be attached to another principal", subject: checkInlinePolicies},
		{ID: "inline-managed-overlap", Severity: Low, Reference: inlinePage,
			Risk:   "an inline and a managed policy have the same grant, so removing the grant from only one of them has no effect",
			Remedy: "keep the grant in only one of the two policies", subject: checkOverlaps},
		{ID: "missing-boundary", Severity: Low, Reference: boundaryPage,
			Risk:   "this principal has no permissions boundary, so nothing limits policies that are attached later; other principals of the review have a permissions boundary",
			Remedy: "give the principal the permissions boundary that the others have, or suppress the finding with a reason", set: checkMissingBoundaries},
	}
}

// ownPolicies returns the identity policies of a principal itself. It leaves
// out the policies of a user's groups, which package document names "group
// NAME: ...". It keeps AWS managed policies, because it is unknown whether the
// user has them from a group.
func ownPolicies(s *subject) []*policy {
	groupPolicies := map[*document.Document]bool{}
	for _, p := range s.Policies {
		groupPolicies[p.Document] = s.Kind == document.UserKind && p.IsOfGroup()
	}
	return slices.DeleteFunc(slices.Clone(s.policies), func(p *policy) bool { return p.kind != identityPolicy || groupPolicies[p.doc] })
}

func policyNames(policies []*policy) []string {
	var all []string
	for _, p := range policies {
		all = append(all, p.name)
	}
	return all
}

func checkLongLivedUsers(r *run, s *subject) {
	if s.Kind == document.UserKind {
		r.reportSubject(s, Finding{Message: sentencef("the password and access keys of user %s stay valid until they are changed, so a leaked password or key gives access until then", s.Name)})
	}
}

func checkUserPolicies(r *run, s *subject) {
	if s.Kind != document.UserKind {
		return
	}
	names := policyNames(ownPolicies(s))
	// For a user in groups, it is unknown which attached policies come from the
	// groups.
	if len(s.Groups) == 0 {
		names = append(names, s.unknownPolicies...)
	} else {
		names = slices.DeleteFunc(names, func(name string) bool {
			return slices.ContainsFunc(s.policies, func(p *policy) bool { return p.aws && p.name == name })
		})
	}
	if len(names) > 0 {
		r.reportSubject(s, Finding{Message: sentencef("user %s has directly attached policies, which a review of the user's groups does not show: %s", s.Name, nameList(names))})
	}
}

func checkInlinePolicies(r *run, s *subject) {
	if s.Kind == document.PolicyKind {
		return
	}
	inline := slices.DeleteFunc(ownPolicies(s), func(p *policy) bool { return !p.inline })
	for _, p := range inline {
		r.reportSubject(s, Finding{Policy: p.name, Location: Location{p.file, p.doc.Line, p.doc.Column},
			Message: sentencef("%s %s has the inline policy %s, which has no versions to go back to and does not appear in the account's list of policies", s.Kind, s.Name, p.name)})
	}
}

// checkOverlaps compares the inline policies of a principal with its managed
// policies: an action that both allow is redundant in one of them if one grant
// is at least as wide as the other.
func checkOverlaps(r *run, s *subject) {
	var inline, managed []*statement
	for _, p := range s.policies {
		for _, st := range p.statements {
			switch {
			case p.kind != identityPolicy || !st.allows() || len(st.Actions) == 0:
			case p.inline:
				inline = append(inline, st)
			default:
				managed = append(managed, st)
			}
		}
	}
	if len(inline) == 0 || len(managed) == 0 {
		return
	}
	b := &budget{r, fmt.Sprintf("%s and the managed policies of %s", inline[0].policy.name, s.Name), maxPairs}
	for _, in := range inline {
		var actions, covering []string
		for _, m := range managed {
			if !b.spend(1 + len(in.Actions) + len(m.Actions)) {
				return
			}
			common := b.commonActions(in, m)
			if len(common) == 0 {
				continue
			}
			r.spend(len(common))
			actions = append(actions, common...)
			covering = append(covering, m.policy.name+" "+m.Label())
		}
		if actions, covering = unique(actions), unique(covering); len(actions) > 0 {
			r.reportStatement(in, Finding{Principals: []string{s.Name}, Actions: actions, Resources: in.Resources,
				Message: sentencef("an inline policy of %s grants %s, and so does a managed policy: %s", s.Name, nameList(actions), nameList(covering))})
		}
	}
}

// commonActions returns the actions that two statements both allow, if one of
// the statements is at least as wide as the other.
func (b *budget) commonActions(x, y *statement) []string {
	var common []string
	add := func(covering, covered *statement) {
		if !b.atLeastAsWide(covering, covered) {
			return
		}
		exact := make(map[string]bool, len(covering.Actions))
		var patterns []string
		for _, a := range covering.Actions {
			exact[strings.ToLower(a)] = true
			if strings.ContainsAny(a, "*?") {
				patterns = append(patterns, a)
			}
		}
		for _, a := range covered.Actions {
			if exact[strings.ToLower(a)] || b.spend(len(patterns)) && slices.ContainsFunc(patterns, func(w string) bool { return b.r.covers(w, a, true) }) {
				if !slices.ContainsFunc(common, func(known string) bool { return strings.EqualFold(known, a) }) {
					common = append(common, a)
				}
			}
		}
	}
	add(x, y)
	add(y, x)
	return common
}

// checkMissingBoundaries reports the roles and users without a permissions
// boundary if other roles or users have one. Groups and policies cannot have a
// boundary.
func checkMissingBoundaries(r *run) {
	limitedCount := 0
	var withoutBoundary []*subject
	for _, s := range r.subjects {
		switch {
		case s.Kind != document.RoleKind && s.Kind != document.UserKind:
		case s.Boundary != "":
			limitedCount++
		default:
			withoutBoundary = append(withoutBoundary, s)
		}
	}
	if limitedCount == 0 {
		return
	}
	for _, s := range withoutBoundary {
		r.reportSubject(s, Finding{Message: sentencef("%s %s has no permissions boundary, so nothing limits policies that are attached later; other principals that have a boundary: %d", s.Kind, s.Name, limitedCount)})
	}
}
