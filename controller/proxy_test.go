// Tests of proxies between the program and the API server.

package controller

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"capaboot/internal/tcpdouble"
)

// TestProxyThatRefuses: the error shows the host of the proxy and the standard
// text of its status, but no text that the proxy chose. The request was not
// sent.
func TestProxyThatRefuses(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	untrusted := httptest.NewTLSServer(nil)
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer untrusted.Close()
	const responded = "the proxy responded with "
	for _, test := range []struct{ address, want string }{
		{rawServer(t, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\nFALSESECRET"), responded + "407 Proxy Authentication Required"},
		{rawServer(t, "HTTP/1.1 502 Bad Gateway\r\n\r\n"), responded + "502 Bad Gateway"},
		{rawServer(t, "HTTP/1.1 403 Blocked by policy FALSESECRET\r\n\r\n"), responded + "403 Forbidden"},
		{rawServer(t, "HTTP/1.1 403\r\n\r\n"), responded + "403 Forbidden"},
		{rawServer(t, "HTTP/1.1 599 OK\r\n\r\n"), responded + "599"},
		{rawServer(t, "HTTP/1.1 204 No Content\r\n\r\n"), responded + "204 No Content"},
		{closed.URL, "cannot connect to the proxy (connection refused)"},
		{untrusted.URL, "cannot connect to the proxy (tls: failed to verify certificate: x509: certificate signed by unknown authority)"},
		{strings.Replace(rawServer(t, "\x05\x00\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00"), "http:", "socks5:", 1), "the proxy did not connect to the server (host unreachable)"},
	} {
		err := patchThrough(t, test.address, "https://k8s.example.com")
		_, host, _ := strings.Cut(test.address, "://")
		want := "connecting to https://k8s.example.com through proxy " + host + ": " + test.want
		if e, ok := errors.AsType[*Unreachable](err); !ok || e.Sent || e.TLS || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestProxyThatConnects: status 200 with any text means that the proxy has
// connected. A problem of the server is not reported as a problem of the proxy.
func TestProxyThatConnects(t *testing.T) {
	untrusted := httptest.NewTLSServer(nil)
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer untrusted.Close()
	for _, text := range []string{"OK", "Connection established", "Forbidden"} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			server, err := net.Dial("tcp", r.Host)
			if err != nil {
				t.Error(err)
				return
			}
			client, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			fmt.Fprintf(client, "HTTP/1.1 200 %s\r\n\r\n", text)
			go func() { defer client.Close(); _, _ = io.Copy(client, server) }()
			go func() { defer server.Close(); _, _ = io.Copy(server, client) }()
		}))
		defer proxy.Close()
		err := patchThrough(t, proxy.URL, untrusted.URL)
		if e, ok := errors.AsType[*Unreachable](err); !ok || !e.TLS || e.Proxy != "" {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func patchThrough(t *testing.T, proxy, server string) error {
	t.Helper()
	config := filepath.Join(t.TempDir(), "config")
	write(t, config, `{"current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
		"clusters": [{"name": "a", "cluster": {"server": "`+server+`", "proxy-url": "`+strings.Replace(proxy, "://", "://ann:horse-battery@", 1)+`"}}], "users": [{"name": "a", "user": {}}]}`, 0o600)
	c, err := Open(t.Context(), Options{Kubeconfig: config})
	if err != nil {
		t.Fatal(err)
	}
	return c.Patch(t.Context(), Secrets, Namespace, SecretName, MergePatch, []byte("{}"), nil)
}

// rawServer returns the URL of a server that sends the same bytes on every connection.
func rawServer(t *testing.T, response string) string {
	t.Helper()
	return "http://" + tcpdouble.Start(t, func(connection net.Conn) {
		_, _ = io.WriteString(connection, response)
		_, _ = io.Copy(io.Discard, connection)
	})
}

// TestWithProxyCheck: withProxyCheck finds an *http.Transport inside other
// round trippers, and does not change it.
func TestWithProxyCheck(t *testing.T) {
	shared := &http.Transport{}
	for _, base := range []http.RoundTripper{shared, wrapper{wrapper{shared}}} {
		checked, ok := withProxyCheck(base).(checkedTransport)
		if !ok || checked.OnProxyConnectResponse == nil || shared.OnProxyConnectResponse != nil {
			t.Errorf("%T: %v", base, ok)
		}
	}
	if other := (timeLimited{}); withProxyCheck(other) != http.RoundTripper(other) {
		t.Error("another type was replaced")
	}
}

type wrapper struct{ http.RoundTripper }

func (w wrapper) WrappedRoundTripper() http.RoundTripper { return w.RoundTripper }
