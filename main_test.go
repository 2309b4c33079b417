// The program for the tests, and the runner of the scripts in testdata/script.

package main

import (
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"capaboot/internal/conform"
	"capaboot/internal/race"
)

// Scripts can run the program as capaboot, as clusterawsadm, and as a plugin of
// kubectl or clusterctl.
func TestMain(m *testing.M) {
	testscript.Main(coverageRunner{m}, map[string]func(){
		"capaboot": main, "clusterawsadm": main, "kubectl-capa": main, "kubectl_complete-capa": main, "clusterctl-aws": main,
	})
}

// coverageRunner runs the tests with a folder for the coverage of the programs
// that they start. Without the folder, a program built with -cover writes a
// warning to its stderr.
type coverageRunner struct{ tests testscript.TestingM }

// Run implements [testscript.TestingM].
func (m coverageRunner) Run() int {
	// nohup and "&" in a shell start a process with ignored signals. Its child
	// processes ignore the same signals, unless the process handles them. So handle
	// them here: the programs of the tests then start with the defaults.
	for _, one := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM} {
		if signal.Ignored(one) {
			signal.Notify(make(chan os.Signal, 1), one)
		}
	}
	// Most tests wait for processes, so run more of them in parallel.
	flag.Parse()
	isSet := false
	flag.Visit(func(f *flag.Flag) { isSet = isSet || f.Name == "test.parallel" })
	if !isSet {
		_ = flag.Set("test.parallel", "16")
	}
	const variable = "GOCOVERDIR"
	if testing.CoverMode() == "" || os.Getenv(variable) != "" {
		return m.tests.Run()
	}
	folder, err := os.MkdirTemp("", "capaboot-coverage-")
	if err == nil {
		defer os.RemoveAll(folder)
		err = os.Setenv(variable, folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "a folder for the coverage:", err)
		return 1
	}
	return m.tests.Run()
}

// TestScripts runs testdata/script/*.txtar, the tests of whole command lines.
func TestScripts(t *testing.T) {
	race.Skip(t, "each command of a script is another process, and the tests of package cli run the same commands in one process")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir+"/home")
			env.Setenv("AWS_EC2_METADATA_DISABLED", "true") // no test sends requests beyond this machine
			repository, err := os.Getwd()
			if err != nil {
				return err
			}
			env.Setenv("REPOSITORY", repository)
			return os.MkdirAll(env.WorkDir+"/home", 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"decode": decode, "substitute": substitute, "conforms": conforms, "management": managementCommand(t)},
	})
}

// TestScriptsCheckJSON requires that a script checks every JSON output against
// its schema.
func TestScriptsCheckJSON(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v; %d scripts", err, len(files))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		commands, _, _ := strings.Cut(string(text), "\n-- ")
		lines := strings.Split(commands, "\n")
		for i, line := range lines {
			rest, ok := strings.CutPrefix(strings.TrimPrefix(line, "! "), "exec capaboot ")
			if !ok || strings.Contains(rest, "--show-secrets") { // --show-secrets does not work with JSON
				continue
			}
			schema, err := conform.Schema(strings.Fields(rest))
			if err != nil {
				t.Errorf("%s:%d: %v", file, i+1, err)
			}
			if schema != "" && (i+1 == len(lines) || lines[i+1] != "conforms "+schema) {
				t.Errorf("%s:%d: the next line must be \"conforms %s\": %s", file, i+1, schema, line)
			}
		}
	}
}

// conforms implements "conforms SCHEMA", which checks the stdout of the last
// command against a schema in docs/schemas.
func conforms(ts *testscript.TestScript, neg bool, args []string) {
	text := ts.ReadFile("stdout")
	if neg || len(args) != 1 {
		ts.Fatalf("usage: conforms SCHEMA")
	}
	ts.Check(conform.Check(args[0], text))
}

// decode implements "decode FILE", which decodes the stdout of the last command
// from base64 into FILE.
func decode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: decode FILE")
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(ts.ReadFile("stdout"), "\n"))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
}

// substitute implements "substitute FILE NAME", which replaces ${NAME} in FILE
// with the stdout of the last command, without the final line break, as
// clusterctl replaces variables.
func substitute(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: substitute FILE NAME")
	}
	value := strings.TrimSuffix(ts.ReadFile("stdout"), "\n")
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "${"+args[1]+"}", value)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}
