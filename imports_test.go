// Which package may import which. Imports point one way: a package may only
// import packages in later rows of the table. A new package needs a row, and an
// import that no longer exists must be removed from its row.

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

// packageRule lists the packages of this module that a package may import.
type packageRule struct {
	name    string // the folder of the package
	imports string // the folders of the packages that it may import, separated by spaces
	reason  string // what the package is for, or why the rule exists; errors show it
}

// importRules are the rules for imports in files that are not tests. Test files
// may import every package.
type importRules struct {
	packages          []packageRule
	allowedEverywhere string        // packages that every package may import; no row lists them
	testOnly          string        // packages that only test files, testOnly and benchmarks may import
	benchmarks        string        // the package with the benchmarks
	forbidden         []packageRule // imports that are never allowed, even if a row has them
}

var moduleRules = importRules{
	packages: []packageRule{
		{".", "cli credentials internal/buildinfo internal/buildinfo/toolchain internal/early", "signals and the exit code; credentials only for the environment of the process"},
		{"internal/early", "credentials/accesskey internal/buildinfo policies/arn/regions policies/catalog/compiled", "runs short commands before main; imports little, so that it is initialized early"},
		{"cli", "cfnstack controller controller/move credentials credentials/accesskey docs/schemas iam iam/account iam/operator iam/preflight iam/verify internal/atomicfile internal/buildinfo internal/commandline internal/commandline/words internal/complete internal/controllerview internal/deployed internal/input internal/licenses internal/meter internal/podaccess internal/stackhints internal/stackview internal/terminal policies/catalog policies/catalog/compiled policies/diff policies/explain policies/report policies/review policies/simulate policies/source policies/suppress policies/trust", "flags, calls of other packages, printing"},
		{"internal/stackview", "cfnstack iam internal/terminal policies/diff policies/report", "how a running stack operation is shown; does not know flags"},
		{"internal/stackhints", "cfnstack iam iam/operator internal/deployed", "hints for the errors of stack commands"},
		{"internal/controllerview", "controller controller/move credentials internal/terminal", "how the controllers are shown; does not know flags"},
		{"internal/podaccess", "controller controller/move internal/eks policies/trust", "the requests to EKS and IAM for a move of the controllers"},
		{"internal/deployed", "cfnstack iam iam/account iam/preflight iam/verify internal/awsclient", "reads the deployed stack; does not know flags"},
		{"internal/commandline/words", "internal/commandline internal/help policies/source", "a table of synonyms without logic"},
		{"internal/complete", "controller credentials iam/operator iam/preflight internal/commandline internal/input policies/authz policies/catalog policies/diff policies/explain policies/review policies/source", "what can be at the cursor of a shell; sends no request"},
		{"internal/permitted", "iam/operator policies/authz policies/catalog policies/document policies/simulate", "tests only"},

		{"cfnstack", "internal/awsclient internal/stacktemplate", "one stack; does not know IAM, CAPA or flags"},
		{"controller/move", "controller", "the steps of a move; the clients of EKS and IAM are passed in"},
		{"controller", "", "the controllers in a management cluster; does not know AWS, credentials or flags"},
		{"credentials", "credentials/accesskey internal/atomicfile internal/awsclient internal/input internal/terminal", "does not know stacks or policies"},
		{"credentials/accesskey", "", "imports nothing of this module"},

		{"policies/report", "iam iam/preflight iam/verify internal/meter internal/terminal policies/authz policies/catalog policies/denial policies/diff policies/document policies/explain policies/review policies/simulate policies/source policies/suppress", "writes the results of the analyses as text"},
		{"iam/preflight", "iam iam/account iam/operator iam/verify internal/stacktemplate policies/authz", "the checks before a deployment; does not know flags"},
		{"iam/operator", "iam policies/catalog policies/document", "the policy that a command on the stack needs"},
		{"iam/verify", "iam iam/account internal/awsclient internal/stacktemplate policies/diff policies/document policies/source", "compares the generated resources with those in IAM"},
		{"iam/account", "iam", "reads the resources from IAM"},
		{"iam", "policies/authz policies/authz/managed policies/catalog policies/document", "the configuration, and the template that it generates"},
		{"policies/trust", "policies/catalog policies/document policies/review policies/simulate", "writes statements that satisfy policies/review"},
		{"policies/review", "internal/meter policies/authz policies/authz/managed policies/catalog policies/document policies/stories policies/suppress", "returns findings as values; policies/report writes the text"},
		{"policies/suppress", "policies/document", "accepts findings without knowing the rules"},
		{"policies/explain", "internal/meter policies/authz policies/authz/managed policies/catalog policies/denial policies/document policies/simulate policies/stories", ""},
		{"policies/denial", "policies/authz", "finds denials, and does not evaluate them"},
		{"policies/diff", "internal/meter policies/authz policies/authz/managed policies/document policies/stories", ""},
		{"policies/simulate", "internal/meter policies/authz policies/authz/managed policies/document", ""},
		{"policies/source", "internal/input policies/authz/managed policies/catalog policies/document", "functions of iam and cfnstack are passed in"},
		{"policies/stories", "policies/catalog policies/document", ""},

		{"policies/authz/internal/generate", "policies/authz policies/authz/internal/awspolicies policies/authz/internal/encode policies/authz/internal/npm", "go generate"},
		{"policies/authz/internal/awspolicies", "policies/authz policies/authz/internal/npm", ""},
		{"policies/authz/internal/npm", "", ""},
		{"policies/authz/internal/encode", "policies/authz", ""},
		{"policies/authz/managed", "policies/document", ""},
		{"policies/authz", "policies/document", "AWS's data, not CAPA's; imports document only to compare patterns"},
		{"policies/catalog/internal/compile", "policies/catalog", "go generate"},
		{"policies/catalog", "policies/catalog/compiled", "CAPA's data, not AWS's"},
		{"policies/catalog/compiled", "", "imports nothing of this module"},
		{"policies/document", "", ""},
		{"policies/arn", "policies/arn/regions", ""},
		{"policies/arn/regions", "", ""},

		{"internal/conform", "", "tests only"},
		{"internal/reference", "internal/commandline internal/help internal/terminal", "tests only"},
		{"internal/dist", "", "make dist"},
		{"internal/rename", "", "make rename"},
		{"internal/english", "", "make lint"},
		{"docs/schemas", "", "the files, embedded"},
		{"internal/bench", "internal/awsfolder internal/cfndouble", "measures the program from outside"},
		{"internal/chaos", "", "tests only"},
		{"internal/controllertest", "", "tests only"},
		{"internal/cfndouble", "internal/awsclient internal/pauses", "reads requests by the names that the client uses"},
		{"internal/eksdouble", "internal/awsdouble internal/kubedouble", "tests only"},
		{"internal/awsdouble", "", ""},
		{"internal/kubedouble", "internal/pauses", ""},
		{"internal/kubernetes", "internal/race", "starts a real API server"},
		{"internal/awsfolder", "", ""},
		{"internal/moto", "internal/race", ""},
		{"internal/race", "", ""},
		{"internal/pauses", "", ""},
		{"internal/pty", "", ""},
		{"internal/tcpdouble", "", ""},
		{"internal/escape/escapetest", "", ""},

		{"internal/licenses/generate", "internal/licenses", "go generate"},
		{"internal/licenses", "", ""},
		{"internal/atomicfile", "", ""},
		{"internal/buildinfo/toolchain", "internal/buildinfo", ""},
		{"internal/buildinfo", "", ""},
		{"internal/eks", "internal/awsclient", "sends requests to Amazon EKS, without logic"},
		{"internal/awsclient", "", ""},
		{"internal/stacktemplate", "", "parses templates, without knowing resource types"},
		{"internal/help", "internal/commandline internal/examples internal/terminal", "the output of --help; knows the groups of flags, but not the commands"},
		{"internal/examples", "", ""},
		{"internal/commandline", "", "knows the command-line library, but not the commands"},
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
		{"internal/hostport", "", ""},
		{"internal/table", "", ""},
		{"internal/deadline", "", ""},
	},
	allowedEverywhere: "internal/problem policies/arn internal/escape internal/lazy internal/render internal/secrecy internal/shell internal/shortlist internal/nearword internal/hostport internal/table internal/deadline",
	testOnly:          "internal/awsdouble internal/awsfolder internal/cfndouble internal/eksdouble internal/escape/escapetest internal/kubedouble internal/kubernetes internal/moto internal/pty internal/race internal/tcpdouble internal/conform internal/permitted internal/reference",
	benchmarks:        "internal/bench",
	forbidden: []packageRule{
		{"cli", "policies/authz policies/document policies/arn", "the command line does not know IAM: the analyses do, and policies/report writes the text"},
	},
}

func TestImportsPointOneWay(t *testing.T) {
	for _, problem := range moduleRules.problems(t, os.DirFS(".")) {
		t.Error(problem)
	}
}

// packageImport is one import of a package of this module.
type packageImport struct {
	file, from, target string
	test               bool
}

// problems returns the imports that break the rules, and the rules that do not
// match the module.
func (h importRules) problems(t *testing.T, module fs.FS) (problems []string) {
	packages, imports := readImports(t, module)
	report := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	rowOf := map[string]int{}
	for i, row := range h.packages {
		if _, ok := rowOf[row.name]; ok {
			report("%s has two rows", row.name)
		}
		rowOf[row.name] = i
	}
	allowed, testOnly := strings.Fields(h.allowedEverywhere), strings.Fields(h.testOnly)
	for _, name := range packages {
		if _, ok := rowOf[name]; !ok {
			report("%s has no row in imports_test.go: add one", name)
		}
	}
	for i, row := range h.packages {
		if !slices.Contains(packages, row.name) {
			report("the row of %s: the package does not exist", row.name)
		}
		for _, target := range strings.Fields(row.imports) {
			targetRow, ok := rowOf[target]
			switch {
			case slices.Contains(allowed, target):
				report("the row of %s: every package may import %s; leave it out", row.name, target)
			case !slices.ContainsFunc(imports, func(imp packageImport) bool { return imp.from == row.name && imp.target == target && !imp.test }):
				report("the row of %s: it does not import %s", row.name, target)
			case ok && targetRow < i:
				report("the row of %s: %s is above it", row.name, target)
			}
		}
	}
	for _, name := range slices.Concat(allowed, testOnly) {
		test := slices.Contains(testOnly, name)
		if !slices.ContainsFunc(imports, func(imp packageImport) bool { return imp.target == name && imp.test == test }) {
			report("%s is listed, but no allowed file imports it", name)
		}
	}
	for _, imp := range imports {
		if problem := h.whyForbidden(imp); problem != "" {
			report("%s imports %s: %s", imp.file, imp.target, problem)
		}
	}
	return problems
}

// whyForbidden returns the reason that the rules forbid an import; "" when they
// allow it.
func (h importRules) whyForbidden(imp packageImport) string {
	if imp.test {
		return ""
	}
	for _, row := range h.forbidden {
		if row.name == imp.from && slices.Contains(strings.Fields(row.imports), imp.target) {
			return row.reason
		}
	}
	testOnly := strings.Fields(h.testOnly)
	if slices.Contains(testOnly, imp.target) && !slices.Contains(testOnly, imp.from) && imp.from != h.benchmarks {
		return "it is for tests only"
	}
	for _, row := range h.packages {
		if row.name == imp.from && !slices.Contains(strings.Fields(row.imports+" "+h.allowedEverywhere), imp.target) {
			if row.reason != "" {
				return fmt.Sprintf("the row of %s in imports_test.go does not allow it (%s)", row.name, row.reason)
			}
			return fmt.Sprintf("the row of %s in imports_test.go does not allow it", row.name)
		}
	}
	return ""
}

// readImports returns the packages of a module and their imports of each other,
// in the files for every operating system.
func readImports(t *testing.T, module fs.FS) (packages []string, imports []packageImport) {
	t.Helper()
	err := fs.WalkDir(module, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		// The go command ignores these folders.
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
			if target, ok := strings.CutPrefix(name, moduleName(t)+"/"); ok && target != from {
				imports = append(imports, packageImport{file, from, target, strings.HasSuffix(file, "_test.go")})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages, imports
}

// moduleName returns the path of the module, which "make rename" changes.
func moduleName(t *testing.T) string {
	t.Helper()
	line, _, _ := strings.Cut(readFile(t, "go.mod"), "\n")
	name, ok := strings.CutPrefix(line, "module ")
	if !ok {
		t.Fatalf("go.mod begins with %q, want the module line", line)
	}
	return name
}

// TestBrokenRulesAreFound checks that a violation of each rule in a small
// module is reported.
func TestBrokenRulesAreFound(t *testing.T) {
	file := func(imports ...string) *fstest.MapFile {
		text := "package x\n"
		for _, name := range imports {
			text += "import _ \"" + moduleName(t) + "/" + name + "\"\n"
		}
		return &fstest.MapFile{Data: []byte(text)}
	}
	validTree := fstest.MapFS{
		"cli/cli.go": file("stack", "word"), "cli/cli_test.go": file("double", "data"), "stack/stack.go": file("word"), "data/data.go": file(),
		"word/word.go": file(), "double/double.go": file("stack"), "cli/testdata/no.go": file("data"),
	}
	rules := importRules{
		packages:          []packageRule{{"cli", "stack", "flags"}, {"data", "", ""}, {"double", "stack", ""}, {"stack", "", ""}, {"word", "", ""}},
		allowedEverywhere: "word", testOnly: "double", forbidden: []packageRule{{"cli", "data", "the command line does not know data"}},
	}
	if got := rules.problems(t, validTree); got != nil {
		t.Errorf("a valid module: %q", got)
	}
	for _, test := range []struct {
		name, file string
		imports    []string
		change     func(*importRules)
		want       string
	}{
		{"an import that no row allows", "stack/more_windows.go", []string{"data"}, nil, "stack/more_windows.go imports data: the row of stack in imports_test.go does not allow it"},
		{"an import that is never allowed", "cli/more.go", []string{"data"}, func(h *importRules) { h.packages[0].imports += " data" }, "cli/more.go imports data: the command line does not know data"},
		{"a double outside of tests", "cli/more.go", []string{"double"}, func(h *importRules) { h.packages[0].imports += " double" }, "cli/more.go imports double: it is for tests only"},
		{"a package without a row", "new/new.go", nil, nil, "new has no row in imports_test.go: add one"},
		{"a row without a package", "", nil, func(h *importRules) { h.packages = append(h.packages, packageRule{"old", "", ""}) }, "the row of old: the package does not exist"},
		{"a second row", "", nil, func(h *importRules) { h.packages = append(h.packages, packageRule{"word", "", ""}) }, "word has two rows"},
		{"an allowed import that is not used", "", nil, func(h *importRules) { h.packages[3].imports = "data" }, "the row of stack: it does not import data"},
		{"an allowed import that only a test uses", "stack/stack_test.go", []string{"data"}, func(h *importRules) { h.packages[3].imports = "data" }, "the row of stack: it does not import data"},
		{"a row with a package that every package may import", "", nil, func(h *importRules) { h.packages[0].imports += " word" }, "the row of cli: every package may import word; leave it out"},
		{"an import of a package in an earlier row", "stack/more.go", []string{"data"}, func(h *importRules) { h.packages[3].imports = "data" }, "the row of stack: data is above it"},
		{"a double that no test uses", "", nil, func(h *importRules) { h.testOnly += " data2" }, "data2 is listed, but no allowed file imports it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			broken := rules
			broken.packages = slices.Clone(rules.packages)
			if test.change != nil {
				test.change(&broken)
			}
			module := fstest.MapFS{}
			for name, content := range validTree {
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
