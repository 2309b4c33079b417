// Package controller works on the controllers of Cluster API Provider AWS in a
// management cluster: the Secret with their credentials, their Deployment, their
// service account.
//
// It calls the API server through the HTTP client that k8s.io/client-go builds from a
// kubeconfig. It has its own types for the few objects that it reads, because the
// typed clients link every API of Kubernetes. It checks that every response is about
// the requested object.
//
// Errors are values (see fault.go). The package knows no flags and no AWS.
package controller
