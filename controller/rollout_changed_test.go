// Tests of restarts during which another client changes the Deployment.

package controller

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"capaboot/internal/kubedouble"
)

// TestRolloutSuperseded checks that, after a restart by another client, the
// wait continues with that restart.
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

// TestRolloutUndone: if the restart is reverted, Rollout fails although pods are
// available, because these pods are from before the restart. The error names the
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

// TestRolloutOfDyingDeployment checks the error for a Deployment that is being
// deleted, even if its pods are still available.
func TestRolloutOfDyingDeployment(t *testing.T) {
	inBubble(t, []string{oldPodRunning, `{"observedGeneration":2,"replicas":1,"updatedReplicas":1,"availableReplicas":1}`}, func(t *testing.T, p *fakeCluster) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := p.Rollout(ctx, Restart{Namespace: Namespace, Observe: func(progress RolloutProgress) {
			if progress.Stage == StageRestarted {
				p.Change(deploymentPath, func(o kubedouble.Object) {
					o["metadata"].(kubedouble.Object)["deletionTimestamp"] = "2026-01-01T00:00:00Z"
				})
			}
		}})
		if failed, ok := errors.AsType[*RolloutFailed](err); !ok || failed.Reason != "Deleted" {
			t.Errorf("got %#v", err)
		}
	})
}

// TestRolloutThatIsNotMade checks the error if the API server accepts the patch,
// but a webhook has removed the annotation, so that no pod restarts.
func TestRolloutThatIsNotMade(t *testing.T) {
	inBubble(t, []string{`{"observedGeneration":9,"replicas":1,"updatedReplicas":1,"availableReplicas":1}`}, func(t *testing.T, p *fakeCluster) {
		p.client.Transport = withoutAnnotation{p.client.Transport}
		p.Change(deploymentPath, func(o kubedouble.Object) {
			o["metadata"].(kubedouble.Object)["labels"] = kubedouble.Object{"kustomize.toolkit.fluxcd.io/name": "capi"}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := p.Rollout(ctx, Restart{Namespace: Namespace})
		if failed, ok := errors.AsType[*RolloutFailed](err); !ok || failed.Reason != "NotMade" || failed.Managers != nil {
			t.Errorf("got %#v", err)
		}
	})
}

// withoutAnnotation removes the annotation of a restart from every request.
type withoutAnnotation struct{ base http.RoundTripper }

func (w withoutAnnotation) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = regexp.MustCompile(`"`+RestartedAt+`":"[^"]*"`).ReplaceAll(body, nil)
		r = r.Clone(r.Context())
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return w.base.RoundTrip(r)
}

// TestRolloutOfDeletedDeployment checks the error if the Deployment is deleted
// during the wait, with and without being created again.
func TestRolloutOfDeletedDeployment(t *testing.T) {
	for _, again := range []bool{false, true} {
		inBubble(t, []string{newPodNotRunning}, func(t *testing.T, p *fakeCluster) {
			_, err := p.Rollout(t.Context(), Restart{Namespace: Namespace, Observe: func(progress RolloutProgress) {
				if progress.Stage != StageRestarted {
					return
				}
				p.Delete(deploymentPath)
				if again {
					p.Put(strings.Replace(deploymentText, "d-1", "d-2", 1))
				}
			}})
			failed, ok := errors.AsType[*RolloutFailed](err)
			if want := map[bool]string{false: "NotSeen", true: "Replaced"}[again]; !ok || failed.Reason != want {
				t.Errorf("got %#v, want %s", err, want)
			}
		})
	}
}
