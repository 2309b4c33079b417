// Tests that docs/architecture.md and the table of packages in CONTRIBUTING.md
// match the code.

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestArchitectureNamesExist checks that the files ("iam/load.go"), folders
// ("policies/source") and declarations ("iam.Load", "iam.Template.Tree") in
// backquotes in docs/architecture.md exist.
func TestArchitectureNamesExist(t *testing.T) {
	packages, _ := readImports(t, os.DirFS("."))
	declared := map[string]bool{}
	for _, folder := range packages {
		for _, name := range declarations(t, folder) {
			declared[path.Base(folder)+"."+name] = true
		}
	}
	counts := map[bool]int{}
	for name, isFile := range namesIn(readFile(t, "docs/architecture.md")) {
		counts[isFile]++
		if isFile {
			if _, err := os.Stat(name); err != nil {
				t.Errorf("docs/architecture.md names %s: %v", name, err)
			}
		} else if !declared[name] {
			t.Errorf("docs/architecture.md names %s, which no package declares", name)
		}
	}
	if counts[true] < 10 || counts[false] < 30 {
		t.Errorf("only %d files and %d declarations were found: are they still in backquotes?", counts[true], counts[false])
	}
}

// TestContributingListsEveryPackage checks that CONTRIBUTING.md has a row for
// each package or for a folder above it, and that every file and folder in the
// table exists.
func TestContributingListsEveryPackage(t *testing.T) {
	_, text, _ := strings.Cut(readFile(t, "CONTRIBUTING.md"), "\n## Where things are\n")
	section, _, _ := strings.Cut(text, "\n## ")
	for name, isFile := range namesIn(section) {
		if _, err := os.Stat(name); isFile && err != nil {
			t.Errorf("CONTRIBUTING.md, table of packages: %v", err)
		}
	}
	var mapped []string // the names in the first column
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]*) \|`).FindAllStringSubmatch(section, -1) {
		for name := range namesIn(row[1]) {
			mapped = append(mapped, strings.TrimSuffix(name, "/"))
		}
	}
	packages, _ := readImports(t, os.DirFS("."))
	for _, name := range packages {
		if name != "." && !slices.ContainsFunc(mapped, func(folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }) {
			t.Errorf("CONTRIBUTING.md, table of packages: %s is missing", name)
		}
	}
}

func readFile(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	inBackquotes = regexp.MustCompile("`([^`\n]+)`")
	// filePattern matches a path with a slash, or the name of a file with an
	// extension that the documents use.
	filePattern        = regexp.MustCompile(`^[\w.-]+(/[\w.-]+)+/?$|^[\w-]+/$|^\w+\.(go|md|yaml|tsv)$`)
	declarationPattern = regexp.MustCompile(`^[a-z]+(\.\w+)+$`)
)

// namesIn returns the names in backquotes: true for a file or folder, false for
// a declaration.
func namesIn(text string) map[string]bool {
	names := map[string]bool{}
	for _, match := range inBackquotes.FindAllStringSubmatch(text, -1) {
		if file := filePattern.MatchString(match[1]); file || declarationPattern.MatchString(match[1]) {
			names[match[1]] = file
		}
	}
	return names
}

// declarations returns the names that the non-test files of a folder declare. A
// method or field has its type before it: "Load", "Template.Tree".
func declarations(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if path.Ext(entry.Name()) != ".go" || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path.Join(folder, entry.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				names = append(names, receiver(d)+d.Name.Name)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					names = append(names, specNames(spec)...)
				}
			}
		}
	}
	return names
}

// receiver returns the type of a method and a dot; "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if name, ok := typ.(*ast.Ident); ok {
		return name.Name + "."
	}
	return ""
}

// specNames returns the names that a const, var or type declares, with the
// fields of a struct.
func specNames(spec ast.Spec) (names []string) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			names = append(names, name.Name)
		}
	case *ast.TypeSpec:
		names = append(names, spec.Name.Name)
		if structure, ok := spec.Type.(*ast.StructType); ok {
			for _, field := range structure.Fields.List {
				for _, name := range field.Names {
					names = append(names, spec.Name.Name+"."+name.Name)
				}
			}
		}
	}
	return names
}
