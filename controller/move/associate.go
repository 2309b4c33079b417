package move

// This file makes the association alone, as clusterawsadm's use-pod-identity does. The
// requests are its own: GetRole, ListPodIdentityAssociations, and one that changes something
// where the role is another one.

import (
	"context"
	"errors"
)

// Results of [Mover.Associate].
const (
	Created   = "created"
	Updated   = "updated"
	Unchanged = "unchanged"
)

// Associated is an association that gives the service account the role.
type Associated struct {
	Result string
	Association
	Before string // the role that it had, "" for none
}

// Associate gives the service account of a target the role, and changes nothing else.
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
		made, taken, err := m.EKS.CreateAssociation(ctx, target.ClusterName, target.Namespace, target.ServiceAccount, role.ARN)
		if taken {
			err = errors.New("somebody else has created an association of the service account just now")
		}
		return &Associated{Created, made, ""}, err
	case found.RoleARN == role.ARN:
		return &Associated{Unchanged, *found, ""}, nil
	case found.OwnerARN != "":
		return nil, &Owned{*found}
	}
	changed, err := m.EKS.UpdateAssociation(ctx, target.ClusterName, found.ID, role.ARN)
	return &Associated{Updated, changed, found.RoleARN}, err
}
