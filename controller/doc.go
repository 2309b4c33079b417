// Package controller works on the controllers of Cluster API Provider AWS in a
// management cluster: the Secret with their credentials, their Deployment,
// their service account.
//
// It calls the API server through the HTTP client that k8s.io/client-go builds
// from a kubeconfig. It has its own types for the few objects that it reads,
// because the typed clients link every Kubernetes API. It checks that every
// response is about the requested object.
//
// Errors are values (see fault.go). The package does not depend on command-line
// flags or AWS.
package controller
