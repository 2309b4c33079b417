// Hints about a management cluster, by the type of the error. They name flags
// of capaboot.

package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"capaboot/controller"
	"capaboot/internal/controllerview"
	"capaboot/internal/shell"
)

func (o clusterOptions) withHint(err error) error {
	if hint := o.hint(err); hint != "" {
		return errorWithHint{err, hint}
	}
	return err
}

// kubectlCommand returns the beginning of a kubectl command line: kubectl, and
// the options that select the cluster.
func (o clusterOptions) kubectlCommand() string {
	text := "kubectl"
	if o.kubeconfig != "" {
		text += " --kubeconfig " + shell.Word(o.kubeconfig)
	}
	if o.context != "" {
		text += " --context " + shell.Word(o.context)
	}
	return text
}

func (o clusterOptions) hint(err error) string {
	if _, ok := errors.AsType[*controller.UnknownOutcome](err); ok {
		return "to see the content of the Secret: capaboot controller print-credentials"
	}
	if e, ok := errors.AsType[*controller.NotFound](err); ok {
		return o.locationHint(e)
	}
	if e, ok := errors.AsType[*controller.Forbidden](err); ok {
		return o.grantHint(e)
	}
	if e, ok := errors.AsType[*controller.NoKubeconfig](err); ok {
		if e.InPod {
			return podTokenHint + "; or name a kubeconfig with --kubeconfig"
		}
		return "name a file with --kubeconfig, or set KUBECONFIG"
	}
	if e, ok := errors.AsType[*controller.BadPodToken](err); ok {
		if e.Denied {
			return readableHint(true)
		}
		return podTokenHint
	}
	if e, ok := errors.AsType[*controller.BadKubeconfig](err); ok {
		if e.Denied {
			return readableHint(e.InPod) + "; or choose another file with --kubeconfig"
		}
		switch {
		case e.BadToken:
			return "write the token of the user on one line, without spaces before or after the token; or choose another file with --kubeconfig"
		case e.AuthProvider != "":
			return authProviderHint(e.AuthProvider)
		}
		return "choose another file with --kubeconfig, or another context with --kubeconfig-context"
	}
	if _, ok := errors.AsType[*controller.NoContext](err); ok {
		return "choose a context with --kubeconfig-context"
	}
	if e, ok := errors.AsType[*controller.ExecFailed](err); ok && e.NotFound {
		return installHint(e)
	}
	if _, ok := errors.AsType[*controller.ExecFailed](err); ok {
		return "read the plugin's output above; you may have to sign in again, for example: aws sso login"
	}
	if e, ok := errors.AsType[*controller.Unauthorized](err); ok {
		return renewHint(e)
	}
	if e, ok := errors.AsType[*controller.Unreachable](err); ok {
		if e.Proxy != "" {
			return "check whether the proxy is correct (proxy-url in the kubeconfig, HTTPS_PROXY, NO_PROXY), including its user and password, and whether the proxy can reach the cluster"
		}
		if e.InPod {
			return "check KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT of the pod, the NetworkPolicies in its namespace, HTTPS_PROXY and NO_PROXY"
		}
		if e.TLS {
			return "compare the server and the certificate-authority-data of the kubeconfig with those of the cluster"
		}
		return "check whether the cluster responds: " + o.kubectlCommand() + " version; you may need a VPN, HTTPS_PROXY or another context (--kubeconfig-context)"
	}
	if _, ok := errors.AsType[*controller.Unexpected](err); ok {
		return "check that the server in the kubeconfig is the API server, and check HTTPS_PROXY and NO_PROXY"
	}
	if _, ok := errors.AsType[*controller.Conflict](err); ok {
		return "run the command again: it reads the current state first"
	}
	if e, ok := errors.AsType[*controller.Immutable](err); ok {
		return fmt.Sprintf("delete the Secret (%s delete secret -n %s %s), create it again (capaboot bootstrap credentials encode-as-profile -o secret), and restart the controllers", o.kubectlCommand(), e.Namespace, e.Name)
	}
	return ""
}

// podTokenHint is the hint for a pod without a usable token of a service account.
// https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
const podTokenHint = "check serviceAccountName and automountServiceAccountToken of the pod, automountServiceAccountToken of its service account, and the projected volume with the token"

// readableHint returns the hint for a kubeconfig or a token that this process is not
// allowed to read.
func readableHint(inPod bool) string {
	text := "allow " + thisUser() + " to read the file"
	if inPod {
		return text + ": set securityContext.fsGroup of the pod, or change defaultMode of the volume"
	}
	return text + ": change its owner or its mode"
}

// authProviderHint returns the hint for a user with an auth provider. Kubernetes 1.26
// removed the providers gcp and azure.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
func authProviderHint(provider string) string {
	switch provider {
	case "gcp":
		return "to use an exec plugin, install gke-gcloud-auth-plugin, and run: gcloud container clusters get-credentials CLUSTER"
	case "azure":
		return "to use an exec plugin, install kubelogin, and run: kubelogin convert-kubeconfig"
	}
	return "use an exec plugin (exec instead of auth-provider in the kubeconfig); for EKS, this command writes one: aws eks update-kubeconfig --name CLUSTER"
}

// renewHint returns the hint for credentials that the cluster rejects.
func renewHint(e *controller.Unauthorized) string {
	if e.Exec != "" {
		return fmt.Sprintf("check whether the plugin %s uses the correct AWS profile, and whether the cluster has an access entry for the identity of this profile", e.Exec)
	}
	if e.TokenFolder != "" {
		return "check serviceAccountName of the pod, and the projected volume with the token: the token is valid until it expires, and only while the pod and its service account exist; the audience of the token must be the API server"
	}
	return "the credentials may have expired; get a new kubeconfig, for example: aws eks update-kubeconfig --name CLUSTER"
}

// installHint returns the hint for an exec plugin that does not exist.
func installHint(e *controller.ExecFailed) string {
	text := fmt.Sprintf("install %s, or add its folder to PATH", e.Command)
	if strings.ContainsAny(e.Command, `/\`) {
		text = fmt.Sprintf("install %s, or correct the path of the plugin in the kubeconfig", e.Command)
	}
	if e.InstallHint != "" {
		text += "; the kubeconfig says: " + e.InstallHint
	}
	return text
}

// grantHint returns the hint for a request that RBAC may have denied: the rule that
// allows it, with all verbs that the command needs for the object. For an anonymous
// request, the hint is about the credentials instead: the rule would allow the
// request to everyone who can reach the API server.
func (o clusterOptions) grantHint(e *controller.Forbidden) string {
	if e.IsAnonymous() {
		return "the user in the kubeconfig has no credentials that the API server accepts, so the request is anonymous (system:anonymous); get a new kubeconfig, for example: aws eks update-kubeconfig --name CLUSTER; " +
			"do not grant permissions to system:anonymous: everyone who can reach the API server would get these permissions"
	}
	scope := "Role in namespace " + e.Namespace
	if e.Namespace == "" {
		scope = "ClusterRole"
	}
	verbs := []string{e.Verb}
	if e.Name != "" && slices.Contains(o.changes, e.Resource) {
		verbs = []string{"get", "patch"}
	}
	return fmt.Sprintf("if RBAC denies this access, grant this rule in a %s: %s", scope, e.Rule(verbs...))
}

// locationHint returns the hint for a missing object: where it may be.
func (o clusterOptions) locationHint(e *controller.NotFound) string {
	for _, candidate := range e.Candidates {
		if candidate.Name == e.Name {
			return "the " + e.Resource.Kind + " is in another namespace: pass --namespace " + candidate.Namespace
		}
	}
	switch {
	case e.SearchErr != nil:
		return fmt.Sprintf("to find the %s, list the objects in all namespaces: %s get %s -A -l %s", e.Resource.Kind, o.kubectlCommand(), e.Resource, controller.ProviderLabel)
	case len(e.Candidates) > 0:
		return "this installation does not use CAPA's default names, and capaboot supports only the default names"
	}
	return "CAPA is not installed in this cluster: choose another cluster with --kubeconfig-context"
}

// managersHints returns a hint if the Cluster API Operator is one of the
// managers: how to find the Secret from which the operator generates the
// controllers' Secret.
func (o clusterOptions) managersHints(managers []controller.Manager) []string {
	if !slices.ContainsFunc(managers, func(m controller.Manager) bool { return m.IsOperator }) {
		return nil
	}
	return []string{fmt.Sprintf("to see which Secret the InfrastructureProvider names: %s get %s -n %s -o jsonpath='{.items[*].spec.configSecret}'", o.kubectlCommand(), controllerview.InfrastructureProviders, o.namespace)}
}
