// Tests of the requests to the API server: retries, faulty responses, exec
// plugins, and secrets in errors.

package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"capaboot/internal/kubedouble"
)

const secretText = `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"capa-manager-bootstrap-credentials","namespace":"capa-system",
	"labels":{"cluster.x-k8s.io/provider":"infrastructure-aws"}},"data":{"credentials":"RkFMU0VTRUNSRVQ="}}`

// openDouble starts a double with the Secret, and opens it.
func openDouble(t *testing.T) (*kubedouble.Server, *Cluster) {
	t.Helper()
	return openDoubleWithTimeout(t, 10*time.Second)
}

func openDoubleWithTimeout(t *testing.T, timeout time.Duration) (*kubedouble.Server, *Cluster) {
	t.Helper()
	s := kubedouble.New(t)
	s.Put(secretText)
	c, err := Open(t.Context(), Options{Kubeconfig: s.Kubeconfig(t), Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func TestGetListPatch(t *testing.T) {
	s, c := openDouble(t)
	var secret Secret
	if err := c.Get(t.Context(), Secrets, Namespace, SecretName, &secret); err != nil {
		t.Fatal(err)
	}
	if string(secret.Data[SecretKey]) != "FALSESECRET" || secret.Metadata.ResourceVersion == "" || secret.Metadata.CreationTimestamp.IsZero() {
		t.Errorf("got %+v", secret)
	}
	var all []Secret
	if err := c.List(t.Context(), Secrets, "", ProviderLabel, &all); err != nil || len(all) != 1 {
		t.Errorf("list: %v, %v", all, err)
	}
	if err := c.List(t.Context(), Pods, Namespace, "a=b", &[]Pod{}); err != nil {
		t.Errorf("an empty list: %v", err)
	}
	patch := []byte(`{"metadata":{"resourceVersion":"` + secret.Metadata.ResourceVersion + `"},"data":{"credentials":"Cg=="}}`)
	if err := c.Patch(t.Context(), Secrets, Namespace, SecretName, MergePatch, patch, &secret); err != nil || string(secret.Data[SecretKey]) != "\n" {
		t.Errorf("patch: %v, %v", secret, err)
	}
	err := c.Patch(t.Context(), Secrets, Namespace, SecretName, MergePatch, patch, &secret)
	if _, ok := errors.AsType[*Conflict](err); !ok {
		t.Errorf("the same patch again: %v, want a conflict", err)
	}
	want := []string{
		"GET /api/v1/namespaces/capa-system/secrets/capa-manager-bootstrap-credentials", "GET /api/v1/secrets", "GET /api/v1/namespaces/capa-system/pods",
		"PATCH /api/v1/namespaces/capa-system/secrets/capa-manager-bootstrap-credentials application/merge-patch+json",
		"PATCH /api/v1/namespaces/capa-system/secrets/capa-manager-bootstrap-credentials application/merge-patch+json",
	}
	if got := strings.Join(s.RequestLines(), "\n"); got != strings.Join(want, "\n") {
		t.Errorf("requests:\n%s", got)
	}
}

func TestFaultsOfTheServer(t *testing.T) {
	for _, test := range []struct {
		kind kubedouble.Kind
		want string // the error, in which SERVER stands for the URL
	}{
		{kubedouble.Forbidden, `not allowed to get Secret capa-manager-bootstrap-credentials in namespace capa-system: secrets "capa-manager-bootstrap-credentials" is forbidden: User "tester" cannot get resource "secrets" in API group "" in the namespace "capa-system"`},
		{kubedouble.Unauthorized, `SERVER does not accept the credentials of user "tester" in the kubeconfig (401 Unauthorized)`},
		{kubedouble.Conflict, "Secret capa-manager-bootstrap-credentials in namespace capa-system was changed by another client at the same time"},
		{kubedouble.Outage, "the API server rejected the request (500 InternalError): etcdserver: leader changed"},
		{kubedouble.Busy, "the API server rejected the request (429 TooManyRequests): Too many requests, please try again later."},
		{kubedouble.BadGateway, "unexpected response from SERVER: HTML instead of JSON, with status 502 (from another server or a proxy?)"},
		{kubedouble.Portal, "unexpected response from SERVER: HTML instead of JSON (from another server or a proxy?)"},
		{kubedouble.Redirect, "unexpected response from SERVER: an empty body, with status 307 (from another server or a proxy?)"},
		{kubedouble.Empty, "unexpected response from SERVER: an empty body (from another server or a proxy?)"},
		{kubedouble.OtherObject, "unexpected response from SERVER: not the Secret that was requested (from another server or a proxy?)"},
		{kubedouble.OtherNamespace, "unexpected response from SERVER: not the Secret that was requested (from another server or a proxy?)"},
		{kubedouble.UnrelatedJSON, "unexpected response from SERVER: not a Secret of v1 (from another server or a proxy?)"},
		{kubedouble.HalfJSON, "unexpected response from SERVER: truncated or invalid JSON (from another server or a proxy?)"},
		{kubedouble.CutOff, "no response from SERVER: the response was truncated"},
		{kubedouble.Reset, "no response from SERVER: the connection was closed"},
		{kubedouble.Hang, "no response from SERVER: timed out after 200ms"},
	} {
		t.Run(string(test.kind), func(t *testing.T) {
			timeout := 10 * time.Second
			if test.kind == kubedouble.Hang {
				timeout = 200 * time.Millisecond
			}
			s, c := openDoubleWithTimeout(t, timeout)
			s.Fail(kubedouble.Fault{Kind: test.kind})
			for _, request := range []func() error{
				func() error { return c.Get(t.Context(), Secrets, Namespace, SecretName, &Secret{}) },
				func() error { return c.List(t.Context(), Secrets, Namespace, "", &[]Secret{}) },
			} {
				err := request()
				if err == nil {
					t.Fatal("no error")
				}
				if want := strings.ReplaceAll(test.want, "SERVER", s.URL); err.Error() != want && !strings.HasPrefix(err.Error(), "not allowed to list") && !strings.Contains(err.Error(), "not a list of secrets") && !strings.Contains(want, "changed by") {
					t.Errorf("got  %v\nwant %s", err, want)
				}
			}
		})
	}
}

func TestFindNamesCandidates(t *testing.T) {
	s, c := openDouble(t)
	err := c.Find(t.Context(), Secrets, "capa", SecretName, &Secret{})
	const want = "Secret capa-manager-bootstrap-credentials in namespace capa does not exist; secrets with label cluster.x-k8s.io/provider=infrastructure-aws: capa-system/capa-manager-bootstrap-credentials"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	// The content of other Secrets is not read.
	if requests := s.Requests(); len(requests) != 2 || !strings.HasPrefix(requests[1].Accept, "application/json;as=PartialObjectMetadataList;") {
		t.Errorf("requests: %v", requests)
	}
	s.Fail(kubedouble.Fault{Verb: "list", Kind: kubedouble.Forbidden})
	err = c.Find(t.Context(), Secrets, "capa", SecretName, &Secret{})
	if err == nil || !strings.Contains(err.Error(), "it is unknown whether another namespace has this Secret: not allowed to list secrets in all namespaces") {
		t.Errorf("got %v", err)
	}
}

func TestUnreachable(t *testing.T) {
	s, c := openDouble(t)
	s.Close()
	err := c.Get(t.Context(), Secrets, Namespace, SecretName, &Secret{})
	unreachable, ok := errors.AsType[*Unreachable](err)
	if !ok || unreachable.Sent || unreachable.TLS || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %#v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Get(ctx, Secrets, Namespace, SecretName, &Secret{}); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}

func TestExecPlugin(t *testing.T) {
	s := kubedouble.New(t)
	s.Put(secretText)
	for _, test := range []struct{ name, script, want string }{
		{"works", `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"` + kubedouble.Token + `"}}'`, ""},
		{"expired", "exit 255", "exec plugin PLUGIN: failed with exit code 255"},
		{"nonsense", "echo no", "decoding stdout"},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			plugin, config := filepath.Join(folder, "plugin"), filepath.Join(folder, "config")
			write(t, plugin, "#!/bin/sh\n"+test.script+"\n", 0o700)
			write(t, config, s.KubeconfigText("exec: {apiVersion: client.authentication.k8s.io/v1, command: "+plugin+", interactiveMode: Never}"), 0o600)
			c, err := Open(t.Context(), Options{Kubeconfig: config})
			if err == nil {
				err = c.Get(t.Context(), Secrets, Namespace, SecretName, &Secret{})
			}
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if _, ok := errors.AsType[*ExecFailed](err); !ok || !strings.Contains(err.Error(), strings.ReplaceAll(test.want, "PLUGIN", plugin)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestLongResponses checks that a list is read page by page, and that a
// response that is too large is an error.
func TestLongResponses(t *testing.T) {
	s, c := openDouble(t)
	for _, name := range []string{"a", "b", "c", "d"} {
		s.Put(strings.Replace(secretText, SecretName, name, 1))
	}
	s.PageSize = 2
	var all []Secret
	if err := c.List(t.Context(), Secrets, Namespace, ProviderLabel, &all); err != nil || len(all) != 5 || all[0].Metadata.Name != "a" {
		t.Errorf("%d objects, %v", len(all), err)
	}
	if requests := s.Requests(); len(requests) != 3 || !strings.Contains(requests[2].Query, "continue=") || !strings.Contains(requests[2].Query, "labelSelector=") {
		t.Errorf("requests: %v", requests)
	}
	s.Fail(kubedouble.Fault{Kind: kubedouble.Endless})
	err := c.Get(t.Context(), Secrets, Namespace, SecretName, &Secret{})
	if err == nil || !strings.Contains(err.Error(), "more than 32 MiB") {
		t.Errorf("got %v", err)
	}
}

// TestSecretsAreNeverFormatted checks that no format verb prints the value of a
// Secret.
func TestSecretsAreNeverFormatted(t *testing.T) {
	_, c := openDouble(t)
	s, err := c.FindCredentials(t.Context(), Namespace)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(s)
	shown := fmt.Sprintf("%v %+v %#v %s %x", s, *s, s, s.Data, s.Data) + string(text)
	if err != nil || strings.Contains(shown, "FALSESECRET") || strings.Contains(shown, "46414c5345") || strings.Contains(shown, "RkFMU0VTRUNSRVQ") || strings.Contains(shown, "70, 65, 76") {
		t.Errorf("%v: %s", err, shown)
	}
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// A token that no request can contain is a problem of the kubeconfig or of the exec
// plugin, not of the server. A line break at the end of a token file is removed.
func TestTokensWithControlCharacters(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the plugin is a shell script")
	}
	const problem = "the token has a line break or another control character, so no request can contain it"
	folder := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(folder, name)
		write(t, path, text, mode)
		return path
	}
	plugin := file("plugin", `#!/bin/sh
printf '%s' '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "FALSE\nSECRET"}}'
`, 0o700)
	for user, want := range map[string]string{
		`{token: "FALSE\nSECRET"}`:                                 `kubeconfig CONFIG: user "u": ` + problem,
		`{token: "FALSESECRET\n"}`:                                 `kubeconfig CONFIG: user "u": ` + problem,
		"{tokenFile: " + file("bad", "FALSE\nSECRET", 0o600) + "}": `kubeconfig CONFIG: user "u": ` + problem,
		`{token: FALSESECRET, as: "a\tb\nc"}`:                      `kubeconfig CONFIG: user "u": the value for the header Impersonate-User has a line break or another control character, so no request can contain it`,
		"{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: " + plugin + "}}": "getting credentials for the cluster: exec plugin " + plugin + ": " + problem,
		"{tokenFile: " + file("good", "FALSESECRET\n", 0o600) + "}":                                              "no response from ",
		`{username: "a\nb", password: "c\td"}`:                                                                   "no response from ",
	} {
		config := file("config", `{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}], users: [{name: u, user: `+user+"}]}", 0o600)
		c, err := Open(t.Context(), Options{Kubeconfig: config})
		if err == nil {
			err = c.Get(t.Context(), Secrets, Namespace, SecretName, &Secret{})
		}
		if err == nil || !strings.HasPrefix(err.Error(), strings.Replace(want, "CONFIG", config, 1)) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", user, err)
		}
		if bad, ok := errors.AsType[*BadKubeconfig](err); ok && bad.BadToken != strings.Contains(want, problem) {
			t.Errorf("%s: bad token %t", user, bad.BadToken)
		}
	}
}
