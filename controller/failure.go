package controller

// This file converts failed requests to the error values in fault.go.

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"capaboot/internal/deadline"
)

// connectionError returns the error for a request without a complete response.
func (c *Cluster) connectionError(ctx context.Context, r request, partial response, err error) error {
	if ctx.Err() != nil {
		return deadline.NewEnded(ctx, r.description())
	}
	if failed, ok := errors.AsType[*ExecFailed](err); ok {
		return failed
	}
	if failed := c.execError(err); failed != nil {
		return failed
	}
	if header, ok := errors.AsType[*badHeader](err); ok {
		return c.headerError(header.name)
	}
	if partial.status != 0 && errors.Is(err, io.ErrUnexpectedEOF) {
		return &Unreachable{Server: c.Server, Problem: "the response was truncated", Sent: r.body != nil, InPod: c.tokenFolder != "", Err: err}
	}
	if proxy, problem := c.proxyProblem(err); problem != "" {
		return &Unreachable{Server: c.Server, Problem: problem, Proxy: proxy, InPod: c.tokenFolder != "", Err: err}
	}
	if problem := c.tlsProblem(err); problem != "" {
		return &Unreachable{Server: c.Server, Problem: problem, TLS: true, InPod: c.tokenFolder != "", Err: err}
	}
	fault := &Unreachable{Server: c.Server, Problem: c.safeLine(withoutURL(err)), Sent: r.body != nil, InPod: c.tokenFolder != "", Err: err}
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
		fault.Sent = false
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		fault.Problem = fmt.Sprintf("timed out after %s", c.timeout)
	case errors.Is(err, io.EOF):
		fault.Problem = "the connection was closed"
	}
	return fault
}

// headerError returns the error for a header with a forbidden character.
func (c *Cluster) headerError(header string) error {
	isToken := header == "Authorization" // a user and a password are in base64, which has no forbidden character
	problem := "the value for the header " + header
	if isToken {
		problem = "the token"
	}
	problem += " has a line break or another control character, so no request can contain it"
	switch {
	case isToken && c.exec != "":
		return &ExecFailed{Command: c.exec, Problem: problem}
	case c.tokenFolder != "":
		return &BadPodToken{Folder: c.tokenFolder, Problem: problem}
	}
	return &BadKubeconfig{Files: c.Files, Problem: fmt.Sprintf("user %q: %s", c.User, problem), BadToken: isToken}
}

// execError returns the error of an exec plugin, or nil for any other error.
func (c *Cluster) execError(err error) error {
	if c.exec == "" {
		return nil
	}
	_, problem, ok := strings.Cut(withoutURL(err).Error(), "getting credentials: ")
	if !ok {
		return nil
	}
	problem = strings.TrimPrefix(c.safeLine(errors.New(problem)), "exec: executable "+c.exec+" ")
	failed := &ExecFailed{Command: c.exec, Problem: problem}
	if problem == "not found" || strings.HasSuffix(problem, "no such file or directory") {
		failed.NotFound, failed.InstallHint = true, c.installHint
	}
	return failed
}

// withoutURL unwraps a net/http error, whose text repeats the method and the
// URL.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// tlsProblem returns why the TLS connection failed, or "" if TLS is not the
// reason.
func (c *Cluster) tlsProblem(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		if c.tokenFolder != "" {
			return "the certificate of the server is not signed by the certificate authority in " + filepath.Join(c.tokenFolder, caFile)
		}
		return "the certificate of the server is not signed by the certificate authority of the kubeconfig"
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return c.safeLine(e)
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return c.safeLine(e)
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return c.safeLine(e)
	}
	if e, ok := errors.AsType[tls.AlertError](err); ok {
		return "the server rejected the client certificate: " + c.safeLine(e)
	}
	if strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
		return "the server uses HTTP, not HTTPS"
	}
	return ""
}

// status is the body of the API server's error responses.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
type status struct {
	Kind    string
	Reason  string
	Message string
	Code    int
	Details struct{ Name, Kind, Group string }
}

// statusError returns nil for a response with status 200, or 201 for a created
// object, and JSON of at most maxBody bytes. For any other response, it returns
// the error in the response, or an error that describes the response.
func (c *Cluster) statusError(r request, a response) error {
	switch {
	case len(a.body) > maxBody:
		return c.unexpectedError(a.status, fmt.Sprintf("more than %d MiB", maxBody>>20))
	case (a.status == http.StatusOK || a.status == http.StatusCreated && r.verb == "create") && a.isJSON():
		return nil
	case a.status == http.StatusUnauthorized:
		return &Unauthorized{c.Server, c.User, c.exec, c.tokenFolder}
	case !a.isJSON():
		problem := jsonProblem(a.body)
		if problem == "not a JSON object" || json.Valid(a.body) {
			problem = "not JSON"
		}
		return c.unexpectedError(a.status, problem)
	}
	var s status
	if json.Unmarshal(a.body, &s) != nil || s.Kind != "Status" {
		return c.unexpectedError(a.status, "not a Kubernetes Status")
	}
	message := c.safeLine(errors.New(s.Message))
	switch {
	case a.status == http.StatusForbidden:
		return &Forbidden{r.verb, r.resource, r.namespace, r.name, message}
	case a.status == http.StatusNotFound && r.name != "" && s.Details.Name == r.name:
		return &NotFound{Resource: r.resource, Namespace: r.namespace, Name: r.name}
	case a.status == http.StatusConflict:
		return &Conflict{r.resource, r.namespace, r.name}
	}
	return &Rejected{a.status, c.safeLine(errors.New(s.Reason)), message}
}

// unexpectedError returns the error for a response that does not look like the API
// server's response to the request.
func (c *Cluster) unexpectedError(code int, problem string) error {
	return &Unexpected{c.Server, code, problem}
}

// IsTransient reports whether the same request may succeed later, because the
// API server was unreachable, busy or failing.
func IsTransient(err error) bool {
	if e, ok := errors.AsType[*Unreachable](err); ok {
		return !e.TLS
	}
	if e, ok := errors.AsType[*Unexpected](err); ok {
		return e.Status >= 500
	}
	e, ok := errors.AsType[*Rejected](err)
	return ok && (e.Status >= 500 || e.Status == http.StatusTooManyRequests)
}
