// Tests of the mode of a file, and of errors while it is written.

package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestOnlyTheOwnerCanRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, content := range []string{"first", "second, which replaces it"} {
		if err := Write(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Errorf("the content is %q, %v", got, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
			t.Errorf("the mode is %v, %v", info.Mode(), err)
		}
		if err := os.Chmod(path, 0o644); err != nil { // the next write must restore the mode
			t.Fatal(err)
		}
	}
	wantOnly(t, path)
}

// wantOnly fails unless the file exists and its folder contains nothing else.
func wantOnly(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("the folder contains %v, %v", entries, err)
	}
}

// fill reports the error of every step, and closes the file in any case.
func TestFillReportsErrors(t *testing.T) {
	full := errors.New("no space left on device")
	for name, f := range map[string]*faulty{"writing": {write: full}, "syncing": {sync: full}, "closing": {close: full}} {
		if err := fill(f, []byte("new")); !errors.Is(err, full) || !f.closed {
			t.Errorf("%s fails: error %v, closed %v", name, err, f.closed)
		}
	}
}

type faulty struct {
	write, sync, close error
	closed             bool
}

func (f *faulty) Write(b []byte) (int, error) { return len(b), f.write }
func (f *faulty) Sync() error                 { return f.sync }
func (f *faulty) Close() error                { f.closed = true; return f.close }
