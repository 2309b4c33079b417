// Tests of what --timeout bounds besides the wait for the stack, and of what is
// said when AWS cannot be reached.

package cli

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"capaboot/internal/cfndouble"
)

// TestTheTimeoutOfEachStep names the step that took the time.
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
				time.Sleep(2 * time.Hour) // what the service was doing ends
			})
		})
	}
}

// blockedOut is a stdout that no one reads.
type blockedOut struct{ until <-chan struct{} }

func (b blockedOut) Write(text []byte) (int, error) { <-b.until; return len(text), nil }

// TestOutputThatBlocks: neither stdout nor stderr keeps a run from its end.
func TestOutputThatBlocks(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c *cloud) {
		over := make(chan struct{})
		defer close(over)
		var talk screen
		code := Run(t.Context(), Process{
			Args:   []string{"capaboot", "bootstrap", "iam", "plan", "--offline", "--timeout", "1m"},
			Stdout: blockedOut{over}, Stderr: &talk, Environment: c.process(),
		})
		if code != exitFailed || talk.text.String() != "capaboot: error: timed out after 1m: writing the result\n" {
			t.Errorf("stdout: exit code %d, stderr %q", code, talk.text.String())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a signal
		defer cancel()
		var out screen
		code = Run(ctx, Process{
			Args:   []string{"capaboot", "bootstrap", "iam", "plan"},
			Stdout: &out, Stderr: blockedOut{over}, Environment: c.process(),
		})
		if code != exitInterrupted || out.text.String() != "" || len(c.ChangeSets()) != 0 {
			t.Errorf("stderr: exit code %d, stdout %q, left %v", code, out.text.String(), c.ChangeSets())
		}
	})
}

// through sends the requests of some services elsewhere.
type through struct {
	*cfndouble.Double
	fail map[string]error // by the service in the signature
}

func (s through) RoundTrip(r *http.Request) (*http.Response, error) {
	for service, err := range s.fail {
		if strings.Contains(r.Header.Get("Authorization"), "/"+service+"/aws4_request") {
			return nil, err
		}
	}
	return s.Double.RoundTrip(r)
}

// TestTheAddressOfEachService is in the error when it cannot be reached.
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
				c.transport = through{c.Double, map[string]error{service: unknown}}
				_, stderr := c.policy(t, 1, "review", "deployed")
				wantText(t, stderr, want+"connecting to aws.test:80: host name aws.test not found\n", "capaboot: hint: ")
			})
		})
	}
}

// TestARefusedPort is over a real connection. Proxies are in TestNetworkErrors:
// only a process of its own reads their variables.
func TestARefusedPort(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.Listener.Addr().String()
	server.Close()
	c := &cloud{environment: endpoint("http://"+address, "eu-west-1"), folder: t.TempDir()}
	_, stderr := c.do(t, 1, "plan")
	wantText(t, stderr, "capaboot: error: verifying the credentials from the environment: AWS STS in eu-west-1 (at the endpoint of AWS_ENDPOINT_URL): connecting to "+address+": connection refused\n")
}
