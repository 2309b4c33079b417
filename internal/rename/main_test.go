// Tests of changing the module path.

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write creates a small module in a folder of the test.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func read(t *testing.T, folder, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRename(t *testing.T) {
	folder := write(t, map[string]string{
		"go.mod":             "module tool\n\ngo 1.26\n",
		"word/word.go":       "package word\n",
		"testdata/kept.go":   "package kept\n\nimport _ \"tool/word\"\n",
		"main.go":            "package main\n\nimport (\n\t\"fmt\"\n\n\t\"github.com/b/c\"\n\t_ \"tool/word\" // why\n)\n\nfunc main() { fmt.Println(\"tool/v1\", `tool/word`, c.D) }\n",
		"other/unchanged.go": "package other\n\nvar  x = 1\n",
	})
	if err := rename(folder, "github.com/acme/capaboot"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"go.mod":             "module github.com/acme/capaboot\n\ngo 1.26\n",
		"testdata/kept.go":   "package kept\n\nimport _ \"tool/word\"\n",
		"main.go":            "package main\n\nimport (\n\t\"fmt\"\n\n\t_ \"github.com/acme/capaboot/word\" // why\n\t\"github.com/b/c\"\n)\n\nfunc main() { fmt.Println(\"tool/v1\", \"github.com/acme/capaboot/word\", c.D) }\n",
		"other/unchanged.go": "package other\n\nvar  x = 1\n",
	} {
		if got := read(t, folder, name); got != want {
			t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
		}
	}
	if err := rename(folder, "example.com/back"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, folder, "main.go"); !strings.Contains(got, `_ "example.com/back/word"`) || strings.Contains(got, "acme") {
		t.Errorf("renamed again, main.go is\n%s", got)
	}
}

func TestRenameRefuses(t *testing.T) {
	for name, test := range map[string]struct{ to, broken, want string }{
		"no host":               {"capaboot", "", "want HOST/PATH"},
		"a host alone":          {"github.com", "", "want HOST/PATH"},
		"an address":            {"https://github.com/acme/capaboot", "", "want HOST/PATH"},
		"a line break":          {"github.com/acme/x\nrequire y", "", "want HOST/PATH"},
		"a slash at the end":    {"github.com/acme/", "", "want HOST/PATH"},
		"code that is not Go's": {"github.com/acme/capaboot", "package {", "broken.go:1:9"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"go.mod": "module tool\n", "a.go": "package a\n\nimport _ \"tool/word\"\n", "word/word.go": "package word\n"}
			if test.broken != "" {
				files["broken.go"] = test.broken
			}
			folder := write(t, files)
			err := rename(folder, test.to)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q in it", err, test.want)
			}
			for file, text := range files {
				if got := read(t, folder, file); got != text {
					t.Errorf("%s changed to\n%s", file, got)
				}
			}
		})
	}
}
