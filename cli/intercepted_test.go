// Tests of the commands that call AWS, when something else responds: a proxy,
// the login page of a network, a server that is not AWS.

package cli

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"capaboot/internal/cfndouble"
)

// otherServer responds to every request with one status, content type and body,
// but answers GetCallerIdentity with a caller if identifies is set.
type otherServer struct {
	status     int
	kind, body string
	identifies bool
	requests   int
}

const callerXML = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ann</Arn><UserId>AIDAFALSE</UserId>" +
	"<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"

func (s *otherServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.requests++
	status, kind, text := s.status, s.kind, s.body
	if body, _ := io.ReadAll(r.Body); s.identifies && strings.Contains(string(body), "Action=GetCallerIdentity") {
		status, kind, text = http.StatusOK, "text/xml", callerXML
	}
	header := http.Header{"Content-Type": {kind}}
	if status >= 300 && status < 400 {
		header.Set("Location", "https://other.test/")
	}
	return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: header, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

// Every command ends within seconds, without a result, and says that the
// response is not from AWS and what to check.
func TestAnotherServerResponds(t *testing.T) {
	const page = "<!DOCTYPE html><html><body>Sign in</body></html>"
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, []byte(`{"current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "a"}}],
		"clusters": [{"name": "a", "cluster": {"server": "https://127.0.0.1:9"}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	commands := map[string][]string{
		"encode":       {"bootstrap", "credentials", "encode-as-profile", "--role-arn", "arn:aws:iam::123456789012:role/x"},
		"check":        {"bootstrap", "iam", "check"},
		"check, JSON":  {"bootstrap", "iam", "check", "-o", "json"},
		"plan":         {"bootstrap", "iam", "plan"},
		"deploy":       {"bootstrap", "iam", "deploy", "--yes"},
		"verify":       {"bootstrap", "iam", "verify"},
		"verify, JSON": {"bootstrap", "iam", "verify", "-o", "json"},
		"delete":       {"bootstrap", "iam", "delete", "--yes"},
		"review":       {"policy", "review", "deployed"},
		"diff":         {"policy", "diff", "deployed"},
		"explain":      {"policy", "explain", "ec2:RunInstances", "--deployed"},
		"simulate":     {"policy", "simulate", "--policy", "deployed", "--role", "nodes", "--action", "iam:CreateUser"},
		"trust irsa":   {"policy", "trust", "irsa", "--cluster", "c"},
		"pod identity": {"controller", "use-pod-identity", "--cluster-name", "c", "--yes", "--kubeconfig", kubeconfig},
		"IRSA":         {"controller", "use-irsa", "--cluster-name", "c", "--yes", "-o", "json", "--kubeconfig", kubeconfig},
	}
	for name, args := range commands {
		for response, server := range map[string]otherServer{
			"HTML":            {status: 200, kind: "text/html", body: page},
			"HTML, forbidden": {status: 403, kind: "text/html", body: page},
			"HTML, proxy":     {status: 407, kind: "text/html", body: page},
			"JSON":            {status: 200, kind: "application/json", body: `{"result": "ok"}`},
			"text":            {status: 404, kind: "text/plain", body: "not found"},
			"nothing":         {status: 200, kind: "text/xml"},
			"a redirect":      {status: 302, kind: "text/html", body: page},
		} {
			for _, server.identifies = range []bool{false, true} {
				if name == "encode" && server.identifies {
					continue // encode does not ask for the identity, so the result is the same
				}
				synctest.Test(t, func(t *testing.T) {
					start, s := time.Now(), server
					stdout, stderr, code := runWithTransport(t, &s, endpoint("http://aws.test", "eu-west-1"), strings.NewReader(""), args...)
					took := time.Since(start)
					isExplained := strings.Contains(stderr, "unexpected response") || strings.Contains(stderr, "returned HTTP status")
					_, hint, _ := strings.Cut(stderr, ": hint: ")
					hasHint := strings.Contains(hint, "check ")
					if code != exitFailed || stdout != "" || !isExplained || !hasHint || took > 20*time.Second || s.requests > 20 {
						t.Errorf("%s, %s, caller %t: exit code %d after %s and %d requests\nstdout:\n%s\nstderr:\n%s", name, response, server.identifies, code, took, s.requests, stdout, stderr)
					}
				})
			}
		}
	}
}

// "check" also fails when another server responds only in place of IAM, because the
// responses say nothing about the account.
func TestAnotherServerInsteadOfIAM(t *testing.T) {
	inBubble(t, func(t *testing.T, c *cloud) {
		c.Put(stackName, "CREATE_COMPLETE", `{"Resources": {"AWSIAMRoleNodes": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}}}}`, nil)
		for _, operation := range []string{"GetRole", "ListPolicies", "GetAccountSummary"} {
			c.Break(cfndouble.Fault{Operation: operation, Kind: cfndouble.HTML, Status: 200})
			_, stderr := c.do(t, 1, "check")
			wantText(t, stderr, "not possible (", "unexpected response from IAM: HTML instead of XML", "hint: check the proxy")
			c.RemoveFaults()
		}
	})
}
