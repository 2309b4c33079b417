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
func Fallback(i *controller.Installation) (source, works string) {
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
	source, works = describeFallback(i, pods[0].Spec, first)
	for _, pod := range pods {
		if profile, isNeeded := pod.Spec.Profile(); isNeeded && works != "no" {
			return source + "; but AWS_PROFILE is " + profile + " in the pods, and the AWS SDK fails if no configuration or credentials file has this profile", "unknown"
		}
	}
	return source, works
}

// describeFallback is like [Fallback], for pods with one spec and source. It does not
// consider the profile that the pods select.
func describeFallback(i *controller.Installation, pod controller.PodSpec, first controller.Source) (source, works string) {
	switch first.Kind {
	case controller.SourceVariables:
		return "access keys in the variables of the pods; capaboot did not check the keys", "unknown"
	case controller.SourceWebIdentity:
		if first.RoleARN == "" && pod.HasUnknownRole() {
			return "IAM roles for service accounts; the role is unknown because the spec of the pod does not contain the value of AWS_ROLE_ARN", "unknown"
		}
		if first.RoleARN == "" {
			return "a web identity without a role, with which the AWS SDK fails", "no"
		}
		// EKS injects the role of the annotation into new pods, unless the template sets a
		// role. So the role changes with a restart if the annotation has changed.
		if isInjected := controller.SourceOf(i.Deployment.Spec.Template.Spec, false) != first; isInjected && i.IsKnown(controller.PartServiceAccount) && i.RoleARN() != first.RoleARN {
			if i.RoleARN() == "" {
				return "IAM roles for service accounts, role " + first.RoleARN + ", until the pods are restarted; after that, something else, because the service account has no role now", "unknown"
			}
			return "IAM roles for service accounts, role " + first.RoleARN + ", until the pods are restarted; after that, perhaps role " + i.RoleARN(), "unknown"
		}
		return "IAM roles for service accounts, role " + first.RoleARN, "yes"
	case controller.SourceFile:
		return "perhaps another credentials file, which capaboot did not read: " + pod.CredentialsFile().Other, "unknown"
	case controller.SourcePodIdentity:
		if node := i.FargateNode(); node != "" {
			return "EKS Pod Identity, but node " + node + " is on AWS Fargate, where the EKS Pod Identity agent does not run", "no"
		}
		if pod.SetsConfigFile() {
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
