// Permissions that are gained and lost, as text, for "plan" and "policy diff".

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/terminal"
	"capaboot/policies/authz"
	"capaboot/policies/diff"
	"capaboot/policies/document"
)

// permissionsText formats a result for a terminal. If there are more actions than
// limit, the text is shortened, see [shortPermissions]; if limit is 0, the text has
// all actions. If withStories is set, it adds to each action the first release, the
// parts of CAPA that use it, and the reason.
func permissionsText(result diff.Result, words sideWords, limit int, withStories bool) string {
	var b strings.Builder
	if limit > 0 && countActions(result) > limit {
		return shortPermissions(result, words, authz.PermissionsManagement)
	}
	for _, group := range groupPrincipals(result.Principals) {
		writeHeads(&b, words, group)
		for _, grant := range group[0].Gained {
			b.WriteString(grantText("+", grant, withStories))
		}
		for _, grant := range group[0].Lost {
			b.WriteString(grantText("-", grant, withStories))
		}
	}
	return b.String()
}

// groupPrincipals groups principals with the same changes (equal Gained and
// equal Lost), such as two roles with one policy. New, removed and other principals
// are in separate groups. A principal that gains and loses nothing is a group of its
// own.
func groupPrincipals(principals []diff.Principal) [][]diff.Principal {
	var groups [][]diff.Principal
	index := map[string]int{}
	for _, p := range principals {
		key := fmt.Sprintf("%t%t%#v%#v", p.Status == diff.New, p.Status == diff.Removed, withoutPlaces(p.Gained), withoutPlaces(p.Lost))
		if i, known := index[key]; known && len(p.Gained)+len(p.Lost) > 0 {
			groups[i] = append(groups[i], p)
			continue
		}
		index[key] = len(groups)
		groups = append(groups, []diff.Principal{p})
	}
	return groups
}

// withoutPlaces removes the position from grants, so that they can be compared.
func withoutPlaces(grants []diff.Grant) []diff.Grant {
	grants = slices.Clone(grants)
	for i := range grants {
		grants[i].Of = document.Place{}
	}
	return grants
}

type sideWords struct {
	// isNew describes a principal that only the second side has, and isRemoved
	// one that only the first side has. renamedFrom comes before the name on the
	// first side.
	isNew, isRemoved, renamedFrom string
	// gained and lost describe the permissions that only the second or only the
	// first side has.
	gained, lost string
}

// changeWords are for a change: the second side comes after the first.
var changeWords = sideWords{isNew: "which is new", isRemoved: "which is removed", renamedFrom: "which was", gained: "gained", lost: "lost"}

// verifyWords are for a comparison of the configuration with the account. It is
// unknown whether a principal that does not exist ever existed, and a principal
// that is not configured may be older than the stack.
var verifyWords = sideWords{isNew: "which is not in the configuration", isRemoved: "which does not exist in the account", renamedFrom: "which the configuration calls",
	gained: "only in the account", lost: "missing in the account"}

// principalLine names a principal and says on which side it is.
func principalLine(p diff.Principal, words sideWords) string {
	line := p.Kind + " " + escapeLine(p.Name)
	if p.Kind == diff.UnreadKind {
		line = "not read: " + escapeLine(p.Name)
	}
	switch p.Status {
	case diff.New:
		line += ", " + words.isNew
		if p.Boundary != "" {
			line += ", with permissions boundary " + escapeLine(p.Boundary)
		}
	case diff.Removed:
		line += ", " + words.isRemoved
	case diff.Renamed:
		line += ", " + words.renamedFrom + " " + escapeLine(p.RenamedFrom)
	}
	return line
}

func countActions(result diff.Result) int {
	n := 0
	for _, p := range result.Principals {
		for _, grant := range slices.Concat(p.Gained, p.Lost) {
			n += max(len(grant.Actions), 1)
		}
	}
	return n
}

// levelCountsText counts the actions of each access level, the highest level first.
func levelCountsText(grants []diff.Grant) string {
	counts := map[string]int{}
	for _, grant := range grants {
		for _, action := range grant.Actions {
			counts[cmp.Or(action.AccessLevel, "unknown")]++
		}
	}
	var parts []string
	for level := authz.PermissionsManagement; level >= authz.List; level-- {
		if n := counts[level.String()]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, level))
		}
	}
	if n := counts["unknown"]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d of unknown level", n))
	}
	return strings.Join(parts, ", ")
}

func grantText(sign string, g diff.Grant, withStories bool) string {
	var b strings.Builder
	head, object := strings.ToLower(g.Effect), ""
	switch {
	case g.Effect == "":
		head, object = "", escapeLine(g.Policy)
	case len(g.NotActions) > 0:
		object = "all actions except"
	case g.Trust:
		object = "assuming the role"
	}
	switch change := changeText(g); {
	case change != "" && object != "":
		head = change + ": " + object
	case change != "":
		head = change
	case object != "":
		head = strings.TrimLeft(head+" "+object, " ")
	}
	fmt.Fprintf(&b, "  %s %s\n", sign, head)
	if g.Effect != "" {
		b.WriteString(terminal.Wrap("in "+escapeLine(grantPlace(g.Trust, g.Boundary, "", g.Policy, g.Statement)), "    ", "      "))
	}
	for _, name := range g.NotActions {
		fmt.Fprintf(&b, "      %s\n", escapeLine(name))
	}
	for _, action := range g.Actions {
		b.WriteString(terminal.Wrap(actionLine(action, withStories), "      ", "        "))
		if withStories && action.Why != "" {
			b.WriteString(terminal.Wrap(action.Why, "        ", "        "))
		}
	}
	writeNames(&b, "by", g.Principals)
	writeNames(&b, "by all except", g.NotPrincipals)
	writeNames(&b, "on", g.Resources)
	writeNames(&b, "on all except", g.NotResources)
	for _, condition := range g.Conditions {
		b.WriteString(terminal.Wrap(fmt.Sprintf("if %s %s: %s", condition.Operator, escapeLine(condition.Key), escapeLine(strings.Join(condition.Values, ", "))), "    ", "      "))
	}
	writeNames(&b, "when", g.When)
	if note := g.OtherNote(); note != "" {
		b.WriteString(terminal.Wrap("note: "+escapeLine(note), "    ", "      "))
	}
	return b.String()
}

// changeText says how a denial or a permissions boundary changed, or returns
// "". The sign before the text says whether permissions are gained or lost: a
// removed denial has a "+".
func changeText(g diff.Grant) string {
	switch {
	case g.Change == "":
		return ""
	case g.Effect == "":
		return "boundary " + string(g.Change)
	}
	return strings.ToLower(g.Effect) + " " + string(g.Change)
}

// grantPlace names the policy and statement of a grant. holder is the principal
// with the trust policy, or "" if the text around it names the principal.
func grantPlace(isTrust, isBoundary bool, holder, policy, statement string) string {
	place := "policy " + policy
	switch {
	case isBoundary:
		place = "permissions boundary " + policy
	case isTrust && holder != "":
		place = "the trust policy of " + holder
	case isTrust:
		place = "trust policy"
	}
	if statement != "" {
		place += ", " + statement
	}
	return place
}

func actionLine(a diff.Action, withStories bool) string {
	var known []string
	if a.AccessLevel != "" {
		known = append(known, a.AccessLevel)
	}
	if withStories && a.Since != "" {
		known = append(known, "since "+a.Since)
	}
	if withStories && len(a.UsedBy) > 0 {
		known = append(known, "used by "+strings.Join(a.UsedBy, ", "))
	}
	line := escapeLine(a.Action)
	if len(known) > 0 {
		line += "  [" + strings.Join(known, "; ") + "]"
	}
	return line
}
