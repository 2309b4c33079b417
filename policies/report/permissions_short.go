// Permissions that are gained and lost, shortened: what a reader must not miss
// is listed, and the other actions are counted by access level.

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/terminal"
	"capaboot/policies/authz"
	"capaboot/policies/diff"
)

// shortPermissions formats a result. It lists the grants that neverCounted
// reports. Of the other gained actions, it lists those of an unknown level, and
// those of the level least or above; for a new principal, only patterns that
// include permissions management, such as iam:*. It counts all other actions by
// access level. Principals with listed grants come first, and gains come before
// losses.
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

// neverListed is a level above all others: if least is neverListed, no action
// is listed.
const neverListed = authz.PermissionsManagement + 1

func writeHeads(b *strings.Builder, words sideWords, group []diff.Principal) {
	for i, p := range group {
		line := principalLine(p, words)
		if i > 0 {
			line = "and " + line
		}
		b.WriteString(terminal.Wrap(line, "", "  "))
	}
}

type shortened struct{ listed, counted []diff.Grant }

func shortenGrants(p diff.Principal, grants []diff.Grant, least diff.Level) (s shortened) {
	isListed := func(a diff.Action) bool {
		level, known := authz.ParseLevel(a.AccessLevel)
		switch {
		case least == neverListed:
			return false
		case p.Status == diff.New:
			return strings.Contains(a.Action, "*") && level == authz.PermissionsManagement
		}
		return !known || level >= least
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

// neverCounted reports whether even a short text lists a grant. It lists grants
// that change who has permissions or what limits permissions, and grants
// without a list of actions, such as an attached policy. Of a removed
// principal, only grants without a list of actions are listed.
func neverCounted(p diff.Principal, g diff.Grant) bool {
	return len(g.Actions) == 0 || p.Status != diff.Removed && changesLimits(g)
}

// changesLimits reports whether a grant is about a trust policy, a permissions
// boundary, a denial, or the principals of a resource policy.
func changesLimits(g diff.Grant) bool {
	return g.Trust || g.Boundary || g.Change != "" || len(g.Principals)+len(g.NotPrincipals) > 0
}

// grantRank returns the rank by which grants that change limits come before others.
// All grants of a removed principal have the same rank.
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
	counts := levelCountsText(s.counted)
	switch {
	case counts != "" && len(s.listed) > 0:
		fmt.Fprintf(b, "  %s others: %s\n", sign, counts)
	case counts != "":
		fmt.Fprintf(b, "  %s %s\n", sign, counts)
	}
}

// OmitsPermissions reports whether the text with this limit counts some permissions
// instead of listing them.
func (p Plan) OmitsPermissions(limit int) bool {
	return limit > 0 && countActions(p.Permissions) > limit && slices.ContainsFunc(p.Permissions.Principals, func(principal diff.Principal) bool {
		gained := shortenGrants(principal, principal.Gained, authz.PermissionsManagement)
		return len(gained.counted) > 0 || len(shortenGrants(principal, principal.Lost, neverListed).counted) > 0
	})
}
