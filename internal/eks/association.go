// Requests about EKS Pod Identity: the associations of service accounts with
// roles.

package eks

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"capaboot/internal/awsclient"
)

// Association is an association of a service account with a role.
type Association struct {
	ID, ARN            string
	Cluster, Namespace string
	ServiceAccount     string
	RoleARN            string
	TargetRoleARN      string // the role that RoleARN assumes for the pods, "" for none
	OwnerARN           string // the add-on that owns the association, "" for none
	DisableSessionTags bool
	HasPolicy          bool      // a policy of the association limits the sessions of the role
	Modified           time.Time // zero if EKS does not return it
}

// maxPages is the maximum number of pages that Associations reads; more pages
// are an error. One page is enough for the one association that a service
// account can have.
const maxPages = 20

// associationJSON is an association in the JSON of EKS. In a list, it has no
// RoleArn and, of the fields declared after RoleArn, at most OwnerArn.
type associationJSON struct {
	AssociationArn, AssociationID          string
	ClusterName, Namespace, ServiceAccount string
	RoleArn, TargetRoleArn, OwnerArn       string
	DisableSessionTags                     bool
	Policy                                 string
	ModifiedAt                             float64 // seconds since 1970
}

// Associations lists the associations of a service account. EKS allows at most
// one, but callers handle more.
func (c *Client) Associations(ctx context.Context, cluster, namespace, serviceAccount string) ([]Association, error) {
	var all []Association
	next, seen := "", map[string]bool{}
	for range maxPages {
		page, nextToken, err := c.page(ctx, cluster, namespace, serviceAccount, next)
		if err != nil {
			return nil, err
		}
		for _, association := range page {
			// The list does not contain the roles.
			full, err := c.Association(ctx, cluster, association.AssociationID)
			if NotFound(err) {
				continue // deleted after the list was read
			}
			if err != nil {
				return nil, err
			}
			if full.Namespace == namespace && full.ServiceAccount == serviceAccount && !seen[full.ID] {
				all = append(all, full)
				seen[full.ID] = true
			}
		}
		if next = nextToken; next == "" {
			return all, nil
		}
	}
	return nil, fmt.Errorf("EKS lists more than %d pages of associations of one service account", maxPages)
}

func (c *Client) page(ctx context.Context, cluster, namespace, serviceAccount, next string) ([]associationJSON, string, error) {
	var out struct {
		Associations *[]associationJSON
		NextToken    string
	}
	list := newCall("ListPodIdentityAssociations", http.MethodGet, cluster, "pod-identity-associations")
	list.Query = url.Values{"namespace": {namespace}, "serviceAccount": {serviceAccount}}
	if next != "" {
		list.Query.Set("nextToken", next)
	}
	err := c.rest.Do(ctx, list, &out, func() string {
		if out.Associations == nil {
			return firstInvalid(field{"associations", false})
		}
		for _, association := range *out.Associations {
			if problem := firstInvalid(field{"associations.associationId", association.AssociationID != ""}, field{"associations.clusterName", same(association.ClusterName, cluster)}); problem != "" {
				return problem
			}
		}
		return ""
	})
	if err != nil {
		return nil, "", err
	}
	return *out.Associations, out.NextToken, nil
}

// Association requests the association with an ID. If it does not exist,
// [NotFound] returns true for the error.
func (c *Client) Association(ctx context.Context, cluster, id string) (Association, error) {
	return c.requestAssociation(ctx, newCall("DescribePodIdentityAssociation", http.MethodGet, cluster, "pod-identity-associations", id), cluster, func(a associationJSON) bool { return a.AssociationID == id })
}

// CreateAssociation creates an association. If the service account already has
// one, [InUse] returns true for the error.
func (c *Client) CreateAssociation(ctx context.Context, cluster, namespace, serviceAccount, roleARN string) (Association, error) {
	create := newCall("CreatePodIdentityAssociation", http.MethodPost, cluster, "pod-identity-associations")
	create.Input = map[string]any{"namespace": namespace, "serviceAccount": serviceAccount, "roleArn": roleARN, "clientRequestToken": newToken()}
	return c.requestAssociation(ctx, create, cluster, func(a associationJSON) bool {
		return a.Namespace == namespace && a.ServiceAccount == serviceAccount && a.RoleArn == roleARN
	})
}

// UpdateAssociation changes the role of an association.
func (c *Client) UpdateAssociation(ctx context.Context, cluster, id, roleARN string) (Association, error) {
	update := newCall("UpdatePodIdentityAssociation", http.MethodPost, cluster, "pod-identity-associations", id)
	update.Input = map[string]any{"roleArn": roleARN, "clientRequestToken": newToken()}
	return c.requestAssociation(ctx, update, cluster, func(a associationJSON) bool { return a.AssociationID == id && a.RoleArn == roleARN })
}

// requestAssociation sends a request whose response is one association. The
// response is invalid unless isRequested returns true for the association.
func (c *Client) requestAssociation(ctx context.Context, request awsclient.Call, cluster string, isRequested func(associationJSON) bool) (Association, error) {
	var out struct{ Association associationJSON }
	err := c.rest.Do(ctx, request, &out, func() string {
		a := out.Association
		problem := firstInvalid(field{"association.associationId", a.AssociationID != ""}, field{"association.associationArn", strings.HasPrefix(a.AssociationArn, "arn:")},
			field{"association.clusterName", same(a.ClusterName, cluster)}, field{"association.namespace", a.Namespace != ""},
			field{"association.serviceAccount", a.ServiceAccount != ""}, field{"association.roleArn", strings.HasPrefix(a.RoleArn, "arn:")})
		if problem == "" && !isRequested(a) {
			problem = "not the requested association"
		}
		return problem
	})
	if err != nil {
		return Association{}, err
	}
	a := out.Association
	return Association{ID: a.AssociationID, ARN: a.AssociationArn, Cluster: a.ClusterName, Namespace: a.Namespace, ServiceAccount: a.ServiceAccount, RoleARN: a.RoleArn,
		TargetRoleARN: a.TargetRoleArn, OwnerARN: a.OwnerArn, DisableSessionTags: a.DisableSessionTags, HasPolicy: a.Policy != "", Modified: timeOf(a.ModifiedAt)}, nil
}

// timeOf converts a time in the JSON of AWS: seconds since 1970, 0 for none.
func timeOf(seconds float64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(seconds * 1000)).UTC()
}
