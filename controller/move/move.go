// Package move moves the controllers of a management cluster on Amazon EKS from the
// credentials in their Secret to those of EKS Pod Identity or of IAM roles for service
// accounts (IRSA), which need no Secret.
//
// A move is a plan of steps, each of which is looked at before it is made: one that is done
// already stays as it is, so that a move that stopped continues where it stopped when it is
// planned again. What the package asks of the cluster, of EKS and of IAM is handed in.
//
// Sources: Amazon EKS User Guide, "Learn how EKS Pod Identity grants pods access to AWS
// services" and "IAM roles for service accounts".
package move

import (
	"context"
	"strings"
	"time"

	"capaboot/controller"
)

// Way is where the controllers get their credentials from after a move.
type Way string

// The ways.
const (
	PodIdentity Way = "pod-identity"
	IRSA        Way = "irsa"
)

// Agent is the add-on that hands out the credentials of EKS Pod Identity on each node.
const Agent = "eks-pod-identity-agent"

// Target says what is moved, and to which role.
type Target struct {
	Way            Way
	ClusterName    string // of EKS
	Namespace      string
	ServiceAccount string
	RoleName       string
	// Server is the API server that the kubeconfig names; it should be that of the
	// cluster of EKS.
	Server string
}

// Fault is what is wrong with a field of a target.
type Fault struct{ Field, Problem string }

// Fault returns what is wrong with a target, nil for nothing.
//
// Sources: Amazon EKS API Reference, CreateCluster, name; IAM API Reference, GetRole,
// RoleName.
func (t Target) Fault() *Fault {
	if problem := ClusterNameProblem(t.ClusterName); problem != "" {
		return &Fault{"cluster-name", problem}
	}
	if t.RoleName == "" || strings.Trim(t.RoleName, letters+"_+=,.@-") != "" || len(t.RoleName) > 64 {
		return &Fault{"role-name", "is not the name of a role: letters, digits and _+=,.@-, 64 characters at most, without path or ARN"}
	}
	if problem := controller.NameProblem(t.ServiceAccount); problem != "" {
		return &Fault{"service-account", problem}
	}
	return nil
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// ClusterNameProblem says why a text is not the name of a cluster of EKS, "" when it is.
func ClusterNameProblem(text string) string {
	if text == "" || strings.Trim(text, letters+"-_") != "" || len(text) > 100 {
		return "is not the name of an EKS cluster: letters, digits, hyphens and underscores, 100 characters at most"
	}
	return ""
}

// Cluster is what a move asks of the management cluster: a [*controller.Cluster].
type Cluster interface {
	ReadInstallation(ctx context.Context, namespace string, associations func(ctx context.Context, namespace, serviceAccount string) ([]controller.Association, error)) (*controller.Installation, error)
	WriteCredentials(ctx context.Context, read *controller.Secret, value []byte) (*controller.Secret, error)
	List(ctx context.Context, r controller.Resource, namespace, labelSelector string, into any) error
	Patch(ctx context.Context, r controller.Resource, namespace, name, contentType string, body []byte, into any) error
	Rollout(ctx context.Context, r controller.Restart) (*controller.Rollout, error)
}

// EKSCluster is a cluster as EKS has it.
type EKSCluster struct {
	Name     string `json:"name"`
	ARN      string `json:"arn"`
	Status   string `json:"status"`   // "ACTIVE" when it works
	Endpoint string `json:"endpoint"` // the URL of its API server, "" while it has none
	Issuer   string `json:"issuer"`   // of its OIDC provider, without https://
	AutoMode bool   `json:"autoMode"` // its nodes have the agent without an add-on
}

// Addon is the agent's add-on.
type Addon struct {
	Status string // "ACTIVE" when it works
	Issues []string
}

// Association gives a service account a role.
type Association struct {
	ID, RoleARN string
	// TargetRoleARN is a role that is assumed with that one, whose credentials the pods get
	// then; OwnerARN the add-on that it belongs to; both "" for none.
	TargetRoleARN, OwnerARN string
	HasPolicy               bool // it limits the role by a policy
	// DisableSessionTags: the sessions have no tags of EKS, which a trust policy may demand.
	DisableSessionTags bool
	Modified           time.Time
}

// settings are the association without its time.
func (a Association) settings() Association {
	a.Modified = time.Time{}
	return a
}

// EKS is what a move asks of Amazon EKS.
type EKS interface {
	Cluster(ctx context.Context, name string) (EKSCluster, error)
	// Agent returns the add-on of the agent, nil when the cluster does not have it.
	Agent(ctx context.Context, cluster string) (*Addon, error)
	// Association returns that of a service account, nil when it has none.
	Association(ctx context.Context, cluster, namespace, serviceAccount string) (*Association, error)
	// CreateAssociation makes one; taken says that there is one already.
	CreateAssociation(ctx context.Context, cluster, namespace, serviceAccount, roleARN string) (made Association, taken bool, err error)
	UpdateAssociation(ctx context.Context, cluster, id, roleARN string) (Association, error)
}

// Role is a role of IAM.
type Role struct {
	Name, ARN string
	Trust     []byte // the trust policy, JSON
}

// Trusted is whether a role lets pods assume it.
type Trusted struct {
	Allowed bool
	Unknown bool   // it depends on what is unknown; Allowed is false then
	Reason  string // why not, or what is unknown
}

// IAM is what a move asks of IAM. Trusts only evaluates a policy.
type IAM interface {
	Role(ctx context.Context, name string) (Role, error)
	// Provider returns the audiences of an OIDC provider, and whether it exists.
	Provider(ctx context.Context, arn string) (audiences []string, exists bool, err error)
	// Trusts says whether the service account of the target may assume a role in a
	// cluster; provider is the ARN of its OIDC provider, for IRSA; untagged is for an
	// association without session tags.
	Trusts(role Role, target Target, cluster EKSCluster, provider string, untagged bool) (Trusted, error)
}

// Mover makes plans and carries them out.
type Mover struct {
	Cluster Cluster
	EKS     EKS
	IAM     IAM
	// Observe is told what happens; it may be nil.
	Observe func(Progress)
	// Settle is how long EKS may take until new pods get what was changed; 0 for
	// [DefaultSettle].
	Settle time.Duration
}

// DefaultSettle is for "several seconds": Amazon EKS User Guide, "EKS Pod Identity",
// "EKS Pod Identity associations are eventually consistent".
const DefaultSettle = 5 * time.Second

// Progress is something that happens.
type Progress struct {
	// Step is one that begins (its state is [Todo]) or is over.
	Step Step
	// Rollout is something that happens in the restart, nil otherwise.
	Rollout *controller.RolloutProgress
	// Waiting is how long the move waits for EKS, 0 when it does not.
	Waiting time.Duration
}

func (m Mover) tell(p Progress) {
	if m.Observe != nil {
		m.Observe(p)
	}
}
