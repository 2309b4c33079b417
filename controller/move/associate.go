package move

// This file creates or updates the association and nothing else, as
// use-pod-identity of clusterawsadm does. The requests are GetRole,
// ListPodIdentityAssociations, DescribePodIdentityAssociation if an association
// exists, and one request to create or update the association if the role differs.

import (
	"context"
	"errors"
)

// The results of [Mover.Associate].
const (
	Created   = "created"
	Updated   = "updated"
	Unchanged = "unchanged"
)

// Associated is the result of [Mover.Associate], with the association that the
// service account has afterwards.
type Associated struct {
	Result string // [Created], [Updated] or [Unchanged]
	Association
	Before string // the ARN of the previous role, "" unless it was replaced
}

// Associate associates the target's service account with the role, and changes
// nothing else.
func (m Mover) Associate(ctx context.Context, target Target) (*Associated, error) {
	role, err := m.IAM.Role(ctx, target.RoleName)
	if err != nil {
		return nil, err
	}
	found, err := m.EKS.Association(ctx, target.ClusterName, target.Namespace, target.ServiceAccount)
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		created, exists, err := m.EKS.CreateAssociation(ctx, target.ClusterName, target.Namespace, target.ServiceAccount, role.ARN)
		if exists {
			err = errors.New("another client has just created an association of the service account")
		}
		return &Associated{Created, created, ""}, err
	case found.RoleARN == role.ARN:
		return &Associated{Unchanged, *found, ""}, nil
	case found.OwnerARN != "":
		return nil, &OwnedByAddon{*found}
	}
	changed, err := m.EKS.UpdateAssociation(ctx, target.ClusterName, found.ID, role.ARN)
	return &Associated{Updated, changed, found.RoleARN}, err
}
