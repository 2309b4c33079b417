// Tests of the errors when a connection to AWS fails.

package main

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// TestNetworkErrors runs commands that cannot reach AWS. The error must name
// the address, and the proxy without its password.
func TestNetworkErrors(t *testing.T) {
	t.Parallel()
	const closed = "127.0.0.1:9" // no server gets this port when it asks for a free one
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // hides the log of failed handshakes
	secure.StartTLS()
	t.Cleanup(secure.Close)
	denying := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "FALSESECRET", http.StatusProxyAuthRequired)
	}))
	t.Cleanup(denying.Close)
	const connecting = "verifying the credentials from the environment: AWS STS in eu-west-1: connecting to sts.eu-west-1.amazonaws.com:443"
	for _, test := range []struct{ name, variable, want string }{
		{"a proxy that refuses connections", "HTTPS_PROXY=http://user:FALSESECRET@" + closed, connecting + " through proxy " + closed + ": cannot connect to the proxy (connection refused)\n"},
		{"a proxy that requires a password", "HTTPS_PROXY=" + denying.URL, connecting + " through proxy " + strings.TrimPrefix(denying.URL, "http://") + ": the proxy responded with 407 Proxy Authentication Required\n"},
		{"an untrusted certificate", "AWS_ENDPOINT_URL=" + secure.URL, ": connecting to " + strings.TrimPrefix(secure.URL, "https://") + ": the certificate is signed by an unknown authority\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, args := range [][]string{{"bootstrap", "iam", "plan"}, {"bootstrap", "credentials", "encode-as-profile", "--verify"}} {
				p := newAccount(t).command(t, args...)
				p.Env = slices.DeleteFunc(p.Env, func(v string) bool {
					return strings.HasPrefix(v, "AWS_ENDPOINT_URL=") || strings.HasPrefix(v, "HTTPS_PROXY=")
				})
				p.Env = append(p.Env, "HTTPS_PROXY=http://127.0.0.1:9", test.variable)
				p.start()
				p.end(1)
				if text := p.stderr.String(); !strings.Contains(text, test.want) || !strings.Contains(text, "capaboot: hint: ") || strings.Contains(text, "FALSE") || p.stdout.String() != "" {
					t.Errorf("stdout %q, stderr:\n%s\nwant %s", &p.stdout, text, test.want)
				}
			}
		})
	}
}
