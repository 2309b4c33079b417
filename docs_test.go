// Tests that the examples of docs/security-review.md are what the program prints.

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocs runs what docs/security-review.md shows in its console blocks, and
// compares what comes out. "$ cat FILE" makes the file instead; a line "..."
// stands for any lines; a block under a line of "<!-- not run" needs an account.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("docs/security-review.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(program, filepath.Join(folder, "capaboot")); err != nil { // see TestMain
		t.Fatal(err)
	}
	runs := 0
	for _, block := range regexp.MustCompile("(?ms)^([^\n]*)\n\n?```console\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		if before := strings.Split(block[1], "\n"); strings.Contains(before[len(before)-1], "<!-- not run") {
			continue
		}
		for _, session := range strings.Split("\n"+block[2], "\n$ ")[1:] {
			command, want, _ := strings.Cut(session, "\n")
			if file, ok := strings.CutPrefix(command, "cat "); ok {
				if err := os.WriteFile(filepath.Join(folder, file), []byte(strings.TrimSuffix(want, "\n")+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				continue
			}
			runs++
			shell := exec.CommandContext(t.Context(), "sh", "-c", command)
			shell.Dir = folder
			shell.Env = []string{"PATH=" + folder + ":" + os.Getenv("PATH"), "HOME=" + folder, "AWS_EC2_METADATA_DISABLED=true", "GOCOVERDIR=" + os.Getenv("GOCOVERDIR")}
			got, _ := shell.CombinedOutput() // an exit code, where it matters, is echoed
			if !shows(strings.TrimSuffix(want, "\n"), strings.TrimSuffix(string(got), "\n")) {
				t.Errorf("$ %s\nprints:\n%s\ndocs/security-review.md shows:\n%s", command, got, want)
			}
		}
	}
	if runs < 5 {
		t.Errorf("%d commands were run", runs)
	}
}

// shows compares line by line what a text shows with what there is.
func shows(want, got string) bool {
	var pattern strings.Builder
	for _, line := range strings.Split(want, "\n") {
		if line == "..." {
			pattern.WriteString(`(?:.*\n)+?`)
			continue
		}
		pattern.WriteString(regexp.QuoteMeta(line) + `\n`)
	}
	return regexp.MustCompile(`^` + pattern.String() + `$`).MatchString(got + "\n")
}
