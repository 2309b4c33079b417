package controller

// This file has the errors of the package as values: which places were searched, which
// verb was denied. The caller says what to do about them, because it knows the flags.

import (
	"fmt"
	"strings"

	"capaboot/internal/escape"
	"capaboot/internal/nearword"
	"capaboot/internal/shortlist"
)

// NoKubeconfig is the error when nothing selects a cluster.
type NoKubeconfig struct {
	// Looked are the places searched, each with what was found: "KUBECONFIG is not
	// set", "/root/.kube/config does not exist".
	Looked []string
}

func (e *NoKubeconfig) Error() string {
	return "no kubeconfig: " + strings.Join(e.Looked, ", ")
}

// BadKubeconfig is the error when a kubeconfig cannot be used.
type BadKubeconfig struct {
	Files   string // the files it was read from
	Problem string // quotes no value of the files
}

func (e *BadKubeconfig) Error() string { return fmt.Sprintf("kubeconfig %s: %s", e.Files, e.Problem) }

// NoContext is the error when the kubeconfig lacks the requested context, or has no
// current context and none was requested.
type NoContext struct {
	Name     string // "" when none was requested and none is current
	Files    string
	Contexts []string // those that exist, sorted
}

func (e *NoContext) Error() string {
	text := fmt.Sprintf("kubeconfig %s has no current context", e.Files)
	if e.Name != "" {
		text = fmt.Sprintf("kubeconfig %s has no context %q%s", e.Files, e.Name, nearword.DidYouMean(e.Name, e.Contexts))
	}
	if len(e.Contexts) == 0 {
		return text + "; it has no contexts"
	}
	separator := "; contexts: "
	if strings.HasSuffix(text, "?") {
		separator = " contexts: "
	}
	return text + separator + few(e.Contexts, 10)
}

// ExecFailed is the error when the exec plugin that provides credentials for the
// cluster fails. The plugin's own output went to stderr.
type ExecFailed struct {
	Command string
	Problem string
}

func (e *ExecFailed) Error() string {
	return fmt.Sprintf("getting credentials for the cluster: exec plugin %s: %s", e.Command, e.Problem)
}

// Unauthorized is the error when the API server does not accept the credentials
// of the kubeconfig.
type Unauthorized struct {
	Server, User string
	Exec         string // the exec plugin that provided the credentials, "" for none
}

func (e *Unauthorized) Error() string {
	return fmt.Sprintf("%s does not accept the credentials of user %q in the kubeconfig (401 Unauthorized)", e.Server, e.User)
}

// Forbidden is the error when the API server denies a request.
type Forbidden struct {
	Verb      string // in RBAC's terms: get, list, patch
	Resource  Resource
	Namespace string // "" for all
	Name      string // "" for all
	Message   string // the API server's
}

func (e *Forbidden) Error() string {
	return fmt.Sprintf("not allowed to %s %s: %s", e.Verb, subject(e.Resource, e.Namespace, e.Name), e.Message)
}

// Rule returns the RBAC rule to grant, as an item in the rules of a Role, or of a
// ClusterRole when Namespace is "".
func (e *Forbidden) Rule() string {
	group := e.Resource.Group
	if group == "" {
		group = `""`
	}
	names := ""
	if e.Name != "" {
		names = fmt.Sprintf(", resourceNames: [%s]", e.Name)
	}
	return fmt.Sprintf("{apiGroups: [%s], resources: [%s]%s, verbs: [%s]}", group, e.Resource.Plural, names, e.Verb)
}

// Candidate is an object that the user may have meant.
type Candidate struct{ Namespace, Name string }

// NotFound is the error when an object does not exist.
type NotFound struct {
	Resource        Resource
	Namespace, Name string
	// Candidates are the objects with the provider's label in all namespaces. Only
	// [Cluster.Find] looks them up. It sets Looked, or Unknown when the lookup fails.
	Candidates []Candidate
	Looked     bool
	Unknown    error
}

func (e *NotFound) Error() string {
	text := subject(e.Resource, e.Namespace, e.Name) + " does not exist"
	switch {
	case e.Unknown != nil:
		return text + "; it is unknown whether it is elsewhere: " + e.Unknown.Error()
	case len(e.Candidates) > 0:
		var names []string
		for _, one := range e.Candidates {
			names = append(names, one.Namespace+"/"+one.Name)
		}
		return fmt.Sprintf("%s; %s with label %s: %s", text, e.Resource.Plural, ProviderLabel, few(names, 5))
	case e.Looked:
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
	return subject(e.Resource, e.Namespace, e.Name) + " was changed by someone else at the same time"
}

// Immutable is the error when a Secret is immutable.
type Immutable struct{ Namespace, Name string }

func (e *Immutable) Error() string {
	return subject(Secrets, e.Namespace, e.Name) + " is immutable: Kubernetes does not let its data be changed"
}

// Refused is the error for any other error response of the API server: an invalid
// object, a webhook that denies, too many requests, an outage.
type Refused struct {
	Status  int    // the HTTP status code
	Reason  string // the API server's: "Invalid", "InternalError"
	Message string
}

func (e *Refused) Error() string {
	return fmt.Sprintf("the API server refused the request (%d %s): %s", e.Status, e.Reason, e.Message)
}

// Unexpected is the error when a response does not look like the API server's answer
// to the request. The request may or may not have been carried out.
type Unexpected struct {
	Server  string
	Status  int
	Problem string // quotes nothing of the response
}

func (e *Unexpected) Error() string {
	text := fmt.Sprintf("unexpected response from %s: %s", e.Server, e.Problem)
	if e.Status != 200 {
		text += fmt.Sprintf(", with status %d", e.Status)
	}
	return text + " (not the API server, or a proxy?)"
}

// Unreachable is the error when no response arrived, or only a part of one.
type Unreachable struct {
	Server  string
	Problem string
	// TLS means that the connection was made, but the TLS handshake failed because one
	// side does not trust the other.
	TLS bool
	// Sent means that the request may have been carried out.
	Sent bool
	Err  error
}

func (e *Unreachable) Error() string {
	if e.TLS {
		return fmt.Sprintf("no TLS connection to %s: %s", e.Server, e.Problem)
	}
	return fmt.Sprintf("no answer from %s: %s", e.Server, e.Problem)
}

// Unwrap returns the cause.
func (e *Unreachable) Unwrap() error { return e.Err }

func few(names []string, most int) string {
	return shortlist.Few(names, shortlist.Shown(len(names), most), escape.Text)
}

// subject names an object, or all objects of a resource.
func subject(r Resource, namespace, name string) string {
	where := " in all namespaces"
	if namespace != "" {
		where = " in namespace " + namespace
	}
	if name == "" {
		return r.String() + where
	}
	return r.Kind + " " + name + where
}
