package controllerview

// This file has the rules about IAM roles for service accounts (IRSA).

import (
	"fmt"
	"strings"

	"capaboot/controller"
)

// webIdentityIncomplete finds a web identity without a role, with which the SDK
// fails: assumeWebIdentity in aws-sdk-go-v2/config/resolve_credentials.go.
func (s *statusBuilder) webIdentityIncomplete() string {
	if s.Source == controller.SourceWebIdentity && s.RoleARN == "" && !s.installation.Deployment.Spec.Template.Spec.HasUnknownRole() {
		return "the pods have AWS_WEB_IDENTITY_TOKEN_FILE but no AWS_ROLE_ARN: the AWS SDK fails and tries no other source"
	}
	return ""
}

func (s *statusBuilder) webIdentityNotInjected() string {
	role := s.Status.ServiceAccount.RoleARN
	if role == "" {
		return ""
	}
	podsWithout := s.podsWhere(func(p StatusPod) bool { return p.Source != controller.SourceVariables && p.RoleARN != role })
	if len(podsWithout) == 0 {
		return ""
	}
	return fmt.Sprintf("the service account has the role %s, but these pods do not use the role: %s", role, strings.Join(podsWithout, ", "))
}

func (s *statusBuilder) secretNotNeeded() string {
	if s.hasProfile && s.Source == controller.SourceWebIdentity && s.RoleARN != "" {
		return "the Secret has credentials that the controllers do not use: the web identity takes precedence"
	}
	return ""
}

// webIdentityRemoved finds pods with a role that their service account does not have
// any more: EKS added the role to the pods when they were created.
func (s *statusBuilder) webIdentityRemoved() string {
	isInTemplate := controller.SourceOf(s.installation.Deployment.Spec.Template.Spec, false).Kind == controller.SourceWebIdentity
	if s.Source != controller.SourceWebIdentity || s.RoleARN == "" || isInTemplate || s.Status.ServiceAccount.RoleARN != "" || !s.installation.IsKnown(controller.PartServiceAccount) {
		return ""
	}
	return "the pods have the role " + s.RoleARN + ", but the service account does not have it any more: restarted pods will not have the role"
}
