// Package controllertest tests the commands on the controllers of a management
// cluster end to end, at a real API server of Kubernetes. What kubelet and the
// controllers of Kubernetes would do, such as pods that run, a test does itself.
package controllertest

import (
	"flag"
	"os"
	"testing"

	"capaboot/internal/kubernetes"
)

// TestMain stops the API server that the tests share. It lets more of them run at
// once than there are processors: they wait most of their time.
func TestMain(m *testing.M) {
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "test.parallel" })
	if !set {
		_ = flag.Set("test.parallel", "16")
	}
	os.Exit(kubernetes.Main(m))
}
