package controller

// This file describes the errors of a proxy between the program and the API server.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"capaboot/internal/hostport"
)

// proxyRefused is the error when a proxy responds to CONNECT with a status other than
// 200.
type proxyRefused struct{ status int }

func (e *proxyRefused) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the proxy responded with %d %s", e.status, http.StatusText(e.status)))
}

// checkProxyResponse is an [http.Transport.OnProxyConnectResponse]. It replaces the
// error of the transport, which has only the text after the status code. A proxy
// chooses this text.
func checkProxyResponse(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
	if response.StatusCode != http.StatusOK {
		return &proxyRefused{response.StatusCode}
	}
	return nil
}

// withProxyCheck returns a copy of the transport of client-go that calls
// checkProxyResponse, and a transport of any other type unchanged. Unlike the
// transport of client-go, the copy does not read the file of the certificate authority
// again after 5 minutes.
//
// A copy is needed because client-go shares its transports, also with other
// users of net/http.
func withProxyCheck(base http.RoundTripper) http.RoundTripper {
	inner := base
	for {
		wrapper, ok := inner.(interface{ WrappedRoundTripper() http.RoundTripper })
		if !ok {
			break
		}
		inner = wrapper.WrappedRoundTripper()
	}
	shared, ok := inner.(*http.Transport)
	if !ok {
		return base
	}
	transport := shared.Clone()
	transport.OnProxyConnectResponse = checkProxyResponse
	return checkedTransport{transport, base}
}

// checkedTransport keeps the original transport, because client-go stops the
// rotation of client certificates when nothing refers to that transport.
type checkedTransport struct {
	*http.Transport
	original http.RoundTripper
}

// proxyProblem returns the host and port of the proxy for requests to the cluster,
// and the problem if the proxy kept a request from being sent. Without such a
// problem, both are "".
func (c *Cluster) proxyProblem(err error) (proxy, problem string) {
	address := c.proxyAddress()
	if address == "" {
		return "", ""
	}
	if refused, ok := errors.AsType[*proxyRefused](err); ok {
		return address, refused.Error()
	}
	dial, ok := errors.AsType[*net.OpError](err)
	switch {
	case !ok:
	case dial.Op == "proxyconnect":
		cause := c.safeLine(dial.Err)
		if errno, ok := errors.AsType[syscall.Errno](err); ok {
			cause = errno.Error()
		}
		return address, "cannot connect to the proxy (" + cause + ")"
	case strings.HasPrefix(dial.Op, "socks ") && !errors.Is(err, context.DeadlineExceeded):
		return address, "the proxy did not connect to the server (" + strings.TrimPrefix(c.safeLine(dial.Err), "unknown error ") + ")"
	}
	return "", ""
}

// proxyAddress returns the host and port of the proxy for requests to the cluster;
// "" without a proxy.
func (c *Cluster) proxyAddress() string {
	server, err := url.Parse(c.Server)
	if err != nil || c.proxy == nil {
		return ""
	}
	proxy, err := c.proxy(&http.Request{URL: server})
	if err != nil || proxy == nil {
		return ""
	}
	return hostport.Of(proxy)
}
