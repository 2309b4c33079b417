// Tests that no package runs code before main; see package lazy.

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
// before main: https://pkg.go.dev/runtime, "Environment Variables", inittrace.
// Packages for tests may run code before main.
func TestNoPackageRunsCodeBeforeMain(t *testing.T) {
	t.Parallel()
	if testing.CoverMode() != "" {
		t.Skip("with -cover every package registers its counters before main")
	}
	program, err := exec.LookPath("capaboot") // see TestMain
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), program, "version")
	run.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	module := regexp.QuoteMeta(moduleName(t))
	if !strings.Contains(string(out), "init os ") {
		t.Fatalf("the runtime lists no package:\n%s", out)
	}
	ofTests := strings.Fields(moduleRules.testOnly)
	for _, found := range regexp.MustCompile(`(?m)^init `+module+`/(\S+) @`).FindAllStringSubmatch(string(out), -1) {
		if !slices.Contains(ofTests, found[1]) {
			t.Errorf("package %s runs code before main: use lazy.Value", found[1])
		}
	}
}
