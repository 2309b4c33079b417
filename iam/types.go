// Package iam turns an AWSIAMConfiguration, the configuration file of
// clusterawsadm, into the CloudFormation template of the IAM resources that
// Cluster API Provider AWS (CAPA) needs.
//
// [Load] reads a file strictly and reports everything that is wrong with it;
// [Generate] generates the template for one release of CAPA.
package iam

import "capaboot/policies/catalog"

// Configuration is an AWSIAMConfiguration: which IAM resources exist, how they
// are named, and what they grant in addition to what CAPA always needs.
type Configuration struct {
	// APIVersion is the version of the format, [V1Beta1] or [V1Alpha1].
	APIVersion string `json:"apiVersion"`
	// Kind is [Kind].
	Kind string `json:"kind"`
	// Spec has the settings that differ from the defaults.
	Spec Spec `json:"spec"`
}

// The json tags of these types are the field names in the file; the tag
// `since:"v1beta1"` marks the fields that v1alpha1 does not have. The comments
// are the descriptions in docs/schemas.

// Spec has the settings of a configuration.
type Spec struct {
	// NamePrefix is the prefix of the names of every role, instance profile and
	// managed policy, except for the EKS default roles.
	NamePrefix string `json:"namePrefix"`
	// NameSuffix is the suffix of the names of every role, instance profile and
	// managed policy, except for the EKS default roles. Nil means
	// [DefaultNameSuffix].
	NameSuffix *string `json:"nameSuffix"`
	// Path is the IAM path of the roles and the bootstrap user that do not set
	// their own. clusterawsadm ignores it.
	Path string `json:"path,omitempty"`
	// PermissionsBoundary is the ARN of the permissions boundary of the roles
	// and the bootstrap user that do not set their own. clusterawsadm ignores
	// it.
	PermissionsBoundary string `json:"permissionsBoundary,omitempty"`
	// ControlPlane is the role of Kubernetes control plane nodes.
	ControlPlane ControlPlane `json:"controlPlane"`
	// ClusterAPIControllers is the role of the CAPA controllers.
	ClusterAPIControllers Controllers `json:"clusterAPIControllers"`
	// Nodes is the role of Kubernetes worker nodes.
	Nodes Nodes `json:"nodes"`
	// BootstrapUser is an IAM user for the bootstrap, disabled by default.
	BootstrapUser BootstrapUser `json:"bootstrapUser"`
	// StackName is the name of the CloudFormation stack, and of the inline
	// policies that contain extraStatements.
	StackName string `json:"stackName"`
	// StackTags are the tags of the stack.
	StackTags map[string]string `json:"stackTags,omitempty" since:"v1beta1"`
	// Region is the region of the stack unless a flag, the environment or the
	// profile sets one.
	Region string `json:"region,omitempty"`
	// EKS has the settings for clusters on Amazon EKS. Nil means the defaults.
	// If the key is present in a file and does not disable EKS,
	// nodes.ec2ContainerRegistryReadOnly becomes true.
	EKS *EKS `json:"eks"`
	// EventBridge lets the controllers receive EC2 events.
	EventBridge EventBridge `json:"eventBridge"`
	// Partition is the AWS partition of the account. The default is the
	// partition of the region, or "aws" without a region.
	Partition string `json:"partition"`
	// SecureSecretBackends says where the controllers keep bootstrap data:
	// [SecretsManager], [SSMParameterStore] or both.
	SecureSecretBackends []string `json:"secureSecretBackends"`
	// S3Buckets lets the controllers keep bootstrap data in S3.
	S3Buckets S3Buckets `json:"s3Buckets" since:"v1beta1"`
	// AllowAssumeRole lets the controllers assume the roles that they may pass.
	AllowAssumeRole bool `json:"allowAssumeRole" since:"v1beta1"`
}

// RoleSpec has the settings that all roles have in common.
type RoleSpec struct {
	// Disable leaves out the role, its instance profile, and every reference
	// to them.
	Disable bool `json:"disable"`
	// Path is the IAM path of the role, such as "/capa/".
	Path string `json:"path,omitempty"`
	// PermissionsBoundary is the ARN of the role's permissions boundary.
	PermissionsBoundary string `json:"permissionsBoundary,omitempty"`
	// ExtraPolicyAttachments are ARNs of managed policies to attach.
	ExtraPolicyAttachments []string `json:"extraPolicyAttachments,omitempty"`
	// ExtraStatements become an inline policy of the role.
	ExtraStatements []catalog.PolicyStatement `json:"extraStatements,omitempty"`
	// TrustStatements are appended to the role's trust policy.
	TrustStatements []catalog.PolicyStatement `json:"trustStatements,omitempty"`
	// Tags are the tags of the role.
	Tags map[string]string `json:"tags,omitempty"`
}

// ControlPlane is the role of Kubernetes control plane nodes. Its path and
// permissions boundary also apply to the controllers and nodes roles, unless
// they set their own.
type ControlPlane struct {
	RoleSpec
	// DisableClusterAPIControllerPolicyAttachment means that the controllers'
	// policies are not attached to this role.
	DisableClusterAPIControllerPolicyAttachment bool `json:"disableClusterAPIControllerPolicyAttachment"`
	// DisableCloudProviderPolicy leaves out the policy that cloud-provider-aws
	// needs on control planes.
	DisableCloudProviderPolicy bool `json:"disableCloudProviderPolicy"`
	// EnableCSIPolicy adds the policy of the EBS CSI driver.
	EnableCSIPolicy bool `json:"enableCSIPolicy"`
}

// Controllers is the role of the CAPA controllers.
type Controllers struct {
	RoleSpec
	// AllowedEC2InstanceProfiles are patterns for the names of the roles that
	// the controllers may pass to instances. Nil means
	// <namePrefix>*<nameSuffix>. An empty list means that they may pass no
	// role.
	AllowedEC2InstanceProfiles []string `json:"allowedEC2InstanceProfiles"`
	// Features are features of CAPA that need more permissions than CAPA's
	// templates grant. The permissions of all of them are in one separate policy.
	// clusterawsadm ignores this field.
	Features []Feature `json:"features,omitempty"`
}

// Nodes is the role of Kubernetes worker nodes.
type Nodes struct {
	RoleSpec
	// DisableCloudProviderPolicy leaves out the policy that cloud-provider-aws
	// needs on nodes.
	DisableCloudProviderPolicy bool `json:"disableCloudProviderPolicy"`
	// EC2ContainerRegistryReadOnly attaches the AWS managed policy
	// AmazonEC2ContainerRegistryReadOnly.
	EC2ContainerRegistryReadOnly bool `json:"ec2ContainerRegistryReadOnly"`
}

// BootstrapUser is an IAM user, with a group that has the controllers'
// policies.
type BootstrapUser struct {
	// Enable adds the user and its group.
	Enable bool `json:"enable"`
	// UserName is the full name of the user. Prefix and suffix are not added.
	UserName string `json:"userName"`
	// GroupName is the full name of the group. A v1alpha1 file cannot set it:
	// CloudFormation then chooses the name of the group.
	GroupName string `json:"groupName" since:"v1beta1"`
	// Path is the IAM path of the user. clusterawsadm ignores it.
	Path string `json:"path,omitempty"`
	// PermissionsBoundary is the ARN of the user's permissions boundary.
	// clusterawsadm ignores it.
	PermissionsBoundary string `json:"permissionsBoundary,omitempty"`
	// ExtraPolicyAttachments are ARNs of managed policies to attach to the
	// user.
	ExtraPolicyAttachments []string `json:"extraPolicyAttachments,omitempty"`
	// ExtraGroups are the names of additional groups that the user belongs to.
	ExtraGroups []string `json:"extraGroups,omitempty"`
	// ExtraStatements become an inline policy of the user.
	ExtraStatements []catalog.PolicyStatement `json:"extraStatements,omitempty"`
	// Tags are the tags of the user.
	Tags map[string]string `json:"tags,omitempty"`
}

// EKS has the settings for clusters on Amazon EKS.
type EKS struct {
	// Disable leaves out every EKS resource.
	Disable bool `json:"disable"`
	// IAMRoleCreation lets the controllers create a role for each cluster.
	IAMRoleCreation bool `json:"iamRoleCreation"`
	// EnableUserEKSConsolePolicy adds a policy for users who view clusters in
	// the AWS console.
	EnableUserEKSConsolePolicy bool `json:"enableUserEKSConsolePolicy"`
	// DefaultControlPlaneRole is the role of EKS clusters that do not set one.
	DefaultControlPlaneRole RoleSpec `json:"defaultControlPlaneRole"`
	// ManagedMachinePool is the role of managed node groups that do not set
	// one. Nil means disabled.
	ManagedMachinePool *RoleSpec `json:"managedMachinePool"`
	// Fargate is the role of Fargate profiles that do not set one. Nil means
	// disabled.
	Fargate *RoleSpec `json:"fargate"`
	// KMSAliasPrefix is a pattern for the aliases, without "alias/", of the KMS
	// keys that the controllers may use for EKS clusters.
	KMSAliasPrefix string `json:"kmsAliasPrefix"`
}

// EventBridge lets the controllers receive EC2 events.
type EventBridge struct {
	// Enable adds the permissions.
	Enable bool `json:"enable"`
}

// S3Buckets lets the controllers keep bootstrap data in S3.
type S3Buckets struct {
	// Enable adds the permissions.
	Enable bool `json:"enable"`
	// NamePrefix is the prefix of the bucket names.
	NamePrefix string `json:"namePrefix"`
}
