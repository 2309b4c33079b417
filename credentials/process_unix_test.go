//go:build unix

package credentials

// Tests with named pipes, which Windows does not have.

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"capaboot/internal/deadline"
)

// TestProcessThatHangs cancels the context, as an interrupt does, while a child
// of the program keeps the output open. Find must return, and the child must be
// killed.
func TestProcessThatHangs(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	started := filepath.Join(t.TempDir(), "started")
	if err := syscall.Mkfifo(started, 0o600); err != nil {
		t.Fatal(err)
	}
	// The child opens this pipe too; the pipe closes when the child ends.
	aliveFile := filepath.Join(t.TempDir(), "alive")
	if err := syscall.Mkfifo(aliveFile, 0o600); err != nil {
		t.Fatal(err)
	}
	env := homeWithProgram(t, "sleep 30 > '"+aliveFile+"' & echo > '"+started+"'; sleep 30")
	done := make(chan error, 1)
	go func() {
		_, err := Find(ctx, env, Request{})
		done <- err
	}()
	if _, err := os.ReadFile(started); err != nil { // waits for the program
		t.Fatal(err)
	}
	child, err := os.Open(aliveFile)
	if err != nil {
		t.Fatal(err)
	}
	defer child.Close()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if terminal, err := os.Open("/dev/tty"); err == nil {
		terminal.Close()
		t.Log("not tested: at a terminal the child stays in the process group of the test")
		return
	}
	_ = child.SetReadDeadline(time.Now().Add(20 * time.Second)) // shorter than the child's sleep
	if _, err := child.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the child of the program is still alive: %v", err)
	}
}

// A timeout must end the reading of a pipe without a writer.
func TestTimeoutWhileReadingAPipe(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CA_BUNDLE"} {
		pipe := filepath.Join(t.TempDir(), "pipe")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		env, _ := serviceHome(t, "", "", variable+"="+pipe, "AWS_ROLE_ARN="+roleARN, "AWS_ENDPOINT_URL=http://127.0.0.1:1")
		if variable == "AWS_CA_BUNDLE" { // must be a regular file
			_, err := Find(t.Context(), env, Request{Profile: "x"})
			if errors.Is(err, deadline.ErrTimeout) {
				t.Error(err)
			}
			continue
		}
		wantTimedOut(t, env, Request{}, "reading "+pipe)
		if file, err := os.OpenFile(pipe, os.O_RDWR, 0); err == nil {
			file.Close() // ends the reader that is still waiting
		}
	}
}
