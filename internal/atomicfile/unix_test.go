//go:build unix

package atomicfile

// Tests with named pipes and a umask, which exist only on Unix.

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestWriteRejectsOtherThanRegularFiles(t *testing.T) {
	folder := t.TempDir()
	target := filepath.Join(folder, "target")
	if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	link, dangling, fifo := filepath.Join(folder, "link"), filepath.Join(folder, "dangling"), filepath.Join(folder, "fifo")
	for _, err := range []error{os.Symlink(target, link), os.Symlink(target+"x", dangling), syscall.Mkfifo(fifo, 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		link: "symbolic link", dangling: "symbolic link", fifo: "not a regular file", folder: "directory", "/dev/null": "not a regular file",
		filepath.Join(folder, "nowhere", "file"): "no such file or directory",
	} {
		err := Write(path, []byte("new"))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("writing %s: %v, want %s", path, err, want)
		}
	}
	if got, _ := os.ReadFile(target); string(got) != "old" {
		t.Errorf("the target of the link contains %q", got)
	}
}

// The mode is 0600 even with a umask of 0.
func TestModeIgnoresTheUmask(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	path := filepath.Join(t.TempDir(), "file")
	if err := Write(path, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}
}
