// Tests of restarts during which another client changes the Deployment.

package controller

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestRolloutSuperseded checks that a wait continues with the newest restart.
func TestRolloutSuperseded(t *testing.T) {
	inBubble(t, []string{oldPodRunning, oldPodRunning, `{"observedGeneration":3,"replicas":1,"updatedReplicas":1,"availableReplicas":1}`}, func(t *testing.T, p *fakeCluster) {
		_, err := p.Rollout(t.Context(), Restart{Namespace: Namespace, Observe: func(progress RolloutProgress) {
			p.observe(progress)
			if progress.Stage == StageRestarted {
				go func() {
					_, _ = p.Rollout(t.Context(), Restart{Namespace: Namespace, Detach: true})
				}()
			}
		}})
		if err != nil || !slices.ContainsFunc(p.observed, func(s string) bool { return strings.HasPrefix(s, StageSuperseded) }) {
			t.Errorf("%v, observed %q", err, p.observed)
		}
	})
}

// TestRolloutUndone: after the restart was reverted, the restart fails although
// pods are available: they are from before the restart. The error names the
// tools that manage the Deployment.
func TestRolloutUndone(t *testing.T) {
	const oldPodAvailable = `{"observedGeneration":3,"replicas":1,"updatedReplicas":1,"availableReplicas":1}`
	for _, annotation := range []string{"", "1999-01-01T00:00:00Z", "x"} {
		inBubble(t, []string{oldPodRunning, oldPodAvailable}, func(t *testing.T, p *fakeCluster) {
			_, err := p.Rollout(t.Context(), Restart{Namespace: Namespace, Observe: func(progress RolloutProgress) {
				if progress.Stage == StageRestarted {
					patch := fmt.Sprintf(`{"metadata":{"labels":{"kustomize.toolkit.fluxcd.io/name":"capi"}},"spec":{"template":{"metadata":{"annotations":{%q:%q}}}}}`, RestartedAt, annotation)
					if err := p.Patch(t.Context(), Deployments, Namespace, DeploymentName, MergePatch, []byte(patch), nil); err != nil {
						t.Error(err)
					}
				}
			}})
			failed, ok := errors.AsType[*RolloutFailed](err)
			if !ok || failed.Reason != "Undone" || len(failed.Managers) != 1 || failed.Managers[0].Name != "Flux, Kustomization capi" {
				t.Errorf("%q: %#v", annotation, err)
			}
		})
	}
}
