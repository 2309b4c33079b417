// Tests of restarts of the controllers, with time that testing/synctest simulates.

package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"capaboot/internal/deadline"
	"capaboot/internal/kubedouble"
)

// fakeCluster is a double without a network, in a synctest bubble, with a client.
// It simulates the Kubernetes controllers; see inBubble.
type fakeCluster struct {
	*kubedouble.Server
	*Cluster
	observed []string     // the progress, as text
	fault    func() error // returns an error instead of sending a request; may be nil
}

func (p *fakeCluster) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.fault != nil {
		if err := p.fault(); err != nil {
			return nil, err
		}
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	response := w.Result()
	response.Request = r
	return response, nil
}

func (p *fakeCluster) observe(progress RolloutProgress) {
	text := progress.Stage + " " + progress.Replicas.String()
	switch progress.Stage {
	case StageTrouble:
		text = progress.Stage + " " + progress.Trouble.String()
	case StageDisconnected:
		text = progress.Stage + " " + progress.Err.Error()
	}
	p.observed = append(p.observed, text)
}

const (
	deploymentPath = "/apis/apps/v1/namespaces/capa-system/deployments/capa-controller-manager"
	deploymentText = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"capa-controller-manager","namespace":"capa-system","uid":"d-1",
	"annotations":{"deployment.kubernetes.io/revision":"1"},"labels":{"cluster.x-k8s.io/provider":"infrastructure-aws"}},
	"spec":{"replicas":1,"selector":{"matchLabels":{"control-plane":"capa-controller-manager"}},"template":{"metadata":{"labels":{"control-plane":"capa-controller-manager"}}}},
	"status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"availableReplicas":1}}`
)

// inBubble runs a test with a fakeCluster. Each step is a JSON object with fields
// of the Deployment's status. After a restart, each request for the Deployment
// first applies the next step. After the last step, the status remains.
func inBubble(t *testing.T, steps []string, test func(t *testing.T, p *fakeCluster)) {
	t.Helper()
	double := kubedouble.New(t)
	synctest.Test(t, func(t *testing.T) {
		p := &fakeCluster{Server: double}
		p.Cluster = &Cluster{Server: "http://cluster.test", base: "http://double",
			client: &http.Client{Transport: withToken{p}}, timeout: time.Minute}
		double.Put(deploymentText)
		next := 0
		double.Before(func(s *kubedouble.Server, r kubedouble.Request) {
			if r.Path != deploymentPath || r.Method != http.MethodGet || restartedAt(s.Object(deploymentPath)) == "" || next >= len(steps) {
				return
			}
			var step map[string]any
			if err := json.Unmarshal([]byte(steps[next]), &step); err != nil {
				panic(err)
			}
			next++
			s.Change(deploymentPath, func(o kubedouble.Object) {
				status := o["status"].(map[string]any)
				for name, value := range step {
					status[name] = value
				}
			})
		})
		test(t, p)
	})
}

// withToken adds the token that the double accepts.
type withToken struct{ to http.RoundTripper }

func (a withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Authorization", "Bearer "+kubedouble.Token)
	return a.to.RoundTrip(r)
}

// restartedAt returns the restart annotation of a Deployment's template.
func restartedAt(o kubedouble.Object) string {
	var d Deployment
	text, _ := json.Marshal(o)
	if err := json.Unmarshal(text, &d); err != nil {
		panic(err)
	}
	return d.Spec.Template.Metadata.Annotations[RestartedAt]
}

// States of a Deployment after a restart.
const (
	oldPodRunning            = `{"observedGeneration":2,"replicas":2,"updatedReplicas":1,"availableReplicas":1,"unavailableReplicas":1}`
	oldPodTerminating        = `{"observedGeneration":2,"replicas":2,"updatedReplicas":1,"availableReplicas":2}`
	newPodAvailable          = `{"observedGeneration":2,"replicas":1,"updatedReplicas":1,"availableReplicas":1}`
	newPodNotRunning         = `{"observedGeneration":2,"replicas":2,"updatedReplicas":1,"availableReplicas":0}`
	progressDeadlineExceeded = `{"conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded","message":"ReplicaSet \"capa-2\" has timed out progressing."}]}`
)

func TestRolloutWaits(t *testing.T) {
	inBubble(t, []string{`{}`, oldPodRunning, oldPodTerminating, newPodAvailable}, func(t *testing.T, p *fakeCluster) {
		got, err := p.Rollout(t.Context(), Restart{Namespace: Namespace, Observe: p.observe})
		if err != nil {
			t.Fatal(err)
		}
		if got.Result != "complete" || got.Desired != 1 || got.RestartedAt != restartedAt(p.Object(deploymentPath)) || got.Duration <= 0 {
			t.Errorf("got %+v", got)
		}
		want := []string{
			"restarted the Deployment controller has not observed the change yet",
			"replicas the Deployment controller has not observed the change yet",
			"replicas waiting for 1 old pod to terminate", "replicas waiting for 1 old pod to terminate", "replicas 1 of 1 new pods available",
		}
		if !slices.Equal(p.observed, want) {
			t.Errorf("observed %q", p.observed)
		}
		// clusterawsadm uses the same verbs, paths and content types.
		if lines := p.RequestLines(); lines[0] != "GET "+deploymentPath || lines[1] != "PATCH "+deploymentPath+" application/strategic-merge-patch+json" {
			t.Errorf("requests %q", lines)
		}
		if body := p.Requests()[1].Body; body != `{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"`+got.RestartedAt+`"}}}}}` {
			t.Errorf("body %s", body)
		}
	})
}

func TestRolloutDetached(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, p *fakeCluster) {
		got, err := p.Rollout(t.Context(), Restart{Namespace: Namespace, Detach: true})
		if err != nil || got.Result != "started" || len(p.Requests()) != 2 {
			t.Errorf("got %+v, %v, requests %q", got, err, p.RequestLines())
		}
	})
}

// TestRolloutTwiceInASecond checks that a second restart also changes the
// annotation.
func TestRolloutTwiceInASecond(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, p *fakeCluster) {
		first, err1 := p.Rollout(t.Context(), Restart{Namespace: Namespace, Detach: true})
		second, err2 := p.Rollout(t.Context(), Restart{Namespace: Namespace, Detach: true})
		if err1 != nil || err2 != nil || first.RestartedAt == second.RestartedAt {
			t.Errorf("got %+v, %+v, %v, %v", first, second, err1, err2)
		}
	})
}

func TestRolloutOfPausedDeployment(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, p *fakeCluster) {
		p.Change(deploymentPath, func(o kubedouble.Object) { o["spec"].(map[string]any)["paused"] = true })
		_, err := p.Rollout(t.Context(), Restart{Namespace: Namespace})
		if _, ok := errors.AsType[*PausedDeployment](err); !ok || len(p.Requests()) != 1 {
			t.Errorf("got %v, requests %q", err, p.RequestLines())
		}
		got, err := p.Rollout(t.Context(), Restart{Namespace: Namespace, Paused: true})
		if err != nil || !got.Paused || got.Result != "started" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestRolloutWithoutReplicas(t *testing.T) {
	inBubble(t, []string{`{"observedGeneration":2,"replicas":0,"updatedReplicas":0,"availableReplicas":0}`}, func(t *testing.T, p *fakeCluster) {
		p.Change(deploymentPath, func(o kubedouble.Object) { o["spec"].(map[string]any)["replicas"] = float64(0) })
		got, err := p.Rollout(t.Context(), Restart{Namespace: Namespace})
		if err != nil || got.Desired != 0 || got.Result != "complete" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestRolloutOfAnotherName(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, p *fakeCluster) {
		_, err := p.Rollout(t.Context(), Restart{Namespace: Namespace, Deployment: "capa"})
		missing, ok := errors.AsType[*NotFound](err)
		if !ok || !slices.Contains(missing.Candidates, Candidate{Namespace, DeploymentName}) {
			t.Errorf("got %v", err)
		}
	})
}

// addNewPods adds the ReplicaSet and the pods that the Kubernetes controllers create
// after a restart. The arguments are the statuses of the pods in JSON.
func (p *fakeCluster) addNewPods(pods ...string) {
	at := restartedAt(p.Object(deploymentPath))
	p.Put(fmt.Sprintf(`{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"capa-2","namespace":"capa-system","uid":"r-2","labels":{"control-plane":"capa-controller-manager"},
	"annotations":{"deployment.kubernetes.io/revision":"1"},"ownerReferences":[{"kind":"Deployment","uid":"d-1"}]},
	"spec":{"replicas":1,"template":{"metadata":{"annotations":{%q:%q}}}},"status":{"replicas":%d}}`, RestartedAt, at, len(pods)))
	for i, status := range pods {
		p.Put(fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"capa-2-%d","namespace":"capa-system","uid":"p-%d","labels":{"control-plane":"capa-controller-manager"},
		"ownerReferences":[{"kind":"ReplicaSet","uid":"r-2"}]},"status":%s}`, i, i, status))
	}
}

func (p *fakeCluster) addWarning(uid, reason, message string) {
	p.Put(fmt.Sprintf(`{"apiVersion":"v1","kind":"Event","metadata":{"name":%q,"namespace":"capa-system"},"type":"Warning","reason":%q,"message":%q,
	"involvedObject":{"uid":%q},"lastTimestamp":"2000-01-01T00:00:00Z"}`, uid+strings.ToLower(reason), reason, message, uid))
}

func TestRolloutFailsWithAReason(t *testing.T) {
	for _, test := range []struct {
		name  string
		setUp func(p *fakeCluster) // called when the restart has begun
		want  string
		kind  TroubleKind
	}{
		{"an image", func(p *fakeCluster) {
			p.addNewPods(`{"phase":"Pending","containerStatuses":[{"name":"manager","state":{"waiting":{"reason":"ImagePullBackOff","message":"Back-off pulling image \"example.com/capa:v9\""}}}]}`)
		}, `pod capa-2-0, container manager: ImagePullBackOff: Back-off pulling image "example.com/capa:v9"`, TroubleImage},
		{"a crash", func(p *fakeCluster) {
			p.addNewPods(`{"phase":"Running","containerStatuses":[{"name":"manager","restartCount":4,"state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 40s restarting"}},
			"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}`)
		}, "pod capa-2-0, container manager: CrashLoopBackOff, exit code 137 (OOMKilled), restarted 4 times: back-off 40s restarting", TroubleCrash},
		{"a crash with output", func(p *fakeCluster) {
			p.addNewPods(`{"phase":"Running","containerStatuses":[{"name":"manager","restartCount":1,"state":{"terminated":{"exitCode":1,"reason":"Error","message":"unable to start manager\n"}}}]}`)
		}, "pod capa-2-0, container manager: Error, exit code 1, restarted once: unable to start manager", TroubleCrash},
		{"no node", func(p *fakeCluster) {
			p.addNewPods(`{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/3 nodes are available: 3 Insufficient cpu."}]}`)
		}, "pod capa-2-0: Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.", TroublePending},
		{"no Secret", func(p *fakeCluster) {
			p.addNewPods(`{"phase":"Pending","containerStatuses":[{"name":"manager","state":{"waiting":{"reason":"ContainerCreating"}}}]}`)
			p.addWarning("p-0", "FailedMount", `MountVolume.SetUp failed for volume "credentials" : secret "capa-manager-bootstrap-credentials" not found`)
		}, `pod capa-2-0: FailedMount: MountVolume.SetUp failed for volume "credentials" : secret "capa-manager-bootstrap-credentials" not found`, TroubleMount},
		{"a variable without its Secret", func(p *fakeCluster) {
			p.addNewPods(`{"phase":"Pending","containerStatuses":[{"name":"manager","state":{"waiting":{"reason":"CreateContainerConfigError","message":"secret \"x\" not found"}}}]}`)
		}, `pod capa-2-0, container manager: CreateContainerConfigError: secret "x" not found`, TroubleConfig},
		{"not ready", func(p *fakeCluster) {
			p.addNewPods(`{"phase":"Running","containerStatuses":[{"name":"manager","state":{"running":{}}}]}`)
			p.addWarning("p-0", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500")
		}, "pod capa-2-0: Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 500", TroubleReady},
		{"no known reason", func(p *fakeCluster) { p.addNewPods(`{"phase":"Running","containerStatuses":[]}`) }, "pod capa-2-0: NotReady: phase Running", TroubleReady},
		{"a quota", func(p *fakeCluster) {
			p.addNewPods()
			p.addWarning("r-2", "FailedCreate", "pods \"capa-2-\" is forbidden: exceeded quota: pods")
		}, `no pod: FailedCreate: ReplicaSet capa-2: pods "capa-2-" is forbidden: exceeded quota: pods`, TroubleCreate},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, []string{newPodNotRunning, newPodNotRunning, progressDeadlineExceeded}, func(t *testing.T, p *fakeCluster) {
				_, err := p.Rollout(t.Context(), Restart{Namespace: Namespace, Observe: func(progress RolloutProgress) {
					p.observe(progress)
					if progress.Stage == StageRestarted {
						test.setUp(p)
					}
				}})
				failed, ok := errors.AsType[*RolloutFailed](err)
				if !ok || failed.Reason != "ProgressDeadlineExceeded" || len(failed.Troubles) != 1 || failed.Troubles[0].Kind != test.kind {
					t.Fatalf("got %#v", err)
				}
				want := "the restart of Deployment capa-controller-manager in namespace capa-system failed: " + test.want + " (ProgressDeadlineExceeded)"
				if err.Error() != want {
					t.Errorf("got  %v\nwant %s", err, want)
				}
				if isReported := slices.Contains(p.observed, "trouble "+test.want); isReported == (test.kind == TroubleReady) {
					t.Errorf("observed %q", p.observed)
				}
			})
		})
	}
}

// TestRolloutWithoutAReason: when the ReplicaSets cannot be read, the wait
// continues, and TroublesErr says why the pods' problems are unknown.
func TestRolloutWithoutAReason(t *testing.T) {
	inBubble(t, []string{newPodNotRunning, newPodNotRunning, progressDeadlineExceeded}, func(t *testing.T, p *fakeCluster) {
		p.Fail(kubedouble.Fault{Plural: "replicasets", Kind: kubedouble.Forbidden})
		_, err := p.Rollout(t.Context(), Restart{Namespace: Namespace})
		failed, ok := errors.AsType[*RolloutFailed](err)
		if !ok || !strings.Contains(err.Error(), "has timed out progressing") || failed.TroublesErr == nil {
			t.Errorf("got %#v", err)
		}
	})
}

func TestRolloutWaitEnds(t *testing.T) {
	for _, test := range []struct {
		name string
		ctx  func(context.Context) (context.Context, context.CancelFunc)
		want string
	}{
		{"a timeout", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return deadline.WithTimeout(ctx, 5*time.Minute)
		}, "timed out after 5m: the restart of Deployment capa-controller-manager in namespace capa-system is not complete: 0 of 1 new pods available"},
		{"an interrupt", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Minute, cancel)
			return ctx, cancel
		}, "context canceled: the restart of Deployment capa-controller-manager in namespace capa-system is not complete: 0 of 1 new pods available"},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, []string{newPodNotRunning}, func(t *testing.T, p *fakeCluster) {
				ctx, cancel := test.ctx(t.Context())
				defer cancel()
				_, err := p.Rollout(ctx, Restart{Namespace: Namespace})
				if _, ok := errors.AsType[*RolloutEnded](err); !ok || err.Error() != test.want || !IsRolloutInProgress(err) {
					t.Errorf("got  %v\nwant %s", err, test.want)
				}
			})
		})
	}
}

// TestRolloutWithAnOutage checks that the wait survives a short outage of the
// API server, and gives up after a long one without reporting that the restart
// failed.
func TestRolloutWithAnOutage(t *testing.T) {
	for _, test := range []struct {
		name   string
		outage time.Duration
		want   string
	}{
		{"a short outage", time.Minute, ""},
		{"a permanent outage", time.Hour, "the restart of Deployment capa-controller-manager in namespace capa-system has started, but waiting for it failed: no response from http://cluster.test"},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, []string{oldPodRunning, newPodAvailable}, func(t *testing.T, p *fakeCluster) {
				start := time.Now()
				_, err := p.Rollout(t.Context(), Restart{Namespace: Namespace, Observe: func(progress RolloutProgress) {
					p.observe(progress)
					if progress.Stage == StageRestarted {
						since := time.Now()
						p.fault = func() error {
							if time.Since(since) < test.outage {
								return errors.New("connection refused")
							}
							return nil
						}
					}
				}})
				if test.want == "" {
					if err != nil || !slices.ContainsFunc(p.observed, func(s string) bool { return strings.HasPrefix(s, StageReconnected) }) {
						t.Errorf("%v, observed %q", err, p.observed)
					}
					return
				}
				if err == nil || !strings.HasPrefix(err.Error(), test.want) || !IsRolloutInProgress(err) || time.Since(start) > 3*maxOutage {
					t.Errorf("after %v: %v", time.Since(start), err)
				}
			})
		})
	}
}
