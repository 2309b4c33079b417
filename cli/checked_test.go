// "deploy" with its checks: how long they keep it, and an IAM that does not answer.

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

// distant is a double at 100 ms from here. IAM may be out of reach.
type distant struct {
	*cfndouble.Double
	withoutIAM bool

	mutex   sync.Mutex
	planned time.Time // when the first change set was asked for
}

func (d *distant) RoundTrip(r *http.Request) (*http.Response, error) {
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
	if strings.Contains(text, "Action=CreateChangeSet") && d.planned.IsZero() {
		d.planned = time.Now()
	}
	d.mutex.Unlock()
	return d.Double.RoundTrip(r)
}

// At 100 ms a call, everything before the change set takes less than 2 s: the budget
// of a deployment beyond the time that CloudFormation needs.
func TestChecksTakeLittleOfADeployment(t *testing.T) {
	inBubble(t, func(t *testing.T, c *cloud) {
		c.checksFirst = true
		spec := c.config(t, "  bootstrapUser: {enable: true, extraPolicyAttachments: [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]}\n")
		for _, of := range []string{"a new stack", "a stack"} {
			network := &distant{Double: c.Double}
			c.transport = network
			start := time.Now()
			c.do(t, 0, "deploy", "--yes", spec)
			if took := network.planned.Sub(start); took > 1500*time.Millisecond {
				t.Errorf("%s: %v until the change set", of, took)
			}
		}
	})
}

// An IAM that loses every packet keeps a deployment for ten seconds, and "check" says
// of each look why it has no answer.
func TestChecksWithoutIAM(t *testing.T) {
	inBubble(t, func(t *testing.T, c *cloud) {
		c.checksFirst = true
		network := &distant{Double: c.Double, withoutIAM: true}
		c.transport = network
		start := time.Now()
		_, stderr := c.do(t, 0, "deploy")
		if took := network.planned.Sub(start); took > firstTime+2*time.Second {
			t.Errorf("%v until the change set", took)
		}
		wantText(t, strings.Join(strings.Fields(strings.ReplaceAll(stderr, "capaboot: ", "")), " "), "not checked before the deployment: names: iam:", "no response within 10 seconds")

		c.DeleteNow(stackName)
		start = time.Now()
		found := c.checked(t, 0)
		if took := time.Since(start); took > 3*time.Minute {
			t.Errorf("check takes %v", took)
		}
		for _, name := range []string{"names", "permissions", "quotas"} {
			if result, _ := found.result(name); result != "not possible" {
				t.Errorf("%s is %s", name, result)
			}
		}
	})
}
