// Which package may import which. Imports point one way: the table is read from
// top to bottom, and a package imports what stands further down. A new package
// is a new row; an import that is gone leaves its row.

package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// room is a package, and what of this module it imports.
type room struct{ name, imports, why string }

// house is a set of rules for imports. Test files may import every package: they
// compare a room with others, above and below it. They alone import doubles.
type house struct {
	rooms   []room
	anybody string // what every package may import; no row has to say so
	doubles string // what test files alone may import, other doubles, and what measures
	measure string // the package that measures
	never   []room // what no row may allow
}

var capaboot = house{
	rooms: []room{
		{".", "cli credentials internal/buildinfo", "signals and the exit code; credentials for the process's environment"},
		{"cli", "cfnstack controller controller/move credentials docs/schemas iam iam/operator iam/preflight iam/verify internal/atomicfile internal/buildinfo internal/commandline internal/commandline/words internal/complete internal/controllerview internal/deployed internal/input internal/licenses internal/meter internal/podaccess internal/stackhints internal/stackview internal/terminal policies/catalog policies/diff policies/explain policies/report policies/review policies/simulate policies/source policies/suppress policies/trust", "flags, a call, printing"},
		{"internal/stackview", "cfnstack iam internal/terminal policies/diff policies/report", "what a person sees of a stack at work; knows no flags"},
		{"internal/stackhints", "cfnstack iam iam/operator internal/deployed", "what to do about an error of a command on the stack"},
		{"internal/controllerview", "controller controller/move credentials internal/terminal", "what a person sees of the controllers; knows no flags"},
		{"internal/podaccess", "controller controller/move internal/eks policies/trust", "what a move of the controllers asks of EKS and IAM"},
		{"internal/deployed", "cfnstack iam iam/preflight iam/verify internal/awsclient", "reads a stack as the account has it; knows no flags"},
		{"internal/commandline/words", "internal/commandline internal/help policies/source", "a table of words; decides nothing"},
		{"internal/complete", "controller credentials iam/operator iam/preflight internal/commandline internal/input policies/authz policies/catalog policies/diff policies/explain policies/review policies/source", "names that the program knows; decides nothing"},
		{"internal/permitted", "iam/operator policies/authz policies/catalog policies/document policies/simulate", "tests only"},

		{"cfnstack", "internal/awsclient", "one stack; knows nothing of IAM, CAPA and flags"},
		{"controller/move", "controller", "the steps of a move; what it asks of EKS and IAM is handed in"},
		{"controller", "", "the controllers in a management cluster; knows nothing of AWS, credentials and flags"},
		{"credentials", "internal/atomicfile internal/awsclient internal/input internal/terminal", "knows nothing of stacks and policies"},

		{"policies/report", "iam/preflight iam/verify internal/meter internal/terminal policies/authz policies/catalog policies/denial policies/diff policies/document policies/explain policies/review policies/simulate policies/source policies/suppress", "makes texts of what the analyses return"},
		{"iam/preflight", "iam iam/operator iam/verify", "the checks before a deployment; knows no flags"},
		{"iam/operator", "iam policies/catalog policies/document", "the policy that the command needss on a stack"},
		{"iam/verify", "iam internal/awsclient policies/diff policies/document policies/source", "an analysis, which knows what the configuration generates and what IAM has"},
		{"iam", "policies/authz/managed policies/catalog policies/document", "the configuration, and the template made of it"},
		{"policies/trust", "policies/catalog policies/document policies/review policies/simulate", "writes what policies/review asks for"},
		{"policies/review", "internal/meter policies/authz policies/authz/managed policies/catalog policies/document policies/stories policies/suppress", "returns the parts of sentences; policies/report makes the text"},
		{"policies/suppress", "policies/document", "accepts findings without knowing the rules"},
		{"policies/explain", "internal/meter policies/authz policies/authz/managed policies/catalog policies/denial policies/document policies/simulate policies/stories", ""},
		{"policies/denial", "policies/authz", "reads and names; decides nothing"},
		{"policies/diff", "internal/meter policies/authz policies/authz/managed policies/document policies/stories", ""},
		{"policies/simulate", "internal/meter policies/authz policies/authz/managed policies/document", ""},
		{"policies/source", "internal/input policies/catalog policies/document", "what it needs of iam and cfnstack is handed to it"},
		{"policies/stories", "policies/catalog policies/document", ""},

		{"policies/authz/internal/generate", "policies/authz policies/authz/internal/awspolicies policies/authz/internal/encode policies/authz/internal/npm", "go generate"},
		{"policies/authz/internal/awspolicies", "policies/authz policies/authz/internal/npm", ""},
		{"policies/authz/internal/npm", "", ""},
		{"policies/authz/internal/encode", "policies/authz", ""},
		{"policies/authz/managed", "policies/document", ""},
		{"policies/authz", "policies/document", "AWS's data, not CAPA's; document for comparing patterns alone"},
		{"policies/catalog/internal/compile", "policies/catalog", "go generate"},
		{"policies/catalog", "", "CAPA's data, not AWS's"},
		{"policies/document", "", ""},
		{"policies/arn", "", ""},

		{"internal/conform", "", "tests only"},
		{"internal/reference", "internal/commandline internal/help", "tests only"},
		{"internal/dist", "", "make dist"},
		{"internal/rename", "", "make rename"},
		{"internal/english", "", "make lint"},
		{"docs/schemas", "", "the files, embedded"},
		{"internal/bench", "internal/awsfolder internal/cfndouble", "measures the program from outside"},
		{"internal/chaos", "", "tests only"},
		{"internal/controllertest", "", "tests only"},
		{"internal/cfndouble", "internal/awsclient", "reads requests with the names that the client gives them"},
		{"internal/eksdouble", "internal/awsdouble internal/kubedouble", "tests only"},
		{"internal/awsdouble", "", ""},
		{"internal/kubedouble", "", ""},
		{"internal/kubernetes", "internal/race", "starts a real API server"},
		{"internal/awsfolder", "", ""},
		{"internal/moto", "internal/race", ""},
		{"internal/race", "", ""},
		{"internal/pty", "", ""},
		{"internal/escape/escapetest", "", ""},

		{"internal/licenses/generate", "internal/licenses", "go generate"},
		{"internal/licenses", "", ""},
		{"internal/atomicfile", "", ""},
		{"internal/buildinfo", "", ""},
		{"internal/eks", "internal/awsclient", "asks Amazon EKS; decides nothing"},
		{"internal/awsclient", "", ""},
		{"internal/help", "internal/commandline internal/examples internal/terminal", "what --help shows; knows no command, only the groups of flags"},
		{"internal/examples", "", ""},
		{"internal/commandline", "", "knows the library and none of the commands"},
		{"internal/input", "", ""},
		{"internal/lazy", "", ""},
		{"internal/terminal", "", ""},
		{"internal/meter", "", ""},
		{"internal/problem", "", ""},
		{"internal/render", "", ""},
		{"internal/secrecy", "", ""},
		{"internal/escape", "", ""},
		{"internal/shell", "", ""},
		{"internal/shortlist", "", ""},
		{"internal/nearword", "", ""},
		{"internal/table", "", ""},
		{"internal/deadline", "", ""},
	},
	anybody: "internal/problem policies/arn internal/escape internal/lazy internal/render internal/secrecy internal/shell internal/shortlist internal/nearword internal/table internal/deadline",
	doubles: "internal/awsdouble internal/awsfolder internal/cfndouble internal/eksdouble internal/escape/escapetest internal/kubedouble internal/kubernetes internal/moto internal/pty internal/race internal/conform internal/permitted internal/reference",
	measure: "internal/bench",
	never: []room{
		{"cli", "policies/authz policies/document policies/arn", "the command line does not know IAM: an analysis answers, policies/report makes the text"},
	},
}

func TestImportsPointOneWay(t *testing.T) {
	for _, problem := range capaboot.problems(t, os.DirFS(".")) {
		t.Error(problem)
	}
}

// imported is one import of this module in one file.
type imported struct {
	file, from, what string
	test             bool
}

// problems returns how the files of a module break the rules, and where the
// rules say what is not so.
func (h house) problems(t *testing.T, module fs.FS) (problems []string) {
	packages, imports := readImports(t, module)
	report := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	place := map[string]int{}
	for i, row := range h.rooms {
		if _, twice := place[row.name]; twice {
			report("%s has two rows", row.name)
		}
		place[row.name] = i
	}
	anybody, doubles := strings.Fields(h.anybody), strings.Fields(h.doubles)
	for _, name := range packages {
		if _, ok := place[name]; !ok {
			report("%s has no row in imports_test.go: say what it may import", name)
		}
	}
	for i, row := range h.rooms {
		if !slices.Contains(packages, row.name) {
			report("the row of %s: there is no such package", row.name)
		}
		for _, what := range strings.Fields(row.imports) {
			below, ok := place[what]
			switch {
			case slices.Contains(anybody, what):
				report("the row of %s: every package may import %s; leave it out", row.name, what)
			case !slices.ContainsFunc(imports, func(one imported) bool { return one.from == row.name && one.what == what && !one.test }):
				report("the row of %s: it does not import %s", row.name, what)
			case ok && below < i:
				report("the row of %s: %s is above it", row.name, what)
			}
		}
	}
	for _, name := range slices.Concat(anybody, doubles) {
		test := slices.Contains(doubles, name)
		if !slices.ContainsFunc(imports, func(one imported) bool { return one.what == name && one.test == test }) {
			report("%s is not imported in the files that may: no row needs it", name)
		}
	}
	for _, one := range imports {
		if why := h.forbids(one); why != "" {
			report("%s imports %s: %s", one.file, one.what, why)
		}
	}
	return problems
}

// forbids returns why an import breaks the rules, "" when it does not.
func (h house) forbids(one imported) string {
	if one.test {
		return ""
	}
	for _, row := range h.never {
		if row.name == one.from && slices.Contains(strings.Fields(row.imports), one.what) {
			return row.why
		}
	}
	doubles := strings.Fields(h.doubles)
	if slices.Contains(doubles, one.what) && !slices.Contains(doubles, one.from) && one.from != h.measure {
		return "it is for tests only"
	}
	for _, row := range h.rooms {
		if row.name == one.from && !slices.Contains(strings.Fields(row.imports+" "+h.anybody), one.what) {
			if row.why != "" {
				return fmt.Sprintf("the row of %s in imports_test.go does not allow it (%s)", row.name, row.why)
			}
			return fmt.Sprintf("the row of %s in imports_test.go does not allow it", row.name)
		}
	}
	return ""
}

// readImports reads the packages of a module, and their imports of one another,
// in the files of every operating system.
func readImports(t *testing.T, module fs.FS) (packages []string, imports []imported) {
	t.Helper()
	err := fs.WalkDir(module, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		// As the go command: these folders have no packages.
		if base := path.Base(file); entry.IsDir() && file != "." && (base == "testdata" || base[0] == '.' || base[0] == '_') {
			return fs.SkipDir
		}
		if _, err := fs.Stat(module, path.Join(file, "go.mod")); entry.IsDir() && file != "." && err == nil {
			return fs.SkipDir // another module
		}
		if entry.IsDir() || path.Ext(file) != ".go" {
			return nil
		}
		from := path.Dir(file)
		if !slices.Contains(packages, from) {
			packages = append(packages, from)
		}
		text, err := fs.ReadFile(module, file)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if what, ok := strings.CutPrefix(name, moduleName(t)+"/"); ok && what != from {
				imports = append(imports, imported{file, from, what, strings.HasSuffix(file, "_test.go")})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages, imports
}

// moduleName is the path of the module, which "make rename" changes.
func moduleName(t *testing.T) string {
	t.Helper()
	line, _, _ := strings.Cut(read(t, "go.mod"), "\n")
	name, ok := strings.CutPrefix(line, "module ")
	if !ok {
		t.Fatalf("go.mod begins with %q, want the module line", line)
	}
	return name
}

// TestBrokenRulesAreFound has a small module that breaks each of the rules.
func TestBrokenRulesAreFound(t *testing.T) {
	file := func(imports ...string) *fstest.MapFile {
		text := "package x\n"
		for _, name := range imports {
			text += "import _ \"" + moduleName(t) + "/" + name + "\"\n"
		}
		return &fstest.MapFile{Data: []byte(text)}
	}
	sound := fstest.MapFS{
		"cli/cli.go": file("stack", "word"), "cli/cli_test.go": file("double", "data"), "stack/stack.go": file("word"), "data/data.go": file(),
		"word/word.go": file(), "double/double.go": file("stack"), "cli/testdata/no.go": file("data"),
	}
	rules := house{
		rooms:   []room{{"cli", "stack", "flags"}, {"data", "", ""}, {"double", "stack", ""}, {"stack", "", ""}, {"word", "", ""}},
		anybody: "word", doubles: "double", never: []room{{"cli", "data", "the command line knows no data"}},
	}
	if got := rules.problems(t, sound); got != nil {
		t.Errorf("a sound module: %q", got)
	}
	for _, test := range []struct {
		name, file string
		imports    []string
		change     func(*house)
		want       string
	}{
		{"an import that no row allows", "stack/more_windows.go", []string{"data"}, nil, "stack/more_windows.go imports data: the row of stack in imports_test.go does not allow it"},
		{"an import that is never allowed", "cli/more.go", []string{"data"}, func(h *house) { h.rooms[0].imports += " data" }, "cli/more.go imports data: the command line knows no data"},
		{"a double outside of tests", "cli/more.go", []string{"double"}, func(h *house) { h.rooms[0].imports += " double" }, "cli/more.go imports double: it is for tests only"},
		{"a package without a row", "new/new.go", nil, nil, "new has no row in imports_test.go: say what it may import"},
		{"a row without a package", "", nil, func(h *house) { h.rooms = append(h.rooms, room{"old", "", ""}) }, "the row of old: there is no such package"},
		{"a second row", "", nil, func(h *house) { h.rooms = append(h.rooms, room{"word", "", ""}) }, "word has two rows"},
		{"an allowed import that is not used", "", nil, func(h *house) { h.rooms[3].imports = "data" }, "the row of stack: it does not import data"},
		{"an allowed import that only a test uses", "stack/stack_test.go", []string{"data"}, func(h *house) { h.rooms[3].imports = "data" }, "the row of stack: it does not import data"},
		{"what every package may import, in a row", "", nil, func(h *house) { h.rooms[0].imports += " word" }, "the row of cli: every package may import word; leave it out"},
		{"an import of what is above", "stack/more.go", []string{"data"}, func(h *house) { h.rooms[3].imports = "data" }, "the row of stack: data is above it"},
		{"a double that no test uses", "", nil, func(h *house) { h.doubles += " data2" }, "data2 is not imported in the files that may: no row needs it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			broken := rules
			broken.rooms = slices.Clone(rules.rooms)
			if test.change != nil {
				test.change(&broken)
			}
			module := fstest.MapFS{}
			for name, content := range sound {
				module[name] = content
			}
			if test.file != "" {
				module[test.file] = file(test.imports...)
			}
			if got := broken.problems(t, module); len(got) != 1 || got[0] != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
