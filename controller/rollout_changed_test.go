// Restarts that somebody changes while they are waited for.

package controller

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestRolloutSuperseded: somebody restarts again meanwhile; the wait is for
// the newest.
func TestRolloutSuperseded(t *testing.T) {
	inBubble(t, []string{surge, surge, `{"observedGeneration":3,"replicas":1,"updatedReplicas":1,"availableReplicas":1}`}, func(t *testing.T, p *played) {
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

// TestRolloutUndone: somebody takes the restart back meanwhile, and the pods of before
// it are available: they have what they read then.
func TestRolloutUndone(t *testing.T) {
	const back = `{"observedGeneration":3,"replicas":1,"updatedReplicas":1,"availableReplicas":1}`
	for _, annotation := range []string{"", "1999-01-01T00:00:00Z", "x"} {
		inBubble(t, []string{surge, back}, func(t *testing.T, p *played) {
			_, err := p.Rollout(t.Context(), Restart{Namespace: Namespace, Observe: func(progress RolloutProgress) {
				if progress.Stage == StageRestarted {
					patch := fmt.Sprintf(`{"spec":{"template":{"metadata":{"annotations":{%q:%q}}}}}`, RestartedAt, annotation)
					if err := p.Patch(t.Context(), Deployments, Namespace, DeploymentName, MergePatch, []byte(patch), nil); err != nil {
						t.Error(err)
					}
				}
			}})
			failed, ok := errors.AsType[*RolloutFailed](err)
			if !ok || failed.Reason != "Undone" {
				t.Errorf("%q: %#v", annotation, err)
			}
		})
	}
}
