// The command "controller rollout-controller", which restarts the controllers.

package cli

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/urfave/cli/v2"

	"capaboot/controller"
	"capaboot/internal/commandline"
	"capaboot/internal/controllerview"
	"capaboot/internal/terminal"
)

type rolloutOptions struct {
	clusterOptions
	format  string
	timeout time.Duration
	detach  bool
}

// rolloutTimeout is the default of --timeout in the commands that restart the
// controllers. It is longer than the 10 minutes after which Kubernetes reports
// that a rollout makes no progress.
const rolloutTimeout = 15 * time.Minute

func (r *runner) rolloutCommand() *cli.Command {
	var o rolloutOptions
	timeout := commandline.DurationFlag(&o.timeout, "timeout", "", "stop waiting after `TIME`")
	timeout.Value = rolloutTimeout
	return &cli.Command{
		Name:  "rollout-controller",
		Usage: "restart the controllers, and wait until they run",
		Description: `Use this command after a change of the credentials. Restarts the pods of the
Deployment capa-controller-manager, as "kubectl rollout restart" does, and waits
for the new pods. If the new pods do not run, the command says why, from the
states of their containers and from their events.

When called as clusterawsadm, the command waits only if --timeout is set.`,
		Flags: append(o.clusterOptions.flags(),
			commandline.FormatFlag(&o.format, "text", "json"), timeout,
			commandline.SwitchFlag(&o.detach, "detach", "start the restart, and do not wait"),
		),
		Action: func(c *cli.Context) error {
			o.detach = o.detach || r.asClusterawsadm() && !c.IsSet("timeout")
			return r.rolloutController(c.Context, o)
		},
	}
}

func (r *runner) rolloutController(ctx context.Context, o rolloutOptions) error {
	ctx, cancel := r.withTimeout(ctx, o.timeout)
	defer cancel()
	o.changes = []controller.Resource{controller.Deployments}
	cluster, err := r.openCluster(ctx, o.clusterOptions)
	if err != nil {
		return err
	}
	done, err := r.rollOut(ctx, cluster, o)
	if err != nil {
		return err
	}
	if o.format == "json" {
		err := r.writeJSON(ctx, controllerview.NewRollout(done))
		return r.changeMadeError(err, "Deployment "+done.Deployment+": restart "+done.Result, "controller status")
	}
	return nil
}

// rollOut restarts the controllers, and shows the progress. The caller sets the
// timeout on ctx.
func (r *runner) rollOut(ctx context.Context, cluster *controller.Cluster, o rolloutOptions) (*controller.Rollout, error) {
	var screen *terminal.Screen
	if !o.detach && terminal.Redraws(r.Stderr, r.Environment.Lookup) {
		screen = terminal.NewScreen(r.stderr, func() (int, int) { return terminal.Size(r.Stderr) })
	}
	view := controllerview.NewRolloutView(r.talk, screen)
	done, err := cluster.Rollout(ctx, controller.Restart{Namespace: o.namespace, Detach: o.detach, Paused: r.asClusterawsadm(), Observe: view.Observe})
	view.Close()
	if failed, ok := errors.AsType[*controller.RolloutFailed](err); ok {
		controllerview.PrintTroubles(r.talk, failed.Troubles, failed.TroublesErr)
	}
	if ended, ok := errors.AsType[*controller.RolloutEnded](err); ok {
		if errors.Is(err, context.Canceled) { // the error message will only be "interrupted"
			r.talk.Say("the restart continues in the cluster: %s", ended.Replicas)
		}
		controllerview.PrintTroubles(r.talk, ended.Troubles, ended.TroublesErr)
	}
	if controller.IsRestartUnknown(err) && errors.Is(err, context.Canceled) { // the error message will only be "interrupted"
		r.talk.Say("it is unknown whether the restart has started")
	}
	if err != nil {
		return nil, o.withHint(err)
	}
	controllerview.PrintRollout(r.talk, done)
	return done, nil
}

// withHint adds the hint for an error of a restart or of a request to the
// cluster.
func (o rolloutOptions) withHint(err error) error {
	if hint := o.hintFor(err); hint != "" {
		return errorWithHint{err, hint}
	}
	return err
}

// hintFor returns the hint for an error of a restart or of a request to the cluster;
// "" if there is none.
func (o rolloutOptions) hintFor(err error) string {
	return cmp.Or(o.hintOfRollout(err), o.clusterOptions.hint(err))
}
