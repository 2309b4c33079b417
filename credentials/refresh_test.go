// Tests of credentials that are refreshed while a command runs.

package credentials

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"capaboot/internal/awsdouble"
)

func TestRefreshing(t *testing.T) {
	t.Parallel()
	source := serviceSources["a role"]
	env, d := serviceHome(t, source.credentials, source.config)
	d.Lifetime = 30 * time.Second // less than refreshBefore
	found, err := Find(t.Context(), env, source.request)
	if err != nil {
		t.Fatal(err)
	}
	r := NewRefreshing(env, source.request, found.Credentials)
	d.Given = []awsdouble.Keys{{ID: "ASIAFALSEKEYEXAMPLE2", Secret: fakeSecret, Token: fakeToken}}
	if got, err := r.Retrieve(t.Context()); err != nil || got.AccessKeyID != "ASIAFALSEKEYEXAMPLE2" {
		t.Errorf("got %s, %v", got.AccessKeyID, err)
	}
	count := len(d.Calls())
	if _, err := r.Retrieve(t.Context()); err != nil || len(d.Calls()) != count {
		t.Errorf("called the source again at once: %v", err)
	}
	// Credentials in the environment cannot be refreshed until someone changes
	// the variables.
	values := map[string]string{"AWS_ACCESS_KEY_ID": "ASIAFALSEKEYEXAMPLE1", "AWS_SECRET_ACCESS_KEY": fakeSecret, "AWS_SESSION_TOKEN": "one", "AWS_REGION": "eu-west-1"}
	env = Environment{Lookup: func(name string) (string, bool) { value, ok := values[name]; return value, ok }}
	found, err = Find(t.Context(), env, Request{})
	if err != nil {
		t.Fatal(err)
	}
	r = NewRefreshing(env, Request{}, found.Credentials)
	if renewed, err := r.Refresh(t.Context()); renewed || err != nil {
		t.Errorf("the same credentials count as new: %v", err)
	}
	values["AWS_SESSION_TOKEN"] = "two"
	got, _ := r.Retrieve(t.Context())
	if renewed, err := r.Refresh(t.Context()); !renewed || err != nil || got.SessionToken != "one" {
		t.Errorf("other credentials do not count as new: %v", err)
	}
}

// When a source is unavailable, Refresh returns an error, because a later call
// may succeed. When a source rejects the request, Refresh returns no error.
func TestRefreshingDuringAnOutage(t *testing.T) {
	t.Parallel()
	faults := awsdouble.Faults(fakeSecret)
	for name, source := range serviceSources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, d := serviceHome(t, source.credentials, source.config, source.variables...)
			found, err := Find(t.Context(), env, source.request)
			if err != nil {
				t.Fatal(err)
			}
			r := NewRefreshing(env, source.request, found.Credentials)
			names := []string{"unavailable", "an error with an unknown code"}
			if !strings.HasSuffix(name, "container") && !strings.HasSuffix(name, "instance") { // no portal is between this machine and these two endpoints
				names = append(names, "nothing", "a portal's page", "a redirect")
			}
			for _, name := range names {
				d.Fault = func(w http.ResponseWriter, r *http.Request, _ string) bool { faults[name](w, r); return true }
				renewed, err := r.Refresh(t.Context())
				if want := name != "an error with an unknown code"; renewed || (err != nil) != want {
					t.Errorf("%s: renewed %v, %v", name, renewed, err)
				} else if err != nil && strings.ContainsAny(err.Error(), "\n") || err != nil && strings.Contains(err.Error(), fakeSecret) {
					t.Errorf("%s: %v", name, err)
				}
			}
			d.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
				awsdouble.Refuse(w, http.StatusForbidden, "AccessDenied", "no")
				return true
			}
			if renewed, err := r.Refresh(t.Context()); renewed || err != nil {
				t.Errorf("rejected: renewed %v, %v", renewed, err)
			}
			d.Fault = nil
			d.Given = []awsdouble.Keys{{ID: "ASIAFALSEKEYEXAMPLE2", Secret: fakeSecret, Token: fakeToken}}
			if renewed, err := r.Refresh(t.Context()); !renewed || err != nil {
				t.Errorf("afterwards: renewed %v, %v", renewed, err)
			}
		})
	}
}

// A program that fails may have had no network, so Refresh returns an error.
// After maxProgramFailures consecutive failures, the program counts as one
// without credentials, and Refresh returns no error.
func TestRefreshingWithAProgram(t *testing.T) {
	t.Parallel()
	env := homeWithProgram(t, "exit 3")
	r := NewRefreshing(env, Request{}, Credentials{AccessKeyID: fakeKeyID, SecretAccessKey: fakeSecret, SessionToken: fakeToken})
	for i := 1; i < maxProgramFailures; i++ {
		if renewed, err := r.Refresh(t.Context()); renewed || err == nil {
			t.Fatalf("try %d: renewed %v, %v", i, renewed, err)
		}
	}
	if renewed, err := r.Refresh(t.Context()); renewed || err != nil {
		t.Errorf("try %d: renewed %v, %v", maxProgramFailures, renewed, err)
	}
}
