// Tests of sources that take their time: a second attempt, an interrupt, and a
// timeout that says what took the time.

package credentials

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"capaboot/internal/deadline"
)

func TestASecondAttempt(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"a role", "a web identity", "SSO", "a container"} {
		need := asked[source]
		env, d := serviceHome(t, need.credentials, need.config, need.variables...)
		failed := false
		d.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			if failed {
				return false
			}
			failed = true
			http.Error(w, "", http.StatusServiceUnavailable)
			return true
		}
		if _, err := Find(t.Context(), env, need.request); err != nil || !failed {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestCancelledWhileAServiceIsSilent(t *testing.T) {
	t.Parallel()
	for source, need := range asked {
		ctx, cancel := context.WithCancel(t.Context())
		env, d := serviceHome(t, need.credentials, need.config, need.variables...)
		d.Fault = func(_ http.ResponseWriter, r *http.Request, _ string) bool {
			cancel()
			<-r.Context().Done()
			return true
		}
		if _, err := Find(ctx, env, need.request); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", source, err)
		}
		cancel()
	}
}

// timedOut returns the text of the error of a search that has less time than it
// needs.
func timedOut(t *testing.T, env Environment, request Request, limit time.Duration) string {
	t.Helper()
	ctx, cancel := deadline.WithTimeout(t.Context(), limit)
	defer cancel()
	_, err := Find(ctx, env, request)
	if !errors.Is(err, deadline.ErrTimeout) {
		t.Errorf("error %v", err)
	}
	return errorText(err, env)
}

// wantTimedOut checks what a search says that has less time than it needs. What
// comes before may take its time on a busy machine: then it gets more.
func wantTimedOut(t *testing.T, env Environment, request Request, doing string) {
	t.Helper()
	for limit := 300 * time.Millisecond; ; limit *= 3 {
		want := fmt.Sprintf("timed out after %v: %s", limit, doing)
		text := timedOut(t, env, request, limit)
		if strings.HasPrefix(text, want) {
			return
		}
		if limit > 5*time.Second {
			t.Errorf("got %q, want %q", text, want)
			return
		}
	}
}

// never is a network that does not answer.
type never struct{}

func (never) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestTimeoutsSayWhatTookTheTime has each service and the program block, and
// names them.
func TestTimeoutsSayWhatTookTheTime(t *testing.T) {
	t.Parallel()
	for source, purpose := range map[string]string{
		"a role": "assuming role " + role + " of Request.RoleARN", "a role of a profile": "assuming role " + role + ` of profile "dev"`,
		"a session": "exchanging the keys from ", "a web identity": "assuming role " + role + " with the web identity of ",
		"SSO": `signing in with the SSO of profile "dev"`,
	} {
		need := asked[source]
		env, _ := serviceHome(t, need.credentials, need.config, need.variables...)
		env.Transport = never{}
		synctest.Test(t, func(t *testing.T) {
			if text := timedOut(t, env, need.request, 300*time.Millisecond); !strings.HasPrefix(text, "timed out after 300ms: "+purpose) {
				t.Errorf("%s: %s", source, text)
			}
		})
	}
	// The endpoints of the machine are asked over a network of their own.
	for source, purpose := range map[string]string{
		"a container": "asking the container's endpoint", "an instance": "asking the instance metadata service",
		"a role of a instance": "asking the instance metadata service",
	} {
		need := asked[source]
		env, d := serviceHome(t, need.credentials, need.config, need.variables...)
		d.Fault = func(_ http.ResponseWriter, r *http.Request, _ string) bool { <-r.Context().Done(); return true }
		wantTimedOut(t, env, need.request, purpose)
	}
	wantTimedOut(t, program(t, "sleep 30"), Request{}, `running the program of profile "default" (credential_process)`)
}
