package awsclient

// This file explains why a request has no response: the address, the proxy, and
// the error. It never shows URLs or data from the server or the proxy: both may
// contain secrets.

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"capaboot/internal/hostport"
)

// ConnectionError is the error of a request without a complete response.
type ConnectionError struct {
	// Address is the host and port of the service. Proxy is the host and port
	// of the proxy; "" without one.
	Address, Proxy string
	// Connected means that the connection was established, so that only the
	// response is missing; see [TraceConnection].
	Connected bool
	// Limit is the time limit for a response; 0 when it is unknown.
	Limit time.Duration
	Err   error
}

// TraceConnection returns a copy of a request that records whether its connection
// was established, for [NewConnectionError].
func TraceConnection(request *http.Request) *http.Request {
	connected := new(atomic.Bool) // dialing continues in a goroutine
	ctx := context.WithValue(request.Context(), connectedKey{}, connected)
	return request.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { connected.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}))
}

// connectedKey is the key of the record in the context of a request.
type connectedKey struct{}

// NewConnectionError returns a ConnectionError for the error of a request.
// proxy returns the proxy of a request; nil means that none is used.
func NewConnectionError(request *http.Request, proxy func(*http.Request) (*url.URL, error), limit time.Duration, err error) *ConnectionError {
	e := &ConnectionError{Address: hostport.Of(request.URL), Limit: limit, Err: err}
	if connected, ok := request.Context().Value(connectedKey{}).(*atomic.Bool); ok {
		e.Connected = connected.Load()
	}
	if proxy == nil {
		return e
	}
	if proxyURL, err := proxy(request); err == nil && proxyURL != nil {
		e.Proxy = hostport.Of(proxyURL)
	}
	return e
}

// ProxyRefused is the error when a proxy refuses to connect.
type ProxyRefused struct{ Status int }

func (e ProxyRefused) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the proxy responded with %d %s", e.Status, http.StatusText(e.Status)))
}

// checkProxyResponse is an [http.Transport.OnProxyConnectResponse]. It replaces
// the transport's own error, which contains text from the proxy.
func checkProxyResponse(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
	if response.StatusCode != http.StatusOK {
		return ProxyRefused{response.StatusCode}
	}
	return nil
}

// Error returns one sentence without the URL.
func (e *ConnectionError) Error() string {
	address := e.Address
	if address == "" {
		return e.reason()
	}
	if e.Proxy != "" {
		address += " through proxy " + e.Proxy
	}
	if e.Connected {
		return "calling " + address + ": " + e.reason()
	}
	return "connecting to " + address + ": " + e.reason()
}

// Unwrap returns the error of the connection. Do not print it: it may contain
// the URL.
func (e *ConnectionError) Unwrap() error { return e.Err }

// Timeout reports whether the response did not arrive in time.
func (e *ConnectionError) Timeout() bool {
	if errors.Is(e.Err, context.DeadlineExceeded) || errors.Is(e.Err, os.ErrDeadlineExceeded) {
		return true
	}
	timeout, ok := errors.AsType[net.Error](e.Err)
	return ok && timeout.Timeout()
}

// reason describes the error in our own words or those of the operating system.
func (e *ConnectionError) reason() string {
	if refusal, ok := errors.AsType[ProxyRefused](e.Err); ok {
		return refusal.Error()
	}
	if operation, ok := errors.AsType[*net.OpError](e.Err); ok && operation.Op == "proxyconnect" {
		return "cannot connect to the proxy (" + e.cause() + ")"
	}
	return e.cause()
}

// cause describes the error without the proxy.
func (e *ConnectionError) cause() string {
	if lookup, ok := errors.AsType[*net.DNSError](e.Err); ok {
		return lookupReason(lookup)
	}
	if certificate := certificateReason(e.Err); certificate != "" {
		return certificate
	}
	errno, isErrno := errors.AsType[syscall.Errno](e.Err)
	switch {
	case e.Timeout() && e.Limit > 0:
		return "no response within " + e.Limit.String()
	case e.Timeout():
		return "no response in time"
	case errors.Is(e.Err, io.EOF), errors.Is(e.Err, io.ErrUnexpectedEOF), errors.Is(e.Err, syscall.ECONNRESET), errors.Is(e.Err, syscall.EPIPE), errors.Is(e.Err, net.ErrClosed):
		return "the connection was closed before the response was complete"
	case isErrno: // such as "connection refused", "network is unreachable"
		return errno.Error()
	case errors.Is(e.Err, http.ErrSchemeMismatch):
		return "response in HTTP instead of HTTPS"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](e.Err); ok {
		return "response that is not TLS"
	}
	if alert, ok := errors.AsType[tls.AlertError](e.Err); ok {
		return alert.Error() // such as "tls: handshake failure"
	}
	return "no valid response"
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

// certificateReason explains why a certificate is not trusted; "" when that is
// not the error.
func certificateReason(err error) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		return ""
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "the certificate is signed by an unknown authority"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the certificate is issued for another host name"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "the certificate is expired or not yet valid"
	}
	return "the certificate is not valid"
}

// RecordLastError makes the clients of config record the error of their last
// attempt, because the SDK returns only the error of the context when a context
// ends a call. last returns the recorded error, or nil if the attempt got a
// response. An attempt that the context ended does not replace an earlier
// error.
func RecordLastError(config *aws.Config) (last func() error) {
	r := &errorRecorder{client: config.HTTPClient}
	config.HTTPClient = r
	return r.error
}

type errorRecorder struct {
	client aws.HTTPClient

	mu   sync.Mutex
	last error
}

// Do implements [aws.HTTPClient].
func (r *errorRecorder) Do(request *http.Request) (*http.Response, error) {
	response, err := r.client.Do(request)
	r.mu.Lock()
	defer r.mu.Unlock()
	connection, ok := errors.AsType[*ConnectionError](err)
	switch {
	case request.Context().Err() == nil:
		r.last = err
	case r.last == nil && ok:
		// Less time than the limit was left for this attempt.
		unlimited := *connection
		unlimited.Limit = 0
		r.last = &unlimited
	}
	return response, err
}

func (r *errorRecorder) error() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}
