// Package kubedouble is a double of a Kubernetes API server for tests. It stores
// objects of a few kinds, handles GET, list and PATCH requests as an API server
// does, records requests, and injects faults. It answers SelfSubjectAccessReviews.
//
// It supports selectors of labels and fields, pages of lists, resource versions
// and their conflicts, immutable Secrets, and merge patches. It treats a
// strategic merge patch as a merge patch, which has the same result unless a
// list changes. It has no admission, and no controllers except those that
// [Server.Install] simulates.
package kubedouble

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"capaboot/internal/pauses"
)

// Token is the token in the kubeconfig, the only one that the double accepts.
const Token = "FALSETOKENOFTHECLUSTER"

// Object is an API object in JSON.
type Object = map[string]any

// Request is a received request.
type Request struct {
	Method, Path, Query string
	ContentType, Body   string
	Accept              string
	Verb                string // "get", "list", "patch", or another method in lower case
	Plural              string // the resource, such as "secrets"; "" if the double does not support it
	Namespace, Name     string
}

// String returns the request in one line: "PATCH /api/v1/...
// application/merge-patch+json".
func (r Request) String() string {
	return strings.TrimSpace(r.Method + " " + r.Path + " " + r.ContentType)
}

// Server is a double of an API server.
type Server struct {
	URL string
	// PageSize is the maximum number of objects on a page of a list. 0 means no
	// limit.
	PageSize int
	// Review is the status of a SelfSubjectAccessReview of the resource Reviewed;
	// nil means that the access is allowed. Access to other resources is always
	// allowed.
	Review Object
	// Reviewed is the plural of a resource; "" means all resources.
	Reviewed string

	server   *httptest.Server
	stop     chan struct{} // closed by Close
	pauses   pauses.Check
	mu       sync.Mutex
	version  int               // last resource version
	objects  map[string]Object // by path
	requests []Request
	faults   []*Fault
	before   func(*Server, Request)

	// Fields of an installation; see Install.
	afterRequest        func(*Server, Request)
	inject              func() map[string]string
	rolledOutGeneration any // generation of the Deployment that was last rolled out
	revision            int // of the newest ReplicaSet
}

// New starts a double that is closed when the test ends.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{objects: map[string]Object{}, version: 100, stop: make(chan struct{})}
	s.server = httptest.NewUnstartedServer(s)
	s.server.Config.ErrorLog = silentLogger()
	s.server.StartTLS()
	s.URL = s.server.URL
	t.Cleanup(s.Close)
	return s
}

// Close stops the double. It may be called twice.
func (s *Server) Close() {
	s.mu.Lock()
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	s.mu.Unlock()
	s.server.Close()
}

// Kubeconfig writes a kubeconfig with the context "double", and returns its path.
func (s *Server) Kubeconfig(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(s.KubeconfigText("token: "+Token)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// CA returns the certificate authority of the server's certificate, as PEM.
func (s *Server) CA() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.server.Certificate().Raw})
}

// KubeconfigText returns a kubeconfig whose user has the given fields in YAML,
// such as "token: T".
func (s *Server) KubeconfigText(user string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: double
contexts:
- name: double
  context: {cluster: double, user: tester}
clusters:
- name: double
  cluster:
    server: %s
    certificate-authority-data: %s
users:
- name: tester
  user:
    %s
`, s.URL, base64.StdEncoding.EncodeToString(s.CA()), strings.ReplaceAll(user, "\n", "\n    "))
}

// Put creates or replaces objects, given as JSON. It sets their resource
// versions, and a UID, creation time and generation if they have none.
func (s *Server) Put(texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range texts {
		var object Object
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			panic(fmt.Sprintf("kubedouble.Put: %v in %s", err, text))
		}
		meta, _ := object["metadata"].(Object)
		if meta == nil {
			panic("kubedouble.Put: no metadata in " + text)
		}
		s.version++
		setDefault(meta, "uid", fmt.Sprintf("00000000-0000-4000-8000-%012d", s.version))
		setDefault(meta, "creationTimestamp", time.Now().UTC().Add(-24*time.Hour).Format(time.RFC3339))
		setDefault(meta, "generation", float64(1))
		meta["resourceVersion"] = strconv.Itoa(s.version)
		s.objects[pathOf(object)] = object
	}
}

// Change changes an object in place, as another client would.
func (s *Server) Change(path string, change func(Object)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	object, ok := s.objects[path]
	if !ok {
		panic("kubedouble.Change: there is no " + path)
	}
	change(object)
	s.version++
	object["metadata"].(Object)["resourceVersion"] = strconv.Itoa(s.version)
}

// Object returns a copy of the object at a path, or nil.
func (s *Server) Object(path string) Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	object, ok := s.objects[path]
	if !ok {
		return nil
	}
	return clone(object)
}

// Delete removes the object at a path.
func (s *Server) Delete(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, path)
}

// Requests returns the requests since the last call of ForgetRequests.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// RequestLines returns the requests as lines. See [Request.String].
func (s *Server) RequestLines() (lines []string) {
	for _, request := range s.Requests() {
		lines = append(lines, request.String())
	}
	return lines
}

// ForgetRequests clears the recorded requests.
func (s *Server) ForgetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// Before sets a function that is called when a request arrives, before it is
// executed. It can change objects, as controllers and other clients do.
func (s *Server) Before(react func(*Server, Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = react
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	request := parse(r, body)
	s.pauses.Request()
	s.mu.Lock()
	s.requests = append(s.requests, request)
	before, after := s.before, s.afterRequest
	s.mu.Unlock()
	if before != nil {
		before(s, request)
	}
	fault := s.faultFor(request)
	if fault != nil && !fault.After {
		s.sendFault(w, r, request, fault.Kind)
		return
	}
	code, response := s.respond(r, request)
	if after != nil {
		after(s, request)
	}
	if fault != nil {
		s.sendFault(w, r, request, fault.Kind)
		return
	}
	writeJSON(w, code, response)
}

// respond executes a request, and returns the status code and the object to send.
func (s *Server) respond(r *http.Request, request Request) (int, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "Bearer "+Token:
		return errorStatus(http.StatusUnauthorized, "Unauthorized", "Unauthorized", request)
	case request.Method == http.MethodPost && request.Path == reviewPath:
		return http.StatusCreated, s.review(request)
	case request.Plural == "":
		return errorStatus(http.StatusNotFound, "NotFound", "the server could not find the requested resource", Request{})
	case request.Verb == "list":
		return http.StatusOK, s.list(r, request)
	case s.objects[request.Path] == nil:
		return errorStatus(http.StatusNotFound, "NotFound", fmt.Sprintf("%s %q not found", request.Plural, request.Name), request)
	case request.Verb == "get":
		return http.StatusOK, clone(s.objects[request.Path])
	case request.Verb == "patch":
		return s.patch(request)
	}
	return errorStatus(http.StatusMethodNotAllowed, "MethodNotAllowed", "the server does not allow this method on the requested resource", request)
}

// reviewPath is the path of the SelfSubjectAccessReviews, which are not stored.
const reviewPath = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

// review returns the SelfSubjectAccessReview of a request, with its status.
func (s *Server) review(request Request) Object {
	var review Object
	if err := json.Unmarshal([]byte(request.Body), &review); err != nil {
		panic(err)
	}
	attributes := review["spec"].(Object)["resourceAttributes"].(Object)
	if review["status"] = s.Review; s.Review == nil || s.Reviewed != "" && attributes["resource"] != s.Reviewed {
		review["status"] = Object{"allowed": true}
	}
	return review
}

func (s *Server) list(r *http.Request, request Request) Object {
	items := []any{}
	var kind, version string
	for _, path := range slices.Sorted(maps.Keys(s.objects)) {
		object := s.objects[path]
		meta := object["metadata"].(Object)
		if pluralOf(object) != request.Plural || request.Namespace != "" && meta["namespace"] != request.Namespace ||
			!matchesLabels(meta["labels"], r.URL.Query().Get("labelSelector")) || !matchesFields(object, r.URL.Query().Get("fieldSelector")) {
			continue
		}
		item := clone(object)
		delete(item, "kind") // An API server omits kind and apiVersion in lists.
		delete(item, "apiVersion")
		items = append(items, item)
	}
	kind, version = kinds[request.Plural].kind+"List", kinds[request.Plural].version
	if strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadataList") {
		kind, version = "PartialObjectMetadataList", "meta.k8s.io/v1"
		for i, item := range items {
			items[i] = Object{"metadata": item.(Object)["metadata"]}
		}
	}
	meta := Object{"resourceVersion": strconv.Itoa(s.version)}
	if s.PageSize > 0 {
		first, _ := strconv.Atoi(r.URL.Query().Get("continue"))
		items = items[min(first, len(items)):]
		if len(items) > s.PageSize {
			items, meta["continue"] = items[:s.PageSize], strconv.Itoa(first+s.PageSize)
		}
	}
	return Object{"kind": kind, "apiVersion": version, "metadata": meta, "items": items}
}

func (s *Server) patch(request Request) (int, any) {
	switch request.ContentType {
	case "application/merge-patch+json", "application/strategic-merge-patch+json":
	default:
		return errorStatus(http.StatusUnsupportedMediaType, "UnsupportedMediaType", "the body of the request was in an unknown format", request)
	}
	var change Object
	if err := json.Unmarshal([]byte(request.Body), &change); err != nil {
		return errorStatus(http.StatusBadRequest, "BadRequest", "error decoding patch", request)
	}
	old := s.objects[request.Path]
	meta := old["metadata"].(Object)
	if wanted, _ := change["metadata"].(Object); wanted != nil && wanted["resourceVersion"] != nil && wanted["resourceVersion"] != meta["resourceVersion"] {
		return errorStatus(http.StatusConflict, "Conflict", fmt.Sprintf("Operation cannot be fulfilled on %s %q: the object has been modified; please apply your changes to the latest version and try again", request.Plural, request.Name), request)
	}
	if old["immutable"] == true && change["data"] != nil {
		return errorStatus(http.StatusUnprocessableEntity, "Invalid", fmt.Sprintf("Secret %q is invalid: data: Forbidden: field is immutable when `immutable` is set", request.Name), request)
	}
	updated := merge(clone(old), change).(Object)
	if !same(old, updated) {
		s.version++
		meta := updated["metadata"].(Object)
		meta["resourceVersion"] = strconv.Itoa(s.version)
		if data, ok := change["data"].(Object); ok && !same(old["data"], updated["data"]) {
			written := Object{}
			for key := range data {
				written["f:"+key] = Object{}
			}
			meta["managedFields"] = []any{Object{"manager": "capaboot", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
				"time": time.Now().UTC().Format(time.RFC3339), "fieldsV1": Object{"f:data": written}}}
		}
		if !same(old["spec"], updated["spec"]) {
			generation, _ := meta["generation"].(float64)
			meta["generation"] = generation + 1
		}
	}
	s.objects[request.Path] = updated
	return http.StatusOK, clone(updated)
}
