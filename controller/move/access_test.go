// Tests of the permissions to change objects in the cluster.

package move_test

import (
	"errors"
	"testing"

	"capaboot/controller"
	"capaboot/controller/move"
	"capaboot/internal/kubedouble"
)

// deny makes a SelfSubjectAccessReview deny changes of a resource.
func (w *world) deny(plural string) {
	w.kube.Review, w.kube.Reviewed = kubedouble.Object{"allowed": false}, plural
}

// TestAccessOfPlans: all denied changes are reported. If the plan will not be executed,
// they are only warnings, because a user who only reads may make a plan.
func TestAccessOfPlans(t *testing.T) {
	t.Parallel()
	for method, denied := range map[move.Method]int{move.PodIdentity: 2, move.IRSA: 3} {
		w := newWorld(t, method)
		w.kube.Review = kubedouble.Object{"allowed": false}
		for _, planOnly := range []bool{false, true} {
			w.mover.PlanOnly = planOnly
			plan, err := w.mover.Plan(t.Context(), w.target())
			if err != nil {
				t.Fatal(err)
			}
			reported := plan.Problems()
			if planOnly {
				reported = plan.Warnings
			}
			if len(plan.Problems())+len(plan.Warnings) != denied {
				t.Errorf("%s, plan only %v: %v, %v", method, planOnly, plan.Problems(), plan.Warnings)
			}
			for _, err := range reported {
				if _, ok := errors.AsType[*controller.Forbidden](err); !ok {
					t.Errorf("%s, plan only %v: %v", method, planOnly, err)
				}
			}
		}
		// Nothing needs to change, so nothing needs a permission.
		w.kube.Review, w.mover.PlanOnly = nil, false
		if _, err := w.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.makeOlder()
		w.kube.Review = kubedouble.Object{"allowed": false}
		if result, err := w.run(t.Context()); err != nil || result.Changed {
			t.Errorf("%s again: %+v, %v", method, result, err)
		}
	}
}
