// Package controllertest tests the commands for the controllers of a management
// cluster end to end, against a real Kubernetes API server. The tests do what
// the kubelet and the Kubernetes controllers would do, such as running pods.
package controllertest

import (
	"flag"
	"os"
	"testing"

	"capaboot/internal/kubernetes"
)

// TestMain stops the API server that the tests share. Unless -parallel is set,
// it runs up to 16 tests concurrently, because they mostly wait.
func TestMain(m *testing.M) {
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "test.parallel" })
	if !set {
		_ = flag.Set("test.parallel", "16")
	}
	os.Exit(kubernetes.Main(m))
}
