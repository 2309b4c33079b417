// controller use-pod-identity and use-irsa

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
	"capaboot/internal/terminal"
)

type moveOptions struct {
	clusterOptions
	eksOptions
	way                      move.Way
	serviceAccount, roleName string
	format                   string
	yes, plan                bool
	timeout                  time.Duration
}

// eksOptions name a cluster of EKS, and the account that it is in.
type eksOptions struct {
	accountOptions
	clusterName string
}

func (o *eksOptions) flags() []cli.Flag {
	name := commandline.TextFlag(&o.clusterName, "cluster-name", "`NAME` of the EKS cluster")
	name.Aliases = []string{"n"}
	return []cli.Flag{
		name,
		&cli.StringFlag{Name: "region", Aliases: []string{"r"}, Usage: "`REGION` of the EKS cluster", Destination: &o.region},
		commandline.TextFlag(&o.profile, "profile", "use the credentials of this `PROFILE`"),
		commandline.SecretFlag(&o.mfaCode, "mfa-code", "`DIGITS` that the MFA device of the profile shows"),
	}
}

func (o *moveOptions) flags() []cli.Flag {
	timeout := commandline.DurationFlag(&o.timeout, "timeout", "", "stop after `TIME`")
	timeout.Value = rolloutTimeout
	return slices.Concat(o.clusterOptions.flags(), o.eksOptions.flags(), []cli.Flag{
		&cli.StringFlag{Name: "service-account", Value: controller.ServiceAccountName, Usage: "`NAME` of the controllers' service account", Destination: &o.serviceAccount},
		&cli.StringFlag{Name: "role-name", Value: controllersRole, Usage: "`NAME` of the role for the controllers", Destination: &o.roleName},
		commandline.SwitchFlag(&o.plan, "plan", "show what would be done, and change nothing"),
		commandline.SwitchFlag(&o.yes, "yes", "do it without asking", "y"),
		timeout,
		commandline.FormatFlag(&o.format, "text", "json"),
	})
}

// controllersRole is the name of the controllers' role in CAPA's templates.
const controllersRole = "controllers.cluster-api-provider-aws.sigs.k8s.io"

func (r *runner) usePodIdentityCommand() *cli.Command {
	o := moveOptions{way: move.PodIdentity}
	return &cli.Command{
		Name:  "use-pod-identity",
		Usage: "move the controllers to the credentials of EKS Pod Identity",
		Description: `Moves the controllers of a management cluster on Amazon EKS from the keys in
their Secret to a role: shows a plan and asks; associates the service account
with the role, removes the credentials from the Secret, restarts the
controllers, and looks whether they run with EKS Pod Identity. What is in the
way is said before anything is changed: no agent (add-on
eks-pod-identity-agent), a role that does not trust EKS Pod Identity.

A run that stopped says how far it came and how to go back; the same command
goes on from there. What is done already stays as it is.

Called as clusterawsadm it makes the association and nothing else, without a
question.`,
		Flags:  o.flags(),
		Action: func(c *cli.Context) error { return r.move(c.Context, o) },
	}
}

func (r *runner) useIRSACommand() *cli.Command {
	o := moveOptions{way: move.IRSA}
	return &cli.Command{
		Name:  "use-irsa",
		Usage: "move the controllers to IAM roles for service accounts",
		Description: `Does what use-pod-identity does, for IAM roles for service accounts (IRSA): the
role trusts the OIDC provider of the EKS cluster, and an annotation of the
service account names the role. An association of EKS Pod Identity is in the
way, since EKS prefers it.`,
		Flags:  o.flags(),
		Action: func(c *cli.Context) error { return r.move(c.Context, o) },
	}
}

func (r *runner) move(ctx context.Context, o moveOptions) error {
	target, err := o.target()
	if err != nil {
		return err
	}
	ctx, cancel := r.within(ctx, o.timeout)
	defer cancel()
	if r.asPeer() && o.way == move.PodIdentity {
		return r.associate(ctx, o, target)
	}
	cluster, err := r.cluster(ctx, o.clusterOptions)
	if err != nil {
		return err
	}
	target.Server = cluster.Server
	mover, where, err := r.mover(ctx, o)
	if err != nil {
		return err
	}
	mover.Cluster = cluster
	plan, err := mover.Plan(ctx, target)
	if err != nil {
		return o.withHint(err, where)
	}
	if plan.Installation.Secret != nil {
		r.keepSecret(plan.Installation.Secret)
	}
	if problems := plan.Problems(); len(problems) > 0 {
		return r.blocked(ctx, o, plan, where)
	}
	if o.plan {
		return r.showPlan(ctx, o, plan)
	}
	return r.makeMove(ctx, o, mover, plan, where)
}

// target checks the flags, before anything is asked.
func (o *moveOptions) target() (move.Target, error) {
	target := move.Target{Way: o.way, ClusterName: o.clusterName, Namespace: o.namespace, ServiceAccount: o.serviceAccount, RoleName: o.roleName}
	if o.clusterName == "" {
		return target, usagef("missing --cluster-name: the EKS cluster that the controllers run in")
	}
	if fault := target.Fault(); fault != nil {
		return target, usagef("--%s %s", fault.Field, fault.Problem)
	}
	return target, o.check()
}

// mover asks the account of the options.
func (r *runner) mover(ctx context.Context, o moveOptions) (move.Mover, *credentials.Account, error) {
	where, err := r.eksAccount(ctx, o.eksOptions)
	if err != nil {
		return move.Mover{}, nil, err
	}
	r.talk.Say("%s", where)
	eks, err := podaccess.NewEKS(ctx, where)
	if err != nil {
		return move.Mover{}, nil, err
	}
	iam, err := podaccess.NewIAM(ctx, where)
	return move.Mover{EKS: eks, IAM: iam}, where, err
}

// eksAccount finds the account of a cluster of EKS.
func (r *runner) eksAccount(ctx context.Context, o eksOptions) (*credentials.Account, error) {
	where, err := r.account(ctx, o.accountOptions, "")
	if errors.Is(err, credentials.ErrNoRegion) {
		return nil, usageError{hinted{credentials.ErrNoRegion, "set the one of the EKS cluster with --region, with AWS_REGION, or as the region of the profile"}}
	}
	return where, err
}

// showPlan prints what would be done.
func (r *runner) showPlan(ctx context.Context, o moveOptions, plan *move.Plan) error {
	result := controllerview.MovePlanned
	if !plan.Changes() {
		result = controllerview.MoveUnchanged
	}
	for _, doubt := range plan.Doubts {
		r.talk.Warn("%s", doubt)
	}
	return r.writeMove(ctx, o, controllerview.NewMove(plan, result, plan.Pods(plan.Installation, false)))
}

func (r *runner) writeMove(ctx context.Context, o moveOptions, m *controllerview.Move) error {
	if o.format == "json" {
		return r.writeJSON(ctx, m)
	}
	return r.writeReport(ctx, o.format, []byte(m.Text()))
}

// blocked says what is in the way, and what to do about it.
func (r *runner) blocked(ctx context.Context, o moveOptions, plan *move.Plan, where *credentials.Account) error {
	if err := r.writeMove(ctx, o, controllerview.NewMove(plan, controllerview.MoveBlocked, nil)); err != nil {
		return err
	}
	var all joined
	for _, problem := range plan.Problems() {
		all = append(all, o.withHint(problem, where))
	}
	return all
}

// makeMove asks, and carries the plan out.
func (r *runner) makeMove(ctx context.Context, o moveOptions, mover move.Mover, plan *move.Plan, where *credentials.Account) error {
	if plan.Changes() {
		for line := range linesOf(controllerview.NewMove(plan, controllerview.MovePlanned, nil).Text()) {
			r.talk.Say("%s", line)
		}
		reasons := []string{"the controllers will be restarted, and work with the role from then on"}
		for _, doubt := range plan.Doubts {
			reasons = append(reasons, doubt.Error())
		}
		if err := r.confirm(ctx, o.yes, reasons); err != nil {
			return err
		}
	}
	view := controllerview.NewMoveView(r.talk, plan, func() *terminal.Screen {
		if !terminal.Redraws(r.Stderr, r.Environment.Lookup) {
			return nil
		}
		return terminal.NewScreen(r.stderr, func() (int, int) { return terminal.Size(r.Stderr) })
	})
	mover.Observe = view.Observe
	result, err := mover.Apply(ctx, plan)
	view.Close()
	if err != nil {
		return r.stopped(ctx, o, plan, err, where)
	}
	word := controllerview.Moved
	if !result.Changed {
		word = controllerview.MoveUnchanged
	}
	if result.Changed && plan.Installation.Secret != nil {
		r.talk.Say("the access key that was in the Secret works until it is deleted or deactivated in IAM, or expires")
	}
	return r.writeMove(ctx, o, controllerview.NewMove(plan, word, result.Pods))
}
