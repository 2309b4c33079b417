// Tests that errors do not contain the credentials of the request, even if the
// response repeats them and they look like words.

package controller

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestErrorsHideTheCredentialsOfTheRequest(t *testing.T) {
	const secret = "false-horse-battery-staple"
	responses := map[string]func(w http.ResponseWriter, authorization string){
		"the message of a Status": func(w http.ResponseWriter, authorization string) {
			writeStatus(w, 403, "Forbidden", "no entry with "+authorization)
		},
		"the end of the token": func(w http.ResponseWriter, authorization string) {
			writeStatus(w, 403, "Forbidden", "no entry with ..."+strings.ToUpper(authorization[len(authorization)-16:]))
		},
		"the reason of a Status": func(w http.ResponseWriter, authorization string) { writeStatus(w, 400, authorization, "no") },
		"a redirect": func(w http.ResponseWriter, authorization string) {
			w.Header().Set("Location", "ht!tp://%zz"+authorization)
			w.WriteHeader(http.StatusFound)
		},
		"an invalid header": func(w http.ResponseWriter, authorization string) {
			connection, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", authorization)
			connection.Close()
		},
	}
	credential := filepath.Join(t.TempDir(), "credential")
	if err := os.WriteFile(credential, []byte(`{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "`+secret+`"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, respond := range responses {
		for _, user := range []string{
			`{"token": "` + secret + `"}`,
			`{"username": "ann", "password": "` + secret + `"}`,
			`{"exec": {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "command": "cat", "args": ["` + credential + `"]}}`,
		} {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				text := r.Header.Get("Authorization")
				if _, password, ok := r.BasicAuth(); ok {
					text += " " + password
				}
				respond(w, text)
			}))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			ca := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
			path := filepath.Join(t.TempDir(), "kubeconfig")
			if err := os.WriteFile(path, []byte(`{"current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
				"clusters": [{"name": "a", "cluster": {"server": "`+server.URL+`", "certificate-authority-data": "`+ca+`"}}], "users": [{"name": "a", "user": `+user+`}]}`), 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := Open(context.Background(), Options{Kubeconfig: path})
			if err != nil {
				t.Fatal(err)
			}
			err = c.Get(t.Context(), Secrets, Namespace, SecretName, &Secret{})
			server.Close()
			text := strings.ToLower(fmt.Sprint(err))
			if err == nil || strings.Contains(text, "horse") || strings.Contains(text, "staple") || strings.Contains(text, strings.ToLower(base64.StdEncoding.EncodeToString([]byte("ann:"+secret)))) {
				t.Errorf("%s, %.20s: %v", name, user, err)
			}
		}
	}
}

func writeStatus(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"kind": "Status", "apiVersion": "v1", "reason": %q, "message": %q, "code": %d}`, reason, message, code)
}

// TestLongMessagesKeepTheirEnd: a long message of the API server is shortened.
// Its end is kept, because it has the reason when the message quotes an invalid
// value.
func TestLongMessagesKeepTheirEnd(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, 422, "Invalid", "data: Invalid value: "+strings.Repeat("a b ", 5000)+": field is immutable")
	}))
	defer server.Close()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(`{"current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "a"}}],
		"clusters": [{"name": "a", "cluster": {"server": "`+server.URL+`"}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Open(t.Context(), Options{Kubeconfig: path})
	if err != nil {
		t.Fatal(err)
	}
	err = c.Get(t.Context(), Secrets, Namespace, SecretName, &Secret{})
	text := fmt.Sprint(err)
	if err == nil || len(text) > 5000 || !strings.Contains(text, "data: Invalid value") || !strings.Contains(text, ": field is immutable") {
		t.Errorf("%d characters: %.200s", len(text), text)
	}
}
