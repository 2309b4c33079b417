// Tests of who can read a file, and of a disk that is full.

package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestWriteMakesAFileThatOnlyItsOwnerReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, content := range []string{"first", "second, which replaces it"} {
		if err := Write(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Errorf("the file has %q, %v", got, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
			t.Errorf("the file has the mode %v, %v", info.Mode(), err)
		}
		if err := os.Chmod(path, 0o644); err != nil { // the next one is private again
			t.Fatal(err)
		}
	}
	alone(t, path)
}

// alone fails when anything is left next to the file.
func alone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("next to the file: %v, %v", entries, err)
	}
}

// TestWriteOnAFullDisk checks that no failure is lost, and the old file stays.
func TestWriteOnAFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := Write(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left on device")
	for name, f := range map[string]*faulty{"writing": {write: full}, "syncing": {sync: full}, "closing": {close: full}} {
		if err := fill(f, []byte("new")); !errors.Is(err, full) || !f.closed {
			t.Errorf("%s fails: error %v, closed %v", name, err, f.closed)
		}
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("the file has %q", got)
	}
	alone(t, path)
}

type faulty struct {
	write, sync, close error
	closed             bool
}

func (f *faulty) Write(b []byte) (int, error) { return len(b), f.write }
func (f *faulty) Sync() error                 { return f.sync }
func (f *faulty) Close() error                { f.closed = true; return f.close }
