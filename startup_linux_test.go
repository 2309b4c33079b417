// Tests of package early: no other package runs code before main, early runs
// before the clients are initialized, and it reports what it cannot write.

package main

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestNoPackageRunsCodeBeforeMain asks the Go runtime which packages run code
// before main. Packages for tests may run code before main.
func TestNoPackageRunsCodeBeforeMain(t *testing.T) {
	t.Parallel()
	out := initTrace(t, "version", "-o", "json")
	if !strings.Contains(out, "init net/http ") {
		t.Fatalf("the command ended before main:\n%s", out)
	}
	module := regexp.QuoteMeta(moduleName(t))
	allowed := append(strings.Fields(moduleRules.testOnly), "internal/early")
	for _, found := range regexp.MustCompile(`(?m)^init `+module+`/(\S+) @`).FindAllStringSubmatch(out, -1) {
		if !slices.Contains(allowed, found[1]) {
			t.Errorf("package %s runs code before main: use lazy.Value", found[1])
		}
	}
}

// TestShortCommandsRunBeforeTheClients checks that no client is initialized
// before a short command ends; every client needs net/http. Package regexp must
// not be initialized either, because Go initializes two thirds of the packages
// before it. The program of the tests has no version, so it cannot run "version"
// early.
func TestShortCommandsRunBeforeTheClients(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"bootstrap", "credentials", "encode-as-profile"},
		{"bootstrap", "iam", "print-cloudformation-template"},
	} {
		out := initTrace(t, args...)
		for _, late := range []string{"net/http", "regexp"} {
			if strings.Contains(out, "init "+late+" ") {
				t.Errorf("%s: %s is initialized", args, late)
			}
		}
	}
}

// initTrace runs the program, and returns the list of the packages that run code
// before main: https://pkg.go.dev/runtime, "Environment Variables", inittrace.
func initTrace(t *testing.T, args ...string) string {
	t.Helper()
	if testing.CoverMode() != "" {
		t.Skip("with -cover every package registers its counters before main")
	}
	program, err := exec.LookPath("capaboot") // see TestMain
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), program, args...)
	var trace strings.Builder
	run.Stderr = &trace
	run.Env = append(append(os.Environ(), "GODEBUG=inittrace=1"), environmentOfShortCommands...)
	if _, err := run.Output(); err != nil {
		t.Fatalf("%v\n%s", err, trace.String())
	}
	if !strings.Contains(trace.String(), "init os ") {
		t.Fatalf("the runtime lists no package:\n%s", trace.String())
	}
	return trace.String()
}

// TestShortCommandOnFullDisk checks what a short command writes if its result
// does not fit into a file: a warning and an error, each once. The same command
// with a flag, which does not run before main, must write the same.
func TestShortCommandOnFullDisk(t *testing.T) {
	t.Parallel()
	stderr := map[string]string{}
	for _, flags := range []string{"", "-o base64SharedConfig"} {
		run := exec.CommandContext(t.Context(), "sh", "-c", "ulimit -f 0; exec capaboot bootstrap credentials encode-as-profile "+flags+" > result")
		run.Dir, run.Env = t.TempDir(), append(os.Environ(), environmentOfShortCommands...)
		var text strings.Builder
		run.Stderr = &text
		if _ = run.Run(); run.ProcessState.ExitCode() != 1 {
			t.Errorf("with flags %q: %v", flags, run.ProcessState)
		}
		stderr[flags] = text.String()
	}
	if early, full := stderr[""], stderr["-o base64SharedConfig"]; early != full || strings.Count(early, "\n") != 2 {
		t.Errorf("early:\n%s\nafter main:\n%s", early, full)
	}
}

// environmentOfShortCommands has the keys for encode-as-profile, and nothing that
// needs package cli.
var environmentOfShortCommands = []string{"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
	"AWS_SESSION_TOKEN=", "AWS_PROFILE=", "AWS_REGION=us-east-1", "GITHUB_ACTIONS="}
