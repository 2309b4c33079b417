// Package awsclient is the one place where clients of AWS services are
// configured: region, credentials, endpoint, time limits and retries, from the
// variables that every AWS SDK reads.
package awsclient

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go/middleware"

	"capaboot/internal/deadline"
)

// Settings are what a client needs to know.
type Settings struct {
	// Lookup finds variables, as os.LookupEnv; nil has none.
	Lookup func(name string) (string, bool)
	// Region is the region of the service.
	Region string
	// Credentials sign the requests; nil leaves them unsigned.
	Credentials aws.CredentialsProvider
	// Profile is what the profile says of endpoints, which the variables come
	// before.
	Profile Endpoints
	// CABundle is the ca_bundle of a profile, a file of certificates in PEM,
	// which AWS_CA_BUNDLE comes before; "" when it has none.
	CABundle string
	// Transport carries the requests; nil is the network. With one, the
	// certificates are its own matter.
	Transport http.RoundTripper
	// Attempt is how long one attempt may take, the answer's body included.
	Attempt time.Duration
	// Attempts is how often a request is made at most.
	Attempts int
	// Pause is the longest time between two attempts.
	Pause time.Duration
}

// maxAnswer is more bytes than any answer of a service that we call has:
// CloudFormation's largest is a template of 1 MB in XML.
const maxAnswer = 16 << 20

// Config returns the configuration for the clients of one service, which is
// named as in the variable AWS_ENDPOINT_URL_<SERVICE> (STS, CLOUDFORMATION).
// ctx bounds the reading of certificates. The error of a request without an
// answer is a *[ConnectionError] for errors.As. An error names the variable
// that is wrong, not its value.
//
// Source of the variables: AWS SDKs and Tools Reference Guide,
// "Service-specific endpoints", "Dual-stack and FIPS endpoints" and "General
// configuration" (AWS_CA_BUNDLE). See endpoint.go.
func (s Settings) Config(ctx context.Context, service string) (aws.Config, error) {
	endpoint, variants, err := s.endpoints(service)
	if err != nil {
		return aws.Config{}, err
	}
	transport, proxy := s.Transport, func(*http.Request) (*url.URL, error) { return nil, nil }
	if transport == nil {
		network, err := s.network(ctx)
		if err != nil {
			return aws.Config{}, err
		}
		transport, proxy = network, network.Proxy
	}
	// A request has tokens in it, and no service that we call leads elsewhere:
	// the SDK's own client would send them on after a redirect.
	client := &http.Client{
		Transport: transport, Timeout: s.Attempt,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	config := aws.Config{
		Region:      s.Region,
		Credentials: s.Credentials,
		HTTPClient:  bounded{client, proxy, s.Attempt},
		APIOptions:  []func(*middleware.Stack) error{CheckResponses},
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = s.Attempts; o.MaxBackoff = s.Pause })
		},
		ConfigSources: []any{variants},
	}
	if config.Credentials == nil {
		config.Credentials = aws.AnonymousCredentials{}
	}
	if endpoint != "" {
		config.BaseEndpoint = &endpoint
	}
	return config, nil
}

// network returns the transport of the SDK, with the certificates that the
// settings name.
func (s Settings) network(ctx context.Context) (*http.Transport, error) {
	if name := s.brokenProxy(); name != "" {
		return nil, fmt.Errorf("%s is not the address of a proxy: write it as http://host:port", name)
	}
	transport := awshttp.NewBuildableClient().GetTransport()
	if path := cmp.Or(s.get("AWS_CA_BUNDLE"), s.CABundle); path != "" {
		pool, err := deadline.For(ctx, "reading "+path, func() (*x509.CertPool, error) { return certificates(path) })
		if _, ended := errors.AsType[*deadline.Ended](err); ended {
			return nil, err
		}
		if err != nil {
			return nil, fmt.Errorf("the certificates that AWS_CA_BUNDLE or ca_bundle names: %w", err)
		}
		transport.TLSClientConfig.RootCAs = pool
	}
	transport.OnProxyConnectResponse = proxyAnswered
	return transport, nil
}

// brokenProxy names the variable whose value the HTTP client could not read as
// the address of a proxy, "" for none. The client ignores such a value, and
// connects without the proxy that somebody asked for.
// https://pkg.go.dev/golang.org/x/net/http/httpproxy#FromEnvironment
func (s Settings) brokenProxy() string {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		value := s.get(name)
		if value == "" {
			continue
		}
		u, err := url.Parse(value)
		if !strings.Contains(value, "://") {
			u, err = url.Parse("http://" + value)
		}
		if err != nil || u.Hostname() == "" {
			return name
		}
		switch u.Scheme {
		case "http", "https", "socks5", "socks5h":
		default:
			return name
		}
	}
	return ""
}

func (s Settings) get(name string) string {
	if s.Lookup == nil {
		return ""
	}
	value, _ := s.Lookup(name)
	return value
}

// maxCertificates is more bytes than the certificates of all authorities have.
const maxCertificates = 4 << 20

func certificates(path string) (*x509.CertPool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxCertificates {
		return nil, errors.New("not a regular file of at most 4 MiB")
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificates in the file")
	}
	return pool, nil
}

// bounded ends answers that have no end, and says of those that do not come
// where they were to come from.
type bounded struct {
	client aws.HTTPClient
	proxy  func(*http.Request) (*url.URL, error)
	limit  time.Duration
}

// Do implements [aws.HTTPClient].
func (b bounded) Do(request *http.Request) (*http.Response, error) {
	response, err := b.client.Do(request)
	explain := func(err error) error { return NewConnectionError(request, b.proxy, b.limit, err) }
	if err != nil {
		return response, explain(err)
	}
	response.Body = &body{io.LimitReader(response.Body, maxAnswer), response.Body, explain}
	return response, nil
}

// body is that of an answer.
type body struct {
	io.Reader
	io.Closer
	explain func(error) error
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = b.explain(err)
	}
	return n, err
}
