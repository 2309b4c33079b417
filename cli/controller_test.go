// Helpers for the tests of the commands for a management cluster.

package cli

import (
	"encoding/base64"
	"strings"
	"testing"

	"capaboot/internal/kubedouble"
)

// secretProfile is the profile in the Secret: the keys of the user that
// awsdouble knows.
const secretProfile = "[default]\naws_access_key_id = " + userID + "\naws_secret_access_key = " + userSecret + "\nregion = eu-west-1\n"

func secretManifest(profile string) string {
	return `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"capa-manager-bootstrap-credentials","namespace":"capa-system",
		"labels":{"cluster.x-k8s.io/provider":"infrastructure-aws"},"creationTimestamp":"2026-01-02T03:04:05Z"},
		"type":"Opaque","data":{"credentials":"` + base64.StdEncoding.EncodeToString([]byte(profile)) + `"}}`
}

var secretPath = kubedouble.Path("secrets", "capa-system", "capa-manager-bootstrap-credentials")

// managementCluster is a management cluster, and a machine with access to it.
type managementCluster struct {
	*machine
	*kubedouble.Server
	t *testing.T
	// called is the name under which the program is called.
	called string
}

// newManagementCluster returns a management cluster whose Secret has the profile.
// Without a profile there is no Secret.
func newManagementCluster(t *testing.T, profile string) *managementCluster {
	m := &managementCluster{newMachine(t, "", ""), kubedouble.New(t), t, "capaboot"}
	if profile != "" {
		m.Put(secretManifest(profile))
	}
	m.environment["KUBECONFIG"] = m.Kubeconfig(t)
	return m
}

// do runs "controller ARGS", and checks the exit code and that the output shows
// no secret.
func (m *managementCluster) do(code int, args ...string) (stdout, stderr string) {
	m.t.Helper()
	stdout, stderr, got := m.run(args...)
	if got != code {
		m.t.Errorf("%v: exit code %d, want %d; stdout:\n%s\nstderr:\n%s", args, got, code, stdout, stderr)
	}
	wantNoSecret(m.t, m.machine, stdout+stderr)
	for _, secret := range []string{userSecret, kubedouble.Token} {
		if strings.Contains(stdout+stderr, secret) {
			m.t.Errorf("%v shows a secret:\n%s%s", args, stdout, stderr)
		}
	}
	return stdout, stderr
}

// run is like do, but returns the exit code, and does not check the output.
func (m *managementCluster) run(args ...string) (stdout, stderr string, code int) {
	return m.machine.run(m.called, append([]string{"controller"}, args...)...)
}
