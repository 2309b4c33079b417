// Package iam turns an AWSIAMConfiguration, the configuration file of
// clusterawsadm, into the CloudFormation template of the IAM resources that
// Cluster API Provider AWS (CAPA) needs.
//
// [Load] reads a file strictly and reports everything that is wrong with it;
// [Generate] makes the template for one release of CAPA.
package iam

import "capaboot/policies/catalog"

// Configuration is an AWSIAMConfiguration: which IAM resources exist, how they
// are named, and what they grant beyond what CAPA always needs.
type Configuration struct {
	// APIVersion is the version of the format, [V1Beta1] or [V1Alpha1].
	APIVersion string `json:"apiVersion"`
	// Kind is [Kind].
	Kind string `json:"kind"`
	// Spec is what differs from the defaults.
	Spec Spec `json:"spec"`
}

// Spec is what a Configuration specifies. The json names are the fields of the
// file; `since:"v1beta1"` marks those that v1alpha1 does not have.
type Spec struct {
	// NamePrefix is before the name of every role, instance profile and
	// managed policy, except for the EKS default roles.
	NamePrefix string `json:"namePrefix"`
	// NameSuffix is after those names. Nil means [DefaultNameSuffix].
	NameSuffix *string `json:"nameSuffix"`
	// Path is the IAM path of every role and of the bootstrap user, where nothing
	// closer sets one. clusterawsadm ignores it.
	Path string `json:"path,omitempty"`
	// PermissionsBoundary is the ARN of the managed policy that bounds every role
	// and the bootstrap user, where nothing closer sets one. clusterawsadm ignores
	// it.
	PermissionsBoundary string `json:"permissionsBoundary,omitempty"`
	// ControlPlane is the role of Kubernetes control plane nodes.
	ControlPlane ControlPlane `json:"controlPlane"`
	// ClusterAPIControllers is the role of the CAPA controllers.
	ClusterAPIControllers Controllers `json:"clusterAPIControllers"`
	// Nodes is the role of Kubernetes worker nodes.
	Nodes Nodes `json:"nodes"`
	// BootstrapUser is an IAM user for the first steps, off by default.
	BootstrapUser BootstrapUser `json:"bootstrapUser"`
	// StackName is the name of the CloudFormation stack, and of the inline
	// policies made of extraStatements.
	StackName string `json:"stackName"`
	// StackTags are the tags of the stack.
	StackTags map[string]string `json:"stackTags,omitempty" since:"v1beta1"`
	// Region is the region of the stack when nothing else names one.
	Region string `json:"region,omitempty"`
	// EKS is about clusters on Amazon EKS. Nil means the defaults; a file
	// that has the key also gets nodes.ec2ContainerRegistryReadOnly.
	EKS *EKS `json:"eks"`
	// EventBridge lets the controllers follow EC2 events.
	EventBridge EventBridge `json:"eventBridge"`
	// Partition is the AWS partition of the account. When empty, it follows
	// from Region, else it is "aws".
	Partition string `json:"partition"`
	// SecureSecretBackends says where the controllers keep bootstrap data:
	// [SecretsManager], [SSMParameterStore] or both.
	SecureSecretBackends []string `json:"secureSecretBackends"`
	// S3Buckets lets the controllers keep bootstrap data in S3.
	S3Buckets S3Buckets `json:"s3Buckets" since:"v1beta1"`
	// AllowAssumeRole lets the controllers assume the roles that they may
	// pass.
	AllowAssumeRole bool `json:"allowAssumeRole" since:"v1beta1"`
}

// RoleSpec is what all roles have in common.
type RoleSpec struct {
	// Disable leaves out the role, its instance profile, and every reference
	// to them.
	Disable bool `json:"disable"`
	// Path is the IAM path of the role ("/capa/").
	Path string `json:"path,omitempty"`
	// PermissionsBoundary is the ARN of the managed policy that bounds the
	// role.
	PermissionsBoundary string `json:"permissionsBoundary,omitempty"`
	// ExtraPolicyAttachments are ARNs of managed policies.
	ExtraPolicyAttachments []string `json:"extraPolicyAttachments,omitempty"`
	// ExtraStatements become an inline policy of the role.
	ExtraStatements []catalog.PolicyStatement `json:"extraStatements,omitempty"`
	// TrustStatements are appended to the role's trust policy.
	TrustStatements []catalog.PolicyStatement `json:"trustStatements,omitempty"`
	// Tags are the tags of the role.
	Tags map[string]string `json:"tags,omitempty"`
}

// ControlPlane is the role of Kubernetes control plane nodes. Its path and
// permissions boundary also hold for the controllers and nodes roles, where they
// set none.
type ControlPlane struct {
	RoleSpec
	// DisableClusterAPIControllerPolicyAttachment keeps the controllers'
	// policies off this role.
	DisableClusterAPIControllerPolicyAttachment bool `json:"disableClusterAPIControllerPolicyAttachment"`
	// DisableCloudProviderPolicy leaves out the policy of cloud-provider-aws
	// for control planes.
	DisableCloudProviderPolicy bool `json:"disableCloudProviderPolicy"`
	// EnableCSIPolicy adds the policy of the EBS CSI driver.
	EnableCSIPolicy bool `json:"enableCSIPolicy"`
}

// Controllers is the role of the CAPA controllers.
type Controllers struct {
	RoleSpec
	// AllowedEC2InstanceProfiles are patterns of the names of roles that the
	// controllers may give to instances. Nil means <namePrefix>*<nameSuffix>,
	// an empty list that no role may be passed.
	AllowedEC2InstanceProfiles []string `json:"allowedEC2InstanceProfiles"`
	// Features are features of CAPA whose calls no policy of its templates grants.
	// Each adds what it needs, in a policy of its own. clusterawsadm ignores it.
	Features []Feature `json:"features,omitempty"`
}

// Nodes is the role of Kubernetes worker nodes.
type Nodes struct {
	RoleSpec
	// DisableCloudProviderPolicy leaves out the policy of cloud-provider-aws
	// for nodes.
	DisableCloudProviderPolicy bool `json:"disableCloudProviderPolicy"`
	// EC2ContainerRegistryReadOnly attaches the AWS managed policy of that
	// name.
	EC2ContainerRegistryReadOnly bool `json:"ec2ContainerRegistryReadOnly"`
}

// BootstrapUser is an IAM user, with a group that has the controllers'
// policies.
type BootstrapUser struct {
	// Enable adds the user and its group.
	Enable bool `json:"enable"`
	// UserName is the user's whole name; prefix and suffix are not added.
	UserName string `json:"userName"`
	// GroupName is the group's whole name. It is empty when a file in v1alpha1
	// enables the user: CloudFormation names the group then.
	GroupName string `json:"groupName" since:"v1beta1"`
	// Path is the IAM path of the user. clusterawsadm ignores it.
	Path string `json:"path,omitempty"`
	// PermissionsBoundary is the ARN of the managed policy that bounds the user.
	// clusterawsadm ignores it.
	PermissionsBoundary string `json:"permissionsBoundary,omitempty"`
	// ExtraPolicyAttachments are ARNs of managed policies of the user.
	ExtraPolicyAttachments []string `json:"extraPolicyAttachments,omitempty"`
	// ExtraGroups are names of groups that the user is in besides its own.
	ExtraGroups []string `json:"extraGroups,omitempty"`
	// ExtraStatements become an inline policy of the user.
	ExtraStatements []catalog.PolicyStatement `json:"extraStatements,omitempty"`
	// Tags are the tags of the user.
	Tags map[string]string `json:"tags,omitempty"`
}

// EKS is about clusters on Amazon EKS.
type EKS struct {
	// Disable leaves out every EKS resource.
	Disable bool `json:"disable"`
	// IAMRoleCreation lets the controllers make a role for each cluster.
	IAMRoleCreation bool `json:"iamRoleCreation"`
	// EnableUserEKSConsolePolicy adds a policy for people who look at
	// clusters in the AWS console.
	EnableUserEKSConsolePolicy bool `json:"enableUserEKSConsolePolicy"`
	// DefaultControlPlaneRole is the role of EKS clusters that name none.
	DefaultControlPlaneRole RoleSpec `json:"defaultControlPlaneRole"`
	// ManagedMachinePool is the role of managed node groups that name none.
	// Nil means off.
	ManagedMachinePool *RoleSpec `json:"managedMachinePool"`
	// Fargate is the role of Fargate profiles that name none. Nil means off.
	Fargate *RoleSpec `json:"fargate"`
	// KMSAliasPrefix says which KMS keys the controllers may hand to EKS, by
	// a pattern of their alias, without "alias/".
	KMSAliasPrefix string `json:"kmsAliasPrefix"`
}

// EventBridge lets the controllers follow EC2 events.
type EventBridge struct {
	// Enable adds the permissions for it.
	Enable bool `json:"enable"`
}

// S3Buckets lets the controllers keep bootstrap data in S3.
type S3Buckets struct {
	// Enable adds the permissions for it.
	Enable bool `json:"enable"`
	// NamePrefix is what the names of the buckets begin with.
	NamePrefix string `json:"namePrefix"`
}
