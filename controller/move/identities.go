package move

// This file finds the CAPA identities that a move to EKS Pod Identity may break.

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"capaboot/controller"
)

// roleIdentities are the identities that assume a role. They are not
// namespaced. CAPA v1 has only the version v1beta1 of its API.
var roleIdentities = controller.Resource{Group: "infrastructure.cluster.x-k8s.io", Version: "v1beta2", Plural: "awsclusterroleidentities", Kind: "AWSClusterRoleIdentity"}

// staticIdentity is the kind of identity that has its own access key. A role that
// is assumed with that key does not depend on the controllers' credentials.
const staticIdentity = "AWSClusterStaticIdentity"

// readIdentities adds a warning to a move to EKS Pod Identity if identities assume
// roles with the controllers' credentials. If the API server denies the list, or
// its response is unexpected, that is also a warning, not an error.
func (m Mover) readIdentities(ctx context.Context, p *Plan) error {
	if p.Method != PodIdentity {
		return nil
	}
	var all []struct {
		Metadata controller.Meta `json:"metadata"`
		Spec     struct {
			SourceIdentityRef struct{ Kind string } `json:"sourceIdentityRef"`
		} `json:"spec"`
	}
	err := m.Cluster.List(ctx, roleIdentities, "", "", &all)
	if isNoSuchKind(err) || isUnexpectedNotFound(err) {
		older := roleIdentities
		older.Version = "v1beta1"
		err = m.Cluster.List(ctx, older, "", "", &all)
	}
	switch {
	case ctx.Err() != nil:
		return err
	case isNoSuchKind(err):
		return nil
	case errors.As(err, new(*controller.Forbidden)), errors.As(err, new(*controller.Unexpected)):
		p.Warnings = append(p.Warnings, &RoleChainUnknown{err})
		return nil
	case err != nil:
		return err
	}
	var names []string
	for _, identity := range all {
		if identity.Spec.SourceIdentityRef.Kind != staticIdentity {
			names = append(names, identity.Metadata.Name)
		}
	}
	if slices.Sort(names); len(names) > 0 {
		p.Warnings = append(p.Warnings, &RoleChain{names})
	}
	return nil
}

// isNoSuchKind reports whether an error means that the API server does not know the
// resource, because CAPA's CustomResourceDefinitions are not installed.
func isNoSuchKind(err error) bool {
	rejected := (*controller.Rejected)(nil)
	return errors.As(err, &rejected) && rejected.Status == http.StatusNotFound
}

// isUnexpectedNotFound reports whether an error is a 404 that is not a
// Kubernetes Status. An API server responds with the text "404 page not found"
// for a version or a group that it does not serve, and so may a server that is
// not an API server.
func isUnexpectedNotFound(err error) bool {
	unexpected := (*controller.Unexpected)(nil)
	return errors.As(err, &unexpected) && unexpected.Status == http.StatusNotFound
}
