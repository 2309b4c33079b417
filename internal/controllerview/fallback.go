package controllerview

// This file determines which source of credentials the controllers use when
// their Secret has no credentials.

import (
	"fmt"

	"capaboot/controller"
)

// Fallback describes the source that the controllers use when their Secret has
// no credentials, or returns "" if the source is unknown. works says whether
// the source works: "yes", "no" or "unknown". The results are about the running
// pods: EKS injects variables when a pod is created, so the variables of a
// future pod are unknown.
func Fallback(i *controller.Installation) (what, works string) {
	pods := i.Running()
	if len(pods) == 0 || !i.IsKnown(controller.PartPods) {
		if role := i.RoleARN(); role != "" {
			return fmt.Sprintf("perhaps IAM roles for service accounts (the service account names the role %s, but no pod is known to use this role)", role), "unknown"
		}
		return "", "unknown"
	}
	first := controller.SourceOf(pods[0].Spec, false)
	for _, pod := range pods[1:] {
		if controller.SourceOf(pod.Spec, false) != first {
			return "different sources in different pods, because a rollout is in progress", "unknown"
		}
	}
	switch first.Kind {
	case controller.SourceVariables:
		return "access keys in the variables of the pods; capaboot did not check the keys", "unknown"
	case controller.SourceWebIdentity:
		if first.RoleARN == "" && pods[0].Spec.HasUnknownRole() {
			return "IAM roles for service accounts; the role is unknown because the spec of the pod does not contain the value of AWS_ROLE_ARN", "unknown"
		}
		if first.RoleARN == "" {
			return "a web identity without a role, with which the AWS SDK fails", "no"
		}
		return "IAM roles for service accounts, role " + first.RoleARN, "yes"
	case controller.SourceFile:
		return "perhaps another credentials file, which capaboot did not read: " + pods[0].Spec.CredentialsFile().Other, "unknown"
	case controller.SourcePodIdentity:
		if pods[0].Spec.SetsConfigFile() {
			return "EKS Pod Identity, unless the file in AWS_CONFIG_FILE selects other credentials; capaboot did not read this file", "unknown"
		}
		return "EKS Pod Identity", "yes"
	case controller.SourceContainer:
		return "an endpoint for container credentials, which capaboot did not check", "unknown"
	case controller.SourceNone:
		return "nothing, because AWS_EC2_METADATA_DISABLED keeps the pods from using the instance metadata service", "no"
	}
	if role := i.RoleARN(); role != "" {
		return fmt.Sprintf("the instance profile of the nodes until the pods are restarted; after that, perhaps IAM roles for service accounts, role %s", role), "unknown"
	}
	return "the instance profile of the nodes, if the nodes have an instance profile", "unknown"
}
