package move

// This file looks for the identities of CAPA that a move to EKS Pod Identity may break.

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"capaboot/controller"
)

// roleIdentities are the identities that assume a role. They belong to no namespace.
var roleIdentities = controller.Resource{Group: "infrastructure.cluster.x-k8s.io", Version: "v1beta2", Plural: "awsclusterroleidentities", Kind: "AWSClusterRoleIdentity"}

// staticIdentity is the kind of those with keys of their own.
const staticIdentity = "AWSClusterStaticIdentity"

// readIdentities has a doubt when identities assume roles with the credentials of the
// controllers. What may not be listed is a doubt too, and no error.
func (m Mover) readIdentities(ctx context.Context, p *Plan) error {
	if p.Way != PodIdentity {
		return nil
	}
	var all []struct {
		Metadata controller.Meta `json:"metadata"`
		Spec     struct {
			SourceIdentityRef struct{ Kind string } `json:"sourceIdentityRef"`
		} `json:"spec"`
	}
	err := m.Cluster.List(ctx, roleIdentities, "", "", &all)
	switch {
	case ctx.Err() != nil:
		return err
	case isNoSuchKind(err):
		return nil
	case errors.As(err, new(*controller.Forbidden)), errors.As(err, new(*controller.Unexpected)):
		p.Doubts = append(p.Doubts, &ChainUnknown{err})
		return nil
	case err != nil:
		return err
	}
	var names []string
	for _, one := range all {
		if one.Spec.SourceIdentityRef.Kind != staticIdentity {
			names = append(names, one.Metadata.Name)
		}
	}
	if slices.Sort(names); len(names) > 0 {
		p.Doubts = append(p.Doubts, &Chained{names})
	}
	return nil
}

// isNoSuchKind reports whether an API server says that it has no such resource: no
// CustomResourceDefinition of CAPA is there.
func isNoSuchKind(err error) bool {
	refused := (*controller.Refused)(nil)
	return errors.As(err, &refused) && refused.Status == http.StatusNotFound
}
