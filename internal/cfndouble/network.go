package cfndouble

// This file connects clients to the double without a network: as the transport
// of a client, or over in-memory connections.

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/smithy-go/middleware"

	"capaboot/internal/awsclient"
)

// attemptTimeout is how long the double's client waits for a response.
const attemptTimeout = 20 * time.Second

// RoundTrip passes a request to the double without a network, so that the fake
// time of a bubble can advance. A broken connection results in the same error
// as on Linux.
func (d *Double) RoundTrip(r *http.Request) (*http.Response, error) {
	type result struct {
		response *http.Response
		err      error
	}
	done := make(chan result, 1)
	go func() {
		recorder := httptest.NewRecorder()
		defer func() {
			recovered := recover()
			switch {
			case recovered == nil:
			case recovered != http.ErrAbortHandler:
				panic(recovered)
			case recorder.Flushed: // the connection broke in the middle of the body
				response := recorder.Result()
				response.Body = io.NopCloser(io.MultiReader(response.Body, brokenBody{}))
				done <- result{response: response}
			default:
				done <- result{err: &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}}
			}
		}()
		d.ServeHTTP(recorder, r)
		done <- result{response: recorder.Result()}
	}()
	select {
	case got := <-done:
		if got.response != nil {
			got.response.Request = r
		}
		return got.response, got.err
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// brokenBody is the end of a body whose connection broke: reading it fails.
type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Client returns a client of the double that uses no network.
func (d *Double) Client() *cloudformation.Client {
	return cloudformation.New(cloudformation.Options{
		Region:       d.Region,
		BaseEndpoint: aws.String("http://cloudformation.test"),
		HTTPClient:   &http.Client{Transport: d, Timeout: attemptTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		APIOptions:   []func(*middleware.Stack) error{awsclient.CheckResponses},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAFALSEKEYEXAMPLE0", SecretAccessKey: "FALSESECRET"}, nil
		}),
	})
}

// Network serves a double over in-memory connections. They carry real HTTP,
// with truncated responses and broken connections, and work in the fake time of
// a testing/synctest bubble. Close it before the bubble ends.
type Network struct {
	server    http.Server
	incoming  chan net.Conn
	closeOnce sync.Once
	closed    chan struct{}
}

// Network serves the double on a new in-memory network.
func (d *Double) Network() *Network {
	n := &Network{incoming: make(chan net.Conn), closed: make(chan struct{})}
	n.server.Handler = d
	n.server.ErrorLog = log.New(io.Discard, "", 0)
	go func() { _ = n.server.Serve(listener{n}) }()
	return n
}

// Dial connects to the double, whatever the address.
func (n *Network) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	clientEnd, serverEnd := net.Pipe()
	isReset := &atomic.Bool{}
	select {
	case n.incoming <- &memoryConn{serverEnd, isReset}:
		return &memoryConn{clientEnd, isReset}, nil
	case <-n.closed:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close ends all connections.
func (n *Network) Close() error { return n.server.Close() }

// memoryConn is one end of a connection.
type memoryConn struct {
	net.Conn
	isReset *atomic.Bool // shared by both ends: the connection was reset
}

func (c *memoryConn) reset() { c.isReset.Store(true) }

func (c *memoryConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if errors.Is(err, io.EOF) && c.isReset.Load() {
		err = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return n, err
}

// listener passes the server its ends of the connections.
type listener struct{ *Network }

func (l listener) Accept() (net.Conn, error) {
	select {
	case connection := <-l.incoming:
		return connection, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l listener) Close() error {
	l.closeOnce.Do(func() { close(l.closed) })
	return nil
}

func (l listener) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "memory"} }
