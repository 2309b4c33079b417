// Shared by the commands for the controllers in a management cluster: the flags
// that select the cluster, and how it is opened.

package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"capaboot/controller"
	"capaboot/internal/commandline"
)

func (r *runner) controllerGroup() *cli.Command {
	return commandline.Group("controller", "manage the credentials of CAPA's controllers in a management cluster",
		`Use these commands to rotate the credentials, to move the controllers to a role,
and when CAPA cannot authenticate to AWS.`,
		r.printCredentialsCommand(), r.updateCredentialsCommand(), r.zeroCredentialsCommand(), r.rolloutCommand(), r.statusCommand(), r.usePodIdentityCommand(), r.useIRSACommand())
}

// clusterOptions are the options of every command that connects to a management
// cluster.
type clusterOptions struct {
	kubeconfig, context, namespace string
	// changes lists the resources, such as Secrets, whose objects the command
	// reads and changes. The hint about a denied request for such an object has
	// both verbs, get and patch.
	changes []controller.Resource
}

func (o *clusterOptions) flags() []cli.Flag {
	namespace := commandline.TextFlag(&o.namespace, "namespace", "`NAMESPACE` of the controllers")
	namespace.Value = controller.Namespace
	return []cli.Flag{
		commandline.TextFlag(&o.kubeconfig, "kubeconfig", "use this `FILE`, not KUBECONFIG or ~/.kube/config"),
		commandline.TextFlag(&o.context, "kubeconfig-context", "use the context `NAME` instead of the current one"),
		namespace,
	}
}

func (o *clusterOptions) check() error {
	if problem := controller.NameProblem(o.namespace); problem != "" {
		return usagef("invalid value for --namespace: %s", problem)
	}
	return nil
}

// openCluster opens the cluster that the options select, and prints which one it is.
// It sends no request to the cluster.
func (r *runner) openCluster(ctx context.Context, o clusterOptions) (*controller.Cluster, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	cluster, err := controller.Open(ctx, controller.Options{
		Kubeconfig: o.kubeconfig, Context: o.context, Home: r.Environment.Home,
		Lookup: func(name string) (string, bool) { value := r.Environment.Get(name); return value, value != "" },
	})
	if err != nil {
		return nil, o.withHint(err)
	}
	r.talk.Say("%s, namespace %s", cluster, o.namespace)
	if cluster.Exposure != "" {
		r.talk.Warn("%s", cluster.Exposure)
		r.talk.Hint("in the kubeconfig, use a server with https, and its certificate-authority")
	}
	return cluster, nil
}

// asClusterawsadm reports whether the program was called as clusterawsadm.
// Scripts then expect the same requests as from clusterawsadm, and no questions.
func (r *runner) asClusterawsadm() bool { return r.programFile == "clusterawsadm" }
