package controller

// This file has the errors of the package. Their fields have the details, such as
// the denied verb, so that the caller can add hints with command-line flags.

import (
	"fmt"
	"strings"

	"capaboot/internal/escape"
	"capaboot/internal/nearword"
	"capaboot/internal/shortlist"
)

// NoKubeconfig is the error when nothing selects a cluster.
type NoKubeconfig struct {
	// Searched are the places that were searched, each with the result, such as
	// "KUBECONFIG is not set" or "/root/.kube/config does not exist".
	Searched []string
	// InPod means that the program runs in a pod that has no token.
	InPod bool
}

func (e *NoKubeconfig) Error() string {
	return "no kubeconfig: " + strings.Join(e.Searched, ", ")
}

// BadKubeconfig is the error when a kubeconfig cannot be used.
type BadKubeconfig struct {
	Files   string // the files from which it was read
	Problem string // what is wrong; contains no secret, but can contain names from the files
	// Denied means that the user of the process is not allowed to read a file.
	// InPod means that the program runs in a pod.
	Denied, InPod bool
	// BadToken means that the user's token contains a character that a request
	// cannot contain. AuthProvider is the name of the user's auth provider,
	// which is not supported, or "".
	BadToken     bool
	AuthProvider string
}

func (e *BadKubeconfig) Error() string { return fmt.Sprintf("kubeconfig %s: %s", e.Files, e.Problem) }

// BadPodToken is the error when the files of the pod's service account cannot be used.
type BadPodToken struct {
	Folder  string // the folder of the files
	Problem string // what is wrong; contains no secret
	Denied  bool   // the user of the process is not allowed to read a file
}

func (e *BadPodToken) Error() string {
	return fmt.Sprintf("the files of the pod's service account in %s cannot be used: %s", e.Folder, e.Problem)
}

// NoContext is the error when the kubeconfig has no usable context: the
// requested context or the current one does not exist, or none was requested
// and none is current.
type NoContext struct {
	Name     string // "" when none was requested and none is current
	Files    string
	Contexts []string // existing contexts, sorted
}

func (e *NoContext) Error() string {
	text := fmt.Sprintf("kubeconfig %s has no current context", e.Files)
	if e.Name != "" {
		text = fmt.Sprintf("kubeconfig %s has no context %q%s", e.Files, e.Name, nearword.DidYouMean(e.Name, e.Contexts))
	}
	if len(e.Contexts) == 0 {
		return text + "; it contains no contexts"
	}
	separator := "; contexts: "
	if strings.HasSuffix(text, "?") {
		separator = " contexts: "
	}
	return text + separator + shortList(e.Contexts, 10)
}

// ExecFailed is the error when the exec plugin that provides credentials for the
// cluster fails. The plugin's own output went to stderr.
type ExecFailed struct {
	Command string // the command of the plugin
	Problem string
	// NotFound means that the command does not exist. InstallHint is then what the
	// kubeconfig says about installing it, in one line, or "".
	NotFound    bool
	InstallHint string
}

func (e *ExecFailed) Error() string {
	return fmt.Sprintf("getting credentials for the cluster: exec plugin %s: %s", e.Command, e.Problem)
}

// Unauthorized is the error when the API server does not accept the credentials of
// the kubeconfig, or the token of the pod that the program runs in.
type Unauthorized struct {
	Server, User string
	Exec         string // the exec plugin that provided the credentials, "" for none
	// TokenFolder is the folder with the token of the pod, "" for the credentials of a
	// kubeconfig.
	TokenFolder string
}

func (e *Unauthorized) Error() string {
	if e.TokenFolder != "" {
		return fmt.Sprintf("%s does not accept the token of the pod's service account, in %s (401 Unauthorized)", e.Server, e.TokenFolder)
	}
	return fmt.Sprintf("%s does not accept the credentials of user %q in the kubeconfig (401 Unauthorized)", e.Server, e.User)
}

// Forbidden is the error when the API server denies a request.
type Forbidden struct {
	Verb      string // an RBAC verb, such as get, list, patch or create
	Resource  Resource
	Namespace string // "" for all
	Name      string // "" for all
	Message   string // from the API server
}

func (e *Forbidden) Error() string {
	return fmt.Sprintf("not allowed to %s %s: %s", e.Verb, subject(e.Resource, e.Namespace, e.Name), e.Message)
}

// IsAnonymous reports whether the API server treated the request as anonymous: it did
// not accept the credentials of the kubeconfig, or there are none. An API
// server that refuses anonymous requests answers 401 instead.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests
func (e *Forbidden) IsAnonymous() bool { return strings.Contains(e.Message, `"system:anonymous"`) }

// Rule returns the RBAC rule that allows requests with the verbs for the object, as an
// item for the rules of a Role, or of a ClusterRole if Namespace is "".
func (e *Forbidden) Rule(verbs ...string) string {
	group := e.Resource.Group
	if group == "" {
		group = `""`
	}
	names := ""
	if e.Name != "" {
		names = fmt.Sprintf(", resourceNames: [%s]", e.Name)
	}
	return fmt.Sprintf("{apiGroups: [%s], resources: [%s]%s, verbs: [%s]}", group, e.Resource.Plural, names, strings.Join(verbs, ", "))
}

// Candidate is an existing object that may be the one that the user means.
type Candidate struct{ Namespace, Name string }

// NotFound is the error when an object does not exist.
type NotFound struct {
	Resource        Resource
	Namespace, Name string
	// Candidates are the objects in all namespaces that have the provider's
	// label. Only [Cluster.Find] looks them up, and sets Searched, or SearchErr
	// if the lookup fails.
	Candidates []Candidate
	Searched   bool
	SearchErr  error
}

func (e *NotFound) Error() string {
	text := subject(e.Resource, e.Namespace, e.Name) + " does not exist"
	switch {
	case e.SearchErr != nil:
		return text + "; it is unknown whether another namespace has this " + e.Resource.Kind + ": " + e.SearchErr.Error()
	case len(e.Candidates) > 0:
		var names []string
		for _, candidate := range e.Candidates {
			names = append(names, candidate.Namespace+"/"+candidate.Name)
		}
		return fmt.Sprintf("%s; %s with label %s: %s", text, e.Resource.Plural, ProviderLabel, shortList(names, 5))
	case e.Searched:
		return fmt.Sprintf("%s, and no %s in any namespace has the label %s", text, e.Resource.Kind, ProviderLabel)
	}
	return text
}

// Conflict is the error when an object has changed since it was read.
type Conflict struct {
	Resource        Resource
	Namespace, Name string
}

func (e *Conflict) Error() string {
	return subject(e.Resource, e.Namespace, e.Name) + " was changed by another client at the same time"
}

// Immutable is the error when the field immutable of a Secret is set.
type Immutable struct{ Namespace, Name string }

func (e *Immutable) Error() string {
	return subject(Secrets, e.Namespace, e.Name) + " is immutable: Kubernetes does not allow changes of its data"
}

// Rejected is the error for any other error response of the API server: an
// invalid object, a webhook that denies the request, too many requests, an
// outage.
type Rejected struct {
	Status  int    // the HTTP status code
	Reason  string // from the API server, such as "Invalid" or "InternalError"
	Message string
}

func (e *Rejected) Error() string {
	return fmt.Sprintf("the API server rejected the request (%d %s): %s", e.Status, e.Reason, e.Message)
}

// Unexpected is the error when a response does not look like the API server's
// response to the request. The request may or may not have been executed.
type Unexpected struct {
	Server  string
	Status  int
	Problem string // quotes nothing from the response
}

func (e *Unexpected) Error() string {
	text := fmt.Sprintf("unexpected response from %s: %s", e.Server, e.Problem)
	if e.Status != 200 {
		text += fmt.Sprintf(", with status %d", e.Status)
	}
	return text + " (from another server or a proxy?)"
}

// Unreachable is the error when there was no response or only a part of one.
type Unreachable struct {
	Server  string
	Problem string
	// TLS means that the connection was established, but the TLS handshake
	// failed, for example because one side does not trust the other.
	TLS bool
	// Sent means that the request was sent completely or in part, and may have been
	// executed.
	Sent bool
	// Proxy is the host and port of the proxy that could not be reached or did
	// not connect to the server; "" for any other problem.
	Proxy string
	// InPod means that the program runs in a pod of the cluster, without a kubeconfig.
	InPod bool
	Err   error
}

func (e *Unreachable) Error() string {
	if e.TLS {
		return fmt.Sprintf("no TLS connection to %s: %s", e.Server, e.Problem)
	}
	if e.Proxy != "" {
		return fmt.Sprintf("connecting to %s through proxy %s: %s", e.Server, e.Proxy, e.Problem)
	}
	return fmt.Sprintf("no response from %s: %s", e.Server, e.Problem)
}

// Unwrap returns the cause.
func (e *Unreachable) Unwrap() error { return e.Err }

// shortList returns the names in one line. If there are more than limit+1, it
// returns the first limit names and the number of the others.
func shortList(names []string, limit int) string {
	return shortlist.Few(names, shortlist.Shown(len(names), limit), escape.Text)
}

// subject names an object, or all objects of a resource.
func subject(r Resource, namespace, name string) string {
	scope := " in all namespaces"
	if namespace != "" {
		scope = " in namespace " + namespace
	}
	if name == "" {
		return r.String() + scope
	}
	return r.Kind + " " + name + scope
}
