// Permissions that are gained and lost, shortened: what a reader must not miss
// is listed, and the other actions are counted by access level.

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/terminal"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/diff"
)

// shortPermissions formats a result and counts the actions of each access level.
// It lists what neverCounted names and, for principals that are not new, gained
// actions of the level least or above. Principals with listed grants come first,
// and gains come before losses.
func shortPermissions(result diff.Result, words sideWords, least diff.Level) string {
	var first, rest strings.Builder
	for _, group := range groupPrincipals(result.Principals) {
		p := group[0]
		gained, lost := shortenGrants(p, p.Gained, least), shortenGrants(p, p.Lost, neverListed)
		b := &rest
		if len(gained.listed)+len(lost.listed) > 0 {
			b = &first
		}
		writeHeads(b, words, group)
		gained.write(b, "+")
		lost.write(b, "-")
	}
	return first.String() + rest.String()
}

// neverListed is above every level.
const neverListed = authz.PermissionsManagement + 1

// writeHeads writes the names of principals with the same changes.
func writeHeads(b *strings.Builder, words sideWords, group []diff.Principal) {
	for i, p := range group {
		line := principalLine(p, words)
		if i > 0 {
			line = "and " + line
		}
		b.WriteString(terminal.Wrap(line, "", "  "))
	}
}

// shortened are grants, some of which are only counted.
type shortened struct{ listed, counted []diff.Grant }

func shortenGrants(p diff.Principal, grants []diff.Grant, least diff.Level) (s shortened) {
	isListed := func(a diff.Action) bool {
		level, known := authz.ParseLevel(a.AccessLevel)
		return p.Status != diff.New && least != neverListed && (!known || level >= least)
	}
	for _, grant := range grants {
		if neverCounted(p, grant) {
			s.listed = append(s.listed, grant)
			continue
		}
		listed, counted := grant, grant
		listed.Actions, counted.Actions = nil, nil
		for _, action := range grant.Actions {
			if isListed(action) {
				listed.Actions = append(listed.Actions, action)
			} else {
				counted.Actions = append(counted.Actions, action)
			}
		}
		if len(listed.Actions) > 0 {
			s.listed = append(s.listed, listed)
		}
		if len(counted.Actions) > 0 {
			s.counted = append(s.counted, counted)
		}
	}
	slices.SortStableFunc(s.listed, func(a, b diff.Grant) int { return cmp.Compare(grantRank(p, a), grantRank(p, b)) })
	return s
}

// neverCounted reports whether a grant is listed in every text: it changes who
// has permissions or what limits them, or it has no list of actions, such as an
// attached policy. Of a removed principal, only the second kind is listed.
func neverCounted(p diff.Principal, g diff.Grant) bool {
	return len(g.Actions) == 0 || p.Status != diff.Removed && changesLimits(g)
}

// changesLimits reports whether a grant is about a trust policy, a permissions
// boundary, a denial, or the principals of a resource policy.
func changesLimits(g diff.Grant) bool {
	return g.Trust || g.Boundary || g.Change != "" || len(g.Principals)+len(g.NotPrincipals) > 0
}

// grantRank sorts grants that change limits before others.
func grantRank(p diff.Principal, g diff.Grant) int {
	if p.Status != diff.Removed && changesLimits(g) {
		return 0
	}
	return 1
}

func (s shortened) write(b *strings.Builder, sign string) {
	for _, grant := range s.listed {
		b.WriteString(grantText(sign, grant, false))
	}
	counts := levelCounts(s.counted)
	switch {
	case counts != "" && len(s.listed) > 0:
		fmt.Fprintf(b, "  %s others: %s\n", sign, counts)
	case counts != "":
		fmt.Fprintf(b, "  %s %s\n", sign, counts)
	}
}

// OmitsPermissions reports whether the text with this limit only counts some of the
// permissions.
func (p Plan) OmitsPermissions(limit int) bool {
	return limit > 0 && countActions(p.Permissions) > limit && slices.ContainsFunc(p.Permissions.Principals, func(principal diff.Principal) bool {
		gained := shortenGrants(principal, principal.Gained, authz.PermissionsManagement)
		return len(gained.counted) > 0 || len(shortenGrants(principal, principal.Lost, neverListed).counted) > 0
	})
}

// Alerts returns a sentence for each change that can give permissions to anyone
// outside of the account, or that removes a permissions boundary.
func (p Plan) Alerts() (all []string) {
	for _, principal := range p.Permissions.Principals {
		name := principal.Kind + " " + escapeLine(principal.Name)
		if principal.Status == diff.Removed {
			continue
		}
		isBoundary := func(g diff.Grant) bool { return g.Boundary && g.Effect == "" }
		i := slices.IndexFunc(principal.Gained, isBoundary)
		if i >= 0 && !slices.ContainsFunc(principal.Lost, isBoundary) {
			all = append(all, name+" would lose its permissions boundary "+escapeLine(principal.Gained[i].Policy))
		}
		if outside := trustedOutside(principal.Gained, p.Account); len(outside) > 0 {
			all = append(all, name+" would trust principals outside of account "+p.Account+": "+joinFew(outside, maxNames))
		}
	}
	return all
}

// trustedOutside returns the principals in the gained grants of a trust policy
// that are outside of an account. A principal whose account is unknown does not
// count.
func trustedOutside(gained []diff.Grant, account string) (names []string) {
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, grant := range gained {
		if !grant.Trust || grant.Effect != "Allow" || account == "" {
			continue
		}
		for _, principal := range grant.Principals {
			if isOutside(principal, account) {
				add(principal)
			}
		}
		if len(grant.NotPrincipals) > 0 {
			add("all principals except " + joinFew(grant.NotPrincipals, maxNames))
		}
	}
	return names
}

// isOutside reports whether a principal, such as "AWS 111122223333", is certainly
// outside of an account. AWS services count as inside, and identity providers
// that are not resources of an account, such as accounts.google.com, as outside.
func isOutside(principal, account string) bool {
	kind, id, _ := strings.Cut(principal, " ")
	owner, a := id, arn.ParsePattern(id)
	isARN := a.Parts == 6 && a.Prefix == "arn"
	if isARN {
		owner = a.Account
	}
	switch {
	case kind == "AWS" && id == "*":
		return true
	case kind == "Federated" && !isARN:
		return !strings.Contains(id, "${")
	case kind == "AWS" || kind == "Federated":
		return arn.IsAccount(owner) && owner != account
	}
	return false
}
