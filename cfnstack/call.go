package cfnstack

// This file makes the requests: one at a time, repeated after
// faults that pass, and ended at once by those that do not.

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"capaboot/internal/awsclient"
	"capaboot/internal/deadline"
	"capaboot/internal/lazy"
)

const (
	// patience is how long faults that may pass are retried when nothing has
	// been started yet: somebody sits there and waits.
	patience = 45 * time.Second
	// The wait after a fault doubles from the first to the longest, and is
	// drawn at random between half of it and all.
	firstBackoff   = time.Second
	longestBackoff = 8 * time.Second
)

// run is one operation of a Manager: its stack, and how patient it is.
type run struct {
	*Manager
	name, id string
	token    string // of the requests that change something
	// started: something continues in CloudFormation that is waited for; faults
	// are retried until the time-out.
	started bool
	// patience is how long faults are retried when nothing has started; 0 means
	// the constant of that name.
	patience time.Duration
	deeds    []Deed // before a question that is still to come
	// interrupted is closed when the caller has ended what goes on anyway;
	// told is called then, once, from the goroutine of the run. nil for never.
	interrupted <-chan struct{}
	told        func()
}

// begin bounds a context by a timeout.
func begin(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	return deadline.WithTimeout(ctx, timeout)
}

// ended returns why a context is over: a *deadline.Ended that is deadline.ErrTimeout, or the
// context's error.
func ended(ctx context.Context) error {
	if err := deadline.Stopped(ctx, ""); errors.Is(err, deadline.ErrTimeout) {
		return err
	}
	return ctx.Err()
}

// endedAfter is ended with the fault that kept a request from being answered
// before; nil for none.
func endedAfter(ctx context.Context, last error) error {
	err := ended(ctx)
	if timeout, ok := err.(*deadline.Ended); ok && last != nil {
		timeout.Last = message(last)
	}
	return err
}

// during says what a timeout ended, unless that is said already.
func during(doing string, err error) error {
	timeout, ok := errors.AsType[*deadline.Ended](err)
	if !ok || timeout.Doing != "" {
		return err
	}
	named := *timeout
	named.Doing = doing
	return &named
}

// verdict is what an error of a request means.
type verdict int

const (
	final   verdict = iota // the service answered, and the answer is no
	passing                // may succeed when repeated
	stale                  // the signature was too old when it arrived; a new one may be in time
	expired                // the credentials do not work any more
)

// credentialCodes are the error codes that say that credentials are no good.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html
var credentialCodes = lazy.Value[map[string]verdict]{Make: func() map[string]verdict {
	return map[string]verdict{
		"ExpiredToken":                expired,
		"ExpiredTokenException":       expired,
		"TokenRefreshRequired":        expired,
		"InvalidClientTokenId":        expired,
		"UnrecognizedClientException": expired,
		"AuthFailure":                 expired,
		"RequestExpired":              stale,
		"RequestTimeTooSkewed":        stale,
		"InvalidSignatureException":   stale,
		"SignatureDoesNotMatch":       stale,
		"RequestInTheFuture":          stale,
	}
}}

// judge says what an error means. What is not clearly an answer of the service
// is taken as a fault that may pass: HTML from a proxy, half an answer, a
// reset.
func judge(err error) verdict {
	code, status := "", 0
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		code = e.ErrorCode()
	}
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		status = e.HTTPStatusCode()
	}
	_, throttled := retry.DefaultThrottleErrorCodes[code]
	// For the SDK this is throttling; for CloudFormation it is a quota that has
	// been reached:
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
	throttled = throttled && code != "LimitExceededException"
	_, retryable := retry.DefaultRetryableErrorCodes[code]
	switch {
	case status == http.StatusNotImplemented:
		return final // a server that does not know the operation
	case throttled, retryable, status >= 500, status == http.StatusTooManyRequests:
		return passing
	case credentialCodes.Get()[code] != final:
		return credentialCodes.Get()[code]
	case code == "" || code == "UnknownError":
		return passing
	}
	return final
}

// network says whether an error is one of a connection.
func network(err error) bool {
	var timeout interface{ Timeout() bool }
	_, send := errors.AsType[*smithyhttp.RequestSendError](err)
	return send || errors.As(err, &timeout)
}

// once turns the client's retries off: they are made here, where it is known
// how long is long enough.
func once(o *cloudformation.Options) { o.Retryer = aws.NopRetryer{} }

// call makes one request and repeats it after faults that pass.
func call[In, Out any](ctx context.Context, r *run, do func(context.Context, In, ...func(*cloudformation.Options)) (Out, error), in In) (Out, error) {
	out, _, err := callTwice(ctx, r, do, in)
	return out, err
}

// callTwice is call that also says whether an attempt may have reached the
// service without an answer: the request may then have been carried out
// although the error says no.
func callTwice[In, Out any](ctx context.Context, r *run, do func(context.Context, In, ...func(*cloudformation.Options)) (Out, error), in In) (out Out, ambiguous bool, err error) {
	return request(ctx, ctx, r, do, in)
}

// callUnbroken is callTwice for a request whose answer must be known: the end
// of ctx does not break off an attempt, but there is no other after it. When ctx
// ends during an attempt, ends is called at once, from this goroutine.
func callUnbroken[In, Out any](ctx context.Context, r *run, ends func(), do func(context.Context, In, ...func(*cloudformation.Options)) (Out, error), in In) (out Out, ambiguous bool, err error) {
	type answer struct {
		out Out
		err error
	}
	watched := func(base context.Context, in In, options ...func(*cloudformation.Options)) (Out, error) {
		answered := make(chan answer, 1)
		go func() {
			out, err := do(base, in, options...)
			answered <- answer{out, err}
		}()
		select {
		case a := <-answered:
			return a.out, a.err
		case <-ctx.Done():
			ends()
		}
		a := <-answered
		return a.out, a.err
	}
	return request(ctx, context.WithoutCancel(ctx), r, watched, in)
}

// request makes the attempts of a request, each in the context base, until one
// is answered or ctx is over.
func request[In, Out any](ctx, base context.Context, r *run, do func(context.Context, In, ...func(*cloudformation.Options)) (Out, error), in In) (out Out, ambiguous bool, err error) {
	begun := time.Now()
	backoff, stales, refreshed := firstBackoff, 0, false
	var last error // of the attempt before
	for {
		if ctx.Err() != nil {
			return out, ambiguous, endedAfter(ctx, last)
		}
		out, err = do(base, in, once)
		if err == nil {
			return out, ambiguous, nil
		}
		v := judge(err)
		if ctx.Err() != nil {
			return out, ambiguous || v == passing, endedAfter(ctx, last)
		}
		last = err
		if v == stale {
			if stales++; stales > 3 {
				v = expired
			}
		}
		switch v {
		case final:
			return out, ambiguous, err
		case expired:
			renewed, outage := false, error(nil)
			if !refreshed && r.Refresh != nil {
				renewed, outage = r.Refresh(ctx)
			}
			if renewed {
				refreshed = true
				continue
			}
			if ctx.Err() != nil { // which ended the search for new ones
				return out, ambiguous, endedAfter(ctx, last)
			}
			if outage == nil {
				return out, ambiguous, expiredCredentials{err}
			}
			last = fmt.Errorf("the credentials expired, and cannot be refreshed for now: %w", outage)
		default:
			ambiguous = true
		}
		if !r.started && time.Since(begun)+backoff > cmp.Or(r.patience, patience) {
			return out, ambiguous, err
		}
		wait := backoff/2 + atRandom(backoff/2+1)
		backoff = min(2*backoff, longestBackoff)
		r.observe(Progress{Stage: StageRetrying, StackName: r.name, StackID: r.id, Problem: message(last), Err: last, Wait: wait})
		r.sleep(ctx, wait)
	}
}

// atRandom returns a time below a bound. It is drawn from the source that names
// are drawn from, so that a test that fixes that one fixes both.
func atRandom(bound time.Duration) time.Duration {
	n, _ := rand.Int(rand.Reader, big.NewInt(int64(bound))) // which never fails
	return time.Duration(n.Int64())
}

// sleep waits, and says whether it did to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// sleep is the function of that name for a run that may go on after its caller.
func (r *run) sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return true
		case <-r.interrupted:
			r.interrupted = nil
			r.told()
		}
	}
}

// code returns the error code of the service, "" when there is none.
func code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}

// message returns what the service said, or what kept it from answering.
func message(err error) string {
	if e, ok := errors.AsType[*awsclient.InvalidResponse](err); ok {
		return e.Error()
	}
	if e, ok := errors.AsType[smithy.APIError](err); ok && e.ErrorMessage() != "" && e.ErrorCode() != "UnknownError" {
		return e.ErrorMessage()
	}
	if e, ok := errors.AsType[*awsclient.ConnectionError](err); ok {
		return "no response from CloudFormation: " + e.Error()
	}
	if e, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		return "no response from CloudFormation: " + connection(e.Err)
	}
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		if _, broke := errors.AsType[net.Error](e.Err); broke || errors.Is(e.Err, io.ErrUnexpectedEOF) {
			return "no response from CloudFormation: " + connection(e.Err)
		}
		return fmt.Sprintf("unexpected response from CloudFormation, with status %d", e.HTTPStatusCode())
	}
	return err.Error()
}

// connection says why there is no answer, for a client that package awsclient did not
// make. The text of its error may contain a URL with a secret.
func connection(err error) string {
	e := &awsclient.ConnectionError{Err: err}
	if request, ok := errors.AsType[*url.Error](err); ok {
		if u, err := url.Parse(request.URL); err == nil {
			e.Address = u.Host
		}
	}
	return e.Error()
}

// absent says whether an error is that a stack or change set does not exist.
func absent(err error) bool {
	switch code(err) {
	case "ValidationError":
		return stackAbsent(message(err))
	case "ChangeSetNotFound", "ChangeSetNotFoundException", "StackNotFoundException":
		return true
	}
	return false
}

// stackAbsent says whether a message is that there is no such stack: "Stack
// with id X does not exist", "Stack [X] does not exist", "Stack 'X' does not
// exist"; not that a role does not exist.
func stackAbsent(text string) bool {
	return strings.HasSuffix(strings.TrimRight(text, "."), "does not exist") && strings.HasPrefix(text, "Stack")
}

// inTheWay says whether an error is that another operation has the stack, or
// has changed it since the plan was made.
func inTheWay(err error) bool {
	switch code(err) {
	case "InvalidChangeSetStatus", "InvalidChangeSetStatusException", "OperationInProgressException",
		"ChangeSetNotFound", "ChangeSetNotFoundException", "AlreadyExistsException":
		return true
	case "ValidationError":
		text := message(err)
		if stackAbsent(text) {
			return true
		}
		for _, part := range []string{
			"state and can not be updated", "_IN_PROGRESS status", "already exists and cannot be created again", "cannot be executed in its current",
		} {
			if strings.Contains(text, part) {
				return true
			}
		}
	}
	return false
}
