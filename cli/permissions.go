// Permissions: what policies allow that others do not, for people. "plan" and
// "policy diff" show it with the same code.

package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/escape"
	"capaboot/policies/authz"
	"capaboot/policies/catalog"
	"capaboot/policies/diff"
	"capaboot/policies/document"
	"capaboot/policies/stories"
)

// permissionsBetween compares what two templates allow; "" is one without
// resources. The second one was generated for a release.
func permissionsBetween(before, after string, release catalog.Release) (diff.Result, error) {
	var sets [2]*document.Set
	for i, template := range []string{before, after} {
		sets[i] = &document.Set{}
		if template == "" {
			continue
		}
		set, err := document.ReadSet([]string{"the deployed template", "the template"}[i], []byte(template))
		if err != nil {
			return diff.Result{}, err
		}
		sets[i] = set
	}
	madeFor(sets[1], release)
	return annotated(sets[0], sets[1])
}

// madeFor takes note of the release that a set was generated for.
func madeFor(set *document.Set, release catalog.Release) {
	for _, h := range set.Principals {
		h.Release = release.String()
	}
}

// annotated compares two sets, and adds what is known of each action: its access
// level, and, where it is one that CAPA's catalogue grants there, since which
// release, who uses it and why.
func annotated(before, after *document.Set) (diff.Result, error) {
	catalogue, err := stories.Load()
	if err != nil {
		return diff.Result{}, err
	}
	teller := catalogue.For(before, after)
	levels := map[string]string{} // found once for each spelling
	result := diff.Compare(before, after)
	result.Annotate(func(of document.Place, action string) diff.Annotation {
		level, known := levels[action]
		if !known {
			level = accessLevel(action)
			levels[action] = level
		}
		story := teller.Tell(of, action)
		return diff.Annotation{AccessLevel: level, Since: story.Since, UsedBy: story.UsedBy, Why: story.Why}
	})
	return result, nil
}

// accessLevel is the highest level of the actions that a pattern matches, ""
// when AWS has none of them.
func accessLevel(pattern string) string {
	if action, ok := authz.Lookup(pattern); ok {
		return action.Level.String()
	}
	var highest *authz.Action
	for _, action := range authz.Match(pattern) {
		if highest == nil || action.Level > highest.Level {
			highest = action
		}
	}
	if highest == nil {
		return ""
	}
	return highest.Level.String()
}

// permissionsText is a result for a terminal. Of more actions than most only
// their number is told; 0 shows all. With stories, each action is told with
// since, used by and why.
func permissionsText(result diff.Result, most int, stories bool) string {
	var b strings.Builder
	if most > 0 && countActions(result) > most {
		for _, p := range result.Principals {
			fmt.Fprintf(&b, "%s\n", principalLine(p))
			for _, side := range []struct {
				sign   string
				grants []diff.Grant
			}{{"+", p.Gained}, {"-", p.Lost}} {
				if counts := levelCounts(side.grants); counts != "" {
					fmt.Fprintf(&b, "  %s %s\n", side.sign, counts)
				}
			}
		}
		return b.String()
	}
	for _, group := range alike(result.Principals) {
		for _, p := range group {
			fmt.Fprintf(&b, "%s\n", principalLine(p))
		}
		for _, grant := range group[0].Gained {
			b.WriteString(grantText("+", grant, stories))
		}
		for _, grant := range group[0].Lost {
			b.WriteString(grantText("-", grant, stories))
		}
	}
	return b.String()
}

// alike puts principals together that gained and lost the same, such as two
// roles with one policy.
func alike(principals []diff.Principal) [][]diff.Principal {
	var groups [][]diff.Principal
	index := map[string]int{}
	for _, p := range principals {
		key := fmt.Sprintf("%#v%#v", withoutPlaces(p.Gained), withoutPlaces(p.Lost))
		if i, known := index[key]; known && len(p.Gained)+len(p.Lost) > 0 {
			groups[i] = append(groups[i], p)
			continue
		}
		index[key] = len(groups)
		groups = append(groups, []diff.Principal{p})
	}
	return groups
}

// withoutPlaces returns grants that are the same wherever they stand.
func withoutPlaces(grants []diff.Grant) []diff.Grant {
	grants = slices.Clone(grants)
	for i := range grants {
		grants[i].Of = document.Place{}
	}
	return grants
}

// principalLine names a principal, and what happened to it.
func principalLine(p diff.Principal) string {
	line := p.Kind + " " + printable(p.Name)
	switch p.Status {
	case diff.New:
		line += ", which is new"
	case diff.Gone:
		line += ", which goes"
	case diff.Renamed:
		line += ", which was " + printable(p.RenamedFrom)
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

// levelCounts says how many actions of each access level there are, the
// highest first.
func levelCounts(grants []diff.Grant) string {
	counts := map[string]int{}
	others := 0
	for _, grant := range grants {
		for _, action := range grant.Actions {
			counts[cmp.Or(action.AccessLevel, "unknown")]++
		}
		if len(grant.Actions) == 0 {
			others++
		}
	}
	var parts []string
	for level := authz.PermissionsManagement; level >= authz.List; level-- {
		if n := counts[level.String()]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, level))
		}
	}
	if n := counts["unknown"]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d of no known level", n))
	}
	if others > 0 {
		parts = append(parts, fmt.Sprintf("%d attached policies and boundaries", others))
	}
	return strings.Join(parts, ", ")
}

// grantText is one grant: what, on what, if, and where it stands.
func grantText(sign string, g diff.Grant, stories bool) string {
	var b strings.Builder
	head := strings.ToLower(g.Effect)
	switch {
	case g.Effect == "":
		head = printable(g.Policy)
	case g.Trust:
		head += " to assume it"
	case len(g.NotActions) > 0:
		head += " all actions but"
	}
	fmt.Fprintf(&b, "  %s %s\n", sign, head)
	if g.Effect != "" {
		b.WriteString(wrap("in "+grantPlace(g), "    ", "      "))
	}
	for _, name := range g.NotActions {
		fmt.Fprintf(&b, "      %s\n", printable(name))
	}
	for _, action := range g.Actions {
		b.WriteString(wrap(actionLine(action, stories), "      ", "        "))
		if stories && action.Why != "" {
			b.WriteString(wrap(action.Why, "        ", "        "))
		}
	}
	list := func(word string, names []string) {
		for i, name := range names {
			if i > 0 {
				word = strings.Repeat(" ", len(word))
			}
			fmt.Fprintf(&b, "    %s %s\n", word, printable(name))
		}
	}
	list("by", g.Principals)
	list("by all but", g.NotPrincipals)
	list("on", g.Resources)
	list("on all but", g.NotResources)
	for _, condition := range g.Conditions {
		b.WriteString(wrap(fmt.Sprintf("if %s %s: %s", condition.Operator, printable(condition.Key), printable(strings.Join(condition.Values, ", "))), "    ", "      "))
	}
	list("when", g.When)
	if g.Note != "" {
		b.WriteString(wrap("note: "+printable(g.Note), "    ", "      "))
	}
	return b.String()
}

// grantPlace is where a grant stands.
func grantPlace(g diff.Grant) string {
	place := "trust policy"
	if !g.Trust {
		place = "policy " + printable(g.Policy)
	}
	if g.Boundary {
		place = "permissions boundary " + printable(g.Policy)
	}
	if g.Statement != "" {
		place += ", " + printable(g.Statement)
	}
	return place
}

// actionLine is an action with what is known of it.
func actionLine(a diff.Action, stories bool) string {
	var known []string
	if a.AccessLevel != "" {
		known = append(known, a.AccessLevel)
	}
	if stories && a.Since != "" {
		known = append(known, "since "+a.Since)
	}
	if stories && len(a.UsedBy) > 0 {
		known = append(known, "used by "+strings.Join(a.UsedBy, ", "))
	}
	line := printable(a.Action)
	if len(known) > 0 {
		line += "  [" + strings.Join(known, "; ") + "]"
	}
	return line
}

// permissionsMarkdown is a result for a comment on a pull request: a table for
// each principal, and one row for each action. Rows that do not fit into room
// bytes are counted.
func permissionsMarkdown(result diff.Result, room int) string {
	var b strings.Builder
	omitted := map[string]int{}
	for _, group := range alike(result.Principals) {
		var names []string
		for _, p := range group {
			names = append(names, principalLine(p))
		}
		p := group[0]
		head := fmt.Sprintf("\n#### %s\n\n| | permission | level | on | if | why |\n| --- | --- | --- | --- | --- | --- |\n", someMarkdown(names, " and "))
		for _, side := range []struct {
			sign   string
			grants []diff.Grant
		}{{"gained", p.Gained}, {"lost", p.Lost}} {
			for _, grant := range side.grants {
				for i, row := range markdownRows(grant) {
					text := fmt.Sprintf("%s| %s | %s |\n", head, side.sign, row)
					if b.Len()+len(text) > room {
						// The others are no shorter to speak of.
						omitted[side.sign] += max(len(grant.Actions), 1) - i
						break
					}
					b.WriteString(text)
					head = ""
				}
			}
		}
		if head != "" && len(p.Gained)+len(p.Lost) == 0 && b.Len()+len(head) < room {
			b.WriteString(head)
		}
	}
	if gained, lost := omitted["gained"], omitted["lost"]; gained+lost > 0 {
		fmt.Fprintf(&b, "\n**Left out, to fit a comment: %d more that are gained and %d more that are lost.** `-o text` and `-o json` have everything.\n", gained, lost)
	}
	return b.String()
}

// mostInCell is how many names one cell of a table has.
const mostInCell = 12

// someMarkdown is a few of many texts of a document for a cell.
func someMarkdown(texts []string, separator string) string {
	most := len(texts)
	if most > mostInCell+1 {
		most = mostInCell
	}
	escaped := make([]string, most)
	for i := range escaped {
		escaped[i] = markdownShort(texts[i])
	}
	if more := len(texts) - most; more > 0 {
		escaped = append(escaped, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(escaped, separator)
}

// markdownRows are the rows of one grant, without their first cell.
func markdownRows(g diff.Grant) []string {
	some := func(names []string) string { return someMarkdown(names, "<br>") }
	on := some(g.Resources)
	if len(g.NotResources) > 0 {
		on = "all but " + some(g.NotResources)
	}
	if g.Trust {
		on = "by " + some(g.Principals)
		if len(g.NotPrincipals) > 0 {
			on = "by all but " + some(g.NotPrincipals)
		}
	}
	var conditions []string
	for _, condition := range g.Conditions {
		conditions = append(conditions, fmt.Sprintf("%s %s: %s", condition.Operator, condition.Key, strings.Join(condition.Values, ", ")))
	}
	for _, when := range g.When {
		conditions = append(conditions, "when "+when)
	}
	row := func(what, level, why string) string {
		return strings.Join([]string{what, level, on, some(conditions), why}, " | ")
	}
	effect := ""
	if g.Effect == "Deny" {
		effect = "**deny** "
	}
	if g.Boundary {
		effect += "boundary: "
	}
	var rows []string
	for _, action := range g.Actions {
		why := action.Why
		if action.Since != "" {
			why = strings.TrimPrefix(why+"; since "+action.Since, "; ")
		}
		if g.Note != "" {
			why = strings.TrimPrefix(why+"; "+g.Note, "; ")
		}
		rows = append(rows, row(effect+code(action.Action), action.AccessLevel, escape.Markdown(why)))
	}
	switch {
	case len(g.NotActions) > 0:
		rows = append(rows, row(effect+"all actions but "+some(g.NotActions), "", escape.Markdown(g.Note)))
	case len(g.Actions) == 0:
		rows = append(rows, row(effect+markdownShort(g.Policy), "", escape.Markdown(g.Note)))
	}
	return rows
}
