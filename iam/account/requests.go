// Sends IAM requests, for lists page by page, and checks that the responses are
// complete.

package account

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"capaboot/iam"
)

// maxUnanswered is how many consecutive reads can get no answer from IAM (see
// Answered), after the client's own retries, before the remaining reads are
// skipped. maxSilence is how long these reads can take together before the
// remaining ones are skipped: if the network drops packets, each attempt takes
// until its time limit.
const (
	maxUnanswered = 3
	maxSilence    = 30 * time.Second
)

// maxPages limits the number of pages of a list; a longer list is an error. A
// page has 100 entries or fewer (IAM API Reference, "MaxItems"), and the
// longest lists, the members of a group and the roles with a policy, have a few
// thousand entries.
const maxPages = 1000

var (
	errIncomplete = errors.New("IAM's response is incomplete")
	errEndless    = errors.New("the pagination of IAM's response does not end")
)

func isNotFound(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "NoSuchEntity"
}

// recordFailure records a failed read and passes it to OnFailure.
func (r *readRun) recordFailure(f *iam.ResourceState, part iam.Part, operation string, err error) {
	f.Unread[part] = true
	if stop := r.OnFailure(FailedRead{f.LogicalID, f.Type, f.Name, part, "iam:" + operation, err}); stop != nil && r.err == nil {
		r.err = stop
	}
}

// request makes one IAM request for a part of a resource. isComplete reports
// whether the response has the requested data. If absent is not nil, request
// sets it for a resource that does not exist, instead of recording a failure.
func request[In, Out any](ctx context.Context, r *readRun, f *iam.ResourceState, part iam.Part, operation string,
	call func(context.Context, *In, ...func(*awsiam.Options)) (*Out, error), in *In, isComplete func(*Out) bool, absent *bool) (out *Out, ok bool) {
	if r.err != nil {
		return nil, false
	}
	err := ErrNotTried
	if r.unansweredCount < maxUnanswered && r.silence < maxSilence && ctx.Err() == nil {
		start := time.Now()
		out, err = call(ctx, in)
		r.silence += time.Since(start)
		if err == nil && (out == nil || !isComplete(out)) {
			err = errIncomplete
		}
		r.countUnanswered(err)
	} else if ctx.Err() != nil {
		err = ctx.Err()
	}
	switch {
	case err == nil:
		return out, true
	case isNotFound(err) && absent != nil:
		*absent = true
	default:
		r.recordFailure(f, part, operation, err)
	}
	return nil, false
}

// countUnanswered counts consecutive requests without an answer; see
// [Answered]. An access denied error is an answer.
func (r *readRun) countUnanswered(err error) {
	if err == nil || errors.Is(err, errIncomplete) || Answered(err) {
		r.unansweredCount, r.silence = 0, 0
		return
	}
	r.unansweredCount++
}

// isAnswer reports whether an error with this code counts as an answer to the
// request. Throttling, service failures and invalid credentials do not count:
// the next request would fail in the same way. Source: IAM API Reference,
// "Common Errors".
func isAnswer(code string) bool {
	_, throttled := retry.DefaultThrottleErrorCodes[code]
	_, retryable := retry.DefaultRetryableErrorCodes[code]
	return !throttled && !retryable && !slices.Contains([]string{"", "UnknownError", "InternalFailure", "ServiceFailure", "ServiceUnavailable",
		"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "RequestExpired", "SignatureDoesNotMatch"}, code)
}

// Answered reports whether a request that failed with err got an answer from
// IAM. A network error is not an answer; isAnswer decides about IAM's error
// codes.
func Answered(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && isAnswer(api.ErrorCode())
}

type pageInfo struct {
	truncated bool
	marker    *string
}

// requestPages requests all pages of a list, and reports whether it got them
// all. next sets the marker in the request; read processes a page, and reports
// whether the page is complete.
func requestPages[In, Out any](ctx context.Context, r *readRun, f *iam.ResourceState, part iam.Part, operation string,
	call func(context.Context, *In, ...func(*awsiam.Options)) (*Out, error), in *In, next func(*In, *string), read func(*Out) (pageInfo, bool)) bool {
	last := ""
	for page := 0; ; page++ {
		var got pageInfo
		_, ok := request(ctx, r, f, part, operation, call, in, func(out *Out) (isComplete bool) {
			got, isComplete = read(out)
			return isComplete && (!got.truncated || aws.ToString(got.marker) != "")
		}, nil)
		if !ok {
			return false
		}
		marker := aws.ToString(got.marker)
		if marker == "" {
			return true
		}
		if marker == last || page+1 >= maxPages {
			r.recordFailure(f, part, operation, errEndless)
			return false
		}
		last = marker
		next(in, got.marker)
	}
}

// InvalidDocument is the error for a policy document that IAM returned but that
// cannot be parsed. Its text says why.
type InvalidDocument string

func (e InvalidDocument) Error() string { return string(e) }

// parseDocument parses a policy document from an API response: percent-encoded
// JSON or, from some servers, plain JSON. Source: IAM API Reference,
// "PolicyVersion".
func parseDocument(text *string) (any, error) {
	var document map[string]any
	if json.Unmarshal([]byte(aws.ToString(text)), &document) == nil && document != nil {
		return document, nil
	}
	decoded, err := url.PathUnescape(aws.ToString(text))
	if err != nil {
		return nil, InvalidDocument("the policy document is not percent-encoded JSON")
	}
	if err := json.Unmarshal([]byte(decoded), &document); err != nil || document == nil {
		return nil, InvalidDocument("the policy document is not a JSON object")
	}
	return document, nil
}
