// Tests of what --timeout limits besides the wait for the stack, and of the
// messages when AWS cannot be reached.

package cli

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"capaboot/internal/cfndouble"
)

// TestTheTimeoutOfEachStep checks that the error names the step that took the
// time.
func TestTheTimeoutOfEachStep(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, operation string
		timeout         string
		args            []string
		want            string
	}{
		{"the credentials", "GetCallerIdentity", "3s", []string{"plan"}, "timed out after 3s: verifying the credentials from the environment; last problem: AWS STS in eu-west-1 (at the endpoint of AWS_ENDPOINT_URL): connecting to aws.test:80: no response in time\n"},
		{"looking at the stack", "DescribeStacks", "3s", []string{"deploy"}, "timed out after 3s: describing stack " + stackName},
		{"the change set", "DescribeChangeSet", "3s", []string{"plan"}, "timed out after 3s: planning stack " + stackName},
		{"the events", "DescribeStackEvents", "30s", []string{"delete", "--yes"}, "timed out after 30s: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, c *cloud) {
				if test.args[0] == "delete" {
					c.do(t, 0, "deploy")
				}
				c.Break(cfndouble.Fault{Operation: test.operation, Kind: cfndouble.Slow, Delay: time.Hour})
				stdout, stderr := c.do(t, 1, append(test.args, "--timeout", test.timeout)...)
				wantText(t, stderr, "capaboot: error: "+test.want)
				if stdout != "" {
					t.Errorf("stdout: %s", stdout)
				}
				time.Sleep(2 * time.Hour) // lets the request in the double end
			})
		})
	}
}

// blockedOutput blocks every write until the channel is closed.
type blockedOutput struct{ closed <-chan struct{} }

func (b blockedOutput) Write(text []byte) (int, error) { <-b.closed; return len(text), nil }

// TestOutputThatBlocks checks that a run ends although a write to stdout or
// stderr blocks.
func TestOutputThatBlocks(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c *cloud) {
		ended := make(chan struct{})
		defer close(ended)
		var stderr screen
		code := Run(t.Context(), Process{
			Args:   []string{"capaboot", "bootstrap", "iam", "plan", "--offline", "--timeout", "1m"},
			Stdout: blockedOutput{ended}, Stderr: &stderr, Environment: c.commandEnvironment(),
		})
		if code != exitFailed || stderr.text.String() != "capaboot: error: timed out after 1m: writing the result\n" {
			t.Errorf("stdout: exit code %d, stderr %q", code, stderr.text.String())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // stands for a signal
		defer cancel()
		var out screen
		code = Run(ctx, Process{
			Args:   []string{"capaboot", "bootstrap", "iam", "plan"},
			Stdout: &out, Stderr: blockedOutput{ended}, Environment: c.commandEnvironment(),
		})
		if code != exitInterrupted || out.text.String() != "" || len(c.ChangeSets()) != 0 {
			t.Errorf("stderr: exit code %d, stdout %q, left %v", code, out.text.String(), c.ChangeSets())
		}
	})
}

// failingServices returns errors for the requests to some services.
type failingServices struct {
	*cfndouble.Double
	errors map[string]error // by the name of the service in the signature
}

func (s failingServices) RoundTrip(r *http.Request) (*http.Response, error) {
	for service, err := range s.errors {
		if strings.Contains(r.Header.Get("Authorization"), "/"+service+"/aws4_request") {
			return nil, err
		}
	}
	return s.Double.RoundTrip(r)
}

// TestTheAddressOfEachService checks that the error has the address of a
// service that cannot be reached.
func TestTheAddressOfEachService(t *testing.T) {
	t.Parallel()
	unknown := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "aws.test", IsNotFound: true}}
	for service, want := range map[string]string{
		"sts": "verifying the credentials from the environment: AWS STS in eu-west-1 (at the endpoint of AWS_ENDPOINT_URL): ", "cloudformation": "no response from CloudFormation: ",
		"iam": "reading the account: no response from IAM: ",
	} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, c *cloud) {
				c.do(t, 0, "deploy")
				c.transport = failingServices{c.Double, map[string]error{service: unknown}}
				_, stderr := c.policy(t, 1, "review", "deployed")
				wantText(t, stderr, want+"connecting to aws.test:80: host name aws.test not found\n", "capaboot: hint: ")
			})
		})
	}
}

// TestARefusedPort checks that the error names the address that refuses a
// connection. TestNetworkErrors tests proxies, whose variables are read only by
// a new process.
func TestARefusedPort(t *testing.T) {
	t.Parallel()
	const address = "127.0.0.1:1" // no server: another test cannot get this port
	c := &cloud{environment: endpoint("http://"+address, "eu-west-1"), folder: t.TempDir()}
	_, stderr := c.do(t, 1, "plan")
	wantText(t, stderr, "capaboot: error: verifying the credentials from the environment: AWS STS in eu-west-1 (at the endpoint of AWS_ENDPOINT_URL): connecting to "+address+": connection refused\n")
}
