package controller

// This file restarts the pods of a Deployment, as "kubectl rollout restart" does,
// and waits for the new ones, as "kubectl rollout status" does.

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"capaboot/internal/deadline"
)

// RestartedAt is the annotation of a pod template that a restart changes.
const RestartedAt = "kubectl.kubernetes.io/restartedAt"

// Restart says which Deployment is restarted, and how.
type Restart struct {
	Namespace  string
	Deployment string // "" for [DeploymentName]
	// Paused restarts a paused Deployment too: nothing happens until it is resumed.
	Paused bool
	// Detach returns when the restart has begun.
	Detach bool
	// Observe is told what happens; it may be nil.
	Observe func(RolloutProgress)
}

// Rollout is a restart that has begun.
type Rollout struct {
	Namespace, Deployment string
	RestartedAt           string // the value of the annotation
	// Result is "started" or "complete".
	Result string
	Wanted int32 // replicas
	// Paused says that no pod is restarted until the Deployment is resumed.
	Paused bool
	Took   time.Duration
}

// Stages of a restart.
const (
	StageRestarted  = "restarted"  // the API server has the change
	StageReplicas   = "replicas"   // the numbers of replicas changed
	StageTrouble    = "trouble"    // a pod has a problem, which it did not have before
	StageSuperseded = "superseded" // somebody changed the Deployment again, and the wait is for that
	StageLost       = "lost"       // the API server does not answer, and is asked again
	StageFound      = "found"      // the API server answers again
)

// RolloutProgress is something that happened.
type RolloutProgress struct {
	Stage                 string
	Namespace, Deployment string
	Replicas              Replicas
	Trouble               Trouble // with StageTrouble
	Err                   error   // with StageLost
}

// Replicas counts the pods of a Deployment.
type Replicas struct {
	Wanted, Updated, Available, Old int32
	// Observed says that the Deployment's controller has seen the change.
	Observed bool
}

// outage is how long the API server may be away while a restart is waited for, and
// pollFirst and pollMost how often it is asked: seldom when it takes longer.
const (
	outage    = 2 * time.Minute
	pollFirst = 250 * time.Millisecond
	pollMost  = 2 * time.Second
)

// Rollout restarts the pods of a Deployment. Unless it is detached it waits until
// the new pods are available and the old ones gone; ctx bounds that. A failure is
// a [*RolloutFailed], an end of ctx a [*RolloutEnded]; the errors of what comes
// before the restart are those of [Cluster.Find] and [Cluster.Patch].
func (c *Cluster) Rollout(ctx context.Context, r Restart) (*Rollout, error) {
	w := &rolloutWait{Cluster: c, Restart: r, began: time.Now(), seen: map[string]bool{}}
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
	w.tell(RolloutProgress{Stage: StageRestarted, Replicas: ReplicasOf(after)})
	if !r.Detach && !after.Spec.Paused {
		if after, err = w.wait(ctx, after); err != nil {
			return nil, err
		}
	}
	done := w.result(after)
	if !r.Detach && !after.Spec.Paused {
		done.Result = "complete"
	}
	return done, nil
}

// rolloutWait is a restart under way.
type rolloutWait struct {
	*Cluster
	Restart
	began       time.Time
	restartedAt string
	replicas    Replicas
	uid         string
	generation  int64
	seen        map[string]bool // the troubles that were told
	troubles    []Trouble       // of now
	unknown     error           // why troubles are unknown
	lost        time.Time       // since when the API server does not answer
}

func (w *rolloutWait) result(d Deployment) *Rollout {
	return &Rollout{
		Namespace: w.Namespace, Deployment: w.Deployment, RestartedAt: w.restartedAt, Result: "started",
		Wanted: d.wanted(), Paused: d.Spec.Paused, Took: time.Since(w.began),
	}
}

func (w *rolloutWait) tell(p RolloutProgress) {
	p.Namespace, p.Deployment = w.Namespace, w.Deployment
	if w.Observe != nil {
		w.Observe(p)
	}
}

// wanted is how many replicas there should be.
func (d Deployment) wanted() int32 {
	if d.Spec.Replicas == nil {
		return 1
	}
	return *d.Spec.Replicas
}

// ReplicasOf counts the pods of a Deployment.
func ReplicasOf(d Deployment) Replicas {
	s := d.Status
	return Replicas{
		Wanted: d.wanted(), Updated: s.UpdatedReplicas, Available: s.AvailableReplicas, Old: max(s.Replicas-s.UpdatedReplicas, 0),
		Observed: s.ObservedGeneration >= d.Metadata.Generation,
	}
}

// patchAttempts is how often the change is sent when no answer says whether it
// was carried out. It is the same each time, so that one too many changes nothing.
const patchAttempts = 4

// restart writes the annotation, and returns the Deployment with it.
func (w *rolloutWait) restart(ctx context.Context, before Deployment) (after Deployment, err error) {
	now := time.Now()
	w.restartedAt = now.Format(time.RFC3339)
	if before.Spec.Template.Metadata.Annotations[RestartedAt] == w.restartedAt {
		// Of two restarts in one second the second would change nothing.
		w.restartedAt = now.Add(time.Second).Format(time.RFC3339)
	}
	body, err := json.Marshal(map[string]any{"spec": map[string]any{"template": map[string]any{"metadata": map[string]any{
		"annotations": map[string]string{RestartedAt: w.restartedAt},
	}}}})
	if err != nil {
		return after, err
	}
	for attempt := 1; ; attempt++ {
		err = w.Patch(ctx, Deployments, w.Namespace, w.Deployment, StrategicMergePatch, body, &after)
		if err == nil || ctx.Err() != nil || !Passing(err) || attempt == patchAttempts {
			break
		}
		w.tell(RolloutProgress{Stage: StageLost, Err: err})
		if pause(ctx, time.Duration(attempt)*time.Second) != nil {
			break
		}
	}
	w.uid, w.generation = after.Metadata.UID, after.Metadata.Generation
	return after, err
}

// wait waits until the Deployment's controller has replaced the pods.
func (w *rolloutWait) wait(ctx context.Context, d Deployment) (Deployment, error) {
	every := pollFirst
	for {
		done, err := w.look(ctx, d)
		switch {
		case ctx.Err() != nil:
			return d, w.ended(ctx)
		case err != nil:
			return d, err
		case done:
			return d, nil
		}
		if pause(ctx, every) != nil {
			return d, w.ended(ctx)
		}
		every = min(every*2, pollMost)
		if d, err = w.again(ctx, d); err != nil {
			if ctx.Err() != nil {
				return d, w.ended(ctx)
			}
			return d, err
		}
	}
}

// look takes note of the state of the Deployment, and reports whether the restart
// is complete. The rules are those of "kubectl rollout status":
// kubectl/pkg/polymorphichelpers/rollout_status.go.
func (w *rolloutWait) look(ctx context.Context, d Deployment) (done bool, err error) {
	if w.uid != d.Metadata.UID {
		return false, &RolloutFailed{Namespace: w.Namespace, Deployment: w.Deployment, Reason: "Replaced", Message: "the Deployment was deleted and created again"}
	}
	if now := d.Spec.Template.Metadata.Annotations[RestartedAt]; d.Metadata.Generation > w.generation && now != w.restartedAt {
		if !isLater(now, w.restartedAt) {
			return false, w.failed("Undone", "somebody has reverted the pod template: pods from before the restart may continue to run")
		}
		w.generation, w.restartedAt = d.Metadata.Generation, now
		w.tell(RolloutProgress{Stage: StageSuperseded, Replicas: ReplicasOf(d)})
	}
	if now := ReplicasOf(d); now != w.replicas {
		w.replicas = now
		w.tell(RolloutProgress{Stage: StageReplicas, Replicas: now})
	}
	n := w.replicas
	if !n.Observed {
		return false, nil
	}
	if n.Updated >= n.Wanted && n.Old == 0 && n.Available >= n.Updated && !deadlineExceeded(d) {
		return true, nil
	}
	w.findTroubles(ctx, d)
	if ctx.Err() == nil && deadlineExceeded(d) {
		condition, _ := d.condition("Progressing")
		return false, w.failed(condition.Reason, condition.Message)
	}
	return false, nil
}

// isLater reports whether one restart is after another, by their annotations. One that
// is not has been taken back, by "kubectl rollout undo" or by whoever applies the
// manifest again: its ReplicaSet, and maybe its pods, are those of before.
func isLater(restartedAt, than string) bool {
	at, err1 := time.Parse(time.RFC3339, restartedAt)
	before, err2 := time.Parse(time.RFC3339, than)
	return err1 == nil && err2 == nil && at.After(before)
}

// deadlineExceeded reports whether the Deployment's controller has given up
// waiting: spec.progressDeadlineSeconds, 10 minutes if it is not set.
func deadlineExceeded(d Deployment) bool {
	condition, ok := d.condition("Progressing")
	return ok && condition.Reason == "ProgressDeadlineExceeded"
}

func (d Deployment) condition(kind string) (Condition, bool) {
	for _, one := range d.Status.Conditions {
		if one.Type == kind {
			return one, true
		}
	}
	return Condition{}, false
}

// again reads the Deployment again. An API server that is away for a moment is
// waited for: it may be the one that is being upgraded.
func (w *rolloutWait) again(ctx context.Context, before Deployment) (Deployment, error) {
	var d Deployment
	err := w.Get(ctx, Deployments, w.Namespace, w.Deployment, &d)
	switch {
	case err == nil && !w.lost.IsZero():
		w.lost = time.Time{}
		w.tell(RolloutProgress{Stage: StageFound})
		return d, nil
	case err == nil:
		return d, nil
	case !Passing(err):
		return before, &RolloutFailed{Namespace: w.Namespace, Deployment: w.Deployment, Reason: "NotSeen", Err: err}
	case w.lost.IsZero():
		w.lost = time.Now()
		w.tell(RolloutProgress{Stage: StageLost, Err: err})
	case time.Since(w.lost) >= outage:
		return before, &RolloutFailed{Namespace: w.Namespace, Deployment: w.Deployment, Reason: "NotSeen", Err: err}
	}
	return before, nil
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, how time.Duration) error {
	timer := time.NewTimer(how)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (w *rolloutWait) failed(reason, message string) error {
	return &RolloutFailed{
		Namespace: w.Namespace, Deployment: w.Deployment, Reason: reason, Message: message,
		Replicas: w.replicas, Troubles: w.troubles, Unknown: w.unknown,
	}
}

func (w *rolloutWait) ended(ctx context.Context) error {
	return &RolloutEnded{
		Namespace: w.Namespace, Deployment: w.Deployment, Replicas: w.replicas, Troubles: w.troubles, Unknown: w.unknown,
		Err: deadline.Stopped(ctx, ""),
	}
}

// PausedDeployment is the error when a Deployment is paused: its pods would not be
// restarted. Nothing was changed.
type PausedDeployment struct{ Namespace, Name string }

func (e *PausedDeployment) Error() string {
	return subject(Deployments, e.Namespace, e.Name) + " is paused: its pods would not be restarted"
}

// RolloutFailed is the error when a restart has begun and did not come to its end.
// The Deployment keeps the restart, and its old pods where the new ones fail.
type RolloutFailed struct {
	Namespace, Deployment string
	// Reason and Message are those of the Deployment's condition; or the Reason is
	// "Replaced" or "Undone", or "NotSeen": the Deployment cannot be read any more, for
	// the reason in Err.
	Reason, Message string
	Replicas        Replicas
	Troubles        []Trouble
	Unknown         error // why there are no Troubles, nil when they were looked for
	Err             error
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

// RolloutEnded is the error when the wait for a restart ended before the restart:
// a timeout, or an interrupt. The restart continues in the cluster.
type RolloutEnded struct {
	Namespace, Deployment string
	Replicas              Replicas
	Troubles              []Trouble
	Unknown               error
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

// String says how far a restart is.
func (r Replicas) String() string {
	switch {
	case !r.Observed:
		return "the Deployment controller has not observed the change yet"
	case r.Updated < r.Wanted:
		return fmt.Sprintf("%d of %d new pods created", r.Updated, r.Wanted)
	case r.Available < r.Updated:
		return fmt.Sprintf("%d of %d new pods available", r.Available, r.Updated)
	case r.Old == 1:
		return "waiting for 1 old pod to terminate"
	case r.Old > 1:
		return fmt.Sprintf("waiting for %d old pods to terminate", r.Old)
	}
	return fmt.Sprintf("%d of %d new pods available", r.Available, r.Wanted)
}

// IsRolloutUnderWay reports whether err says that a restart has begun, and may still
// come to its end.
func IsRolloutUnderWay(err error) bool {
	_, ended := errors.AsType[*RolloutEnded](err)
	failed, ok := errors.AsType[*RolloutFailed](err)
	return ended || ok && failed.Err != nil
}
