// This file writes to stdout and stderr when their reader has gone or is
// blocked, so that a run can still clean up and end.

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

// ErrClosed is the error when the output is a pipe without a reader, as in
// "plan | head -1".
var ErrClosed = errors.New("the output is a closed pipe")

// Write writes a whole result at once. It returns when ctx ends, even if the
// write is blocked: a pipe that is not read must not block the run. For a closed
// pipe the error is [ErrClosed].
func Write(ctx context.Context, to io.Writer, result []byte) error {
	_, err := deadline.Run(ctx, "writing the result", func() (int, error) { return to.Write(result) })
	ended := (*deadline.Ended)(nil)
	switch {
	case err == nil || errors.As(err, &ended):
		return err
	case isClosed(err):
		return ErrClosed
	}
	return fmt.Errorf("writing the result: %w", err)
}

// Stream is the stderr of a run. Text that cannot be written is dropped,
// because messages must not stop the work. A blocked write, as after Ctrl-S at
// a terminal, waits until the run has ended, and a moment longer.
type Stream struct {
	w        io.Writer
	onClosed func() // called when the stream has no reader any more

	ended atomic.Pointer[<-chan struct{}] // closed when the run has ended

	mu       sync.Mutex
	disabled bool
}

// streamGrace is how long a write may take after the run has ended.
const streamGrace = time.Second

// NewStream returns a stream for a run. The channel ended is closed when the run
// has ended. onClosed is called when the stream has no reader any more.
func NewStream(w io.Writer, ended <-chan struct{}, onClosed func()) *Stream {
	s := &Stream{w: w, onClosed: onClosed}
	s.SetEnded(ended)
	return s
}

// SetEnded sets the channel that is closed when the run ends, or when a part of
// the run with a shorter time limit ends.
func (s *Stream) SetEnded(ended <-chan struct{}) { s.ended.Store(&ended) }

// Write never fails.
func (s *Stream) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.disabled {
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
		s.disableIfClosed(err)
		return len(b), nil
	case <-*s.ended.Load():
	}
	select {
	case err := <-done:
		s.disableIfClosed(err)
	case <-time.After(streamGrace):
		s.disabled = true
	}
	return len(b), nil
}

func (s *Stream) disableIfClosed(err error) {
	if isClosed(err) {
		s.disabled = true
		s.onClosed()
	}
}
