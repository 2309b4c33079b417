package controller

// This file has what can go wrong with a cluster, as values: which place was
// looked at, which verb was denied. What to do about it is for the caller to say,
// who knows how people set things.

import (
	"fmt"
	"strings"

	"capaboot/internal/escape"
	"capaboot/internal/nearword"
	"capaboot/internal/shortlist"
)

// NoKubeconfig is the error when nothing says which cluster is meant.
type NoKubeconfig struct {
	// Looked are the places that were looked at, each with what was there:
	// "KUBECONFIG is not set", "/root/.kube/config does not exist".
	Looked []string
}

func (e *NoKubeconfig) Error() string {
	return "no kubeconfig: " + strings.Join(e.Looked, ", ")
}

// BadKubeconfig is the error when a kubeconfig cannot be used.
type BadKubeconfig struct {
	Files   string // the files it was read from
	Problem string // shows no value of it
}

func (e *BadKubeconfig) Error() string { return fmt.Sprintf("kubeconfig %s: %s", e.Files, e.Problem) }

// NoContext is the error when the kubeconfig does not have the context that was
// asked for, or when no one asked for one and it has no current context.
type NoContext struct {
	Name     string // "" when none was asked for, and none is current
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

// ExecFailed is the error when the program that gives the credentials for the
// cluster fails. What the program itself said went to stderr.
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
	Exec         string // the command that gave the credentials, "" for none
}

func (e *Unauthorized) Error() string {
	return fmt.Sprintf("%s does not accept the credentials of user %q in the kubeconfig (401 Unauthorized)", e.Server, e.User)
}

// Forbidden is the error when the API server denies a request.
type Forbidden struct {
	Verb      string // as RBAC has it: get, list, patch
	Resource  Resource
	Namespace string // "" for all
	Name      string // "" for all
	Message   string // the API server's
}

func (e *Forbidden) Error() string {
	return fmt.Sprintf("not allowed to %s %s: %s", e.Verb, subject(e.Resource, e.Namespace, e.Name), e.Message)
}

// Rule is the RBAC rule to grant, as an item of the rules of a Role, or of a
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

// Candidate is an object that may be the one that was meant.
type Candidate struct{ Namespace, Name string }

// NotFound is the error when an object does not exist.
type NotFound struct {
	Resource        Resource
	Namespace, Name string
	// Candidates have the label of the provider, in any namespace. They are looked
	// up by [Cluster.Find] alone, which sets Looked, or Unknown if that was not
	// possible.
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

// Immutable is the error when a Secret cannot be changed.
type Immutable struct{ Namespace, Name string }

func (e *Immutable) Error() string {
	return subject(Secrets, e.Namespace, e.Name) + " is immutable: Kubernetes does not let its data be changed"
}

// Refused is the error when the API server answers with another error: an object
// that is not valid, a webhook that denies, too many requests, an outage.
type Refused struct {
	Status  int    // of HTTP
	Reason  string // the API server's: "Invalid", "InternalError"
	Message string
}

func (e *Refused) Error() string {
	return fmt.Sprintf("the API server refused the request (%d %s): %s", e.Status, e.Reason, e.Message)
}

// Unexpected is the error when a response is not one of an API server for what was
// asked. It says nothing about whether the request was carried out.
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

// Unreachable is the error when there was no response, or it broke off.
type Unreachable struct {
	Server  string
	Problem string
	// TLS says that the connection was made, and one side does not trust the other.
	TLS bool
	// Sent says that the request may have been carried out.
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

// subject names an object, or all of a resource.
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
