//go:build unix

package credentials

// Tests of pipes and devices in place of files, which Windows does not have.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestPipeIsReadLikeAFile(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		defer w.Close()
		_, _ = w.WriteString("[default]\n" + pair + "region = eu-west-1\n")
	}()
	path := fmt.Sprintf("/dev/fd/%d", r.Fd())
	if _, err := os.Stat(path); err != nil {
		t.Skip("there is no /dev/fd here")
	}
	found, err := Find(t.Context(), home(t, "", "", "AWS_SHARED_CREDENTIALS_FILE="+path), Request{})
	if err != nil || found.Credentials.SecretAccessKey != fakeSecret || found.Region.Name != "eu-west-1" {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestEndlessDeviceIsTooLarge(t *testing.T) {
	_, err := Find(t.Context(), home(t, "", "", "AWS_SHARED_CREDENTIALS_FILE=/dev/zero"), Request{})
	if err == nil || !strings.Contains(err.Error(), "larger than 1 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestPipeWithoutWriterEndsWithTheContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := Find(ctx, home(t, "", "", "AWS_CONFIG_FILE="+path), Request{})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	// End the reader that is still waiting.
	if w, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
		w.Close()
	}
}
