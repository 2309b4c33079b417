// Tests the published attack paths: each is found by the row that paths.tsv
// names, and docs/attack-paths.md is what the table says.

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
	list, id        string
	actions, also   []string
	rule, way, text string
}

func publishedPaths(t *testing.T) []publishedPath {
	t.Helper()
	text, err := os.ReadFile("paths.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var all []publishedPath
	for _, row := range rows(string(text), 7) {
		all = append(all, publishedPath{list: row[0], id: row[1], actions: strings.Fields(row[2]), also: strings.Fields(strings.TrimPrefix(row[3], "-")), rule: row[4], way: row[5], text: row[6]})
	}
	return all
}

// chosen are the actions of a way that a policy has, of each step one; nil when
// it has none of a step.
func chosen(way string, granted []string) []string {
	var all []string
	for _, step := range strings.Fields(way) {
		one := ""
		for _, option := range strings.Split(step, "|") {
			if action, _, _ := strings.Cut(option, "@"); one == "" && slices.Contains(granted, action) {
				one = action
			}
		}
		if one == "" {
			return nil
		}
		all = append(all, one)
	}
	return all
}

func TestPublishedPaths(t *testing.T) {
	t.Parallel()
	ours := map[string]bool{}
	for _, row := range rows(escalationsTSV, 7) {
		ours[row[0]+" "+row[1]] = true
	}
	seen, counts := map[string]bool{}, map[string]int{}
	for _, p := range publishedPaths(t) {
		name := p.list + " " + p.id
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		counts[p.list]++
		granted := slices.Concat(p.actions, p.also)
		switch {
		case (len(p.also) > 0 || p.rule == "-") != (p.text != "-"):
			t.Errorf("%s: the remark is %q", name, p.text)
		case p.rule == "-":
			for _, f := range escalations(t, allow(granted, "*")) {
				t.Errorf("%s: nothing is to be found, but %s: %s", name, f.Rule, Written(f.Message))
			}
			continue
		case !ours[p.rule+" "+p.way]:
			t.Errorf("%s: escalations.tsv has no row %s %s", name, p.rule, p.way)
			continue
		}
		need := chosen(p.way, granted)
		if need == nil {
			t.Errorf("%s: %v do not make %s", name, granted, p.way)
			continue
		}
		finds := func(f Finding) bool {
			return f.Rule == p.rule && !slices.ContainsFunc(need, func(a string) bool { return !slices.Contains(f.Actions, a) })
		}
		if found := escalations(t, allow(granted, "*")); !slices.ContainsFunc(found, finds) {
			t.Errorf("%s: %v is not found by %s", name, granted, p.rule)
		}
		if len(p.also) > 0 && slices.ContainsFunc(escalations(t, allow(p.actions, "*")), func(f Finding) bool { return f.Rule == p.rule }) {
			t.Errorf("%s: %v is found without %v", name, p.actions, p.also)
		}
	}
	// As many as the lists had when they were compared last.
	for list, least := range map[string]int{"pathfinding": 90, "cloudsplaining": 59, "PMapper": 41} {
		if counts[list] < least {
			t.Errorf("%d paths of %s, want %d at least", counts[list], list, least)
		}
	}
}

func TestAttackPathsPage(t *testing.T) {
	t.Parallel()
	golden(t, "../../docs/attack-paths.md", attackPathsPage(publishedPaths(t)))
}

// attackPathsPage is the table for people.
func attackPathsPage(paths []publishedPath) string {
	var b strings.Builder
	b.WriteString(`# Known attack paths, and the rules that find them

<!-- Made of policies/review/paths.tsv: go test ./policies/review -run AttackPaths -update -->

Published lists describe how a principal can turn permissions into more permissions. This page says which rule of
` + "`capaboot policy review`" + ` finds each of these paths, and by which combination of actions; each
is tried in a test with a policy that grants just what the path needs. The names and numbers are those of the
lists; where a list has none, as PMapper, the names are ours.

In the last column, "|" is between actions of which one will do, and what follows an "@" is the type of resource
that the action must reach. Paths over several roles of one template are found by ` + "`escalation-chain`" + ` besides.
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
		if len(p.also) > 0 {
			actions += ", and `" + strings.Join(p.also, "` `") + "`"
		}
		rule, way := "none", "-"
		if p.rule != "-" {
			rule, way = "`"+p.rule+"`", "`"+strings.ReplaceAll(strings.ReplaceAll(p.way, " ", "` `"), "|", `\|`)+"`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", p.id, actions, rule, way)
		if p.text != "-" {
			remarks = append(remarks, strings.ToUpper(p.id[:1])+p.id[1:]+": "+p.text+".")
		}
	}
	flush()
	return b.String()
}
