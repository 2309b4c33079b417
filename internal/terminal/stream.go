// Streams: stdout and stderr when no one reads them any more, or not now. They
// must not keep a run from its end, nor from cleaning up.

package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"capaboot/internal/deadline"
)

// ErrClosed is the error of an output that is a pipe whose reader is gone,
// as in "plan | head -1".
var ErrClosed = errors.New("the output is a closed pipe")

// Write writes a whole result at once, unless ctx ends first: a pipe that no one
// reads must not keep the run, and what was interrupted has no result. The error
// of a closed pipe is [ErrClosed].
func Write(ctx context.Context, to io.Writer, result []byte) error {
	_, err := deadline.For(ctx, "writing the result", func() (int, error) { return to.Write(result) })
	ended := (*deadline.Ended)(nil)
	switch {
	case err == nil || errors.As(err, &ended):
		return err
	case isClosed(err):
		return ErrClosed
	}
	return fmt.Errorf("writing the result: %w", err)
}

// Stream is the stderr of a run. What cannot be written is dropped: talk must
// not stop the work. A write that blocks, as at a terminal on which somebody
// typed Ctrl-S, waits as long as the run goes on, and a moment longer.
type Stream struct {
	w      io.Writer
	closed func() // is called when no one reads any more

	ended atomic.Pointer[<-chan struct{}] // closed when the run has ended

	mu  sync.Mutex
	off bool
}

// streamGrace is how long a write may take after the run has ended.
const streamGrace = time.Second

// NewStream returns a stream of a run that has ended when ended is closed; the
// function closed is called when no one reads the stream any more.
func NewStream(w io.Writer, ended <-chan struct{}, closed func()) *Stream {
	s := &Stream{w: w, closed: closed}
	s.EndWith(ended)
	return s
}

// EndWith says that the run has ended, or a part of it that has less time, when
// ended is closed.
func (s *Stream) EndWith(ended <-chan struct{}) { s.ended.Store(&ended) }

// Write never fails.
func (s *Stream) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.off {
		return len(b), nil
	}
	text := bytes.Clone(b)
	done := make(chan error, 1)
	go func() {
		_, err := s.w.Write(text)
		done <- err
	}()
	select {
	case err := <-done:
		s.check(err)
		return len(b), nil
	case <-*s.ended.Load():
	}
	select {
	case err := <-done:
		s.check(err)
	case <-time.After(streamGrace):
		s.off = true
	}
	return len(b), nil
}

func (s *Stream) check(err error) {
	if isClosed(err) {
		s.off = true
		s.closed()
	}
}
