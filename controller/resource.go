package controller

// This file has the API resources that the package knows, and their paths.

import (
	"net/url"
	"strings"
)

// Resource is a resource of the Kubernetes API. Group is "" for the core group.
type Resource struct{ Group, Version, Plural, Kind string }

// The resources of the controllers. All are namespaced.
var (
	Secrets         = Resource{"", "v1", "secrets", "Secret"}
	Pods            = Resource{"", "v1", "pods", "Pod"}
	Events          = Resource{"", "v1", "events", "Event"}
	ServiceAccounts = Resource{"", "v1", "serviceaccounts", "ServiceAccount"}
	Deployments     = Resource{"apps", "v1", "deployments", "Deployment"}
	ReplicaSets     = Resource{"apps", "v1", "replicasets", "ReplicaSet"}
)

// String names the resource as kubectl does, such as "deployments.apps".
func (r Resource) String() string {
	if r.Group == "" {
		return r.Plural
	}
	return r.Plural + "." + r.Group
}

// apiVersion returns the apiVersion of the resource's objects.
func (r Resource) apiVersion() string {
	if r.Group == "" {
		return r.Version
	}
	return r.Group + "/" + r.Version
}

// path returns the path of an object, or of all objects if name is "". If
// namespace is "", it is the path for all namespaces.
func (r Resource) path(namespace, name string) string {
	parts := []string{"/api", r.Version}
	if r.Group != "" {
		parts = []string{"/apis", r.Group, r.Version}
	}
	if namespace != "" {
		parts = append(parts, "namespaces", url.PathEscape(namespace))
	}
	parts = append(parts, r.Plural)
	if name != "" {
		parts = append(parts, url.PathEscape(name))
	}
	return strings.Join(parts, "/")
}

// NameProblem returns what is wrong with text as the name of a namespace, a
// Deployment or a Secret, such as "want a name, got nothing"; "" if nothing is.
// It requires an RFC 1123 subdomain:
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
func NameProblem(text string) string {
	if text == "" {
		return "want a name, got nothing"
	}
	if len(text) > 253 {
		return "want at most 253 characters"
	}
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || label[0] == '-' || label[len(label)-1] == '-' {
			return "want lower-case letters, digits, hyphens and dots, with a letter or digit at the beginning and the end"
		}
	}
	return ""
}
