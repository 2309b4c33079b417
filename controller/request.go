package controller

// This file sends requests to the API server. Every response must be about the
// requested object.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"capaboot/internal/deadline"
	"capaboot/internal/secrecy"
)

// Content types of patches.
const (
	MergePatch          = "application/merge-patch+json"
	StrategicMergePatch = "application/strategic-merge-patch+json"
)

// Get reads an object into a struct with json tags.
func (c *Cluster) Get(ctx context.Context, r Resource, namespace, name string, destination any) error {
	return c.requestObject(ctx, request{verb: "get", method: http.MethodGet, resource: r, namespace: namespace, name: name}, destination)
}

// Patch changes an object, and reads the changed object into a struct.
// destination may be nil. If the body has metadata.resourceVersion and the
// object has changed since, it fails with a [*Conflict].
func (c *Cluster) Patch(ctx context.Context, r Resource, namespace, name, contentType string, body []byte, destination any) error {
	return c.requestObject(ctx, request{verb: "patch", method: http.MethodPatch, resource: r, namespace: namespace, name: name,
		contentType: contentType, body: body}, destination)
}

// List reads the objects of a namespace, or of all namespaces if namespace is
// "", into a pointer to a slice. labelSelector selects objects; "" selects all.
func (c *Cluster) List(ctx context.Context, r Resource, namespace, labelSelector string, destination any) error {
	return c.requestList(ctx, request{resource: r, namespace: namespace, query: selectorQuery("labelSelector", labelSelector)}, destination)
}

// ListByField is like List, but with a field selector such as
// "involvedObject.name=capa-1".
func (c *Cluster) ListByField(ctx context.Context, r Resource, namespace, fieldSelector string, destination any) error {
	return c.requestList(ctx, request{resource: r, namespace: namespace, query: selectorQuery("fieldSelector", fieldSelector)}, destination)
}

// Find is like Get, but if the object does not exist, the error lists the objects
// in all namespaces that have the label of the provider.
func (c *Cluster) Find(ctx context.Context, r Resource, namespace, name string, destination any) error {
	err := c.Get(ctx, r, namespace, name, destination)
	missing, ok := err.(*NotFound)
	if !ok {
		return err
	}
	var found []struct {
		Metadata Meta `json:"metadata"`
	}
	// Only metadata is requested, so that the content of other Secrets is not read.
	query := selectorQuery("labelSelector", ProviderLabel)
	missing.SearchErr = c.requestList(ctx, request{resource: r, query: query, metadataOnly: true}, &found)
	if ctx.Err() != nil {
		return missing.SearchErr
	}
	missing.Searched = missing.SearchErr == nil
	for _, object := range found {
		missing.Candidates = append(missing.Candidates, Candidate{object.Metadata.Namespace, object.Metadata.Name})
	}
	return missing
}

func selectorQuery(kind, selector string) url.Values {
	if selector == "" {
		return url.Values{}
	}
	return url.Values{kind: {selector}}
}

// create sends an object that the API server does not store, such as a
// SelfSubjectAccessReview, and decodes the response, an object of the same kind.
func (c *Cluster) create(ctx context.Context, r Resource, object, destination any) error {
	body, err := json.Marshal(object)
	if err != nil {
		return err
	}
	sent := request{verb: "create", method: http.MethodPost, resource: r, contentType: "application/json", body: body}
	received, err := c.send(ctx, sent)
	if err != nil {
		return err
	}
	var envelope struct{ APIVersion, Kind string }
	if json.Unmarshal(received, &envelope) != nil || envelope.Kind != r.Kind || envelope.APIVersion != r.apiVersion() {
		return c.unexpectedError(http.StatusCreated, fmt.Sprintf("not a %s of %s", r.Kind, r.apiVersion()))
	}
	return c.decode(received, sent, destination)
}

// request is a request to the API server.
type request struct {
	verb, method    string // verb is the RBAC verb
	resource        Resource
	namespace, name string
	query           url.Values
	contentType     string
	body            []byte
	metadataOnly    bool
}

func (r request) description() string {
	return fmt.Sprintf("%s %s", r.verb, subject(r.resource, r.namespace, r.name))
}

// maxBody is the maximum size of a response in bytes; a larger response is an
// error. By default, etcd stores objects of at most 1.5 MiB.
const maxBody = 32 << 20

// pageSize is the page size that kubectl uses. A list of more than maxPages
// pages is an error.
const (
	pageSize = 500
	maxPages = 200
)

// maxList is the maximum size of all pages of a list in bytes.
const maxList = 128 << 20

// requestObject sends a request about one object, and decodes the response,
// which must be that object.
func (c *Cluster) requestObject(ctx context.Context, r request, destination any) error {
	body, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	var envelope struct {
		APIVersion, Kind string
		Metadata         Meta
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return c.unexpectedError(http.StatusOK, jsonProblem(body))
	}
	switch {
	case envelope.Kind != r.resource.Kind || envelope.APIVersion != r.resource.apiVersion():
		return c.unexpectedError(http.StatusOK, fmt.Sprintf("not a %s of %s", r.resource.Kind, r.resource.apiVersion()))
	case envelope.Metadata.Name != r.name || envelope.Metadata.Namespace != r.namespace || envelope.Metadata.ResourceVersion == "":
		return c.unexpectedError(http.StatusOK, "not the "+r.resource.Kind+" that was requested")
	case destination == nil:
		return nil
	}
	return c.decode(body, r, destination)
}

func (c *Cluster) decode(body []byte, r request, destination any) error {
	if err := json.Unmarshal(body, destination); err != nil {
		return c.unexpectedError(http.StatusOK, "a "+r.resource.Kind+" with a field of the wrong type")
	}
	return nil
}

// requestList requests all pages of a list.
func (c *Cluster) requestList(ctx context.Context, r request, destination any) error {
	r.verb, r.method = "list", http.MethodGet
	r.query.Set("limit", strconv.Itoa(pageSize))
	items, size := []json.RawMessage{}, 0
	for range maxPages {
		body, err := c.send(ctx, r)
		if err != nil {
			return err
		}
		if size += len(body); size > maxList {
			return c.unexpectedError(http.StatusOK, fmt.Sprintf("a list of more than %d MiB", maxList>>20))
		}
		var page struct {
			APIVersion, Kind string
			Metadata         struct {
				Continue        string
				ResourceVersion string
			}
			Items *[]json.RawMessage
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return c.unexpectedError(http.StatusOK, jsonProblem(body))
		}
		isList := page.Kind == r.resource.Kind+"List" && page.APIVersion == r.resource.apiVersion()
		isMetadataList := r.metadataOnly && page.Kind == "PartialObjectMetadataList"
		if !isList && !isMetadataList || page.Metadata.ResourceVersion == "" {
			return c.unexpectedError(http.StatusOK, "not a list of "+r.resource.String())
		}
		if page.Items != nil { // The API server may encode an empty list as null.
			items = append(items, *page.Items...)
		}
		if page.Metadata.Continue == "" {
			all, err := json.Marshal(items)
			if err != nil {
				return err
			}
			return c.decode(all, r, destination)
		}
		r.query.Set("continue", page.Metadata.Continue)
	}
	return c.unexpectedError(http.StatusOK, fmt.Sprintf("a list of more than %d pages", maxPages))
}

// maxAttempts and maxPause limit the retries when the API server is busy and
// sends Retry-After. In that case the server has not started to process the
// request:
// https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
const (
	maxAttempts = 4
	maxPause    = 5 * time.Second
)

// send sends a request, with retries, and returns the body of a JSON response.
func (c *Cluster) send(ctx context.Context, r request) ([]byte, error) {
	for attempt := 1; ; attempt++ {
		response, err := c.sendOnce(ctx, r)
		if err != nil {
			return nil, c.connectionError(ctx, r, response, err)
		}
		pause, isBusy := response.retryAfter()
		if !isBusy || attempt == maxAttempts {
			return response.body, c.statusError(r, response)
		}
		if deadline.Sleep(ctx, pause); ctx.Err() != nil {
			return nil, deadline.NewEnded(ctx, r.description())
		}
	}
}

// sendOnce sends a request once. The time limit of [timeLimited] does not apply to
// the exec plugin, which also ignores contexts. The limit here therefore allows
// ten times the timeout for the plugin, and the timeout for the request.
func (c *Cluster) sendOnce(ctx context.Context, r request) (response, error) {
	limited, cancel := context.WithTimeout(ctx, 11*c.timeout)
	defer cancel()
	result, err := deadline.Run(limited, r.description(), func() (response, error) { return c.roundTrip(limited, r) })
	if limited.Err() != nil && ctx.Err() == nil && c.exec != "" {
		return result, &ExecFailed{Command: c.exec, Problem: fmt.Sprintf("timed out after %s", 10*c.timeout)}
	}
	return result, err
}

// response is a response of the API server. The body is incomplete if reading
// it failed or if it is longer than maxBody bytes.
type response struct {
	status int
	header http.Header
	body   []byte
}

// retryAfter returns how long to wait before the request is sent again, and
// whether to send it again at all.
func (a response) retryAfter() (time.Duration, bool) {
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || seconds < 0 || a.status != http.StatusTooManyRequests && a.status != http.StatusServiceUnavailable {
		return 0, false
	}
	return min(time.Duration(seconds)*time.Second, maxPause), true
}

func (c *Cluster) roundTrip(ctx context.Context, r request) (response, error) {
	target := c.base + r.resource.path(r.namespace, r.name)
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(r.body))
	if err != nil {
		return response{}, err
	}
	req.Header.Set("Accept", "application/json")
	if r.metadataOnly {
		req.Header.Set("Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json")
	}
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	return response{resp.StatusCode, resp.Header, body}, err
}

// isJSON reports whether the header says that the body is JSON.
func (a response) isJSON() bool {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// jsonProblem returns why a body is not a valid JSON object, without quoting
// it.
func jsonProblem(body []byte) string {
	trimmed := bytes.TrimSpace(body)
	switch {
	case len(trimmed) == 0:
		return "an empty body"
	case trimmed[0] == '<':
		return "HTML instead of JSON"
	case trimmed[0] == '{' && !json.Valid(trimmed):
		return "truncated or invalid JSON"
	}
	return "not a JSON object"
}

// timeLimited limits the time of each request, including reading the response, and
// records the credentials in the headers of the request.
type timeLimited struct {
	base  http.RoundTripper
	limit time.Duration
	sent  *secrecy.Known
}

// badHeader is the error for a header whose value has a forbidden character. The value
// comes from the kubeconfig, the exec plugin or the files of the pod.
type badHeader struct{ name string }

func (b *badHeader) Error() string { return "invalid value of the header " + b.name }

// isForbiddenInHeader reports whether a character is forbidden in the value of a
// header. https://www.rfc-editor.org/rfc/rfc9110#section-5.5
func isForbiddenInHeader(char rune) bool { return char < ' ' && char != '\t' || char == 0x7f }

func (b timeLimited) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, credentials, _ := strings.Cut(req.Header.Get("Authorization"), " "); credentials != "" {
		b.sent.AddSecret(credentials)
		_, password, _ := req.BasicAuth()
		b.sent.AddSecret(password)
	}
	for name, values := range req.Header {
		if slices.ContainsFunc(values, func(value string) bool { return strings.ContainsFunc(value, isForbiddenInHeader) }) {
			return nil, &badHeader{name}
		}
	}
	ctx, cancel := context.WithTimeout(req.Context(), b.limit)
	resp, err := b.base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = cancelOnClose{resp.Body, cancel}
	return resp, nil
}

// cancelOnClose is a body whose context is canceled when the body is closed.
type cancelOnClose struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (c cancelOnClose) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}
