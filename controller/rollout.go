package controller

// This file restarts the pods of a Deployment, as "kubectl rollout restart" does,
// and waits for the new ones, as "kubectl rollout status" does.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"capaboot/internal/deadline"
)

// RestartedAt is the pod template annotation that a restart sets.
const RestartedAt = "kubectl.kubernetes.io/restartedAt"

// Restart says which Deployment to restart, and how.
type Restart struct {
	Namespace  string
	Deployment string // "" for [DeploymentName]
	// Paused allows a paused Deployment, whose pods restart only when it is
	// resumed.
	Paused bool
	// Detach makes Rollout return as soon as the restart has begun.
	Detach bool
	// Observe receives the progress. It may be nil.
	Observe func(RolloutProgress)
}

// Rollout is a restart that has begun or is complete.
type Rollout struct {
	Namespace, Deployment string
	RestartedAt           string // the value of the annotation
	Result                string // "started" or "complete"
	Desired               int32  // desired number of pods
	// Paused means that no pod restarts until the Deployment is resumed.
	Paused   bool
	Duration time.Duration // of the restart and the wait
}

// The stages of a restart.
const (
	StageRestarted    = "restarted"  // The API server accepted the change.
	StageReplicas     = "replicas"   // The counts in Replicas changed.
	StageTrouble      = "trouble"    // A pod has a new problem.
	StageSuperseded   = "superseded" // The Deployment was restarted again; the wait is now for that restart.
	StageDisconnected = "lost"       // The API server does not respond; requests are retried.
	StageReconnected  = "found"      // The API server responds again.
)

// RolloutProgress is one step of the progress of a restart.
type RolloutProgress struct {
	Stage                 string
	Namespace, Deployment string
	Replicas              Replicas
	Trouble               Trouble // set only with StageTrouble
	Err                   error   // set only with StageDisconnected
}

// Replicas counts the pods of a Deployment.
type Replicas struct {
	Desired, Available int32
	Updated            int32 // number of pods with the current pod template
	Old                int32 // number of pods with an earlier pod template
	// Observed means that the Deployment's controller has seen the change.
	Observed bool
}

// maxOutage is how long a wait tolerates an unreachable API server. The poll
// interval grows from minPoll to maxPoll.
const (
	maxOutage = 2 * time.Minute
	minPoll   = 250 * time.Millisecond
	maxPoll   = 2 * time.Second
)

// Rollout restarts the pods of a Deployment. Unless Detach is set or the
// Deployment is paused, it waits until the new pods are available and the old
// ones have terminated; ctx limits the wait.
//
// The error is a [*RolloutFailed] if the restart fails, a [*RolloutEnded] if ctx
// ends first, and an [*UnknownRestart] if it is unknown whether the restart has
// begun. If the restart does not begin, the error is a [*PausedDeployment], or an
// error of [Cluster.Find] or [Cluster.Patch].
func (c *Cluster) Rollout(ctx context.Context, r Restart) (*Rollout, error) {
	w := &rolloutWait{Cluster: c, Restart: r, startedAt: time.Now(), reported: map[string]bool{}}
	w.Deployment = cmp.Or(r.Deployment, DeploymentName)
	var before Deployment
	if err := c.Find(ctx, Deployments, r.Namespace, w.Deployment, &before); err != nil {
		return nil, err
	}
	if before.Spec.Paused && !r.Paused {
		return nil, &PausedDeployment{r.Namespace, w.Deployment}
	}
	after, err := w.restart(ctx, before)
	if err != nil {
		return nil, err
	}
	w.notify(RolloutProgress{Stage: StageRestarted, Replicas: ReplicasOf(after)})
	if !r.Detach && !after.Spec.Paused {
		if after, err = w.wait(ctx, after); err != nil {
			return nil, err
		}
	}
	result := w.result(after)
	if !r.Detach && !after.Spec.Paused {
		result.Result = "complete"
	}
	return result, nil
}

// rolloutWait is a restart in progress.
type rolloutWait struct {
	*Cluster
	Restart
	startedAt      time.Time
	restartedAt    string
	replicas       Replicas        // the last replicas that Observe received
	uid            string          // the UID of the Deployment
	generation     int64           // the generation of the Deployment after the last restart
	reported       map[string]bool // troubles that Observe has received
	troubles       []Trouble
	troublesErr    error     // why troubles could not be read
	disconnectedAt time.Time // when the API server stopped responding
}

func (w *rolloutWait) result(d Deployment) *Rollout {
	return &Rollout{
		Namespace: w.Namespace, Deployment: w.Deployment, RestartedAt: w.restartedAt, Result: "started",
		Desired: d.desiredReplicas(), Paused: d.Spec.Paused, Duration: time.Since(w.startedAt),
	}
}

func (w *rolloutWait) notify(p RolloutProgress) {
	p.Namespace, p.Deployment = w.Namespace, w.Deployment
	if w.Observe != nil {
		w.Observe(p)
	}
}

func (d Deployment) desiredReplicas() int32 {
	if d.Spec.Replicas == nil {
		return 1
	}
	return *d.Spec.Replicas
}

// ReplicasOf counts the pods of a Deployment.
func ReplicasOf(d Deployment) Replicas {
	s := d.Status
	return Replicas{
		Desired: d.desiredReplicas(), Updated: s.UpdatedReplicas, Available: s.AvailableReplicas, Old: max(s.Replicas-s.UpdatedReplicas, 0),
		Observed: s.ObservedGeneration >= d.Metadata.Generation,
	}
}

// wait waits until the Deployment's controller has replaced the pods.
func (w *rolloutWait) wait(ctx context.Context, d Deployment) (Deployment, error) {
	interval := minPoll
	for {
		done, err := w.evaluate(ctx, d)
		switch {
		case ctx.Err() != nil:
			return d, w.endedError(ctx)
		case err != nil:
			return d, err
		case done:
			return d, nil
		}
		if deadline.Sleep(ctx, interval); ctx.Err() != nil {
			return d, w.endedError(ctx)
		}
		interval = min(interval*2, maxPoll)
		if d, err = w.readAgain(ctx, d); err != nil {
			if ctx.Err() != nil {
				return d, w.endedError(ctx)
			}
			return d, err
		}
	}
}

// evaluate records the state of the Deployment, and reports whether the restart
// is complete. The rules are those of "kubectl rollout status":
// kubectl/pkg/polymorphichelpers/rollout_status.go.
func (w *rolloutWait) evaluate(ctx context.Context, d Deployment) (done bool, err error) {
	if w.uid != d.Metadata.UID {
		return false, &RolloutFailed{Namespace: w.Namespace, Deployment: w.Deployment, Reason: "Replaced", Message: "the Deployment was deleted and created again"}
	}
	if d.Metadata.DeletionTimestamp != nil {
		return false, &RolloutFailed{Namespace: w.Namespace, Deployment: w.Deployment, Reason: "Deleted", Message: "the Deployment is being deleted"}
	}
	if current := d.Spec.Template.Metadata.Annotations[RestartedAt]; d.Metadata.Generation > w.generation && current != w.restartedAt {
		if !isLater(current, w.restartedAt) {
			failed := w.failedError("Undone", "the pod template was reverted: pods from before the restart may continue to run")
			failed.Managers = d.Managers()
			return false, failed
		}
		w.generation, w.restartedAt = d.Metadata.Generation, current
		w.notify(RolloutProgress{Stage: StageSuperseded, Replicas: ReplicasOf(d)})
	}
	if current := ReplicasOf(d); current != w.replicas {
		w.replicas = current
		w.notify(RolloutProgress{Stage: StageReplicas, Replicas: current})
	}
	n := w.replicas
	if !n.Observed {
		return false, nil
	}
	if n.Updated >= n.Desired && n.Old == 0 && n.Available >= n.Updated && !deadlineExceeded(d) {
		return true, nil
	}
	w.findTroubles(ctx, d)
	if ctx.Err() == nil && deadlineExceeded(d) {
		condition, _ := d.condition("Progressing")
		return false, w.failedError(condition.Reason, condition.Message)
	}
	return false, nil
}

// isLater reports whether one restart annotation is later than another. A changed
// annotation that is not later counts as a reverted restart: "kubectl rollout
// undo" and applying the manifest again return to the old ReplicaSet. A restart
// from a machine whose clock is behind looks the same.
func isLater(restartedAt, other string) bool {
	at, err1 := time.Parse(time.RFC3339, restartedAt)
	before, err2 := time.Parse(time.RFC3339, other)
	return err1 == nil && err2 == nil && at.After(before)
}

// deadlineExceeded reports whether the rollout made no progress for
// spec.progressDeadlineSeconds, which is 10 minutes by default.
func deadlineExceeded(d Deployment) bool {
	condition, ok := d.condition("Progressing")
	return ok && condition.Reason == "ProgressDeadlineExceeded"
}

func (d Deployment) condition(kind string) (Condition, bool) {
	for _, condition := range d.Status.Conditions {
		if condition.Type == kind {
			return condition, true
		}
	}
	return Condition{}, false
}

// readAgain reads the Deployment again. The API server may have an outage, for
// example during an upgrade. Until the outage has lasted for maxOutage, readAgain
// returns the Deployment as last read, and no error.
func (w *rolloutWait) readAgain(ctx context.Context, before Deployment) (Deployment, error) {
	var d Deployment
	err := w.Get(ctx, Deployments, w.Namespace, w.Deployment, &d)
	switch {
	case err == nil && !w.disconnectedAt.IsZero():
		w.disconnectedAt = time.Time{}
		w.notify(RolloutProgress{Stage: StageReconnected})
		return d, nil
	case err == nil:
		return d, nil
	case !IsTransient(err):
		return before, &RolloutFailed{Namespace: w.Namespace, Deployment: w.Deployment, Reason: "NotSeen", Err: err}
	case w.disconnectedAt.IsZero():
		w.disconnectedAt = time.Now()
		w.notify(RolloutProgress{Stage: StageDisconnected, Err: err})
	case time.Since(w.disconnectedAt) >= maxOutage:
		return before, &RolloutFailed{Namespace: w.Namespace, Deployment: w.Deployment, Reason: "NotSeen", Err: err}
	}
	return before, nil
}

func (w *rolloutWait) failedError(reason, message string) *RolloutFailed {
	return &RolloutFailed{
		Namespace: w.Namespace, Deployment: w.Deployment, Reason: reason, Message: message,
		Replicas: w.replicas, Troubles: w.troubles, TroublesErr: w.troublesErr,
	}
}

func (w *rolloutWait) endedError(ctx context.Context) error {
	return &RolloutEnded{
		Namespace: w.Namespace, Deployment: w.Deployment, Replicas: w.replicas, Troubles: w.troubles, TroublesErr: w.troublesErr,
		Err: deadline.NewEnded(ctx, ""),
	}
}

// PausedDeployment is the error when a Deployment is paused, so that a restart would
// not replace its pods. Nothing was changed.
type PausedDeployment struct{ Namespace, Name string }

func (e *PausedDeployment) Error() string {
	return subject(Deployments, e.Namespace, e.Name) + " is paused: its pods would not be restarted"
}

// RolloutFailed is the error when a restart has begun but did not complete. If
// new pods fail, the Deployment keeps the new template, and the old pods keep
// running.
type RolloutFailed struct {
	Namespace, Deployment string
	// Reason and Message come from the Deployment's condition. Reason can also be
	// "Replaced" (the Deployment was deleted and created again), "Deleted" (it is
	// being deleted), "Undone" (the restart was reverted), "NotMade" (the response
	// of the API server does not have the restart) or "NotSeen" (the Deployment can
	// no longer be read, because of Err).
	Reason, Message string
	Replicas        Replicas
	Troubles        []Trouble
	TroublesErr     error // why Troubles could not be read, or nil
	Err             error
	// Managers are the tools that write the Deployment, for the reason "Undone".
	Managers []Manager
}

func (e *RolloutFailed) Error() string {
	name := subject(Deployments, e.Namespace, e.Deployment)
	switch {
	case e.Err != nil:
		return fmt.Sprintf("the restart of %s has started, but waiting for it failed: %v", name, e.Err)
	case len(e.Troubles) > 0:
		return fmt.Sprintf("the restart of %s failed: %s (%s)", name, e.Troubles[0], e.Reason)
	}
	return fmt.Sprintf("the restart of %s failed: %s (%s)", name, e.Message, e.Reason)
}

// Unwrap returns why the Deployment could not be read.
func (e *RolloutFailed) Unwrap() error { return e.Err }

// RolloutEnded is the error when a timeout or an interrupt ends the wait before the
// restart is complete. The restart continues in the cluster.
type RolloutEnded struct {
	Namespace, Deployment string
	Replicas              Replicas
	Troubles              []Trouble
	TroublesErr           error
	Err                   *deadline.Ended
}

func (e *RolloutEnded) Error() string {
	text := fmt.Sprintf("%v: the restart of %s is not complete: %s", e.Err, subject(Deployments, e.Namespace, e.Deployment), e.Replicas)
	if len(e.Troubles) > 0 {
		text += "; " + e.Troubles[0].String()
	}
	return text
}

// Unwrap returns why the wait ended.
func (e *RolloutEnded) Unwrap() error { return e.Err }

// String describes the progress of a restart.
func (r Replicas) String() string {
	switch {
	case !r.Observed:
		return "the Deployment controller has not observed the change yet"
	case r.Updated < r.Desired:
		return fmt.Sprintf("%d of %d new pods created", r.Updated, r.Desired)
	case r.Available < r.Updated:
		return fmt.Sprintf("%d of %d new pods available", r.Available, r.Updated)
	case r.Old == 1:
		return "waiting for 1 old pod to terminate"
	case r.Old > 1:
		return fmt.Sprintf("waiting for %d old pods to terminate", r.Old)
	}
	return fmt.Sprintf("%d of %d new pods available", r.Available, r.Desired)
}

// IsRolloutInProgress reports whether an error means that a restart has begun and
// may still complete.
func IsRolloutInProgress(err error) bool {
	_, inProgress := errors.AsType[*RolloutEnded](err)
	failed, ok := errors.AsType[*RolloutFailed](err)
	return inProgress || ok && failed.Err != nil
}
