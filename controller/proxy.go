package controller

// This file describes the errors of a proxy between the program and the API server.

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"capaboot/internal/hostport"
)

// proxyProblem returns the host and port of the proxy for requests to the cluster,
// and the problem if the proxy kept a request from being sent. Without such a
// problem, both are "".
func (c *Cluster) proxyProblem(err error) (proxy, problem string) {
	address := c.proxyAddress()
	if address == "" {
		return "", ""
	}
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "proxyconnect" {
		cause := c.safeLine(dial.Err)
		if errno, ok := errors.AsType[syscall.Errno](err); ok {
			cause = errno.Error()
		}
		return address, "cannot connect to the proxy (" + cause + ")"
	}
	// For a response other than 200 to CONNECT, the error of net/http is only the text
	// after the status code.
	text := withoutURL(err).Error()
	for code := http.StatusMultipleChoices; code < 600; code++ {
		if http.StatusText(code) == text {
			return address, fmt.Sprintf("the proxy responded with %d %s", code, text)
		}
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
