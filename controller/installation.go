package controller

// This file reads what a cluster has of the controllers: their Deployment and its
// pods, their Secret, their service account.

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"capaboot/internal/deadline"
)

// Association says that EKS gives the pods of a service account the credentials of
// a role: EKS Pod Identity.
type Association struct {
	ID      string `json:"id"`
	RoleARN string `json:"roleARN"`
}

// Installation is what a cluster has of the controllers. What could not be read is
// nil, and Unread says why.
type Installation struct {
	Namespace  string
	Deployment Deployment
	// Secret is nil when it does not exist, unless it is unread.
	Secret *Secret
	// ServiceAccount is that of the pods; nil as Secret is.
	ServiceAccount *ServiceAccount
	// Pods are those of the Deployment, old and new, by name. Newest is the UID of
	// the ReplicaSet of its template, "" when there is none.
	Pods   []Pod
	Newest string
	// Nodes are those of the pods, by name.
	Nodes map[string]Node
	// Associations are those of the service account, if Asked.
	Associations []Association
	Asked        bool
	// Troubles are what keeps the newest pods from running.
	Troubles []Trouble
	Unread   []Unread
}

// Node is a machine that pods run on. It has no namespace.
type Node struct {
	Metadata Meta `json:"metadata"`
	Spec     struct {
		ProviderID string `json:"providerID"` // aws:///eu-west-1a/i-..., for EC2
	} `json:"spec"`
}

// IsFargate reports whether a node is one of AWS Fargate, whose pods reach neither the
// metadata of an instance nor the agent of EKS Pod Identity. Source: Amazon EKS User Guide,
// "Learn how EKS Pod Identity grants pods access to AWS services", restrictions; the ID is
// aws:///eu-west-1a/ID/fargate-ip-10-0-0-1.eu-west-1.compute.internal.
func (n Node) IsFargate() bool { return strings.Contains(n.Spec.ProviderID, "/fargate-") }

// FargateNode is a node of AWS Fargate that a pod runs on, "" when none is known.
func (i *Installation) FargateNode() string {
	for _, pod := range i.Running() {
		if i.Nodes[pod.Spec.NodeName].IsFargate() {
			return pod.Spec.NodeName
		}
	}
	return ""
}

// Nodes is the resource of machines, which belong to no namespace.
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

// ReadInstallation reads what the cluster has of the controllers. Without their
// Deployment it fails, as it does when the API server cannot be asked; what else is
// denied is left out. associations asks EKS for those of a service account; nil is
// for a cluster that is not named.
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

// absent reads an object, and leaves nil when it does not exist.
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

// ServiceAccountName is the service account of the pods.
func (i *Installation) ServiceAccountName() string {
	return cmp.Or(i.Deployment.Spec.Template.Spec.ServiceAccountName, "default")
}

// RoleAnnotation is the annotation of a service account that names its role, for
// IAM roles for service accounts (IRSA).
const RoleAnnotation = "eks.amazonaws.com/role-arn"

// RoleARN is the role of the service account, "" when it has none or is unknown.
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

// Running are the pods that have not ended and are not about to.
func (i *Installation) Running() []Pod {
	return slices.DeleteFunc(slices.Clone(i.Pods), func(p Pod) bool {
		return p.Metadata.DeletionTimestamp != nil || p.Status.Phase == "Succeeded" || p.Status.Phase == "Failed"
	})
}

// IsNewest reports whether a pod has the Deployment's template as it is now.
func (i *Installation) IsNewest(p Pod) bool { return i.Newest != "" && p.ownedBy(i.Newest) }

// IsReady reports whether a pod says that it is ready.
func (p Pod) IsReady() bool { return p.ready() }

// Started is since when the controllers run in the pod: the start of its container,
// which is later than that of the pod after a crash. It is zero before that.
func (p Pod) Started() time.Time {
	name := p.Spec.manager().Name
	for _, s := range p.Status.ContainerStatuses {
		if s.Name == name && s.State.Running != nil {
			return s.State.Running.StartedAt
		}
	}
	return time.Time{}
}

// mountDelay is more than a pod that runs needs to see a Secret that was changed: a
// minute until kubelet looks again, and what its cache takes. Source: Kubernetes,
// "Secrets", "Mounted Secrets are updated automatically".
const mountDelay = 2 * time.Minute

// MayPrecede reports whether the controllers in a pod may have read the Secret before
// its credentials were written. Kubernetes has times in whole seconds: which was first
// in the same one is unknown.
func (p Pod) MayPrecede(s *Secret) bool {
	written, _ := s.Written()
	if written.IsZero() {
		written = s.Metadata.CreationTimestamp
	}
	if p.Metadata.CreationTimestamp.Before(written) { // its container was restarted since
		written = written.Add(mountDelay)
	}
	return !p.Started().After(written)
}

// Restarts is how often the container of the controllers has ended.
func (p Pod) Restarts() int32 {
	name := p.Spec.manager().Name
	for _, s := range p.Status.ContainerStatuses {
		if s.Name == name {
			return s.RestartCount
		}
	}
	return 0
}
