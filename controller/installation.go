package controller

// This file reads the installation of the controllers: their Deployment and its pods,
// their Secret, their service account.

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"capaboot/internal/deadline"
)

// Association is an EKS Pod Identity association: EKS gives the pods of a service
// account the credentials of a role.
type Association struct {
	ID      string `json:"id"`
	RoleARN string `json:"roleARN"`
}

// Installation is the installation of the controllers in a cluster.
type Installation struct {
	Namespace  string
	Deployment Deployment
	// Secret is nil if it does not exist or could not be read.
	Secret *Secret
	// ServiceAccount is the service account of the pods; nil if there is none,
	// or if it could not be read.
	ServiceAccount *ServiceAccount
	// Pods are the old and new pods of the Deployment, sorted by name.
	// NewestReplicaSet is the UID of the ReplicaSet with the current template,
	// or "".
	Pods             []Pod
	NewestReplicaSet string
	// Nodes are the nodes of the pods, by name.
	Nodes map[string]Node
	// Associations are the associations of the service account. They were read
	// only if AssociationsRead is set.
	Associations     []Association
	AssociationsRead bool
	// Troubles are the reasons why the newest pods do not run.
	Troubles []Trouble
	// Unread are the parts that could not be read completely, each with the
	// reason.
	Unread []Unread
}

// Node is a node of the cluster. It has no namespace.
type Node struct {
	Metadata Meta `json:"metadata"`
	Spec     struct {
		ProviderID string `json:"providerID"` // aws:///eu-west-1a/i-... for EC2
	} `json:"spec"`
}

// IsFargate reports whether a node belongs to AWS Fargate. Its pods reach neither the
// instance metadata service nor the EKS Pod Identity agent. Source: Amazon EKS User
// Guide, "Learn how EKS Pod Identity grants pods access to AWS services",
// restrictions; the provider ID is
// aws:///eu-west-1a/ID/fargate-ip-10-0-0-1.eu-west-1.compute.internal.
func (n Node) IsFargate() bool { return strings.Contains(n.Spec.ProviderID, "/fargate-") }

// FargateNode returns the name of a Fargate node that runs one of the pods, or
// "".
func (i *Installation) FargateNode() string {
	for _, pod := range i.Running() {
		if i.Nodes[pod.Spec.NodeName].IsFargate() {
			return pod.Spec.NodeName
		}
	}
	return ""
}

// Nodes is the resource of nodes, which are not namespaced.
var Nodes = Resource{"", "v1", "nodes", "Node"}

// The values of [Unread.Part].
const (
	PartSecret         = "secret"
	PartServiceAccount = "service-account"
	PartPods           = "pods"
	PartTroubles       = "troubles"
	PartNodes          = "nodes"
	PartAssociations   = "associations"
)

// Unread is a part of an installation that could not be read completely, and
// the reason.
type Unread struct {
	Part string
	Err  error
}

// ReadInstallation reads the installation of the controllers. It fails if the
// Deployment does not exist or RBAC denies reading it, if the API server fails,
// or if ctx ends. Any other part that RBAC denies is listed in Unread instead.
// Associations that cannot be read are listed in Unread for any error.
// The function associations requests the associations of a service account from
// EKS; it is nil if the EKS cluster is unknown.
func (c *Cluster) ReadInstallation(ctx context.Context, namespace string, associations func(ctx context.Context, namespace, serviceAccount string) ([]Association, error)) (*Installation, error) {
	i := &Installation{Namespace: namespace, Nodes: map[string]Node{}}
	if err := c.Find(ctx, Deployments, namespace, DeploymentName, &i.Deployment); err != nil {
		return nil, err
	}
	parts := []struct {
		part string
		read func() error
	}{
		{PartSecret, func() error { return getOptional(c, ctx, Secrets, namespace, SecretName, &i.Secret) }},
		{PartServiceAccount, func() error {
			return getOptional(c, ctx, ServiceAccounts, namespace, i.ServiceAccountName(), &i.ServiceAccount)
		}},
		{PartPods, func() error { return c.readPods(ctx, i) }},
		{PartTroubles, func() (err error) { i.Troubles, err = c.Troubles(ctx, i.Deployment); return err }},
		{PartNodes, func() error { return c.readNodes(ctx, i) }},
		{PartAssociations, func() (err error) {
			if associations == nil {
				return nil
			}
			i.Associations, err = associations(ctx, namespace, i.ServiceAccountName())
			i.AssociationsRead = err == nil
			return err
		}},
	}
	for _, part := range parts {
		err := part.read()
		switch {
		case ctx.Err() != nil:
			return nil, deadline.NewEnded(ctx, "reading the state of the controllers")
		case err == nil:
		case part.part == PartAssociations || isForbidden(err):
			i.Unread = append(i.Unread, Unread{part.part, err})
		default:
			return nil, err
		}
	}
	return i, nil
}

func isForbidden(err error) bool {
	_, ok := errors.AsType[*Forbidden](err)
	return ok
}

// getOptional reads an object. If the object does not exist, *destination remains
// nil.
func getOptional[T any](c *Cluster, ctx context.Context, r Resource, namespace, name string, destination **T) error {
	var object T
	err := c.Get(ctx, r, namespace, name, &object)
	if _, ok := errors.AsType[*NotFound](err); ok {
		return nil
	}
	if err == nil {
		*destination = &object
	}
	return err
}

// readPods reads the pods of the Deployment, and which ReplicaSet is the newest.
func (c *Cluster) readPods(ctx context.Context, i *Installation) (err error) {
	if i.Pods, err = c.podsOf(ctx, i.Deployment); err != nil {
		return err
	}
	newest, err := c.newestReplicaSet(ctx, i.Deployment)
	if err == nil && newest != nil {
		i.NewestReplicaSet = newest.Metadata.UID
	}
	return err
}

func (c *Cluster) readNodes(ctx context.Context, i *Installation) error {
	for _, pod := range i.Pods {
		name := pod.Spec.NodeName
		if _, known := i.Nodes[name]; name == "" || known {
			continue
		}
		var node *Node
		if err := getOptional(c, ctx, Nodes, "", name, &node); err != nil {
			return err
		}
		if node != nil {
			i.Nodes[name] = *node
		}
	}
	return nil
}

// ServiceAccountName returns the name of the pods' service account.
func (i *Installation) ServiceAccountName() string {
	return cmp.Or(i.Deployment.Spec.Template.Spec.ServiceAccountName, "default")
}

// RoleAnnotation is the annotation of a service account that names its role, for
// IAM roles for service accounts (IRSA).
const RoleAnnotation = "eks.amazonaws.com/role-arn"

// RoleARN returns the role in the annotation of the service account, or "" if
// there is none or the service account is unknown.
func (i *Installation) RoleARN() string {
	if i.ServiceAccount == nil {
		return ""
	}
	return i.ServiceAccount.Metadata.Annotations[RoleAnnotation]
}

// IsKnown reports whether a part is not in Unread. Associations that were not
// requested are not in Unread; see AssociationsRead.
func (i *Installation) IsKnown(part string) bool {
	return !slices.ContainsFunc(i.Unread, func(u Unread) bool { return u.Part == part })
}

// Running returns the pods that have not ended and are not being deleted.
func (i *Installation) Running() []Pod {
	return slices.DeleteFunc(slices.Clone(i.Pods), func(p Pod) bool {
		return p.Metadata.DeletionTimestamp != nil || p.Status.Phase == "Succeeded" || p.Status.Phase == "Failed"
	})
}

// HasCurrentTemplate reports whether a pod has the Deployment's current template.
func (i *Installation) HasCurrentTemplate(p Pod) bool {
	return i.NewestReplicaSet != "" && p.ownedBy(i.NewestReplicaSet)
}

// Started returns when the controllers' container started. After a crash, that
// is later than the start of the pod. It is zero if the container is not
// running.
func (p Pod) Started() time.Time {
	name := p.Spec.container().Name
	for _, s := range p.Status.ContainerStatuses {
		if s.Name == name && s.State.Running != nil {
			return s.State.Running.StartedAt
		}
	}
	return time.Time{}
}

// mountDelay is longer than a running pod needs to see a changed Secret: up to
// a minute until the kubelet syncs, plus the delay of its cache. Source:
// Kubernetes, "Secrets", "Mounted Secrets are updated automatically".
const mountDelay = 2 * time.Minute

// MayHaveOldCredentials reports whether the controllers in a pod may have read
// the Secret before its credentials were last written. Kubernetes times have
// whole seconds, so the order within a second is unknown. The result is true
// for a container that is not running.
func (p Pod) MayHaveOldCredentials(s *Secret) bool {
	written, _ := s.Written()
	if written.IsZero() {
		written = s.Metadata.CreationTimestamp
	}
	if p.Metadata.CreationTimestamp.Before(written) { // in a pod older than the write, the mounted Secret changes only after a delay
		written = written.Add(mountDelay)
	}
	return !p.Started().After(written)
}

// Restarts returns how often the controllers' container has restarted.
func (p Pod) Restarts() int32 {
	name := p.Spec.container().Name
	for _, s := range p.Status.ContainerStatuses {
		if s.Name == name {
			return s.RestartCount
		}
	}
	return 0
}
