// Looks: one call of IAM each, whose answer is checked to be one.

package iam

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
)

// mostFruitless is how many looks in a row may go without an answer from IAM, which is
// after all the attempts of the client; those after them are not made.
const mostFruitless = 3

// mostPages bounds a list. A page has 100 entries, or fewer (IAM API Reference,
// "MaxItems").
const mostPages = 10_000

var (
	errIncomplete = errors.New("the response of IAM is incomplete")
	errEndless    = errors.New("pagination of the response of IAM does not end")
)

// gone is whether an error is that something does not exist.
func gone(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "NoSuchEntity"
}

// failed takes note of a look that failed.
func (r *reading) failed(f *Found, part Part, operation string, err error) {
	f.Unseen[part] = true
	if stop := r.Failed(Unseen{f.LogicalID, f.Type, f.Name, part, "iam:" + operation, err}); stop != nil && r.err == nil {
		r.err = stop
	}
}

// ask makes one call for a part of a resource. whole says whether the answer has
// what was asked for. What is not there is left to the caller, when gone is not nil.
func ask[In, Out any](ctx context.Context, r *reading, f *Found, part Part, operation string,
	call func(context.Context, *In, ...func(*iam.Options)) (*Out, error), in *In, whole func(*Out) bool, absent *bool) (out *Out, ok bool) {
	if r.err != nil {
		return nil, false
	}
	err := ErrNotTried
	if r.fruitless < mostFruitless && ctx.Err() == nil {
		out, err = call(ctx, in)
		if err == nil && (out == nil || !whole(out)) {
			err = errIncomplete
		}
		r.judge(err)
	} else if ctx.Err() != nil {
		err = ctx.Err()
	}
	switch {
	case err == nil:
		return out, true
	case gone(err) && absent != nil:
		*absent = true
	default:
		r.failed(f, part, operation, err)
	}
	return nil, false
}

// judge counts the looks in a row that IAM did not answer. An answer that
// refuses is one.
func (r *reading) judge(err error) {
	if err == nil || errors.Is(err, errIncomplete) || Answered(err) {
		r.fruitless = 0
		return
	}
	r.fruitless++
}

// answers is whether an error code is an answer to the question, and not that there
// were too many requests, that the service is out of order, or that the credentials
// are no good: the next question would have the same. Source: IAM API Reference,
// "Common Errors".
func answers(code string) bool {
	_, throttled := retry.DefaultThrottleErrorCodes[code]
	_, passing := retry.DefaultRetryableErrorCodes[code]
	return !throttled && !passing && !slices.Contains([]string{"", "UnknownError", "InternalFailure", "ServiceFailure", "ServiceUnavailable",
		"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "RequestExpired", "SignatureDoesNotMatch"}, code)
}

// Answered is whether an error of IAM is an answer to the question: see answers.
func Answered(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && answers(api.ErrorCode())
}

// listed is a page of a list.
type listed struct {
	truncated bool
	marker    *string
}

// askPages makes the calls of a list. read takes a page, and says whether it has
// what was asked for.
func askPages[In, Out any](ctx context.Context, r *reading, f *Found, part Part, operation string,
	call func(context.Context, *In, ...func(*iam.Options)) (*Out, error), in *In, next func(*In, *string), read func(*Out) (listed, bool)) bool {
	last := ""
	for page := 0; ; page++ {
		var got listed
		_, ok := ask(ctx, r, f, part, operation, call, in, func(out *Out) (whole bool) {
			got, whole = read(out)
			return whole && (!got.truncated || aws.ToString(got.marker) != "")
		}, nil)
		if !ok {
			return false
		}
		marker := aws.ToString(got.marker)
		if marker == "" {
			return true
		}
		if marker == last || page > mostPages {
			r.failed(f, part, operation, errEndless)
			return false
		}
		last = marker
		next(in, got.marker)
	}
}

// parseDocument reads a document as the API gives it: percent-encoded, or, from
// some servers, plain. Source: IAM API Reference, "PolicyVersion".
func parseDocument(text *string) (any, error) {
	var document map[string]any
	if json.Unmarshal([]byte(aws.ToString(text)), &document) == nil && document != nil {
		return document, nil
	}
	plain, err := url.PathUnescape(aws.ToString(text))
	if err != nil {
		return nil, errors.New("the policy document is not percent-encoded JSON")
	}
	if err := json.Unmarshal([]byte(plain), &document); err != nil || document == nil {
		return nil, errors.New("the policy document is not a JSON object")
	}
	return document, nil
}
