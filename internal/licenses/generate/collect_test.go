// Tests that NOTICE is current, and tests of identifying licenses.

package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"capaboot/internal/licenses"
)

var root = filepath.Join("..", "..", "..")

const updateHint = `run "make generate", read the difference, and commit it`

// TestCurrent checks that NOTICE and the embedded texts match what the program
// contains now.
func TestCurrent(t *testing.T) {
	readSourcesForTestCache(t)
	want, err := collect(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := licenses.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range differences(got, want) {
		t.Errorf("%s is not current: %s; %s", filepath.ToSlash(packedFile), line, updateHint)
	}
	notice, err := os.ReadFile(filepath.Join(root, noticeFile))
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.ReplaceAll(string(notice), "\r\n", "\n"); text != licenses.Text(want) {
		t.Errorf("%s is not current, or was edited by hand; %s", noticeFile, updateHint)
	}
}

// readSourcesForTestCache reads the source folders, so that the go command does not
// use a cached result of this test after a change. The go command does not
// notice that "go list", a separate process, reads them.
func readSourcesForTestCache(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "testdata") {
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if _, err := os.ReadFile(filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// differences returns how two lists differ, one line per difference.
func differences(got, want []licenses.Component) (lines []string) {
	old, now := map[string]licenses.Component{}, map[string]bool{}
	for _, c := range got {
		old[c.Name] = c
	}
	for _, c := range want {
		now[c.Name] = true
		switch before, known := old[c.Name]; {
		case !known:
			lines = append(lines, c.Name+" is new")
		case before.Version != c.Version:
			lines = append(lines, fmt.Sprintf("%s is %s now, and was %s", c.Name, c.Version, before.Version))
		case !cmp.Equal(before, c):
			lines = append(lines, "the license of "+c.Name+" has changed")
		}
	}
	for _, c := range got {
		if !now[c.Name] {
			lines = append(lines, c.Name+" is no longer used")
		}
	}
	if len(lines) == 0 && !cmp.Equal(got, want) {
		lines = append(lines, "the order differs")
	}
	return lines
}

func TestDifferences(t *testing.T) {
	a := licenses.Component{Name: "a", Version: "v1"}
	b := licenses.Component{Name: "b", Version: "v1", Files: []licenses.File{{Path: "LICENSE", Text: "x"}}}
	newer := licenses.Component{Name: "a", Version: "v2"}
	other := licenses.Component{Name: "b", Version: "v1", Files: []licenses.File{{Path: "LICENSE", Text: "y"}}}
	got := differences([]licenses.Component{a, b, {Name: "gone"}}, []licenses.Component{newer, other, {Name: "new"}})
	want := []string{"a is v2 now, and was v1", "the license of b has changed", "new is new", "gone is no longer used"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := differences([]licenses.Component{a, b}, []licenses.Component{b, a}); len(got) != 1 {
		t.Errorf("another order: %q", got)
	}
	if got := differences([]licenses.Component{a, b}, []licenses.Component{a, b}); got != nil {
		t.Errorf("no difference: %q", got)
	}
}

// TestComponentFiles checks that a text is found at the root of a module, next
// to a linked package and in the folders above it, and nowhere else.
func TestComponentFiles(t *testing.T) {
	folder := t.TempDir()
	const mit = "Permission is hereby granted, free of charge, to any person obtaining a copy\r\nof this software and associated documentation files\r\n"
	for path, text := range map[string]string{
		"LICENSE.txt": mit, "NOTICE": "\n\na notice\n\n", "license.go": "package x", "a/COPYING": mit, "a/b/x.go": "", "a/b/licence-more": mit,
		"c/LICENSE": "of a package that is not linked", "README": "",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readComponent(licenses.Component{Name: "x"}, folder, map[string]bool{filepath.Join(folder, "a", "b"): true}, "")
	if err != nil {
		t.Fatal(err)
	}
	unix := strings.ReplaceAll(mit, "\r", "")
	want := []licenses.File{{Path: "LICENSE.txt", Text: unix}, {Path: "NOTICE", Text: "a notice\n"}, {Path: "a/COPYING", Text: unix}, {Path: "a/b/licence-more", Text: unix}}
	if diff := cmp.Diff(want, got.Files); diff != "" || got.License != "MIT" {
		t.Errorf("license %s (-want +got)\n%s", got.License, diff)
	}
	if _, err := readComponent(licenses.Component{Name: "x"}, filepath.Join(folder, "c"), nil, ""); err == nil || !strings.Contains(err.Error(), "x: the license in LICENSE is unknown") {
		t.Errorf("an unknown license: %v", err)
	}
	if _, err := readComponent(licenses.Component{Name: "x"}, filepath.Join(folder, "a", "b"), nil, "LICENSE"); err == nil || !strings.Contains(err.Error(), "x has no license file") {
		t.Errorf("no license: %v", err)
	}
}

// TestMissingModule checks that a module that is missing from the module cache
// is reported with the fix, and not downloaded.
func TestMissingModule(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module x\n\ngo 1.26\n\nrequire example.invalid/missing v1.0.0\n",
		"go.sum":  "example.invalid/missing v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nexample.invalid/missing v1.0.0/go.mod h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"main.go": "package main\n\nimport _ \"example.invalid/missing\"\n\nfunc main() {}\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := listPackages(folder, "", "linux", "amd64")
	if err == nil || !strings.Contains(err.Error(), "example.invalid/missing") || !strings.Contains(err.Error(), `run "go mod download" first`) {
		t.Errorf("got %v", err)
	}
}

func TestMakefileTags(t *testing.T) {
	path := filepath.Join(t.TempDir(), "Makefile")
	for text, want := range map[string]string{"GO = go\nTAGS    := a b \nX=\n": "a,b", "TAGS=a\n": "a"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := makefileTags(path); got != want || err != nil {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
	if err := os.WriteFile(path, []byte("all:\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := makefileTags(path); err == nil {
		t.Errorf("no tags: got %q", got)
	}
}

func TestIdentify(t *testing.T) {
	const bsd2 = "Redistributions in binary form must reproduce the above copyright\n  notice, this list of conditions and the following disclaimer in the\n  documentation and/or other materials provided with the distribution."
	const bsd3 = bsd2 + " Neither name may be used to endorse or promote products derived from this software without specific prior written permission."
	for _, test := range []struct {
		files []licenses.File
		want  string
	}{
		{[]licenses.File{{Path: "LICENSE", Text: "Apache License\n   Version 2.0, January 2004"}}, "Apache-2.0"},
		{[]licenses.File{{Path: "LICENSE", Text: bsd2}}, "BSD-2-Clause"},
		{[]licenses.File{{Path: "LICENSE", Text: bsd3}}, "BSD-3-Clause"},
		{[]licenses.File{{Path: "LICENSE", Text: bsd3}, {Path: "x/LICENSE.md", Text: "Apache License, Version 2.0, January 2004"}}, "Apache-2.0 AND BSD-3-Clause"},
		{[]licenses.File{{Path: "LICENSE", Text: "Apache License, Version 2.0, January 2004"}, {Path: "NOTICE", Text: "parts are under their original\nMIT license"}}, "Apache-2.0 AND MIT"},
		{[]licenses.File{{Path: "NOTICE", Text: "a notice alone"}}, ""},
		{[]licenses.File{{Path: "LICENSE", Text: "all rights reserved"}}, ""},
	} {
		got, err := identify(licenses.Component{Name: "x", Files: test.files})
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%v: got %q, %v", test.files, got, err)
		}
	}
}
