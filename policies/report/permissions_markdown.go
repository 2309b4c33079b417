// Permissions that are gained and lost, as Markdown for a comment on a pull
// request.

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"capaboot/internal/escape"
	"capaboot/policies/diff"
)

// permissionsMarkdown formats a result as a table for each group of principals
// with the same changes, with a row for each action. It counts what does not
// fit into maxLength bytes; if anything does not fit, the grants that change
// trust or limits come first.
func permissionsMarkdown(result diff.Result, words sideWords, maxLength int) string {
	groups := groupPrincipals(result.Principals)
	text, isComplete := groupsMarkdown(groups, words, maxLength)
	if isComplete {
		return text
	}
	for _, group := range groups {
		for _, grants := range []*[]diff.Grant{&group[0].Gained, &group[0].Lost} {
			*grants = slices.Clone(*grants)
			slices.SortStableFunc(*grants, func(a, b diff.Grant) int { return cmp.Compare(grantRank(group[0], a), grantRank(group[0], b)) })
		}
	}
	rank := func(group []diff.Principal) int {
		p := group[0]
		if slices.ContainsFunc(slices.Concat(p.Gained, p.Lost), func(g diff.Grant) bool { return grantRank(p, g) == 0 }) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(groups, func(a, b []diff.Principal) int { return cmp.Compare(rank(a), rank(b)) })
	text, _ = groupsMarkdown(groups, words, maxLength)
	return text
}

// groupsMarkdown formats groups of principals, and reports whether everything
// fits.
func groupsMarkdown(groups [][]diff.Principal, words sideWords, maxLength int) (text string, isComplete bool) {
	var b strings.Builder
	omitted, omittedPrincipals := map[string]int{}, 0
	for _, group := range groups {
		var names []string
		for _, p := range group {
			names = append(names, principalLine(p, words))
		}
		p := group[0]
		head := fmt.Sprintf("\n#### %s\n\n| | permission | level | on | if | why |\n| --- | --- | --- | --- | --- | --- |\n", joinMarkdown(names, " and "))
		for _, side := range []struct {
			sign   string
			grants []diff.Grant
		}{{words.gained, p.Gained}, {words.lost, p.Lost}} {
			repeated := repeatedActions(side.grants)
			for _, grant := range side.grants {
				for i, row := range markdownRows(grant, repeated) {
					text := fmt.Sprintf("%s| %s | %s |\n", head, side.sign, row)
					if b.Len()+len(text) > maxLength {
						// The remaining rows of the grant are about as long, so
						// none of them fits.
						omitted[side.sign] += max(len(grant.Actions), 1) - i
						break
					}
					b.WriteString(text)
					head = ""
				}
			}
		}
		switch {
		case len(p.Gained)+len(p.Lost) > 0:
		case b.Len()+len(head) > maxLength:
			omittedPrincipals += len(group)
		default:
			b.WriteString(head)
		}
	}
	var left []string
	if gained, lost := omitted[words.gained], omitted[words.lost]; gained+lost > 0 {
		left = append(left, fmt.Sprintf("%d more %s and %d more %s", gained, words.gained, lost, words.lost))
	}
	if omittedPrincipals > 0 {
		left = append(left, Count(omittedPrincipals, "principal")+" whose permissions do not differ")
	}
	if len(left) == 0 {
		return b.String(), true
	}
	return b.String() + leftOutText(left...), false
}

// repeatedActions returns the rows that several policies have: the same action
// with the same effect and resources. These rows name their policy: otherwise,
// they would look like repetitions.
func repeatedActions(grants []diff.Grant) map[string]bool {
	policy, repeated := map[string]string{}, map[string]bool{}
	for _, g := range grants {
		for _, action := range g.Actions {
			key := rowKey(g, action)
			if first, ok := policy[key]; !ok {
				policy[key] = g.Policy
			} else if first != g.Policy {
				repeated[key] = true
			}
		}
	}
	return repeated
}

func rowKey(g diff.Grant, action diff.Action) string {
	return fmt.Sprintf("%q", []string{g.Effect, action.Action, strconv.FormatBool(g.Boundary), strconv.FormatBool(g.Trust), strings.Join(g.Resources, " "), strings.Join(g.NotResources, " ")})
}

// markdownRows returns the rows of one grant, without their first cell. The rows
// of repeated actions name the policy.
func markdownRows(g diff.Grant, repeated map[string]bool) []string {
	joinCell := func(names []string) string { return joinMarkdown(names, "<br>") }
	resources := joinCell(g.Resources)
	if len(g.NotResources) > 0 {
		resources = "all except " + joinCell(g.NotResources)
	}
	by := ""
	switch {
	case len(g.NotPrincipals) > 0:
		by = "by all except " + joinCell(g.NotPrincipals)
	case len(g.Principals) > 0 || g.Trust:
		by = "by " + joinCell(g.Principals)
	}
	switch {
	case g.Trust:
		resources = by
	case by != "":
		resources += "<br>" + by
	}
	var conditions []string
	for _, condition := range g.Conditions {
		conditions = append(conditions, fmt.Sprintf("%s %s: %s", condition.Operator, condition.Key, strings.Join(condition.Values, ", ")))
	}
	for _, condition := range g.When {
		conditions = append(conditions, "when "+condition)
	}
	row := func(permission, level, reason string) string {
		return strings.Join([]string{permission, level, resources, joinCell(conditions), reason}, " | ")
	}
	effect := ""
	if change := changeText(g); change != "" {
		effect = "**" + change + ":** "
	}
	if g.Boundary && g.Effect != "" {
		effect = "boundary: " + effect
	}
	var rows []string
	for _, action := range g.Actions {
		since := ""
		if action.Since != "" {
			since = "since " + action.Since
		}
		reason := slices.DeleteFunc([]string{action.Why, since, g.OtherNote()}, func(part string) bool { return part == "" })
		permission := effect + codeSpan(action.Action)
		if repeated[rowKey(g, action)] && g.Policy != "" {
			permission += " in policy " + markdownShort(g.Policy)
		}
		rows = append(rows, row(permission, action.AccessLevel, escape.Markdown(strings.Join(reason, "; "))))
	}
	switch {
	case len(g.NotActions) > 0:
		rows = append(rows, row(effect+"all actions except "+joinCell(g.NotActions), "", escape.Markdown(g.OtherNote())))
	case len(g.Actions) == 0:
		rows = append(rows, row(effect+markdownShort(g.Policy), "", escape.Markdown(g.OtherNote())))
	}
	return rows
}
