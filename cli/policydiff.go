// policy diff

package cli

import (
	"github.com/urfave/cli/v2"

	"capaboot/internal/spell"
	"capaboot/policies/diff"
	"capaboot/policies/document"
	"capaboot/policies/report"
)

func (r *runner) policyDiff() *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "show what B allows that A does not, and the other way",
		ArgsUsage: "A [B]",
		Description: `A and B are each a release (release:v2.8.4), a configuration, a CloudFormation
template, an IAM policy document, a folder of these, - (standard input) or
"deployed" (the stack of the configuration, as it is in the account). Without
B, it is what the configuration generates.

The report.Diff is by effect: an action that moved to another statement is no
change, a narrower resource, a new condition and a new denial are losses. What
cannot be decided is shown as lost and gained.

With --exit-code the exit code is 3 when anything differs, with --fail-on-new
LEVEL when B has a grant of that access level or above that A has not. An
attached policy whose content is not known counts as the highest level.

` + generatingHelp,
		Flags: append(generatingFlags(accountFlags()...),
			outputFlag("text", "json", "markdown"),
			&cli.BoolFlag{Name: "exit-code", DisableDefaultText: true, Usage: "exit with 3 when anything differs"},
			&cli.StringFlag{Name: "fail-on-new", Usage: "exit with 3 when a grant of this `LEVEL` or above is new"},
		),
		Action: func(c *cli.Context) error {
			least, err := levelFlag(c, "fail-on-new")
			if err != nil {
				return err
			}
			compared, err := r.compare(c)
			if err != nil {
				return err
			}
			if err := r.print(compared.Format(c.String("output"))); err != nil {
				return err
			}
			if c.Bool("exit-code") && !compared.Empty() || least != 0 && compared.Gains(least) {
				return errFound
			}
			return nil
		},
	}
}

// levelFlag returns the access level that a flag names, 0 when it is not set.
func levelFlag(c *cli.Context, name string) (diff.Level, error) {
	if !c.IsSet(name) {
		return 0, nil
	}
	level, ok := diff.ParseLevel(c.String(name))
	if !ok {
		return 0, usagef("unknown value %q of --%s%s", c.String(name), name, spell.Allowed(c.String(name), diff.LevelNames()))
	}
	return level, nil
}

func (r *runner) compare(c *cli.Context) (report.Diff, error) {
	if c.NArg() < 1 || c.NArg() > 2 {
		return report.Diff{}, usagef("%s takes A, and B or the configuration: two of release:VERSION, deployed, FILE or FOLDER", c.Command.HelpName)
	}
	if c.Args().Get(0) == "-" && c.Args().Get(1) == "-" {
		return report.Diff{}, usagef("A and B cannot both be standard input")
	}
	names := [2]string{c.Args().Get(0), "the configuration"}
	var sets [2]*document.Set
	for i := range sets {
		var err error
		if i < c.NArg() {
			names[i] = c.Args().Get(i)
			sets[i], err = r.policySet(c, names[i])
		} else {
			sets[i], err = r.configuredSet(c)
		}
		if err != nil {
			return report.Diff{}, err
		}
	}
	r.warnUnread(sets[:]...)
	if len(sets[0].Principals)+len(sets[1].Principals) == 0 {
		return report.Diff{}, usagef("neither %s nor %s has roles, users, groups or policies, so there is nothing to compare", names[0], names[1])
	}
	result, err := diff.Annotated(sets[0], sets[1])
	if err != nil {
		return report.Diff{}, err
	}
	return report.Diff{Version: 1, A: names[0], B: names[1], Result: result}, nil
}
