// Tests of how credentials reach the later steps of a GitHub Actions job.

package cli

import (
	"bytes"
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
		"a relative path":     {"missing", "no such file or directory"},
		"a folder":            {d.home, "it is not a regular file"},
		"a device":            {"/dev/null", "it is not a regular file"},
		"a file in no folder": {target + "/x", "not a directory"},
	} {
		d.environment["GITHUB_ENV"] = test.path
		stdout, stderr, code := d.encode("-o", "github-actions")
		if code != exitFailed || stdout != "" {
			t.Errorf("%s: exit code %d, stdout %q", name, code, stdout)
		}
		wantText(t, stderr, "capaboot: error: the file that GITHUB_ENV names: "+test.want, "\ncapaboot: hint: the runner creates the file and sets GITHUB_ENV to its absolute path")
	}
	if text, _ := os.ReadFile(target); string(text) != "A=1\n" {
		t.Error("the target of the link was changed")
	}
	if _, err := os.Lstat(missing); err == nil {
		t.Error("a file was created that the runner does not read")
	}
}

// TestGitHubEnvironmentNeedsTheLog checks that no variable is set when the runner
// does not read the commands that mask it.
func TestGitHubEnvironmentNeedsTheLog(t *testing.T) {
	t.Parallel()
	d := newMachine(t, "[default]\n"+userKeys, "")
	path := d.write(t, "github-env", "A=1\n")
	d.environment["GITHUB_ENV"] = path
	for name, open := range map[string]func() (*os.File, error){
		"a file":          func() (*os.File, error) { return os.Create(filepath.Join(d.home, "log")) },
		"the null device": func() (*os.File, error) { return os.OpenFile(os.DevNull, os.O_WRONLY, 0) },
	} {
		stdout, err := open()
		if err != nil {
			t.Fatal(err)
		}
		defer stdout.Close()
		var stderr bytes.Buffer
		code := Run(t.Context(), Process{Args: []string{"capaboot", "bootstrap", "credentials", "encode-as-profile", "-o", "github-actions"},
			Stdin: strings.NewReader(""), Stdout: stdout, Stderr: &stderr, Environment: d.processEnvironment()})
		if code != exitUsage {
			t.Errorf("%s: exit code %d, want %d", name, code, exitUsage)
		}
		wantText(t, stderr.String(), "capaboot: error: -o github-actions cannot mask the credentials in the log of the job", "capaboot: hint: do not redirect stdout of this command")
		if text, _ := os.ReadFile(path); string(text) != "A=1\n" {
			t.Errorf("%s: the file of GITHUB_ENV was changed", name)
		}
	}
}
