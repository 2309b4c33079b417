package controller

// This file sends the change that restarts the pods of a Deployment, and finds out
// whether it was made if there is no response.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"capaboot/internal/deadline"
)

// patchAttempts is the maximum number of times that the change is sent, after
// errors that may be temporary. Every attempt sends the same patch, so it does
// not matter if an earlier one succeeded.
const patchAttempts = 4

// restart sets the annotation, and returns the changed Deployment.
func (w *rolloutWait) restart(ctx context.Context, before Deployment) (after Deployment, err error) {
	current := time.Now()
	w.restartedAt = current.Format(time.RFC3339)
	if before.Spec.Template.Metadata.Annotations[RestartedAt] == w.restartedAt {
		// A second restart within the same second would set the same value and change
		// nothing.
		w.restartedAt = current.Add(time.Second).Format(time.RFC3339)
	}
	body, err := json.Marshal(map[string]any{"spec": map[string]any{"template": map[string]any{"metadata": map[string]any{
		"annotations": map[string]string{RestartedAt: w.restartedAt},
	}}}})
	if err != nil {
		return after, err
	}
	mayHaveStarted := false
	for attempt := 1; ; attempt++ {
		err = w.Patch(ctx, Deployments, w.Namespace, w.Deployment, StrategicMergePatch, body, &after)
		mayHaveStarted = mayHaveStarted || MayHaveChanged(err)
		if err == nil || ctx.Err() != nil || !IsTransient(err) || attempt == patchAttempts {
			break
		}
		w.notify(RolloutProgress{Stage: StageDisconnected, Err: err})
		if deadline.Sleep(ctx, time.Duration(attempt)*time.Second); ctx.Err() != nil {
			break
		}
	}
	if err != nil && mayHaveStarted {
		after, err = w.readRestart(ctx, before, err)
	}
	w.uid, w.generation = after.Metadata.UID, after.Metadata.Generation
	if err == nil && after.Spec.Template.Metadata.Annotations[RestartedAt] != w.restartedAt {
		return after, w.failedError("NotMade", "the API server accepted the restart, but the pod template does not have the annotation "+RestartedAt+": an admission webhook may have removed it")
	}
	return after, err
}

// readRestart finds out whether a restart has started after its request failed
// with requestErr. It returns the changed Deployment if the restart has started,
// requestErr if it has not, and an [*UnknownRestart] if ctx has ended or the
// Deployment cannot be read.
func (w *rolloutWait) readRestart(ctx context.Context, before Deployment, requestErr error) (Deployment, error) {
	if ctx.Err() != nil {
		return before, &UnknownRestart{w.Namespace, w.Deployment, deadline.NewEnded(ctx, "patch "+subject(Deployments, w.Namespace, w.Deployment)), nil}
	}
	var current Deployment
	switch err := w.Get(ctx, Deployments, w.Namespace, w.Deployment, &current); {
	case err != nil:
		return before, &UnknownRestart{w.Namespace, w.Deployment, requestErr, err}
	case current.Metadata.UID == before.Metadata.UID && current.Spec.Template.Metadata.Annotations[RestartedAt] == w.restartedAt:
		return current, nil
	}
	return before, requestErr
}

// UnknownRestart is the error when a restart was requested, and it is unknown whether
// it has started.
type UnknownRestart struct {
	Namespace, Deployment string
	Err                   error // the error of the request
	ReadErr               error // the error of reading the Deployment afterwards; nil if there was no time for it
}

func (e *UnknownRestart) Error() string {
	text := fmt.Sprintf("%v; it is unknown whether the restart of %s has started", e.Err, subject(Deployments, e.Namespace, e.Deployment))
	if e.ReadErr != nil && e.ReadErr.Error() != e.Err.Error() {
		text += ": " + e.ReadErr.Error()
	}
	return text
}

// Unwrap returns the error of the request.
func (e *UnknownRestart) Unwrap() error { return e.Err }

// IsRestartUnknown reports whether an error means that it is unknown whether a restart
// has started.
func IsRestartUnknown(err error) bool {
	_, unknown := errors.AsType[*UnknownRestart](err)
	return unknown
}
