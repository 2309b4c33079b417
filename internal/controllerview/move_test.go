package controllerview

import (
	"testing"

	"capaboot/controller"
	"capaboot/controller/move"
)

// A pod is not said to use a source that it has only without the Secret.
func TestMovedPod(t *testing.T) {
	for _, test := range []struct {
		pod  move.Pod
		want string
	}{
		{move.Pod{Name: "a", Ready: true, Source: controller.SourcePodIdentity}, "pod a: runs, credentials of EKS Pod Identity"},
		{move.Pod{Name: "a", Ready: true, Source: controller.SourceInstance, Wrong: move.WrongSource}, "pod a: runs, without credentials of EKS Pod Identity"},
		{move.Pod{Name: "a", Ready: true, Source: controller.SourcePodIdentity, Wrong: move.WrongOld}, "pod a: runs, not restarted yet"},
		{move.Pod{Name: "a", Source: controller.SourcePodIdentity, Wrong: move.WrongReady}, "pod a: not ready, credentials of EKS Pod Identity"},
	} {
		if got := movedPod(test.pod, move.PodIdentity); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// A step that is in the way reads as what is wrong, and what is not done yet is not said to be.
func TestStepText(t *testing.T) {
	plan := &move.Plan{}
	plan.Way = move.PodIdentity
	for _, test := range []struct {
		name  string
		state move.State
		want  string
	}{
		{move.StepRole, move.Done, "the role exists"},
		{move.StepRole, move.Blocked, "the role does not exist"},
		{move.StepTrust, move.Blocked, "the role does not trust the service account, by EKS Pod Identity"},
		{move.StepRunning, move.Todo, "check that the controllers run with credentials of EKS Pod Identity"},
		{move.StepRunning, move.Made, "the controllers run with credentials of EKS Pod Identity"},
	} {
		if got := stepText(plan, move.Step{Name: test.name, State: test.state}); got != test.want {
			t.Errorf("%s, %s: %s, want %s", test.name, test.state, got, test.want)
		}
	}
}
