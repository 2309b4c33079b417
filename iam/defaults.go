// Defaults of the configuration, the same as in clusterawsadm, for both
// versions of the file.

package iam

import (
	"capaboot/policies/arn"
	"capaboot/policies/catalog"
)

const (
	// Kind is the kind of a configuration file.
	Kind = "AWSIAMConfiguration"
	// Group is the API group of a configuration file.
	Group = "bootstrap.aws.infrastructure.cluster.x-k8s.io"
	// V1Beta1 and V1Alpha1 are the supported apiVersions.
	V1Beta1  = Group + "/v1beta1"
	V1Alpha1 = Group + "/v1alpha1"

	// DefaultNameSuffix is the default of spec.nameSuffix, and the end of every
	// fixed name.
	DefaultNameSuffix = catalog.NameSuffix
	// DefaultStackName is the default name of the CloudFormation stack.
	DefaultStackName = "cluster-api-provider-aws-sigs-k8s-io"
	// DefaultBootstrapUserName is the default name of the bootstrap user and of its
	// group.
	DefaultBootstrapUserName = "bootstrapper.cluster-api-provider-aws.sigs.k8s.io"
	// DefaultKMSAliasPrefix is the default pattern for the aliases of KMS keys for
	// EKS.
	DefaultKMSAliasPrefix = "cluster-api-provider-aws-*"
	// DefaultS3BucketPrefix is the default beginning of the names of buckets.
	DefaultS3BucketPrefix = "cluster-api-provider-aws-"

	// The secret backends.
	SecretsManager    = "secrets-manager"
	SSMParameterStore = "ssm-parameter-store"
)

// Default returns the configuration that is used without a file.
func Default() *Configuration {
	c := &Configuration{}
	c.setDefaults()
	return c
}

// setDefaults sets the fields that the file leaves out, and turns the
// configuration into v1beta1.
func (c *Configuration) setDefaults() {
	s := &c.Spec
	// v1alpha1 has no groupName, and clusterawsadm converts a v1alpha1 file
	// without setting this default. So the groups of existing stacks have no
	// name, and setting one would make CloudFormation replace the group.
	if c.APIVersion != V1Alpha1 || !s.BootstrapUser.Enable {
		setDefault(&s.BootstrapUser.GroupName, DefaultBootstrapUserName)
	}
	c.APIVersion, c.Kind = V1Beta1, Kind
	if s.NameSuffix == nil {
		suffix := DefaultNameSuffix
		s.NameSuffix = &suffix
	}
	setDefault(&s.StackName, DefaultStackName)
	partition, _ := arn.PartitionOf(s.Region)
	setDefault(&s.Partition, partition)
	setDefault(&s.BootstrapUser.UserName, DefaultBootstrapUserName)
	setDefault(&s.S3Buckets.NamePrefix, DefaultS3BucketPrefix)
	if len(s.SecureSecretBackends) == 0 {
		s.SecureSecretBackends = []string{SecretsManager}
	}
	if s.ClusterAPIControllers.AllowedEC2InstanceProfiles == nil {
		s.ClusterAPIControllers.AllowedEC2InstanceProfiles = []string{s.fullName("*")}
	}
	if s.EKS == nil {
		s.EKS = &EKS{}
	} else if !s.EKS.Disable {
		// A quirk of clusterawsadm that existing stacks depend on: the key
		// spec.eks attaches AmazonEC2ContainerRegistryReadOnly to the nodes
		// role, even if the mapping is empty.
		s.Nodes.EC2ContainerRegistryReadOnly = true
	}
	if s.EKS.ManagedMachinePool == nil {
		s.EKS.ManagedMachinePool = &RoleSpec{Disable: true}
	}
	if s.EKS.Fargate == nil {
		s.EKS.Fargate = &RoleSpec{Disable: true}
	}
	setDefault(&s.EKS.KMSAliasPrefix, DefaultKMSAliasPrefix)
}

func setDefault(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// fullName returns the full name of a role, instance profile or managed policy.
func (s *Spec) fullName(shortName string) string { return s.NamePrefix + shortName + *s.NameSuffix }
