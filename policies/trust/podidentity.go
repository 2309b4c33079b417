// EKS Pod Identity: the pods of a cluster, through the service that gives them
// credentials.

package trust

import (
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/catalog"
)

// PodIdentity trusts service accounts in EKS clusters of the account.
type PodIdentity struct {
	// Cluster is the name or ARN of the cluster; "" for every cluster in the account.
	Cluster         string
	Namespace       string
	ServiceAccounts []string
	// Untagged evaluates an association with disableSessionTags in
	// [PodIdentity.Evaluate]: its sessions lack the tags that the statement requires.
	Untagged bool
}

// Trust returns the statement. The error is a [Fault].
func (p PodIdentity) Trust() (Trust, error) {
	if err := checkNames(p.Namespace, p.ServiceAccounts); err != nil {
		return Trust{}, err
	}
	of := values{"namespace": {p.Namespace}, "serviceAccount": p.ServiceAccounts}
	if fault := wildcard(InputCluster, p.Cluster, "cluster"); fault != nil {
		return Trust{}, fault
	}
	switch a, isARN := arn.Parse(p.Cluster); {
	case p.Cluster == "":
	case isARN && a.Service == "eks" && a.Kind() == "cluster" && IsClusterName(a.Name()) && arn.IsAccount(a.Account) && a.Region != "" && arn.IsPartition(a.Partition):
		of["clusterARN"] = []string{p.Cluster}
	case IsClusterName(p.Cluster):
		of["clusterName"] = []string{p.Cluster}
	default:
		return Trust{}, wrong(InputCluster, p.Cluster, "the name of an EKS cluster, or its ARN, such as arn:aws:eks:eu-west-1:111122223333:cluster/management")
	}
	made := Trust{Statements: []catalog.PolicyStatement{fill(podIdentity, of)}}
	made.Notes = append(made.Notes, "the conditions are on the session tags of EKS Pod Identity: an association with disableSessionTags never matches")
	if p.Cluster == "" {
		made.Notes = append(made.Notes, "without a cluster, this service account of every EKS cluster of the account may assume the role, once somebody creates an association")
	}
	return made, nil
}

// IsClusterName reports whether text is a valid EKS cluster name. Source: Amazon EKS
// API Reference, CreateCluster, name.
func IsClusterName(text string) bool {
	return onlyOf(text, "-_") && len(text) <= 100 && !strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "_")
}
