package awsclient

// Tests of the errors of requests without a response.

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"capaboot/internal/tcpdouble"
)

// startResponder starts a server that responds to each request with a text.
func startResponder(t *testing.T, text string) (address string) {
	return tcpdouble.Start(t, func(connection net.Conn) {
		// Read the whole request: the client may still be writing when the
		// connection is closed.
		if request, err := http.ReadRequest(bufio.NewReader(connection)); err == nil {
			_, _ = io.Copy(io.Discard, request.Body)
		}
		_, _ = io.WriteString(connection, text)
	})
}

// unknownHost is too long for DNS, so that no DNS server receives a query for
// it.
var unknownHost = strings.Repeat("a", 64) + ".test"

func TestConnectionErrors(t *testing.T) {
	t.Parallel()
	const closed = "127.0.0.1:9" // no server gets this port when it asks for a free one
	unresponsive := tcpdouble.Start(t, func(connection net.Conn) { _, _ = io.Copy(io.Discard, connection) })
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	httpServer := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(httpServer.Close)
	denying := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "FALSESECRET", http.StatusProxyAuthRequired)
	}))
	t.Cleanup(denying.Close)
	host := func(address string) string {
		return strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://")
	}
	for _, test := range []struct{ name, endpoint, proxy, want string }{
		{"a closed port", "http://" + closed, "", "connecting to " + closed + ": connection refused"},
		{"an unknown host", "https://" + unknownHost, "", "connecting to " + unknownHost + ":443: host name " + unknownHost + " not found"},
		{"a host that does not respond", "http://" + unresponsive, "", "calling " + unresponsive + ": no response within 300ms"},
		{"a certificate of an unknown authority", secure.URL, "", "connecting to " + host(secure.URL) + ": the certificate is signed by an unknown authority"},
		{"HTTP instead of HTTPS", "https://" + host(httpServer.URL), "", "connecting to " + host(httpServer.URL) + ": response in HTTP instead of HTTPS"},
		{"no TLS", "https://" + startResponder(t, "FALSESECRET"), "", ": response that is not TLS"},
		{"no HTTP", "http://" + startResponder(t, "FALSESECRET\r\n"), "", ": no valid response"},
		{"a connection that is closed", "http://" + startResponder(t, ""), "", ": the connection was closed before the response was complete"},
		{"a truncated response", "http://" + startResponder(t, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nFALSE"), "", ": the connection was closed before the response was complete"},
		{"a proxy that refuses connections", "https://aws.test", "http://user:FALSESECRET@" + closed, "connecting to aws.test:443 through proxy " + closed + ": cannot connect to the proxy (connection refused)"},
		{"an HTTP proxy that refuses connections", "http://aws.test", "http://user:FALSESECRET@" + closed, "connecting to aws.test:80 through proxy " + closed + ": cannot connect to the proxy (connection refused)"},
		{"a proxy with an unknown host name", "https://aws.test", "http://user:FALSESECRET@" + unknownHost, "through proxy " + unknownHost + ":80: cannot connect to the proxy (host name " + unknownHost + " not found)"},
		{"a proxy that requires a password", "https://aws.test", denying.URL, "connecting to aws.test:443 through proxy " + host(denying.URL) + ": the proxy responded with 407 Proxy Authentication Required"},
		{"a proxy that does not respond", "https://aws.test", "http://" + unresponsive, "connecting to aws.test:443 through proxy " + unresponsive + ": no response within 300ms"},
		{"a SOCKS proxy that refuses connections", "https://aws.test", "socks5://user:FALSESECRET@" + closed, "connecting to aws.test:443 through proxy " + closed + ": cannot connect to the proxy ("},
		{"a proxy with an invalid URL", "https://aws.test", "http://user:FALSE SECRET@host", "connecting to aws.test:443: no valid response"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := settings(map[string]string{"AWS_ENDPOINT_URL": test.endpoint})
			s.AttemptTimeout = 300 * time.Millisecond
			config, err := s.Config(t.Context(), "STS")
			if err != nil {
				t.Fatal(err)
			}
			proxied := config.HTTPClient.(limitedClient)
			proxied.proxy = func(*http.Request) (*url.URL, error) {
				if test.proxy == "" {
					return nil, nil
				}
				return url.Parse(test.proxy)
			}
			proxied.client.(*http.Client).Transport.(*http.Transport).Proxy = proxied.proxy
			config.HTTPClient = proxied
			_, err = sts.NewFromConfig(config).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
			connection, ok := errors.AsType[*ConnectionError](err)
			if !ok {
				t.Fatalf("no ConnectionError in %v", err)
			}
			if got := connection.Error(); !strings.HasPrefix(got, "connecting to ") && !strings.HasPrefix(got, "calling ") || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if text := err.Error(); strings.Contains(text, "FALSE") || strings.Contains(text, "user") {
				t.Errorf("it shows a possible secret: %s", text)
			}
		})
	}
}

// TestInvalidProxies: invalid proxy addresses are errors, because the HTTP
// client would ignore most of them and connect directly.
func TestInvalidProxies(t *testing.T) {
	for value, invalid := range map[string]bool{
		"": false, "http://proxy:3128": false, "https://user:FALSESECRET@proxy": false, "proxy:3128": false, "proxy.example.com": false, "socks5://proxy:1080": false,
		"http://[::1]:3128": false, "10.0.0.1:8080": false,
		"http://user:FALSE SECRET@host": true, "http://": true, "ftp://proxy": true, "http://proxy:port": true, "://FALSESECRET": true, "http:proxy": true,
	} {
		for _, name := range []string{"HTTPS_PROXY", "http_proxy"} {
			_, err := settings(map[string]string{name: value}).Config(t.Context(), "STS")
			if (err != nil) != invalid {
				t.Errorf("%s=%q: %v", name, value, err)
			}
			if err != nil && (!strings.HasPrefix(err.Error(), "invalid value for "+name) || strings.Contains(err.Error(), "SECRET")) {
				t.Errorf("%s=%q: %v", name, value, err)
			}
		}
	}
}
