// Tests of streams whose reader has gone or is blocked. Such a stream must not keep
// a run from working or from ending.

package terminal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"capaboot/internal/deadline"
)

// blocked is a stream whose reader is blocked until the channel is closed.
type blocked struct{ until <-chan struct{} }

func (b blocked) Write(text []byte) (int, error) { <-b.until; return len(text), nil }

// A write to a blocked stream waits until the run, or the part of the run that
// SetEnded sets, has ended, and a moment longer. Then the text is dropped, and
// later writes do not wait.
func TestBlockedStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over, part := make(chan struct{}), make(chan struct{})
		defer close(over)
		s := NewStream(blocked{over}, nil, func() { t.Error("a blocked stream counts as closed") })
		s.SetEnded(part)
		time.AfterFunc(time.Minute, func() { close(part) })
		start := time.Now()
		if n, err := s.Write([]byte("abc")); n != 3 || err != nil {
			t.Errorf("wrote %d, %v", n, err)
		}
		if elapsed := time.Since(start); elapsed != time.Minute+streamGrace {
			t.Errorf("a write took %v", elapsed)
		}
		if _, _ = s.Write([]byte("abc")); time.Since(start) != time.Minute+streamGrace {
			t.Errorf("the next write waits too, %v", time.Since(start))
		}
	})
}

func TestClosedStream(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	read.Close()
	closed := 0
	s := NewStream(write, nil, func() { closed++ })
	for range 2 {
		if n, err := s.Write([]byte("abc")); n != 3 || err != nil || closed != 1 {
			t.Errorf("wrote %d, %v; said to be closed %d times", n, err, closed)
		}
	}
	if err := Write(t.Context(), write, []byte("abc")); err != ErrClosed {
		t.Errorf("a result: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWrite(t *testing.T) {
	full := errors.New("no space left")
	if err := Write(t.Context(), failing{full}, nil); !errors.Is(err, full) || err.Error() != "writing the result: no space left" {
		t.Errorf("a full disk: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	if err := Write(ctx, &out, []byte("abc")); err != nil || out.String() != "abc" {
		t.Errorf("%v, %q", err, out.String())
	}
	cancel()
	ended := (*deadline.Ended)(nil)
	if err := Write(ctx, io.Discard, nil); !errors.As(err, &ended) {
		t.Errorf("what was interrupted has a result: %v", err)
	}
}
