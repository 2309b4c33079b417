// Package controller works on the controllers of Cluster API Provider AWS in a
// management cluster: the Secret with their credentials, their Deployment, their
// service account.
//
// It asks the API server through the HTTP client that k8s.io/client-go makes of a
// kubeconfig, and has its own few objects: the typed clients link every API of
// Kubernetes. Every answer is checked to be what was asked for before it counts.
//
// Errors are values (see fault.go). The package knows no flags and no AWS.
package controller
