// Tests of how credentials reach the later steps of a GitHub Actions job.

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGitHubEnvironment(t *testing.T) {
	t.Parallel()
	d := newMachine(t, "[default]\n"+userKeys, "")
	path := d.write(t, "github-env", "A=1")
	d.environment["GITHUB_ENV"] = path
	stdout, stderr, code := d.encode("-o", "github-actions")
	if code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) != 5 || lines[0] != "A=1" || lines[4] != "" || lines[1] != "AWS_B64ENCODED_CREDENTIALS<<"+lines[3] {
		t.Fatalf("the file has %d lines, the first %q", len(lines), lines[0])
	}
	wantText(t, stdout, "::add-mask::"+lines[2]+"\n", "::add-mask::"+userSecret+"\n")
	// A second run appends its lines without an empty line between.
	if _, stderr, code = d.encode("-o", "github-actions"); code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if text, _ = os.ReadFile(path); strings.Contains(string(text), "\n\n") || strings.Count(string(text), "\n") != 7 {
		t.Errorf("the file has an empty line, or %d lines, want 7", strings.Count(string(text), "\n"))
	}
}

// TestInvalidGitHubEnvironment checks that nothing is written or printed when
// GITHUB_ENV does not name a regular file.
func TestInvalidGitHubEnvironment(t *testing.T) {
	t.Parallel()
	d := newMachine(t, "[default]\n"+userKeys, "")
	target, link := d.write(t, "target", "A=1\n"), filepath.Join(d.home, "link")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(d.home, "missing")
	for name, test := range map[string]struct{ path, want string }{
		"missing":             {missing, "no such file or directory"},
		"a link":              {link, "it is not a regular file"},
		"a folder":            {d.home, "it is not a regular file"},
		"a device":            {"/dev/null", "it is not a regular file"},
		"a file in no folder": {target + "/x", "not a directory"},
	} {
		d.environment["GITHUB_ENV"] = test.path
		stdout, stderr, code := d.encode("-o", "github-actions")
		if code != exitFailed || stdout != "" {
			t.Errorf("%s: exit code %d, stdout %q", name, code, stdout)
		}
		wantText(t, stderr, "capaboot: error: the file that GITHUB_ENV names: "+test.want)
	}
	if text, _ := os.ReadFile(target); string(text) != "A=1\n" {
		t.Error("the target of the link was changed")
	}
	if _, err := os.Lstat(missing); err == nil {
		t.Error("a file was created that the runner does not read")
	}
}
