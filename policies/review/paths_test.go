// Tests the published attack paths: the rule and the route in paths.tsv must
// find each, and docs/attack-paths.md must match the table.

package review

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// publishedPath is a row of paths.tsv.
type publishedPath struct {
	list, id            string
	actions, additional []string
	rule, route, remark string
}

func publishedPaths(t *testing.T) []publishedPath {
	t.Helper()
	text, err := os.ReadFile("paths.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var all []publishedPath
	for _, row := range rows(string(text), 7) {
		all = append(all, publishedPath{list: row[0], id: row[1], actions: strings.Fields(row[2]), additional: strings.Fields(strings.TrimPrefix(row[3], "-")), rule: row[4], route: row[5], remark: row[6]})
	}
	return all
}

// actionsOfRoute returns one granted action for each step of a route, or nil if
// a step has none.
func actionsOfRoute(route string, granted []string) []string {
	var all []string
	for _, step := range strings.Fields(route) {
		chosen := ""
		for _, option := range strings.Split(step, "|") {
			if action, _, _ := strings.Cut(option, "@"); chosen == "" && slices.Contains(granted, action) {
				chosen = action
			}
		}
		if chosen == "" {
			return nil
		}
		all = append(all, chosen)
	}
	return all
}

func TestPublishedPaths(t *testing.T) {
	t.Parallel()
	routes := map[string]bool{}
	for _, row := range rows(escalationsTSV, 7) {
		routes[row[0]+" "+row[1]] = true
	}
	seen, counts := map[string]bool{}, map[string]int{}
	for _, p := range publishedPaths(t) {
		name := p.list + " " + p.id
		if seen[name] {
			t.Errorf("%s appears twice", name)
		}
		seen[name] = true
		counts[p.list]++
		granted := slices.Concat(p.actions, p.additional)
		switch {
		case (len(p.additional) > 0 || p.rule == "-") != (p.remark != "-"):
			t.Errorf("%s: unexpected remark %q", name, p.remark)
		case p.rule == "-":
			for _, f := range reviewEscalations(t, allowStatement(granted, "*")) {
				t.Errorf("%s: want no finding, got %s: %s", name, f.Rule, WriteSentence(f.Message))
			}
			continue
		case !routes[p.rule+" "+p.route]:
			t.Errorf("%s: escalations.tsv has no row %s %s", name, p.rule, p.route)
			continue
		}
		required := actionsOfRoute(p.route, granted)
		if required == nil {
			t.Errorf("%s: %v are not enough for %s", name, granted, p.route)
			continue
		}
		finds := func(f Finding) bool {
			return f.Rule == p.rule && !slices.ContainsFunc(required, func(a string) bool { return !slices.Contains(f.Actions, a) })
		}
		if found := reviewEscalations(t, allowStatement(granted, "*")); !slices.ContainsFunc(found, finds) {
			t.Errorf("%s: %v is not found by %s", name, granted, p.rule)
		}
		if len(p.additional) > 0 && slices.ContainsFunc(reviewEscalations(t, allowStatement(p.actions, "*")), func(f Finding) bool { return f.Rule == p.rule }) {
			t.Errorf("%s: %v is found without %v", name, p.actions, p.additional)
		}
	}
	// The number of paths in each list when it was last compared.
	for list, least := range map[string]int{"pathfinding": 90, "cloudsplaining": 59, "PMapper": 41} {
		if counts[list] < least {
			t.Errorf("%d paths of %s, want %d at least", counts[list], list, least)
		}
	}
}

func TestAttackPathsPage(t *testing.T) {
	t.Parallel()
	compareGolden(t, "../../docs/attack-paths.md", attackPathsPage(publishedPaths(t)))
}

func attackPathsPage(paths []publishedPath) string {
	var b strings.Builder
	b.WriteString(`# Known attack paths, and the rules that find them

<!-- Generated from policies/review/paths.tsv: go test ./policies/review -run AttackPaths -update -->

Published lists describe attack paths: how a principal can use its permissions to gain more permissions. For each path in these
lists, this page shows which rule of ` + "`capaboot policy review`" + ` finds the path, and which combination of actions the rule
looks for. If no rule finds a path, the page says why. A test reviews each path with a policy that grants only what the path
needs.

The column "actions" has the actions that the published list names for the path. If the path needs further actions, the column
has these actions after the word "and". The names and numbers of the paths come from the published lists, except for the paths of
PMapper: PMapper does not name its paths, so capaboot's developers named them.

In the column "found by":

- ` + "`|`" + ` separates alternative actions;
- ` + "`@`" + ` precedes the type of resource that the action must reach, and ` + "`+`" + ` separates alternative types;
- ` + "`?`" + ` precedes a condition key with the value that the path needs.

The rule ` + "`escalation-chain`" + ` finds paths that are not in the published lists: they lead through several roles of one template.
`)
	titles := map[string]string{
		"pathfinding":    "[pathfinding.cloud](https://pathfinding.cloud) (Datadog)",
		"cloudsplaining": "[cloudsplaining](https://github.com/salesforce/cloudsplaining) (Salesforce)",
		"PMapper":        "[PMapper](https://github.com/nccgroup/PMapper) (NCC Group)",
	}
	list := ""
	var remarks []string
	flush := func() {
		for _, remark := range remarks {
			b.WriteString("\n" + remark + "\n")
		}
		remarks = nil
	}
	for _, p := range paths {
		if p.list != list {
			flush()
			list = p.list
			fmt.Fprintf(&b, "\n## %s\n\n| path | actions | rule | found by |\n| --- | --- | --- | --- |\n", titles[list])
		}
		actions := "`" + strings.Join(p.actions, "` `") + "`"
		if len(p.additional) > 0 {
			actions += ", and `" + strings.Join(p.additional, "` `") + "`"
		}
		rule, route := "none", "-"
		if p.rule != "-" {
			rule, route = "`"+p.rule+"`", "`"+strings.ReplaceAll(strings.ReplaceAll(p.route, " ", "` `"), "|", `\|`)+"`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", p.id, actions, rule, route)
		switch {
		case p.remark == "-":
		case p.rule == "-":
			remarks = append(remarks, fmt.Sprintf("No rule reports `%s`, because %s.", p.id, p.remark))
		default:
			remarks = append(remarks, fmt.Sprintf("`%s` also needs `%s`, because %s.", p.id, strings.Join(p.additional, "` and `"), p.remark))
		}
	}
	flush()
	return b.String()
}
