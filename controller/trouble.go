package controller

// This file finds out why pods do not run, from the states of their containers
// and from events.

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// TroubleKind is the kind of a [Trouble].
type TroubleKind string

// The kinds of troubles.
const (
	TroubleImage   TroubleKind = "image"   // the image cannot be pulled
	TroubleCrash   TroubleKind = "crash"   // a container exits
	TroublePending TroubleKind = "pending" // the pod cannot be scheduled
	TroubleConfig  TroubleKind = "config"  // a container cannot be created, for example because a Secret is missing
	TroubleMount   TroubleKind = "mount"   // a volume cannot be mounted
	TroubleCreate  TroubleKind = "create"  // the pod cannot be created, for example because of a quota or an admission webhook
	TroubleReady   TroubleKind = "ready"   // the pod runs but is not ready
	TroubleOther   TroubleKind = "other"
)

// Trouble is a problem that keeps a pod from running or from being ready.
// Reason and Message come from the cluster. Message can quote the output of a
// container.
type Trouble struct {
	Kind      TroubleKind `json:"kind"`
	Pod       string      `json:"pod,omitempty"`       // "" for a pod that cannot be created
	Container string      `json:"container,omitempty"` // "" for the whole pod
	Reason    string      `json:"reason"`              // such as ImagePullBackOff
	Message   string      `json:"message,omitempty"`
	ExitCode  *int32      `json:"exitCode,omitempty"` // of the last termination
	// LastReason is why the container last terminated, such as OOMKilled.
	LastReason string `json:"lastReason,omitempty"`
	Restarts   int32  `json:"restarts,omitempty"` // of the container
}

// String describes the trouble in one line.
func (t Trouble) String() string {
	var b strings.Builder
	if t.Pod != "" {
		b.WriteString("pod " + t.Pod)
	} else {
		b.WriteString("no pod")
	}
	if t.Container != "" {
		b.WriteString(", container " + t.Container)
	}
	b.WriteString(": " + t.Reason)
	if t.ExitCode != nil {
		fmt.Fprintf(&b, ", exit code %d", *t.ExitCode)
		if t.LastReason != "" && t.LastReason != "Error" {
			b.WriteString(" (" + t.LastReason + ")")
		}
	}
	switch {
	case t.Restarts == 1:
		b.WriteString(", restarted once")
	case t.Restarts > 1:
		fmt.Fprintf(&b, ", restarted %d times", t.Restarts)
	}
	if message := strings.Join(strings.Fields(t.Message), " "); message != "" {
		if runes := []rune(message); len(runes) > maxMessage {
			message = string(runes[:maxMessage]) + "..."
		}
		b.WriteString(": " + message)
	}
	return b.String()
}

// maxMessage is the maximum length of a message in [Trouble.String], in
// characters.
const maxMessage = 300

// findTroubles finds out why new pods do not run, and reports what it did not
// report before. If it fails, the wait continues.
func (w *rolloutWait) findTroubles(ctx context.Context, d Deployment) {
	troubles, err := w.Troubles(ctx, d)
	if ctx.Err() != nil {
		return
	}
	if w.troublesErr = err; err != nil {
		return
	}
	w.troubles = troubles
	for _, trouble := range troubles {
		// An unready pod is reported only at the end of the wait, because every
		// pod starts unready.
		if key := trouble.Pod + " " + trouble.Container + " " + trouble.Reason; !w.reported[key] && trouble.Kind != TroubleReady {
			w.reported[key] = true
			w.notify(RolloutProgress{Stage: StageTrouble, Trouble: trouble, Replicas: w.replicas})
		}
	}
}

// Troubles returns the problems that keep the newest pods of a Deployment from
// running or from being ready, the worst first.
func (c *Cluster) Troubles(ctx context.Context, d Deployment) ([]Trouble, error) {
	newest, err := c.newestReplicaSet(ctx, d)
	if err != nil {
		return nil, err
	}
	var troubles []Trouble
	if newest == nil {
		return c.createTroubles(ctx, "Deployment", d.Metadata, d.Status.Conditions)
	}
	pods, err := c.podsOf(ctx, d)
	if err != nil {
		return nil, err
	}
	for _, pod := range pods {
		if !pod.ownedBy(newest.Metadata.UID) || pod.IsReady() || pod.Metadata.DeletionTimestamp != nil {
			continue
		}
		trouble, err := c.podTrouble(ctx, pod)
		if err != nil {
			return nil, err
		}
		troubles = append(troubles, trouble)
	}
	if newest.Status.Replicas < newest.desiredReplicas() {
		createFailures, err := c.createTroubles(ctx, "ReplicaSet", newest.Metadata, newest.Status.Conditions)
		if err != nil {
			return nil, err
		}
		troubles = append(troubles, createFailures...)
	}
	order := []TroubleKind{TroubleImage, TroubleCrash, TroubleConfig, TroubleCreate, TroubleMount, TroublePending, TroubleOther, TroubleReady}
	slices.SortStableFunc(troubles, func(a, b Trouble) int {
		return cmp.Or(slices.Index(order, a.Kind)-slices.Index(order, b.Kind), cmp.Compare(a.Pod, b.Pod))
	})
	return troubles, nil
}

// newestReplicaSet returns the ReplicaSet with the Deployment's template, or
// nil if it does not exist yet.
func (c *Cluster) newestReplicaSet(ctx context.Context, d Deployment) (*ReplicaSet, error) {
	var sets []ReplicaSet
	if err := c.List(ctx, ReplicaSets, d.Metadata.Namespace, d.Spec.Selector.String(), &sets); err != nil {
		return nil, err
	}
	// The Deployment's controller numbers the ReplicaSets, and copies the
	// newest number to the Deployment.
	const revision = "deployment.kubernetes.io/revision"
	for _, set := range sets {
		if isOwned(set.Metadata, d.Metadata.UID) && set.Metadata.Annotations[revision] == d.Metadata.Annotations[revision] &&
			set.Spec.Template.Metadata.Annotations[RestartedAt] == d.Spec.Template.Metadata.Annotations[RestartedAt] {
			return &set, nil
		}
	}
	return nil, nil
}

// podsOf returns the old and new pods of a Deployment, sorted by name.
func (c *Cluster) podsOf(ctx context.Context, d Deployment) ([]Pod, error) {
	var pods []Pod
	if err := c.List(ctx, Pods, d.Metadata.Namespace, d.Spec.Selector.String(), &pods); err != nil {
		return nil, err
	}
	slices.SortFunc(pods, func(a, b Pod) int { return cmp.Compare(a.Metadata.Name, b.Metadata.Name) })
	return pods, nil
}

// isOwned reports whether the object with the UID owns an object.
func isOwned(m Meta, uid string) bool {
	return slices.ContainsFunc(m.OwnerReferences, func(o OwnerReference) bool { return o.UID == uid })
}

func (p Pod) ownedBy(uid string) bool { return isOwned(p.Metadata, uid) }

func (s ReplicaSet) desiredReplicas() int32 {
	if s.Spec.Replicas == nil {
		return 1
	}
	return *s.Spec.Replicas
}

// IsReady reports whether a pod is ready.
func (p Pod) IsReady() bool {
	condition, ok := p.condition("Ready")
	return ok && condition.Status == "True"
}

func (p Pod) condition(kind string) (Condition, bool) {
	for _, condition := range p.Status.Conditions {
		if condition.Type == kind {
			return condition, true
		}
	}
	return Condition{}, false
}

// podTrouble returns why a pod is not ready.
func (c *Cluster) podTrouble(ctx context.Context, pod Pod) (Trouble, error) {
	for _, container := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if trouble, ok := containerTrouble(container); ok {
			trouble.Pod = pod.Metadata.Name
			return trouble, nil
		}
	}
	if scheduled, ok := pod.condition("PodScheduled"); ok && scheduled.Status == "False" {
		return Trouble{Kind: TroublePending, Pod: pod.Metadata.Name, Reason: cmp.Or(scheduled.Reason, "Unschedulable"), Message: scheduled.Message}, nil
	}
	if pod.Status.Phase == "Failed" { // such as Evicted
		return Trouble{Kind: TroubleOther, Pod: pod.Metadata.Name, Reason: cmp.Or(pod.Status.Reason, "Failed"), Message: pod.Status.Message}, nil
	}
	warning, err := c.newestWarning(ctx, pod.Metadata)
	if err != nil {
		return Trouble{}, err
	}
	kinds := map[string]TroubleKind{"FailedScheduling": TroublePending, "FailedMount": TroubleMount, "FailedAttachVolume": TroubleMount, "Unhealthy": TroubleReady}
	if warning != nil {
		return Trouble{Kind: cmp.Or(kinds[warning.Reason], TroubleOther), Pod: pod.Metadata.Name, Reason: warning.Reason, Message: warning.Message}, nil
	}
	return Trouble{Kind: TroubleReady, Pod: pod.Metadata.Name, Reason: "NotReady", Message: "phase " + cmp.Or(pod.Status.Phase, "unknown")}, nil
}

// containerTrouble returns why a container does not run. ok is false if it
// runs, if it completed without a restart, or if only events may have the
// reason. The reasons are those of the kubelet: pkg/kubelet/images/types.go,
// pkg/kubelet/container/sync_result.go.
func containerTrouble(s ContainerStatus) (t Trouble, ok bool) {
	t = Trouble{Container: s.Name, Restarts: s.RestartCount}
	if last := s.LastState.Terminated; last != nil {
		t.ExitCode, t.LastReason, t.Message = &last.ExitCode, last.Reason, last.Message
	}
	switch state := s.State; {
	case state.Terminated != nil && (state.Terminated.ExitCode != 0 || s.RestartCount > 0):
		t.Kind, t.Reason = TroubleCrash, cmp.Or(state.Terminated.Reason, "Error")
		t.ExitCode, t.LastReason, t.Message = &state.Terminated.ExitCode, "", state.Terminated.Message
		return t, true
	case state.Waiting == nil:
		return t, false
	}
	t.Reason = s.State.Waiting.Reason
	t.Message = cmp.Or(t.Message, s.State.Waiting.Message)
	switch t.Reason {
	case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed":
		t.Kind, t.Message = TroubleImage, s.State.Waiting.Message
	case "CrashLoopBackOff":
		t.Kind = TroubleCrash
	case "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreCreateHookError", "PostStartHookError", "PreStartHookError":
		t.Kind, t.Message = TroubleConfig, s.State.Waiting.Message
	default: // ContainerCreating or PodInitializing; the events have the reason
		return t, false
	}
	return t, true
}

// createTroubles returns why pods cannot be created, from the conditions of the
// owner or else from its events.
func (c *Cluster) createTroubles(ctx context.Context, kind string, owner Meta, conditions []Condition) ([]Trouble, error) {
	for _, condition := range conditions {
		if condition.Type == "ReplicaFailure" && condition.Status == "True" {
			return []Trouble{{Kind: TroubleCreate, Reason: cmp.Or(condition.Reason, "FailedCreate"), Message: condition.Message}}, nil
		}
	}
	warning, err := c.newestWarning(ctx, owner)
	if err != nil || warning == nil || !strings.HasPrefix(warning.Reason, "Failed") {
		return nil, err
	}
	return []Trouble{{Kind: TroubleCreate, Reason: warning.Reason, Message: fmt.Sprintf("%s %s: %s", kind, owner.Name, warning.Message)}}, nil
}

// newestWarning returns the newest warning event about an object, or nil.
func (c *Cluster) newestWarning(ctx context.Context, object Meta) (*Event, error) {
	var events []Event
	if err := c.ListByField(ctx, Events, object.Namespace, "involvedObject.uid="+object.UID, &events); err != nil {
		return nil, err
	}
	var newest *Event
	for _, event := range events {
		if event.Type == "Warning" && (newest == nil || event.lastTime().After(newest.lastTime())) {
			newest = &event
		}
	}
	return newest, nil
}

// lastTime returns when an event last happened. The field depends on the API
// version that wrote the event.
func (e Event) lastTime() time.Time {
	for _, timestamp := range []time.Time{e.LastTimestamp, e.EventTime, e.FirstTimestamp} {
		if !timestamp.IsZero() {
			return timestamp
		}
	}
	return e.Metadata.CreationTimestamp
}
