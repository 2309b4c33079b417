// bootstrap iam print-cloudformation-template

package cli

import (
	"github.com/urfave/cli/v2"

	"capaboot/iam"
)

func (r *runner) printTemplate() *cli.Command {
	return &cli.Command{
		Name:        "print-cloudformation-template",
		Usage:       "print the CloudFormation template",
		Description: generatingHelp,
		Flags:       generatingFlags(outputFlag("yaml", "json")),
		Action: func(c *cli.Context) error {
			loaded, err := r.load(c)
			if err != nil {
				return err
			}
			text, err := formatted(c.String("output"), loaded.Template.Tree())
			if err != nil {
				return err
			}
			if len(text) > iam.MaxTemplateBody {
				r.talk.warn("the template has %d bytes as printed, and CloudFormation takes %d directly; without white space it is small enough", len(text), iam.MaxTemplateBody)
			}
			return r.print(text)
		},
	}
}
