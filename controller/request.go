package controller

// This file calls the API server: one request, one response, which must be about the
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
	"strconv"
	"time"

	"capaboot/internal/deadline"
)

// Content types of patches.
const (
	MergePatch          = "application/merge-patch+json"
	StrategicMergePatch = "application/strategic-merge-patch+json"
)

// Get reads an object into a struct with json tags.
func (c *Cluster) Get(ctx context.Context, r Resource, namespace, name string, into any) error {
	return c.object(ctx, request{verb: "get", method: http.MethodGet, resource: r, namespace: namespace, name: name}, into)
}

// Patch changes an object, and reads the changed object into a struct; into may be
// nil. If the body has metadata.resourceVersion and the object has changed since, it
// fails with a [*Conflict].
func (c *Cluster) Patch(ctx context.Context, r Resource, namespace, name, contentType string, body []byte, into any) error {
	return c.object(ctx, request{verb: "patch", method: http.MethodPatch, resource: r, namespace: namespace, name: name,
		contentType: contentType, body: body}, into)
}

// List reads the objects of a namespace, or of all for "", into a pointer to a slice.
// labelSelector selects among them; "" selects all.
func (c *Cluster) List(ctx context.Context, r Resource, namespace, labelSelector string, into any) error {
	return c.list(ctx, request{resource: r, namespace: namespace, query: selecting("labelSelector", labelSelector)}, into)
}

// ListByField is List for a field selector: "involvedObject.name=capa-1".
func (c *Cluster) ListByField(ctx context.Context, r Resource, namespace, fieldSelector string, into any) error {
	return c.list(ctx, request{resource: r, namespace: namespace, query: selecting("fieldSelector", fieldSelector)}, into)
}

// Find is Get with a better error: when the object does not exist, the error lists the
// objects with the provider's label in all namespaces.
func (c *Cluster) Find(ctx context.Context, r Resource, namespace, name string, into any) error {
	err := c.Get(ctx, r, namespace, name, into)
	missing, ok := err.(*NotFound)
	if !ok {
		return err
	}
	var found []struct {
		Metadata Meta `json:"metadata"`
	}
	// Metadata only: we have no business with the content of other Secrets.
	query := selecting("labelSelector", ProviderLabel)
	missing.Unknown = c.list(ctx, request{resource: r, query: query, metadataOnly: true}, &found)
	if ctx.Err() != nil {
		return missing.Unknown
	}
	missing.Looked = missing.Unknown == nil
	for _, one := range found {
		missing.Candidates = append(missing.Candidates, Candidate{one.Metadata.Namespace, one.Metadata.Name})
	}
	return missing
}

func selecting(kind, selector string) url.Values {
	if selector == "" {
		return url.Values{}
	}
	return url.Values{kind: {selector}}
}

// request describes a request.
type request struct {
	verb, method    string
	resource        Resource
	namespace, name string
	query           url.Values
	contentType     string
	body            []byte
	metadataOnly    bool
}

func (r request) doing() string {
	return fmt.Sprintf("%s %s", r.verb, subject(r.resource, r.namespace, r.name))
}

// maxBody is the largest response in bytes. etcd stores objects up to 1.5 MiB.
const maxBody = 32 << 20

// pageSize is the page size that kubectl uses; maxPages limits the number of pages.
const (
	pageSize = 500
	maxPages = 200
)

// object requests one object.
func (c *Cluster) object(ctx context.Context, r request, into any) error {
	body, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	var head struct {
		APIVersion, Kind string
		Metadata         Meta
	}
	if err := json.Unmarshal(body, &head); err != nil {
		return c.unexpected(http.StatusOK, jsonProblem(body))
	}
	switch {
	case head.Kind != r.resource.Kind || head.APIVersion != r.resource.apiVersion():
		return c.unexpected(http.StatusOK, fmt.Sprintf("not a %s of %s", r.resource.Kind, r.resource.apiVersion()))
	case head.Metadata.Name != r.name || head.Metadata.Namespace != r.namespace || head.Metadata.ResourceVersion == "":
		return c.unexpected(http.StatusOK, "not the "+r.resource.Kind+" that was asked for")
	case into == nil:
		return nil
	}
	return c.decode(body, r, into)
}

// decode decodes JSON of the expected kind.
func (c *Cluster) decode(body []byte, r request, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return c.unexpected(http.StatusOK, "a "+r.resource.Kind+" with a field that is not as Kubernetes has it")
	}
	return nil
}

// list requests all pages of a list.
func (c *Cluster) list(ctx context.Context, r request, into any) error {
	r.verb, r.method = "list", http.MethodGet
	r.query.Set("limit", strconv.Itoa(pageSize))
	items := []json.RawMessage{}
	for range maxPages {
		body, err := c.send(ctx, r)
		if err != nil {
			return err
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
			return c.unexpected(http.StatusOK, jsonProblem(body))
		}
		whole := page.Kind == r.resource.Kind+"List" && page.APIVersion == r.resource.apiVersion()
		part := r.metadataOnly && page.Kind == "PartialObjectMetadataList"
		if !whole && !part || page.Metadata.ResourceVersion == "" {
			return c.unexpected(http.StatusOK, "not a list of "+r.resource.String())
		}
		if page.Items != nil { // Go encodes no items as null
			items = append(items, *page.Items...)
		}
		if page.Metadata.Continue == "" {
			all, err := json.Marshal(items)
			if err != nil {
				return err
			}
			return c.decode(all, r, into)
		}
		r.query.Set("continue", page.Metadata.Continue)
	}
	return c.unexpected(http.StatusOK, fmt.Sprintf("a list of more than %d pages", maxPages))
}

// attempts and longestPause limit retries when the API server is busy and sends
// Retry-After. The server has not started the request then:
// https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
const (
	attempts     = 4
	longestPause = 5 * time.Second
)

// send sends a request, and returns the body of a JSON response.
func (c *Cluster) send(ctx context.Context, r request) ([]byte, error) {
	for attempt := 1; ; attempt++ {
		answer, err := c.once(ctx, r)
		if err != nil {
			return nil, c.connectionError(ctx, r, answer, err)
		}
		pause, busy := answer.busy()
		if !busy || attempt == attempts {
			return answer.body, c.statusError(r, answer)
		}
		select {
		case <-ctx.Done():
			return nil, deadline.Stopped(ctx, r.doing())
		case <-time.After(pause):
		}
	}
}

// once sends a request once. The exec plugin runs outside the limit of [bounded], and
// ignores contexts.
func (c *Cluster) once(ctx context.Context, r request) (answer, error) {
	limited, cancel := context.WithTimeout(ctx, 11*c.timeout)
	defer cancel()
	result, err := deadline.For(limited, r.doing(), func() (answer, error) { return c.roundTrip(limited, r) })
	if limited.Err() != nil && ctx.Err() == nil && c.exec != "" {
		return result, &ExecFailed{c.exec, fmt.Sprintf("timed out after %s", 10*c.timeout)}
	}
	return result, err
}

// answer is a response that was read completely.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// busy reports whether to retry the request, and after which pause.
func (a answer) busy() (time.Duration, bool) {
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || seconds < 0 || a.status != http.StatusTooManyRequests && a.status != http.StatusServiceUnavailable {
		return 0, false
	}
	return min(time.Duration(seconds)*time.Second, longestPause), true
}

func (c *Cluster) roundTrip(ctx context.Context, r request) (answer, error) {
	at := *c.base
	at.Path, at.RawQuery = "", ""
	prefix := c.Server[len(at.String()):]
	target := at.String() + prefix + r.resource.path(r.namespace, r.name)
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(r.body))
	if err != nil {
		return answer{}, err
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
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	return answer{resp.StatusCode, resp.Header, body}, err
}

// isJSON reports whether the header says that the body is JSON.
func (a answer) isJSON() bool {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// jsonProblem says why a body is not JSON, without quoting it.
func jsonProblem(body []byte) string {
	trimmed := bytes.TrimSpace(body)
	switch {
	case len(trimmed) == 0:
		return "an empty body"
	case trimmed[0] == '<':
		return "HTML instead of JSON"
	case trimmed[0] == '{' && !json.Valid(trimmed):
		return "JSON that breaks off or is not valid"
	}
	return "no JSON object"
}

// bounded limits the time of each request, until its body is read.
type bounded struct {
	base  http.RoundTripper
	after time.Duration
}

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), b.after)
	resp, err := b.base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = cancelling{resp.Body, cancel}
	return resp, nil
}

type cancelling struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (c cancelling) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}
