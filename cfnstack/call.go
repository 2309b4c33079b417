package cfnstack

// This file sends the requests, one at a time. It retries them after temporary
// faults, and stops at once after other errors.

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
	// defaultRetryTime is how long a request is retried after temporary faults
	// while no operation has started, unless [Manager.RetryTime] or
	// run.retryTime sets another time.
	defaultRetryTime = 45 * time.Second
	// The wait after each fault doubles, from firstBackoff to longestBackoff.
	// The actual wait is random, between 50% and 100% of this time.
	firstBackoff   = time.Second
	longestBackoff = 8 * time.Second
	// maxForeign consecutive responses that are not from CloudFormation end a
	// request, unless an operation has already started. A proxy or a login page
	// that responds to everything is not a temporary fault.
	maxForeign = 3
)

// run is one operation of a Manager on a stack.
type run struct {
	*Manager
	// staleReads counts the consecutive reads that returned the status of a
	// running operation although its events say that it has ended. The count
	// stops at 10.
	staleReads int
	name, id   string
	token      string // the client request token
	// others has the names of the stack's change sets that capaboot did not
	// create and that have not been executed.
	others []string
	// started means that an operation has started in CloudFormation, or may
	// have started; faults are then retried until the timeout.
	started bool
	// retryTime is how long faults are retried before the operation starts. If
	// it is 0, Manager.RetryTime applies, or else defaultRetryTime.
	retryTime      time.Duration
	earlierChanges []EarlierChange // changes that this run has made so far, for the errors Declined and Unanswered
	// interrupted is closed when the caller's context ends while the run
	// continues, for example to remove a change set. A wait between two
	// requests then calls onInterrupt, once, from the goroutine of the run.
	// Both are nil when the run ends with the caller's context.
	interrupted <-chan struct{}
	onInterrupt func()
}

// withTimeout limits a context by a timeout; 0 or less means DefaultTimeout.
func withTimeout(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	return deadline.WithTimeout(ctx, timeout)
}

// endReason returns why a context ended: a *deadline.Ended that matches
// deadline.ErrTimeout, or the context's error.
func endReason(ctx context.Context) error {
	if err := deadline.NewEnded(ctx, ""); errors.Is(err, deadline.ErrTimeout) {
		return err
	}
	return ctx.Err()
}

// endReasonAfter is like endReason, and adds the error of the last request, if
// any, to a timeout.
func endReasonAfter(ctx context.Context, last error) error {
	err := endReason(ctx)
	if timeout, ok := err.(*deadline.Ended); ok && last != nil {
		timeout.Last = errorMessage(last)
	}
	return err
}

// withOperation adds an operation to a timeout error that does not name one
// yet.
func withOperation(operation string, err error) error {
	timeout, ok := errors.AsType[*deadline.Ended](err)
	if !ok || timeout.Operation != "" {
		return err
	}
	withName := *timeout
	withName.Operation = operation
	return &withName
}

// verdict says how to handle the error of a request.
type verdict int

const (
	verdictFinal     verdict = iota // the service rejected the request
	verdictTemporary                // may succeed when retried
	verdictStale                    // the signature was rejected, for example because of its time; a new signature may be accepted
	verdictExpired                  // the credentials no longer work
)

// credentialCodes has the verdicts of the error codes for rejected credentials
// and signatures.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html
var credentialCodes = lazy.Value[map[string]verdict]{Make: func() map[string]verdict {
	return map[string]verdict{
		"ExpiredToken":                verdictExpired,
		"ExpiredTokenException":       verdictExpired,
		"TokenRefreshRequired":        verdictExpired,
		"InvalidClientTokenId":        verdictExpired,
		"UnrecognizedClientException": verdictExpired,
		"AuthFailure":                 verdictExpired,
		"RequestExpired":              verdictStale,
		"RequestTimeTooSkewed":        verdictStale,
		"InvalidSignatureException":   verdictStale,
		"SignatureDoesNotMatch":       verdictStale,
		"RequestInTheFuture":          verdictStale,
	}
}}

// classify classifies an error. Anything that is not clearly a response of the
// service counts as temporary: HTML from a proxy, a truncated response, a
// reset.
func classify(err error) verdict {
	code, status := "", 0
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		code = e.ErrorCode()
	}
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		status = e.HTTPStatusCode()
	}
	_, retryable := retry.DefaultRetryableErrorCodes[code]
	switch {
	case status == http.StatusNotImplemented:
		return verdictFinal // the server does not know the operation
	case isThrottled(err), retryable, status >= 500, status == http.StatusTooManyRequests:
		return verdictTemporary
	case credentialCodes.Get()[code] != verdictFinal:
		return credentialCodes.Get()[code]
	case code == "" || code == "UnknownError":
		return verdictTemporary
	}
	return verdictFinal
}

// isThrottled reports whether the service rejected a request because there were
// too many.
func isThrottled(err error) bool {
	// The SDK treats LimitExceededException as throttling, but for
	// CloudFormation it means an exhausted quota:
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
	code := errorCode(err)
	_, throttled := retry.DefaultThrottleErrorCodes[code]
	return throttled && code != "LimitExceededException"
}

// isForeign reports whether an error is a response that is not from
// CloudFormation. Error pages with a status that means a temporary fault, of a
// gateway (502, 503, 504) or of a proxy (408, 429), do not count. Any other
// response with status 500 or above counts only if it is HTML.
func isForeign(err error) bool {
	e, ok := errors.AsType[*awsclient.InvalidResponse](err)
	if !ok {
		return false
	}
	switch e.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusTooManyRequests, http.StatusRequestTimeout:
		return false
	}
	return e.Status < 500 || e.IsHTML()
}

// isConnectionError reports whether a request failed because of its connection,
// so that there is no complete response.
func isConnectionError(err error) bool {
	var timeout interface{ Timeout() bool }
	_, send := errors.AsType[*smithyhttp.RequestSendError](err)
	return send || errors.As(err, &timeout)
}

// withoutRetries turns off the client's retries, because this package decides
// how long to retry.
func withoutRetries(o *cloudformation.Options) { o.Retryer = aws.NopRetryer{} }

// call sends a request, and retries it after temporary faults.
func call[In, Out any](ctx context.Context, r *run, do func(context.Context, In, ...func(*cloudformation.Options)) (Out, error), in In) (Out, error) {
	out, _, err := callMutating(ctx, r, do, in)
	return out, err
}

// callMutating is like call, for a request that changes something. ambiguous
// means that the service may have carried out a failed attempt: the attempt had
// a temporary fault other than throttling.
func callMutating[In, Out any](ctx context.Context, r *run, do func(context.Context, In, ...func(*cloudformation.Options)) (Out, error), in In) (out Out, ambiguous bool, err error) {
	return request(ctx, ctx, r, do, in)
}

// callUninterrupted is like callMutating, for a request whose response must be
// known. When ctx ends during an attempt, it calls onEnd at once, from the
// caller's goroutine, and waits for the response of that attempt; no other
// attempt follows.
func callUninterrupted[In, Out any](ctx context.Context, r *run, onEnd func(), do func(context.Context, In, ...func(*cloudformation.Options)) (Out, error), in In) (out Out, ambiguous bool, err error) {
	type answer struct {
		out Out
		err error
	}
	watched := func(base context.Context, in In, options ...func(*cloudformation.Options)) (Out, error) {
		responses := make(chan answer, 1)
		go func() {
			out, err := do(base, in, options...)
			responses <- answer{out, err}
		}()
		select {
		case a := <-responses:
			return a.out, a.err
		case <-ctx.Done():
			onEnd()
		}
		a := <-responses
		return a.out, a.err
	}
	return request(ctx, context.WithoutCancel(ctx), r, watched, in)
}

// request sends the attempts of a request, each in the context base, until one
// succeeds or has a final error, the credentials cannot be refreshed, or ctx
// ends. Before an operation has started, it also ends after the run's
// retryTime, or after maxForeign consecutive responses that are not from
// CloudFormation.
func request[In, Out any](ctx, base context.Context, r *run, do func(context.Context, In, ...func(*cloudformation.Options)) (Out, error), in In) (out Out, ambiguous bool, err error) {
	start := time.Now()
	backoff, staleCount, foreignCount, refreshed := firstBackoff, 0, 0, false
	var last error // error of the previous attempt
	for {
		if ctx.Err() != nil {
			return out, ambiguous, endReasonAfter(ctx, last)
		}
		out, err = do(base, in, withoutRetries)
		if err == nil {
			return out, ambiguous, nil
		}
		v := classify(err)
		ambiguous = ambiguous || v == verdictTemporary && !isThrottled(err)
		if ctx.Err() != nil {
			return out, ambiguous, endReasonAfter(ctx, last)
		}
		last = err
		if v == verdictStale {
			if staleCount++; staleCount > 3 {
				v = verdictExpired
			}
		}
		switch v {
		case verdictFinal:
			return out, ambiguous, err
		case verdictExpired:
			isRenewed, outage := false, error(nil)
			if !refreshed && r.Refresh != nil {
				isRenewed, outage = r.Refresh(ctx)
			}
			if isRenewed {
				refreshed = true
				continue
			}
			if ctx.Err() != nil { // the refresh ended with ctx
				return out, ambiguous, endReasonAfter(ctx, last)
			}
			if outage == nil {
				return out, ambiguous, expiredCredentials{err}
			}
			last = fmt.Errorf("the credentials expired, and cannot be refreshed for now: %w", outage)
		}
		if foreignCount++; !isForeign(err) {
			foreignCount = 0
		}
		if !r.started && (foreignCount == maxForeign || time.Since(start)+backoff > cmp.Or(r.retryTime, r.RetryTime, defaultRetryTime)) {
			return out, ambiguous, err
		}
		wait := backoff/2 + randomDuration(backoff/2+1)
		backoff = min(2*backoff, longestBackoff)
		r.observe(Progress{Stage: StageRetrying, StackName: r.name, StackID: r.id, Problem: errorMessage(last), Err: last, Wait: wait})
		r.sleep(ctx, wait)
	}
}

// randomDuration returns a random duration below bound. It reads from
// rand.Reader like newName, so that a test can make both deterministic.
func randomDuration(bound time.Duration) time.Duration {
	n, _ := rand.Int(rand.Reader, big.NewInt(int64(bound))) // never fails
	return time.Duration(n.Int64())
}

// sleep waits for d or until ctx ends. It calls onInterrupt when the caller's
// context ends.
func (r *run) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case <-r.interrupted:
			r.interrupted = nil
			r.onInterrupt()
		}
	}
}

// errorCode returns the service's error code; "" for an error without one.
func errorCode(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}

// errorMessage returns the service's message or, without one, describes the
// missing or unexpected response.
func errorMessage(err error) string {
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
		return "no response from CloudFormation: " + describeConnectionError(e.Err)
	}
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		if _, isNetworkError := errors.AsType[net.Error](e.Err); isNetworkError || errors.Is(e.Err, io.ErrUnexpectedEOF) {
			return "no response from CloudFormation: " + describeConnectionError(e.Err)
		}
		return fmt.Sprintf("unexpected response from CloudFormation, with status %d", e.HTTPStatusCode())
	}
	return err.Error()
}

// describeConnectionError describes why there is no response, for a client that
// package awsclient did not create. It names only the host of the URL, because
// the rest may contain a secret.
func describeConnectionError(err error) string {
	e := &awsclient.ConnectionError{Err: err}
	if request, ok := errors.AsType[*url.Error](err); ok {
		if u, err := url.Parse(request.URL); err == nil {
			e.Address = u.Host
		}
	}
	return e.Error()
}

// isNotFound reports whether an error means that a stack or change set does not
// exist.
func isNotFound(err error) bool {
	switch errorCode(err) {
	case "ValidationError":
		return isStackNotFound(errorMessage(err))
	case "ChangeSetNotFound", "ChangeSetNotFoundException", "StackNotFoundException":
		return true
	}
	return false
}

// isStackNotFound reports whether a message means that the stack does not
// exist: "Stack with id X does not exist", "Stack [X] does not exist", "Stack
// 'X' does not exist". A message about a role that does not exist does not
// count.
func isStackNotFound(text string) bool {
	return strings.HasSuffix(strings.TrimRight(text, "."), "does not exist") && strings.HasPrefix(text, "Stack")
}

// isConflict reports whether an error means that another operation is running
// on the stack, or that the stack or its change set was changed or deleted
// after this run read it.
func isConflict(err error) bool {
	switch errorCode(err) {
	case "InvalidChangeSetStatus", "InvalidChangeSetStatusException", "OperationInProgressException",
		"ChangeSetNotFound", "ChangeSetNotFoundException", "AlreadyExistsException":
		return true
	case "ValidationError":
		text := errorMessage(err)
		if isStackNotFound(text) {
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
