package cfndouble

// This file speaks the protocol: AWS Query requests and XML answers.

import (
	"bytes"
	"encoding/xml"
	"errors"
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

// el makes an element of text; an empty text makes none.
func el(name, text string) node { return node{name: name, text: text} }

// at makes an element of a time.
func at(name string, t time.Time) node {
	return el(name, t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// list makes an element whose members are given. A list without any is there
// anyway, as in the answers of AWS.
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
	request := Request{Number: int(d.arrived.Add(1)), Time: time.Now(), Operation: r.Form.Get("Action"), Form: map[string]string{}}
	for key := range r.PostForm {
		request.Form[key] = r.PostForm.Get(key)
	}
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
		fault = d.fault(request.Operation)
	}
	if fault != nil {
		request.Fault = fault.Kind
	}
	var answer []node
	var err error
	if fault.carriedOut() {
		d.advance()
		answer, err = d.carryOut(request)
		d.advance()
		if refused := (*refusal)(nil); errors.As(err, &refused) {
			request.Failed = refused.code
		}
	} else {
		request.Failed = "fault"
		err = fault.refusal(request.Operation)
	}
	d.requests = append(d.requests, request)
	id := d.uuid()
	d.mu.Unlock()
	if fault != nil && fault.Kind == Late {
		time.AfterFunc(fault.Delay, func() { d.later(request) })
	}
	status, body := response(request, answer, err, fault, id)
	w.Header().Set("X-Amzn-Requestid", id)
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	if fault != nil {
		var done bool
		if body, done = fault.spoil(w, r, body); done {
			return
		}
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	w.Write(body)
}

// later carries out a request whose client is gone.
func (d *Double) later(request Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	request.Time, request.Failed, request.Fault = time.Now(), "", ""
	if _, err := d.carryOut(request); err != nil {
		request.Failed = err.Error()
	}
	d.requests = append(d.requests, request)
}

// response is the answer to a request.
func response(request Request, answer []node, err error, fault *Fault, id string) (status int, body []byte) {
	root := node{name: request.Operation + "Response", inner: []node{
		{name: request.Operation + "Result", inner: append([]node{}, answer...)},
		group("ResponseMetadata", el("RequestId", id)),
	}}
	status = http.StatusOK
	if err != nil {
		refused, ok := err.(*refusal)
		if !ok {
			refused = &refusal{500, "InternalFailure", err.Error()}
		}
		status = refused.status
		root = node{name: "ErrorResponse", inner: []node{
			group("Error", el("Type", "Sender"), el("Code", refused.code), el("Message", refused.message)), el("RequestId", id),
		}}
	}
	if fault != nil {
		root = fault.spoilNode(root, request.Number)
	}
	var b bytes.Buffer
	root.write(&b)
	return status, b.Bytes()
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
