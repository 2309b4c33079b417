// Determines the state of the controllers: which credentials they use, and
// whether they can work. The rules are in findings.go, the text for people is
// in statusreport.go.

package controllerview

import (
	"fmt"
	"time"

	"capaboot/controller"
	"capaboot/credentials"
	"capaboot/internal/terminal"
)

// Status is the state of the controllers of a management cluster. Its JSON is
// documented in docs/management-cluster.md, and contains no secret.
type Status struct {
	Context   string `json:"context,omitempty"` // the kubeconfig context, "" in a pod
	Server    string `json:"server"`
	Namespace string `json:"namespace"`
	// Works says whether the controllers can work: "yes", "no" or "unknown". It
	// depends on the objects in the cluster and, if they were read, on the
	// associations in EKS; the credentials are not tried.
	Works string `json:"works"`
	// RollOut means that pods use old credentials, or lack those that EKS would add
	// to new pods, and need a restart.
	RollOut bool `json:"rollOut"`
	// Source is the source that the pods with the current template use or, if
	// the current template is unknown, the source of the first pod. It is
	// "unknown" if there is no such pod, or if the source depends on a Secret
	// that could not be read.
	Source         controller.SourceKind `json:"source"`
	RoleARN        string                `json:"roleARN,omitempty"` // of a web identity
	Deployment     StatusDeployment      `json:"deployment"`
	Secret         StatusSecret          `json:"secret"`
	ServiceAccount StatusServiceAccount  `json:"serviceAccount"`
	PodIdentity    StatusPodIdentity     `json:"podIdentity"`
	Pods           []StatusPod           `json:"pods"`
	Problems       []Finding             `json:"problems"`
	// Unknown lists what could not be read, with the reasons.
	Unknown []string `json:"unknown"`
}

// unknownSource is the source if it is unknown; see [Status.Source].
const unknownSource controller.SourceKind = "unknown"

// StatusDeployment is the Deployment of the controllers. Desired, Updated and
// Available are numbers of pods.
type StatusDeployment struct {
	Name        string     `json:"name"`
	Image       string     `json:"image"`
	Desired     int32      `json:"wanted"`
	Updated     int32      `json:"updated"`
	Available   int32      `json:"available"`
	Paused      bool       `json:"paused"`
	RestartedAt *time.Time `json:"restartedAt,omitempty"`
}

// StatusSecret is the Secret as the pods see it.
type StatusSecret struct {
	// State is a [controller.State], "absent" or "unknown".
	State controller.State `json:"state"`
	// Read means that the pods mount the Secret at the path from which the SDK reads
	// its credentials file.
	Read    bool    `json:"read"`
	Details *Secret `json:"details,omitempty"`
	// Credentials is the inspection of the credentials, or nil without
	// credentials.
	Credentials *credentials.Inspection `json:"credentials,omitempty"`
}

// States of the Secret in addition to those of [controller.State].
const (
	stateAbsent  controller.State = "absent"
	stateUnknown controller.State = "unknown"
)

// StatusServiceAccount is the service account of the pods.
type StatusServiceAccount struct {
	Name string `json:"name"`
	// RoleARN is the role for IAM roles for service accounts, or "".
	RoleARN string `json:"roleARN,omitempty"`
}

// StatusPodIdentity is the state of EKS Pod Identity.
type StatusPodIdentity struct {
	// Asked means that the associations were read from EKS.
	Asked        bool                     `json:"asked"`
	Associations []controller.Association `json:"associations"`
}

// StatusPod is a pod of the controllers that has not ended.
type StatusPod struct {
	Name     string                `json:"name"`
	Ready    bool                  `json:"ready"`
	Newest   bool                  `json:"newest"`          // has the Deployment's current template
	Since    *time.Time            `json:"since,omitempty"` // start of the container of the controllers
	Restarts int32                 `json:"restarts"`        // of this container
	Source   controller.SourceKind `json:"source"`
	RoleARN  string                `json:"roleARN,omitempty"`
	// OlderThanSecret means that the pod may have read the Secret before its
	// credentials were last written.
	OlderThanSecret bool `json:"olderThanSecret"`
}

type statusBuilder struct {
	Status
	installation *controller.Installation
	hasProfile   bool      // the Secret has credentials
	written      time.Time // when the Secret was written, or created if that is unknown
}

// NewStatus returns the state of an installation. If environment sets an
// endpoint of an AWS emulator, keys in a form that AWS does not use count as
// usable.
func NewStatus(cluster *controller.Cluster, i *controller.Installation, environment credentials.Environment) Status {
	s := &statusBuilder{installation: i, Status: Status{
		Context: cluster.Context, Server: cluster.Server, Namespace: i.Namespace, Source: unknownSource,
		Pods: []StatusPod{}, Problems: []Finding{}, Unknown: []string{},
		PodIdentity: StatusPodIdentity{Asked: i.AssociationsRead, Associations: append([]controller.Association{}, i.Associations...)},
	}}
	s.Status.ServiceAccount = StatusServiceAccount{i.ServiceAccountName(), i.RoleARN()}
	s.addDeployment()
	s.addSecret(environment)
	s.addPods()
	for _, unread := range i.Unread {
		s.Unknown = append(s.Unknown, unread.Part+": "+unread.Err.Error())
	}
	if available := s.Status.Deployment.Available; available > 0 && len(i.Pods) == 0 && i.IsKnown(controller.PartPods) {
		s.Unknown = append(s.Unknown, fmt.Sprintf("%s: the API server lists no pods, but availableReplicas of the Deployment is %d", controller.PartPods, available))
	}
	s.judge()
	return s.Status
}

func (s *statusBuilder) addDeployment() {
	d := s.installation.Deployment
	r := controller.ReplicasOf(d)
	s.Status.Deployment = StatusDeployment{
		Name: d.Metadata.Name, Image: d.Spec.Template.Spec.Image(), Desired: r.Desired, Updated: r.Updated, Available: r.Available, Paused: d.Spec.Paused,
	}
	if restartedAt, err := time.Parse(time.RFC3339, d.Spec.Template.Metadata.Annotations[controller.RestartedAt]); err == nil {
		s.Status.Deployment.RestartedAt = timeOrNil(restartedAt)
	}
}

func (s *statusBuilder) addSecret(environment credentials.Environment) {
	s.Status.Secret.Read = s.installation.Deployment.Spec.Template.Spec.ReadsSecret()
	secret := s.installation.Secret
	switch {
	case !s.installation.IsKnown(controller.PartSecret):
		s.Status.Secret.State = stateUnknown
		return
	case secret == nil:
		s.Status.Secret.State = stateAbsent
		return
	}
	content := NewSecretContent(secret)
	if content.Credentials != nil {
		content.Credentials.AllowEmulator(environment)
		s.hasProfile = true
	}
	s.Status.Secret.State, s.Status.Secret.Details, s.Status.Secret.Credentials = content.State, &content.Secret, content.Credentials
	s.written, _ = secret.Written()
	if s.written.IsZero() {
		s.written = secret.Metadata.CreationTimestamp
	}
}

func (s *statusBuilder) addPods() {
	for _, pod := range s.installation.Running() {
		source := controller.SourceOf(pod.Spec, s.hasProfile)
		if s.Status.Secret.State == stateUnknown && pod.Spec.ReadsSecret() {
			// The source is unknown if it depends on whether the Secret has a profile.
			if controller.SourceOf(pod.Spec, true) != source {
				source = controller.Source{Kind: unknownSource}
			}
		}
		row := StatusPod{
			Name: pod.Metadata.Name, Ready: pod.IsReady(), Newest: s.installation.HasCurrentTemplate(pod), Since: timeOrNil(pod.Started()), Restarts: pod.Restarts(),
			Source: source.Kind, RoleARN: source.RoleARN,
		}
		row.OlderThanSecret = row.Since != nil && pod.Spec.ReadsSecret() && s.installation.Secret != nil && pod.MayHaveOldCredentials(s.installation.Secret)
		s.Status.Pods = append(s.Status.Pods, row)
		if row.Newest {
			s.Source, s.RoleARN = source.Kind, source.RoleARN
		}
	}
	if s.Source == unknownSource && len(s.Status.Pods) > 0 && s.installation.NewestReplicaSet == "" {
		s.Source, s.RoleARN = s.Status.Pods[0].Source, s.Status.Pods[0].RoleARN
	}
}

// SetProgram changes the commands in the remedies so that they call the program
// by this name.
func (s *Status) SetProgram(program string) {
	for n := range s.Problems {
		s.Problems[n].Remedy = terminal.WithProgramName(s.Problems[n].Remedy, program)
	}
	if s.Secret.Credentials != nil {
		s.Secret.Credentials.SetProgram(program)
	}
}
