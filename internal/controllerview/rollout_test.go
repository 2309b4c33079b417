// Tests of the output during a rollout.

package controllerview

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"capaboot/controller"
	"capaboot/internal/terminal"
)

// sampleProgress is the progress of a restart during which the API server does
// not respond for a time, and a pod does not run at first.
var sampleProgress = []controller.RolloutProgress{
	{Stage: controller.StageRestarted, Deployment: "capa"},
	{Stage: controller.StageReplicas, Replicas: controller.Replicas{Desired: 1}},
	{Stage: controller.StageReplicas, Replicas: controller.Replicas{Desired: 1, Updated: 1, Observed: true}},
	{Stage: controller.StageTrouble, Trouble: controller.Trouble{Pod: "capa-2", Reason: "ImagePullBackOff"}},
	{Stage: controller.StageDisconnected, Err: errors.New("no response")},
	{Stage: controller.StageReconnected},
	{Stage: controller.StageSuperseded},
	{Stage: controller.StageReplicas, Replicas: controller.Replicas{Desired: 1, Updated: 1, Available: 1, Observed: true}},
}

// showSample shows sampleProgress, with a second between two events, and returns
// the output.
func showSample(screen func(*bytes.Buffer) *terminal.Screen) string {
	var out bytes.Buffer
	v := NewRolloutView(terminal.Talk{W: &out, Name: "capaboot"}, screen(&out))
	for _, p := range sampleProgress {
		v.Observe(p)
		time.Sleep(time.Second) // in the synctest bubble
	}
	v.Close()
	return out.String()
}

func TestRolloutInLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const want = `capaboot: Deployment capa: restart started
capaboot: the Deployment controller has not observed the change yet
capaboot: 0 of 1 new pods available
capaboot: warning: pod capa-2: ImagePullBackOff
capaboot: warning: no response; trying again
capaboot: the API server responds again
capaboot: the Deployment was changed again: waiting for the rollout of the new change
capaboot: 1 of 1 new pods available
`
		if got := showSample(func(*bytes.Buffer) *terminal.Screen { return nil }); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// TestRolloutOnATerminal checks that one line is redrawn every second, and that
// the other lines stay above it.
func TestRolloutOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := showSample(func(out *bytes.Buffer) *terminal.Screen {
			return terminal.NewScreen(out, func() (int, int) { return 50, 24 })
		})
		for _, part := range []string{
			"\x1b[1A\r\x1b[Jcapaboot: warning: pod capa-2: ImagePullBackOff\n  0 of 1 new pods available, 3s\n",
			"\x1b[1A\r\x1b[J  0 of 1 new pods available, 6s\n",
		} {
			if !strings.Contains(got, part) {
				t.Errorf("%q is missing in %q", part, got)
			}
		}
		if !strings.HasSuffix(got, "  1 of 1 new pods available, 8s\n") {
			t.Errorf("the last state is not at the end: %q", got)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if strings.HasPrefix(line, "  ") && len(line) > 50 {
				t.Errorf("a line that is redrawn has more than 50 columns: %q", line)
			}
		}
	})
}

func TestRolloutEnd(t *testing.T) {
	for _, test := range []struct {
		rollout controller.Rollout
		want    string
	}{
		{controller.Rollout{Deployment: "capa", Result: "complete", Desired: 1, Duration: 11600 * time.Millisecond}, "capaboot: Deployment capa: restart completed in 12s\n"},
		{controller.Rollout{Deployment: "capa", Result: "complete"}, "capaboot: warning: Deployment capa is scaled to 0: no controllers run\n"},
		{controller.Rollout{Deployment: "capa", Result: "started", Desired: 1}, ""},
		{controller.Rollout{Deployment: "capa", Result: "started", Desired: 1, Paused: true}, "capaboot: warning: Deployment capa is paused: its pods are restarted when the Deployment is resumed\n"},
	} {
		var out bytes.Buffer
		PrintRollout(terminal.Talk{W: &out, Name: "capaboot"}, &test.rollout)
		if out.String() != test.want {
			t.Errorf("%+v: %q", test.rollout, out.String())
		}
	}
}
