package main

// Tests that archives, packages and the formula depend only on their content
// and have the right content, and that .goreleaser.yaml and the Dockerfile
// build the same as "make dist". .ci/run builds one platform twice and runs the
// unpacked program.

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

var (
	commitTime = time.Date(2026, 11, 28, 10, 20, 30, 0, time.UTC)
	files      = []entry{
		{"capaboot", []byte("program"), 0o755},
		{"man/man1/capaboot.1", []byte(".TH"), 0o644},
		{"LICENSE", []byte("text"), 0o644},
	}
)

// inArchive is a file as a reader of an archive sees it.
type inArchive struct {
	Name, Content string
	Mode          os.FileMode
	Time          time.Time
}

func readTarGz(t *testing.T, content []byte) (found []inArchive) {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(unzipped)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Uid != 0 || header.Gid != 0 || header.Uname != "" || header.Gname != "" {
			t.Errorf("%s belongs to %q (%d)", header.Name, header.Uname, header.Uid)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, inArchive{header.Name, string(text), header.FileInfo().Mode(), header.ModTime.UTC()})
	}
}

func readZip(t *testing.T, content []byte) (found []inArchive) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range archive.File {
		r, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, inArchive{file.Name, string(text), file.Mode(), file.Modified.UTC()})
	}
	return found
}

func TestArchivesDependOnTheirContentAlone(t *testing.T) {
	want := []inArchive{
		{"folder/LICENSE", "text", 0o644, commitTime},
		{"folder/capaboot", "program", 0o755, commitTime},
		{"folder/man/man1/capaboot.1", ".TH", 0o644, commitTime},
	}
	for name, test := range map[string]struct {
		write func(file, folder string, entries []entry, date time.Time) error
		read  func(*testing.T, []byte) []inArchive
	}{
		"tar": {writeTarGz, readTarGz},
		"zip": {writeZip, readZip},
	} {
		t.Run(name, func(t *testing.T) {
			var contents [2][]byte
			for i := range contents {
				entries := slices.Clone(files)
				if i == 1 {
					slices.Reverse(entries)
				}
				file := filepath.Join(t.TempDir(), fmt.Sprint("archive", i))
				if err := test.write(file, "folder", entries, commitTime); err != nil {
					t.Fatal(err)
				}
				content, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				contents[i] = content
			}
			if !bytes.Equal(contents[0], contents[1]) {
				t.Error("entries in another order result in a different archive")
			}
			if d := cmp.Diff(want, test.read(t, contents[0])); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSumsAreThoseOfSha256sum(t *testing.T) {
	folder := t.TempDir()
	for _, e := range []entry{{"a.tar.gz", []byte("abc"), 0}, {"b.zip", nil, 0}} {
		if err := os.WriteFile(filepath.Join(folder, e.name), e.content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	checksums, err := writeSums(folder)
	if err != nil {
		t.Fatal(err)
	}
	// The example in FIPS 180-4, and the checksum of an empty file.
	const abc, nothing = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if want := map[string]string{"a.tar.gz": abc, "b.zip": nothing}; cmp.Diff(want, checksums) != "" {
		t.Error(cmp.Diff(want, checksums))
	}
	text, err := os.ReadFile(filepath.Join(folder, sumsFile))
	if err != nil {
		t.Fatal(err)
	}
	if want := abc + "  a.tar.gz\n" + nothing + "  b.zip\n"; string(text) != want {
		t.Errorf("the file is\n%s\nwant\n%s", text, want)
	}
}

// TestDebianVersions compares versions in ascending order.
func TestDebianVersions(t *testing.T) {
	versions := []struct{ git, want string }{
		{"7a890b1", "0~20261128102030.7a890b1"},
		{"v1.2.0-rc.1", "1.2.0~rc.1"},
		{"v1.2.0", "1.2.0"},
		{"v1.2.0-5-g7a890b1", "1.2.0+5.g7a890b1"},
		{"v1.2.0-dirty", "1.2.0+dirty"},
		{"v1.2.1", "1.2.1"},
	}
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		t.Log("the order is not checked: dpkg is not installed")
	}
	for i, v := range versions {
		got := debianVersion(release{version: v.git, date: commitTime})
		if got != v.want {
			t.Errorf("the version of %s is %s, want %s", v.git, got, v.want)
		}
		if i == 0 || dpkg == "" {
			continue
		}
		if out, err := exec.Command(dpkg, "--compare-versions", versions[i-1].want, "lt", got).CombinedOutput(); err != nil {
			t.Errorf("%s does not come before %s: %v %s", versions[i-1].want, got, err, out)
		}
	}
}

func TestDebianFiles(t *testing.T) {
	documents := []entry{
		{"LICENSE", nil, 0o644}, {"NOTICE", nil, 0o644}, {"README.md", nil, 0o644}, {"CHANGELOG.md", []byte("changes"), 0o644}, {"docs/deploying.md", nil, 0o644},
		{"man/man1/capaboot.1", []byte(".TH capaboot"), 0o644},
	}
	for _, c := range completions {
		documents = append(documents, entry{"completions/" + c.file, nil, 0o644})
	}
	found, err := debianFiles([]byte("program"), documents)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	compressed := map[string]string{}
	for _, e := range found {
		names = append(names, e.name)
		if strings.HasSuffix(e.name, ".gz") {
			compressed[e.name] = uncompressed(t, e)
		}
	}
	if d := cmp.Diff(map[string]string{
		"usr/share/doc/capaboot/changelog.gz": "changes",
		"usr/share/man/man1/capaboot.1.gz":    ".TH capaboot",
	}, compressed); d != "" {
		t.Error(d)
	}
	slices.Sort(names)
	if d := cmp.Diff([]string{
		"usr/bin/capaboot",
		"usr/share/bash-completion/completions/capaboot",
		"usr/share/doc/capaboot/README.md",
		"usr/share/doc/capaboot/changelog.gz",
		"usr/share/doc/capaboot/copyright",
		"usr/share/doc/capaboot/docs/deploying.md",
		"usr/share/fish/vendor_completions.d/capaboot.fish",
		"usr/share/man/man1/capaboot.1.gz",
		"usr/share/zsh/vendor-completions/_capaboot",
	}, names); d != "" {
		t.Error(d)
	}
}

// uncompressed returns the content of a gzip file.
func uncompressed(t *testing.T, e entry) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(e.content))
	if err != nil {
		t.Fatalf("%s: %v", e.name, err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", e.name, err)
	}
	return string(content)
}

// repository reads a file of the repository.
func repository(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestFormula(t *testing.T) {
	o := options{url: "https://github.com/acme/capaboot/releases/download/v1.2.0", release: release{version: "v1.2.0"}}
	checksums := map[string]string{}
	for i, platform := range []string{"darwin_amd64", "darwin_arm64", "linux_amd64", "linux_arm64"} {
		checksums["capaboot_v1.2.0_"+platform+".tar.gz"] = strings.Repeat(fmt.Sprint(i), 64)
	}
	formula, err := fillFormula(repository(t, formulaTemplate), o, checksums)
	if err != nil {
		t.Fatal(err)
	}
	for file, checksum := range checksums {
		if want := fmt.Sprintf("      url \"%s/%s\"\n      sha256 \"%s\"\n", o.url, file, checksum); !strings.Contains(formula, want) {
			t.Errorf("the formula does not have\n%s", want)
		}
	}
	for _, want := range []string{"homepage \"https://github.com/acme/capaboot\"\n", "version \"1.2.0\"\n"} {
		if !strings.Contains(formula, want) {
			t.Errorf("the formula does not have %s", want)
		}
	}
	if placeholder := regexp.MustCompile(`\b(URL|SHA256)_\w+|"(VERSION|HOMEPAGE)"`).FindString(formula); placeholder != "" {
		t.Errorf("%s is not filled in", placeholder)
	}
	delete(checksums, "capaboot_v1.2.0_linux_arm64.tar.gz")
	if _, err := fillFormula(repository(t, formulaTemplate), o, checksums); err == nil || !strings.Contains(err.Error(), "add linux/arm64") {
		t.Errorf("without an archive the error is %v", err)
	}
}

// makeVariable returns the value of a variable in the Makefile.
func makeVariable(t *testing.T, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + name + `\s*[:?]?=\s*(.*)$`).FindStringSubmatch(repository(t, "Makefile"))
	if found == nil {
		t.Fatalf("the Makefile does not set %s", name)
	}
	return found[1]
}

// TestLinksInArchives checks that the pages for users link only to files that
// are in the archives.
func TestLinksInArchives(t *testing.T) {
	links := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	folders := []string{"docs/schemas", "policies/catalog", "testdata/policies"} // for developers, except the schemas
	for _, pattern := range pages {
		files, _ := filepath.Glob(filepath.Join("..", "..", pattern))
		for _, file := range files {
			page := strings.TrimPrefix(filepath.ToSlash(file), "../../")
			if path.Ext(page) != ".md" {
				continue
			}
			for _, link := range links.FindAllStringSubmatch(repository(t, page), -1) {
				target := path.Join(path.Dir(page), link[1])
				included := slices.ContainsFunc(pages, func(pattern string) bool { ok, _ := path.Match(pattern, target); return ok })
				if !included && !slices.Contains(folders, target) {
					t.Errorf("%s links to %s, which is not in the archives", page, target)
				}
			}
		}
	}
}

func TestGoReleaserDoesTheSame(t *testing.T) {
	var config struct {
		Version int
		Builds  []struct {
			Env, Flags, Tags, Ldflags, Goos, Goarch []string
		}
		Archives []struct {
			Files []any
		}
		Sboms []struct{ Args []string }
	}
	if err := yaml.Unmarshal([]byte(repository(t, ".goreleaser.yaml")), &config); err != nil {
		t.Fatal(err)
	}
	if config.Version != 2 || len(config.Builds) != 1 || len(config.Archives) != 1 || len(config.Sboms) != 1 {
		t.Fatalf("the configuration has %d builds and %d archives", len(config.Builds), len(config.Archives))
	}
	build := config.Builds[0]
	var platforms []string
	for _, goos := range build.Goos {
		for _, goarch := range build.Goarch {
			platforms = append(platforms, goos+"/"+goarch)
		}
	}
	want := strings.Fields(makeVariable(t, "DIST_PLATFORMS"))
	slices.Sort(want)
	slices.Sort(platforms)
	if d := cmp.Diff(want, platforms); d != "" {
		t.Error("platforms:", d)
	}
	if d := cmp.Diff([]string{makeVariable(t, "TAGS")}, build.Tags); d != "" {
		t.Error("tags:", d)
	}
	compiled := repository(t, "internal/dist/compile.go")
	for _, flag := range append(build.Flags, "CGO_ENABLED=0") {
		if !strings.Contains(compiled, `"`+flag+`"`) {
			t.Errorf("make dist does not build with %s", flag)
		}
	}
	if d := cmp.Diff([]string{"-trimpath", "-buildvcs=false"}, build.Flags); d != "" {
		t.Error("flags:", d)
	}
	for _, arg := range config.Sboms[0].Args {
		if strings.HasPrefix(arg, "-") && !strings.Contains(compiled, `"`+arg+`"`) {
			t.Errorf("make dist does not give cyclonedx-gomod %s", arg)
		}
	}
	for _, file := range config.Archives[0].Files {
		pattern, ok := file.(string)
		if ok && !slices.Contains(pages, pattern) {
			t.Errorf("make dist does not put %s into the archives", pattern)
		}
	}
	for _, pattern := range pages {
		if !slices.Contains(config.Archives[0].Files, any(pattern)) {
			t.Errorf("GoReleaser does not put %s into the archives", pattern)
		}
		if found, _ := filepath.Glob(filepath.Join("..", "..", pattern)); len(found) == 0 {
			t.Errorf("%s does not match a file", pattern)
		}
	}
}

// TestDockerfile checks that the image contains the program as "make dist" builds it
// and no shell, and that it does not run as root.
func TestDockerfile(t *testing.T) {
	text := repository(t, "Dockerfile")
	_, image, ok := strings.Cut(text, "\nFROM scratch\n")
	if !ok {
		t.Fatal("the image is not made from scratch")
	}
	user := regexp.MustCompile(`(?m)^USER (\d+):(\d+)$`).FindStringSubmatch(image)
	if user == nil || user[1] == "0" || user[2] == "0" {
		t.Errorf("the user of the image is %q, want a number that is not 0", user)
	}
	for _, want := range []string{"ENTRYPOINT [\"/capaboot\"]", "/etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/"} {
		if !strings.Contains(image, want) {
			t.Errorf("the image does not have %s", want)
		}
	}
	if strings.Contains(image, "\nRUN ") {
		t.Error("the image runs a command, and has no shell for it")
	}
	for _, want := range []string{"CGO_ENABLED=0", "-trimpath", "-buildvcs=false", "-tags " + makeVariable(t, "TAGS") + " ", "-X main.version=$VERSION -X main.commit=$COMMIT -X main.date=$DATE"} {
		if !strings.Contains(text, want) {
			t.Errorf("the program is built without %s", want)
		}
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(repository(t, "go.mod"))
	if !strings.Contains(text, "FROM golang:"+version[1]+" ") {
		t.Errorf("the Dockerfile does not build with Go %s of go.mod", version[1])
	}
}

// TestAction checks that every script of the action gets the variables that it
// reads from existing inputs, and that text from a pull request never becomes
// part of a command.
func TestAction(t *testing.T) {
	var action struct {
		Inputs map[string]any
		Runs   struct {
			Steps []struct {
				Run, If string
				Env     map[string]string
				With    map[string]string
			}
		}
	}
	text := repository(t, "action.yml")
	if err := yaml.Unmarshal([]byte(text), &action); err != nil {
		t.Fatal(err)
	}
	for _, use := range regexp.MustCompile(`inputs\.([\w-]+)`).FindAllStringSubmatch(text, -1) {
		if action.Inputs[use[1]] == nil {
			t.Errorf("action.yml uses inputs.%s, which it does not declare", use[1])
		}
	}
	for name := range action.Inputs {
		if !strings.Contains(text, "inputs."+name+" ") {
			t.Errorf("the input %s has no effect", name)
		}
	}
	scripts := 0
	for _, step := range action.Runs.Steps {
		if step.Run == "" {
			continue
		}
		scripts++
		found := regexp.MustCompile(`^bash "\$GITHUB_ACTION_PATH/(packaging/action/\w+\.sh)"$`).FindStringSubmatch(step.Run)
		if found == nil {
			t.Errorf("a step runs %q, want a script alone", step.Run)
			continue
		}
		read := map[string]bool{}
		for _, name := range regexp.MustCompile(`\$\{?(CAPABOOT_\w+)`).FindAllStringSubmatch(repository(t, found[1]), -1) {
			read[name[1]] = true
			if step.Env[name[1]] == "" {
				t.Errorf("%s reads %s, which action.yml does not set", found[1], name[1])
			}
		}
		for name := range step.Env {
			if !read[name] {
				t.Errorf("%s does not read %s, which action.yml sets", found[1], name)
			}
		}
	}
	if scripts < 4 {
		t.Errorf("%d steps run a script, want 4", scripts)
	}
}
