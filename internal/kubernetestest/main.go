// Command kubernetestest is the kube-apiserver of Kubernetes, from
// cmd/kube-apiserver. Tests start it; see internal/kubernetes.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() { os.Exit(cli.Run(app.NewAPIServerCommand())) }
