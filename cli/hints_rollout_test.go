// Tests of the hints for a restart that another tool reverted, and for a stopped
// move.

package cli

import (
	"testing"

	"capaboot/controller"
)

func TestHintOfRevertedRestart(t *testing.T) {
	for _, test := range []struct {
		managers []controller.Manager
		want     string
	}{
		{nil, "a tool that applies the Deployment's manifest, such as Argo CD or Flux, may revert the restart: configure the tool to ignore the annotation kubectl.kubernetes.io/restartedAt"},
		{[]controller.Manager{{Name: "Argo CD, application capa", Evidence: "label argocd.argoproj.io/instance"}},
			"Argo CD, application capa manages the Deployment (label argocd.argoproj.io/instance) and may revert the restart: configure the tool to ignore the annotation kubectl.kubernetes.io/restartedAt"},
		{[]controller.Manager{{Name: "Cluster API Operator, InfrastructureProvider aws", Evidence: "its owner", IsOperator: true}},
			"Cluster API Operator, InfrastructureProvider aws manages the Deployment (its owner) and may have installed the Deployment again: wait until the InfrastructureProvider is ready"},
	} {
		wantText(t, rolloutOptions{}.hintOfRollout(&controller.RolloutFailed{Reason: "Undone", Managers: test.managers}), test.want)
	}
}

// TestThenRunAgain checks that a hint after a stopped move tells the user
// exactly once to run the command again.
func TestThenRunAgain(t *testing.T) {
	t.Parallel()
	for hint, want := range map[string]string{
		"configure the tool, and run the command again": "configure the tool, and run the command again",
		"install the add-on":                            "install the add-on; then run the same command again",
	} {
		if got := thenRunAgain(hint); got != want {
			t.Errorf("%s: got %q, want %q", hint, got, want)
		}
	}
}
