// Helpers for tests that use the server: kubeconfigs of users, namespaces, objects.

package kubernetes

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// AdminToken is the token of the administrator, who may do everything.
const AdminToken = "false-token-of-the-test-admin"

// writeFiles writes the files that the server reads: its key and certificate,
// and the tokens of its users. It also creates a client that trusts the server.
func (s *Server) writeFiles() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kube-apiserver of a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	s.ca = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	for name, text := range map[string][]byte{
		"server.crt": s.ca, "server.key": pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}),
		"tokens.csv": []byte(AdminToken + ",admin,admin,system:masters\n"),
	} {
		if err := os.WriteFile(filepath.Join(s.folder, name), text, 0o600); err != nil {
			return err
		}
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(s.ca)
	s.client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}}
	return nil
}

// Kubeconfig writes a kubeconfig for a user, and returns its path. "" is the
// administrator. Any other user has no permissions until the test grants some,
// such as with [Server.Allow].
func (s *Server) Kubeconfig(t testing.TB, user string) string {
	t.Helper()
	return s.KubeconfigFor(t, user, s.URL)
}

// KubeconfigFor is like Kubeconfig, but with the URL of a proxy in front of the
// server. With https, the proxy must present the certificate of the server.
func (s *Server) KubeconfigFor(t testing.TB, user, url string) string {
	t.Helper()
	as, ca := "", ""
	if user != "" {
		as = fmt.Sprintf(", as: %q", user)
	}
	if strings.HasPrefix(url, "https:") {
		ca = ", certificate-authority-data: " + base64.StdEncoding.EncodeToString(s.ca)
	}
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: test
contexts:
- {name: test, context: {cluster: test, user: test}}
clusters:
- {name: test, cluster: {server: %q%s}}
users:
- {name: test, user: {token: %s%s}}
`, url, ca, AdminToken, as)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// CreateNamespace creates a namespace for a test, and returns its name.
func (s *Server) CreateNamespace(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	s.lastNamespace++
	name := fmt.Sprintf("test-%d", s.lastNamespace)
	s.mu.Unlock()
	s.Do(t, http.MethodPost, "/api/v1/namespaces", map[string]any{"metadata": map[string]any{"name": name}})
	return name
}

// Allow grants permissions in a namespace to a user. Each rule has the form
// "VERB,VERB GROUP/RESOURCE", such as "get,patch /secrets" or
// "get apps/deployments".
func (s *Server) Allow(t testing.TB, namespace, user string, rules ...string) {
	t.Helper()
	list := []any{}
	for _, rule := range rules {
		verbs, resources, _ := strings.Cut(rule, " ")
		group, resource, _ := strings.Cut(resources, "/")
		list = append(list, map[string]any{"apiGroups": []string{group}, "resources": []string{resource}, "verbs": strings.Split(verbs, ",")})
	}
	s.CreateRole(t, namespace, user, list)
}

// CreateRole creates a Role with these rules, in the JSON of RBAC, grants it to
// a user, and waits until it is in effect.
func (s *Server) CreateRole(t testing.TB, namespace, user string, rules []any) {
	t.Helper()
	path := "/apis/rbac.authorization.k8s.io/v1/namespaces/" + namespace
	s.Do(t, http.MethodPost, path+"/roles", map[string]any{"metadata": map[string]any{"name": user}, "rules": append([]any{probe}, rules...)})
	s.Do(t, http.MethodPost, path+"/rolebindings", map[string]any{
		"metadata": map[string]any{"name": user},
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": user},
		"subjects": []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}},
	})
	review := map[string]any{"spec": map[string]any{"user": user, "resourceAttributes": map[string]any{"namespace": namespace, "verb": "probe", "group": "capaboot.test", "resource": "probes"}}}
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		response := s.Do(t, http.MethodPost, "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
		if status, _ := response["status"].(map[string]any); status["allowed"] == true {
			return
		}
		if time.Since(start) > 10*time.Second {
			t.Fatalf("the role of %s is not in effect: %v", user, response)
		}
	}
}

// CreateClusterRole creates a ClusterRole with these rules, in the JSON of
// RBAC, and grants it to a user. It does not wait until the ClusterRole is in
// effect: call [Server.CreateRole] afterwards.
func (s *Server) CreateClusterRole(t testing.TB, user string, rules []any) {
	t.Helper()
	const path = "/apis/rbac.authorization.k8s.io/v1"
	s.Do(t, http.MethodPost, path+"/clusterroles", map[string]any{"metadata": map[string]any{"name": user}, "rules": rules})
	s.Do(t, http.MethodPost, path+"/clusterrolebindings", map[string]any{
		"metadata": map[string]any{"name": user},
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user},
		"subjects": []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}},
	})
}

// probe is a rule that allows a verb on a resource that does not exist. When the
// verb is allowed, the role with the rule is in effect.
var probe = map[string]any{"apiGroups": []string{"capaboot.test"}, "resources": []string{"probes"}, "verbs": []string{"probe"}}

// Do sends a request as the administrator, and returns the object in the
// response. The test fails if the request fails. A PATCH is a merge patch.
func (s *Server) Do(t testing.TB, method, path string, object any) map[string]any {
	t.Helper()
	// The end of the test must not interrupt a request that a goroutine of the
	// test sends; a cleanup function waits for the goroutine.
	status, response, err := s.Send(context.WithoutCancel(t.Context()), method, path, object)
	if err != nil || status >= 300 {
		t.Fatalf("%s %s: %d %s %v", method, path, status, response, err)
	}
	var got map[string]any
	if err := json.Unmarshal(response, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// Send is like Do, but returns the status code and any error.
func (s *Server) Send(ctx context.Context, method, path string, object any) (status int, response []byte, err error) {
	var body []byte
	if object != nil {
		if body, err = json.Marshal(object); err != nil {
			return 0, nil, err
		}
	}
	contentType := "application/json"
	if method == http.MethodPatch {
		contentType = "application/merge-patch+json"
	}
	return s.sendBody(ctx, method, path, contentType, body)
}

func (s *Server) sendBody(ctx context.Context, method, path, contentType string, body []byte) (status int, received []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+AdminToken)
	request.Header.Set("Content-Type", contentType)
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	received, err = io.ReadAll(response.Body)
	return response.StatusCode, received, err
}
