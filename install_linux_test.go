// make install and make install-links: what lands where, under which names, and
// what stays untouched.

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// checkoutOf returns a folder with the Makefile and a program that says what it
// was called, where "make -o build" finds it built.
func checkoutOf(t *testing.T) string {
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

// makeIn runs make in a folder, without building, and returns what it prints.
func makeIn(t *testing.T, folder string, args ...string) string {
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
	checkout := checkoutOf(t)
	prefix := filepath.Join(t.TempDir(), "a folder", "local")
	bin := filepath.Join(prefix, "bin")

	// Programs of others, and a link of another one, that have the same names.
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
		out := makeIn(t, checkout, "install-links", "PREFIX="+prefix)
		for _, name := range []string{"clusterawsadm", "kubectl-capa"} {
			if want := "not replaced, since it is another program: " + filepath.Join(bin, name) + "\n"; !strings.Contains(out, want) {
				t.Errorf("%s: the output lacks %q:\n%s", round, want, out)
			}
		}
		if n := strings.Count(out, "not replaced"); n != 2 {
			t.Errorf("%s: %d names are not replaced, not 2:\n%s", round, n, out)
		}
		for _, name := range []string{"clusterctl-aws", "kubectl_complete-capa"} {
			if target, err := os.Readlink(filepath.Join(bin, name)); err != nil || target != "capaboot" {
				t.Errorf("%s: %s links to %q (%v), not to capaboot", round, name, target, err)
			}
		}
	}
	if text, err := os.ReadFile(filepath.Join(bin, "clusterawsadm")); err != nil || string(text) != theirs {
		t.Errorf("the program of others is now %q (%v)", text, err)
	}
	if target, _ := os.Readlink(filepath.Join(bin, "kubectl-capa")); target != "elsewhere" {
		t.Errorf("the link of others now leads to %q", target)
	}
	if info, err := os.Stat(filepath.Join(bin, "capaboot")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("capaboot is not installed with mode 0755: %v, %v", info, err)
	}
	if out, err := exec.Command(filepath.Join(bin, "clusterctl-aws")).Output(); err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "/clusterctl-aws") {
		t.Errorf("clusterctl-aws runs as %q (%v)", out, err)
	}

	// Without others in the way, every name is linked; DESTDIR is for packages.
	empty := t.TempDir()
	makeIn(t, checkout, "install-links", "PREFIX=/usr", "DESTDIR="+empty)
	for _, name := range append(names[1:len(names):len(names)], "kubectl_complete-capa") {
		if target, err := os.Readlink(filepath.Join(empty, "usr", "bin", name)); err != nil || target != "capaboot" {
			t.Errorf("with DESTDIR: %s links to %q (%v), not to capaboot", name, target, err)
		}
	}
}
