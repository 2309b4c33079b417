// Tests that the links in the documentation have a target, and that the
// configurations load. docs_commands_test.go runs the commands.

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"capaboot/iam"
	"capaboot/policies/catalog"
)

// configurationHeader is the beginning of a configuration in v1beta1. The tests put
// it before the fragments in the docs.
const configurationHeader = "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\n"

// pagesOf returns the text of every page of the documentation.
func pagesOf(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("docs/*.md")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d pages in docs, %v", len(paths), err)
	}
	pages := map[string]string{}
	for _, path := range append(paths, "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		pages[path] = string(text)
	}
	return pages
}

// block is a code block and the line before it.
type block struct{ before, language, text string }

// blocksOf returns the code blocks of a page that are in the given languages,
// in order.
func blocksOf(text string, languages ...string) (blocks []block) {
	code := regexp.MustCompile("(?ms)^([^\n]*)\n\n?( *)``` *(" + strings.Join(languages, "|") + ")\n(.*?)^ *```$")
	for _, m := range code.FindAllStringSubmatch(text, -1) {
		body := regexp.MustCompile("(?m)^"+m[2]).ReplaceAllString(m[4], "") // a block in a list is indented
		blocks = append(blocks, block{m[1], m[3], body})
	}
	return blocks
}

// TestLinksHaveTargets checks that every link between pages leads to a file
// and, if it has an anchor, to a heading in the file.
func TestLinksHaveTargets(t *testing.T) {
	pages := pagesOf(t)
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for page, text := range pages {
		for _, m := range link.FindAllStringSubmatch(withoutBlocks(text), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, ":") { // a link to another site
				continue
			}
			path := page
			if target != "" {
				path = filepath.Join(filepath.Dir(page), target)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: the link to %s has no target", page, m[1])
				continue
			}
			if anchor == "" {
				continue
			}
			linked, err := os.ReadFile(path)
			if err != nil || !slices.Contains(anchorsOf(string(linked)), anchor) {
				t.Errorf("%s: %s has no heading #%s", page, path, anchor)
			}
		}
	}
}

func withoutBlocks(text string) string {
	return regexp.MustCompile("(?ms)^ *```.*?^ *```$").ReplaceAllString(text, "")
}

// anchorsOf returns the anchors of a page's headings as GitHub builds them:
// lower case, hyphens for spaces, and no punctuation except hyphens and
// underscores.
func anchorsOf(text string) (anchors []string) {
	for _, m := range regexp.MustCompile(`(?m)^#+ +(.*)$`).FindAllStringSubmatch(withoutBlocks(text), -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		anchors = append(anchors, strings.ReplaceAll(name, " ", "-"))
	}
	return anchors
}

// TestConfigurationsOfPages loads the YAML blocks that are configurations. A
// block with a part of a configuration must have the line "<!-- part of a
// configuration -->" before it.
func TestConfigurationsOfPages(t *testing.T) {
	const kind = "kind: AWSIAMConfiguration"
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	release, err := catalogue.Resolve("main")
	if err != nil {
		t.Fatal(err)
	}
	loaded := 0
	for page, text := range pagesOf(t) {
		for _, b := range blocksOf(text, "yaml") {
			config := b.text
			switch {
			case strings.Contains(b.before, "<!-- part of a configuration -->"):
				config = configurationHeader + config
			case strings.Contains(config, kind):
			case strings.Contains(config, "kind: CronJob\n"): // has a spec of its own
				continue
			case regexp.MustCompile(`(?m)^(spec|eks|nodes|controlPlane|clusterAPIControllers|bootstrapUser|namePrefix|nameSuffix|secureSecretBackends):`).MatchString(config):
				t.Errorf("%s: this looks like a part of a configuration; put <!-- part of a configuration --> before it:\n%s", page, b.text)
				continue
			default:
				continue
			}
			loaded++
			if _, err := iam.Load("iam.yaml", []byte(config), iam.Options{Catalogue: catalogue, Release: release}); err != nil {
				t.Errorf("%s: %v:\n%s", page, err, b.text)
			}
		}
	}
	if loaded < 3 {
		t.Errorf("%d configurations were loaded", loaded)
	}
}
