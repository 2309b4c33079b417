package awsclient

// This file validates every response before it is treated as one from AWS. A
// proxy or a captive portal may return status 200 with an empty body or HTML.
// The SDK would parse that as an empty result: no stack, no changes, no error.

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"capaboot/internal/lazy"
)

// InvalidResponse is the error when a response cannot be the service's response
// to the operation. As with a broken connection, it is unknown whether the
// request was carried out, and a retry may succeed.
type InvalidResponse struct {
	// Service and Operation are the SDK's names, such as "CloudFormation" and
	// "DescribeStacks".
	Service, Operation string
	// Status is the HTTP status code.
	Status int
	// Problem is the error, such as "HTML instead of XML". It never quotes the
	// response, which may contain data of the request.
	Problem string
	// Title is the title of an HTML page, without the secrets of the request, or "".
	// It often names the proxy.
	Title string
}

func (e *InvalidResponse) Error() string {
	text := fmt.Sprintf("unexpected response from %s: %s", e.Service, e.Problem)
	if e.Status != http.StatusOK {
		text += fmt.Sprintf(", with status %d", e.Status)
	}
	if e.Operation != "" {
		text += ", for " + e.Operation
	}
	if e.Title != "" {
		return fmt.Sprintf("%s (a proxy or a captive portal? the title of the page: %q)", text, e.Title)
	}
	return text + " (a proxy or a captive portal?)"
}

// IsHTML reports whether the response is a page of HTML.
func (e *InvalidResponse) IsHTML() bool { return strings.HasPrefix(e.Problem, "HTML ") }

// Hint says what to check. A caller that knows more about the request writes its
// own hint.
func (e *InvalidResponse) Hint() string {
	return "check the proxy (HTTPS_PROXY), the login page of the network, and AWS_ENDPOINT_URL"
}

// RetryableError makes the SDK's retryer retry the request.
func (e *InvalidResponse) RetryableError() bool { return true }

// CheckResponses makes a client validate its responses: the required fields and
// the subject, and for services with the AWS Query protocol also that the
// response is complete XML with the root element of the operation. It is an
// element of APIOptions; [Settings.Config] adds it.
func CheckResponses(stack *middleware.Stack) error {
	// This check runs right after the transport, before the body is read.
	if err := stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("CheckResponseBody", checkBody), middleware.After); err != nil {
		return err
	}
	// This check runs after the deserializer, for each attempt.
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("CheckResponseFields", checkFields), middleware.Before)
}

// queryServices are the services with the AWS Query protocol, whose root
// elements are known.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#response-serialization
var queryServices = lazy.Value[map[string]bool]{Make: func() map[string]bool { return map[string]bool{"CloudFormation": true, "IAM": true, "STS": true} }}

func checkBody(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	response, ok := out.RawResponse.(*smithyhttp.Response)
	service := awsmiddleware.GetServiceID(ctx)
	if err != nil || !ok {
		return out, metadata, err
	}
	operation := awsmiddleware.GetOperationName(ctx)
	failed := response.StatusCode < 200 || response.StatusCode >= 300
	if !failed && !queryServices.Get()[service] {
		return out, metadata, nil
	}
	if failed {
		response.Body = firstBytes{io.LimitReader(response.Body, maxError+1), response.Body}
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if failed && len(body) > maxError {
		return out, metadata, &InvalidResponse{service, operation, response.StatusCode, errorTooLarge, ""}
	}
	if failed {
		body = withoutSecrets(body, in.Request)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return out, metadata, brokenBody{err}
	}
	if !queryServices.Get()[service] {
		return out, metadata, nil
	}
	root := operation + "Response"
	if failed {
		root = "ErrorResponse"
	}
	problem := xmlProblem(body, root)
	if problem == "" && emptyResults.Get()[service+"."+operation] && root != "ErrorResponse" && !hasRequestID(body) {
		problem = "XML without a RequestId"
	}
	if problem != "" {
		err = &InvalidResponse{service, operation, response.StatusCode, problem, htmlTitle(withoutSecrets(body, in.Request))}
	}
	return out, metadata, err
}

// maxTitle is the maximum number of characters of a page's title. A longer title
// is cut, and "..." is added.
const maxTitle = 60

// htmlTitle returns the title of an HTML page in one line, shortened; "" if the
// body has none.
func htmlTitle(body []byte) string {
	if !looksLikeHTML(body) {
		return ""
	}
	m := titlePattern.Get().FindSubmatch(body[:min(len(body), 64<<10)])
	if m == nil {
		return ""
	}
	title := []rune(strings.Join(strings.Fields(html.UnescapeString(strings.ToValidUTF8(string(m[1]), ""))), " "))
	if len(title) > maxTitle {
		return string(title[:maxTitle]) + "..."
	}
	return string(title)
}

var titlePattern = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`(?is)<title[^>]*>([^<]*)</title>`) }}

// maxError is the maximum size of an error response in bytes; a larger one is
// invalid. No error of a service is larger.
const maxError = 256 << 10

// errorTooLarge is the problem of an error response that exceeds maxError.
const errorTooLarge = "an error response of more than 256 KiB"

// firstBytes reads the beginning of a body, and closes the body.
type firstBytes struct {
	io.Reader
	io.Closer
}

// brokenBody is the error of a truncated body. The request is retried.
type brokenBody struct{ err error }

func (e brokenBody) Error() string { return "reading the response: " + e.err.Error() }

func (e brokenBody) Unwrap() error { return e.err }

// RetryableError makes the SDK's retryer retry the request.
func (e brokenBody) RetryableError() bool { return true }

// maxDepth is the maximum depth of elements; a deeper response is invalid. No
// response of AWS is deeper. Without a limit, the decoder needs 300 MB for a
// response of 6 MB.
const maxDepth = 100

// xmlProblem explains why a body is not one complete XML document with this
// root element, or returns "" if the body is valid.
func xmlProblem(body []byte, root string) string {
	if len(bytes.TrimSpace(body)) == 0 {
		return "an empty body"
	}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	depth, found := 0, false
	for {
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF) && !found:
			return "XML without an element"
		case errors.Is(err, io.EOF):
			return ""
		case err != nil && looksLikeHTML(body):
			return "HTML instead of XML"
		case err != nil && !found:
			return "not XML"
		case err != nil:
			return "broken XML"
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			switch {
			case depth == 0 && strings.EqualFold(name, "html"):
				return "HTML instead of XML"
			case depth == 0 && (found || name != root):
				return "XML without the element " + root
			}
			found = true
			if depth++; depth > maxDepth {
				return fmt.Sprintf("XML with more than %d nested elements", maxDepth)
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(token)) > 0 {
				return "text before or after the XML"
			}
		}
	}
}

func looksLikeHTML(body []byte) bool {
	begin := bytes.ToLower(body[:min(len(body), 1024)])
	return bytes.Contains(begin, []byte("<html")) || bytes.Contains(begin, []byte("<!doctype html"))
}

func checkFields(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	service, operation, status := awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx), http.StatusOK
	if response, ok := out.RawResponse.(*smithyhttp.Response); ok {
		status = response.StatusCode
	}
	if err != nil {
		if _, ok := errors.AsType[*smithy.DeserializationError](err); ok && status < 300 && queryServices.Get()[service] {
			return out, metadata, &InvalidResponse{service, operation, status, "a result that cannot be read", ""}
		}
		hideRequest(err)
		return out, metadata, err
	}
	problem := otherSubject(service+"."+operation, in.Request, out.Result)
	if path := missingField(service+"."+operation, out.Result); path != "" {
		problem = path + " is missing"
	}
	if problem != "" {
		err = &InvalidResponse{service, operation, status, problem, ""}
	}
	return out, metadata, err
}
