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
	Source  controller.SourceKind `json:"source"` // the source if the Secret has no credentials
	RoleARN string                `json:"roleARN,omitempty"`
	// Started is when the controllers started in the pod, or nil if they have
	// not.
	Started *time.Time `json:"started,omitempty"`
	// Problem is what is wrong with the pod, such as [ProblemOtherRole], or "".
	Problem string `json:"wrong,omitempty"`
}

// The problems of a pod.
const (
	ProblemOldTemplate  = "old"       // The pod has an old template.
	ProblemOtherSource  = "source"    // Without the Secret, the pod would use another source of credentials.
	ProblemOtherRole    = "role"      // The pod has another role.
	ProblemFargate      = "fargate"   // The pod is on AWS Fargate, where EKS Pod Identity has no agent.
	ProblemStartedEarly = "started"   // The pod may have started before the last change.
	ProblemNotReady     = "not-ready" // The pod is not ready.
)

// lacksInjection reports whether a pod lacks the variables that EKS adds for
// the new credentials, so that another restart may help. A restart does not
// help against another credentials file.
func (p Pod) lacksInjection() bool {
	return p.Problem == ProblemOtherSource && p.Source != controller.SourceFile || p.Problem == ProblemOtherRole
}

// Pods returns the running pods of an installation, each with its problem.
// restarted means that the newest pods were created after the last change, so that
// their start is not checked.
func (p *Plan) Pods(i *controller.Installation, restarted bool) (all []Pod) {
	changed, known := p.lastChange(i)
	for _, one := range i.Running() {
		source := controller.SourceOf(one.Spec, false)
		pod := Pod{Name: one.Metadata.Name, Ready: one.IsReady(), Source: source.Kind, RoleARN: source.RoleARN}
		if started := one.Started().UTC(); !started.IsZero() {
			pod.Started = &started
		}
		switch {
		case !i.HasCurrentTemplate(one):
			pod.Problem = ProblemOldTemplate
		case source.Kind != p.newSource():
			pod.Problem = ProblemOtherSource
		case p.Method == IRSA && source.RoleARN != p.Role.ARN:
			pod.Problem = ProblemOtherRole
		case p.Method == PodIdentity && i.Nodes[one.Spec.NodeName].IsFargate():
			pod.Problem = ProblemFargate
		case !pod.Ready:
			pod.Problem = ProblemNotReady
		case !restarted && (!known || pod.Started == nil || !pod.Started.After(changed) || i.Secret != nil && one.MayHaveOldCredentials(i.Secret)):
			pod.Problem = ProblemStartedEarly
		}
		all = append(all, pod)
	}
	return all
}

// newSource returns the source of the pods' credentials after the move.
func (p *Plan) newSource() controller.SourceKind {
	if p.Method == IRSA {
		return controller.SourceWebIdentity
	}
	return controller.SourcePodIdentity
}

// lastChange returns the time of the last change to what pods read when they
// start: the Secret and the association. known is false if the API server did
// not record when the Secret was written.
func (p *Plan) lastChange(i *controller.Installation) (last time.Time, known bool) {
	known = true
	if i.Secret != nil {
		last, _ = i.Secret.Written()
		known = !last.IsZero()
	}
	if p.Method == PodIdentity && p.Association != nil && p.Association.Modified.After(last) {
		last = p.Association.Modified.Truncate(time.Second) // Kubernetes times have whole seconds too
	}
	return last, known
}

// needsRestart reports whether no pod is running, or a running pod has a
// problem. An unready pod has a problem too: the restart waits for the pod, and
// reports why the pod does not run.
func (p *Plan) needsRestart() bool {
	pods := p.Pods(p.Installation, false)
	return len(pods) == 0 || slices.ContainsFunc(pods, func(pod Pod) bool { return pod.Problem != "" })
}
