package move

// This file checks whether pods have the new credentials.

import (
	"slices"
	"time"

	"capaboot/controller"
)

// Pod is a pod of the controllers.
type Pod struct {
	Name    string                `json:"name"`
	Ready   bool                  `json:"ready"`
	Source  controller.SourceKind `json:"source"` // when the Secret has no credentials
	RoleARN string                `json:"roleARN,omitempty"`
	// Started is when the controllers started in the pod; nil if they have not.
	Started *time.Time `json:"started,omitempty"`
	// Wrong says what is wrong with the pod; "" for nothing.
	Wrong string `json:"wrong,omitempty"`
}

// What can be wrong with a pod.
const (
	WrongOld     = "old"       // has an old template
	WrongSource  = "source"    // uses another source of credentials
	WrongRole    = "role"      // has another role
	WrongStarted = "started"   // started before the last change
	WrongReady   = "not-ready" // is not ready
)

// Pods returns the pods of an installation, each with what is wrong with it. restarted
// means that the newest pods were created after the last change.
func (p *Plan) Pods(i *controller.Installation, restarted bool) (all []Pod) {
	changed, known := p.changed(i)
	for _, one := range i.Running() {
		source := controller.SourceOf(one.Spec, false)
		pod := Pod{Name: one.Metadata.Name, Ready: one.IsReady(), Source: source.Kind, RoleARN: source.RoleARN}
		if started := one.Started().UTC(); !started.IsZero() {
			pod.Started = &started
		}
		switch {
		case !i.IsNewest(one):
			pod.Wrong = WrongOld
		case source.Kind != p.source():
			pod.Wrong = WrongSource
		case p.Way == IRSA && source.RoleARN != p.Role.ARN:
			pod.Wrong = WrongRole
		case !pod.Ready:
			pod.Wrong = WrongReady
		case !restarted && (!known || pod.Started == nil || !pod.Started.After(changed) || i.Secret != nil && one.MayPrecede(i.Secret)):
			pod.Wrong = WrongStarted
		}
		all = append(all, pod)
	}
	return all
}

// source returns the source of the pods' credentials after the move.
func (p *Plan) source() controller.SourceKind {
	if p.Way == IRSA {
		return controller.SourceWebIdentity
	}
	return controller.SourcePodIdentity
}

// changed returns the time of the last change to what pods read at their start: the
// Secret and the association. known is false when the API server did not record it.
func (p *Plan) changed(i *controller.Installation) (last time.Time, known bool) {
	known = true
	if i.Secret != nil {
		last, _ = i.Secret.Written()
		known = !last.IsZero()
	}
	if p.Way == PodIdentity && p.Association != nil && p.Association.Modified.After(last) {
		last = p.Association.Modified.Truncate(time.Second) // Kubernetes times have whole seconds too
	}
	return last, known
}

// stale reports whether a restart should replace pods. An unready pod counts: the
// restart waits for it, and reports why it does not run.
func (p *Plan) stale() bool {
	pods := p.Pods(p.Installation, false)
	return len(pods) == 0 || slices.ContainsFunc(pods, func(pod Pod) bool { return pod.Wrong != "" })
}
