// The IAM calls of the checks. Several run concurrently, within a time limit.

package preflight

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"capaboot/iam/account"
	"capaboot/iam/verify"
)

// API has the IAM calls of the checks. All of them are read operations. [APIOf]
// returns the calls of a client.
type API struct {
	GetRole                  func(context.Context, *awsiam.GetRoleInput, ...func(*awsiam.Options)) (*awsiam.GetRoleOutput, error)
	GetUser                  func(context.Context, *awsiam.GetUserInput, ...func(*awsiam.Options)) (*awsiam.GetUserOutput, error)
	GetGroup                 func(context.Context, *awsiam.GetGroupInput, ...func(*awsiam.Options)) (*awsiam.GetGroupOutput, error)
	GetInstanceProfile       func(context.Context, *awsiam.GetInstanceProfileInput, ...func(*awsiam.Options)) (*awsiam.GetInstanceProfileOutput, error)
	GetPolicy                func(context.Context, *awsiam.GetPolicyInput, ...func(*awsiam.Options)) (*awsiam.GetPolicyOutput, error)
	ListPolicies             func(context.Context, *awsiam.ListPoliciesInput, ...func(*awsiam.Options)) (*awsiam.ListPoliciesOutput, error)
	ListPolicyVersions       func(context.Context, *awsiam.ListPolicyVersionsInput, ...func(*awsiam.Options)) (*awsiam.ListPolicyVersionsOutput, error)
	ListAttachedRolePolicies func(context.Context, *awsiam.ListAttachedRolePoliciesInput, ...func(*awsiam.Options)) (*awsiam.ListAttachedRolePoliciesOutput, error)
	ListAttachedUserPolicies func(context.Context, *awsiam.ListAttachedUserPoliciesInput, ...func(*awsiam.Options)) (*awsiam.ListAttachedUserPoliciesOutput, error)
	GetSAMLProvider          func(context.Context, *awsiam.GetSAMLProviderInput, ...func(*awsiam.Options)) (*awsiam.GetSAMLProviderOutput, error)
	GetOpenIDConnectProvider func(context.Context, *awsiam.GetOpenIDConnectProviderInput, ...func(*awsiam.Options)) (*awsiam.GetOpenIDConnectProviderOutput, error)
	GetAccountSummary        func(context.Context, *awsiam.GetAccountSummaryInput, ...func(*awsiam.Options)) (*awsiam.GetAccountSummaryOutput, error)
	SimulatePrincipalPolicy  func(context.Context, *awsiam.SimulatePrincipalPolicyInput, ...func(*awsiam.Options)) (*awsiam.SimulatePrincipalPolicyOutput, error)
}

// APIOf returns the API of a client. See [account.APIOf].
func APIOf(client *awsiam.Client) API {
	return API{
		GetRole: client.GetRole, GetUser: client.GetUser, GetGroup: client.GetGroup, GetInstanceProfile: client.GetInstanceProfile,
		GetPolicy: client.GetPolicy, ListPolicies: client.ListPolicies, ListPolicyVersions: client.ListPolicyVersions,
		ListAttachedRolePolicies: client.ListAttachedRolePolicies, ListAttachedUserPolicies: client.ListAttachedUserPolicies,
		GetOpenIDConnectProvider: client.GetOpenIDConnectProvider, GetSAMLProvider: client.GetSAMLProvider,
		GetAccountSummary: client.GetAccountSummary, SimulatePrincipalPolicy: client.SimulatePrincipalPolicy,
	}
}

const (
	// maxConcurrent limits how many lookups run concurrently.
	maxConcurrent = 8
	// maxUnanswered limits the consecutive lookups that get no answer (see
	// [account.Answered]), each after all retries of the client. After that
	// many, the remaining lookups are skipped.
	maxUnanswered = 3
	// maxSilence limits how long the lookups wait for the first response of IAM.
	// After that time, all lookups end. Without this limit, each attempt on a network that drops
	// packets would take its whole time limit.
	maxSilence = 20 * time.Second
	// maxPages limits the pages of a list; a longer list counts as a failed
	// lookup. A page has 100 entries or fewer, or as many as MaxItems
	// allows (IAM API Reference).
	maxPages = 1000
)

var (
	errIncomplete = errors.New("IAM's response is incomplete")
	errEndless    = errors.New("the pagination of IAM's response does not end")
	errDeleted    = errors.New("the policy is in the stack, but was deleted manually")
)

// lookups limits the lookups of a run. It is safe for concurrent use.
type lookups struct {
	limit time.Duration // limit for all lookups together
	slots chan struct{}

	mutex      sync.Mutex
	unanswered int  // consecutive lookups without an answer
	tried      bool // a lookup was sent
	responded  bool // a lookup got a response, even if only an error
}

// slot waits for a free slot, and returns the function that frees it. ok is
// false if the time has run out.
func (l *lookups) slot(ctx context.Context) (release func(), ok bool) {
	select {
	case l.slots <- struct{}{}:
		return func() { <-l.slots }, ctx.Err() == nil
	case <-ctx.Done():
		return func() {}, false
	}
}

// do waits for a free slot and runs a lookup. It returns an error instead if
// the time has run out, or if too many lookups in a row got no answer (see
// [account.Answered]).
func (l *lookups) do(ctx context.Context, do func() error) error {
	release, ok := l.slot(ctx)
	defer release()
	switch {
	case !ok:
		return l.timeoutError()
	case l.hasGivenUp():
		return account.ErrNotTried
	}
	l.mutex.Lock()
	l.tried = true
	l.mutex.Unlock()
	err := do()
	if ctx.Err() != nil && err != nil {
		return l.timeoutError()
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	_, isError := errors.AsType[smithy.APIError](err)
	l.responded = l.responded || err == nil || errors.Is(err, errIncomplete) || isError || verify.Intercepted(err) != nil
	l.unanswered++
	if err == nil || errors.Is(err, errIncomplete) || account.Answered(err) {
		l.unanswered = 0
	}
	return err
}

// timeoutError returns the error for lookups that ran out of time.
func (l *lookups) timeoutError() error {
	limit := l.limit
	if l.isSilent() {
		limit = min(limit, maxSilence)
	}
	return fmt.Errorf("no response within %d seconds", limit/time.Second)
}

// isSilent reports whether lookups were sent, and none got a response.
func (l *lookups) isSilent() bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.tried && !l.responded
}

// hasGivenUp reports whether further lookups are skipped.
func (l *lookups) hasGivenUp() bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.unanswered >= maxUnanswered
}

// mapConcurrently calls do for all items concurrently, and returns the results
// in the order of the items. It starts all calls at once; [lookups.slot] limits
// how many requests they make at the same time.
func mapConcurrently[T, A any](items []T, do func(T) A) []A {
	answers := make([]A, len(items))
	var group sync.WaitGroup
	for i, item := range items {
		group.Go(func() { answers[i] = do(item) })
	}
	group.Wait()
	return answers
}

// cache keeps one result per key. Concurrent calls of get for the same key wait
// for a single call of load.
type cache[T any] struct {
	mutex  sync.Mutex
	values map[string]*cached[T]
}

type cached[T any] struct {
	ready chan struct{} // closed when value is set
	value T
}

func (m *cache[T]) get(key string, load func() T) T {
	m.mutex.Lock()
	one, is := m.values[key]
	if !is {
		one = &cached[T]{ready: make(chan struct{})}
		if m.values == nil {
			m.values = map[string]*cached[T]{}
		}
		m.values[key] = one
	}
	m.mutex.Unlock()
	if is {
		<-one.ready
		return one.value
	}
	defer close(one.ready)
	one.value = load()
	return one.value
}

// lookUp makes one call about a resource. isComplete reports whether the
// response has the requested data. Exactly one result is set: out, notFound, or
// notRead with the reason why the call failed.
func lookUp[In, Out any](ctx context.Context, r *run, operation, subject string,
	call func(context.Context, *In, ...func(*awsiam.Options)) (*Out, error), in *In, isComplete func(*Out) bool) (out *Out, notFound bool, notRead *verify.NotRead) {
	err := r.lookups.do(ctx, func() (err error) {
		out, err = call(ctx, in)
		if err == nil && (out == nil || !isComplete(out)) {
			return errIncomplete
		}
		return err
	})
	var api smithy.APIError
	switch {
	case err == nil:
		return out, false, nil
	case errors.As(err, &api) && api.ErrorCode() == "NoSuchEntity":
		return nil, true, nil
	}
	return nil, false, newNotRead(operation, subject, err)
}

// readPages reads all pages of a list. read handles a page, and returns whether
// there is another page and its marker. next sets the marker in the request.
func readPages[In, Out any](ctx context.Context, r *run, operation, subject string,
	call func(context.Context, *In, ...func(*awsiam.Options)) (*Out, error), in *In, read func(*Out) (truncated bool, marker *string), next func(*string)) (notFound bool, notRead *verify.NotRead) {
	last := ""
	for page := 0; page < maxPages; page++ {
		var truncated bool
		var marker *string
		_, notFound, notRead := lookUp(ctx, r, operation, subject, call, in, func(out *Out) bool {
			truncated, marker = read(out)
			return !truncated || marker != nil && *marker != ""
		})
		if notFound || notRead != nil || !truncated {
			return notFound, notRead
		}
		if *marker == last {
			break
		}
		last = *marker
		next(marker)
	}
	return false, newNotRead(operation, subject, errEndless)
}

func newNotRead(operation, subject string, err error) *verify.NotRead {
	return &verify.NotRead{Name: subject, Part: verify.WholeResource, Action: "iam:" + operation, Denied: verify.Denied(err), Reason: verify.Reason(err), Intercepted: verify.Intercepted(err)}
}

// withLogicalID returns a copy of a failed lookup, with the logical ID of a
// resource of the template.
func withLogicalID(u *verify.NotRead, logicalID string) verify.NotRead {
	copied := *u
	copied.LogicalID = logicalID
	return copied
}
