package controllertest

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"capaboot/internal/eksdouble"
)

// onEKS makes the cluster one of EKS, with the role that the controllers are to use.
func (w *world) onEKS(trust string) *eksdouble.Double {
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
	aws := w.onEKS(eksdouble.TrustIRSA)
	w.rollOut(true, runs(time.Now().Add(-time.Hour)))
	w.during(func() {
		variables := append([]any{object{"name": "AWS_ROLE_ARN", "value": eksdouble.RoleARN}}, irsa[1])
		w.rollOut(true, runs(later()), variables...)
	})
	w.do(0, "use-irsa", "--cluster-name", eksdouble.Cluster, "--yes")
	if got, text := w.status(0); w.held() != "\n" || got.Source != "web-identity" || got.RoleARN != eksdouble.RoleARN || got.Works != "yes" || len(aws.Associations()) != 0 {
		t.Errorf("the Secret has %q; %s", w.held(), text)
	}
	w.do(0, "use-irsa", "--cluster-name", eksdouble.Cluster, "--yes")
}

// TestUsePodIdentity is interrupted after each step, and run again: the end is the
// same.
func TestUsePodIdentity(t *testing.T) {
	t.Parallel()
	for name, reached := range map[string]func(*world, *eksdouble.Double) bool{
		"never":           nil,
		"at once":         func(*world, *eksdouble.Double) bool { return true },
		"the association": func(_ *world, aws *eksdouble.Double) bool { return len(aws.Associations()) > 0 },
		"the Secret":      func(w *world, _ *eksdouble.Double) bool { return w.held() == "\n" },
		"the restart":     func(w *world, _ *eksdouble.Double) bool { return w.annotations() != nil },
	} {
		t.Run("interrupted after "+name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			aws := w.onEKS(eksdouble.TrustPods)
			w.rollOut(true, runs(time.Now().Add(-time.Hour)))
			args := []string{"use-pod-identity", "--cluster-name", eksdouble.Cluster, "--yes"}
			if reached != nil {
				w.interruptWhen(func() bool { return reached(w, aws) })
				_, stderr := w.do(130, args...)
				w.want(stderr, "capaboot: error: interrupted\n")
				if len(aws.Associations()) > 0 {
					w.want(stderr, "capaboot: to go back: aws eks delete-pod-identity-association ")
				}
				if w.held() == "\n" {
					w.want(stderr, "capaboot: to go back: put credentials into the Secret again")
				}
				w.ctx = t.Context()
			}
			if w.annotations() == nil {
				w.during(func() { w.rollOut(true, runs(later()), podIdentity...) })
			} else {
				w.rollOut(true, runs(later()), podIdentity...)
			}
			w.do(0, args...)
			stdout, _ := w.do(0, "status", "--cluster-name", eksdouble.Cluster)
			w.want(stdout, "credentials:  EKS Pod Identity, role "+eksdouble.RoleARN+"\n", "can work:     yes", "zeroed")
			if w.held() != "\n" || len(aws.Associations()) != 1 {
				t.Errorf("the Secret has %q, associations %v", w.held(), aws.Associations())
			}
			// Once more changes nothing.
			before := w.get("deployments", deployment)["metadata"].(object)["resourceVersion"]
			w.do(0, args...)
			if after := w.get("deployments", deployment)["metadata"].(object)["resourceVersion"]; after != before {
				t.Errorf("the Deployment was changed again: %v, %v", before, after)
			}
		})
	}
}

// interruptWhen ends the next command as soon as something is so.
func (w *world) interruptWhen(reached func() bool) {
	w.t.Helper()
	ctx, interrupt := context.WithCancel(w.t.Context())
	w.ctx = ctx
	go func() {
		for deadline := time.Now().Add(patience); time.Now().Before(deadline) && w.t.Context().Err() == nil; time.Sleep(10 * time.Millisecond) {
			if reached() {
				break
			}
		}
		interrupt()
	}()
}
