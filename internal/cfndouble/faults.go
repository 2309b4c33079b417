package cfndouble

// This file lets requests go wrong: before they are carried out, or on the way
// back.

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// A FaultKind is how a request goes wrong.
type FaultKind string

// The kinds of faults that keep a request from being carried out.
const (
	Unavailable FaultKind = "503"      // ServiceUnavailable
	Internal    FaultKind = "500"      // InternalFailure
	Throttled   FaultKind = "throttle" // Throttling: Rate exceeded
	Reset       FaultKind = "reset"    // the connection breaks
	HTML        FaultKind = "html"     // a proxy's page with Status, by default 502
	Portal      FaultKind = "portal"   // a captive portal's page with status 200
	Redirect    FaultKind = "redirect" // a captive portal's redirect to its page
	Expired     FaultKind = "expired"  // 403 ExpiredToken
	Denied      FaultKind = "denied"   // 403 AccessDenied
	Refused     FaultKind = "refused"  // 400 with Code and Message
)

// The kinds of faults that a request meets on its way back, when it was carried
// out. With Undone it was not: something on the way made the answer up.
const (
	Lost        FaultKind = "lost"        // the connection breaks
	Late        FaultKind = "late"        // the connection breaks at once; carried out after Delay
	Slow        FaultKind = "slow"        // answered after Delay
	Truncated   FaultKind = "truncated"   // half of the answer, then the connection ends
	Empty       FaultKind = "empty"       // status 200 and no body
	Declaration FaultKind = "declaration" // status 200 and only the declaration of XML
	Foreign     FaultKind = "foreign"     // the answer of another operation
	Garbage     FaultKind = "garbage"     // status 200 and bytes that are no XML
	Lacking     FaultKind = "lacking"     // the answer without the elements named Element
	Altered     FaultKind = "altered"     // the elements named Element have the text Message
	Halved      FaultKind = "halved"      // half of the answer, as if that were all
	Endless     FaultKind = "endless"     // the first page, with a token of its own and Element of its own
	Followed    FaultKind = "followed"    // the answer with Message behind it
)

// Fault makes requests go wrong: those of Operation ("" for all), after Skip
// ones that go well, Times in a row (0 forever).
type Fault struct {
	Operation   string
	Kind        FaultKind
	Skip, Times int
	Delay       time.Duration
	// Undone: the request is not carried out, whatever the answer.
	Undone bool
	// Status is that of HTML, and of Refused, by default 400.
	Status int
	// Element is the name of an element, for Lacking and Altered.
	Element string
	// Other is the name of more elements that a Lacking answer lacks, or an Altered
	// one has another text in, OtherText.
	Other, OtherText string
	// Code and Message are the answer of Refused; Message is also the text of
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

// Repair removes all faults.
func (d *Double) Repair() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = nil
}

// fault returns the fault that a request meets, or nil.
func (d *Double) fault(operation string) *Fault {
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

// onTheWayBack says whether a fault only spoils the answer.
func (f *Fault) onTheWayBack() bool {
	switch f.Kind {
	case Lost, Slow, Truncated, Empty, Declaration, Foreign, Garbage, Lacking, Altered, Halved, Followed, Endless:
		return true
	}
	return false
}

// carriedOut says whether a request that meets the fault is carried out before
// it is answered.
func (f *Fault) carriedOut() bool { return f == nil || f.onTheWayBack() && !f.Undone }

// refusal is the error of the service that a fault is, nil when it is none.
func (f *Fault) refusal(operation string) error {
	switch f.Kind {
	case Unavailable:
		return &refusal{503, "ServiceUnavailable", "Service Unavailable"}
	case Internal:
		return &refusal{500, "InternalFailure", "The request processing has failed because of an unknown error, exception or failure."}
	case Throttled:
		return &refusal{400, "Throttling", "Rate exceeded"}
	case Expired:
		return &refusal{403, "ExpiredToken", "The security token included in the request is expired"}
	case Refused:
		return &refusal{cmp.Or(f.Status, http.StatusBadRequest), f.Code, f.Message}
	case Denied:
		return &refusal{403, "AccessDenied", fmt.Sprintf("User: arn:aws:sts::123456789012:assumed-role/dev/me is not authorized to perform: cloudformation:%s because no identity-based policy allows the cloudformation:%[1]s action", operation)}
	}
	return nil
}

// spoil answers a request as the fault has it, whose answer would have been
// body; it says whether that was done, or else the body to answer with.
func (f *Fault) spoil(w http.ResponseWriter, r *http.Request, body []byte) ([]byte, bool) {
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
		io.WriteString(w, page(r))
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

// page is what proxies and portals show. Some repeat what they were sent.
func page(r *http.Request) string {
	return "<!DOCTYPE html><html><head><title>Please wait</title></head><body><p>The proxy cannot reach the server.<br><pre>" +
		r.Header.Get("Authorization") + "\n" + r.Header.Get("X-Amz-Security-Token") + "</pre></body></html>"
}

// breakConnection ends the connection of a request without an answer.
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

// spoilNode changes an answer as the fault has it before it is written.
func (f *Fault) spoilNode(n node, number int) node {
	switch f.Kind {
	case Endless:
		n = n.with(f.Element, fmt.Sprint("R", number)).with("NextToken", fmt.Sprint(pagesWithoutEnd, number))
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

// pagesWithoutEnd begins the tokens of pages that do not end.
const pagesWithoutEnd = "endless-"

// without returns the element without those of a name inside it; "Result" is
// the name of every result.
func (n node) without(name string) node {
	if n.inner == nil {
		return n
	}
	kept := []node{}
	for _, one := range n.inner {
		if one.name != name && !(name == "Result" && n.isResponse(one)) {
			kept = append(kept, one.without(name))
		}
	}
	n.inner = kept
	return n
}

func (n node) isResponse(result node) bool {
	return strings.HasSuffix(n.name, "Response") && strings.HasSuffix(result.name, "Result")
}

// with returns the element with a text in all those of a name inside it.
func (n node) with(name, text string) node {
	if n.name == name && n.inner == nil {
		n.text = text
	}
	if n.inner != nil {
		changed := make([]node, 0, len(n.inner))
		for _, one := range n.inner {
			changed = append(changed, one.with(name, text))
		}
		n.inner = changed
	}
	return n
}
