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

// Installation is the installation of the controllers in a cluster. A part that could
// not be read is nil, and Unread says why.
type Installation struct {
	Namespace  string
	Deployment Deployment
	// Secret is nil when it does not exist or could not be read; see Unread.
	Secret *Secret
	// ServiceAccount is the service account of the pods; nil in the same cases as
	// Secret.
	ServiceAccount *ServiceAccount
	// Pods are the pods of the Deployment, old and new, sorted by name. Newest is the
	// UID of the ReplicaSet with the current template; "" when there is none.
	Pods   []Pod
	Newest string
	// Nodes are the nodes of the pods, by name.
	Nodes map[string]Node
	// Associations are the associations of the service account; set only if Asked.
	Associations []Association
	Asked        bool
	// Troubles are the reasons why the newest pods do not run.
	Troubles []Trouble
	Unread   []Unread
}

// Node is a machine that runs pods. It has no namespace.
type Node struct {
	Metadata Meta `json:"metadata"`
	Spec     struct {
		ProviderID string `json:"providerID"` // aws:///eu-west-1a/i-..., for EC2
	} `json:"spec"`
}

// IsFargate reports whether a node belongs to AWS Fargate. Its pods reach neither the
// instance metadata service nor the EKS Pod Identity agent. Source: Amazon EKS User
// Guide, "Learn how EKS Pod Identity grants pods access to AWS services",
// restrictions; the provider ID is
// aws:///eu-west-1a/ID/fargate-ip-10-0-0-1.eu-west-1.compute.internal.
func (n Node) IsFargate() bool { return strings.Contains(n.Spec.ProviderID, "/fargate-") }

// FargateNode returns the name of a Fargate node that runs one of the pods; "" when
// none is known.
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

// Parts of an installation that may be unread.
const (
	PartSecret         = "secret"
	PartServiceAccount = "service-account"
	PartPods           = "pods"
	PartTroubles       = "troubles"
	PartNodes          = "nodes"
	PartAssociations   = "associations"
)

// Unread is a part of an installation that could not be read, and why.
type Unread struct {
	Part string
	Err  error
}

// ReadInstallation reads the installation of the controllers. It fails without their
// Deployment, or when the API server fails. A part that RBAC denies is listed in
// Unread instead. associations asks EKS for the associations of a service account; nil
// when the EKS cluster is unknown.
func (c *Cluster) ReadInstallation(ctx context.Context, namespace string, associations func(ctx context.Context, namespace, serviceAccount string) ([]Association, error)) (*Installation, error) {
	i := &Installation{Namespace: namespace, Nodes: map[string]Node{}}
	if err := c.Find(ctx, Deployments, namespace, DeploymentName, &i.Deployment); err != nil {
		return nil, err
	}
	parts := []struct {
		part string
		read func() error
	}{
		{PartSecret, func() error { return absent(c, ctx, Secrets, namespace, SecretName, &i.Secret) }},
		{PartServiceAccount, func() error {
			return absent(c, ctx, ServiceAccounts, namespace, i.ServiceAccountName(), &i.ServiceAccount)
		}},
		{PartPods, func() error { return c.readPods(ctx, i) }},
		{PartTroubles, func() (err error) { i.Troubles, err = c.Troubles(ctx, i.Deployment); return err }},
		{PartNodes, func() error { return c.readNodes(ctx, i) }},
		{PartAssociations, func() (err error) {
			if associations == nil {
				return nil
			}
			i.Associations, err = associations(ctx, namespace, i.ServiceAccountName())
			i.Asked = err == nil
			return err
		}},
	}
	for _, one := range parts {
		err := one.read()
		switch {
		case ctx.Err() != nil:
			return nil, deadline.Stopped(ctx, "reading the state of the controllers")
		case err == nil:
		case one.part == PartAssociations || isForbidden(err):
			i.Unread = append(i.Unread, Unread{one.part, err})
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

// absent reads an object, and leaves into nil when the object does not exist.
func absent[T any](c *Cluster, ctx context.Context, r Resource, namespace, name string, into **T) error {
	var object T
	err := c.Get(ctx, r, namespace, name, &object)
	if _, ok := errors.AsType[*NotFound](err); ok {
		return nil
	}
	if err == nil {
		*into = &object
	}
	return err
}

func (c *Cluster) readPods(ctx context.Context, i *Installation) (err error) {
	if i.Pods, err = c.podsOf(ctx, i.Deployment); err != nil {
		return err
	}
	newest, err := c.newest(ctx, i.Deployment)
	if err == nil && newest != nil {
		i.Newest = newest.Metadata.UID
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
		if err := absent(c, ctx, Nodes, "", name, &node); err != nil {
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

// RoleARN returns the role of the service account; "" when it has none or is unknown.
func (i *Installation) RoleARN() string {
	if i.ServiceAccount == nil {
		return ""
	}
	return i.ServiceAccount.Metadata.Annotations[RoleAnnotation]
}

// Known reports whether a part was read.
func (i *Installation) Known(part string) bool {
	return !slices.ContainsFunc(i.Unread, func(u Unread) bool { return u.Part == part })
}

// Running returns the pods that have not ended and are not being deleted.
func (i *Installation) Running() []Pod {
	return slices.DeleteFunc(slices.Clone(i.Pods), func(p Pod) bool {
		return p.Metadata.DeletionTimestamp != nil || p.Status.Phase == "Succeeded" || p.Status.Phase == "Failed"
	})
}

// IsNewest reports whether a pod has the Deployment's current template.
func (i *Installation) IsNewest(p Pod) bool { return i.Newest != "" && p.ownedBy(i.Newest) }

// IsReady reports whether a pod is ready.
func (p Pod) IsReady() bool { return p.ready() }

// Started returns when the controllers started in the pod: the start of its container,
// which is later than the pod's after a crash. It is zero if they have not started.
func (p Pod) Started() time.Time {
	name := p.Spec.manager().Name
	for _, s := range p.Status.ContainerStatuses {
		if s.Name == name && s.State.Running != nil {
			return s.State.Running.StartedAt
		}
	}
	return time.Time{}
}

// mountDelay is longer than a running pod needs to see a changed Secret: up to a
// minute until kubelet syncs, plus the delay of its cache. Source: Kubernetes,
// "Secrets", "Mounted Secrets are updated automatically".
const mountDelay = 2 * time.Minute

// MayPrecede reports whether the controllers in a pod may have read the Secret before
// its credentials were written. Kubernetes times have whole seconds, so that the order
// within a second is unknown.
func (p Pod) MayPrecede(s *Secret) bool {
	written, _ := s.Written()
	if written.IsZero() {
		written = s.Metadata.CreationTimestamp
	}
	if p.Metadata.CreationTimestamp.Before(written) { // the container was restarted later
		written = written.Add(mountDelay)
	}
	return !p.Started().After(written)
}

// Restarts returns how often the controllers' container has restarted.
func (p Pod) Restarts() int32 {
	name := p.Spec.manager().Name
	for _, s := range p.Status.ContainerStatuses {
		if s.Name == name {
			return s.RestartCount
		}
	}
	return 0
}
