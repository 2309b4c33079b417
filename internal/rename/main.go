// Command rename changes the module path to the one under which the module is
// hosted, so that "go install PATH@VERSION" finds it. "make rename MODULE=PATH"
// runs it.
//
// It changes the module line of go.mod and every string in Go code that is the
// path of a package of the module, such as an import. The rest of the
// repository does not contain the path.
package main

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 2 || os.Args[1] == "" {
		fmt.Fprintln(os.Stderr, "usage: make rename MODULE=example.com/team/capaboot")
		os.Exit(2)
	}
	if err := rename(".", os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "rename:", err)
		os.Exit(1)
	}
}

var (
	moduleLine = regexp.MustCompile(`(?m)^module[ \t]+(\S+)`)
	// modulePath matches a host with a dot, and a path:
	// https://go.dev/ref/mod#module-path.
	modulePath = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$`)
)

// rename changes the module in a folder. It reads and formats every file before
// it writes the first one, so that a file that cannot be parsed leaves all
// files unchanged.
func rename(folder, to string) error {
	if !modulePath.MatchString(to) {
		return fmt.Errorf("%q is not the path of a module that can be fetched: want HOST/PATH, such as github.com/team/capaboot", to)
	}
	file := filepath.Join(folder, "go.mod")
	mod, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	found := moduleLine.FindSubmatch(mod)
	if found == nil {
		return fmt.Errorf("%s does not name a module", file)
	}
	from := string(found[1])
	changed := map[string][]byte{}
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != folder && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		after, err := renameFile(path, text, folder, from, to)
		if err == nil && after != nil {
			changed[path] = after
		}
		return err
	})
	if err != nil {
		return err
	}
	changed[file] = moduleLine.ReplaceAll(mod, []byte("module "+to))
	for path, text := range changed {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	fmt.Printf("%s is now %s: %d files changed\n", from, to, len(changed))
	return nil
}

// renameFile returns a file with changed package paths, or nil if the file
// contains none. A string is changed only if a folder with that name exists, so
// that "capaboot/v1", which is not a package, stays.
func renameFile(path string, text []byte, folder, from, to string) ([]byte, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, path, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	last := 0
	ast.Inspect(parsed, func(node ast.Node) bool {
		literal, ok := node.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		value, err := strconv.Unquote(literal.Value)
		if err != nil {
			return true
		}
		name, ok := strings.CutPrefix(value, from+"/")
		if !ok || !isFolder(filepath.Join(folder, filepath.FromSlash(name))) {
			return true
		}
		start := set.Position(literal.Pos()).Offset
		out.Write(text[last:start])
		out.WriteString(strconv.Quote(to + "/" + name))
		last = start + len(literal.Value)
		return true
	})
	if last == 0 {
		return nil, nil
	}
	out.Write(text[last:])
	return format.Source([]byte(out.String())) // gofmt sorts imports, and their order changes
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
