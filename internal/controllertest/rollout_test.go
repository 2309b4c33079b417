// Tests of rollout-controller against a real API server.

package controllertest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// onChange calls react once, in the background, when the generation of the
// Deployment changes. react does what the Kubernetes controllers would do.
func (w *world) onChange(react func()) {
	w.t.Helper()
	before := fmt.Sprint(w.get("deployments", deployment)["metadata"].(object)["generation"])
	done := make(chan struct{})
	w.t.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
			if fmt.Sprint(w.get("deployments", deployment)["metadata"].(object)["generation"]) != before {
				react()
				return
			}
			select {
			case <-w.t.Context().Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
		w.t.Error("the Deployment was not changed")
	}()
}

// annotations returns the annotations of the Deployment's pod template.
func (w *world) annotations() object {
	template := w.get("deployments", deployment)["spec"].(object)["template"].(object)
	annotations, _ := template["metadata"].(object)["annotations"].(object)
	return annotations
}

func TestRollout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got := w.annotations(); got != nil {
		t.Fatalf("the template has annotations: %v", got)
	}
	start := time.Now().Truncate(time.Second)
	w.onChange(func() { w.rollOut(true, runningSince(time.Now())) })
	stdout, stderr := w.do(0, "rollout-controller", "-o", "json")
	var got struct{ Result, RestartedAt, Deployment string }
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || got.Result != "complete" || got.Deployment != deployment {
		t.Errorf("stdout %s: %v", stdout, err)
	}
	if restartedAt, err := time.Parse(time.RFC3339, got.RestartedAt); err != nil || restartedAt.Before(start) || w.annotations()["kubectl.kubernetes.io/restartedAt"] != got.RestartedAt {
		t.Errorf("restarted at %q, annotations %v", got.RestartedAt, w.annotations())
	}
	w.want(stderr, "capaboot: Deployment capa-controller-manager: restart started\n", "capaboot: Deployment capa-controller-manager: restart completed in ")
}

func TestRolloutFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onChange(func() {
		w.rollOut(false, waiting("ImagePullBackOff", "Back-off pulling image"))
		w.setStatus("deployments", deployment, object{"conditions": []any{object{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "has timed out progressing"}}})
	})
	stdout, stderr := w.do(1, "rollout-controller")
	w.want(stderr, "capaboot: error: the restart of Deployment capa-controller-manager in namespace "+w.namespace+" failed: pod capa-controller-manager-2-a, container manager: ImagePullBackOff: Back-off pulling image (ProgressDeadlineExceeded)\n",
		"capaboot: hint: check whether the image exists", "rollout undo")
	if stdout != "" {
		t.Errorf("stdout %q", stdout)
	}
}

func TestRolloutTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, stderr := w.do(1, "rollout-controller", "--timeout", "1s")
	w.want(stderr, "capaboot: error: timed out after 1s: the restart of Deployment capa-controller-manager", "the Deployment controller has not observed the change yet",
		"capaboot: hint: the restart continues in the cluster")
}

// TestRolloutAsClusterawsadm checks that the command does not wait when it is
// called as clusterawsadm, and only warns about a paused Deployment.
func TestRolloutAsClusterawsadm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.program = "clusterawsadm"
	w.do(0, "rollout-controller")
	w.change("deployments", deployment, object{"spec": object{"paused": true}})
	_, stderr := w.do(0, "rollout-controller")
	w.want(stderr, "clusterawsadm: warning: Deployment capa-controller-manager is paused")
	if w.annotations()["kubectl.kubernetes.io/restartedAt"] == nil {
		t.Error("not restarted")
	}
	w.program = "capaboot"
	_, stderr = w.do(1, "rollout-controller")
	w.want(stderr, "is paused: its pods would not be restarted", "hint: resume the Deployment first")
}

// TestRolloutInterrupted checks that an interruption ends the wait, and that the
// messages report that the restart continues.
func TestRolloutInterrupted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var interrupt context.CancelFunc
	w.ctx, interrupt = context.WithCancel(t.Context())
	w.onChange(func() {
		w.rollOut(false, waiting("ImagePullBackOff", "Back-off pulling image"))
		interrupt()
	})
	_, stderr := w.do(130, "rollout-controller")
	w.want(stderr, "capaboot: the restart continues in the cluster: ", "capaboot: error: interrupted\n", "capaboot: hint: the restart continues in the cluster; to follow it: kubectl --kubeconfig ")
	if w.annotations()["kubectl.kubernetes.io/restartedAt"] == nil {
		t.Error("not restarted")
	}
}
