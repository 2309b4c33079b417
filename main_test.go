// The program for the tests, and the scripts in testdata/script.

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

// The program runs in the scripts as "capaboot", under the name of the tool that
// it is in for, and as a plugin.
func TestMain(m *testing.M) {
	testscript.Main(measured{m}, map[string]func(){
		"capaboot": main, "clusterawsadm": main, "kubectl-capa": main, "kubectl_complete-capa": main, "clusterctl-aws": main,
	})
}

// measured runs the tests with a folder for the coverage of the programs that
// they start: without one, a program built with -cover writes a warning to its
// stderr, which is not a part of what a person sees.
type measured struct{ tests testscript.TestingM }

// Run implements [testscript.TestingM].
func (m measured) Run() int {
	// A process inherits the signals that are ignored, as nohup and a shell's "&"
	// have it; one that this process catches it does not.
	for _, one := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM} {
		if signal.Ignored(one) {
			signal.Notify(make(chan os.Signal, 1), one)
		}
	}
	// Tests of processes wait most of their time.
	flag.Parse()
	parallel := false
	flag.Visit(func(f *flag.Flag) { parallel = parallel || f.Name == "test.parallel" })
	if !parallel {
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

// TestScripts runs testdata/script/*.txtar: what a person types and sees.
func TestScripts(t *testing.T) {
	race.Skip(t, "each command of a script is a process of its own, and the tests of package cli run the same commands in one")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir+"/home")
			env.Setenv("AWS_EC2_METADATA_DISABLED", "true") // no test leaves this machine
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

// TestScriptsCheckJSON holds that a script checks what it prints as JSON.
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
			if !ok || strings.Contains(rest, "--show-secrets") { // refused
				continue
			}
			schema, err := conform.Schema(strings.Fields(rest))
			if err != nil {
				t.Errorf("%s:%d: %v", file, i+1, err)
			}
			if schema != "" && (i+1 == len(lines) || lines[i+1] != "conforms "+schema) {
				t.Errorf("%s:%d: after this stands \"conforms %s\": %s", file, i+1, schema, line)
			}
		}
	}
}

// conforms SCHEMA: checks that the last command's stdout follows a schema of
// docs/schemas.
func conforms(ts *testscript.TestScript, neg bool, args []string) {
	text := ts.ReadFile("stdout")
	if neg || len(args) != 1 {
		ts.Fatalf("usage: conforms SCHEMA")
	}
	ts.Check(conform.Check(args[0], text))
}

// decode FILE: decodes base64 from the last command's stdout into FILE.
func decode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: decode FILE")
	}
	text, err := base64.StdEncoding.DecodeString(string([]byte(ts.ReadFile("stdout"))[:len(ts.ReadFile("stdout"))-1]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
}

// substitute FILE NAME: replaces ${NAME} in FILE by the last command's stdout,
// without the line break at its end, as clusterctl replaces variables.
func substitute(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: substitute FILE NAME")
	}
	value := strings.TrimSuffix(ts.ReadFile("stdout"), "\n")
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "${"+args[1]+"}", value)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}
