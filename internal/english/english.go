// Command english finds words and forms that texts of capaboot must not
// contain, and says what to write instead. "make lint" runs it. Texts are the
// comments and strings in Go files, documentation, scripts and tables. Strings
// in test files are not checked: many are test inputs, and expected output is
// checked where the program prints it.
package main

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"capaboot/internal/table"
)

//go:embed banned.tsv
var bannedTSV string

// form is a banned word or form of words.
type form struct {
	banned      *regexp.Regexp
	replacement string         // what to write instead
	exceptions  *regexp.Regexp // allowed texts that banned also matches; may be nil
	example     string         // an example that banned matches
}

func parseForms(name, text string) ([]form, error) {
	var forms []form
	err := table.Each(name, text, func(columns []string) error {
		if len(columns) != 4 {
			return fmt.Errorf("%d columns, want 4", len(columns))
		}
		f := form{replacement: columns[1], example: columns[3]}
		var err error
		if f.banned, err = regexp.Compile("(?i)" + columns[0]); err != nil {
			return err
		}
		if columns[2] != "-" {
			f.exceptions, err = regexp.Compile("(?i)" + columns[2])
		}
		forms = append(forms, f)
		return err
	})
	return forms, err
}

// hit is a banned form that was found in a text.
type hit struct {
	file        string
	line        int
	found       string
	replacement string
	offset      int
}

func (h hit) String() string {
	return fmt.Sprintf("%s:%d: %q: write %s", h.file, h.line, h.found, h.replacement)
}

// find returns the hits of forms in a text. line is the number of the text's first
// line in the file. find joins the lines, because a form can continue on the next line.
func find(forms []form, file, text string, line int) []hit {
	joined := strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		return r
	}, text)
	var hits []hit
	for _, f := range forms {
		var allowed [][]int
		if f.exceptions != nil {
			allowed = f.exceptions.FindAllStringIndex(joined, -1)
		}
		for _, match := range f.banned.FindAllStringIndex(joined, -1) {
			overlaps := func(r []int) bool { return r[0] < match[1] && match[0] < r[1] }
			if slices.ContainsFunc(allowed, overlaps) {
				continue
			}
			hits = append(hits, hit{file, line + strings.Count(text[:match[0]], "\n"), joined[match[0]:match[1]], f.replacement, match[0]})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return a.offset - b.offset })
	return hits
}

// checkGo checks the comments of a Go file and, unless it is a test, its strings.
func checkGo(forms []form, file string, content []byte) ([]hit, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		if list, ok := err.(scanner.ErrorList); ok {
			return nil, list[0]
		}
		return nil, err
	}
	var hits []hit
	for _, group := range parsed.Comments {
		var text strings.Builder
		for _, c := range group.List {
			text.WriteString(commentMarker.ReplaceAllString(c.Text, ""))
			text.WriteByte('\n')
		}
		hits = append(hits, find(forms, file, text.String(), set.Position(group.Pos()).Line)...)
	}
	if strings.HasSuffix(file, "_test.go") {
		return hits, nil
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			return true
		}
		line := set.Position(literal.Pos()).Line
		for _, h := range find(forms, file, text, line) {
			if literal.Value[0] == '"' {
				h.line = line // "\n" in the literal is not a line break of the file
			}
			hits = append(hits, h)
		}
		return true
	})
	return hits, nil
}

// commentMarker matches the beginning of a comment line.
var commentMarker = regexp.MustCompile(`(?m)^\s*//+ ?`)

// codeBlockPattern matches a code block in Markdown. Its content is checked
// where the program prints or reads it.
var codeBlockPattern = regexp.MustCompile("(?ms)^ *```.*?^ *```")

// checkText checks a text that is not Go, depending on the extension of its file.
func checkText(forms []form, file, text string) []hit {
	blank := func(s string) string { return strings.Repeat("\n", strings.Count(s, "\n")) }
	switch path.Ext(file) {
	case ".md":
		text = codeBlockPattern.ReplaceAllStringFunc(text, blank)
	case ".txtar":
		lines := strings.SplitAfter(text, "\n")
		for i, line := range lines {
			if !strings.HasPrefix(line, "#") {
				lines[i] = blank(line)
			}
		}
		text = strings.Join(lines, "")
	}
	return find(forms, file, text, 1)
}

// excluded lists the files and folders that are not checked: third-party texts,
// test inputs, build output, and the table itself.
var excluded = []string{
	".git", "dist", "coverage", "LICENSE", "NOTICE", "internal/licenses/data", "internal/english/banned.tsv", "policies/authz/data",
	"policies/authz/managed/documents", "policies/simulate/testdata", "policies/report/testdata/sarif",
}

// textExtensions has the extensions of the files to check besides Go files.
var textExtensions = []string{".md", ".tsv", ".txt", ".txtar", ".golden", ".yml", ".yaml", ".json", ".sarif", ".sh", ".bash", ".1"}

// checkFolder checks the Go files and the text files of a folder, except for
// the excluded ones, and returns the hits in order.
func checkFolder(forms []form, folder fs.FS) ([]hit, error) {
	var hits []hit
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case slices.Contains(excluded, name) && entry.IsDir():
			return fs.SkipDir
		case slices.Contains(excluded, name) || !entry.Type().IsRegular():
			return nil
		}
		isGo, isText := path.Ext(name) == ".go", slices.Contains(textExtensions, path.Ext(name)) || name == "Makefile"
		if !isGo && !isText {
			return nil
		}
		content, err := fs.ReadFile(folder, name)
		if err != nil {
			return err
		}
		if !isGo {
			hits = append(hits, checkText(forms, name, string(content))...)
			return nil
		}
		found, err := checkGo(forms, name, content)
		hits = append(hits, found...)
		return err
	})
	return hits, err
}

func main() {
	forms, err := parseForms("banned.tsv", bannedTSV)
	if err != nil {
		fmt.Fprintln(os.Stderr, "english:", err)
		os.Exit(2)
	}
	hits, err := checkFolder(forms, os.DirFS("."))
	for _, h := range hits {
		fmt.Println(h)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "english:", err)
		os.Exit(2)
	}
	if len(hits) > 0 {
		fmt.Fprintf(os.Stderr, "english: %d texts to rewrite; internal/english/banned.tsv has the table\n", len(hits))
		os.Exit(1)
	}
}
