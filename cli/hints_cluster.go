// Hints about a management cluster, by the type of the error, in terms of our flags.

package cli

import (
	"errors"
	"fmt"

	"capaboot/controller"
	"capaboot/internal/shell"
)

// withHint adds the hint to an error of a cluster.
func (o clusterOptions) withHint(err error) error {
	if hint := o.hint(err); hint != "" {
		return hinted{err, hint}
	}
	return err
}

// kubectl returns a kubectl command line for the cluster that the options name.
func (o clusterOptions) kubectl() string {
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
		return "capaboot controller print-credentials shows what the Secret has"
	}
	if e, ok := errors.AsType[*controller.NotFound](err); ok {
		return o.elsewhere(e)
	}
	if e, ok := errors.AsType[*controller.Forbidden](err); ok {
		return grant(e)
	}
	if _, ok := errors.AsType[*controller.NoKubeconfig](err); ok {
		return "name a file with --kubeconfig, or set KUBECONFIG"
	}
	if _, ok := errors.AsType[*controller.BadKubeconfig](err); ok {
		return "choose another file with --kubeconfig, or another context with --kubeconfig-context"
	}
	if _, ok := errors.AsType[*controller.NoContext](err); ok {
		return "choose one with --kubeconfig-context"
	}
	if _, ok := errors.AsType[*controller.ExecFailed](err); ok {
		return "see the output of the plugin above; it may need you to sign in again, for example: aws sso login"
	}
	if e, ok := errors.AsType[*controller.Unauthorized](err); ok {
		return renew(e)
	}
	if e, ok := errors.AsType[*controller.Unreachable](err); ok {
		if e.TLS {
			return "compare the server and the certificate-authority-data of the kubeconfig with those of the cluster"
		}
		return "check whether the cluster answers at all: " + o.kubectl() + " version; a VPN, HTTPS_PROXY or another context (--kubeconfig-context) may be missing"
	}
	if _, ok := errors.AsType[*controller.Unexpected](err); ok {
		return "check whether the server of the kubeconfig is the API server, and what HTTPS_PROXY and NO_PROXY say"
	}
	if _, ok := errors.AsType[*controller.Conflict](err); ok {
		return "run the command again: it reads the current state first"
	}
	if e, ok := errors.AsType[*controller.Immutable](err); ok {
		return fmt.Sprintf("delete it (%s delete secret -n %s %s), create it again (bootstrap credentials encode-as-profile -o secret), and restart the controllers", o.kubectl(), e.Namespace, e.Name)
	}
	return ""
}

// renew says how to get credentials that the cluster accepts.
func renew(e *controller.Unauthorized) string {
	if e.Exec != "" {
		return fmt.Sprintf("%s gives them: it may use another AWS profile than the one that the cluster knows, or the cluster has no access entry for it", e.Exec)
	}
	return "they may have expired: get a new kubeconfig, for example: aws eks update-kubeconfig --name CLUSTER"
}

// grant names the RBAC rule that allows the denied request.
func grant(e *controller.Forbidden) string {
	where := "Role in namespace " + e.Namespace
	if e.Namespace == "" {
		where = "ClusterRole"
	}
	return fmt.Sprintf("if RBAC denies it, grant this rule in a %s: %s", where, e.Rule())
}

// elsewhere lists where the missing object may be.
func (o clusterOptions) elsewhere(e *controller.NotFound) string {
	for _, one := range e.Candidates {
		if one.Name == e.Name {
			return "it is in another namespace: --namespace " + one.Namespace
		}
	}
	switch {
	case e.SearchErr != nil:
		return fmt.Sprintf("who may list them sees where it is: %s get %s -A -l %s", o.kubectl(), e.Resource, controller.ProviderLabel)
	case len(e.Candidates) > 0:
		return "the installation does not have the default names of CAPA, which this program expects"
	}
	return "CAPA is not installed in this cluster, or it is another cluster: choose it with --kubeconfig-context"
}
