// Tests of the checks in "check" and before a deployment: how much time they take,
// what happens when CloudFormation or IAM does not respond, and a missing policy.

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"capaboot/internal/cfndouble"
)

// Texts in the body of a request that show which service the request is for.
const (
	toIAM            = "Version=2010-05-08"
	toCloudFormation = "Version=2010-05-15"
)

// slowNetwork delays every request to the double by 100 ms. A request that
// contains the text in lost fails with the error in refused. If refused is
// nil, the response to such a request takes the additional time delay; if
// delay is 0 too, there is no response.
type slowNetwork struct {
	*cfndouble.Double
	lost    string
	refused error
	delay   time.Duration

	mutex          sync.Mutex
	firstChangeSet time.Time // time of the first CreateChangeSet request
}

func (d *slowNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	text := string(body)
	if d.lost != "" && strings.Contains(text, d.lost) {
		switch {
		case d.refused != nil:
			return nil, d.refused
		case d.delay == 0:
			<-r.Context().Done() // a network that loses every packet
			return nil, r.Context().Err()
		}
		select {
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-time.After(d.delay):
		}
	}
	select {
	case <-time.After(100 * time.Millisecond):
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
	d.mutex.Lock()
	if strings.Contains(text, "Action=CreateChangeSet") && d.firstChangeSet.IsZero() {
		d.firstChangeSet = time.Now()
	}
	d.mutex.Unlock()
	return d.Double.RoundTrip(r)
}

// With 100 ms for each request, the steps before the change set take less than
// 1.5 s. The program may add at most 2 s to the time that CloudFormation takes.
func TestTimeOfTheChecks(t *testing.T) {
	inBubble(t, func(t *testing.T, c *cloud) {
		c.checksFirst = true
		spec := c.config(t, "  bootstrapUser: {enable: true, extraPolicyAttachments: [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]}\n")
		for _, name := range []string{"a new stack", "a stack"} {
			network := &slowNetwork{Double: c.Double}
			c.transport = network
			start := time.Now()
			c.do(t, 0, "deploy", "--yes", spec)
			if elapsed := network.firstChangeSet.Sub(start); elapsed > 1500*time.Millisecond {
				t.Errorf("%s: %v until the change set", name, elapsed)
			}
		}
	})
}

// When IAM does not respond, the checks delay a deployment by about ten
// seconds, and "check" reports the checks that need IAM as not possible.
func TestChecksWithoutIAM(t *testing.T) {
	inBubble(t, func(t *testing.T, c *cloud) {
		c.checksFirst = true
		network := &slowNetwork{Double: c.Double, lost: toIAM}
		c.transport = network
		start := time.Now()
		_, stderr := c.do(t, 0, "deploy")
		if elapsed := network.firstChangeSet.Sub(start); elapsed > checkTimeout+2*time.Second {
			t.Errorf("%v until the change set", elapsed)
		}
		wantText(t, strings.Join(strings.Fields(strings.ReplaceAll(stderr, "capaboot: ", "")), " "), "not checked before the deployment: names: iam:", "no response within 10 seconds")

		c.StartDeletion(stackName)
		start = time.Now()
		found := c.checkResult(t, 1)
		if elapsed := time.Since(start); elapsed > 30*time.Second {
			t.Errorf("check takes %v", elapsed)
		}
		for _, name := range []string{"names", "permissions", "quotas"} {
			if result, _ := found.result(name); result != "not possible" {
				t.Errorf("%s is %s", name, result)
			}
		}
	})
}

// When CloudFormation or IAM does not respond, "check" ends soon, with every
// result and the exit code 1, even if no check failed.
func TestCheckOfAnUnreachableAccount(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, lost string
		refused    error
		want       string
		open       []string
	}{
		{"CloudFormation refuses", toCloudFormation, errors.New("refused"), "CloudFormation: no response: ", []string{"stack"}},
		{"CloudFormation is silent", toCloudFormation, nil, "CloudFormation: no response", []string{"stack"}},
		{"IAM refuses", toIAM, errors.New("refused"), "IAM: no response: ", []string{"names", "permissions", "quotas"}},
		{"IAM is silent", toIAM, nil, "IAM: no response within 20 seconds", []string{"names", "permissions", "quotas"}},
	} {
		inBubble(t, func(t *testing.T, c *cloud) {
			c.transport = &slowNetwork{Double: c.Double, lost: test.lost, refused: test.refused}
			start := time.Now()
			stdout, stderr := c.do(t, 1, "check", "-o", "json")
			if took := time.Since(start); took > 25*time.Second {
				t.Errorf("%s: it took %v", test.name, took)
			}
			wantText(t, stderr, "not possible (", test.want, "hint: check the network")
			var found checkOutputJSON
			if err := json.Unmarshal([]byte(stdout), &found); err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
			for _, name := range test.open {
				if result, _ := found.result(name); result != "not possible" {
					t.Errorf("%s: %s is %q", test.name, name, result)
				}
			}
		})
	}
}

// The limit of 20 seconds is for all requests about the stack together.
func TestCheckWithSlowCloudFormation(t *testing.T) {
	inBubble(t, func(t *testing.T, c *cloud) {
		c.do(t, 0, "deploy")
		c.transport = &slowNetwork{Double: c.Double, lost: toCloudFormation, delay: 12 * time.Second}
		start := time.Now()
		_, stderr := c.do(t, 1, "check", "-o", "json")
		if took := time.Since(start); took > 25*time.Second {
			t.Errorf("it took %v", took)
		}
		wantText(t, stderr, "CloudFormation: no response within 20 seconds")
	})
}

// TestMissingPolicyNamesItsFields: if several resources refer to a policy that does
// not exist, the finding has their number and the field of the configuration.
func TestMissingPolicyNamesItsFields(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ spec, want, fields string }{
		{"  permissionsBoundary: arn:aws:iam::123456789012:policy/x\n", "policy/x, which AWSIAMRoleControlPlane and 3 other resources refer to, does not exist", "spec.permissionsBoundary"},
		{"  permissionsBoundary: arn:aws:iam::444455556666:policy/x\n", "policy/x, which AWSIAMRoleControlPlane and 3 other resources refer to, is in another account", "spec.permissionsBoundary"},
		{"  nodes: {extraPolicyAttachments: [\"arn:aws:iam::123456789012:policy/x\"]}\n", "policy/x, which AWSIAMRoleNodes refers to, does not exist", "spec.nodes.extraPolicyAttachments"},
	} {
		c := newCloud(t)
		stdout, _ := c.do(t, 1, "check", c.config(t, test.spec))
		joined := strings.Join(strings.Fields(stdout), " ")
		if wantText(t, joined, test.want); !strings.Contains(joined, "orrect the ARN in the configuration ("+test.fields+")") {
			t.Errorf("the remedy does not name %s:\n%s", test.fields, stdout)
		}
	}
}
