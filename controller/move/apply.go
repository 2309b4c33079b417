package move

// This file carries out a plan, step by step.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"capaboot/controller"
)

// Result is the result of a move.
type Result struct {
	Steps []Step `json:"steps"`
	Pods  []Pod  `json:"pods"`
	// Changed means that the move changed something.
	Changed bool `json:"changed"`
}

// maxRestarts limits the restarts of the controllers while their pods do not get a
// recent change from EKS.
const maxRestarts = 3

// recently is how long a change may take to reach all of EKS.
const recently = time.Minute

// moving is a plan in progress.
type moving struct {
	mover Mover
	*Plan
	undo []Undo
	// recent means that a change may not have reached all of EKS yet.
	recent bool
	pods   []Pod
}

// Apply carries out a plan, which must have no problems. Every error is a [*Stopped].
func (m Mover) Apply(ctx context.Context, plan *Plan) (*Result, error) {
	w := &moving{mover: m, Plan: plan}
	// An earlier run may have changed the association just now.
	w.recent = plan.Association != nil && time.Since(plan.Association.Modified) < recently
	makers := map[string]func(context.Context, *Step) error{
		StepAssociation: w.associate, StepAnnotation: w.annotate, StepSecret: w.zero, StepRollout: w.restart, StepRunning: w.check,
	}
	result := &Result{}
	for n := range plan.Steps {
		step := &plan.Steps[n]
		if step.State == Todo {
			w.mover.tell(Progress{Step: *step})
			err := ctx.Err()
			if err == nil {
				err = makers[step.Name](ctx, step)
			}
			if err != nil {
				return nil, w.stopped(n, err)
			}
			step.State, result.Changed = Made, true
		} else if step.Name == StepRunning {
			w.pods = plan.Pods(plan.Installation, false)
		}
		w.mover.tell(Progress{Step: *step})
	}
	result.Steps, result.Pods = plan.Steps, w.pods
	return result, nil
}

// stopped returns the error for a failed step.
func (w *moving) stopped(n int, err error) *Stopped {
	step := &w.Steps[n]
	step.State, step.Problem = Failed, err
	for i := range w.Steps[n+1:] {
		if later := &w.Steps[n+1+i]; later.State == Todo {
			later.State = Open
		}
	}
	slices.Reverse(w.undo)
	return &Stopped{*step, w.Steps, w.undo, err}
}

// begin records how to undo a step, before the request is sent: if the response is
// lost, the step may have been made. Calling done says that it was made.
func (w *moving) begin(undo Undo) (done func(association string)) {
	undo.Perhaps = true
	w.undo = append(w.undo, undo)
	at := &w.undo[len(w.undo)-1]
	return func(association string) {
		at.Perhaps = false
		if association != "" {
			at.Association = association
		}
	}
}

// refused removes the record of the last step when the service certainly did not make
// it.
func (w *moving) refused(err error) error {
	if refusal := (*Refused)(nil); errors.As(err, &refusal) {
		w.undo = w.undo[:len(w.undo)-1]
	}
	return err
}

// Refused is the error when a service responded and changed nothing.
type Refused struct{ Err error }

func (e *Refused) Error() string { return e.Err.Error() }

// Unwrap returns the service's error.
func (e *Refused) Unwrap() error { return e.Err }

// associate creates or updates the association.
func (w *moving) associate(ctx context.Context, step *Step) error {
	if w.Association != nil {
		if err := w.isAsPlanned(ctx); err != nil {
			return err
		}
		done := w.begin(Undo{Step: StepAssociation, Before: w.Association.RoleARN, Association: w.Association.ID})
		changed, err := w.mover.EKS.UpdateAssociation(ctx, w.ClusterName, w.Association.ID, w.Role.ARN)
		if err != nil {
			return w.refused(err)
		}
		done("")
		w.Association, w.recent = &changed, true
		return nil
	}
	done := w.begin(Undo{Step: StepAssociation})
	made, taken, err := w.mover.EKS.CreateAssociation(ctx, w.ClusterName, w.Namespace, w.ServiceAccount, w.Role.ARN)
	if taken {
		w.undo = w.undo[:len(w.undo)-1]
		return w.takenBySomeone(ctx)
	}
	if err != nil {
		return w.refused(err)
	}
	done(made.ID)
	w.Association, w.recent = &made, true
	return nil
}

// isAsPlanned checks that the association has not changed since the user confirmed the
// plan. EKS updates an association unconditionally.
func (w *moving) isAsPlanned(ctx context.Context) error {
	now, err := w.mover.EKS.Association(ctx, w.ClusterName, w.Namespace, w.ServiceAccount)
	if err == nil && (now == nil || now.settings() != w.Association.settings()) {
		err = errors.New("somebody else has changed the association of the service account since the plan")
	}
	return err
}

// takenBySomeone uses an association that was created since the plan, if it equals the
// planned one. Otherwise it fails.
func (w *moving) takenBySomeone(ctx context.Context) error {
	found, err := w.mover.EKS.Association(ctx, w.ClusterName, w.Namespace, w.ServiceAccount)
	switch {
	case err != nil:
		return err
	case found == nil || found.settings() != (Association{ID: found.ID, RoleARN: w.Role.ARN}):
		return errors.New("somebody else has created an association of the service account since the plan")
	}
	w.Association, w.recent = found, true
	return nil
}

// annotate sets the role annotation of the service account.
func (w *moving) annotate(ctx context.Context, step *Step) error {
	account := w.Installation.ServiceAccount
	body, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"resourceVersion": account.Metadata.ResourceVersion, "annotations": map[string]string{controller.RoleAnnotation: w.Role.ARN}}})
	if err != nil {
		return err
	}
	done := w.begin(Undo{Step: StepAnnotation, Before: step.Before})
	var after controller.ServiceAccount
	if err := w.mover.Cluster.Patch(ctx, controller.ServiceAccounts, w.Namespace, w.ServiceAccount, controller.MergePatch, body, &after); err != nil {
		if !controller.MayBeMade(err) {
			w.undo = w.undo[:len(w.undo)-1]
		}
		return err
	}
	if have := after.Metadata.Annotations[controller.RoleAnnotation]; have != w.Role.ARN {
		return fmt.Errorf("the API server accepted the annotation %s, but the service account has %q", controller.RoleAnnotation, have)
	}
	done("")
	w.recent = true
	return nil
}

// zero removes the credentials from the Secret.
func (w *moving) zero(ctx context.Context, step *Step) error {
	done := w.begin(Undo{Step: StepSecret, Before: step.Before})
	if _, err := w.mover.Cluster.WriteCredentials(ctx, w.Installation.Secret, []byte(controller.ZeroValue)); err != nil {
		if !controller.MayBeMade(err) {
			w.undo = w.undo[:len(w.undo)-1]
		}
		return err
	}
	done("")
	return nil
}

// restart restarts the controllers, and repeats the restart while their pods do not
// get a recent change from EKS.
func (w *moving) restart(ctx context.Context, step *Step) error {
	for attempt := 1; ; attempt++ {
		if w.recent {
			w.mover.tell(Progress{Step: *step, Waiting: w.settle()})
			if err := pause(ctx, w.settle()); err != nil {
				return err
			}
		}
		observe := func(p controller.RolloutProgress) { w.mover.tell(Progress{Step: *step, Rollout: &p}) }
		if _, err := w.mover.Cluster.Rollout(ctx, controller.Restart{Namespace: w.Namespace, Observe: observe}); err != nil {
			return err
		}
		err := w.look(ctx)
		if notRunning := (*NotRunning)(nil); !w.recent || attempt == maxRestarts || !errors.As(err, &notRunning) ||
			!slices.ContainsFunc(notRunning.Pods, func(p Pod) bool { return p.Wrong == WrongSource || p.Wrong == WrongRole }) {
			return nil // the next step reports what is wrong
		}
	}
}

// check checks whether the controllers run as planned.
func (w *moving) check(ctx context.Context, _ *Step) error { return w.look(ctx) }

func (w *moving) look(ctx context.Context) error {
	now, err := w.mover.Cluster.ReadInstallation(ctx, w.Namespace, nil)
	if err != nil {
		return err
	}
	if !now.Known(controller.PartPods) {
		return &NotRunning{Way: w.Way}
	}
	w.pods = w.Pods(now, true)
	if len(w.pods) == 0 || slices.ContainsFunc(w.pods, func(p Pod) bool { return p.Wrong != "" }) {
		return &NotRunning{w.Way, w.pods}
	}
	return nil
}

func (w *moving) settle() time.Duration {
	if w.mover.Settle != 0 {
		return w.mover.Settle
	}
	return DefaultSettle
}

// pause waits for d. When ctx ends first, it returns the reason.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
