package atomicfile

// Tests on a real file system that a file is complete at every moment: while it
// is read, when the disk is full, when the process is killed, and when the last
// step fails.

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// size is the size of the content: many pages, so that a partial write would be
// visible.
const size = 1 << 20

func content(letter string) []byte { return bytes.Repeat([]byte(letter), size) }

// isComplete reports whether text is the content of one write, and not a
// mixture of two.
func isComplete(text []byte) bool {
	return bytes.Equal(text, content("a")) || bytes.Equal(text, content("b"))
}

// childPathVariable is the environment variable with the path of the file that
// a child process writes. If it is set, this program is a child process.
const childPathVariable = "ATOMICFILE_TEST_PATH"

// TestMain runs the child process when childPathVariable is set. If the
// variable childPathVariable+"_FOREVER" is set too, the child process
// alternates between two contents; otherwise it writes once and prints the
// error.
func TestMain(m *testing.M) {
	path := os.Getenv(childPathVariable)
	if path == "" {
		os.Exit(m.Run())
	}
	if os.Getenv(childPathVariable+"_FOREVER") == "" {
		if err := Write(path, content("b")); err != nil {
			os.Stdout.WriteString(err.Error())
		}
		os.Exit(0)
	}
	for {
		if Write(path, content("a")) != nil || Write(path, content("b")) != nil {
			os.Exit(1)
		}
	}
}

// child returns a command that runs this program as a child process, after a
// shell command.
func child(before, path string, variables ...string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", before+` exec "$0"`, os.Args[0])
	cmd.Env = append(append(os.Environ(), childPathVariable+"="+path), variables...)
	return cmd
}

func TestReadersSeeCompleteContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := Write(path, content("a")); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		for i := range 40 {
			if err := Write(path, content(string("ab"[i%2]))); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			wantOnly(t, path)
			return
		default:
			if got, err := os.ReadFile(path); err != nil || !isComplete(got) {
				t.Fatalf("a reader has %d bytes that are not one content, %v", len(got), err)
			}
		}
	}
}

// When the system rejects the rest of a write, as on a full disk, the
// old file is unchanged, and no temporary file remains.
func TestFileSizeLimit(t *testing.T) {
	for _, before := range []string{"old", ""} {
		folder := t.TempDir()
		path := filepath.Join(folder, "file")
		if before != "" {
			if err := Write(path, content("a")); err != nil {
				t.Fatal(err)
			}
		}
		out, err := child("ulimit -f 512 &&", path).Output() // 512 blocks: 256 or 512 KiB, depending on the shell
		if err != nil {
			t.Fatal(err)
		}
		if want := "writing " + path + ": file too large"; string(out) != want {
			t.Errorf("the error is %q, want %q", out, want)
		}
		if before != "" {
			if got, _ := os.ReadFile(path); !bytes.Equal(got, content("a")) {
				t.Error("the old file was changed")
			}
			wantOnly(t, path)
		} else if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
			t.Errorf("remaining files: %v, %v", left, err)
		}
	}
}

// When a writer is killed, its temporary file may remain, but only its owner
// can read it.
func TestKilledWriter(t *testing.T) {
	for range 8 {
		folder := t.TempDir()
		path := filepath.Join(folder, "file")
		cmd := child("", path, childPathVariable+"_FOREVER=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			if _, err := os.Stat(path); err == nil || time.Now().After(deadline) {
				break
			}
		}
		time.Sleep(3 * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
			t.Fatalf("the process was not killed, but exited: %v", err)
		}
		if got, err := os.ReadFile(path); err != nil || !isComplete(got) {
			t.Errorf("the file has %d bytes that are not one content, %v", len(got), err)
		}
		left, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range left {
			if info, err := entry.Info(); err != nil || info.Mode() != 0o600 {
				t.Errorf("%s has the mode %v, %v", entry.Name(), info.Mode(), err)
			}
		}
	}
}

// An empty path passes check, but os.Rename rejects it; no temporary file
// remains.
func TestRenameFails(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	err := Write("", []byte("secret"))
	if !errors.Is(err, fs.ErrNotExist) || err.Error() != "writing : no such file or directory" {
		t.Errorf("the error is %v", err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("remaining files: %v, %v", left, err)
	}
}

func TestReadOnlyFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root writes into any folder")
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := Write(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(path), 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Dir(path), 0o700) // so that it can be removed
	if err := Write(path, []byte("new")); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), path) {
		t.Errorf("the error is %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("the file has %q", got)
	}
	wantOnly(t, path)
}

// Write accepts a name of the maximum length, and names with a special meaning
// for os.CreateTemp.
func TestUnusualNames(t *testing.T) {
	for _, name := range []string{strings.Repeat("n", 255), "*", "a*b", ".hidden", " ", "-", "line\nbreak"} {
		path := filepath.Join(t.TempDir(), name)
		if err := Write(path, []byte("x")); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		wantOnly(t, path)
	}
}
