// EKS Pod Identity: trusting the pods of a cluster through the service that
// issues their credentials.

package trust

import (
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/catalog"
)

// PodIdentity trusts service accounts in one EKS cluster, or in every EKS
// cluster of the role's account.
type PodIdentity struct {
	// Cluster is the name or ARN of the cluster; "" for every cluster in the account.
	Cluster         string
	Namespace       string
	ServiceAccounts []string
	// Untagged makes [PodIdentity.Evaluate] evaluate an association with
	// disableSessionTags, whose sessions lack the tags that the statement
	// requires.
	Untagged bool
}

// Trust returns the statement. The error is a [Fault].
func (p PodIdentity) Trust() (Trust, error) {
	if err := checkNames(p.Namespace, p.ServiceAccounts); err != nil {
		return Trust{}, err
	}
	placeholders := placeholderValues{"namespace": {p.Namespace}, "serviceAccount": p.ServiceAccounts}
	if fault := checkWildcard(InputCluster, p.Cluster, "cluster"); fault != nil {
		return Trust{}, fault
	}
	switch a, isARN := arn.Parse(p.Cluster); {
	case p.Cluster == "":
	case isARN && a.Service == "eks" && a.Kind() == "cluster" && IsClusterName(a.Name()) && arn.IsAccount(a.Account) && a.Region != "" && arn.IsPartition(a.Partition):
		placeholders["clusterARN"] = []string{p.Cluster}
	case IsClusterName(p.Cluster):
		placeholders["clusterName"] = []string{p.Cluster}
	default:
		return Trust{}, invalid(InputCluster, p.Cluster, "the name of an EKS cluster, or its ARN, such as arn:aws:eks:eu-west-1:111122223333:cluster/management")
	}
	result := Trust{Statements: []catalog.PolicyStatement{fillForm(formPodIdentity, placeholders)}}
	result.Notes = append(result.Notes, "the conditions are on the session tags of EKS Pod Identity: an association with disableSessionTags never matches")
	if p.Cluster == "" {
		result.Notes = append(result.Notes, "no EKS cluster is named: in every EKS cluster of the account, this service account can assume the role if an association assigns the role to the service account")
	}
	return result, nil
}

// IsClusterName reports whether text is a valid EKS cluster name. Source: Amazon EKS
// API Reference, CreateCluster, name.
func IsClusterName(text string) bool {
	return onlyOf(text, "-_") && len(text) <= 100 && !strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "_")
}
