// Tests that pages are right: the commands that they show print what they show,
// their links lead somewhere, and their configurations load.

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"capaboot/iam"
	"capaboot/internal/kubedouble"
	"capaboot/policies/catalog"
)

// header begins every configuration.
const header = "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\n"

// pagesOf returns the pages that people read, with their text.
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

// block is a block of code, with the line before it.
type block struct{ before, text string }

// blocksOf returns the blocks of a page in a language.
func blocksOf(text, language string) (blocks []block) {
	for _, m := range regexp.MustCompile("(?ms)^([^\n]*)\n\n?``` *"+language+"\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		lines := strings.Split(m[1], "\n")
		blocks = append(blocks, block{lines[len(lines)-1], m[2]})
	}
	return blocks
}

// TestDocs runs what pages show in console blocks, and compares what comes out.
// "$ cat FILE" makes the file instead; a line "..." stands for any lines; a block
// under a line of "<!-- not run: REASON -->" needs what is not here. Each page has
// a folder of its own, and files stay for the blocks further down.
func TestDocs(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for page, text := range pagesOf(t) {
		if page == "docs/errors.md" { // see TestErrorsPage
			continue
		}
		folder := t.TempDir()
		if err := os.Symlink(program, filepath.Join(folder, "capaboot")); err != nil { // see TestMain
			t.Fatal(err)
		}
		if page == "docs/management-cluster.md" {
			installCluster(t, folder)
		}
		for _, b := range blocksOf(text, "console") {
			if !strings.Contains(b.before, "<!-- not run: ") {
				runBlock(t, page, folder, b.text)
			}
		}
	}
}

// installCluster gives a home directory the kubeconfig of a management cluster.
func installCluster(t *testing.T, home string) {
	t.Helper()
	cluster := kubedouble.New(t)
	cluster.Install(kubedouble.Installed{
		Profile: "[default]\naws_access_key_id = AKIAFALSEKEYEXAMPLE0\naws_secret_access_key = falseSecret/EXAMPLEFALSESECRET0123456789\nregion = eu-west-1\n",
		Inject: func() map[string]string {
			return map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"}
		},
	})
	if err := os.Mkdir(filepath.Join(home, ".kube"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".kube", "config"), []byte(cluster.KubeconfigText("token: "+kubedouble.Token)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// runBlock runs the commands of a console block in a folder.
func runBlock(t *testing.T, page, folder, text string) {
	t.Helper()
	for _, session := range strings.Split("\n"+text, "\n$ ")[1:] {
		command, want, _ := strings.Cut(session, "\n")
		if file, ok := strings.CutPrefix(command, "cat "); ok {
			if err := os.WriteFile(filepath.Join(folder, file), []byte(strings.TrimSuffix(want, "\n")+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		shell := exec.CommandContext(t.Context(), "sh", "-c", command)
		shell.Dir = folder
		shell.Env = []string{"PATH=" + folder + ":" + os.Getenv("PATH"), "HOME=" + folder, "AWS_EC2_METADATA_DISABLED=true", "HTTPS_PROXY=http://127.0.0.1:9", "GOCOVERDIR=" + os.Getenv("GOCOVERDIR")}
		got, _ := shell.CombinedOutput() // an exit code, where it matters, is echoed
		if !shows(strings.TrimSuffix(want, "\n"), strings.TrimSuffix(string(got), "\n")) {
			t.Errorf("$ %s\nprints:\n%s\n%s shows:\n%s", command, got, page, want)
		}
	}
}

// TestLinks: every link between pages leads to a file, and to a heading of it.
func TestLinks(t *testing.T) {
	pages := pagesOf(t)
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for page, text := range pages {
		for _, m := range link.FindAllStringSubmatch(withoutBlocks(text), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, ":") { // elsewhere
				continue
			}
			path := page
			if target != "" {
				path = filepath.Join(filepath.Dir(page), target)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", page, m[1])
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

// anchorsOf returns the anchors of a page's headings, as GitHub makes them: small
// letters, hyphens for spaces, no other punctuation.
func anchorsOf(text string) (anchors []string) {
	for _, m := range regexp.MustCompile(`(?m)^#+ +(.*)$`).FindAllStringSubmatch(withoutBlocks(text), -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		anchors = append(anchors, strings.ReplaceAll(name, " ", "-"))
	}
	return anchors
}

// TestConfigurationsOfPages: a YAML block is a configuration that loads, a part of
// one below a line of "<!-- part of a configuration -->", which loads as one, or
// something else that no configuration has.
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
				config = header + config
			case strings.Contains(config, kind):
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

// shows compares line by line what a text shows with what there is.
func shows(want, got string) bool {
	var pattern strings.Builder
	for _, line := range strings.Split(want, "\n") {
		if line == "..." {
			pattern.WriteString(`(?:.*\n)+?`)
			continue
		}
		pattern.WriteString(regexp.QuoteMeta(line) + `\n`)
	}
	return regexp.MustCompile(`^` + pattern.String() + `$`).MatchString(got + "\n")
}
