package credentials

// This file gives credentials to the SDK's clients, and gets new ones when a
// command runs longer than they last.

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Refreshing is an [aws.CredentialsProvider]: it gives what Find found, and
// looks for newer ones where they were found shortly before they expire.
// No one is asked for an MFA code again. It may be used by several goroutines.
type Refreshing struct {
	env     Environment
	request Request

	mu      sync.Mutex
	current Credentials
	tried   time.Time // when new ones were looked for last
	failed  int       // how often a program failed since it last did not
}

// NewRefreshing returns a provider of what Find(ctx, env, request) found.
func NewRefreshing(env Environment, request Request, found Credentials) *Refreshing {
	request.MFACode, request.AskMFACode = "", nil
	return &Refreshing{env: env, request: request, current: found}
}

const (
	// refreshBefore is how long before their end credentials are renewed.
	refreshBefore = time.Minute
	// refreshPause is how long a failure to renew them is left alone.
	refreshPause = 10 * time.Second
	// programTries is how often a credential_process may fail before it counts
	// as one that has no credentials: on a laptop that has just woken up it may
	// run before the network is there.
	programTries = 5
)

// Retrieve implements [aws.CredentialsProvider]. When there are no newer
// credentials it gives those that there are: the service says when they have
// expired.
func (r *Refreshing) Retrieve(ctx context.Context) (aws.Credentials, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.current.Expires.IsZero() && time.Until(r.current.Expires) < refreshBefore && time.Since(r.tried) > refreshPause {
		_, _ = r.renew(ctx)
	}
	return r.current.provider().Retrieve(ctx)
}

// Refresh looks for new credentials after a service said that these have
// expired, and reports whether it found other ones. An error says that it may
// find some a little later: where they come from could not be asked.
func (r *Refreshing) Refresh(ctx context.Context) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.renew(ctx)
}

func (r *Refreshing) renew(ctx context.Context) (bool, error) {
	r.tried = time.Now()
	found, err := Find(ctx, r.env, r.request)
	if err != nil {
		if errors.Is(err, errProgramFailed) {
			r.failed++
		}
		if e, ok := errors.AsType[*Error](err); ok && (e.Passing || errors.Is(err, errProgramFailed) && r.failed < programTries) {
			return false, errors.New(strings.TrimSpace(e.Problems[len(e.Problems)-1]))
		}
		return false, nil
	}
	r.failed = 0
	renewed := found.Credentials.AccessKeyID != r.current.AccessKeyID || found.Credentials.SessionToken != r.current.SessionToken
	r.current = found.Credentials
	return renewed, nil
}
