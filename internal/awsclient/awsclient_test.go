package awsclient

// Tests of the client configuration from variables, and of the size limit of
// responses.

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// settings returns the settings of a process with these variables.
func settings(variables map[string]string) Settings {
	return Settings{
		Region: "us-gov-west-1", AttemptTimeout: time.Second, Attempts: 1,
		Lookup: func(name string) (string, bool) { value, ok := variables[name]; return value, ok },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAFALSEKEYEXAMPLE0", SecretAccessKey: "FALSESECRET"}, nil
		}),
	}
}

// endpointOf returns the scheme and host of the address to which a client of
// STS sends its requests.
func endpointOf(t *testing.T, s Settings) string {
	t.Helper()
	config, err := s.Config(t.Context(), "STS")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := ""
	config.HTTPClient = roundTrip(func(r *http.Request) (*http.Response, error) {
		endpoint = r.URL.Scheme + "://" + r.URL.Host
		return &http.Response{StatusCode: 400, Body: http.NoBody, Header: http.Header{}}, nil
	})
	_, _ = sts.NewFromConfig(config).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	return endpoint
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) Do(r *http.Request) (*http.Response, error) { return f(r) }

func TestEndpoints(t *testing.T) {
	for _, test := range []struct {
		name      string
		variables map[string]string
		profile   string
		want      string
	}{
		{"none", nil, "", "https://sts.us-gov-west-1.amazonaws.com"},
		{"FIPS", map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}, "", "https://sts.us-gov-west-1.amazonaws.com"}, // in GovCloud, the FIPS endpoint is the standard endpoint
		{"dual stack", map[string]string{"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "", "https://sts.us-gov-west-1.api.aws"},
		{"for all services", map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "", "http://127.0.0.1:1"},
		{"for one service", map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:2"}, "http://127.0.0.1:3", "http://127.0.0.1:2"},
		{"of the profile", nil, "http://127.0.0.1:3", "http://127.0.0.1:3"},
		{"ignored", map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "TRUE"}, "http://127.0.0.1:3", "https://sts.us-gov-west-1.amazonaws.com"},
	} {
		s := settings(test.variables)
		s.Profile.URL = test.profile
		if got := endpointOf(t, s); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	s := settings(map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"})
	s.Region = "us-east-1"
	if got, want := endpointOf(t, s), "https://sts-fips.us-east-1.amazonaws.com"; got != want {
		t.Errorf("FIPS: %s, want %s", got, want)
	}
}

func TestInvalidEndpoints(t *testing.T) {
	for _, value := range []string{"FALSESECRET", "ftp://FALSESECRET", "http://", "https://u:FALSESECRET@host", "http://FALSESECRET\x00"} {
		_, err := settings(map[string]string{"AWS_ENDPOINT_URL_STS": value}).Config(t.Context(), "STS")
		if err == nil || !strings.HasPrefix(err.Error(), "invalid value for AWS_ENDPOINT_URL_STS") || strings.Contains(err.Error(), "FALSESECRET") {
			t.Errorf("%q: %v", value, err)
		}
		if hint := (interface{ Hint() string })(nil); !errors.As(err, &hint) || hint.Hint() == "" {
			t.Errorf("%q has no hint: %v", value, err)
		}
	}
}

func TestCertificates(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }))
	defer server.Close()
	bundle := filepath.Join(t.TempDir(), "bundle.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, text, 0o600); err != nil {
		t.Fatal(err)
	}
	send := func(variables map[string]string) (int, error) {
		variables["AWS_ENDPOINT_URL"] = server.URL
		config, err := settings(variables).Config(t.Context(), "STS")
		if err != nil {
			return 0, err
		}
		request, _ := http.NewRequest(http.MethodGet, server.URL, nil)
		response, err := config.HTTPClient.Do(request)
		if err != nil {
			return 0, err
		}
		response.Body.Close()
		return response.StatusCode, nil
	}
	if status, err := send(map[string]string{"AWS_CA_BUNDLE": bundle}); err != nil || status != http.StatusBadRequest {
		t.Errorf("with the bundle: %d, %v", status, err)
	}
	if _, err := send(map[string]string{}); err == nil {
		t.Error("without the bundle the certificate is accepted")
	}
	for _, path := range []string{"/nonexistent", "/dev/null", "/dev/zero"} {
		if _, err := send(map[string]string{"AWS_CA_BUNDLE": path}); err == nil || !strings.Contains(err.Error(), "AWS_CA_BUNDLE") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestResponsesAreLimited(t *testing.T) {
	endless := roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(zeros{})}, nil
	})
	response, err := limitedClient{client: endless}.Do(httptest.NewRequest(http.MethodPost, "http://aws.test", nil))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, response.Body); err != nil || n != maxResponse {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a redirect is followed, with the headers %v", r.Header)
	}))
	defer target.Close()
	server := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	config, err := settings(map[string]string{"AWS_ENDPOINT_URL": server.URL}).Config(t.Context(), "STS")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sts.NewFromConfig(config).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); err == nil {
		t.Error("a redirect is accepted as a response")
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// cancelsAfterReading is a context that is cancelled right after the
// certificates are read.
type cancelsAfterReading struct {
	context.Context
	calls int
}

func (c *cancelsAfterReading) Err() error {
	if c.calls++; c.calls > 1 {
		return context.Canceled
	}
	return nil
}

func TestCancelAfterCertificatesAreRead(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	bundle := filepath.Join(t.TempDir(), "bundle.pem")
	if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := settings(map[string]string{"AWS_CA_BUNDLE": bundle}).Config(&cancelsAfterReading{Context: t.Context()}, "STS")
	if err != nil || config.HTTPClient == nil {
		t.Errorf("client %v, error %v", config.HTTPClient, err)
	}
}
