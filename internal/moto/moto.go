// Package moto starts moto_server, which answers many AWS APIs from memory,
// for end-to-end tests. Only tests import it.
//
// What moto 5.2 does not do, the tests that need it do with
// internal/cfndouble: it never fails a resource, does not delete a stack whose
// policies are attached to roles, ignores OnStackFailure, gives no property
// values in change sets, and has no UpdateTerminationProtection. Clients use
// [Transport], which answers for the operations that moto does not have.
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

// program is what is started, and install how to get it.
const (
	program = "moto_server"
	install = "pip install 'moto[server]'"
)

// startTime is how long the server may take to answer, and to load a service:
// it is a large Python program, and the machine may be busy.
const startTime = 5 * time.Minute

// Start starts a server with an empty account on a free port of 127.0.0.1 and
// returns its URL, for AWS_ENDPOINT_URL. It is stopped when the test ends.
// Without moto_server the test is skipped, and fails where CI is set. environment has
// settings of the server, such as MOTO_IAM_LOAD_MANAGED_POLICIES=true.
func Start(t testing.TB, environment ...string) string {
	t.Helper()
	address, stop := started(t, environment)
	t.Cleanup(stop)
	return address
}

// Shared is a server that tests use one after another, each with an empty account,
// because starting a server takes seconds. Make one with [NewShared].
type Shared struct {
	environment []string
	turn        chan struct{} // holds an element while a test uses the server
	address     string        // "" before the server is started
	stop        func()
}

// NewShared returns a server that starts when a test first uses it. environment is
// that of [Start].
func NewShared(environment ...string) *Shared {
	return &Shared{environment: environment, turn: make(chan struct{}, 1), stop: func() {}}
}

// Stop ends the server, if it was started. Call it when the tests have ended: in
// TestMain, or in the Cleanup of their parent.
func (s *Shared) Stop() { s.stop() }

// Use waits until no other test uses the server, empties the account, and returns the
// URL. The server is the test's until it ends. Where it cannot be started, see [Start].
func (s *Shared) Use(t testing.TB) string {
	t.Helper()
	s.turn <- struct{}{}
	t.Cleanup(func() { <-s.turn })
	if s.address == "" {
		s.address, s.stop = started(t, s.environment)
		return s.address
	}
	response, err := (&http.Client{Timeout: startTime}).Post(s.address+"/moto-api/reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s does not empty the account: %s", program, response.Status)
	}
	return s.address
}

func started(t testing.TB, environment []string) (address string, stop func()) {
	t.Helper()
	race.Skip(t, "the server takes most of the time, and the tests with the double show as much")
	path, err := exec.LookPath(program)
	if err != nil {
		missing := fmt.Sprintf("%s is not installed: %s", program, install)
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip("skipped: " + missing)
	}
	// Another process may take the port before the server does.
	for range 3 {
		address, output, stop := start(t, path, environment)
		if address != "" {
			return address, stop
		}
		t.Logf("%s did not start: %s", program, output)
	}
	t.Fatalf("%s does not start", program)
	return "", nil
}

func start(t testing.TB, path string, environment []string) (address, output string, stop func()) {
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
	deadline := time.After(startTime)
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

// load makes the server load a service, which it does at the first request and
// which may take longer than a client waits for an answer.
func load(t testing.TB, address, service string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, address, strings.NewReader("Action=ListNothing&Version=2010-05-08"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAFALSEKEYEXAMPLE0/20260101/eu-west-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	response, err := (&http.Client{Timeout: startTime}).Do(request)
	if err != nil {
		t.Fatalf("%s does not load %s: %v", program, service, err)
	}
	response.Body.Close()
}

// Transport is how a client reaches the server. It waits for an answer for
// minutes: on a machine with other work, moto makes a stack in more time than a
// request to AWS has. And it knows what moto does not: see unknown.
type Transport struct{}

// patience is how long one request may take. What gets no answer by then is
// asked again.
const patience = 2 * time.Minute

// unknown are operations that moto 5.2 does not have. It answers them with 500,
// and a client asks again and again for seconds; an endpoint of AWS that does not
// have an operation says so at once.
var unknown = []string{"DescribeEvents"}

// RoundTrip implements [http.RoundTripper].
func (Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var asked []byte
	if r.Body != nil {
		var err error
		asked, err = io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	if form, err := url.ParseQuery(string(asked)); err == nil && slices.Contains(unknown, form.Get("Action")) {
		return doesNotKnow(r, form.Get("Action")), nil
	}
	// A request of its own: http.Client ends r after its Timeout.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), patience)
	defer cancel()
	patient, err := http.NewRequestWithContext(ctx, r.Method, r.URL.String(), bytes.NewReader(asked))
	if err != nil {
		return nil, err
	}
	patient.Header, patient.Host = r.Header, r.Host
	patient.Close = true // the next one gets a connection that is alive
	response, err := http.DefaultTransport.RoundTrip(patient)
	if err != nil {
		return nil, err
	}
	// Whoever asked may not read the rest in time either.
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body, response.Request = io.NopCloser(bytes.NewReader(body)), r
	return response, nil
}

// doesNotKnow is the answer of AWS's query protocol to an operation that the
// endpoint does not have. Source: API references, "Common Errors", InvalidAction.
func doesNotKnow(r *http.Request, operation string) *http.Response {
	body := fmt.Sprintf("<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>Could not find operation %s</Message></Error><RequestId>1</RequestId></ErrorResponse>", operation)
	return &http.Response{
		Status: "400 Bad Request", StatusCode: http.StatusBadRequest, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}
