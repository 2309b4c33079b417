//go:build unix

// Tests of pipes that block.

package input

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"capaboot/internal/deadline"
)

// TestBlockedPipe checks that Read returns when its context ends while a pipe
// blocks, and that Stat and Lstat return when their context has ended.
func TestBlockedPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	stdin, _ := io.Pipe()
	for _, path := range []string{pipe, Stdin} {
		ctx, cancel := deadline.WithTimeout(t.Context(), 20*time.Millisecond)
		_, _, err := Read(ctx, path, stdin, 100)
		name := map[string]string{Stdin: "standard input"}[path]
		if name == "" {
			name = path
		}
		if !errors.Is(err, deadline.ErrTimeout) || err.Error() != "timed out after 20ms: reading "+name {
			t.Errorf("%s: %v", path, err)
		}
		cancel()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, look := range map[string]func(context.Context, string) (fs.FileInfo, error){"Stat": Stat, "Lstat": Lstat} {
		if _, err := look(ctx, pipe); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		if info, err := look(t.Context(), pipe); err != nil || info.Mode().IsRegular() {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	// Let the reads in the background end, so that the folder can be removed.
	if file, err := os.OpenFile(pipe, os.O_RDWR, 0); err == nil {
		file.Close()
	}
}
