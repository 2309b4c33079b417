// Package deadline bounds what may block: reading a pipe without a writer, a
// file on a network that is down, a question. It also has the errors that say
// why a wait ended, and what it was for.
package deadline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrTimeout is what errors.Is finds in every error of a context of
// [WithTimeout] whose time has run out.
var ErrTimeout = errors.New("timed out")

// WithTimeout is context.WithTimeout, with a cause that tells its timeout from
// those of single requests.
func WithTimeout(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, after, timeout{after})
}

// timeout is the cause of a context that has timed out.
type timeout struct{ after time.Duration }

// Error writes the time as people write it: 30m, not 30m0s.
func (t timeout) Error() string {
	text := t.after.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return "timed out after " + text
}

func (t timeout) Is(target error) bool { return target == ErrTimeout }

// Ended is the error when a wait ended early, with its context.
type Ended struct {
	// Doing is what the wait was for, such as "reading iam.yaml"; it may be
	// empty.
	Doing string
	// Last is the problem that kept it from its end; it may be empty.
	Last string
	// Err is why the context ended: it matches ErrTimeout, or is the context's
	// own error.
	Err error
}

// Stopped returns the error for what was being done when ctx ended.
func Stopped(ctx context.Context, doing string) *Ended {
	err := ctx.Err()
	if cause := context.Cause(ctx); errors.Is(cause, ErrTimeout) {
		err = cause
	}
	return &Ended{Doing: doing, Err: err}
}

// Error begins with the time that is over, or else with what was being done.
func (e *Ended) Error() string {
	first, second := e.Doing, fmt.Sprint(e.Err)
	if errors.Is(e.Err, ErrTimeout) {
		first, second = second, first
	}
	var parts []string
	for _, part := range []string{first, second} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	text := strings.Join(parts, ": ")
	if e.Last != "" {
		text += "; last problem: " + e.Last
	}
	return text
}

// Unwrap returns why the context ended.
func (e *Ended) Unwrap() error { return e.Err }

// For returns what do returns, or an *Ended when ctx ends first. Then do is left
// behind: it must not touch what its caller uses.
func For[T any](ctx context.Context, doing string, do func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var none T
	if ctx.Err() != nil {
		return none, Stopped(ctx, doing)
	}
	done := make(chan result, 1) // so that what is left behind can end
	go func() {
		value, err := do()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return none, Stopped(ctx, doing)
	}
}

// grace is how long [Whole] continues after its context has ended.
const grace = 2 * time.Second

// Whole is For for what must not stay half done, such as writing a file: when
// ctx ends it has a moment more to get to its end.
func Whole(ctx context.Context, doing string, do func() error) error {
	if ctx.Err() != nil {
		return Stopped(ctx, doing)
	}
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(grace):
		return Stopped(ctx, doing)
	}
}
