package awsclient

// This file says why a request got no answer: what was to be reached, through
// which proxy, and what happened. Neither URLs nor what others sent is part of
// it: both may hold secrets.

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// ConnectionError is the error of a request without an answer, or with half of
// one.
type ConnectionError struct {
	// Address is the host and port of the service, Proxy those of the proxy in
	// between, "" without one.
	Address, Proxy string
	// Limit is how long an answer may take, 0 when that is unknown.
	Limit time.Duration
	Err   error
}

// NewConnectionError makes one of the error of a request. proxy is what chose
// the proxy, nil when nothing does.
func NewConnectionError(request *http.Request, proxy func(*http.Request) (*url.URL, error), limit time.Duration, err error) *ConnectionError {
	e := &ConnectionError{Address: hostPort(request.URL), Limit: limit, Err: err}
	if proxy == nil {
		return e
	}
	if through, err := proxy(request); err == nil && through != nil {
		e.Proxy = hostPort(through)
	}
	return e
}

// hostPort returns the host and port of a URL, and nothing else of it.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	if port == "" {
		return u.Hostname()
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// ProxyAnswer is the error when a proxy did not connect.
type ProxyAnswer struct{ Status int }

func (e ProxyAnswer) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the proxy answered %d %s", e.Status, http.StatusText(e.Status)))
}

// proxyAnswered is for [http.Transport.OnProxyConnectResponse]. The transport's
// own error is what the proxy wrote.
func proxyAnswered(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
	if response.StatusCode != http.StatusOK {
		return ProxyAnswer{response.StatusCode}
	}
	return nil
}

// Error is one sentence without the URL.
func (e *ConnectionError) Error() string {
	to := e.Address
	if to == "" {
		return e.reason()
	}
	if e.Proxy != "" {
		to += " through proxy " + e.Proxy
	}
	return "connecting to " + to + ": " + e.reason()
}

// Unwrap returns the error of the connection, which is not for people: it may
// have the URL.
func (e *ConnectionError) Unwrap() error { return e.Err }

// Timeout says whether there was no answer in time.
func (e *ConnectionError) Timeout() bool {
	if errors.Is(e.Err, context.DeadlineExceeded) || errors.Is(e.Err, os.ErrDeadlineExceeded) {
		return true
	}
	timeout, ok := errors.AsType[net.Error](e.Err)
	return ok && timeout.Timeout()
}

// reason is what happened, in words of ours or of the system.
func (e *ConnectionError) reason() string {
	if answer, ok := errors.AsType[ProxyAnswer](e.Err); ok {
		return answer.Error()
	}
	where := ""
	if operation, ok := errors.AsType[*net.OpError](e.Err); ok && operation.Op == "proxyconnect" {
		where = "the proxy: "
	}
	if lookup, ok := errors.AsType[*net.DNSError](e.Err); ok {
		return where + lookupReason(lookup)
	}
	if certificate := certificateReason(e.Err); certificate != "" {
		return where + certificate
	}
	errno, isErrno := errors.AsType[syscall.Errno](e.Err)
	switch {
	case e.Timeout() && e.Limit > 0:
		return where + "no response within " + e.Limit.String()
	case e.Timeout():
		return where + "no response in time"
	case errors.Is(e.Err, io.EOF), errors.Is(e.Err, io.ErrUnexpectedEOF), errors.Is(e.Err, syscall.ECONNRESET), errors.Is(e.Err, syscall.EPIPE), errors.Is(e.Err, net.ErrClosed):
		return where + "the connection was closed before the response was complete"
	case isErrno: // such as "connection refused", "network is unreachable"
		return where + errno.Error()
	case errors.Is(e.Err, http.ErrSchemeMismatch):
		return where + "response in HTTP instead of HTTPS"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](e.Err); ok {
		return where + "response that is not TLS"
	}
	if alert, ok := errors.AsType[tls.AlertError](e.Err); ok {
		return where + alert.Error() // such as "tls: handshake failure"
	}
	return where + "no valid response"
}

func lookupReason(lookup *net.DNSError) string {
	switch {
	case lookup.IsNotFound:
		return "host name " + lookup.Name + " not found"
	case lookup.IsTimeout:
		return "no response from DNS for host name " + lookup.Name
	}
	return "DNS cannot look up host name " + lookup.Name
}

// certificateReason says why a certificate is not trusted, "" when it was not
// that.
func certificateReason(err error) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		return ""
	}
	const not = "the certificate is not trusted: "
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return not + "signed by an unknown authority"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return not + "issued for another host name"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return not + "expired or not yet valid"
	}
	return not + "not valid"
}

// Remember returns what gives the last error of the requests of config's
// clients without an answer, nil for none. The SDK's own error is only that of
// the context when that ends a call.
func Remember(config *aws.Config) (last func() error) {
	r := &remembering{client: config.HTTPClient}
	config.HTTPClient = r
	return r.error
}

type remembering struct {
	client aws.HTTPClient

	mu   sync.Mutex
	last error
}

// Do implements [aws.HTTPClient].
func (r *remembering) Do(request *http.Request) (*http.Response, error) {
	response, err := r.client.Do(request)
	r.mu.Lock()
	defer r.mu.Unlock()
	connection, ok := errors.AsType[*ConnectionError](err)
	switch {
	case request.Context().Err() == nil:
		r.last = err
	case r.last == nil && ok:
		// Less time than the limit was left.
		unlimited := *connection
		unlimited.Limit = 0
		r.last = &unlimited
	}
	return response, err
}

func (r *remembering) error() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}
