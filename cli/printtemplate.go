// The command "bootstrap iam print-cloudformation-template".

package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"capaboot/iam"
	"capaboot/internal/commandline"
	"capaboot/internal/render"
)

type printTemplateOptions struct {
	generatingOptions
	format string
}

func (r *runner) printTemplateCommand() *cli.Command {
	var o printTemplateOptions
	return &cli.Command{
		Name:  "print-cloudformation-template",
		Usage: "print the CloudFormation template of the IAM resources",
		Description: `Use this command to review the template, to keep it in Git, or to deploy it with
another tool. Sends no request to AWS; the same input gives the same bytes.`,
		Flags:  append(o.generatingOptions.flags(), commandline.FormatFlag(&o.format, "yaml", "json")),
		Action: func(c *cli.Context) error { return r.printTemplate(c.Context, o) },
	}
}

func (r *runner) printTemplate(ctx context.Context, o printTemplateOptions) error {
	loaded, err := r.generate(ctx, o.generatingOptions)
	if err != nil {
		return err
	}
	text, err := render.Format(o.format, loaded.Template.Tree())
	if err != nil {
		return err
	}
	if len(text) > iam.MaxTemplateBody {
		r.talk.Warn("the template has %d bytes as printed, more than the %d that CloudFormation accepts in a request: remove white space to fit", len(text), iam.MaxTemplateBody)
	}
	return r.write(ctx, text)
}
