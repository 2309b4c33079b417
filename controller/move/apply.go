package move

// This file executes a plan, step by step.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"capaboot/controller"
	"capaboot/internal/deadline"
)

// Result is the result of a move.
type Result struct {
	Steps []Step
	Pods  []Pod
	// Changed means that the move changed something.
	Changed bool
}

// maxRestarts is the maximum number of restarts in total. The controllers are
// restarted again if their pods did not get a recent change from EKS.
const maxRestarts = 3

// propagationTime is how long a change counts as recent. A recent change may
// not have reached all of EKS yet.
const propagationTime = time.Minute

// execution is a plan that is being executed.
type execution struct {
	mover Mover
	*Plan
	undo []Undo
	// recent means that a change may not have reached all of EKS yet.
	recent bool
	pods   []Pod // the pods after the move
}

// Apply executes a plan, which must not have problems. Every error is a
// [*Stopped].
func (m Mover) Apply(ctx context.Context, plan *Plan) (*Result, error) {
	w := &execution{mover: m, Plan: plan}
	// An earlier run may have changed the association recently.
	w.recent = plan.Association != nil && time.Since(plan.Association.Modified) < propagationTime
	steps := map[string]func(context.Context, *Step) error{
		StepAssociation: w.associate, StepAnnotation: w.annotate, StepSecret: w.zeroSecret, StepRollout: w.restart, StepRunning: w.checkRunning,
	}
	result := &Result{}
	for n := range plan.Steps {
		step := &plan.Steps[n]
		if step.State == Todo {
			w.mover.notify(Progress{Step: *step})
			err := ctx.Err()
			if err == nil {
				err = steps[step.Name](ctx, step)
			}
			if err != nil {
				return nil, w.stop(n, err)
			}
			step.State, result.Changed = DoneNow, true
		} else if step.Name == StepRunning {
			w.pods = plan.Pods(plan.Installation, false)
		}
		w.mover.notify(Progress{Step: *step})
	}
	result.Steps, result.Pods = plan.Steps, w.pods
	return result, nil
}

// stop marks a step as failed, and the later steps that are still to do as not
// reached. It returns the error of the move.
func (w *execution) stop(n int, err error) *Stopped {
	step := &w.Steps[n]
	step.State, step.Problem = Failed, err
	for i := range w.Steps[n+1:] {
		if later := &w.Steps[n+1+i]; later.State == Todo {
			later.State = NotReached
		}
	}
	slices.Reverse(w.undo)
	return &Stopped{*step, w.Steps, w.undo, err}
}

// recordUndo records how to undo a step. It is called before the request is
// sent, because the request may succeed even if its response is lost. Calling
// recordDone records that the request succeeded; association is the ID of a new
// association, or "".
func (w *execution) recordUndo(undo Undo) (recordDone func(association string)) {
	undo.OutcomeUnknown = true
	w.undo = append(w.undo, undo)
	at := &w.undo[len(w.undo)-1]
	return func(association string) {
		at.OutcomeUnknown = false
		if association != "" {
			at.Association = association
		}
	}
}

// dropIfRejected removes the last undo record if err means that the service
// rejected the request. It returns err.
func (w *execution) dropIfRejected(err error) error {
	if errors.As(err, new(*Rejected)) {
		w.undo = w.undo[:len(w.undo)-1]
	}
	return err
}

// Rejected is the error when a service rejected a request, and so changed
// nothing.
type Rejected struct{ Err error }

func (e *Rejected) Error() string { return e.Err.Error() }

// Unwrap returns the service's error.
func (e *Rejected) Unwrap() error { return e.Err }

// associate creates or updates the association.
func (w *execution) associate(ctx context.Context, step *Step) error {
	if w.Association != nil {
		if err := w.checkUnchanged(ctx); err != nil {
			return err
		}
		recordDone := w.recordUndo(Undo{Step: StepAssociation, Before: w.Association.RoleARN, Association: w.Association.ID})
		changed, err := w.mover.EKS.UpdateAssociation(ctx, w.ClusterName, w.Association.ID, w.Role.ARN)
		if err != nil {
			return w.dropIfRejected(err)
		}
		recordDone("")
		w.Association, w.recent = &changed, true
		return nil
	}
	recordDone := w.recordUndo(Undo{Step: StepAssociation})
	created, exists, err := w.mover.EKS.CreateAssociation(ctx, w.ClusterName, w.Namespace, w.ServiceAccount, w.Role.ARN)
	if exists {
		w.undo = w.undo[:len(w.undo)-1]
		return w.useExisting(ctx)
	}
	if err != nil {
		return w.dropIfRejected(err)
	}
	recordDone(created.ID)
	w.Association, w.recent = &created, true
	return nil
}

// checkUnchanged checks that the association has not changed since the user
// confirmed the plan. EKS updates an association unconditionally.
func (w *execution) checkUnchanged(ctx context.Context) error {
	current, err := w.mover.EKS.Association(ctx, w.ClusterName, w.Namespace, w.ServiceAccount)
	if err == nil && (current == nil || current.settings() != w.Association.settings()) {
		err = errors.New("the association of the service account has changed since the plan")
	}
	return err
}

// useExisting uses an association that another client has created since the plan,
// if it is as the plan would create it. Otherwise it returns an error.
func (w *execution) useExisting(ctx context.Context) error {
	found, err := w.mover.EKS.Association(ctx, w.ClusterName, w.Namespace, w.ServiceAccount)
	switch {
	case err != nil:
		return err
	case found == nil || found.settings() != (Association{ID: found.ID, RoleARN: w.Role.ARN}):
		return errors.New("another client has created an association of the service account since the plan")
	}
	w.Association, w.recent = found, true
	return nil
}

func (w *execution) annotate(ctx context.Context, step *Step) error {
	account := w.Installation.ServiceAccount
	body, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"resourceVersion": account.Metadata.ResourceVersion, "annotations": map[string]string{controller.RoleAnnotation: w.Role.ARN}}})
	if err != nil {
		return err
	}
	recordDone := w.recordUndo(Undo{Step: StepAnnotation, Before: step.Before})
	var after controller.ServiceAccount
	if err := w.mover.Cluster.Patch(ctx, controller.ServiceAccounts, w.Namespace, w.ServiceAccount, controller.MergePatch, body, &after); err != nil {
		if !controller.MayHaveChanged(err) {
			w.undo = w.undo[:len(w.undo)-1]
		}
		return err
	}
	if annotation := after.Metadata.Annotations[controller.RoleAnnotation]; annotation != w.Role.ARN {
		return fmt.Errorf("the API server accepted the annotation %s, but the service account has %q", controller.RoleAnnotation, annotation)
	}
	recordDone("")
	w.recent = true
	return nil
}

// zeroSecret replaces the credentials in the Secret with a line break.
func (w *execution) zeroSecret(ctx context.Context, step *Step) error {
	recordDone := w.recordUndo(Undo{Step: StepSecret, Before: step.Before})
	if _, err := w.mover.Cluster.WriteCredentials(ctx, w.Installation.Secret, []byte(controller.ZeroedValue)); err != nil {
		if !controller.MayHaveChanged(err) {
			w.undo = w.undo[:len(w.undo)-1]
		}
		return err
	}
	recordDone("")
	return nil
}

// restart restarts the controllers. It restarts them again, at most [maxRestarts]
// times in total, if their pods did not get a recent change from EKS.
func (w *execution) restart(ctx context.Context, step *Step) error {
	for attempt := 1; ; attempt++ {
		if w.recent {
			w.mover.notify(Progress{Step: *step, Waiting: w.settleTime()})
			if deadline.Sleep(ctx, w.settleTime()); ctx.Err() != nil {
				return context.Cause(ctx)
			}
		}
		observe := func(p controller.RolloutProgress) { w.mover.notify(Progress{Step: *step, Rollout: &p}) }
		if _, err := w.mover.Cluster.Rollout(ctx, controller.Restart{Namespace: w.Namespace, Observe: observe}); err != nil {
			return err
		}
		err := w.checkPods(ctx)
		if notRunning := (*NotRunning)(nil); !w.recent || attempt == maxRestarts || !errors.As(err, &notRunning) ||
			!slices.ContainsFunc(notRunning.Pods, Pod.lacksInjection) {
			return nil // the next step reports the problem
		}
	}
}

func (w *execution) checkRunning(ctx context.Context, _ *Step) error { return w.checkPods(ctx) }

// checkPods reads the pods, and returns a [*NotRunning] if they do not run with the
// new credentials, or a [*FilledAgain] if the Secret has credentials. If the pods or
// the Secret cannot be read, it returns the reason.
func (w *execution) checkPods(ctx context.Context) error {
	current, err := w.mover.Cluster.ReadInstallation(ctx, w.Namespace, nil)
	if err != nil {
		return err
	}
	for _, unread := range current.Unread {
		if unread.Part == controller.PartPods || unread.Part == controller.PartSecret {
			return unread.Err
		}
	}
	w.pods = w.Pods(current, true)
	if current.Secret != nil {
		if _, state := current.Secret.Credentials(); state == controller.Filled {
			return &FilledAgain{w.Namespace, current.ManagersOfSecret()}
		}
	}
	if len(w.pods) == 0 || slices.ContainsFunc(w.pods, func(p Pod) bool { return p.Problem != "" }) {
		return &NotRunning{w.Method, w.pods}
	}
	return nil
}

// settleTime returns how long to wait until a change reaches all of EKS.
func (w *execution) settleTime() time.Duration {
	if w.mover.Settle != 0 {
		return w.mover.Settle
	}
	return DefaultSettle
}
