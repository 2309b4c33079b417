// Package hostport names the host and port of a URL in messages, without the user
// and password that the URL of a proxy can have.
package hostport

import (
	"net"
	"net/url"
)

// Of returns the host and port of a URL. Without a port, it adds the default port
// of the scheme; for an unknown scheme, it returns only the host.
func Of(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	if port == "" {
		return u.Hostname()
	}
	return net.JoinHostPort(u.Hostname(), port)
}
