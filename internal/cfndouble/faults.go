package cfndouble

// This file injects faults: before a request is carried out, or into its
// response.

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// A FaultKind is the kind of a fault.
type FaultKind string

// The kinds of faults that keep a request from being carried out.
const (
	Unavailable FaultKind = "503"      // ServiceUnavailable
	Internal    FaultKind = "500"      // InternalFailure
	Throttled   FaultKind = "throttle" // Throttling: Rate exceeded
	Reset       FaultKind = "reset"    // the connection breaks
	HTML        FaultKind = "html"     // a proxy's page with Status, by default 502
	Portal      FaultKind = "portal"   // a captive portal's page, with status 200
	Redirect    FaultKind = "redirect" // a captive portal's redirect to its page
	Expired     FaultKind = "expired"  // 403 ExpiredToken
	Denied      FaultKind = "denied"   // 403 AccessDenied
	Refused     FaultKind = "refused"  // an error with Code, Message and Status
)

// The kinds of faults in the response to a request that is carried out. If
// NotCarriedOut is set, the request is not carried out, and the fault is in a
// response with an empty result.
const (
	Lost        FaultKind = "lost"        // the connection breaks
	Late        FaultKind = "late"        // the connection breaks at once; the request is carried out after Delay
	Slow        FaultKind = "slow"        // the response comes after Delay
	Truncated   FaultKind = "truncated"   // half of the response, then the connection ends
	Empty       FaultKind = "empty"       // status 200 and no body
	Declaration FaultKind = "declaration" // status 200 and only the XML declaration
	Foreign     FaultKind = "foreign"     // the response of another operation
	Garbage     FaultKind = "garbage"     // status 200 and bytes that are not XML
	Lacking     FaultKind = "lacking"     // the response without the elements named Element
	Altered     FaultKind = "altered"     // the elements named Element have the text Message
	Halved      FaultKind = "halved"      // half of the response, with a matching Content-Length
	Endless     FaultKind = "endless"     // the first page, each time with a new NextToken and a new text in Element
	Followed    FaultKind = "followed"    // the response followed by Message
)

// Fault is a fault in requests of Operation ("" for all operations). It skips
// the first Skip requests, and then affects Times requests (0 for all).
type Fault struct {
	Operation   string
	Kind        FaultKind
	Skip, Times int
	Delay       time.Duration
	// NotCarriedOut means that the request is not carried out, although its
	// response may look like success. It has no effect on Late.
	NotCarriedOut bool
	// Status is the HTTP status for HTML (default 502) and for Refused (default
	// 400).
	Status int
	// Element is the name of an element, for Lacking, Altered and Endless.
	Element string
	// Other is the name of further elements, which a Lacking response omits, or
	// whose text an Altered response replaces with OtherText.
	Other, OtherText string
	// Code and Message are the error of Refused. Message is also the text for
	// Altered and Followed.
	Code, Message string

	count int
}

// Break adds a fault.
func (d *Double) Break(f Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = append(d.faults, &f)
}

// RemoveFaults removes all faults.
func (d *Double) RemoveFaults() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = nil
}

// faultFor returns the fault for a request of an operation, or nil. It counts
// the request for each fault that it considers.
func (d *Double) faultFor(operation string) *Fault {
	for _, f := range d.faults {
		if f.Operation != "" && f.Operation != operation {
			continue
		}
		f.count++
		if f.count > f.Skip && (f.Times == 0 || f.count <= f.Skip+f.Times) {
			return f
		}
	}
	return nil
}

func (f *Fault) affectsOnlyResponse() bool {
	switch f.Kind {
	case Lost, Slow, Truncated, Empty, Declaration, Foreign, Garbage, Lacking, Altered, Halved, Followed, Endless:
		return true
	}
	return false
}

// carriedOut reports whether a request with this fault is carried out before
// the response.
func (f *Fault) carriedOut() bool { return f == nil || f.affectsOnlyResponse() && !f.NotCarriedOut }

// serviceError returns the service error of the fault; nil if the fault is not a
// service error.
func (f *Fault) serviceError(operation string) error {
	switch f.Kind {
	case Unavailable:
		return &apiError{503, "ServiceUnavailable", "Service Unavailable"}
	case Internal:
		return &apiError{500, "InternalFailure", "The request processing has failed because of an unknown error, exception or failure."}
	case Throttled:
		return &apiError{400, "Throttling", "Rate exceeded"}
	case Expired:
		return &apiError{403, "ExpiredToken", "The security token included in the request is expired"}
	case Refused:
		return &apiError{cmp.Or(f.Status, http.StatusBadRequest), f.Code, f.Message}
	case Denied:
		return &apiError{403, "AccessDenied", fmt.Sprintf("User: arn:aws:sts::123456789012:assumed-role/dev/me is not authorized to perform: cloudformation:%s because no identity-based policy allows the cloudformation:%[1]s action", operation)}
	}
	return nil
}

// respond applies the fault to a response with the given body. It reports
// whether it has sent the response, and otherwise returns the body to send.
func (f *Fault) respond(w http.ResponseWriter, r *http.Request, body []byte) ([]byte, bool) {
	switch f.Kind {
	case Slow:
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		}
	case Reset, Lost, Late:
		breakConnection(w)
		return nil, true
	case Truncated:
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		w.Write(body[:len(body)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case HTML, Portal:
		w.Header().Set("Content-Type", "text/html")
		switch {
		case f.Kind == Portal:
		case f.Status != 0:
			w.WriteHeader(f.Status)
		default:
			w.WriteHeader(http.StatusBadGateway)
		}
		io.WriteString(w, proxyPage(r))
		return nil, true
	case Redirect:
		http.Redirect(w, r, "http://portal.test/login?from="+r.Header.Get("X-Amz-Security-Token"), http.StatusFound)
		return nil, true
	case Halved:
		return body[:len(body)/2], false
	case Followed:
		return append(body, f.Message...), false
	case Empty:
		return nil, false
	case Declaration:
		return []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n"), false
	case Foreign:
		return []byte("<ListImportsResponse><ListImportsResult><Imports><member>other</member></Imports></ListImportsResult>" +
			"<ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata></ListImportsResponse>"), false
	case Garbage:
		return []byte("\x00\xff{<" + r.Header.Get("X-Amz-Security-Token")), false
	}
	return body, false
}

// proxyPage returns the error page of a proxy that repeats the headers with the
// credentials of the request, as some proxies do.
func proxyPage(r *http.Request) string {
	return "<!DOCTYPE html><html><head><title>Please wait</title></head><body><p>The proxy cannot reach the server.<br><pre>" +
		r.Header.Get("Authorization") + "\n" + r.Header.Get("X-Amz-Security-Token") + "</pre></body></html>"
}

// breakConnection closes the connection of a request instead of responding.
func breakConnection(w http.ResponseWriter) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	connection, _, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	switch c := connection.(type) {
	case *net.TCPConn:
		_ = c.SetLinger(0)
	case *memoryConn:
		c.reset()
	}
	connection.Close()
}

// alter applies the fault to a response before it is written. number is the
// number of the request.
func (f *Fault) alter(n node, number int) node {
	switch f.Kind {
	case Endless:
		n = n.with(f.Element, fmt.Sprint("R", number)).with("NextToken", fmt.Sprint(endlessToken, number))
	case Lacking:
		n = n.without(f.Element)
		if f.Other != "" {
			n = n.without(f.Other)
		}
		return n
	case Altered:
		n = n.with(f.Element, f.Message)
		if f.Other != "" {
			n = n.with(f.Other, f.OtherText)
		}
	}
	return n
}

// endlessToken is the prefix of the tokens of endless pages.
const endlessToken = "endless-"

// without returns the element without the inner elements called name. "Result"
// stands for every result.
func (n node) without(name string) node {
	if n.inner == nil {
		return n
	}
	kept := []node{}
	for _, child := range n.inner {
		if child.name != name && !(name == "Result" && n.isResponse(child)) {
			kept = append(kept, child.without(name))
		}
	}
	n.inner = kept
	return n
}

func (n node) isResponse(result node) bool {
	return strings.HasSuffix(n.name, "Response") && strings.HasSuffix(result.name, "Result")
}

// with returns the element, with the text set in all inner elements called
// name.
func (n node) with(name, text string) node {
	if n.name == name && n.inner == nil {
		n.text = text
	}
	if n.inner != nil {
		changed := make([]node, 0, len(n.inner))
		for _, child := range n.inner {
			changed = append(changed, child.with(name, text))
		}
		n.inner = changed
	}
	return n
}
