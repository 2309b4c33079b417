// The commands "controller use-pod-identity" and "controller use-irsa", which
// move the controllers from static keys to a role.

package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"capaboot/controller"
	"capaboot/controller/move"
	"capaboot/credentials"
	"capaboot/internal/commandline"
	"capaboot/internal/controllerview"
	"capaboot/internal/podaccess"
)

// moveOptions are the options of use-pod-identity and use-irsa.
type moveOptions struct {
	clusterOptions
	eksOptions
	method                   move.Method
	serviceAccount, roleName string
	format                   string
	confirmed, plan          bool
	timeout                  time.Duration
}

// flags returns the flags of both commands. As in clusterawsadm, -n is the name
// of the cluster, not the namespace.
func (o *moveOptions) flags() []cli.Flag {
	timeout := commandline.DurationFlag(&o.timeout, "timeout", "", "stop after `TIME`")
	timeout.Value = rolloutTimeout
	eks := o.eksOptions.flags()
	eks[0].(*cli.StringFlag).Aliases = []string{"n"}
	return slices.Concat(o.clusterOptions.flags(), eks, []cli.Flag{
		&cli.StringFlag{Name: "service-account", Value: controller.ServiceAccountName, Usage: "`NAME` of the controllers' service account", Destination: &o.serviceAccount},
		&cli.StringFlag{Name: "role-name", Value: controllersRole, DefaultText: "the role of CAPA's templates", Usage: "`NAME` of the role for the controllers", Destination: &o.roleName},
		commandline.SwitchFlag(&o.plan, "plan", "show the plan, and change nothing"),
		commandline.SwitchFlag(&o.confirmed, "yes", "move without asking", "y"),
		timeout,
		commandline.FormatFlag(&o.format, "text", "json"),
	})
}

// controllersRole is the name of the controllers' role in CAPA's templates.
const controllersRole = "controllers.cluster-api-provider-aws.sigs.k8s.io"

func (r *runner) usePodIdentityCommand() *cli.Command {
	o := moveOptions{method: move.PodIdentity}
	return &cli.Command{
		Name:  "use-pod-identity",
		Usage: "move the controllers to a role, through EKS Pod Identity",
		Description: `Use this command when the management cluster is on Amazon EKS, to replace the
keys in the Secret of the controllers with a role. Shows a plan, and asks for
confirmation. After the confirmation, associates the service account with the
role, removes the credentials from the Secret, restarts the controllers, and
checks that they get credentials from EKS Pod Identity. Without --role-name, the
role is controllers.cluster-api-provider-aws.sigs.k8s.io.

Before it changes anything, the command reports everything that blocks the move,
such as a missing agent (the add-on or a DaemonSet eks-pod-identity-agent) or a
role that does not trust EKS Pod Identity.

If the move stops, the command says which steps are done and how to undo them.
To continue, run the command again: it skips the steps that are done.

When called as clusterawsadm, the command only creates or updates the
association, without asking for confirmation.`,
		Flags:  o.flags(),
		Action: func(c *cli.Context) error { return r.move(c.Context, o) },
	}
}

func (r *runner) useIRSACommand() *cli.Command {
	o := moveOptions{method: move.IRSA}
	return &cli.Command{
		Name:  "use-irsa",
		Usage: "move the controllers to IAM roles for service accounts",
		Description: `Use this command if you cannot use EKS Pod Identity, such as on AWS Fargate.
Moves the controllers as use-pod-identity does, but to IAM roles for service
accounts (IRSA). Without --role-name, the role is
controllers.cluster-api-provider-aws.sigs.k8s.io. The role must trust the OIDC
provider of the EKS cluster. The command writes the ARN of the role into an
annotation of the service account. An existing EKS Pod Identity association
blocks the move, because EKS then gives the pods the credentials of the
association and ignores the annotation.`,
		Flags:  o.flags(),
		Action: func(c *cli.Context) error { return r.move(c.Context, o) },
	}
}

func (r *runner) move(ctx context.Context, o moveOptions) error {
	target, err := o.moveTarget()
	if err != nil {
		return err
	}
	ctx, cancel := r.withTimeout(ctx, o.timeout)
	defer cancel()
	if r.asClusterawsadm() && o.method == move.PodIdentity {
		return r.associate(ctx, o, target)
	}
	if !o.plan {
		o.changes = []controller.Resource{controller.Secrets, controller.Deployments}
		if o.method == move.IRSA {
			o.changes = append(o.changes, controller.ServiceAccounts)
		}
	}
	cluster, err := r.openCluster(ctx, o.clusterOptions)
	if err != nil {
		return err
	}
	target.Server = cluster.Server
	mover, account, err := r.newMover(ctx, o)
	if err != nil {
		return err
	}
	mover.Cluster, mover.PlanOnly = cluster, o.plan
	plan, err := mover.Plan(ctx, target)
	if err != nil {
		return o.withHint(err, account)
	}
	if plan.Installation.Secret != nil {
		r.hideSecret(plan.Installation.Secret)
	}
	if problems := plan.Problems(); len(problems) > 0 {
		return r.reportBlocked(ctx, o, plan, account)
	}
	if warning := controllerview.AccountWarning(plan); warning != nil {
		plan.Warnings = append(plan.Warnings, warning)
		if warning.Secret == "" {
			r.talk.Hint("to ask AWS for the account of the credentials in the Secret: %s controller print-credentials --verify", r.talk.Name)
		}
	}
	if o.plan {
		return r.showPlan(ctx, o, plan)
	}
	return r.carryOut(ctx, o, mover, plan, account)
}

func (o *moveOptions) moveTarget() (move.Target, error) {
	target := move.Target{Method: o.method, ClusterName: o.clusterName, Namespace: o.namespace, ServiceAccount: o.serviceAccount, RoleName: o.roleName}
	if o.clusterName == "" {
		return target, usageError{errorWithHint{errors.New("missing --cluster-name: want the name of the EKS cluster in which the controllers run"), "list the clusters: aws eks list-clusters"}}
	}
	if fault := target.Validate(); fault != nil {
		return target, usagef("invalid value for --%s: %s", fault.Field, fault.Problem)
	}
	return target, o.check()
}

func (r *runner) newMover(ctx context.Context, o moveOptions) (move.Mover, *credentials.Account, error) {
	account, err := r.findEKSAccount(ctx, o.eksOptions)
	if err != nil {
		return move.Mover{}, nil, err
	}
	r.talk.Say("%s", account)
	eks, err := podaccess.NewEKS(ctx, account)
	if err != nil {
		return move.Mover{}, nil, err
	}
	iam, err := podaccess.NewIAM(ctx, account)
	return move.Mover{EKS: eks, IAM: iam}, account, err
}
