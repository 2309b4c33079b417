// Package awsclient configures the clients of all AWS services that the program
// calls: endpoint, proxy, certificates, time limits and retries. It reads the
// variables that every AWS SDK reads; the region and the credentials come from
// the caller. The clients validate responses and remove secrets from errors.
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

// Settings are the settings of a client.
type Settings struct {
	// Lookup returns the value of a variable, like os.LookupEnv; nil means that
	// no variable is set.
	Lookup func(name string) (string, bool)
	// Region is the region of the service.
	Region string
	// Credentials sign the requests; nil leaves them unsigned.
	Credentials aws.CredentialsProvider
	// Profile has the endpoint settings of the profile. Variables take
	// precedence.
	Profile Endpoints
	// CABundle is the ca_bundle of the profile, a PEM file of certificates; ""
	// for none. AWS_CA_BUNDLE takes precedence.
	CABundle string
	// Transport sends the requests; nil means the default transport. A custom
	// Transport handles certificates itself.
	Transport http.RoundTripper
	// AttemptTimeout limits the duration of one attempt, including the response
	// body.
	AttemptTimeout time.Duration
	// Attempts is the maximum number of attempts of a request.
	Attempts int
	// Pause is the longest time between two attempts.
	Pause time.Duration
}

// maxResponse is the maximum size of a response in bytes; the rest is cut off.
// It is larger than any response of the services: the largest is a template of
// 1 MB in XML from CloudFormation.
const maxResponse = 16 << 20

// Config returns the configuration for the clients of one service. service is
// the name in the variable AWS_ENDPOINT_URL_<SERVICE>, such as STS or
// CLOUDFORMATION. ctx limits the reading of certificates. The error of a
// request without a complete response is a *[ConnectionError] for errors.As. If
// a variable for an endpoint or a proxy is invalid, the error of Config names
// the variable, not its value, which may contain a secret.
//
// Source of the variables: AWS SDKs and Tools Reference Guide,
// "Service-specific endpoints", "Dual-stack and FIPS endpoints" and "General
// configuration" (AWS_CA_BUNDLE). See endpoint.go.
func (s Settings) Config(ctx context.Context, service string) (aws.Config, error) {
	endpoint, variants, err := s.selectEndpoint(service)
	if err != nil {
		return aws.Config{}, err
	}
	transport, proxy := s.Transport, func(*http.Request) (*url.URL, error) { return nil, nil }
	if transport == nil {
		network, err := s.newTransport(ctx)
		if err != nil {
			return aws.Config{}, err
		}
		transport, proxy = network, network.Proxy
	}
	// A request contains tokens, and no service in use redirects to another
	// server. The SDK's own client would follow a redirect and send the tokens
	// there.
	client := &http.Client{
		Transport: transport, Timeout: s.AttemptTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	config := aws.Config{
		Region:      s.Region,
		Credentials: s.Credentials,
		HTTPClient:  limitedClient{client, proxy, s.AttemptTimeout},
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

// newTransport returns the transport of the SDK, with the configured
// certificates. An invalid proxy address in a variable is an error.
func (s Settings) newTransport(ctx context.Context) (*http.Transport, error) {
	if name := s.invalidProxy(); name != "" {
		return nil, fmt.Errorf("invalid value for %s: want the address of a proxy, http://host:port", name)
	}
	transport := awshttp.NewBuildableClient().GetTransport()
	if path := cmp.Or(s.get("AWS_CA_BUNDLE"), s.CABundle); path != "" {
		pool, err := deadline.Run(ctx, "reading "+path, func() (*x509.CertPool, error) { return certificates(path) })
		if _, ended := errors.AsType[*deadline.Ended](err); ended {
			return nil, err
		}
		if err != nil {
			return nil, &badCertificates{err}
		}
		transport.TLSClientConfig.RootCAs = pool
	}
	transport.OnProxyConnectResponse = checkProxyResponse
	return transport, nil
}

// invalidProxy returns the name of a variable whose value is not a valid proxy
// address; "" if there is none. The HTTP client ignores a value that it cannot
// parse, and connects without the proxy.
// https://pkg.go.dev/golang.org/x/net/http/httpproxy#FromEnvironment
func (s Settings) invalidProxy() string {
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

// badCertificates is the error when the file of the certificates cannot be used.
type badCertificates struct{ err error }

func (b *badCertificates) Error() string {
	return "reading the certificates of AWS_CA_BUNDLE or ca_bundle: " + b.err.Error()
}
func (b *badCertificates) Unwrap() error { return b.err }

// Hint says what the file must contain.
func (b *badCertificates) Hint() string {
	return "set AWS_CA_BUNDLE or ca_bundle to a file with the CA certificates of your proxy in PEM format, or remove both settings"
}

// maxCertificateBytes is the maximum size in bytes of a file of certificates; a
// larger file is an error. The certificates of all authorities together are
// smaller.
const maxCertificateBytes = 4 << 20

func certificates(path string) (*x509.CertPool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("the file is not a regular file")
	}
	if info.Size() > maxCertificateBytes {
		return nil, errors.New("the file is larger than 4 MiB")
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

// limitedClient truncates responses after maxResponse bytes, and adds the
// address to errors of the connection.
type limitedClient struct {
	client aws.HTTPClient
	proxy  func(*http.Request) (*url.URL, error) // nil for none
	limit  time.Duration                         // time limit of one attempt, for error messages
}

// Do implements [aws.HTTPClient].
func (b limitedClient) Do(request *http.Request) (*http.Response, error) {
	request = TraceConnection(request)
	response, err := b.client.Do(request)
	explain := func(err error) error { return NewConnectionError(request, b.proxy, b.limit, err) }
	if err != nil {
		return response, explain(err)
	}
	response.Body = &limitedBody{io.LimitReader(response.Body, maxResponse), response.Body, explain}
	return response, nil
}

// limitedBody is a response body that ends after maxResponse bytes. explain
// describes an error of Read.
type limitedBody struct {
	io.Reader
	io.Closer
	explain func(error) error
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = b.explain(err)
	}
	return n, err
}
