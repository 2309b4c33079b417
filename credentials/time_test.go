// Tests of slow sources: a retry, an interrupt, and timeouts that name the
// operation.

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

func TestRetryAfterAFailure(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"a role", "a web identity", "SSO", "a container"} {
		files := serviceSources[source]
		env, d := serviceHome(t, files.credentials, files.config, files.variables...)
		failed := false
		d.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			if failed {
				return false
			}
			failed = true
			http.Error(w, "", http.StatusServiceUnavailable)
			return true
		}
		if _, err := Find(t.Context(), env, files.request); err != nil || !failed {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestCancelWhileAServiceDoesNotRespond(t *testing.T) {
	t.Parallel()
	for source, files := range serviceSources {
		ctx, cancel := context.WithCancel(t.Context())
		env, d := serviceHome(t, files.credentials, files.config, files.variables...)
		d.Fault = func(_ http.ResponseWriter, r *http.Request, _ string) bool {
			cancel()
			<-r.Context().Done()
			return true
		}
		if _, err := Find(ctx, env, files.request); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", source, err)
		}
		cancel()
	}
}

// findUntilTimeout returns the error of a search that runs into a time limit.
func findUntilTimeout(t *testing.T, env Environment, request Request, limit time.Duration) string {
	t.Helper()
	ctx, cancel := deadline.WithTimeout(t.Context(), limit)
	defer cancel()
	_, err := Find(ctx, env, request)
	if !errors.Is(err, deadline.ErrTimeout) {
		t.Errorf("error %v", err)
	}
	return errorText(err, env)
}

// wantTimedOut checks the error of a search that runs out of time during an
// operation. On a busy machine, earlier operations may take the time, so it
// repeats the search with longer limits.
func wantTimedOut(t *testing.T, env Environment, request Request, operation string) {
	t.Helper()
	for limit := 300 * time.Millisecond; ; limit *= 3 {
		want := fmt.Sprintf("timed out after %v: %s", limit, operation)
		text := findUntilTimeout(t, env, request, limit)
		if strings.HasPrefix(text, want) {
			return
		}
		if limit > 5*time.Second {
			t.Errorf("got %q, want %q", text, want)
			return
		}
	}
}

type neverResponds struct{}

func (neverResponds) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// When a service or a program does not respond, the error of the timeout names
// the operation.
func TestTimeoutsNameTheOperation(t *testing.T) {
	t.Parallel()
	for source, purpose := range map[string]string{
		"a role": "assuming role " + roleARN + " (Request.RoleARN)", "a role of a profile": "assuming role " + roleARN + ` (profile "dev")`,
		"a session": "exchanging the keys from ", "a web identity": "assuming role " + roleARN + " with the web identity of ",
		"SSO": `signing in with SSO for profile "dev"`,
	} {
		files := serviceSources[source]
		env, _ := serviceHome(t, files.credentials, files.config, files.variables...)
		env.Transport = neverResponds{}
		synctest.Test(t, func(t *testing.T) {
			if text := findUntilTimeout(t, env, files.request, 300*time.Millisecond); !strings.HasPrefix(text, "timed out after 300ms: "+purpose) {
				t.Errorf("%s: %s", source, text)
			}
		})
	}
	// Requests to the endpoints of a container or an instance do not use env.Transport, so
	// these cases need real time.
	for source, purpose := range map[string]string{
		"a container": "calling the container's endpoint", "an instance": "calling the instance metadata service",
		"a role of an instance": "calling the instance metadata service",
	} {
		files := serviceSources[source]
		env, d := serviceHome(t, files.credentials, files.config, files.variables...)
		d.Fault = func(_ http.ResponseWriter, r *http.Request, _ string) bool { <-r.Context().Done(); return true }
		wantTimedOut(t, env, files.request, purpose)
	}
	wantTimedOut(t, homeWithProgram(t, "sleep 30"), Request{}, `running the program of profile "default" (credential_process)`)
}
