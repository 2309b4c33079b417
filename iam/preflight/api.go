// The IAM calls of the checks. A few run at the same time, within a time limit.

package preflight

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"capaboot/iam"
	"capaboot/iam/verify"
)

// API has the IAM calls of the checks; [APIOf] returns that of a client. All of them
// only read.
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

// APIOf returns the API of a client; see [iam.APIOf].
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
	// mostAtOnce limits how many lookups run at the same time.
	mostAtOnce = 8
	// mostFruitless is how many lookups in a row may fail without a response, each
	// after all retries of the client. Later ones are not tried.
	mostFruitless = 3
	// mostPages limits a list. A page has at most 100 entries (IAM API Reference,
	// "MaxItems").
	mostPages = 1000
)

var (
	errIncomplete = errors.New("the response of IAM is incomplete")
	errEndless    = errors.New("pagination of the response of IAM does not end")
	errDeleted    = errors.New("the stack has it, but it does not exist: somebody deleted it")
)

// looks limits the lookups of a run. It is safe for concurrent use.
type looks struct {
	time  time.Duration // the time limit for all of them
	slots chan struct{}

	mutex     sync.Mutex
	fruitless int // how many in a row had no response
}

// slot waits for a free slot, and returns the function that frees it; ok is false when
// the time has run out.
func (l *looks) slot(ctx context.Context) (release func(), ok bool) {
	select {
	case l.slots <- struct{}{}:
		return func() { <-l.slots }, ctx.Err() == nil
	case <-ctx.Done():
		return func() {}, false
	}
}

// once does a lookup when a slot is free and time is left.
func (l *looks) once(ctx context.Context, do func() error) error {
	release, ok := l.slot(ctx)
	defer release()
	switch {
	case !ok:
		return l.over()
	case l.hopeless():
		return iam.ErrNotTried
	}
	err := do()
	if ctx.Err() != nil && err != nil {
		return l.over()
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.fruitless++
	if err == nil || errors.Is(err, errIncomplete) || iam.Answered(err) {
		l.fruitless = 0
	}
	return err
}

// over returns the error of lookups for which no time is left.
func (l *looks) over() error { return fmt.Errorf("no answer within %d seconds", l.time/time.Second) }

// hopeless reports whether further lookups are skipped.
func (l *looks) hopeless() bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.fruitless >= mostFruitless
}

// each calls do for all items concurrently, and returns the results in the order of
// the items. [looks.once] limits the concurrency.
func each[T, A any](items []T, do func(T) A) []A {
	answers := make([]A, len(items))
	var group sync.WaitGroup
	for i, item := range items {
		group.Go(func() { answers[i] = do(item) })
	}
	group.Wait()
	return answers
}

// memory caches answers. Concurrent requests for the same key wait for one call.
type memory[T any] struct {
	mutex   sync.Mutex
	answers map[string]*remembered[T]
}

type remembered[T any] struct {
	known chan struct{} // closed when the answer is known
	value T
}

func (m *memory[T]) get(key string, ask func() T) T {
	m.mutex.Lock()
	one, is := m.answers[key]
	if !is {
		one = &remembered[T]{known: make(chan struct{})}
		if m.answers == nil {
			m.answers = map[string]*remembered[T]{}
		}
		m.answers[key] = one
	}
	m.mutex.Unlock()
	if is {
		<-one.known
		return one.value
	}
	defer close(one.known)
	one.value = ask()
	return one.value
}

// look makes one call about a resource. whole reports whether the response is
// complete. Exactly one result is set: the response, that the resource does not exist,
// or why that is unknown.
func look[In, Out any](ctx context.Context, r *run, operation, subject string,
	call func(context.Context, *In, ...func(*awsiam.Options)) (*Out, error), in *In, whole func(*Out) bool) (out *Out, gone bool, unseen *verify.Unseen) {
	err := r.looks.once(ctx, func() (err error) {
		out, err = call(ctx, in)
		if err == nil && (out == nil || !whole(out)) {
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
	return nil, false, unseenOf(operation, subject, err)
}

// pages reads all pages of a list. read handles a page, and returns the marker of the
// next page and whether there is one.
func pages[In, Out any](ctx context.Context, r *run, operation, subject string,
	call func(context.Context, *In, ...func(*awsiam.Options)) (*Out, error), in *In, read func(*Out) (truncated bool, marker *string), next func(*string)) (gone bool, unseen *verify.Unseen) {
	last := ""
	for page := 0; page < mostPages; page++ {
		var truncated bool
		var marker *string
		_, gone, unseen := look(ctx, r, operation, subject, call, in, func(out *Out) bool {
			truncated, marker = read(out)
			return !truncated || marker != nil && *marker != ""
		})
		if gone || unseen != nil || !truncated {
			return gone, unseen
		}
		if *marker == last {
			break
		}
		last = *marker
		next(marker)
	}
	return false, unseenOf(operation, subject, errEndless)
}

// unseenOf records why a lookup failed.
func unseenOf(operation, subject string, err error) *verify.Unseen {
	return &verify.Unseen{Name: subject, Part: verify.WholeResource, Action: "iam:" + operation, Denied: verify.Denied(err), Reason: verify.Reason(err)}
}

// about attributes a failed lookup to a resource of the template.
func about(u *verify.Unseen, logicalID string) verify.Unseen {
	copied := *u
	copied.LogicalID = logicalID
	return copied
}
