// Tests of controller print-credentials: its output, its errors, and its
// behaviour under the name clusterawsadm.

package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"capaboot/controller"
	"capaboot/internal/conform"
	"capaboot/internal/kubedouble"
)

func TestPrintCredentials(t *testing.T) {
	m := newManagementCluster(t, secretProfile)
	stdout, stderr := m.do(0, "print-credentials")
	wantText(t, stdout, "Secret capa-manager-bootstrap-credentials in namespace capa-system\n  created:        2026-01-02T03:04:05Z, ",
		"profile default\n  access key ID:  ****", "wrapping:         Secret\nusable by CAPA:   yes\n")
	wantText(t, stderr, "capaboot: context double, "+m.URL+", namespace capa-system\n")
	var got struct {
		State, Works string
		Credentials  struct{ Identity struct{ Account string } }
	}
	stdout, _ = m.do(0, "print-credentials", "--verify", "-o", "json")
	conform.Read(t, "controller-credentials", stdout, &got)
	if got.State != "filled" || got.Works != "yes" || got.Credentials.Identity.Account != "123456789012" {
		t.Errorf("got %+v", got)
	}
	if lines := m.RequestLines(); len(lines) != 2 || lines[0] != "GET "+secretPath {
		t.Errorf("requests: %q", lines)
	}
}

func TestPrintUnusableCredentials(t *testing.T) {
	for _, test := range []struct{ name, manifest, want, problem string }{
		{"zeroed", secretManifest("\n"), "credentials:      none; zeroed (a line break instead of credentials)\nused instead:     unknown\n", "the Secret has no credentials, and it is unknown what the controllers use instead"},
		{"empty", secretManifest(""), "credentials:      none; the key \"credentials\" of the Secret is empty", "the Secret has no credentials"},
		{"key absent", strings.ReplaceAll(secretManifest("x"), `"credentials":`, `"other":`), "credentials:      none; the Secret has no key \"credentials\", so the controllers find no credentials file\n", "the Secret has no credentials"},
		{"no profile", secretManifest("[other]\naws_access_key_id = " + userID + "\n"), "usable by CAPA:   no\n\nproblem: the credentials have no [default] profile", "CAPA's controllers cannot use these credentials"},
		{"encoded twice", secretManifest("W2RlZmF1bHRdCmF3c19hY2Nlc3Nfa2V5X2lkID0geAo="), "problem: the value is encoded twice\n", "CAPA's controllers cannot use these credentials"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newManagementCluster(t, "")
			m.Put(test.manifest)
			stdout, stderr := m.do(1, "print-credentials")
			wantText(t, stdout, test.want)
			wantText(t, stderr, "capaboot: error: "+test.problem)
			json, _ := m.do(1, "print-credentials", "-o", "json")
			conform.CheckRun(t, []string{"controller", "print-credentials", "-o", "json"}, json)
			if strings.Contains(stdout, "encode the credentials again") {
				t.Errorf("a fix is for AWS_B64ENCODED_CREDENTIALS, not for the Secret:\n%s", stdout)
			}
		})
	}
}

func TestPrintCredentialsWithSecrets(t *testing.T) {
	m := newManagementCluster(t, secretProfile)
	stdout, stderr, code := m.run("print-credentials", "--show-secrets")
	if code != 0 || stdout != secretProfile || strings.Contains(stderr, userSecret) {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	wantText(t, stderr, "capaboot: warning: anyone who can read this output can use these credentials\n")
	for _, flag := range []string{"--verify", "--output=json"} {
		if stdout, _ := m.do(2, "print-credentials", "--show-secrets", flag); stdout != "" {
			t.Errorf("%s: %s", flag, stdout)
		}
	}
	m.Put(secretManifest("\n"))
	if stdout, stderr := m.do(1, "print-credentials", "--show-secrets"); stdout != "" || !strings.Contains(stderr, "error: there are no credentials to show: zeroed") {
		t.Errorf("zeroed: %q, %s", stdout, stderr)
	}
}

// Under the name clusterawsadm, print-credentials has the output and the exit
// codes of clusterawsadm.
func TestCompatiblePrintCredentials(t *testing.T) {
	for _, test := range []struct{ name, manifest, want, warning string }{
		{"credentials", secretManifest(secretProfile), secretProfile + "\n", "anyone who can read this output"},
		{"not a profile", secretManifest("x"), "x\n", "cannot use these credentials"},
		{"zeroed", secretManifest("\n"), "Credentials are zeroed\n", "zeroed (a line break"},
		{"empty", secretManifest(""), "\n", "the key \"credentials\" of the Secret is empty"},
		{"key absent", strings.ReplaceAll(secretManifest("x"), `"credentials":`, `"other":`), "", "the Secret has no key \"credentials\""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newManagementCluster(t, "")
			m.called = "/usr/local/bin/clusterawsadm"
			m.Put(test.manifest)
			stdout, stderr, code := m.run("print-credentials")
			if code != 0 || stdout != test.want || !strings.Contains(stderr, "clusterawsadm: warning: ") || !strings.Contains(stderr, test.warning) {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
			}
			if lines := m.RequestLines(); len(lines) != 1 || lines[0] != "GET "+secretPath {
				t.Errorf("requests: %q", lines)
			}
		})
	}
}

// Called as clusterawsadm, but with flags that clusterawsadm does not have,
// print-credentials behaves as under the name capaboot: it prints no secret.
func TestCompatiblePrintCredentialsWithNewFlags(t *testing.T) {
	for _, flags := range [][]string{{"-o", "json"}, {"--output", "json"}, {"-ojson"}, {"-o", "text"}, {"--verify"}} {
		m := newManagementCluster(t, secretProfile)
		m.called = "clusterawsadm"
		stdout, stderr, _ := m.run(append([]string{"print-credentials"}, flags...)...)
		if strings.Contains(stdout+stderr, userSecret) || !strings.Contains(stdout+stderr, "****PLE0") {
			t.Errorf("%q: stdout %q, stderr %q", flags, stdout, stderr)
		}
	}
}

// Every failure to reach or read the cluster has a hint; an invalid flag has none.
func TestClusterErrors(t *testing.T) {
	m := newManagementCluster(t, secretProfile)
	kubeconfig := m.environment["KUBECONFIG"]
	plugin := m.write(t, "plugin", "#!/bin/sh\nexit 255\n")
	write := func(name, text string) string { return m.write(t, name, text) }
	exec := write("exec", m.KubeconfigText("exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: ["+plugin+"], interactiveMode: Never}"))
	for _, test := range []struct {
		name       string
		kubeconfig string
		args       []string
		fault      kubedouble.Kind
		code       int
		error      string
		hint       string
	}{
		{name: "no kubeconfig", kubeconfig: "none", code: 1, error: "no kubeconfig: KUBECONFIG is not set, " + m.home + "/.kube/config does not exist, and the program does not run in a pod of a cluster", hint: "name a file with --kubeconfig, or set KUBECONFIG"},
		{name: "a file that does not exist", args: []string{"--kubeconfig", "nowhere"}, code: 1, error: "kubeconfig nowhere: the file does not exist", hint: "choose another file with --kubeconfig"},
		{name: "not a kubeconfig", kubeconfig: write("bad", "a: [\n"+userSecret), code: 1, error: "not a kubeconfig: ", hint: "choose another file with --kubeconfig"},
		{name: "a context that does not exist", args: []string{"--kubeconfig-context", "duoble"}, code: 1, error: `has no context "duoble", did you mean "double"? contexts: double`, hint: "choose a context with --kubeconfig-context"},
		{name: "an exec plugin that fails", kubeconfig: exec, code: 1, error: "getting credentials for the cluster: exec plugin sh: failed with exit code 255", hint: "you may have to sign in again, for example: aws sso login"},
		{name: "an exec plugin that does not exist", kubeconfig: write("missing", m.KubeconfigText("exec: {apiVersion: client.authentication.k8s.io/v1, command: aws2, installHint: \"Install the\\n  AWS CLI 2.\", interactiveMode: Never}")), code: 1,
			error: "exec plugin aws2: not found", hint: "install aws2, or add its folder to PATH; the kubeconfig says: Install the AWS CLI 2."},
		{name: "an exec plugin with a wrong path", kubeconfig: write("path", m.KubeconfigText("exec: {apiVersion: client.authentication.k8s.io/v1, command: /nowhere/aws2, interactiveMode: Never}")), code: 1,
			error: "no such file or directory", hint: "install /nowhere/aws2, or correct the path of the plugin in the kubeconfig"},
		{name: "a list without a file", kubeconfig: "none:", code: 1, error: "no kubeconfig: KUBECONFIG names no file", hint: "name a file with --kubeconfig"},
		{name: "credentials that are not accepted", kubeconfig: write("token", m.KubeconfigText("token: FALSESECRET")), code: 1, error: `does not accept the credentials of user "tester" in the kubeconfig (401 Unauthorized)`, hint: "aws eks update-kubeconfig"},
		{name: "another certificate", kubeconfig: write("ca", strings.Replace(m.KubeconfigText("token: x"), "certificate-authority-data: ", "tls-server-name: other.invalid\n    certificate-authority-data: ", 1)), code: 1, error: "no TLS connection to ", hint: "certificate-authority-data"},
		{name: "no permission", fault: kubedouble.Forbidden, code: 1, error: "not allowed to get Secret capa-manager-bootstrap-credentials in namespace capa-system", hint: `grant this rule in a Role in namespace capa-system: {apiGroups: [""], resources: [secrets], resourceNames: [capa-manager-bootstrap-credentials], verbs: [get]}`},
		{name: "another namespace", args: []string{"--namespace", "capa"}, code: 1, error: "does not exist; secrets with label cluster.x-k8s.io/provider=infrastructure-aws: capa-system/", hint: "the Secret is in another namespace: pass --namespace capa-system"},
		{name: "an invalid namespace", args: []string{"--namespace", "A b"}, code: 2, error: "invalid value for --namespace: want lower-case letters, digits, hyphens and dots"},
		{name: "HTML", fault: kubedouble.Portal, code: 1, error: "HTML instead of JSON (from another server or a proxy?)", hint: "HTTPS_PROXY"},
		{name: "a broken connection", fault: kubedouble.Reset, code: 1, error: "no response from " + m.URL + ": the connection was closed", hint: "check whether the cluster responds: kubectl version"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m.t = t
			m.environment["KUBECONFIG"] = kubeconfig
			if test.kubeconfig != "" {
				m.environment["KUBECONFIG"] = strings.TrimPrefix(test.kubeconfig, "none")
			}
			if test.fault != "" {
				m.Fail(kubedouble.Fault{Kind: test.fault})
				defer m.RemoveFaults()
			}
			for _, level := range []string{"0", "99"} {
				stdout, stderr := m.do(test.code, append([]string{"print-credentials", "-v", level}, test.args...)...)
				if stdout != "" {
					t.Errorf("stdout: %s", stdout)
				}
				joined := strings.Join(strings.Fields(stderr), " ")
				wantText(t, joined, "capaboot: error: ", test.error)
				if test.hint != "" {
					wantText(t, joined, "capaboot: hint: ", test.hint)
				}
			}
		})
	}
}

// TestAnonymousRequest: a rule for system:anonymous would open the Secret to
// everyone, so the hint does not offer one.
func TestAnonymousRequest(t *testing.T) {
	denied := controller.Forbidden{Verb: "get", Resource: controller.Secrets, Namespace: "capa-system", Name: "s", Message: `secrets "s" is forbidden: User "system:anonymous" cannot get resource "secrets"`}
	if hint := (clusterOptions{}).grantHint(&denied); strings.Contains(hint, "apiGroups") || !strings.Contains(hint, "do not grant permissions to system:anonymous") {
		t.Error(hint)
	}
	denied.Message = `secrets "s" is forbidden: User "ann" cannot get resource "secrets"`
	if hint := (clusterOptions{}).grantHint(&denied); !strings.Contains(hint, "grant this rule in a Role in namespace capa-system: {apiGroups") {
		t.Error(hint)
	}
}

// TestExposedConnection: the commands warn before they send credentials over a
// connection that others can read. The proxy does not exist, so nothing is sent.
func TestExposedConnection(t *testing.T) {
	m := newManagementCluster(t, secretProfile)
	m.machine.write(t, "plain", "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'http://prod.example.com', proxy-url: 'http://127.0.0.1:9'}}]\n")
	_, stderr := m.do(1, "print-credentials", "--kubeconfig", filepath.Join(m.machine.home, "plain"))
	wantText(t, strings.Join(strings.Fields(strings.ReplaceAll(stderr, "capaboot: warning:", "")), " "), "the connection to the API server is not encrypted: anyone on the network can read the credentials", "hint: in the kubeconfig, use a server with https")
}
