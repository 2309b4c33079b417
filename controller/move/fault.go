package move

// This file has the problems that block a move, and the warnings that need
// confirmation. The caller adds hints, because it knows the commands.

import (
	"fmt"
	"strings"

	"capaboot/controller"
	"capaboot/internal/escape"
	"capaboot/internal/shortlist"
)

// NoCluster is the error when EKS has no cluster with the name.
type NoCluster struct{ Name string }

func (e *NoCluster) Error() string {
	return fmt.Sprintf("EKS has no cluster %q in this account and region", e.Name)
}

// NoRole is the problem when the role does not exist.
type NoRole struct{ Name string }

func (e *NoRole) Error() string {
	return fmt.Sprintf("IAM has no role %s in this account", e.Name)
}

// NoProvider is the problem when the cluster has no OIDC issuer, IAM lacks the
// cluster's OIDC provider, or the provider lacks an audience.
type NoProvider struct {
	Cluster string
	ARN     string // of the provider; "" when the cluster has no OIDC issuer
	// Audience is the missing audience; "" when the provider does not exist.
	Audience string
}

func (e *NoProvider) Error() string {
	switch {
	case e.ARN == "":
		return fmt.Sprintf("cluster %s has no OIDC issuer", e.Cluster)
	case e.Audience != "":
		return fmt.Sprintf("the OIDC provider %s does not have the audience %s, which the tokens of pods have", e.ARN, e.Audience)
	}
	return fmt.Sprintf("IAM has no OIDC provider for cluster %s: want %s", e.Cluster, e.ARN)
}

// NotTrusted is the problem when the trust policy of the role does not allow the
// pods to assume it.
type NotTrusted struct {
	Target
	RoleARN, ClusterARN, ProviderARN string
	Reason                           string
}

func (e *NotTrusted) Error() string {
	principal := "EKS Pod Identity"
	if e.Method == IRSA {
		principal = "the OIDC provider of the cluster"
	}
	return fmt.Sprintf("role %s does not trust %s for service account %s in namespace %s: %s", e.RoleARN, principal, e.ServiceAccount, e.Namespace, e.Reason)
}

// TrustUnknown is the warning when the trust policy cannot be fully evaluated.
type TrustUnknown struct{ RoleARN, Reason string }

func (e *TrustUnknown) Error() string {
	return fmt.Sprintf("it is unknown whether role %s trusts the pods: %s", e.RoleARN, e.Reason)
}

// OtherServiceAccount is the problem when the controllers use a service account
// other than the target's.
type OtherServiceAccount struct {
	Namespace string
	Name      string // the service account of the target
	Have      string // the service account of the pods
}

func (e *OtherServiceAccount) Error() string {
	return fmt.Sprintf("the controllers in namespace %s use the service account %s, want %s", e.Namespace, e.Have, e.Name)
}

// OwnedByAddon is the problem when an add-on owns the association, and the role of
// the association is not the role of the move.
type OwnedByAddon struct{ Association }

func (e *OwnedByAddon) Error() string {
	return fmt.Sprintf("association %s has another role (%s), and the add-on %s owns the association", e.ID, e.RoleARN, e.OwnerARN)
}

// PrecedingAssociation is the problem for IRSA when the service account has an EKS
// Pod Identity association, which takes precedence over the annotation.
type PrecedingAssociation struct {
	Cluster string
	Association
}

func (e *PrecedingAssociation) Error() string {
	return fmt.Sprintf("association %s gives the pods the role %s through EKS Pod Identity, which takes precedence over the annotation", e.ID, e.RoleARN)
}

// OtherServer is the warning when the server in the kubeconfig is not the API
// server of the EKS cluster, so that the kubeconfig may be for another cluster.
type OtherServer struct {
	Server         string // the server in the kubeconfig
	Name, Endpoint string // the name and the endpoint of the EKS cluster
}

func (e *OtherServer) Error() string {
	return fmt.Sprintf("the kubeconfig uses the server %s, but the API server of cluster %s is %s: check whether the kubeconfig is for this cluster", e.Server, e.Name, e.Endpoint)
}

// ReplacesRole is the warning when the service account already has another role.
type ReplacesRole struct {
	ServiceAccount string
	Have, Want     string // ARNs of roles
}

func (e *ReplacesRole) Error() string {
	return fmt.Sprintf("role %s would replace the role %s of service account %s", e.Want, e.Have, e.ServiceAccount)
}

// LimitedAssociation is the warning when the association has a target role or a
// policy, so that the pods do not get exactly the role's permissions.
type LimitedAssociation struct{ Association }

func (e *LimitedAssociation) Error() string {
	if e.TargetRoleARN != "" {
		return fmt.Sprintf("association %s has the target role %s: the controllers use the target role, and this command does not change the target role", e.ID, e.TargetRoleARN)
	}
	return fmt.Sprintf("association %s has a policy that limits the role, and this command does not change the policy", e.ID)
}

// OnFargate is the problem when the pods run on AWS Fargate, where EKS Pod Identity has
// no agent.
type OnFargate struct{ Node string }

func (e *OnFargate) Error() string {
	return fmt.Sprintf("node %s of the controllers is an AWS Fargate node, where EKS Pod Identity has no agent: the pods would get no credentials", e.Node)
}

// ScaledToZero is the problem when the Deployment is scaled to 0: without a pod,
// nothing shows whether the controllers work after the move.
type ScaledToZero struct{ Namespace, Name string }

func (e *ScaledToZero) Error() string {
	return fmt.Sprintf("Deployment %s in namespace %s is scaled to 0: without a pod, nothing shows whether the move works", e.Name, e.Namespace)
}

// OtherSource is the warning when the Deployment sets variables for another
// source of credentials, or for another role, which the controllers would use
// instead of the role of the move.
type OtherSource struct{ Kind controller.SourceKind }

func (e *OtherSource) Error() string {
	return fmt.Sprintf("the Deployment sets variables for another source of credentials (%s), which the controllers would use; remove the variables first", e.Kind)
}

// OtherCredentialsFile is the warning when the pods have a credentials file
// that is not from the Secret. A profile in that file takes precedence over
// EKS Pod Identity.
type OtherCredentialsFile struct{ controller.CredentialsFile }

func (e *OtherCredentialsFile) Error() string {
	return fmt.Sprintf("the pods have another credentials file (%s), which this command did not read: if the file has a profile, the controllers use the profile instead of EKS Pod Identity", e.Other)
}

// ProfileVariable is the warning when the Deployment sets AWS_PROFILE: the AWS
// SDK fails if the profile does not exist, and a zeroed Secret has no profile.
type ProfileVariable struct{ Profile string }

func (e *ProfileVariable) Error() string {
	return fmt.Sprintf("the Deployment sets AWS_PROFILE to %s: the AWS SDK fails if the Secret does not have this profile; remove the variable first", e.Profile)
}

// ConfigFileVariable is the warning when the Deployment sets AWS_CONFIG_FILE: a profile
// in that file takes precedence over EKS Pod Identity.
type ConfigFileVariable struct{}

func (e *ConfigFileVariable) Error() string {
	return "the Deployment sets AWS_CONFIG_FILE, and this command did not read the file: if a profile in the file has credentials, the controllers use them instead of EKS Pod Identity"
}

// OtherVariables is the warning when the pods get variables from Secrets or ConfigMaps,
// which were not read. They may have access keys, which take precedence.
type OtherVariables struct{}

func (e *OtherVariables) Error() string {
	return "the pods get variables from Secrets or ConfigMaps (envFrom), which this command did not read: access keys in these variables would take precedence over the role"
}

// OtherAccount is the warning when the credentials in the Secret are, or may be, for an
// AWS account other than the account of the role.
type OtherAccount struct {
	Secret string // the account of the credentials in the Secret, "" if it is unknown
	Role   string // the account of the role
}

func (e *OtherAccount) Error() string {
	if e.Secret == "" {
		return "it is unknown whether the credentials in the Secret are for account " + e.Role + ", the account of the role"
	}
	return fmt.Sprintf("the controllers would use another account: %s, the account of the role, instead of %s, the account of the credentials in the Secret", e.Role, e.Secret)
}

// RoleChain is the warning when CAPA identities assume roles with the
// credentials of the controllers. After a move to EKS Pod Identity, the
// sessions of these roles have transitive tags.
//
// Source: Amazon EKS User Guide, "Grant Pods access to AWS resources based on tags",
// "Cross-account tags".
type RoleChain struct{ Identities []string } // names, sorted

func (e *RoleChain) Error() string {
	return fmt.Sprintf("the roles of AWSClusterRoleIdentity %s must also allow sts:TagSession, because EKS Pod Identity sets session tags", shortlist.Few(e.Identities, shortlist.Shown(len(e.Identities), 5), escape.Text))
}

// RoleChainUnknown is the warning when the identities of a [RoleChain] could not be
// listed.
type RoleChainUnknown struct{ Err error }

func (e *RoleChainUnknown) Error() string {
	return fmt.Sprintf("cannot list the AWSClusterRoleIdentities, whose roles must also allow sts:TagSession: %v", e.Err)
}

// ManagedSecret is the warning when another tool writes the Secret.
type ManagedSecret struct{ controller.Manager }

func (e *ManagedSecret) Error() string {
	return fmt.Sprintf("%s manages the Secret (%s) and may write credentials into it again; %s", e.Name, e.Evidence, e.Remedy(true))
}

// ManagedServiceAccount is the warning when another tool writes the service account, whose
// annotation names the role.
type ManagedServiceAccount struct{ controller.Manager }

func (e *ManagedServiceAccount) Error() string {
	remedy := "also add the annotation in " + e.Name
	if e.IsOperator {
		remedy = "also add the annotation with a patch in the InfrastructureProvider (spec.manifestPatches)"
	}
	return fmt.Sprintf("%s manages the service account (%s) and may remove the annotation; %s", e.Name, e.Evidence, remedy)
}

// NotRunning is the error when the controllers do not run with the new credentials
// after the restart.
type NotRunning struct {
	Method Method
	Pods   []Pod // the running pods; if there are any, some have a problem
}

func (e *NotRunning) Error() string {
	if len(e.Pods) == 0 {
		return "no pod of the controllers is running"
	}
	var parts []string
	for _, pod := range e.Pods {
		if pod.Problem != "" {
			parts = append(parts, "pod "+pod.Name+" "+pod.problemText())
		}
	}
	return strings.Join(parts, "; ")
}

// FilledAgain is the error when the Secret has credentials at the end of a
// move, although the move removed the credentials or found none. Pods with EKS
// Pod Identity use these credentials when they start.
type FilledAgain struct {
	Namespace string
	Managers  []controller.Manager
}

func (e *FilledAgain) Error() string {
	text := "Secret " + controller.SecretName + " in namespace " + e.Namespace + " has credentials that something else wrote during the move"
	for _, manager := range e.Managers {
		text += "; " + manager.Name + " manages the Secret (" + manager.Evidence + "): " + manager.Remedy(true)
	}
	return text
}

// problemText describes what is wrong with a pod.
func (p Pod) problemText() string {
	switch p.Problem {
	case ProblemOldTemplate:
		return "has the pod template from before the restart"
	case ProblemOtherSource:
		if p.Source == controller.SourceFile {
			return "has another credentials file, which takes precedence if the file has a profile"
		}
		return fmt.Sprintf("did not get the new credentials: without the Secret, the pod uses %s", p.Source)
	case ProblemFargate:
		return "runs on AWS Fargate, where EKS Pod Identity has no agent"
	case ProblemOtherRole:
		return "has the role " + p.RoleARN
	case ProblemStartedEarly:
		return "may have started before the last change"
	case ProblemNotReady:
		return "is not ready"
	}
	return "runs"
}

// Stopped is the error of a move that stopped. Completed steps are not undone; a
// new plan continues after them.
type Stopped struct {
	Step  Step   // the step that did not complete
	Steps []Step // with the states that they reached
	Undo  []Undo // how to undo the changes of this run, the last change first
	Err   error
}

func (e *Stopped) Error() string {
	doneCount := 0
	for _, step := range e.Steps {
		if step.State == Done || step.State == DoneNow {
			doneCount++
		}
	}
	return fmt.Sprintf("%s: %v (%d of %d steps are done)", e.Step.Name, e.Err, doneCount, len(e.Steps))
}

// Unwrap returns the cause.
func (e *Stopped) Unwrap() error { return e.Err }

// Undo says how to undo a step.
type Undo struct {
	Step string // the name of the step
	// Before is the previous value: the ARN of a role, "" if there was none, or the
	// state of the Secret.
	Before string
	// Association is the ID of the created or updated association, or "" if it is
	// unknown.
	Association string
	// OutcomeUnknown means that it is unknown whether the change was made.
	OutcomeUnknown bool
}
