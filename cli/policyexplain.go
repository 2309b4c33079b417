// policy explain

package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/explain"
	"capaboot/policies/report"
)

func (r *runner) policyExplain() *cli.Command {
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
		Flags: append(generatingFlags(accountFlags()...),
			outputFlag("text", "json"),
			&cli.StringSliceFlag{Name: "policy", Usage: "look at this `FILE`, folder or release"},
			deployedFlag(),
		),
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return usagef("%s takes actions or services, such as ec2:RunInstances, ec2:Describe* or ec2", c.Command.HelpName)
			}
			set, name, err := r.chosenSet(c, c.StringSlice("policy"))
			if err != nil {
				return err
			}
			answers, err := explained(set, c.Args().Slice())
			if err != nil {
				return err
			}
			return r.print(report.Explanation{Version: 1, Of: name, Answers: answers}.Format(c.String("output")))
		},
	}
}

func deployedFlag() cli.Flag {
	return &cli.BoolFlag{Name: "deployed", DisableDefaultText: true, Usage: "look at the stack as it is in the account"}
}

// chosenSet reads what --deployed or names stand for, or else what the
// configuration generates; and how to call it.
func (r *runner) chosenSet(c *cli.Context, names []string) (*document.Set, string, error) {
	if c.Bool("deployed") {
		names = append([]string{deployedName}, names...)
	}
	if len(names) == 0 {
		set, err := r.configuredSet(c)
		return set, "the configuration", err
	}
	var sets []*document.Set
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, "", usagef("%s is named twice", name)
		}
		set, err := r.policySet(c, name)
		if err != nil {
			return nil, "", err
		}
		r.warnUnread(set)
		sets = append(sets, set)
	}
	return document.Merge(sets...), strings.Join(names, ", "), nil
}

func explained(set *document.Set, asked []string) ([]explain.Answer, error) {
	catalogue, err := catalog.LoadStories()
	if err != nil {
		return nil, err
	}
	explainer, err := explain.New(set, catalogue)
	if err != nil {
		return nil, err
	}
	var answers []explain.Answer
	var problems []error
	for _, name := range asked {
		answer, err := explainer.Explain(name)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		answers = append(answers, answer)
	}
	if len(problems) > 0 {
		if unknown := (*explain.Unknown)(nil); errors.As(problems[0], &unknown) {
			return nil, usageError{hinted{joined(problems), unknown.Hint()}}
		}
		return nil, usageError{joined(problems)}
	}
	return answers, nil
}
