package cfndouble

// This file speaks the protocol: AWS Query requests, XML answers, and faults.

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/smithy-go/middleware"

	"capaboot/internal/awsclient"
)

// node is an XML element.
type node struct {
	name  string
	text  string
	inner []node
}

// el makes an element of text; an empty text makes none.
func el(name, text string) node { return node{name: name, text: text} }

// at makes an element of a time.
func at(name string, t time.Time) node {
	return el(name, t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// list makes an element whose members are given; it is there without any too.
func list(name string, members ...node) node {
	for i := range members {
		members[i].name = "member"
	}
	return node{name: name, inner: append([]node{}, members...)}
}

func group(name string, inner ...node) node { return node{name: name, inner: inner} }

func (n node) write(b *bytes.Buffer) {
	if n.text == "" && n.inner == nil {
		return
	}
	fmt.Fprintf(b, "<%s>", n.name)
	xml.EscapeText(b, []byte(n.text))
	for _, one := range n.inner {
		one.write(b)
	}
	fmt.Fprintf(b, "</%s>", n.name)
}

// refusal is an error of the API.
type refusal struct {
	status        int
	code, message string
}

func (r *refusal) Error() string { return r.code + ": " + r.message }

// invalid makes CloudFormation's most frequent error.
func invalid(format string, args ...any) error {
	return &refusal{400, "ValidationError", fmt.Sprintf(format, args...)}
}

// ServeHTTP answers one request.
func (d *Double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	request := Request{Time: time.Now(), Operation: r.Form.Get("Action"), Form: map[string]string{}}
	for key := range r.PostForm {
		request.Form[key] = r.PostForm.Get(key)
	}
	if d.Hook != nil {
		d.Hook(request)
	}
	d.mu.Lock()
	fault := d.fault(request.Operation)
	var answer []node
	var err error
	if fault == nil || fault.Kind == Lost || fault.Kind == Slow {
		d.advance()
		answer, err = d.carryOut(request)
		d.advance()
		if refused := (*refusal)(nil); errors.As(err, &refused) {
			request.Failed = refused.code
		}
	} else {
		request.Failed = "fault"
	}
	d.requests = append(d.requests, request)
	id := d.uuid()
	d.mu.Unlock()
	if fault != nil && fault.break_(w, r, &err) {
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("X-Amzn-Requestid", id)
	var b bytes.Buffer
	if err != nil {
		refused, ok := err.(*refusal)
		if !ok {
			refused = &refusal{500, "InternalFailure", err.Error()}
		}
		w.WriteHeader(refused.status)
		node{name: "ErrorResponse", inner: []node{
			group("Error", el("Type", "Sender"), el("Code", refused.code), el("Message", refused.message)), el("RequestId", id),
		}}.write(&b)
		w.Write(b.Bytes())
		return
	}
	node{name: request.Operation + "Response", inner: []node{
		{name: request.Operation + "Result", inner: append([]node{}, answer...)},
		group("ResponseMetadata", el("RequestId", id)),
	}}.write(&b)
	w.Write(b.Bytes())
}

const page = "<!DOCTYPE html><html><head><title>Please wait</title></head><body><p>The proxy cannot reach the server.<br></body></html>"

// break_ lets a request go wrong; it says whether that was the answer.
func (f *Fault) break_(w http.ResponseWriter, r *http.Request, err *error) bool {
	switch f.Kind {
	case Slow:
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		}
		return false
	case Reset, Lost:
		panic(http.ErrAbortHandler)
	case HTML, Portal:
		w.Header().Set("Content-Type", "text/html")
		if f.Kind == HTML {
			w.WriteHeader(http.StatusBadGateway)
		}
		io.WriteString(w, page)
		return true
	case Unavailable:
		*err = &refusal{503, "ServiceUnavailable", "Service Unavailable"}
	case Throttled:
		*err = &refusal{400, "Throttling", "Rate exceeded"}
	case Expired:
		*err = &refusal{403, "ExpiredToken", "The security token included in the request is expired"}
	case Refused:
		*err = &refusal{400, f.Code, f.Message}
	case Denied:
		*err = &refusal{403, "AccessDenied", fmt.Sprintf("User: arn:aws:sts::123456789012:assumed-role/dev/me is not authorized to perform: cloudformation:%s because no identity-based policy allows the cloudformation:%[1]s action", r.Form.Get("Action"))}
	}
	return false
}

// RoundTrip carries a request to the double without a network, so that the
// time of a bubble can pass. A broken connection is the error that it is on
// Linux.
func (d *Double) RoundTrip(r *http.Request) (*http.Response, error) {
	type result struct {
		response *http.Response
		err      error
	}
	done := make(chan result, 1)
	go func() {
		defer func() {
			if recovered := recover(); recovered != nil {
				if recovered != http.ErrAbortHandler {
					panic(recovered)
				}
				done <- result{err: &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}}
			}
		}()
		recorder := httptest.NewRecorder()
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

// Client returns a client of the double that uses no network.
func (d *Double) Client() *cloudformation.Client {
	return cloudformation.New(cloudformation.Options{
		Region:       d.Region,
		BaseEndpoint: aws.String("http://cloudformation.test"),
		HTTPClient:   &http.Client{Transport: d},
		APIOptions:   []func(*middleware.Stack) error{awsclient.CheckResponses},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAFALSEKEYEXAMPLE0", SecretAccessKey: "FALSESECRET"}, nil
		}),
	})
}

// numbered returns the values of a list in a form: "Tags.member.1.Key".
func (r Request) numbered(name string) []map[string]string {
	var all []map[string]string
	for i := 1; ; i++ {
		prefix := fmt.Sprintf("%s.member.%d", name, i)
		one := map[string]string{}
		for key, value := range r.Form {
			if key == prefix {
				one[""] = value
			} else if rest, ok := strings.CutPrefix(key, prefix+"."); ok {
				one[rest] = value
			}
		}
		if len(one) == 0 {
			return all
		}
		all = append(all, one)
	}
}
