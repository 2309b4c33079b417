// Code shared by the commands that change the controllers' Secret, from their
// flags to the result.

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"capaboot/controller"
	"capaboot/credentials"
	"capaboot/internal/commandline"
	"capaboot/internal/controllerview"
	"capaboot/internal/terminal"
)

// writeOptions are the options of the commands that change the Secret.
type writeOptions struct {
	clusterOptions
	format    string
	confirmed bool
	rollout   bool
	timeout   time.Duration
}

func (o *writeOptions) flags() []cli.Flag {
	timeout := commandline.DurationFlag(&o.timeout, "timeout", "", "stop waiting for the rollout after `TIME`")
	timeout.Value = rolloutTimeout
	return []cli.Flag{
		commandline.SwitchFlag(&o.confirmed, "yes", "change the Secret without asking", "y"),
		commandline.SwitchFlag(&o.rollout, "rollout", "restart the controllers afterwards, and wait until they run"),
		timeout,
		commandline.FormatFlag(&o.format, "text", "json"),
	}
}

// secretChange is a change of the Secret in progress.
type secretChange struct {
	*runner
	options writeOptions
	cluster *controller.Cluster
	current *controller.Secret // before the change
	// inspection describes the current value; nil if it has no credentials.
	inspection *credentials.Inspection
	controllerview.Change
}

// beginChange reads the Secret and inspects its value. With --rollout, it also
// checks whether the controllers can be restarted.
func (r *runner) beginChange(ctx context.Context, o writeOptions) (*secretChange, error) {
	o.changes = []controller.Resource{controller.Secrets}
	if o.rollout {
		o.changes = append(o.changes, controller.Deployments)
	}
	cluster, err := r.openCluster(ctx, o.clusterOptions)
	if err != nil {
		return nil, err
	}
	read, err := cluster.FindCredentials(ctx, o.namespace)
	if err != nil {
		return nil, o.withHint(err)
	}
	r.hideSecret(read)
	if read.Immutable {
		return nil, o.withHint(&controller.Immutable{Namespace: read.Metadata.Namespace, Name: read.Metadata.Name})
	}
	if o.rollout {
		if err := r.checkRollout(ctx, cluster, o); err != nil {
			return nil, err
		}
	}
	content := controllerview.NewSecretContent(read)
	c := &secretChange{runner: r, options: o, cluster: cluster, current: read, inspection: content.Credentials}
	if c.inspection != nil {
		c.inspection.AllowEmulator(r.Environment)
	}
	c.Managers, c.Before = content.Managers, controllerview.NewSide(content.State, c.inspection)
	return c, nil
}

// checkRollout returns an error if the restart after the change would certainly fail,
// and warns if that is unknown.
func (r *runner) checkRollout(ctx context.Context, cluster *controller.Cluster, o writeOptions) error {
	options := rolloutOptions{clusterOptions: o.clusterOptions}
	unknown, err := cluster.CheckRestart(ctx, controller.Restart{Namespace: o.namespace, Paused: r.asClusterawsadm()})
	if err != nil && ctx.Err() != nil {
		return err
	}
	if err != nil {
		failed := fmt.Errorf("the controllers cannot be restarted, so nothing was changed: %w", err)
		hint := "to change the Secret without a restart, leave --rollout out"
		if fix := options.hintFor(err); fix != "" {
			hint = fix + "\n" + hint
		}
		return errorWithHint{failed, hint}
	}
	if unknown != nil {
		r.talk.Warn("it is unknown whether the controllers can be restarted after the change: %v", unknown)
	}
	return nil
}

func (c *secretChange) show() {
	c.talk.Say("before: %s", c.Before)
	c.talk.Say("after:  %s", c.After)
}

// confirm prints the reasons against the change as warnings, and then the
// hints. If there are reasons, it asks for confirmation, unless yes is set or the
// program was called as clusterawsadm.
func (r *runner) confirm(ctx context.Context, yes bool, reasons []string, hints ...string) error {
	for _, reason := range reasons {
		r.talk.Warn("%s", reason)
	}
	for _, hint := range hints {
		r.talk.Hint("%s", hint)
	}
	if len(reasons) == 0 || yes || r.asClusterawsadm() {
		return nil
	}
	answer, err := r.askIfPossible(ctx, `Type "yes" to continue: `)
	if err != nil && !errors.Is(err, terminal.ErrNoAnswer) {
		return err
	}
	if answer != "yes" {
		return errorWithHint{errors.New("not confirmed: nothing was changed"), "to continue without a question, pass --yes"}
	}
	return nil
}

// write writes a value to the Secret, unless the Secret already has it. Under the
// name clusterawsadm it always writes. If the value changes, write sets c.Result to
// result, and otherwise to Unchanged.
func (c *secretChange) write(ctx context.Context, value []byte, result string) error {
	current, state := c.current.Credentials()
	unchanged := state != controller.KeyAbsent && string(current) == string(value)
	written := c.current
	if c.Result = controllerview.Unchanged; !unchanged || c.asClusterawsadm() {
		var err error
		if written, err = c.cluster.WriteCredentials(ctx, c.current, value); err != nil {
			if ctx.Err() != nil {
				return errorWithHint{err, "it is unknown whether the Secret was changed; to see the content of the Secret: " + c.talk.Name + " controller print-credentials"}
			}
			return c.options.withHint(err)
		}
		if !unchanged {
			c.Result = result
		}
	}
	if c.asClusterawsadm() { // clusterawsadm reads the Secret again after writing
		again, err := c.cluster.FindCredentials(ctx, c.options.namespace)
		if err != nil {
			return c.options.withHint(err)
		}
		written = again
	}
	c.Secret = controllerview.NewSecret(written)
	return nil
}

// finish restarts the controllers if --rollout is set, and prints the result. If
// the restart fails, the Secret keeps the new value.
func (c *secretChange) finish(ctx context.Context) error {
	switch {
	case c.options.rollout:
		if err := c.restart(ctx); err != nil {
			c.talk.Say("%s", strings.TrimSuffix(c.Line(), "\n"))
			c.SetRolloutError(err)
			if c.Rollout == controllerview.NotRestarted && c.Result != controllerview.Unchanged {
				c.talk.Warn("the controllers were not restarted, and do not use the change yet")
			}
			if ctx.Err() != nil || c.options.format != "json" {
				return err
			}
			// The Secret is changed, so the result counts although the restart
			// failed.
			if writeErr := c.writeJSON(ctx, c.Change); writeErr != nil {
				return joinedErrors{err, writeErr}
			}
			return err
		}
	case c.Result != controllerview.Unchanged && c.Before.State == controller.Filled:
		c.talk.Hint("restart the controllers, which still use the old credentials: %s controller rollout-controller", c.talk.Name)
	case c.Result != controllerview.Unchanged:
		c.talk.Hint("restart the controllers, which keep using their current credentials for the clusters that they already manage: %s controller rollout-controller", c.talk.Name)
	}
	err := c.writeResult(ctx)
	if c.Result == controllerview.Unchanged {
		return err // nothing was changed; PrintRollout has reported the restart, if any
	}
	return c.changeMadeError(err, strings.TrimSuffix(c.Line(), "\n"), "controller print-credentials")
}

func (c *secretChange) writeResult(ctx context.Context) error {
	switch {
	case c.options.format == "json":
		return c.writeJSON(ctx, c.Change)
	case c.asClusterawsadm() && c.After.State == controller.Zeroed:
		return c.writeText(ctx, []byte("Credentials are zeroed\n"))
	}
	return c.writeText(ctx, []byte(c.Line()))
}

// restart restarts the controllers and waits until they run.
func (c *secretChange) restart(ctx context.Context) error {
	ctx, cancel := c.withTimeout(ctx, c.options.timeout)
	defer cancel()
	done, err := c.rollOut(ctx, c.cluster, rolloutOptions{clusterOptions: c.options.clusterOptions, timeout: c.options.timeout})
	if err == nil {
		c.Rollout = done.Result
	}
	return err
}
