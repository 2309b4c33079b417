// The findings about the controllers, and their remedies: one row per rule.

package controllerview

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"capaboot/controller"
)

// Finding is a problem, a doubt or a note about the controllers. [Status.Works]
// and [Status.RollOut] also depend on the findings.
type Finding struct {
	// Code names the kind of problem for programs, such as "secret-unusable".
	Code string `json:"code"`
	// Fatal means that the problem keeps the controllers from working, now or
	// when a pod starts.
	Fatal   bool   `json:"fatal"`
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
}

// rules has all rules in display order. find returns the message, or "" if it
// finds nothing.
var rules = [...]struct {
	code   string
	kind   consequence
	find   func(*statusBuilder) string
	remedy string
}{
	{"scaled-to-zero", fatal, (*statusBuilder).scaledToZero, "scale the Deployment: kubectl scale -n NAMESPACE deployment/capa-controller-manager --replicas 1"},
	{"not-running", fatal, (*statusBuilder).noPods, "find out why the Deployment has no pods: kubectl describe deployment,replicaset -n NAMESPACE"},
	{"not-running", fatal, (*statusBuilder).notRunning, "read the logs and the events of the pods: kubectl logs -n NAMESPACE deployment/capa-controller-manager; kubectl describe pods -n NAMESPACE"},
	{"secret-absent", fatal, (*statusBuilder).secretAbsent, "create the Secret: capaboot bootstrap credentials encode-as-profile -o secret | kubectl apply -f -"},
	{"secret-unusable", fatal, (*statusBuilder).secretUnusable, replaceCredentials},
	{"association-missing", fatal, (*statusBuilder).associationMissing, "create the association: capaboot controller use-pod-identity --cluster-name NAME"},
	{"pod-identity-on-fargate", fatal, (*statusBuilder).podIdentityOnFargate, "use IAM roles for service accounts: capaboot controller use-irsa --cluster-name NAME; or run the controllers on EC2 instances"},
	{noSource, fatal, (*statusBuilder).noSource, "write credentials to the Secret (capaboot controller update-credentials --rollout), or give the service account a role (capaboot controller use-pod-identity or use-irsa)"},
	{"intercepted-role", doubt, (*statusBuilder).interceptedRole, "check whether kube2iam or KIAM runs on the nodes"},
	{"instance-profile", doubt, (*statusBuilder).instanceProfile, "check whether the instance has the instance profile controllers.cluster-api-provider-aws.sigs.k8s.io, and a metadata hop limit of at least 2"},
	{"variables", doubt, (*statusBuilder).variables, "find out where the variables come from: kubectl get deployment -n NAMESPACE capa-controller-manager -o yaml"},
	{"credentials-file", doubt, (*statusBuilder).credentialsFile, "check the profile in this file, and find out where the file comes from: kubectl get deployment -n NAMESPACE capa-controller-manager -o yaml"},
	{"container-endpoint", doubt, (*statusBuilder).containerEndpoint, "check which program serves this endpoint"},
	{"new-pods-not-running", doubt, (*statusBuilder).newPodsNotRunning, "read the logs and the events of the pods: kubectl logs -n NAMESPACE deployment/capa-controller-manager; kubectl describe pods -n NAMESPACE"},
	{"association-not-asked", doubt, (*statusBuilder).associationNotRequested, "name the EKS cluster: capaboot controller status --cluster-name NAME"},
	{"association-unread", doubt, (*statusBuilder).associationUnread, "fix the problem that the report shows after \"unknown:\", or read the association with the AWS CLI: aws eks list-pod-identity-associations --cluster-name NAME --namespace NAMESPACE"},
	{olderThanSecret, restart, (*statusBuilder).olderThanSecret, "restart the controllers: capaboot controller rollout-controller"},
	{"web-identity-incomplete", fatal, (*statusBuilder).webIdentityIncomplete, "find out where the variable comes from: kubectl get deployment -n NAMESPACE capa-controller-manager -o yaml"},
	{"web-identity-not-injected", restart, (*statusBuilder).webIdentityNotInjected, "restart the controllers: capaboot controller rollout-controller; if that does not help, check whether the cluster has amazon-eks-pod-identity-webhook, which adds the variables of IRSA to pods"},
	{"web-identity-removed", note, (*statusBuilder).webIdentityRemoved, "give the service account the role again (capaboot controller use-irsa), or other credentials, before the pods are restarted"},
	{"association-not-injected", restart, (*statusBuilder).associationNotInjected, "restart the controllers: capaboot controller rollout-controller; if that does not help, check whether the add-on eks-pod-identity-agent is installed"},
	{"old-pods", note, (*statusBuilder).oldPods, "wait for the end of the rollout: kubectl rollout status -n NAMESPACE deployment/capa-controller-manager"},
	{"paused", note, (*statusBuilder).paused, "resume the Deployment: kubectl rollout resume -n NAMESPACE deployment/capa-controller-manager"},
	{"secret-not-needed", note, (*statusBuilder).secretNotNeeded, "remove the credentials from the Secret: capaboot controller zero-credentials"},
	{"secret-first", note, (*statusBuilder).secretFirst, "remove the credentials from the Secret: capaboot controller zero-credentials --rollout"},
	{"managed-by-operator", note, (*statusBuilder).managedByOperator, "change " + controller.OperatorVariable + "; to see the name of the Secret: kubectl get " + InfrastructureProviders + " -n NAMESPACE -o jsonpath='{.items[*].spec.configSecret}'"},
	{"managed", note, (*statusBuilder).managed, "make every change in the tool that manages the object"},
	{"expires-soon", note, (*statusBuilder).expiresSoon, replaceCredentials},
	{"unknown-expiry", note, (*statusBuilder).unknownExpiry, "ask AWS whether the credentials are valid: capaboot controller print-credentials --verify"},
}

// replaceCredentials is the remedy for credentials in the Secret that do not work, or
// that expire soon. It restarts the controllers, because running controllers keep
// using the old credentials for the clusters that they already manage: CAPA keeps the
// session of a region and cluster as long as the process runs.
const replaceCredentials = "replace the credentials: capaboot controller update-credentials --rollout"

// mountSecret is the remedy for a Secret with credentials that the pods do not read.
const mountSecret = "mount the Secret as the credentials file, as in the manifest of CAPA: kubectl edit deployment -n NAMESPACE capa-controller-manager; or give the service account a role (capaboot controller use-pod-identity or use-irsa)"

// InfrastructureProviders names the resource of the Cluster API Operator for kubectl.
const InfrastructureProviders = "infrastructureproviders.operator.cluster.x-k8s.io"

// noSource is the code of the finding that no source has credentials.
// olderThanSecret is the code of the finding that pods started before the
// Secret was written.
const (
	noSource        = "no-source"
	olderThanSecret = "older-than-secret"
)

// consequence says what a finding means for the controllers.
type consequence int

const (
	note    consequence = iota // no consequence
	restart                    // whether they work is unknown until a restart
	doubt                      // whether they work is unknown
	fatal                      // they do not work
)

// judge applies the rules, and sets Problems, Works and RollOut.
func (s *statusBuilder) judge() {
	s.Works = "yes"
	if s.Source == unknownSource || !s.installation.IsKnown(controller.PartPods) {
		s.Works = "unknown"
	}
	for _, rule := range rules {
		message := rule.find(s)
		if message == "" {
			continue
		}
		remedy := rule.remedy
		if rule.code == olderThanSecret && s.secretUnusable() != "" {
			remedy = replaceCredentials // a restart alone would load credentials that cannot be used
		}
		if rule.code == noSource && s.hasProfile && !s.Status.Secret.Read {
			remedy = mountSecret // the Secret has credentials already
		}
		s.Problems = append(s.Problems, Finding{rule.code, rule.kind == fatal, message, strings.ReplaceAll(remedy, "NAMESPACE", s.Status.Namespace)})
		switch {
		case rule.kind == fatal:
			s.Works = "no"
		case rule.kind == restart:
			s.RollOut = true
			fallthrough
		case rule.kind == doubt:
			if s.Works == "yes" {
				s.Works = "unknown"
			}
		}
	}
}

func (s *statusBuilder) scaledToZero() string {
	if s.Status.Deployment.Desired == 0 {
		return "the Deployment is scaled to 0: no controllers run"
	}
	return ""
}

// noPods finds a Deployment that should have pods but has none, so that there are
// no logs to read: for example, a quota or an admission webhook prevents the
// creation of pods.
func (s *statusBuilder) noPods() string {
	d := s.Status.Deployment
	if d.Desired == 0 || d.Available > 0 || !s.installation.IsKnown(controller.PartPods) || len(s.installation.Pods) > 0 {
		return ""
	}
	text := "the Deployment has no pods"
	if len(s.installation.Troubles) > 0 {
		text += ": " + s.installation.Troubles[0].String()
	}
	return text
}

func (s *statusBuilder) notRunning() string {
	d := s.Status.Deployment
	if s.noPods() != "" {
		return ""
	}
	ready := slices.ContainsFunc(s.Status.Pods, func(p StatusPod) bool { return p.Ready })
	if d.Desired == 0 || ready || d.Available > 0 && (!s.installation.IsKnown(controller.PartPods) || len(s.installation.Pods) == 0) {
		return ""
	}
	text := "no pod of the controllers is ready"
	if len(s.installation.Troubles) > 0 {
		text += ": " + s.installation.Troubles[0].String()
	}
	return text
}

// newPodsNotRunning finds new pods that do not run while old ones do: an invalid
// Secret or template affects only new pods.
func (s *statusBuilder) newPodsNotRunning() string {
	// A pod that runs but is not ready may still be starting.
	if len(s.installation.Troubles) == 0 || s.installation.Troubles[0].Kind == controller.TroubleReady || s.noPods() != "" || s.notRunning() != "" || s.scaledToZero() != "" {
		return ""
	}
	return "not all new pods are running: " + s.installation.Troubles[0].String()
}

func (s *statusBuilder) secretAbsent() string {
	template := s.installation.Deployment.Spec.Template.Spec
	if s.Status.Secret.State == stateAbsent && template.NeedsSecret() {
		return "the Secret " + controller.SecretName + " does not exist: a pod that needs the Secret cannot start"
	}
	return ""
}

func (s *statusBuilder) secretUnusable() string {
	found := s.Status.Secret.Credentials
	if found == nil || found.Usable || s.Source != controller.SourceSecret {
		return ""
	}
	for _, problem := range found.Problems {
		if problem.Fatal {
			return "the credentials in the Secret cannot be used: " + problem.Message
		}
	}
	return "the credentials in the Secret cannot be used"
}

func (s *statusBuilder) associationMissing() string {
	if s.installation.AssociationsRead && len(s.installation.Associations) == 0 && s.Source == controller.SourcePodIdentity {
		return "the pods use EKS Pod Identity, but the service account has no association with a role"
	}
	return ""
}

func (s *statusBuilder) noSource() string {
	switch {
	case s.Source == controller.SourceNone:
		return "no source has credentials, and AWS_EC2_METADATA_DISABLED keeps the pods from using the instance metadata service"
	case s.Source != controller.SourceInstance || s.interceptedRole() != "":
		return ""
	}
	switch onEC2, name := s.onEC2(); onEC2 {
	case "yes":
		return ""
	case "no":
		return fmt.Sprintf("no source has credentials: node %s is not an EC2 instance, so it has no instance profile", name)
	}
	return "no source is known to have credentials: it is unknown whether the nodes of the pods are EC2 instances with an instance profile"
}

// onEC2 returns whether the pods run on EC2 instances ("yes", "no" or
// "unknown"), and the name of a node that shows it. One node that is not an EC2
// instance results in "no".
func (s *statusBuilder) onEC2() (onEC2, name string) {
	onEC2 = "unknown"
	for _, pod := range s.installation.Running() {
		node, known := s.installation.Nodes[pod.Spec.NodeName]
		switch {
		case !known || node.Spec.ProviderID == "":
		case strings.HasPrefix(node.Spec.ProviderID, "aws:") && !node.IsFargate():
			onEC2, name = "yes", pod.Spec.NodeName
		default:
			return "no", pod.Spec.NodeName
		}
	}
	return onEC2, name
}

// podIdentityOnFargate finds pods that use EKS Pod Identity on AWS Fargate, which
// has no EKS Pod Identity agent.
func (s *statusBuilder) podIdentityOnFargate() string {
	if s.Source != controller.SourcePodIdentity {
		return ""
	}
	if name := s.installation.FargateNode(); name != "" {
		return "the pods use EKS Pod Identity, but node " + name + " is on AWS Fargate, where the EKS Pod Identity agent does not run"
	}
	return ""
}

func (s *statusBuilder) interceptedRole() string {
	if role := s.installation.Deployment.Spec.Template.InterceptedRole(); role != "" && s.Source == controller.SourceInstance {
		return "kube2iam or KIAM may give the pods the role " + role + ", because the pods have the annotation iam.amazonaws.com/role"
	}
	return ""
}

func (s *statusBuilder) instanceProfile() string {
	if onEC2, name := s.onEC2(); onEC2 == "yes" && s.Source == controller.SourceInstance && s.interceptedRole() == "" {
		return "the instance profile of node " + name + " is the only remaining source, and capaboot did not check the instance profile"
	}
	return ""
}

func (s *statusBuilder) variables() string {
	template := s.installation.Deployment.Spec.Template.Spec
	switch {
	case s.Source == controller.SourceVariables:
		return "the pods have variables with access keys: these keys override every other source, and capaboot did not read the keys"
	case s.Source == controller.SourceWebIdentity && s.RoleARN == "" && template.HasUnknownRole():
		return "the role of the web identity is in a variable whose value capaboot did not read"
	case template.SetsConfigFile() && s.Source != controller.SourceWebIdentity:
		// This does not matter with a web identity, because the SDK uses a web identity
		// before any profile: resolveCredentialChain in
		// aws-sdk-go-v2/config/resolve_credentials.go.
		return "the pods set AWS_CONFIG_FILE: capaboot did not read the file, and a profile in the file may choose other credentials"
	case template.HasOtherVariables():
		return "the pods get variables from Secrets or ConfigMaps that capaboot did not read: access keys in these variables would take precedence"
	}
	if s.Source == controller.SourceSecret && !template.SetsCredentialsFile() {
		return "the pods do not set AWS_SHARED_CREDENTIALS_FILE: whether the AWS SDK finds the Secret depends on the home directory of the image"
	}
	switch profile, isNeeded := template.Profile(); {
	case profile == "" || profile == "default" && s.hasProfile:
	case s.Source == controller.SourceSecret:
		return "the variables of the pods choose the profile " + profile + ", but capaboot checked only the default profile"
	case isNeeded:
		return "AWS_PROFILE is " + profile + " in the pods: the AWS SDK fails if no AWS configuration or credentials file has this profile, even if another source has credentials"
	}
	return ""
}

// credentialsFile finds pods whose credentials file is not from the Secret.
func (s *statusBuilder) credentialsFile() string {
	if s.Source != controller.SourceFile {
		return ""
	}
	file, path := s.usedFile(), ""
	if file.Path != "" {
		path = ", " + file.Path + ","
	}
	text := "the credentials file of the pods" + path + " is " + file.Other
	if file.IsDirectory {
		return text
	}
	return text + "; capaboot did not read this file. If the file has a profile, this profile takes precedence over EKS Pod Identity and the instance profile"
}

// usedFile returns the credentials file of a pod that has the current template
// and uses a file that is not from the Secret; an empty value if there is no such
// pod. If the current template is unknown, it looks at all pods.
func (s *statusBuilder) usedFile() controller.CredentialsFile {
	for _, pod := range s.installation.Running() {
		if file := pod.Spec.CredentialsFile(); file.Other != "" && (s.installation.NewestReplicaSet == "" || s.installation.HasCurrentTemplate(pod)) {
			return file
		}
	}
	return controller.CredentialsFile{}
}

func (s *statusBuilder) containerEndpoint() string {
	if s.Source == controller.SourceContainer {
		return "the pods get credentials from an endpoint that is not the EKS Pod Identity endpoint"
	}
	return ""
}

// associationNotRequested finds an association that is unknown because the command
// did not request it from EKS.
func (s *statusBuilder) associationNotRequested() string {
	if s.Source == controller.SourcePodIdentity && !s.installation.AssociationsRead && s.installation.IsKnown(controller.PartAssociations) {
		return "the pods use EKS Pod Identity; capaboot did not look up the role and the association"
	}
	return ""
}

// associationUnread finds an association that is unknown because the request to
// EKS failed.
func (s *statusBuilder) associationUnread() string {
	if s.Source == controller.SourcePodIdentity && !s.installation.IsKnown(controller.PartAssociations) {
		return "the pods use EKS Pod Identity; capaboot could not read the role and the association"
	}
	return ""
}

func (s *statusBuilder) podsWhere(matches func(StatusPod) bool) (names []string) {
	for _, pod := range s.Status.Pods {
		if matches(pod) {
			names = append(names, pod.Name)
		}
	}
	return names
}

func (s *statusBuilder) olderThanSecret() string {
	// Pods with access keys in variables or with a web identity never use the
	// Secret. Other pods may have used it before it was zeroed.
	old := s.podsWhere(func(p StatusPod) bool {
		return p.OlderThanSecret && p.Source != controller.SourceWebIdentity && p.Source != controller.SourceVariables
	})
	if len(old) == 0 || s.Status.Secret.State == stateUnknown || s.Status.Secret.State == stateAbsent {
		return ""
	}
	return fmt.Sprintf("these pods started before the Secret was written (%s), so they still use the old credentials: %s",
		s.written.UTC().Format(time.RFC3339), strings.Join(old, ", "))
}

func (s *statusBuilder) associationNotInjected() string {
	if len(s.installation.Associations) == 0 {
		return ""
	}
	var podsWithout []string
	for _, pod := range s.installation.Running() {
		if !pod.Spec.HasPodIdentity() {
			podsWithout = append(podsWithout, pod.Metadata.Name)
		}
	}
	if len(podsWithout) == 0 {
		return ""
	}
	return fmt.Sprintf("the service account has an association with %s, but these pods started without the association: %s", s.installation.Associations[0].RoleARN, strings.Join(podsWithout, ", "))
}

func (s *statusBuilder) oldPods() string {
	old := s.podsWhere(func(p StatusPod) bool { return !p.Newest })
	if len(old) == 0 || s.installation.NewestReplicaSet == "" {
		return ""
	}
	return "pods with an older template are still running: " + strings.Join(old, ", ")
}

func (s *statusBuilder) paused() string {
	if s.Status.Deployment.Paused {
		return "the Deployment is paused: a change does not restart its pods"
	}
	return ""
}

func (s *statusBuilder) secretFirst() string {
	if s.Source == controller.SourceSecret && slices.ContainsFunc(s.installation.Running(), func(p controller.Pod) bool { return p.Spec.HasPodIdentity() }) {
		return "the pods have EKS Pod Identity, but use the credentials of the Secret, which take precedence"
	}
	return ""
}

// soon is the lifetime below which expiresSoon warns.
const soon = time.Hour

func (s *statusBuilder) expiresSoon() string {
	found := s.Status.Secret.Credentials
	if found == nil || !found.Usable || s.Source != controller.SourceSecret {
		return ""
	}
	if _, expires := found.Temporary(); !expires.IsZero() && time.Until(expires) < soon {
		return fmt.Sprintf("the credentials in the Secret expire in %v", max(time.Until(expires), 0).Round(time.Minute))
	}
	return ""
}

func (s *statusBuilder) unknownExpiry() string {
	found := s.Status.Secret.Credentials
	if found == nil || !found.Usable || s.Source != controller.SourceSecret || !found.ExpiryUnknown() {
		return ""
	}
	return "the credentials in the Secret are temporary, and the Secret does not say when they expire, so they may have expired"
}
