// policy explain

package cli

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"capaboot/internal/commandline"
	"capaboot/internal/meter"
	"capaboot/policies/catalog"
	"capaboot/policies/explain"
	"capaboot/policies/report"
	"capaboot/policies/source"
)

type explainOptions struct {
	sourceOptions
	asked    []string // actions and services
	policies []string
	deployed bool
	format   string
}

func (r *runner) explainCommand() *cli.Command {
	var o explainOptions
	return &cli.Command{
		Name:      "explain",
		Usage:     "tell who gets an action, since when, what for",
		ArgsUsage: "ACTION|SERVICE...",
		Description: `Tells of an action (ec2:RunInstances), of several (ec2:Describe*) or of a whole
service (ec2) which roles get it, by which policy and statement, on what and
under which conditions; since which release CAPA has it, which part of the
controllers calls it and why; and its access level, resource types, condition
keys and dependent actions, as AWS has them. If nothing grants an action, it
says so, and what would.

It looks at what the configuration generates, or at what --policy names: a
release (release:v2.8.4), a configuration, a CloudFormation template, an IAM
policy document, a folder of these, or - (standard input). --deployed looks at
the stack of the configuration, as it is in the account.

` + generatingHelp,
		Flags: o.sourceOptions.flags(
			commandline.FormatFlag(&o.format, "text", "json"),
			commandline.ListFlag(&o.policies, "policy", "look at this `FILE`, folder or release"),
			deployedFlag(&o.deployed),
		),
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return usagef("%s takes actions or services, such as ec2:RunInstances, ec2:Describe* or ec2", c.Command.HelpName)
			}
			o.asked = c.Args().Slice()
			return r.explain(c.Context, o)
		},
	}
}

func (r *runner) explain(ctx context.Context, o explainOptions) error {
	found, of, err := r.readAll(ctx, o.sourceOptions, o.deployed, o.policies)
	if err != nil {
		return err
	}
	answers, err := explained(found, o.asked)
	if err != nil {
		return err
	}
	text, err := report.Explanation{Version: 1, Of: of, Answers: answers}.Format(o.format)
	if err != nil {
		return err
	}
	return r.writeReport(ctx, o.format, text)
}

func explained(found *source.Found, asked []string) ([]explain.Answer, error) {
	catalogue, err := catalog.LoadStories()
	if err != nil {
		return nil, err
	}
	explainer, err := explain.New(found.Set, catalogue)
	if err != nil {
		return nil, asTooMuch(err)
	}
	var answers []explain.Answer
	var problems []error
	for _, name := range asked {
		answer, err := explainer.Explain(name)
		if _, ok := errors.AsType[*meter.TooMuch](err); ok {
			return nil, asTooMuch(err)
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		answers = append(answers, answer)
	}
	if len(problems) > 0 {
		if unknown := (*explain.Unknown)(nil); errors.As(problems[0], &unknown) {
			hint := unknown.Hint()
			if source.LikeRelease(unknown.Asked) {
				hint = "name a release with --policy release:" + unknown.Asked
			}
			return nil, usageError{hinted{joined(problems), hint}}
		}
		return nil, usageError{joined(problems)}
	}
	return answers, nil
}
