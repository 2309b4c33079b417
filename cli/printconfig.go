// bootstrap iam print-config

package cli

import (
	"capaboot/internal/commandline"
	"context"

	"github.com/urfave/cli/v2"
)

type printConfigOptions struct {
	generatingOptions
	format string
}

func (r *runner) printConfigCommand() *cli.Command {
	var o printConfigOptions
	return &cli.Command{
		Name:        "print-config",
		Usage:       "print the configuration with every default",
		Description: generatingHelp,
		Flags:       append(o.generatingOptions.flags(), commandline.FormatFlag(&o.format, "yaml", "json")),
		Action:      func(c *cli.Context) error { return r.printConfig(c.Context, o) },
	}
}

func (r *runner) printConfig(ctx context.Context, o printConfigOptions) error {
	loaded, err := r.generate(ctx, o.generatingOptions)
	if err != nil {
		return err
	}
	printable, err := loaded.Configuration.Printable()
	if err != nil {
		return err
	}
	if err := r.writeFormatted(ctx, o.format, printable); err != nil {
		return err
	}
	if spec := loaded.Configuration.Spec; !spec.EKS.Disable && !spec.Nodes.EC2ContainerRegistryReadOnly {
		r.talk.Hint("a file that has spec.eks, as this output does, attaches AmazonEC2ContainerRegistryReadOnly to the nodes role; leave spec.eks out to keep it off")
	}
	return nil
}
