// Tests of use-irsa and use-pod-identity against a real API server.

package controllertest

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"capaboot/internal/eksdouble"
)

// useEKS adds a double of EKS that describes the cluster, with the role for the
// controllers.
func (w *world) useEKS(trust string) *eksdouble.Double {
	w.t.Helper()
	aws := eksdouble.New(w.t)
	aws.PutCluster(eksdouble.Cluster, w.URL, eksdouble.Issuer)
	aws.PutAddon(eksdouble.Cluster, "eks-pod-identity-agent", "ACTIVE")
	aws.PutRole(eksdouble.RoleName, strings.ReplaceAll(trust, ":capa-system:", ":"+w.namespace+":"))
	aws.PutProvider(eksdouble.Provider, "sts.amazonaws.com")
	maps.Copy(w.environment, aws.Environment())
	return aws
}

func TestUseIRSA(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aws := w.useEKS(eksdouble.TrustIRSA)
	w.rollOut(true, runningSince(time.Now().Add(-time.Hour)))
	w.onChange(func() {
		variables := append([]any{object{"name": "AWS_ROLE_ARN", "value": eksdouble.RoleARN}}, irsa[1])
		w.rollOut(true, runningSince(later()), variables...)
	})
	w.do(0, "use-irsa", "--cluster-name", eksdouble.Cluster, "--yes")
	if got, text := w.status(0); w.secretValue() != "\n" || got.Source != "web-identity" || got.RoleARN != eksdouble.RoleARN || got.Works != "yes" || len(aws.Associations()) != 0 {
		t.Errorf("the Secret has %q; %s", w.secretValue(), text)
	}
	w.do(0, "use-irsa", "--cluster-name", eksdouble.Cluster, "--yes")
}

// TestUsePodIdentity interrupts the move after each step and repeats it. The
// result must be the same each time.
func TestUsePodIdentity(t *testing.T) {
	t.Parallel()
	for name, isReached := range map[string]func(*world, *eksdouble.Double) bool{
		"never":           nil,
		"at once":         func(*world, *eksdouble.Double) bool { return true },
		"the association": func(_ *world, aws *eksdouble.Double) bool { return len(aws.Associations()) > 0 },
		"the Secret":      func(w *world, _ *eksdouble.Double) bool { return w.secretValue() == "\n" },
		"the restart":     func(w *world, _ *eksdouble.Double) bool { return w.annotations() != nil },
	} {
		t.Run("interrupted after "+name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			aws := w.useEKS(eksdouble.TrustPods)
			w.rollOut(true, runningSince(time.Now().Add(-time.Hour)))
			args := []string{"use-pod-identity", "--cluster-name", eksdouble.Cluster, "--yes"}
			if isReached != nil {
				w.interruptWhen(func() bool { return isReached(w, aws) })
				stdout, stderr := w.do(130, append(args, "-o", "json")...)
				w.want(stderr, "capaboot: error: interrupted\n")
				if len(aws.Associations()) > 0 {
					w.want(stdout, `"result": "stopped"`, `"state": "failed"`, `"problem": "interrupted`)
					w.want(stderr, "capaboot: to undo: aws eks delete-pod-identity-association ")
				}
				if w.secretValue() == "\n" {
					w.want(stderr, "capaboot: to undo: put credentials into the Secret again")
				}
				w.ctx = t.Context()
			}
			if w.annotations() == nil {
				w.onChange(func() { w.rollOut(true, runningSince(later()), podIdentity...) })
			} else {
				w.rollOut(true, runningSince(later()), podIdentity...)
			}
			w.do(0, args...)
			stdout, _ := w.do(0, "status", "--cluster-name", eksdouble.Cluster)
			w.want(stdout, "credentials:  EKS Pod Identity, role "+eksdouble.RoleARN+"\n", "can work:     yes", "zeroed")
			if w.secretValue() != "\n" || len(aws.Associations()) != 1 {
				t.Errorf("the Secret has %q, associations %v", w.secretValue(), aws.Associations())
			}
			// A further run changes nothing.
			before := w.get("deployments", deployment)["metadata"].(object)["resourceVersion"]
			w.do(0, args...)
			if after := w.get("deployments", deployment)["metadata"].(object)["resourceVersion"]; after != before {
				t.Errorf("the Deployment was changed again: %v, %v", before, after)
			}
		})
	}
}

// interruptWhen interrupts the next command as soon as reached returns true.
func (w *world) interruptWhen(isReached func() bool) {
	w.t.Helper()
	ctx, interrupt := context.WithCancel(w.t.Context())
	w.ctx = ctx
	go func() {
		for deadline := time.Now().Add(maxDuration); time.Now().Before(deadline) && w.t.Context().Err() == nil; time.Sleep(10 * time.Millisecond) {
			if isReached() {
				break
			}
		}
		interrupt()
	}()
}
