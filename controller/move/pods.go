package move

// This file looks at pods: whether they have credentials of the new kind.

import (
	"slices"
	"time"

	"capaboot/controller"
)

// Pod is a pod of the controllers.
type Pod struct {
	Name    string                `json:"name"`
	Ready   bool                  `json:"ready"`
	Source  controller.SourceKind `json:"source"` // without credentials in the Secret
	RoleARN string                `json:"roleARN,omitempty"`
	// Started is when the controllers started in it, nil when they have not.
	Started *time.Time `json:"started,omitempty"`
	// Wrong says what is wrong with it, "" when nothing is.
	Wrong string `json:"wrong,omitempty"`
}

// What can be wrong with a pod.
const (
	WrongOld     = "old"       // of an earlier template
	WrongSource  = "source"    // uses another source of credentials
	WrongRole    = "role"      // has another role
	WrongStarted = "started"   // started before the last change
	WrongReady   = "not-ready" // does not run
)

// Pods are the pods of an installation, each with what is wrong with it. restarted says
// that the newest were made after the last change.
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

// source is where pods have their credentials from after the move.
func (p *Plan) source() controller.SourceKind {
	if p.Way == IRSA {
		return controller.SourceWebIdentity
	}
	return controller.SourcePodIdentity
}

// changed is when what pods read at their start was changed last: the Secret and the
// association. It reports false when the API server does not know.
func (p *Plan) changed(i *controller.Installation) (last time.Time, known bool) {
	known = true
	if i.Secret != nil {
		last, _ = i.Secret.Written()
		known = !last.IsZero()
	}
	if p.Way == PodIdentity && p.Association != nil && p.Association.Modified.After(last) {
		last = p.Association.Modified.Truncate(time.Second) // as the times of Kubernetes are
	}
	return last, known
}

// stale reports whether a restart should replace pods. One that is not ready is among
// them: a restart waits for it, and says why it does not run.
func (p *Plan) stale() bool {
	pods := p.Pods(p.Installation, false)
	return len(pods) == 0 || slices.ContainsFunc(pods, func(pod Pod) bool { return pod.Wrong != "" })
}
