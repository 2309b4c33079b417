package kubedouble

// This file has the faults that the double can inject.

import (
	"fmt"
	"net/http"
	"strconv"
)

// Kind is a kind of fault.
type Kind string

// The kinds of faults.
const (
	Forbidden      Kind = "403 of RBAC"
	Webhook        Kind = "403 of an admission webhook"
	Echo           Kind = "403 of a webhook that repeats the request"
	Unauthorized   Kind = "401"
	Conflict       Kind = "409"
	Outage         Kind = "500 with a Status"
	Busy           Kind = "429 with Retry-After: 0"
	BadGateway     Kind = "502 with HTML"
	Portal         Kind = "200 with HTML"
	Redirect       Kind = "307 to another server"
	Empty          Kind = "200 with an empty body"
	OtherObject    Kind = "200 with another object"
	OtherNamespace Kind = "200 with an object in another namespace"
	UnrelatedJSON  Kind = "200 with unrelated JSON"
	CutOff         Kind = "a truncated body"
	HalfJSON       Kind = "a body with half of the JSON"
	Endless        Kind = "an endless body"
	Hang           Kind = "no response"
	Reset          Kind = "a closed connection"
)

// Fault makes requests fail.
type Fault struct {
	Verb, Plural string // "" for any
	Kind         Kind
	Times        int  // 0 means always
	Skip         int  // number of requests that succeed first
	After        bool // execute the request, and lose only its response

	matched int // number of requests with this verb and plural
}

// Fail adds faults.
func (s *Server) Fail(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, fault := range faults {
		s.faults = append(s.faults, &fault)
	}
}

// RemoveFaults removes all faults.
func (s *Server) RemoveFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// faultFor returns the fault for a request, or nil, and counts the request.
func (s *Server) faultFor(request Request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, fault := range s.faults {
		if fault.Verb != "" && fault.Verb != request.Verb || fault.Plural != "" && fault.Plural != request.Plural {
			continue
		}
		fault.matched++
		if fault.matched > fault.Skip && (fault.Times == 0 || fault.matched <= fault.Skip+fault.Times) {
			return fault
		}
	}
	return nil
}

// sendFault sends the response of a fault.
func (s *Server) sendFault(w http.ResponseWriter, r *http.Request, request Request, kind Kind) {
	send := func(code int, value any) { writeJSON(w, code, value) }
	html := func(code int) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(code)
		_, _ = fmt.Fprint(w, "<!DOCTYPE html><html><body>Please sign in</body></html>")
	}
	switch kind {
	case Forbidden:
		in := ""
		if request.Namespace != "" {
			in = fmt.Sprintf(" in the namespace %q", request.Namespace)
		}
		send(errorStatus(http.StatusForbidden, "Forbidden", fmt.Sprintf("%s %q is forbidden: User \"tester\" cannot %s resource %q in API group \"\"%s",
			request.Plural, request.Name, request.Verb, request.Plural, in), request))
	case Webhook:
		send(errorStatus(http.StatusForbidden, "Forbidden", `admission webhook "policy.example.com" denied the request: not on Fridays`, request))
	case Echo:
		send(errorStatus(http.StatusForbidden, "Forbidden", "admission webhook \"policy.example.com\" denied the request: "+request.Body, request))
	case Unauthorized:
		send(errorStatus(http.StatusUnauthorized, "Unauthorized", "Unauthorized", request))
	case Conflict:
		send(errorStatus(http.StatusConflict, "Conflict", "the object has been modified", request))
	case Outage:
		send(errorStatus(http.StatusInternalServerError, "InternalError", "etcdserver: leader changed", request))
	case Busy:
		w.Header().Set("Retry-After", "0")
		send(errorStatus(http.StatusTooManyRequests, "TooManyRequests", "Too many requests, please try again later.", request))
	case BadGateway:
		html(http.StatusBadGateway)
	case Portal:
		html(http.StatusOK)
	case Redirect:
		w.Header().Set("Location", "https://portal.example.com/")
		w.WriteHeader(http.StatusTemporaryRedirect)
	case Empty:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
	case OtherObject:
		send(http.StatusOK, Object{"kind": kinds[request.Plural].kind, "apiVersion": kinds[request.Plural].version,
			"metadata": Object{"name": "another", "namespace": request.Namespace, "resourceVersion": "1"}})
	case OtherNamespace:
		send(http.StatusOK, Object{"kind": kinds[request.Plural].kind, "apiVersion": kinds[request.Plural].version,
			"metadata": Object{"name": request.Name, "namespace": "another", "resourceVersion": "1"}})
	case UnrelatedJSON:
		send(http.StatusOK, Object{"ok": true})
	case CutOff, HalfJSON:
		text := `{"kind":"` + kinds[request.Plural].kind + `","apiVersion":"v1","metadata":{"name":"` + request.Name
		w.Header().Set("Content-Type", "application/json")
		if kind == CutOff {
			w.Header().Set("Content-Length", strconv.Itoa(len(text)+100))
		}
		_, _ = fmt.Fprint(w, text)
	case Endless:
		w.Header().Set("Content-Type", "application/json")
		for _, err := w.Write([]byte(`{"kind":"`)); err == nil; {
			_, err = w.Write(make([]byte, 1<<16))
		}
	case Hang:
		select {
		case <-r.Context().Done():
		case <-s.stop:
		}
	case Reset:
		panic(http.ErrAbortHandler)
	}
}
