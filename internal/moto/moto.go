// Package moto starts moto_server, which implements many AWS APIs in memory,
// for end-to-end tests. Only tests import it.
//
// Tests of what moto 5.2 does not support use internal/cfndouble: moto never
// fails a resource, does not delete a stack whose policies are attached to
// roles, ignores OnStackFailure, returns no property values in change sets, and
// has no UpdateTerminationProtection. Clients use [Transport], which responds
// to operations that moto does not have.
package moto

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"capaboot/internal/race"
)

// program is the server's executable, and installHint says how to install it.
const (
	program     = "moto_server"
	installHint = "run pip install 'moto[server]'"
)

// startTimeout is how long the server may take to start, to load a service, or
// to reset the account. The server is a large Python program, and the machine
// may be busy.
const startTimeout = 5 * time.Minute

// Start starts a server with an empty account on a free port of 127.0.0.1, and
// returns its URL, for AWS_ENDPOINT_URL. The server stops when the test ends.
// Without moto_server the test is skipped, or fails if CI is set. With the race
// detector, the test is always skipped. environment has settings of the server,
// such as MOTO_IAM_LOAD_MANAGED_POLICIES=true.
func Start(t testing.TB, environment ...string) string {
	t.Helper()
	address, stop := startOrSkip(t, environment)
	t.Cleanup(stop)
	return address
}

// Shared is a server that tests use one after another, each with an empty account,
// because starting a server takes seconds. Create it with [NewShared].
type Shared struct {
	environment []string
	inUse       chan struct{} // full while a test uses the server
	address     string        // "" before the server is started
	stop        func()
}

// NewShared returns a server that starts when a test first uses it. environment is
// as for [Start].
func NewShared(environment ...string) *Shared {
	return &Shared{environment: environment, inUse: make(chan struct{}, 1), stop: func() {}}
}

// Stop ends the server, if it was started. Call it when the tests have ended: in
// TestMain, or in the Cleanup of their parent.
func (s *Shared) Stop() { s.stop() }

// Use waits until no other test uses the server, empties the account, and
// returns the URL. The server is in use until the test ends. Without
// moto_server or with the race detector, the test is skipped or fails as with
// [Start].
func (s *Shared) Use(t testing.TB) string {
	t.Helper()
	s.inUse <- struct{}{}
	t.Cleanup(func() { <-s.inUse })
	if s.address == "" {
		s.address, s.stop = startOrSkip(t, s.environment)
		return s.address
	}
	response, err := (&http.Client{Timeout: startTimeout}).Post(s.address+"/moto-api/reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s cannot empty the account: %s", program, response.Status)
	}
	return s.address
}

func startOrSkip(t testing.TB, environment []string) (address string, stop func()) {
	t.Helper()
	race.Skip(t, "the server takes most of the time, and the tests with the double cover the same code")
	path, err := exec.LookPath(program)
	if err != nil {
		missing := fmt.Sprintf("%s is not installed; %s", program, installHint)
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip("skipped: " + missing)
	}
	// Try three ports, because another process may take a port before the server
	// does.
	for range 3 {
		address, output, stop := startServer(t, path, environment)
		if address != "" {
			return address, stop
		}
		t.Logf("%s did not start: %s", program, output)
	}
	t.Fatalf("%s does not start", program)
	return "", nil
}

func startServer(t testing.TB, path string, environment []string) (address, output string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	var log bytes.Buffer
	server := exec.Command(path, "-H", "127.0.0.1", "-p", fmt.Sprint(port))
	server.Stdout, server.Stderr = &log, &log
	server.Env = append(os.Environ(), environment...)
	server.WaitDelay = time.Second
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		server.Wait()
		close(ended)
	}()
	kill := func() {
		server.Process.Kill()
		<-ended
	}
	defer func() {
		if address == "" || t.Failed() {
			kill()
		}
	}()
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	deadline := time.After(startTimeout)
	for {
		if response, err := http.Get(url + "/moto-api/data.json"); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				for _, service := range []string{"sts", "cloudformation", "iam"} {
					load(t, url, service)
				}
				return url, "", kill
			}
		}
		select {
		case <-ended:
			return "", log.String(), nil
		case <-deadline:
			return "", log.String(), nil
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// load makes the server load a service. Otherwise the first request loads it,
// which may take longer than a client waits.
func load(t testing.TB, address, service string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, address, strings.NewReader("Action=ListNothing&Version=2010-05-08"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAFALSEKEYEXAMPLE0/20260101/eu-west-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	response, err := (&http.Client{Timeout: startTimeout}).Do(request)
	if err != nil {
		t.Fatalf("%s cannot load %s: %v", program, service, err)
	}
	response.Body.Close()
}

// Transport sends the requests of a client to the server. It waits minutes for a
// response: on a busy machine, moto may need longer to create a stack than the time
// limit of a request to AWS. It does not send the requests for unsupportedOperations,
// but responds to them with an error.
type Transport struct{}

// requestTimeout is the time limit for one request. The client retries a
// request that exceeds it.
const requestTimeout = 2 * time.Minute

// unsupportedOperations lists operations that moto 5.2 does not have. moto
// responds to them with status 500, which clients retry for seconds; AWS
// rejects an unknown operation at once.
var unsupportedOperations = []string{"DescribeEvents"}

// RoundTrip implements [http.RoundTripper].
func (Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	if form, err := url.ParseQuery(string(body)); err == nil && slices.Contains(unsupportedOperations, form.Get("Action")) {
		return invalidAction(r, form.Get("Action")), nil
	}
	// Use a separate request, because http.Client ends r after its Timeout.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), requestTimeout)
	defer cancel()
	longRequest, err := http.NewRequestWithContext(ctx, r.Method, r.URL.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	longRequest.Header, longRequest.Host = r.Header, r.Host
	longRequest.Close = true // the next request gets a new connection
	response, err := http.DefaultTransport.RoundTrip(longRequest)
	if err != nil {
		return nil, err
	}
	// Read the whole body now, because ctx ends when this function returns.
	body, err = io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body, response.Request = io.NopCloser(bytes.NewReader(body)), r
	return response, nil
}

// invalidAction returns the response in AWS's query protocol to an operation
// that the endpoint does not have. Source: API references, "Common Errors",
// InvalidAction.
func invalidAction(r *http.Request, operation string) *http.Response {
	body := fmt.Sprintf("<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>Could not find operation %s</Message></Error><RequestId>1</RequestId></ErrorResponse>", operation)
	return &http.Response{
		Status: "400 Bad Request", StatusCode: http.StatusBadRequest, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}
