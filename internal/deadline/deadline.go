// Package deadline limits the time of calls that may block: reading a pipe
// without a writer, a file on an unreachable network, a question. Its errors
// name the operation, and say why the wait ended.
package deadline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrTimeout matches, with errors.Is, every error that is due to the timeout of
// a context from [WithTimeout].
var ErrTimeout = errors.New("timed out")

// WithTimeout is context.WithTimeout with a cause that distinguishes its
// timeout from those of single requests.
func WithTimeout(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, after, timeout{after})
}

// timeout is the cause of a context whose time has run out.
type timeout struct{ after time.Duration }

// Error formats the time without zero units: 30m, not 30m0s.
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

// Ended is the error when a wait ends early, because its context has ended.
type Ended struct {
	// Operation describes what was stopped, such as "reading iam.yaml"; may be
	// empty.
	Operation string
	// Last is the last problem that prolonged the wait; may be empty.
	Last string
	// Err is why the context ended: an error that matches ErrTimeout, or the
	// context's own error.
	Err error
}

// NewEnded returns the error for an operation that was running when ctx ended.
func NewEnded(ctx context.Context, operation string) *Ended {
	err := ctx.Err()
	if cause := context.Cause(ctx); errors.Is(cause, ErrTimeout) {
		err = cause
	}
	return &Ended{Operation: operation, Err: err}
}

// Error begins with the timeout, or else with the operation.
func (e *Ended) Error() string {
	first, second := e.Operation, fmt.Sprint(e.Err)
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

// Run returns the results of do, or an *Ended when ctx ends first. If ctx ends
// while do runs, do keeps running, so do must not share data with the caller of
// Run.
func Run[T any](ctx context.Context, operation string, do func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var zero T
	if ctx.Err() != nil {
		return zero, NewEnded(ctx, operation)
	}
	done := make(chan result, 1) // buffered, so that do can end later
	go func() {
		value, err := do()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return zero, NewEnded(ctx, operation)
	}
}

// graceTime is how long [RunToEnd] continues after its context has ended.
const graceTime = 2 * time.Second

// RunToEnd is like [Run], for an operation that must not stop halfway, such as
// writing a file. When ctx ends, RunToEnd waits up to graceTime for the
// operation to complete.
func RunToEnd(ctx context.Context, operation string, do func() error) error {
	if ctx.Err() != nil {
		return NewEnded(ctx, operation)
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
	case <-time.After(graceTime):
		return NewEnded(ctx, operation)
	}
}

// Sleep waits for a duration, or until ctx ends.
func Sleep(ctx context.Context, duration time.Duration) {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
