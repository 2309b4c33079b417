// Package move moves the controllers of a management cluster on Amazon EKS from
// the credentials in their Secret to EKS Pod Identity or IAM roles for service
// accounts (IRSA), which need no Secret.
//
// A move is a plan of steps. A step that is already done is skipped, so that
// planning again after a stop continues where the move stopped. The caller
// provides the access to the cluster, EKS and IAM.
//
// Sources: Amazon EKS User Guide, "Learn how EKS Pod Identity grants pods
// access to AWS services" and "IAM roles for service accounts".
package move

import (
	"context"
	"strings"
	"time"

	"capaboot/controller"
)

// Method is how the controllers get credentials after a move.
type Method string

// The methods.
const (
	PodIdentity Method = "pod-identity"
	IRSA        Method = "irsa"
)

// Agent is the name of the add-on, and of the DaemonSet, that provides EKS Pod
// Identity credentials on each node.
const Agent = "eks-pod-identity-agent"

// Target says which controllers to move, and to which role.
type Target struct {
	Method         Method
	ClusterName    string // the EKS cluster
	Namespace      string
	ServiceAccount string
	RoleName       string
	// Server is the URL of the API server in the kubeconfig. If it is not the
	// URL of the EKS cluster's API server, the plan has a warning.
	Server string
}

// FieldProblem says what is wrong with a field of a target.
type FieldProblem struct {
	Field   string // such as "cluster-name"
	Problem string // what the field must be, such as "want at most 100 letters"
}

// Validate returns the first problem of a target, or nil.
//
// Sources: Amazon EKS API Reference, CreateCluster, name; IAM API Reference,
// GetRole, RoleName.
func (t Target) Validate() *FieldProblem {
	if problem := ClusterNameProblem(t.ClusterName); problem != "" {
		return &FieldProblem{"cluster-name", problem}
	}
	if t.RoleName == "" || strings.Trim(t.RoleName, alphanumerics+"_+=,.@-") != "" || len(t.RoleName) > 64 {
		return &FieldProblem{"role-name", "want the name of a role, not a path or an ARN: at most 64 letters, digits and _+=,.@-"}
	}
	if problem := controller.NameProblem(t.ServiceAccount); problem != "" {
		return &FieldProblem{"service-account", problem}
	}
	return nil
}

const alphanumerics = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// ClusterNameProblem returns what is wanted if text is not a valid EKS cluster
// name, or "".
func ClusterNameProblem(text string) string {
	if text == "" || strings.Trim(text, alphanumerics+"-_") != "" || len(text) > 100 {
		return "want at most 100 letters, digits, hyphens and underscores"
	}
	return ""
}

// Cluster is the access to the management cluster that a move needs: a
// [*controller.Cluster].
type Cluster interface {
	ReadInstallation(ctx context.Context, namespace string, associations func(ctx context.Context, namespace, serviceAccount string) ([]controller.Association, error)) (*controller.Installation, error)
	WriteCredentials(ctx context.Context, read *controller.Secret, value []byte) (*controller.Secret, error)
	List(ctx context.Context, r controller.Resource, namespace, labelSelector string, destination any) error
	Patch(ctx context.Context, r controller.Resource, namespace, name, contentType string, body []byte, destination any) error
	Rollout(ctx context.Context, r controller.Restart) (*controller.Rollout, error)
	CheckPatch(ctx context.Context, r controller.Resource, namespace, name string) (unknown, err error)
}

// EKSCluster is EKS's description of a cluster.
type EKSCluster struct {
	Name     string `json:"name"`
	ARN      string `json:"arn"`
	Status   string `json:"status"`   // "ACTIVE" when usable
	Endpoint string `json:"endpoint"` // the URL of its API server, "" until it has one
	Issuer   string `json:"issuer"`   // the URL of its OIDC provider, without https://
	AutoMode bool   `json:"autoMode"` // the nodes that EKS Auto Mode manages have the agent without an add-on
}

// Addon is the agent's add-on.
type Addon struct {
	Status string // "ACTIVE" when it works
	Issues []string
}

// Association associates a service account with a role.
type Association struct {
	ID, RoleARN string
	// TargetRoleARN is a second role: EKS assumes it with the credentials of
	// the first role, and gives the credentials of the second role to the pods.
	// OwnerARN is the add-on that owns the association. Both can be "".
	TargetRoleARN, OwnerARN string
	HasPolicy               bool // a policy limits the sessions of the role
	// DisableSessionTags means that the sessions lack EKS's tags, which a trust policy
	// may require.
	DisableSessionTags bool
	Modified           time.Time // the last change; zero if EKS does not return it
}

// settings returns the association without the time of its last change.
func (a Association) settings() Association {
	a.Modified = time.Time{}
	return a
}

// EKS is the access to Amazon EKS that a move needs.
type EKS interface {
	// Cluster describes a cluster. If it does not exist, the error is a
	// [*NoCluster].
	Cluster(ctx context.Context, name string) (EKSCluster, error)
	// Agent returns the agent's add-on, or nil if the cluster does not have it. If
	// the request is denied, the error is a [*Denied].
	Agent(ctx context.Context, cluster string) (*Addon, error)
	// Association returns the association of a service account, or nil.
	Association(ctx context.Context, cluster, namespace, serviceAccount string) (*Association, error)
	// CreateAssociation creates an association. exists means that the service
	// account already has one, which is not changed. If EKS rejects the request, the
	// error is a [*Rejected].
	CreateAssociation(ctx context.Context, cluster, namespace, serviceAccount, roleARN string) (created Association, exists bool, err error)
	// UpdateAssociation changes the role of an association. If EKS rejects the
	// request, the error is a [*Rejected].
	UpdateAssociation(ctx context.Context, cluster, id, roleARN string) (Association, error)
}

// Role is an IAM role.
type Role struct {
	Name, ARN string
	Trust     []byte // the trust policy, JSON
}

// TrustResult says whether a role's trust policy allows the pods to assume the role.
type TrustResult struct {
	Allowed bool
	Unknown bool   // the policy cannot be fully evaluated; Allowed is false
	Reason  string // why the policy does not allow it, or what is unknown
}

// IAM is the access to IAM that a move needs. Trusts only evaluates a policy;
// it sends no request.
type IAM interface {
	// Role returns a role. If it does not exist, the error is a [*NoRole].
	Role(ctx context.Context, name string) (Role, error)
	// Provider returns the audiences of an OIDC provider, and whether it exists.
	Provider(ctx context.Context, arn string) (audiences []string, exists bool, err error)
	// Trusts evaluates whether the target's service account may assume a role in a
	// cluster. provider is the ARN of its OIDC provider, for IRSA. untagged means that
	// the association disables session tags.
	Trusts(role Role, target Target, cluster EKSCluster, provider string, untagged bool) (TrustResult, error)
}

// Mover plans moves and executes them.
type Mover struct {
	Cluster Cluster
	EKS     EKS
	IAM     IAM
	// PlanOnly means that the plan will not be executed. A change that the user is not
	// allowed to make is then a warning, not a problem.
	PlanOnly bool
	// Observe receives the progress. It may be nil.
	Observe func(Progress)
	// Settle is the time to wait until a change reaches all of EKS. 0 means
	// [DefaultSettle].
	Settle time.Duration
}

// DefaultSettle covers the "several seconds" of the Amazon EKS User Guide, "EKS Pod
// Identity", "EKS Pod Identity associations are eventually consistent".
const DefaultSettle = 5 * time.Second

// Progress is one event of a move.
type Progress struct {
	// Step is a step that begins or continues (its state is [Todo]), or that
	// has ended or was skipped.
	Step Step
	// Rollout is the progress of the restart, or nil for other events.
	Rollout *controller.RolloutProgress
	// Waiting is how long the move waits for EKS, or 0.
	Waiting time.Duration
}

func (m Mover) notify(p Progress) {
	if m.Observe != nil {
		m.Observe(p)
	}
}
