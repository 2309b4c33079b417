// The command "controller zero-credentials", which removes the credentials from
// the controllers' Secret.

package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"capaboot/controller"
	"capaboot/internal/controllerview"
)

type zeroCredentialsOptions struct{ writeOptions }

func (r *runner) zeroCredentialsCommand() *cli.Command {
	var o zeroCredentialsOptions
	return &cli.Command{
		Name:  "zero-credentials",
		Usage: "remove the credentials from the Secret of the controllers",
		Description: `Use this command when the controllers can get credentials from another source,
such as EKS Pod Identity. Replaces the credentials in the Secret
capa-manager-bootstrap-credentials with a line break, and says what the
controllers will use instead. The command asks for confirmation if the
controllers will have no credentials, if it is unknown whether they will have
credentials (as with the instance profile of the nodes), or if another tool
manages the Secret and would overwrite the change. When called as clusterawsadm,
the command does not ask, but prints a warning.

The command does not revoke the credentials: delete or deactivate their access
key in IAM.`,
		Flags:  append(o.clusterOptions.flags(), o.writeOptions.flags()...),
		Action: func(c *cli.Context) error { return r.zeroCredentials(c.Context, o) },
	}
}

func (r *runner) zeroCredentials(ctx context.Context, o zeroCredentialsOptions) error {
	c, err := r.beginChange(ctx, o.writeOptions)
	if err != nil {
		return err
	}
	c.After = controllerview.Side{State: controller.Zeroed}
	c.show()
	if c.Before.State == controller.Zeroed && !r.asClusterawsadm() {
		c.Result, c.Secret = controllerview.Unchanged, controllerview.NewSecret(c.current)
		return c.finish(ctx)
	}
	reasons, err := c.zeroReasons(ctx)
	if err != nil {
		return err
	}
	if err := r.confirm(ctx, o.confirmed, append(c.OverwriteWarnings(), reasons...), o.managersHints(c.Managers)...); err != nil {
		return err
	}
	if err := c.write(ctx, []byte(controller.ZeroedValue), controllerview.Zeroed); err != nil {
		return err
	}
	if c.Before.AccessKeyID != "" && c.Result == controllerview.Zeroed {
		r.talk.Say("access key %s works until it is deleted or deactivated in IAM, or expires", c.Before.AccessKeyID)
	}
	return c.finish(ctx)
}

// zeroReasons finds out what the controllers will use, and returns the reasons
// to ask for confirmation. Under the name clusterawsadm it sends no requests,
// and returns that it is unknown what the controllers will use.
func (c *secretChange) zeroReasons(ctx context.Context) ([]string, error) {
	unknown := []string{"it is unknown what the controllers will use instead of the Secret; without credentials, the controllers cannot work"}
	if c.asClusterawsadm() {
		return unknown, nil
	}
	content := controllerview.NewSecretContent(c.current)
	if err := c.setFallback(ctx, c.cluster, c.options.clusterOptions, &content); err != nil {
		return nil, err
	}
	c.Fallback, c.Managers = content.Fallback, content.Managers
	switch {
	case content.Works == "yes":
		c.talk.Say("the controllers will use: %s", content.Fallback)
		return nil, nil
	case content.Works == "no":
		return []string{"without the credentials in the Secret, the controllers cannot work: they would use " + content.Fallback}, nil
	case content.Fallback != "":
		return []string{"it is unknown whether the controllers can work without the credentials in the Secret", "the controllers would use: " + content.Fallback}, nil
	}
	return unknown, nil
}
