// Tests that the API server starts and stores objects.

package kubernetes

import (
	"net/http"
	"os"
	"regexp"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

// TestVersion checks that Version is the version that "make kubernetes" builds.
func TestVersion(t *testing.T) {
	text, err := os.ReadFile("../kubernetestest/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`k8s.io/kubernetes (v\S+)`).FindSubmatch(text)
	if found == nil || string(found[1]) != Version {
		t.Errorf("Version is %s, and go.mod has %s", Version, found)
	}
}

// TestServer checks that the server stores objects.
func TestServer(t *testing.T) {
	s := Start(t)
	namespace := s.CreateNamespace(t)
	secrets := "/api/v1/namespaces/" + namespace + "/secrets"
	s.Do(t, http.MethodPost, secrets, map[string]any{"metadata": map[string]any{"name": "one"}, "stringData": map[string]string{"a": "b"}})
	got := s.Do(t, http.MethodGet, secrets+"/one", nil)
	if data, _ := got["data"].(map[string]any); data["a"] != "Yg==" {
		t.Errorf("got %v", got)
	}
}
