// Tests of the request that restarts pods: how often it is sent, and what is known if
// its response is lost.

package controller

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"capaboot/internal/deadline"
	"capaboot/internal/kubedouble"
)

// TestRestartIsSentAgain checks how often the change is sent after an error, and
// that it is the same each time.
func TestRestartIsSentAgain(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault kubedouble.Fault
		want  int // number of patches
		ok    bool
	}{
		{"executed, but the response is lost", kubedouble.Fault{Kind: kubedouble.BadGateway, Times: 1, After: true}, 2, true},
		{"a short outage", kubedouble.Fault{Kind: kubedouble.Outage, Times: 2}, 3, true},
		{"an outage", kubedouble.Fault{Kind: kubedouble.Outage}, patchAttempts, false},
		{"executed, but every response is lost", kubedouble.Fault{Kind: kubedouble.BadGateway, After: true}, patchAttempts, true},
		{"executed, but the response is from another server", kubedouble.Fault{Kind: kubedouble.Portal, After: true}, 1, true},
		{"executed, but the response is about another object", kubedouble.Fault{Kind: kubedouble.OtherObject, After: true}, 1, true},
		{"denied", kubedouble.Fault{Kind: kubedouble.Forbidden}, 1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, []string{newPodAvailable}, func(t *testing.T, p *fakeCluster) {
				test.fault.Verb = "patch"
				p.Fail(test.fault)
				_, err := p.Rollout(t.Context(), Restart{Namespace: Namespace})
				bodies := map[string]int{}
				for _, r := range p.Requests() {
					if r.Verb == "patch" {
						bodies[r.Body]++
					}
				}
				if (err == nil) != test.ok || len(bodies) != 1 || slices.Collect(maps.Values(bodies))[0] != test.want {
					t.Errorf("%v, patches %v", err, bodies)
				}
			})
		})
	}
}

// TestUnknownRestart: if neither the response to the change nor the Deployment can be
// read, the error says that it is unknown whether the restart has started.
func TestUnknownRestart(t *testing.T) {
	for _, isExecuted := range []bool{true, false} {
		inBubble(t, []string{newPodAvailable}, func(t *testing.T, p *fakeCluster) {
			p.Fail(kubedouble.Fault{Verb: "patch", Kind: kubedouble.BadGateway, After: isExecuted}, kubedouble.Fault{Verb: "get", Kind: kubedouble.Outage, Skip: 1})
			_, err := p.Rollout(t.Context(), Restart{Namespace: Namespace})
			if !IsRestartUnknown(err) || !MayHaveChanged(err) || !strings.Contains(err.Error(), "with status 502 (from another server or a proxy?); it is unknown whether the restart of Deployment capa-controller-manager in namespace capa-system has started: the API server rejected the request (500") {
				t.Errorf("executed %v: %v", isExecuted, err)
			}
		})
	}
	inBubble(t, []string{newPodAvailable}, func(t *testing.T, p *fakeCluster) {
		p.Fail(kubedouble.Fault{Verb: "patch", Kind: kubedouble.BadGateway, After: true})
		ctx, cancel := deadline.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err := p.Rollout(ctx, Restart{Namespace: Namespace})
		if !IsRestartUnknown(err) || !errors.Is(err, deadline.ErrTimeout) {
			t.Error(err)
		}
	})
	inBubble(t, []string{newPodAvailable}, func(t *testing.T, p *fakeCluster) {
		p.Fail(kubedouble.Fault{Verb: "patch", Kind: kubedouble.Forbidden})
		if _, err := p.Rollout(t.Context(), Restart{Namespace: Namespace}); err == nil || IsRestartUnknown(err) {
			t.Errorf("after a denied request: %v", err)
		}
	})
}
