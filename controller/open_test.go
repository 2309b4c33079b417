// Tests of Open: kubeconfigs, contexts, a pod in the cluster, and invalid
// kubeconfigs.

package controller

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"capaboot/internal/deadline"
	"capaboot/internal/kubedouble"
)

// writeKubeconfig writes a kubeconfig with these contexts. The first is the current
// one.
func writeKubeconfig(t *testing.T, folder, name string, contexts ...string) string {
	t.Helper()
	text := "apiVersion: v1\nkind: Config\ncurrent-context: " + contexts[0] + "\ncontexts:\n"
	for _, context := range contexts {
		text += "- {name: " + context + ", context: {cluster: " + context + ", user: u}}\n"
	}
	text += "clusters:\n"
	for _, context := range contexts {
		text += "- {name: " + context + ", cluster: {server: 'https://" + context + ".example.com:6443/k8s/'}}\n"
	}
	path := filepath.Join(folder, name)
	write(t, path, text+"users:\n- {name: u, user: {token: FALSESECRET}}\n", 0o600)
	return path
}

func variables(all map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, ok := all[name]; return value, ok }
}

func TestOpenFindsTheCluster(t *testing.T) {
	folder := t.TempDir()
	a, b := writeKubeconfig(t, folder, "a", "one", "two"), writeKubeconfig(t, folder, "b", "three")
	home := filepath.Join(folder, "home")
	if err := os.MkdirAll(filepath.Join(home, ".kube"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeKubeconfig(t, filepath.Join(home, ".kube"), "config", "home")
	list := strings.Join([]string{filepath.Join(folder, "missing"), b, "", a, b}, string(filepath.ListSeparator))
	for _, test := range []struct {
		name      string
		options   Options
		variables map[string]string
		want      string
	}{
		{"a flag", Options{Kubeconfig: a}, map[string]string{"KUBECONFIG": b}, "context one, https://one.example.com:6443/k8s"},
		{"a flag and a context", Options{Kubeconfig: a, Context: "two"}, nil, "context two, https://two.example.com:6443/k8s"},
		{"a list", Options{}, map[string]string{"KUBECONFIG": list}, "context three, https://three.example.com:6443/k8s"},
		{"a context of the second file in a list", Options{Context: "two"}, map[string]string{"KUBECONFIG": list}, "context two, https://two.example.com:6443/k8s"},
		{"the home directory", Options{Home: home}, nil, "context home, https://home.example.com:6443/k8s"},
		{"a kubeconfig takes precedence over the pod's cluster", Options{Home: home}, map[string]string{"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}, "context home, https://home.example.com:6443/k8s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.options.Lookup = variables(test.variables)
			c, err := Open(t.Context(), test.options)
			if err != nil || c.String() != test.want {
				t.Errorf("got %v, %v, want %s", c, err, test.want)
			}
		})
	}
	if got := Contexts(t.Context(), Options{Lookup: variables(map[string]string{"KUBECONFIG": list})}); strings.Join(got, " ") != "one three two" {
		t.Errorf("contexts: %q", got)
	}
}

func TestOpenInACluster(t *testing.T) {
	s := kubedouble.New(t)
	s.Put(secretText)
	folder := t.TempDir()
	host, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "https://"), ":")
	options := Options{TokenFolder: folder, Lookup: variables(map[string]string{"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port})}
	_, err := Open(t.Context(), options)
	if missing, ok := errors.AsType[*NoKubeconfig](err); !ok || !missing.InPod || !strings.Contains(err.Error(), "and the pod has no token at "+folder) {
		t.Errorf("without a token: %v", err)
	}
	wantBadToken := func(text string) {
		t.Helper()
		_, err := Open(t.Context(), options)
		if bad, ok := errors.AsType[*BadPodToken](err); !ok || bad.Denied || !strings.HasPrefix(err.Error(), "the files of the pod's service account in "+folder+" cannot be used: ") || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v", err)
		}
	}
	write(t, filepath.Join(folder, "token"), kubedouble.Token, 0o600)
	wantBadToken("ca.crt: no such file or directory")
	write(t, filepath.Join(folder, "ca.crt"), string(s.CA()), 0o600)
	write(t, filepath.Join(folder, "token"), "", 0o600)
	wantBadToken("read empty token")
	write(t, filepath.Join(folder, "token"), "FALSEOLDTOKEN", 0o600)
	rejected, err := Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	err = rejected.Get(t.Context(), Secrets, Namespace, SecretName, &Secret{})
	if e, ok := errors.AsType[*Unauthorized](err); !ok || e.TokenFolder != folder || err.Error() != s.URL+" does not accept the token of the pod's service account, in "+folder+" (401 Unauthorized)" {
		t.Errorf("a token that is not accepted: %v", err)
	}
	s.Fail(kubedouble.Fault{Kind: kubedouble.Reset})
	err = rejected.Get(t.Context(), Secrets, Namespace, SecretName, &Secret{})
	if e, ok := errors.AsType[*Unreachable](err); !ok || !e.InPod {
		t.Errorf("no response: %v", err)
	}
	s.RemoveFaults()
	write(t, filepath.Join(folder, "token"), kubedouble.Token, 0o600)
	c, err := Open(t.Context(), options)
	if err != nil || c.String() != "the cluster of this pod, "+s.URL {
		t.Fatalf("%v, %v", c, err)
	}
	if err := c.Get(t.Context(), Secrets, Namespace, SecretName, &Secret{}); err != nil {
		t.Error(err)
	}
}

// TestOpenFaults checks that errors say what is wrong with a kubeconfig and
// contain none of its secrets.
func TestOpenFaults(t *testing.T) {
	folder := t.TempDir()
	validConfig := writeKubeconfig(t, folder, "good", "prod-eu", "prod-us", "dev")
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		write(t, path, text, 0o600)
		return path
	}
	text, err := os.ReadFile(validConfig)
	if err != nil {
		t.Fatal(err)
	}
	changed := func(name, old, new string) string {
		if !strings.Contains(string(text), old) {
			t.Fatal(old)
		}
		return file(name, strings.Replace(string(text), old, new, 1))
	}
	for _, test := range []struct {
		name       string
		kubeconfig string
		context    string
		want       string
	}{
		{"no file", filepath.Join(folder, "no"), "", "the file does not exist"},
		{"a folder", folder, "", folder + " is a folder"},
		{"invalid YAML", file("yaml", "users:\n- {token: FALSESECRET\n  x: [\n"), "", "not a kubeconfig: invalid YAML on line "},
		{"another type", file("type", "users: FALSESECRET\n"), "", "not a kubeconfig: invalid YAML or an invalid value"},
		{"a certificate that is not base64", changed("base64", "server:", "certificate-authority-data: FALSESECRET, server:"), "", "not a kubeconfig: invalid YAML or an invalid value"},
		{"a misspelt context", validConfig, "prod-eur", `has no context "prod-eur", did you mean "prod-eu"? contexts: dev, prod-eu, prod-us`},
		{"no current context", changed("current", "current-context: prod-eu", "x: y"), "", "has no current context; contexts: dev, prod-eu, prod-us"},
		{"a current context that does not exist", changed("gone", "current-context: prod-eu", "current-context: test"), "", `has no context "test"; contexts: dev, prod-eu, prod-us`},
		{"no contexts", file("empty", "apiVersion: v1\nkind: Config\n"), "", "has no current context; it contains no contexts"},
		{"a user that does not exist", changed("user", "user: u}", "user: other}"), "", `context "prod-eu": user "other" does not exist`},
		{"a cluster that does not exist", changed("cluster", "cluster: prod-eu", "cluster: other"), "", `context "prod-eu": cluster "other" does not exist`},
		{"a removed auth provider", changed("provider", "{token: FALSESECRET}", "{auth-provider: {name: gcp}}"), "", `user "u": the auth provider "gcp" is not supported`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(t.Context(), Options{Kubeconfig: test.kubeconfig, Context: test.context})
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "FALSESECRET") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v", err)
			}
		})
	}
	_, err = Open(t.Context(), Options{Lookup: variables(nil), Home: folder})
	if noKubeconfig, ok := errors.AsType[*NoKubeconfig](err); !ok || err.Error() != "no kubeconfig: KUBECONFIG is not set, "+folder+"/.kube/config does not exist, and the program does not run in a pod of a cluster" {
		t.Errorf("got %v, %v", noKubeconfig, err)
	}
}

func TestOpenIsBounded(t *testing.T) {
	ctx, cancel := deadline.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c, err := Open(ctx, Options{Lookup: func(string) (string, bool) { select {} }})
	if !errors.Is(err, deadline.ErrTimeout) {
		t.Errorf("got %v, %v", c, err)
	}
}

// TestLargeFiles checks that neither a kubeconfig nor a file that it names is read
// without a limit: a path may name a device, or a pipe that does not end.
func TestLargeFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the test needs /dev/zero")
	}
	folder := t.TempDir()
	large := filepath.Join(folder, "large")
	write(t, large, strings.Repeat("#\n", maxKubeconfig/2+1), 0o600)
	config := func(cluster, user string) string {
		path := filepath.Join(folder, "config")
		write(t, path, "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'"+cluster+
			"}}]\nusers: [{name: u, user: {"+user+"}}]\n", 0o600)
		return path
	}
	wantProblem := func(want string, options Options) {
		t.Helper()
		if _, err := Open(t.Context(), options); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for path, size := range map[string]string{"/dev/zero": "8 MiB", large: "8 MiB"} {
		wantProblem("kubeconfig "+path+": "+path+" is larger than "+size, Options{Kubeconfig: path})
	}
	home := variables(map[string]string{"KUBECONFIG": "/dev/zero" + string(filepath.ListSeparator) + large})
	wantProblem("/dev/zero is larger than 8 MiB", Options{Lookup: home, Home: folder})
	for _, files := range []struct{ cluster, user string }{
		{", certificate-authority: /dev/zero", "token: FALSETOKEN"},
		{"", "tokenFile: /dev/zero"},
		{"", "client-certificate: /dev/zero, client-key: /dev/null"},
		{"", "client-certificate: /dev/null, client-key: /dev/zero"},
	} {
		wantProblem(`context "c": /dev/zero is larger than 1 MiB`, Options{Kubeconfig: config(files.cluster, files.user)})
	}
	if _, err := Open(t.Context(), Options{Kubeconfig: "/dev/null"}); err == nil || strings.Contains(err.Error(), "larger") {
		t.Errorf("for an empty device: %v", err)
	}
	pods := filepath.Join(folder, "pod")
	if err := os.Mkdir(pods, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(pods, "token"), strings.Repeat("x", maxNamedFile+1), 0o600)
	inPod := variables(map[string]string{"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "1"})
	wantProblem("token is larger than 1 MiB", Options{Lookup: inPod, Home: folder, TokenFolder: pods})
}

// TestKubeconfigInPipe: a kubeconfig can come from a pipe, such as <(command).
func TestKubeconfigInPipe(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: the test needs /proc/self/fd")
	}
	text, err := os.ReadFile(writeKubeconfig(t, t.TempDir(), "config", "prod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		fill func(io.Writer)
		want string // "" for no error
	}{
		{"a kubeconfig", func(w io.Writer) { _, _ = w.Write(text) }, ""},
		{"endless", func(w io.Writer) {
			for err := error(nil); err == nil; {
				_, err = w.Write(make([]byte, 1<<16))
			}
		}, "is larger than 8 MiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			written := make(chan struct{})
			go func() {
				defer close(written)
				test.fill(w)
				w.Close()
			}()
			c, err := Open(t.Context(), Options{Kubeconfig: fmt.Sprintf("/proc/self/fd/%d", r.Fd())})
			r.Close()
			<-written
			switch {
			case test.want == "" && (err != nil || c.Context != "prod"):
				t.Errorf("got %v, %v", c, err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestExposure: credentials that others on the network can read need a warning.
func TestExposure(t *testing.T) {
	const plain, unverified = "not encrypted", "insecure-skip-tls-verify"
	for _, test := range []struct{ cluster, want string }{
		{"server: 'https://prod.example.com'", ""},
		{"server: 'http://prod.example.com:8080'", plain},
		{"server: 'prod.example.com:8080'", plain}, // the default scheme of client-go
		{"server: 'https://prod.example.com', insecure-skip-tls-verify: true", unverified},
		{"server: 'http://127.0.0.1:8001'", ""},
		{"server: 'http://[::1]:8001'", ""},
		{"server: 'http://localhost:8001'", ""},
		{"server: 'http://localhost.example.com'", plain},
	} {
		path := filepath.Join(t.TempDir(), "config")
		write(t, path, "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c}}]\nclusters: [{name: c, cluster: {"+test.cluster+"}}]\n", 0o600)
		c, err := Open(t.Context(), Options{Kubeconfig: path})
		if err != nil || (c.Exposure == "") != (test.want == "") || !strings.Contains(c.Exposure, test.want) {
			t.Errorf("%s: %v, %v", test.cluster, c, err)
		}
	}
}

// TestExecPluginThatHangs checks that a request ends in time although its exec
// plugin hangs.
func TestExecPluginThatHangs(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the plugin is a shell script")
	}
	s := kubedouble.New(t)
	folder := t.TempDir()
	plugin, config := filepath.Join(folder, "plugin"), filepath.Join(folder, "config")
	// The plugin exits when the folder is removed, at the end of the test.
	write(t, plugin, "#!/bin/sh\nwhile [ -e "+plugin+" ]; do sleep 0.1; done\n", 0o700)
	write(t, config, s.KubeconfigText("exec: {apiVersion: client.authentication.k8s.io/v1, command: "+plugin+", interactiveMode: Never}"), 0o600)
	c, err := Open(t.Context(), Options{Kubeconfig: config})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := c.Get(ctx, Secrets, Namespace, SecretName, &Secret{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	c, err = Open(t.Context(), Options{Kubeconfig: config, Timeout: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err = c.Get(t.Context(), Secrets, Namespace, SecretName, &Secret{}); err == nil || !strings.HasSuffix(err.Error(), "exec plugin "+plugin+": timed out after 100ms") {
		t.Errorf("got %v", err)
	}
}

// TestServerWithUser: the URL of a server can have a user, a path and a query. No
// text shows the password.
func TestServerWithUser(t *testing.T) {
	for _, host := range []string{"127.0.0.1:0", "[::1]:0"} {
		listener, err := net.Listen("tcp", host)
		if err != nil {
			continue // a machine without IPv6
		}
		var path, authorization string
		server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path, authorization = r.URL.RequestURI(), r.Header.Get("Authorization")
			writeStatus(w, 403, "Forbidden", "no entry with "+authorization)
		})}}
		server.Start()
		defer server.Close()
		address := listener.Addr().String()
		basic := func(user string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(user)) }
		for _, test := range []struct{ server, shown, path, authorization string }{
			{"http://ann:horse-battery@" + address, "http://" + address, "", basic("ann:horse-battery")},
			{"http://ann@" + address, "http://" + address, "", basic("ann:")},
			{"http://ann:horse-battery@" + address + "/k8s/clusters/c-1/?a=b", "http://" + address + "/k8s/clusters/c-1", "/k8s/clusters/c-1", basic("ann:horse-battery")},
			{"http://ann:horse%40battery@" + address + "/a%20b/", "http://" + address + "/a%20b", "/a%20b", basic("ann:horse@battery")},
			// client-go sends a token only with TLS.
			{"http://" + address + "?", "http://" + address, "", ""},
			{"http://" + address + "/#c", "http://" + address + "/%23c", "/%23c", ""},
			{"http://" + address + "/k8s?a=b", "http://" + address + "/k8s", "/k8s", ""},
		} {
			file := filepath.Join(t.TempDir(), "kubeconfig")
			write(t, file, `{"current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
				"clusters": [{"name": "a", "cluster": {"server": "`+test.server+`"}}], "users": [{"name": "a", "user": {"token": "FALSESECRET"}}]}`, 0o600)
			c, err := Open(t.Context(), Options{Kubeconfig: file})
			if err != nil {
				t.Errorf("%s: %v", test.server, err)
				continue
			}
			err = c.Get(t.Context(), Secrets, Namespace, SecretName, &Secret{})
			if c.Server != test.shown || path != test.path+"/api/v1/namespaces/"+Namespace+"/secrets/"+SecretName || authorization != test.authorization {
				t.Errorf("%s: shown as %s, requested %s with %q: %v", test.server, c.Server, path, authorization, err)
			}
			if text := fmt.Sprint(c, err); strings.Contains(text, "horse") || test.authorization != "" && strings.Contains(text, test.authorization[len("Basic "):]) {
				t.Errorf("%s: %s", test.server, text)
			}
		}
	}
}

// TestInvalidServerWithPassword: the parser of URLs quotes parts of an invalid
// URL, so its message is omitted when the URL has a password.
func TestInvalidServerWithPassword(t *testing.T) {
	for server, want := range map[string]string{
		"https://ann:horse%zz@example.com":  "the server: not a valid URL",
		"https://ann:horse/x@example.com":   "the server: not a valid URL",
		"https://ann:horse@example.com:abc": "the server: not a valid URL",
		"https://example.com:abc":           "host must be a URL or a host:port pair",
	} {
		file := filepath.Join(t.TempDir(), "kubeconfig")
		write(t, file, `{"current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
			"clusters": [{"name": "a", "cluster": {"server": "`+server+`"}}], "users": [{"name": "a", "user": {}}]}`, 0o600)
		_, err := Open(t.Context(), Options{Kubeconfig: file})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "horse") {
			t.Errorf("%s: %v", server, err)
		}
	}
}
