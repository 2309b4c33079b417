// Tests that the compiled catalogue is current, that every grant has a story,
// that invalid data is refused, and which release is chosen.

package catalog

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v4"

	"capaboot/policies/catalog/compiled"
)

func readOwnFiles(t *testing.T) *Catalogue {
	t.Helper()
	c, err := ReadFiles(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCompiledCatalogueIsUpToDate(t *testing.T) {
	text, err := Compile(readOwnFiles(t))
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != compiled.Catalogue {
		t.Error(`compiled/catalogue.generated.tsv does not match the YAML files: run "go generate ./policies/catalog"`)
	}
}

func TestDecompile(t *testing.T) {
	got, err := decompile(compiled.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	withoutStories := cmpopts.IgnoreFields(Grant{}, "UsedBy", "Why")
	if diff := cmp.Diff(readOwnFiles(t), got, withoutStories, cmp.AllowUnexported(Release{})); diff != "" {
		t.Errorf("(-files +compiled)\n%s", diff)
	}
}

func TestCompiledStoriesAreUpToDate(t *testing.T) {
	c := readOwnFiles(t)
	text, err := CompileStories(c)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != storiesTSV {
		t.Error(`stories.generated.tsv does not match the YAML files: run "go generate ./policies/catalog"`)
	}
	got, err := LoadStories()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got, cmp.AllowUnexported(Release{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-files +compiled)\n%s", diff)
	}
	loaded, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if g := loaded.Policies[0].Statements[0].Actions[0]; g.Why != "" || g.UsedBy != nil {
		t.Errorf("the catalogue without stories has a story: %+v", g)
	}
}

func TestNewestRelease(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if newest := compiled.NewestRelease(); newest != c.Newest().String() {
		t.Errorf("%s, want %s", newest, c.Newest())
	}
}

func TestInvalidStoriesAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"none": "", "one too many": storiesTSV + "ec2:X\t\tbecause\n", "one too few": storiesTSV[strings.Index(storiesTSV, "\n")+1:],
		"no reason": strings.Replace(storiesTSV, "\t", "\t\t", 1), "nonsense": "nonsense\n",
	} {
		c, err := decompile(compiled.Catalogue)
		if err != nil {
			t.Fatal(err)
		}
		if c.addStories(text) == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestDecompileRefusesInvalidLines(t *testing.T) {
	for _, text := range []string{"action\tec2:X\tv1.0.0\n", "policy\tP\nresource\t*\n", "statement\tx\n", "attachment\tx\tv1.0.0\n", "nonsense\n", "release\tone\n",
		"policy\tP\nstatement\ts\talways\tAllow\nnonsense\n", "policy\tP\nstatement\ts\talways\tAllow\naction\tec2:X\tsoon\n",
		"policy\tP\nstatement\ts\talways\tAllow\naction\tec2:X\tv1.0.0\t\tv1.0.0\n",
		"policy\tP\nstatement\ts\talways\tAllow\naction\tec2:X\tv1.0.0\nservice\tx\tv1.0.0\naction\tec2:Y\tv1.0.0\n"} {
		if _, err := decompile(text); err == nil {
			t.Errorf("decompile(%q): no error", text)
		}
	}
}

// TestStories checks what reviewers rely on: a release that exists, and a
// reason that fits into a line of a table.
func TestStories(t *testing.T) {
	c := readOwnFiles(t)
	known := map[Release]bool{}
	for _, r := range c.Releases {
		known[r.Release] = true
	}
	check := func(policy string, grants []Grant) {
		for _, g := range grants {
			switch {
			case !known[g.Since]:
				t.Errorf("%s: the first release of %s is %s, which does not exist", policy, g.Name, g.Since)
			case utf8.RuneCountInString(g.Why) > 90:
				t.Errorf("%s: the reason for %s has more than 90 characters", policy, g.Name)
			case strings.HasSuffix(g.Why, ".") || strings.Contains(g.Why, "TODO"):
				t.Errorf("%s: the reason for %s is %q", policy, g.Name, g.Why)
			}
		}
	}
	for _, p := range c.Policies {
		for _, s := range p.Statements {
			check(p.LogicalID+" "+s.Name, s.Actions)
		}
	}
	for _, r := range c.Roles {
		check(r.LogicalID, r.Attachments)
		for _, s := range r.Trust {
			check(r.LogicalID+" "+s.Name, s.Actions)
			check(r.LogicalID+" "+s.Name, s.Services)
		}
	}
}

func TestReadFilesRefusesIncompleteEntries(t *testing.T) {
	for name, entry := range map[string]string{
		"no reason":        "{action: ec2:X, since: v1.0.0}",
		"no release":       "{action: ec2:X, why: because}",
		"a bad release":    "{action: ec2:X, since: soon, why: because}",
		"an unknown field": "{action: ec2:X, since: v1.0.0, why: because, becuase: x}",
	} {
		var g struct{ Actions []Grant }
		if err := loadYAML("actions: ["+entry+"]", &g); err == nil {
			t.Errorf("an entry with %s is read as %+v", name, g)
		}
	}
}

func TestResolve(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	last := c.Releases[len(c.Releases)-1]
	newest := last.Release.String()
	form := fmt.Sprintf("%s, %d.%d or main", newest, last.Release.major, last.Release.minor)
	for _, test := range []struct{ text, want, problem string }{
		{"", newest, ""},
		{"2.9", "v2.9.3", ""},
		{"v2.9", "v2.9.3", ""},
		{"v2.9.1", "v2.9.1", ""},
		{"2.9.1", "v2.9.1", ""},
		{" v1.5.5 ", "v1.5.5", ""},
		{"main", newest, ""},
		{"v2.2.3", "", "unknown CAPA release v2.2.3; the nearest known releases are v2.2.2 (2023-09-12) and v2.2.4 (2023-10-05)"},
		{"v2.12.0", "", "unknown CAPA release v2.12.0; the nearest known releases are v2.11.1 (2026-04-22) and v2.12.1 (2026-07-09)"},
		{"999.9", "", "unknown CAPA release v999.9; the newest known release is " + newest + " (" + last.Date + ")"},
		{"v0.7.0", "", "unknown CAPA release v0.7.0; the oldest known release is v1.0.0 (2021-10-08)"},
		{"v2.8.0", "", "unknown CAPA release v2.8.0; the nearest known releases are v2.7.2 (2025-03-24) and v2.8.1 (2025-03-21)"},
		{"v2.99999999999.0", "", `"v2.99999999999.0" is not a CAPA release: want one such as ` + form},
		{"v2.09.1", "", `"v2.09.1" is not a CAPA release: want one such as ` + form},
		{"latest", "", `"latest" is not a CAPA release, did you mean "main" (the newest)?`},
		{"release:v2.8.4", "", `"release:v2.8.4" is not a CAPA release, did you mean "v2.8.4"?`},
		{"v2.9.x", "", `"v2.9.x" is not a CAPA release, did you mean "v2.9"?`},
		{"V2.8.4", "", `"V2.8.4" is not a CAPA release, did you mean "v2.8.4"?`},
		{"v2", "", `"v2" is not a CAPA release: want one such as ` + form},
		{"v2.9.1-rc.0", "", `"v2.9.1-rc.0" is not a CAPA release, did you mean "v2.9.1"?`},
	} {
		t.Run(test.text, func(t *testing.T) {
			got, err := c.Resolve(test.text)
			if err != nil && err.Error() != test.problem || err == nil && (test.problem != "" || got.String() != test.want) {
				t.Errorf("got %s and %v, want %s and %s", got, err, test.want, test.problem)
			}
		})
	}
}

func TestCompareReleases(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"v2.9.3", "v2.10.0", -1}, {"v2.10.3", "v2.11.0", -1}, {"v2.0.3", "v2.1.0", -1}, {"v2.0.0", "v1.5.5", 1}, {"v1.0.0", "v1.0.0", 0}} {
		a, errA := parseRelease(test.a)
		b, errB := parseRelease(test.b)
		if got := a.Compare(b); errA != nil || errB != nil || got != test.want {
			t.Errorf("%s compared with %s is %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func loadYAML(text string, destination any) error { return yaml.Load([]byte(text), destination) }
