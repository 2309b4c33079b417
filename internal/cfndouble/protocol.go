package cfndouble

// This file implements the protocol: AWS Query requests and XML responses.

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// node is an XML element.
type node struct {
	name  string
	text  string
	inner []node
}

// el returns an element with a text. An element with an empty text is omitted
// from the response.
func el(name, text string) node { return node{name: name, text: text} }

func timeElement(name string, t time.Time) node {
	return el(name, t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// list returns an element with the given members. A list without members is
// written too, as AWS does.
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
	for _, child := range n.inner {
		child.write(b)
	}
	fmt.Fprintf(b, "</%s>", n.name)
}

type apiError struct {
	status        int
	code, message string
}

func (r *apiError) Error() string { return r.code + ": " + r.message }

// errorCode returns the code of the error that [response] sends; "" for none.
func errorCode(err error) string {
	if err == nil {
		return ""
	}
	if failure, ok := err.(*apiError); ok {
		return failure.code
	}
	return internalFailure
}

// internalFailure is the code of an error that the double does not expect.
const internalFailure = "InternalFailure"

// validationError returns a ValidationError, CloudFormation's most frequent
// error.
func validationError(format string, args ...any) error {
	return &apiError{400, "ValidationError", fmt.Sprintf(format, args...)}
}

// ServeHTTP handles one request.
func (d *Double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.Form.Get("Action") == "" { // a request whose body was lost is not a call
		http.Error(w, "MissingAction", http.StatusBadRequest)
		return
	}
	request := Request{Number: int(d.requestCount.Add(1)), Time: time.Now(), Operation: r.Form.Get("Action"), Form: map[string]string{}}
	for key := range r.PostForm {
		request.Form[key] = r.PostForm.Get(key)
	}
	d.pauses.Request()
	d.mu.Lock()
	call := d.onRequest
	d.mu.Unlock()
	if call != nil {
		call(request)
	}
	d.mu.Lock()
	var fault *Fault
	if d.Decide != nil {
		fault = d.Decide(request)
	}
	if fault == nil {
		fault = d.faultFor(request.Operation)
	}
	if fault != nil {
		request.Fault = fault.Kind
	}
	var result []node
	var err error
	if fault.carriedOut() {
		d.advance()
		result, err = d.carryOut(request)
		d.advance()
		request.Failed = errorCode(err)
	} else {
		request.Failed = "fault"
		err = fault.serviceError(request.Operation)
	}
	d.requests = append(d.requests, request)
	id := d.uuid()
	d.mu.Unlock()
	if fault != nil && fault.Kind == Late {
		time.AfterFunc(fault.Delay, func() { d.carryOutLater(request) })
	}
	status, body := response(request, result, err, fault, id)
	w.Header().Set("X-Amzn-Requestid", id)
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	if fault != nil {
		var responded bool
		if body, responded = fault.respond(w, r, body); responded {
			return
		}
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	w.Write(body)
}

// carryOutLater carries out a request after its connection was broken.
func (d *Double) carryOutLater(request Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	_, err := d.carryOut(request)
	request.Time, request.Failed, request.Fault = time.Now(), errorCode(err), ""
	d.requests = append(d.requests, request)
}

func response(request Request, result []node, err error, fault *Fault, id string) (status int, body []byte) {
	root := node{name: request.Operation + "Response", inner: []node{
		{name: request.Operation + "Result", inner: append([]node{}, result...)},
		group("ResponseMetadata", el("RequestId", id)),
	}}
	status = http.StatusOK
	if err != nil {
		failure, ok := err.(*apiError)
		if !ok {
			failure = &apiError{500, internalFailure, err.Error()}
		}
		status = failure.status
		root = node{name: "ErrorResponse", inner: []node{
			group("Error", el("Type", "Sender"), el("Code", failure.code), el("Message", failure.message)), el("RequestId", id),
		}}
	}
	if fault != nil {
		root = fault.alter(root, request.Number)
	}
	var b bytes.Buffer
	root.write(&b)
	return status, b.Bytes()
}

// listParameter returns the items of a list parameter. The parameter
// "Tags.member.1.Key" is the field "Key" of the first item; an item without
// fields, such as "Actions.member.1", has the field "".
func (r Request) listParameter(name string) []map[string]string {
	var all []map[string]string
	for i := 1; ; i++ {
		prefix := fmt.Sprintf("%s.member.%d", name, i)
		fields := map[string]string{}
		for key, value := range r.Form {
			if key == prefix {
				fields[""] = value
			} else if rest, ok := strings.CutPrefix(key, prefix+"."); ok {
				fields[rest] = value
			}
		}
		if len(fields) == 0 {
			return all
		}
		all = append(all, fields)
	}
}
