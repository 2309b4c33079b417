// Tests of the errors of timeouts, and of calls that outlive their context.

package deadline

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestTimeoutFormat(t *testing.T) {
	for after, want := range map[time.Duration]string{
		30 * time.Second: "30s", 30 * time.Minute: "30m", 2 * time.Hour: "2h", 90 * time.Minute: "1h30m",
		90 * time.Second: "1m30s", 1500 * time.Millisecond: "1.5s", 10 * time.Second: "10s", time.Hour + 10*time.Second: "1h0m10s",
	} {
		if got := (timeout{after}).Error(); got != "timed out after "+want {
			t.Errorf("%v: %s", after, got)
		}
	}
}

func TestEnded(t *testing.T) {
	for _, test := range []struct {
		ended Ended
		want  string
	}{
		{Ended{Operation: "reading a", Err: timeout{time.Second}}, "timed out after 1s: reading a"},
		{Ended{Err: timeout{time.Second}}, "timed out after 1s"},
		{Ended{Operation: "reading a", Last: "refused", Err: timeout{time.Second}}, "timed out after 1s: reading a; last problem: refused"},
		{Ended{Operation: "reading a", Err: context.Canceled}, "reading a: context canceled"},
	} {
		if got := test.ended.Error(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := make(chan struct{})
		defer close(never)
		block := func() (string, error) { <-never; return "", nil }

		if got, err := Run(t.Context(), "a", func() (string, error) { return "done", nil }); got != "done" || err != nil {
			t.Errorf("success: %q, %v", got, err)
		}
		want := errors.New("an error")
		if _, err := Run(t.Context(), "a", func() (string, error) { return "", want }); err != want {
			t.Errorf("failure: %v", err)
		}
		ctx, cancel := WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		_, err := Run(ctx, "reading a", block)
		if time.Since(start) != time.Minute || !errors.Is(err, ErrTimeout) || errors.Is(err, context.DeadlineExceeded) || err.Error() != "timed out after 1m: reading a" {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if _, err := Run(ctx, "b", func() (string, error) { t.Error("do is called after the timeout"); return "", nil }); !errors.Is(err, ErrTimeout) {
			t.Errorf("afterwards: %v", err)
		}
		ctx, cancel = context.WithCancel(t.Context())
		cancel()
		if _, err := Run(ctx, "c", block); !errors.Is(err, context.Canceled) || errors.Is(err, ErrTimeout) {
			t.Errorf("cancelled: %v", err)
		}
		// The timeout of a single request is not ErrTimeout.
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := Run(ctx, "d", block); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrTimeout) {
			t.Errorf("a timeout of a request: %v", err)
		}
	})
}

// RunToEnd waits for an operation that has begun, but not for long.
func TestRunToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			name        string
			takes, over time.Duration
			fails       bool
		}{
			{"in time", time.Second, time.Second, false},
			{"a moment late", 4 * time.Second, 4 * time.Second, false},
			{"never", time.Hour, 5 * time.Second, true},
		} {
			ctx, cancel := WithTimeout(t.Context(), 3*time.Second)
			start := time.Now()
			err := RunToEnd(ctx, "writing a", func() error { time.Sleep(test.takes); return nil })
			if time.Since(start) != test.over || test.fails != (err != nil) || test.fails && (!errors.Is(err, ErrTimeout) || err.Error() != "timed out after 3s: writing a") {
				t.Errorf("%s: after %v: %v", test.name, time.Since(start), err)
			}
			cancel()
		}
		time.Sleep(2 * time.Hour) // lets the running operations end
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := RunToEnd(ctx, "a", func() error { t.Error("do is called after the context has ended"); return nil }); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		want := errors.New("an error")
		if err := RunToEnd(t.Context(), "a", func() error { return want }); err != want {
			t.Error(err)
		}
	})
}
