// The command "policy diff", which compares the permissions of two sources.

package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/internal/commandline"
	"capaboot/policies/diff"
	"capaboot/policies/report"
	"capaboot/policies/source"
)

type diffOptions struct {
	sourceOptions
	command   string   // the command as the user typed it
	names     []string // A and B, or only A
	format    string
	exitCode  bool
	failOnNew *string
}

func (r *runner) diffCommand() *cli.Command {
	var o diffOptions
	return &cli.Command{
		Name:      "diff",
		Usage:     "show which permissions are gained and lost from A to B",
		ArgsUsage: "A [B]",
		Description: `Use this command before an upgrade of CAPA or a change of the configuration.

A and B are each a release (release:v2.8.4), a configuration, a CloudFormation
template, an IAM policy document, a folder of these, - (stdin), the ARN of an
AWS managed policy, or "deployed" (the stack as it is in the account). Without
B, A is compared with what the configuration generates.

Compares the effect: an action that moved to another statement is not a change.
If B has a narrower resource, a new condition or a new Deny statement, A has
permissions that B does not have: these permissions are lost. If it cannot be
decided whether a permission is lost or gained, the output shows the permission
as lost and as gained.

A deployment can replace the default of a parameter, so the command does not use
defaults to evaluate the conditions of a template: a grant in one branch of a
condition is shown with "when". To evaluate the condition, set the parameter
with --parameter. If the default of a parameter differs between A and B, a note
names the grants that change for a deployment that uses the new default.`,
		Flags: o.sourceOptions.flags(
			commandline.FormatFlag(&o.format, "text", "json", "markdown"),
			commandline.SwitchFlag(&o.exitCode, "exit-code", "exit with 3 when anything differs"),
			commandline.OptionalFlag(&o.failOnNew, "fail-on-new", "exit with 3 when B has a grant of this access `LEVEL` or above that A does not have ("+strings.Join(diff.LevelNames(), ", ")+")"),
		),
		Action: func(c *cli.Context) error {
			o.command, o.names = c.Command.HelpName, c.Args().Slice()
			return r.diff(c.Context, o)
		},
	}
}

func (r *runner) diff(ctx context.Context, o diffOptions) error {
	least, err := commandline.ParseChoice("fail-on-new", o.failOnNew, diff.ParseLevel, diff.LevelNames())
	if err != nil {
		return err
	}
	compared, err := r.compare(ctx, o)
	if err != nil {
		return err
	}
	text, err := compared.Format(o.format)
	if err != nil {
		return err
	}
	if err := r.writeReport(ctx, o.format, text); err != nil {
		return err
	}
	sideA, sideB := compared.Sides()
	switch {
	case least != 0 && len(compared.GainedActions(least)) > 0:
		return unexpectedResultf("--fail-on-new %s: %s has a grant of this level or above that %s does not have: %s", *o.failOnNew, sideB, sideA, compared.GainedText(least))
	case o.exitCode && !compared.Empty():
		return unexpectedResultf("--exit-code: %s and %s differ: %s", sideA, sideB, compared.CountsText())
	}
	return nil
}

func (r *runner) compare(ctx context.Context, o diffOptions) (report.Diff, error) {
	if len(o.names) < 1 || len(o.names) > 2 {
		return report.Diff{}, usageError{errorWithHint{fmt.Errorf("%s takes A, or A and B", o.command), "for A and for B, pass release:VERSION, deployed, a file or a folder, for example: capaboot policy diff release:v2.9 release:v2.10; without B, A is compared with the configuration"}}
	}
	if len(o.names) == 2 && o.names[0] == source.Stdin && o.names[1] == source.Stdin {
		return report.Diff{}, usagef("stdin can only be read once: use it for A, or for B")
	}
	reader, err := r.sourceReader(o.sourceOptions)
	if err != nil {
		return report.Diff{}, err
	}
	reader.CommandLine = append([]string{o.command}, o.names...)
	a, err := readSource(ctx, reader, o.names[0])
	if err != nil {
		return report.Diff{}, err
	}
	var b *source.Found
	bName := report.Configured
	if len(o.names) == 2 {
		bName = o.names[1]
		b, err = readSource(ctx, reader, bName)
	} else {
		b, err = r.readConfigured(ctx, o.sourceOptions, generatedTemplate)
	}
	if err != nil {
		return report.Diff{}, err
	}
	if err := checkParameters(o.sourceOptions, a, b); err != nil {
		return report.Diff{}, err
	}
	r.warnUnread(a, b)
	r.warnAssumed(a, b)
	if a.Empty() && b.Empty() {
		return report.Diff{}, usageError{aboutInput(fmt.Errorf("neither %s nor %s has roles, users, groups or policies, so there is nothing to compare", o.names[0], bName), argumentInput)}
	}
	compared, err := report.Compare(o.names[0], bName, a, b)
	if err != nil {
		return report.Diff{}, tooLargeError(err)
	}
	compared.Configuration = o.config
	compared.NoteSameOrigin(o.command)
	compared.NoteOtherSide(o.command)
	return compared, nil
}
