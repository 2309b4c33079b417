// Package podaccess implements [move.EKS] and [move.IAM], which a move of the
// controllers needs, with the AWS APIs.
package podaccess

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"capaboot/controller"
	"capaboot/controller/move"
	"capaboot/internal/eks"
	"capaboot/policies/trust"
)

// Configurer returns the configuration for the client of a service. Account in
// package credentials implements it.
type Configurer interface {
	Config(ctx context.Context, service string) (aws.Config, error)
}

// EKS implements [move.EKS] with Amazon EKS.
type EKS struct{ client *eks.Client }

// readTime is the time limit for a read of EKS, including retries: enough for one
// attempt that gets no response, and a few seconds more.
const readTime = 20 * time.Second

// NewEKS returns a client for EKS in the region of the account's configuration.
func NewEKS(ctx context.Context, account Configurer) (*EKS, error) {
	config, err := account.Config(ctx, eks.Service)
	if err != nil {
		return nil, err
	}
	client, err := eks.New(config)
	if err != nil {
		return nil, err
	}
	return &EKS{client}, nil
}

// Cluster implements [move.EKS].
func (e *EKS) Cluster(ctx context.Context, name string) (move.EKSCluster, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	found, err := e.client.Cluster(ctx, name)
	if eks.NotFound(err) {
		return move.EKSCluster{}, &move.NoCluster{Name: name}
	}
	if err != nil {
		return move.EKSCluster{}, fmt.Errorf("describing cluster %s: %w", name, err)
	}
	return move.EKSCluster{Name: found.Name, ARN: found.ARN, Status: found.Status, Endpoint: found.Endpoint, Issuer: found.Issuer, AutoMode: found.AutoMode}, nil
}

// Agent implements [move.EKS].
func (e *EKS) Agent(ctx context.Context, cluster string) (*move.Addon, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	found, err := e.client.Addon(ctx, cluster, move.Agent)
	if eks.NotFound(err) {
		return nil, nil
	}
	if err != nil {
		err = fmt.Errorf("describing the add-on %s: %w", move.Agent, err)
		if e, ok := errors.AsType[smithy.APIError](err); ok && strings.HasPrefix(e.ErrorCode(), "AccessDenied") {
			err = &move.Denied{Err: err}
		}
		return nil, err
	}
	return &move.Addon{Status: found.Status, Issues: found.Issues}, nil
}

// Association implements [move.EKS].
func (e *EKS) Association(ctx context.Context, cluster, namespace, serviceAccount string) (*move.Association, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	all, err := e.client.Associations(ctx, cluster, namespace, serviceAccount)
	if err != nil {
		return nil, fmt.Errorf("looking for the association of service account %s: %w", serviceAccount, err)
	}
	switch len(all) {
	case 0:
		return nil, nil
	case 1:
		found := convertAssociation(all[0])
		return &found, nil
	}
	return nil, fmt.Errorf("EKS lists %d associations of service account %s: at most one is expected", len(all), serviceAccount)
}

// Associations returns a function that lists the associations of a service account, for
// [controller.Cluster.ReadInstallation]. The requests of one call together take at most
// readTime, because the associations are only a part of a report. If the EKS cluster
// has an API server other than the kubeconfig's, the error is a [*move.OtherServer].
func (e *EKS) Associations(cluster, server string) func(ctx context.Context, namespace, serviceAccount string) ([]controller.Association, error) {
	return func(ctx context.Context, namespace, serviceAccount string) ([]controller.Association, error) {
		ctx, cancel := context.WithTimeout(ctx, readTime)
		defer cancel()
		described, err := e.Cluster(ctx, cluster)
		if err == nil {
			err = move.CompareServers(server, described)
		}
		if err != nil {
			return nil, err
		}
		all, err := e.client.Associations(ctx, cluster, namespace, serviceAccount)
		if err != nil {
			return nil, err
		}
		found := []controller.Association{}
		for _, one := range all {
			found = append(found, controller.Association{ID: one.ID, RoleARN: one.RoleARN})
		}
		return found, nil
	}
}

// CreateAssociation implements [move.EKS].
func (e *EKS) CreateAssociation(ctx context.Context, cluster, namespace, serviceAccount, roleARN string) (move.Association, bool, error) {
	created, err := e.client.CreateAssociation(ctx, cluster, namespace, serviceAccount, roleARN)
	if eks.InUse(err) {
		return move.Association{}, true, nil
	}
	return convertAssociation(created), false, markRejected("creating the association", err)
}

// UpdateAssociation implements [move.EKS].
func (e *EKS) UpdateAssociation(ctx context.Context, cluster, id, roleARN string) (move.Association, error) {
	updated, err := e.client.UpdateAssociation(ctx, cluster, id, roleARN)
	return convertAssociation(updated), markRejected("changing association "+id, err)
}

// markRejected wraps an error. If EKS rejected the request, so that it changed
// nothing, the error is a [move.Rejected].
func markRejected(action string, err error) error {
	if err == nil {
		return nil
	}
	wrapped := fmt.Errorf("%s: %w", action, err)
	if e, ok := errors.AsType[smithy.APIError](err); ok && e.ErrorFault() == smithy.FaultClient {
		return &move.Rejected{Err: wrapped}
	}
	return wrapped
}

func convertAssociation(a eks.Association) move.Association {
	return move.Association{ID: a.ID, RoleARN: a.RoleARN, TargetRoleARN: a.TargetRoleARN, OwnerARN: a.OwnerARN, HasPolicy: a.HasPolicy,
		DisableSessionTags: a.DisableSessionTags, Modified: a.Modified}
}

// IAM implements [move.IAM] by calling the IAM API.
type IAM struct {
	getRole     func(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error)
	getProvider func(context.Context, *iam.GetOpenIDConnectProviderInput, ...func(*iam.Options)) (*iam.GetOpenIDConnectProviderOutput, error)
}

// NewIAM returns a client for IAM in an account.
func NewIAM(ctx context.Context, account Configurer) (*IAM, error) {
	config, err := account.Config(ctx, "IAM")
	if err != nil {
		return nil, err
	}
	client := iam.NewFromConfig(config)
	return &IAM{client.GetRole, client.GetOpenIDConnectProvider}, nil
}

// Role implements [move.IAM].
func (i *IAM) Role(ctx context.Context, name string) (move.Role, error) {
	out, err := i.getRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if isAbsent(err) {
		return move.Role{}, &move.NoRole{Name: name}
	}
	if err != nil {
		return move.Role{}, fmt.Errorf("reading role %s: %w", name, err)
	}
	// The policy is URL-encoded by RFC 3986: IAM API Reference, Role,
	// AssumeRolePolicyDocument.
	policy, err := url.PathUnescape(aws.ToString(out.Role.AssumeRolePolicyDocument))
	if err != nil {
		return move.Role{}, fmt.Errorf("reading role %s: the trust policy is not URL-encoded", name)
	}
	return move.Role{Name: name, ARN: aws.ToString(out.Role.Arn), Trust: []byte(policy)}, nil
}

// Provider implements [move.IAM].
func (i *IAM) Provider(ctx context.Context, arn string) (audiences []string, exists bool, err error) {
	out, err := i.getProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn})
	if isAbsent(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading the OIDC provider of the cluster: %w", err)
	}
	if out.Url == nil {
		return nil, false, errors.New("reading the OIDC provider of the cluster: unexpected response from IAM: no Url in the response")
	}
	return slices.Clone(out.ClientIDList), true, nil
}

// isAbsent reports whether an error of IAM means that the object does not exist.
func isAbsent(err error) bool {
	e, ok := errors.AsType[smithy.APIError](err)
	return ok && e.ErrorCode() == "NoSuchEntity"
}

// Trusts implements [move.IAM]. It evaluates the trust policy as "policy
// simulate" does.
func (i *IAM) Trusts(role move.Role, target move.Target, cluster move.EKSCluster, provider string, untagged bool) (move.TrustResult, error) {
	accounts := []string{target.ServiceAccount}
	evaluation, err := trust.Evaluation{}, error(nil)
	switch {
	case target.Method == move.IRSA:
		evaluation, err = trust.IRSA{OIDCProvider: provider, Namespace: target.Namespace, ServiceAccounts: accounts}.Evaluate(role.ARN, role.Trust)
	default:
		evaluation, err = trust.PodIdentity{Cluster: cluster.ARN, Namespace: target.Namespace, ServiceAccounts: accounts, Untagged: untagged}.Evaluate(role.ARN, role.Trust)
	}
	if err != nil {
		return move.TrustResult{}, fmt.Errorf("evaluating the trust policy of role %s: %w", role.Name, err)
	}
	return move.TrustResult{Allowed: evaluation.Allowed, Unknown: evaluation.Unknown, Reason: evaluation.Reason}, nil
}
