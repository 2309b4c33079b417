// Tests of the texts about a move.

package controllerview

import (
	"testing"

	"capaboot/controller"
	"capaboot/controller/move"
)

// TestPodText checks that a pod is not reported to use a source that it would
// use only without the Secret.
func TestPodText(t *testing.T) {
	for _, test := range []struct {
		pod  move.Pod
		want string
	}{
		{move.Pod{Name: "a", Ready: true, Source: controller.SourcePodIdentity}, "pod a: ready, credentials of EKS Pod Identity"},
		{move.Pod{Name: "a", Ready: true, Source: controller.SourceInstance, Problem: move.ProblemOtherSource}, "pod a: ready, without credentials of EKS Pod Identity"},
		{move.Pod{Name: "a", Ready: true, Source: controller.SourcePodIdentity, Problem: move.ProblemOldTemplate}, "pod a: ready, not restarted yet"},
		{move.Pod{Name: "a", Source: controller.SourcePodIdentity, Problem: move.ProblemNotReady}, "pod a: not ready, credentials of EKS Pod Identity"},
	} {
		if got := podText(test.pod, move.PodIdentity); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// TestStepText checks that the text of a blocked step describes the problem, and
// that no text claims that a step is done before it is.
func TestStepText(t *testing.T) {
	plan := &move.Plan{}
	plan.Method = move.PodIdentity
	for _, test := range []struct {
		name  string
		state move.State
		want  string
	}{
		{move.StepRole, move.Done, "the role exists"},
		{move.StepRole, move.Blocked, "the role does not exist"},
		{move.StepTrust, move.Blocked, "the role does not trust the service account through EKS Pod Identity"},
		{move.StepRunning, move.Todo, "check that the controllers run with credentials of EKS Pod Identity"},
		{move.StepRunning, move.DoneNow, "the controllers run with credentials of EKS Pod Identity"},
	} {
		if got := stepText(plan, move.Step{Name: test.name, State: test.state}); got != test.want {
			t.Errorf("%s, %s: %s, want %s", test.name, test.state, got, test.want)
		}
	}
}
