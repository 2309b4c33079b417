package main

// Tests that archives, packages and the formula depend only on their content
// and have the right content. .ci/run builds one platform twice and runs the
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
)

var (
	commitTime = time.Date(2026, 11, 28, 10, 20, 30, 0, time.UTC)
	files      = []entry{
		{"capaboot", []byte("program"), 0o755},
		{"man/man1/capaboot.1", []byte(".TH"), 0o644},
		{"LICENSE", []byte("text"), 0o644},
	}
)

// archivedFile is a file as a reader of an archive sees it.
type archivedFile struct {
	Name, Content string
	Mode          os.FileMode
	Time          time.Time
}

func readTarGz(t *testing.T, content []byte) (found []archivedFile) {
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
		found = append(found, archivedFile{header.Name, string(text), header.FileInfo().Mode(), header.ModTime.UTC()})
	}
}

func readZip(t *testing.T, content []byte) (found []archivedFile) {
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
		found = append(found, archivedFile{file.Name, string(text), file.Mode(), file.Modified.UTC()})
	}
	return found
}

func TestArchivesDependOnTheirContentAlone(t *testing.T) {
	want := []archivedFile{
		{"folder/LICENSE", "text", 0o644, commitTime},
		{"folder/capaboot", "program", 0o755, commitTime},
		{"folder/man/man1/capaboot.1", ".TH", 0o644, commitTime},
	}
	for name, test := range map[string]struct {
		write func(file, folder string, entries []entry, date time.Time) error
		read  func(*testing.T, []byte) []archivedFile
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

// TestDebianVersions checks the Debian versions, and that dpkg sorts them in
// the order of the table.
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

func readRepositoryFile(t *testing.T, name string) string {
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
	formula, err := fillFormula(readRepositoryFile(t, formulaTemplate), o, checksums)
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
	if _, err := fillFormula(readRepositoryFile(t, formulaTemplate), o, checksums); err == nil || !strings.Contains(err.Error(), "add linux/arm64") {
		t.Errorf("without an archive the error is %v", err)
	}
}

// makeVariable returns the value of a variable in the Makefile.
func makeVariable(t *testing.T, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + name + `\s*[:?]?=\s*(.*)$`).FindStringSubmatch(readRepositoryFile(t, "Makefile"))
	if found == nil {
		t.Fatalf("the Makefile does not set %s", name)
	}
	return found[1]
}

// TestLinksInArchives checks that the pages in an archive and in a Debian
// package link only to files and folders that the same archive or package
// contains.
func TestLinksInArchives(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	documents, err := committedDocuments()
	if err != nil {
		t.Fatal(err)
	}
	packaged, err := debianFiles(nil, documents)
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for kind, entries := range map[string][]entry{"archive": documents, "Debian package": packaged} {
		checked := 0
		for _, page := range entries {
			if path.Ext(page.name) != ".md" {
				continue
			}
			for _, link := range links.FindAllStringSubmatch(string(page.content), -1) {
				target := path.Join(path.Dir(page.name), link[1])
				if !slices.ContainsFunc(entries, func(e entry) bool { return e.name == target || strings.HasPrefix(e.name, target+"/") }) {
					t.Errorf("%s links to %s, which is not in the %s", page.name, target, kind)
				}
				checked++
			}
		}
		if checked < 100 {
			t.Errorf("%d links in the pages of the %s", checked, kind)
		}
	}
}

// The licenses of the program and of the standard library are added; the others stay.
func TestOwnLicenses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sbom.json")
	const text = `{"metadata":{"component":{"name":"capaboot","purl":"pkg:golang/capaboot@v1?goarch=amd64&goos=linux"}},"components":[{"name":"std"},{"licenses":[{"license":{"id":"MIT"}}],"name":"x"},{"name":"y"}],"version":1}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := addOwnLicenses(path); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"components":[{"licenses":[{"license":{"id":"BSD-3-Clause"}}],"name":"std"},{"licenses":[{"license":{"id":"MIT"}}],"name":"x"},{"name":"y"}],"metadata":{"component":{"licenses":[{"license":{"id":"Apache-2.0"}}],"name":"capaboot","purl":"pkg:golang/capaboot@v1?goarch=amd64&goos=linux"}},"version":1}`
	if compact := regexp.MustCompile(`\s`).ReplaceAllString(string(got), ""); compact != want {
		t.Errorf("got %s, want %s", compact, want)
	}
	warning := `4:02AM WRN module download failed module=capaboot@v1 reason="malformed module path"` + "\n"
	warning += "4:02AM WRN can't resolve module license module=std@go1.26.8 reason=\"module not in cache\"\n"
	other := `4:02AM WRN module download failed module=x.example/y@v1 reason="404"` + "\n"
	if got := string(withoutOwnModules([]byte("a\n" + warning + other))); got != "a\n"+other {
		t.Errorf("messages: %q", got)
	}
}
