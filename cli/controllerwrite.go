// The commands that change the Secret of the controllers: what they share, from the
// question to the result.

package cli

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"capaboot/controller"
	"capaboot/credentials"
	"capaboot/internal/commandline"
	"capaboot/internal/controllerview"
	"capaboot/internal/terminal"
)

// writeOptions are those of the commands that change the Secret.
type writeOptions struct {
	clusterOptions
	format string
	yes    bool
}

func (o *writeOptions) flags() []cli.Flag {
	return []cli.Flag{
		commandline.SwitchFlag(&o.yes, "yes", "change it without asking", "y"),
		commandline.FormatFlag(&o.format, "text", "json"),
	}
}

// secretChange is a change of the Secret under way.
type secretChange struct {
	*runner
	options writeOptions
	cluster *controller.Cluster
	read    *controller.Secret
	// inspection is what was read has, nil for no credentials.
	inspection *credentials.Inspection
	controllerview.Change
}

// beginChange reads the Secret.
func (r *runner) beginChange(ctx context.Context, o writeOptions) (*secretChange, error) {
	cluster, err := r.cluster(ctx, o.clusterOptions)
	if err != nil {
		return nil, err
	}
	read, err := cluster.FindCredentials(ctx, o.namespace)
	if err != nil {
		return nil, o.withHint(err)
	}
	r.keepSecret(read)
	if read.Immutable {
		return nil, o.withHint(&controller.Immutable{Namespace: read.Metadata.Namespace, Name: read.Metadata.Name})
	}
	holding := controllerview.NewHolding(read)
	c := &secretChange{runner: r, options: o, cluster: cluster, read: read, inspection: holding.Credentials}
	if c.inspection != nil {
		c.inspection.StandIn(r.Environment)
	}
	c.Managers, c.Before = holding.Managers, controllerview.NewSide(holding.State, c.inspection)
	return c, nil
}

// show says what would be changed.
func (c *secretChange) show() {
	c.talk.Say("before: %s", c.Before)
	c.talk.Say("after:  %s", c.After)
}

// confirm gets a yes for what the reasons say; without any there is no question. The
// peer asks nothing, so that it only warns under its name.
func (r *runner) confirm(ctx context.Context, yes bool, reasons []string) error {
	for _, reason := range reasons {
		r.talk.Warn("%s", reason)
	}
	if len(reasons) == 0 || yes || r.asPeer() {
		return nil
	}
	answer, err := r.askIfPossible(ctx, `Type "yes" to continue: `)
	if err != nil && !errors.Is(err, terminal.ErrNoAnswer) {
		return err
	}
	if answer != "yes" {
		return hinted{errors.New("not confirmed: nothing was changed"), "--yes does it without a question"}
	}
	return nil
}

// write changes the Secret, unless it has the value already; the peer writes it all
// the same.
func (c *secretChange) write(ctx context.Context, value []byte, result string) error {
	now, state := c.read.Credentials()
	same := state != controller.KeyAbsent && string(now) == string(value)
	written := c.read
	if c.Result = controllerview.Unchanged; !same || c.asPeer() {
		var err error
		if written, err = c.cluster.WriteCredentials(ctx, c.read, value); err != nil {
			return c.options.withHint(err)
		}
		if !same {
			c.Result = result
		}
	}
	c.Secret = controllerview.NewSecret(written)
	return nil
}

// report prints the result.
func (c *secretChange) report(ctx context.Context) error {
	if c.options.format == "json" {
		return c.writeJSON(ctx, c.Change)
	}
	return c.writeText(ctx, []byte(c.Line()))
}
