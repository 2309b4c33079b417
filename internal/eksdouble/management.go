package eksdouble

// This file sets up a management cluster on EKS: the objects in the account,
// and the variables that EKS injects into pods.

import (
	"capaboot/internal/kubedouble"
)

// The names in a management cluster.
const (
	Cluster  = "management"
	Issuer   = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
	Provider = "arn:aws:iam::" + Account + ":oidc-provider/" + Issuer
	RoleName = "controllers.cluster-api-provider-aws.sigs.k8s.io"
	RoleARN  = "arn:aws:iam::" + Account + ":role/" + RoleName
)

// Trust policies of the role: in CAPA's templates before v2.12.1 (for EC2 only), in
// those since then (also for EKS Pod Identity), and for IRSA.
const (
	TrustEC2         = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}, "Action": ["sts:AssumeRole"]}]}`
	TrustPodIdentity = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com", "pods.eks.amazonaws.com"]}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]}`
	TrustIRSA        = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": "` + Provider + `"}, "Action": ["sts:AssumeRoleWithWebIdentity"], "Condition": {"StringEquals": {"` +
		Issuer + `:aud": "sts.amazonaws.com", "` + Issuer + `:sub": "system:serviceaccount:capa-system:capa-controller-manager"}}}]}`
)

// SetUpManagementCluster registers the API server as an EKS cluster and creates
// what a move needs: the agent, the OIDC provider, and the role with a trust
// policy. It installs CAPA in the cluster, with a profile in the Secret.
func (d *Double) SetUpManagementCluster(kube *kubedouble.Server, profile, trust string) {
	d.PutCluster(Cluster, kube.URL, Issuer)
	d.PutAddon(Cluster, "eks-pod-identity-agent", "ACTIVE")
	d.PutRole(RoleName, trust)
	d.PutProvider(Provider, "sts.amazonaws.com")
	kube.Install(kubedouble.Installed{Profile: profile, Inject: func() map[string]string { return d.InjectedVariables(kube) }})
}

// InjectedVariables returns the variables that EKS adds to a new pod of the
// controllers: those of EKS Pod Identity if there is an association, otherwise
// those of IRSA if the service account has a role; nil if it has none.
func (d *Double) InjectedVariables(kube *kubedouble.Server) map[string]string {
	if len(d.AssociatedRoles()) > 0 {
		return map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
			"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"}
	}
	annotations, _ := kube.Object(kubedouble.ServiceAccountPath)["metadata"].(kubedouble.Object)["annotations"].(kubedouble.Object)
	if role, ok := annotations["eks.amazonaws.com/role-arn"].(string); ok {
		return map[string]string{"AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"}
	}
	return nil
}
