// The command "bootstrap iam print-policy", which prints the managed policies
// of CAPA.

package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"capaboot/internal/commandline"
	"capaboot/policies/catalog"
)

type printPolicyOptions struct {
	generatingOptions
	document string // the logical ID of one policy, "" for all
	format   string
}

func (r *runner) printPolicyCommand() *cli.Command {
	var o printPolicyOptions
	return &cli.Command{
		Name:  "print-policy",
		Usage: "print the managed policies that CAPA needs, as JSON",
		Description: `Use this command to read a managed policy, or to create a managed policy without
CloudFormation.

-o resource prints the policies by logical ID, as resources of the template;
-o document prints their IAM policy documents.`,
		Flags: append(o.generatingOptions.flags(),
			commandline.TextFlag(&o.document, "document", "print only the policy with this logical `ID`"),
			commandline.FormatFlag(&o.format, "resource", "document"),
		),
		Action: func(c *cli.Context) error { return r.printPolicy(c.Context, o) },
	}
}

func (r *runner) printPolicy(ctx context.Context, o printPolicyOptions) error {
	catalogue, err := catalog.Load()
	if err != nil {
		return err
	}
	if err := catalogue.CheckPolicy(o.document); err != nil && o.document != "" {
		return usagef("invalid value for --document: %w", err)
	}
	loaded, err := r.generate(ctx, o.generatingOptions)
	if err != nil {
		return err
	}
	text, err := loaded.Template.PolicyJSON(o.document, o.format == "document")
	if err != nil {
		return err
	}
	if _, exists := loaded.Template.Document(o.document); o.document != "" && !exists {
		r.talk.Warn("this configuration has no policy %s", o.document)
	}
	return r.write(ctx, text)
}
