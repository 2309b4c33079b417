package move

// This file checks whether the user is allowed to make the changes in the cluster, so
// that a move does not stop half done.

import (
	"context"

	"capaboot/controller"
)

// checkAccess blocks each step whose change in the cluster the API server would
// deny. If only a plan is wanted ([Mover.PlanOnly]), it adds a warning instead.
// It also adds a warning if it is unknown whether a change is allowed. It fails
// only if ctx ends.
func (m Mover) checkAccess(ctx context.Context, p *Plan) error {
	for i := range p.Steps {
		step := &p.Steps[i]
		resource, name := p.patchedBy(step.Name)
		if step.State != Todo || name == "" {
			continue
		}
		unknown, denied := m.Cluster.CheckPatch(ctx, resource, p.Namespace, name)
		switch {
		case ctx.Err() != nil:
			return denied
		case denied != nil && m.PlanOnly:
			p.Warnings = append(p.Warnings, &ChangeDenied{denied})
		case denied != nil:
			step.State, step.Problem = Blocked, denied
		case unknown != nil:
			p.Warnings = append(p.Warnings, &AccessUnknown{resource, name, unknown})
		}
	}
	return nil
}

// patchedBy returns the object in the cluster that a step changes. The name is "" if
// the step changes no object.
func (p *Plan) patchedBy(step string) (controller.Resource, string) {
	switch step {
	case StepAnnotation:
		return controller.ServiceAccounts, p.ServiceAccount
	case StepSecret:
		return controller.Secrets, controller.SecretName
	case StepRollout:
		return controller.Deployments, controller.DeploymentName
	}
	return controller.Resource{}, ""
}

// ChangeDenied is the warning when the user is not allowed to make a change of the
// plan.
type ChangeDenied struct{ Err error }

func (e *ChangeDenied) Error() string { return "you cannot make this move: " + e.Err.Error() }

// Unwrap returns the error of the check.
func (e *ChangeDenied) Unwrap() error { return e.Err }

// AccessUnknown is the warning when it is unknown whether the user is allowed to change
// an object.
type AccessUnknown struct {
	Resource controller.Resource
	Name     string
	Err      error
}

func (e *AccessUnknown) Error() string {
	return "it is unknown whether you are allowed to patch " + e.Resource.Kind + " " + e.Name + ": " + e.Err.Error()
}

// Unwrap returns the error of the check.
func (e *AccessUnknown) Unwrap() error { return e.Err }
