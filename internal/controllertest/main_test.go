// Package controllertest tests the commands on the controllers of a management
// cluster end to end, at a real API server of Kubernetes. What kubelet and the
// controllers of Kubernetes would do, such as pods that run, a test does itself.
package controllertest

import (
	"os"
	"testing"

	"capaboot/internal/kubernetes"
)

// TestMain stops the API server that the tests share.
func TestMain(m *testing.M) { os.Exit(kubernetes.Main(m)) }
