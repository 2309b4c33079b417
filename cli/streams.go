// Streams: stdout and stderr when nobody reads them any more, or not now. They
// must not keep a run from its end, nor from cleaning up.

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"capaboot/internal/wait"
)

// errClosed ends a run whose stdout or stderr is a pipe that nobody reads any
// more, as in "plan | head -1".
var errClosed = errors.New("the output is a closed pipe")

// outlet is the stderr of a run. What cannot be written is dropped: talk must
// not stop the work. A write that blocks, as at a terminal on which somebody
// typed Ctrl-S, waits as long as the run goes on, and a moment longer.
type outlet struct {
	w      io.Writer
	ended  func() <-chan struct{} // when the run has ended
	closed func()                 // is called when nobody reads any more

	mu  sync.Mutex
	off bool
}

// outletGrace is how long a write may take after the run has ended.
const outletGrace = time.Second

// Write never fails.
func (o *outlet) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.off {
		return len(b), nil
	}
	text := bytes.Clone(b)
	done := make(chan error, 1)
	go func() {
		_, err := o.w.Write(text)
		done <- err
	}()
	select {
	case err := <-done:
		o.check(err)
		return len(b), nil
	case <-o.ended():
	}
	select {
	case err := <-done:
		o.check(err)
	case <-time.After(outletGrace):
		o.off = true
	}
	return len(b), nil
}

func (o *outlet) check(err error) {
	if isClosedPipe(err) {
		o.off = true
		o.closed()
	}
}

// printRaw writes a whole result to stdout at once, unless the run ends first: a
// pipe that nobody reads must not keep it, and what was interrupted has no
// result.
func (r *runner) printRaw(result []byte) error {
	_, err := wait.For(r.ctx, "writing the result", func() (int, error) { return r.Stdout.Write(result) })
	ended := (*wait.Ended)(nil)
	switch {
	case err == nil || errors.As(err, &ended):
		return err
	case isClosedPipe(err):
		return errClosed
	}
	return fmt.Errorf("writing the result: %w", err)
}
