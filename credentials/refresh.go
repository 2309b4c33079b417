package credentials

// This file provides credentials to the SDK's clients, and finds new ones when
// a command runs longer than the credentials last.

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Refreshing is an [aws.CredentialsProvider]. It provides the credentials that
// Find found, and runs Find again shortly before they expire, but never asks
// for an MFA code again. It is safe for concurrent use.
type Refreshing struct {
	env     Environment
	request Request

	mu          sync.Mutex
	current     Credentials
	lastAttempt time.Time
	failures    int // consecutive failures of a credential_process
}

// NewRefreshing returns a provider of the credentials that Find(ctx, env,
// request) found.
func NewRefreshing(env Environment, request Request, found Credentials) *Refreshing {
	request.MFACode, request.AskMFACode = "", nil
	return &Refreshing{env: env, request: request, current: found}
}

const (
	// refreshBefore is how long before expiry the credentials are renewed.
	refreshBefore = time.Minute
	// refreshPause is the minimum time between any attempt and a new attempt by
	// Retrieve. Refresh does not wait.
	refreshPause = 10 * time.Second
	// maxProgramFailures is the number of consecutive failures after which a
	// credential_process counts as having no credentials. When a laptop wakes up,
	// the program may run before the network is up.
	maxProgramFailures = 5
)

// Retrieve implements [aws.CredentialsProvider]. When it finds no newer
// credentials, it returns the current ones, and the service reports that they
// have expired.
func (r *Refreshing) Retrieve(ctx context.Context) (aws.Credentials, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.current.Expires.IsZero() && time.Until(r.current.Expires) < refreshBefore && time.Since(r.lastAttempt) > refreshPause {
		_, _ = r.renew(ctx)
	}
	return r.current.provider().Retrieve(ctx)
}

// Refresh searches for new credentials after a service reported that the
// current ones have expired, and reports whether it found different ones. An
// error means that the source of the credentials is unavailable, so a later
// call may find new ones.
func (r *Refreshing) Refresh(ctx context.Context) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.renew(ctx)
}

func (r *Refreshing) renew(ctx context.Context) (bool, error) {
	r.lastAttempt = time.Now()
	found, err := Find(ctx, r.env, r.request)
	if err != nil {
		if errors.Is(err, errProgramFailed) {
			r.failures++
		}
		if e, ok := errors.AsType[*Error](err); ok && (e.Transient || errors.Is(err, errProgramFailed) && r.failures < maxProgramFailures) {
			return false, errors.New(strings.TrimSpace(e.Problems[len(e.Problems)-1]))
		}
		return false, nil
	}
	r.failures = 0
	isRenewed := found.Credentials.AccessKeyID != r.current.AccessKeyID || found.Credentials.SessionToken != r.current.SessionToken
	r.current = found.Credentials
	return isRenewed, nil
}
