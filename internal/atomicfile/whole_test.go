package atomicfile

// This file checks, on a real file system, that a file is whole at every
// moment: while it is read, when the disk takes no more, when the process is
// killed, and when the last step fails.

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

// size is that of a content: many pages, so that a half of it could be seen.
const size = 1 << 20

func content(letter string) []byte { return bytes.Repeat([]byte(letter), size) }

// whole says whether text is one content and not parts of two.
func whole(text []byte) bool {
	return bytes.Equal(text, content("a")) || bytes.Equal(text, content("b"))
}

// childPath names, in the environment of a process that the tests below start,
// the file that it writes.
const childPath = "ATOMICFILE_TEST_PATH"

// TestMain is that process when childPath is set: with "forever", it writes one
// content after the other; else one, once, and says on stdout what came of it.
func TestMain(m *testing.M) {
	path := os.Getenv(childPath)
	if path == "" {
		os.Exit(m.Run())
	}
	if os.Getenv(childPath+"_FOREVER") == "" {
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

// child returns a command that runs this test program as a child, behind a
// command of the shell.
func child(before, path string, variables ...string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", before+` exec "$0"`, os.Args[0])
	cmd.Env = append(append(os.Environ(), childPath+"="+path), variables...)
	return cmd
}

func TestReadersSeeOneContentOrTheOther(t *testing.T) {
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
			alone(t, path)
			return
		default:
			if got, err := os.ReadFile(path); err != nil || !whole(got) {
				t.Fatalf("a reader has %d bytes that are no content, %v", len(got), err)
			}
		}
	}
}

// TestTheSystemTakesNoMore has the system refuse the second half, as it does
// on a full disk.
func TestTheSystemTakesNoMore(t *testing.T) {
	for _, before := range []string{"old", ""} {
		folder := t.TempDir()
		path := filepath.Join(folder, "file")
		if before != "" {
			if err := Write(path, content("a")); err != nil {
				t.Fatal(err)
			}
		}
		out, err := child("ulimit -f 512 &&", path).Output() // 256 or 512 KiB
		if err != nil {
			t.Fatal(err)
		}
		if want := "writing " + path + ": file too large"; string(out) != want {
			t.Errorf("the error is %q, want %q", out, want)
		}
		if before != "" {
			if got, _ := os.ReadFile(path); !bytes.Equal(got, content("a")) {
				t.Error("the old file is not what it was")
			}
			alone(t, path)
		} else if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
			t.Errorf("what is left: %v, %v", left, err)
		}
	}
}

// TestKilled kills a process that writes. What nothing can be done about is the
// temporary file; no one else can read it.
func TestKilled(t *testing.T) {
	for range 8 {
		folder := t.TempDir()
		path := filepath.Join(folder, "file")
		cmd := child("", path, childPath+"_FOREVER=1")
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
			t.Fatalf("the process was not killed, but ended by itself: %v", err)
		}
		if got, err := os.ReadFile(path); err != nil || !whole(got) {
			t.Errorf("the file has %d bytes that are no content, %v", len(got), err)
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

// TestTheLastStepFails has a name that nothing can be renamed to, and that
// looks free before.
func TestTheLastStepFails(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	err := Write("", []byte("secret"))
	if !errors.Is(err, fs.ErrNotExist) || err.Error() != "writing : no such file or directory" {
		t.Errorf("the error is %v", err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("what is left: %v, %v", left, err)
	}
}

func TestAFolderThatIsReadOnly(t *testing.T) {
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
	defer os.Chmod(filepath.Dir(path), 0o700) // else it cannot be removed
	if err := Write(path, []byte("new")); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), path) {
		t.Errorf("the error is %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("the file has %q", got)
	}
	alone(t, path)
}

// TestNames writes names that are as long as names can be, or have a meaning
// for os.CreateTemp.
func TestNames(t *testing.T) {
	for _, name := range []string{strings.Repeat("n", 255), "*", "a*b", ".hidden", " ", "-", "line\nbreak"} {
		path := filepath.Join(t.TempDir(), name)
		if err := Write(path, []byte("x")); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		alone(t, path)
	}
}
