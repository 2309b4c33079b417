// Tests that every row of the table matches its example, and that a form in any
// kind of text is found with its line.

package main

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

func bannedForms(t *testing.T) []form {
	t.Helper()
	forms, err := parseForms("banned.tsv", bannedTSV)
	if err != nil {
		t.Fatal(err)
	}
	return forms
}

func TestEveryRowFindsItsExample(t *testing.T) {
	for _, f := range bannedForms(t) {
		if len(find([]form{f}, "x", f.example, 1)) == 0 {
			t.Errorf("%s does not find %q", f.banned, f.example)
		}
	}
}

func TestWrongTables(t *testing.T) {
	for text, want := range map[string]string{
		"a\tb\tc\n":      "line 1:",
		"(\tb\t-\t(\n":   "error parsing regexp",
		"a\tb\t(\ta\n":   "error parsing regexp",
		"#\n\na\tb\t-\n": "line 3:",
	} {
		if _, err := parseForms("words", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestPlantedForms(t *testing.T) {
	forms := bannedForms(t)
	for _, c := range []struct{ name, file, text, want string }{
		{"a comment", "a.go", "package a\n\n// B is made\n// anew.\nvar B int\n", "a.go:4 anew"},
		{"over two lines", "a.go", "package a\n\n// B: what is\n// no time is refused.\nvar B int\n", "a.go:3 is no time"},
		{"a string", "a.go", "package a\n\nvar B = \"x\\n\" +\n\t\"nobody does\"\n", "a.go:4 nobody"},
		{"a string with lines", "a.go", "package a\n\nvar B = `x\nmend it\n`\n", "a.go:4 mend"},
		{"an identifier", "a.go", "package a\n\nvar nobody int\n", ""},
		{"a comment of a test", "a_test.go", "package a\n\n// anew\n", "a_test.go:3 anew"},
		{"a string of a test", "a_test.go", "package a\n\nvar b = \"anew\"\n", ""},
		{"a page", "docs/a.md", "# A\n\nIt is made Anew.\n", "docs/a.md:3 Anew"},
		{"output on a page", "docs/a.md", "# A\n\n```\nanew\n```\n\nlest\n", "docs/a.md:7 lest"},
		{"a script", "testdata/script/a.txtar", "# Made anew.\nexec anew\n", "testdata/script/a.txtar:1 anew"},
		{"a table", "policies/a.tsv", "x\tfor want of which none has it anew\n", "policies/a.tsv:1 which none has, policies/a.tsv:1 anew"},
		{"a golden file", "a/testdata/x.golden", "planning anew\n", "a/testdata/x.golden:1 anew"},
		{"an exception", "a.md", "There is no stack. It is no longer there. The answer is no.\n", ""},
		{"an exception and a banned form", "a.md", "There is no stack, which is no time.\n", "a.md:1 is no time"},
		{"a third-party text", "internal/licenses/data/MIT.txt", "thereof anew\n", ""},
		{"no text", "a.bin", "anew\n", ""},
	} {
		hits, err := checkFolder(forms, fstest.MapFS{c.file: {Data: []byte(c.text)}})
		var got []string
		for _, h := range hits {
			got = append(got, fmt.Sprintf("%s:%d %s", h.file, h.line, h.found))
		}
		if strings.Join(got, ", ") != c.want || err != nil {
			t.Errorf("%s: found %q (%v), want %q", c.name, got, err, c.want)
		}
	}
}

func TestInvalidGoFile(t *testing.T) {
	if _, err := checkFolder(bannedForms(t), fstest.MapFS{"a.go": {Data: []byte("package\n")}}); err == nil || !strings.HasPrefix(err.Error(), "a.go:") {
		t.Errorf("the error is %v", err)
	}
}
