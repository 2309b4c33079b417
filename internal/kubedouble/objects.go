package kubedouble

// This file has the paths of objects and requests, selectors, merge patches, and
// the encoding of responses.

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// kinds are the resources that the double supports, by plural.
var kinds = map[string]struct{ kind, version string }{
	"secrets":         {"Secret", "v1"},
	"pods":            {"Pod", "v1"},
	"events":          {"Event", "v1"},
	"nodes":           {"Node", "v1"},
	"serviceaccounts": {"ServiceAccount", "v1"},
	"deployments":     {"Deployment", "apps/v1"},
	"replicasets":     {"ReplicaSet", "apps/v1"},
	"daemonsets":      {"DaemonSet", "apps/v1"},

	"awsclusterroleidentities": {"AWSClusterRoleIdentity", "infrastructure.cluster.x-k8s.io/v1beta2"},
}

// Path returns the path of an object, such as Path("secrets", "capa-system",
// "name"). The namespace is "" for an object without one.
func Path(plural, namespace, name string) string {
	root := "/api/"
	if strings.Contains(kinds[plural].version, "/") {
		root = "/apis/"
	}
	if namespace == "" {
		return root + kinds[plural].version + "/" + plural + "/" + name
	}
	return root + kinds[plural].version + "/namespaces/" + namespace + "/" + plural + "/" + name
}

func pathOf(object Object) string {
	meta := object["metadata"].(Object)
	namespace, _ := meta["namespace"].(string)
	name, _ := meta["name"].(string)
	plural := pluralOf(object)
	if plural == "" || name == "" {
		panic("kubedouble: an object without a known kind or name")
	}
	return Path(plural, namespace, name)
}

func pluralOf(object Object) string {
	for plural, kind := range kinds {
		if kind.kind == object["kind"] && kind.version == object["apiVersion"] {
			return plural
		}
	}
	return ""
}

// parse returns a request with the fields that its path contains.
func parse(r *http.Request, body []byte) Request {
	request := Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, ContentType: r.Header.Get("Content-Type"), Accept: r.Header.Get("Accept"), Body: string(body)}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	skip := 2 // the two parts of api/v1
	if parts[0] == "apis" {
		skip = 3
	}
	parts = parts[min(skip, len(parts)):]
	if len(parts) > 2 && parts[0] == "namespaces" {
		request.Namespace, parts = parts[1], parts[2:]
	}
	if len(parts) > 0 {
		if _, known := kinds[parts[0]]; known {
			request.Plural = parts[0]
		}
	}
	if len(parts) > 1 {
		request.Name = parts[1]
	}
	request.Verb = strings.ToLower(r.Method)
	if r.Method == http.MethodGet && request.Name == "" {
		request.Verb = "list"
	}
	return request
}

// matchesLabels reports whether labels match a selector of the form
// "a=b,c!=d,e".
func matchesLabels(labels any, selector string) bool {
	found, _ := labels.(Object)
	for _, term := range strings.Split(selector, ",") {
		if key, value, excludes := strings.Cut(term, "!="); excludes {
			if found[key] == value {
				return false
			}
			continue
		}
		key, value, exact := strings.Cut(term, "=")
		got, ok := found[key]
		if term != "" && (!ok || exact && got != strings.TrimPrefix(value, "=")) {
			return false
		}
	}
	return true
}

// matchesFields reports whether an object matches a selector of the form
// "involvedObject.name=a".
func matchesFields(object Object, selector string) bool {
	for _, term := range strings.Split(selector, ",") {
		path, value, _ := strings.Cut(term, "=")
		var at any = object
		for _, name := range strings.Split(path, ".") {
			inner, _ := at.(Object)
			at = inner[name]
		}
		if term != "" && at != strings.TrimPrefix(value, "=") {
			return false
		}
	}
	return true
}

// merge applies a JSON merge patch (RFC 7386).
func merge(target, change any) any {
	changes, ok := change.(Object)
	if !ok {
		return change
	}
	result, ok := target.(Object)
	if !ok {
		result = Object{}
	}
	for key, value := range changes {
		if value == nil {
			delete(result, key)
		} else {
			result[key] = merge(result[key], value)
		}
	}
	return result
}

func clone(object Object) Object {
	text, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	var result Object
	if err := json.Unmarshal(text, &result); err != nil {
		panic(err)
	}
	return result
}

func same(a, b any) bool { return reflect.DeepEqual(a, b) }

func setDefault(object Object, key string, value any) {
	if _, ok := object[key]; !ok {
		object[key] = value
	}
}

// errorStatus returns the status code and the Status object of an error
// response.
func errorStatus(code int, reason, message string, r Request) (int, any) {
	details := Object{}
	if r.Name != "" {
		details = Object{"name": r.Name, "kind": r.Plural}
	}
	return code, Object{"kind": "Status", "apiVersion": "v1", "metadata": Object{}, "status": "Failure", "reason": reason, "message": message, "code": code, "details": details}
}

func writeJSON(w http.ResponseWriter, code int, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(text)
}

// silentLogger returns a logger that discards everything: some tests cause TLS
// handshakes that fail, which the server would log.
func silentLogger() *log.Logger { return log.New(io.Discard, "", 0) }

// AnyBodyContains reports whether at least one of the requests has the text in
// its body.
func AnyBodyContains(requests []Request, text string) bool {
	return slices.ContainsFunc(requests, func(r Request) bool { return strings.Contains(r.Body, text) })
}
