// bootstrap iam print-config

package cli

import (
	"github.com/urfave/cli/v2"
)

func (r *runner) printConfig() *cli.Command {
	return &cli.Command{
		Name:        "print-config",
		Usage:       "print the configuration with every default",
		Description: generatingHelp,
		Flags:       generatingFlags(outputFlag("yaml", "json")),
		Action: func(c *cli.Context) error {
			loaded, err := r.load(c)
			if err != nil {
				return err
			}
			printable, err := loaded.Configuration.Printable()
			if err != nil {
				return err
			}
			if err := r.print(formatted(c.String("output"), printable)); err != nil {
				return err
			}
			if spec := loaded.Configuration.Spec; !spec.EKS.Disable && !spec.Nodes.EC2ContainerRegistryReadOnly {
				r.talk.hint("a file that has spec.eks, as this output does, attaches AmazonEC2ContainerRegistryReadOnly to the nodes role; leave spec.eks out to keep it off")
			}
			return nil
		},
	}
}
