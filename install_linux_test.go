// Tests of make install and make install-links: which files and links they
// create, and which existing files they keep.

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// newCheckout returns a folder with the Makefile, and with a script in place of
// the built program. The script prints the name that it was called by.
func newCheckout(t *testing.T) string {
	folder := t.TempDir()
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "Makefile"), makefile, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "capaboot"), []byte("#!/bin/sh\necho \"called $0\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return folder
}

// runMake runs make in a folder, without the target build, and returns the
// output.
func runMake(t *testing.T, folder string, args ...string) string {
	t.Helper()
	command := exec.Command("make", append([]string{"-s", "-o", "build"}, args...)...)
	command.Dir = folder
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("make %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestInstallLinks(t *testing.T) {
	t.Parallel()
	checkout := newCheckout(t)
	prefix := filepath.Join(t.TempDir(), "a folder", "local")
	bin := filepath.Join(prefix, "bin")

	// Existing files with these names: another program, and a link to another
	// program.
	if err := os.MkdirAll(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	const theirs = "#!/bin/sh\necho theirs\n"
	if err := os.WriteFile(filepath.Join(bin, "clusterawsadm"), []byte(theirs), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("elsewhere", filepath.Join(bin, "kubectl-capa")); err != nil {
		t.Fatal(err)
	}

	for _, round := range []string{"the first time", "again"} {
		out := runMake(t, checkout, "install-links", "PREFIX="+prefix)
		for _, name := range []string{"clusterawsadm", "kubectl-capa"} {
			if want := "not replaced, because it is another program: " + filepath.Join(bin, name) + "\n"; !strings.Contains(out, want) {
				t.Errorf("%s: the output lacks %q:\n%s", round, want, out)
			}
		}
		if n := strings.Count(out, "not replaced"); n != 2 {
			t.Errorf("%s: %d names are not replaced, want 2:\n%s", round, n, out)
		}
		for _, name := range []string{"clusterctl-aws", "kubectl_complete-capa"} {
			if target, err := os.Readlink(filepath.Join(bin, name)); err != nil || target != "capaboot" {
				t.Errorf("%s: %s links to %q (%v), not to capaboot", round, name, target, err)
			}
		}
	}
	if text, err := os.ReadFile(filepath.Join(bin, "clusterawsadm")); err != nil || string(text) != theirs {
		t.Errorf("the other program is now %q (%v)", text, err)
	}
	if target, _ := os.Readlink(filepath.Join(bin, "kubectl-capa")); target != "elsewhere" {
		t.Errorf("the other link now leads to %q", target)
	}
	if info, err := os.Stat(filepath.Join(bin, "capaboot")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("capaboot is not installed with mode 0755: %v, %v", info, err)
	}
	if out, err := exec.Command(filepath.Join(bin, "clusterctl-aws")).Output(); err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "/clusterctl-aws") {
		t.Errorf("clusterctl-aws runs as %q (%v)", out, err)
	}

	// When no file has one of the names, every name is linked. DESTDIR is for
	// packages.
	empty := t.TempDir()
	runMake(t, checkout, "install-links", "PREFIX=/usr", "DESTDIR="+empty)
	for _, name := range append(programNames[1:len(programNames):len(programNames)], "kubectl_complete-capa") {
		if target, err := os.Readlink(filepath.Join(empty, "usr", "bin", name)); err != nil || target != "capaboot" {
			t.Errorf("with DESTDIR: %s links to %q (%v), not to capaboot", name, target, err)
		}
	}
}
