// Tests of "deploy" with its checks: how much time they take, and what happens
// when IAM does not respond.

package cli

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"capaboot/internal/cfndouble"
)

// slowNetwork delays every request to the double by 100 ms. With withoutIAM,
// requests to IAM get no response.
type slowNetwork struct {
	*cfndouble.Double
	withoutIAM bool

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
	if d.withoutIAM && strings.Contains(text, "Version=2010-05-08") {
		<-r.Context().Done() // a network that loses every packet
		return nil, r.Context().Err()
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
// 1.5 s. A deployment may add 2 s to CloudFormation's time.
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
		network := &slowNetwork{Double: c.Double, withoutIAM: true}
		c.transport = network
		start := time.Now()
		_, stderr := c.do(t, 0, "deploy")
		if elapsed := network.firstChangeSet.Sub(start); elapsed > checkTimeout+2*time.Second {
			t.Errorf("%v until the change set", elapsed)
		}
		wantText(t, strings.Join(strings.Fields(strings.ReplaceAll(stderr, "capaboot: ", "")), " "), "not checked before the deployment: names: iam:", "no response within 10 seconds")

		c.DeleteNow(stackName)
		start = time.Now()
		found := c.checkResult(t, 0)
		if elapsed := time.Since(start); elapsed > 3*time.Minute {
			t.Errorf("check takes %v", elapsed)
		}
		for _, name := range []string{"names", "permissions", "quotas"} {
			if result, _ := found.result(name); result != "not possible" {
				t.Errorf("%s is %s", name, result)
			}
		}
	})
}
