// policy diff

package cli

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/internal/render"
	"capaboot/internal/spell"
	"capaboot/policies/authz"
	"capaboot/policies/diff"
	"capaboot/policies/document"
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

The comparison is by effect: an action that moved to another statement is no
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
			if err := r.print(compared.format(c.String("output"))); err != nil {
				return err
			}
			if c.Bool("exit-code") && !compared.Empty() || least != 0 && gains(compared.Result, least) {
				return errFound
			}
			return nil
		},
	}
}

// levelFlag returns the access level that a flag names, 0 when it is not set.
func levelFlag(c *cli.Context, name string) (authz.Level, error) {
	if !c.IsSet(name) {
		return 0, nil
	}
	level, ok := authz.ParseLevel(c.String(name))
	if !ok {
		return 0, usagef("unknown value %q of --%s%s", c.String(name), name, spell.Allowed(c.String(name), levelNames()))
	}
	return level, nil
}

func levelNames() []string {
	var names []string
	for _, level := range authz.Levels() {
		names = append(names, strings.ReplaceAll(strings.ToLower(level.String()), " ", "-"))
	}
	return names
}

// comparison is the result of "policy diff". Its JSON is documented in
// docs/security-review.md.
type comparison struct {
	// Version is that of this format.
	Version int    `json:"version"`
	A       string `json:"a"`
	B       string `json:"b"`
	diff.Result
}

func (r *runner) compare(c *cli.Context) (comparison, error) {
	if c.NArg() < 1 || c.NArg() > 2 {
		return comparison{}, usagef("%s takes A, and B or the configuration: two of release:VERSION, deployed, FILE or FOLDER", c.Command.HelpName)
	}
	if c.Args().Get(0) == "-" && c.Args().Get(1) == "-" {
		return comparison{}, usagef("A and B cannot both be standard input")
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
			return comparison{}, err
		}
	}
	r.warnUnread(sets[:]...)
	if len(sets[0].Principals)+len(sets[1].Principals) == 0 {
		return comparison{}, usagef("neither %s nor %s has roles, users, groups or policies, so there is nothing to compare", names[0], names[1])
	}
	result, err := annotated(sets[0], sets[1])
	if err != nil {
		return comparison{}, err
	}
	return comparison{1, names[0], names[1], result}, nil
}

func (d comparison) format(output string) ([]byte, error) {
	switch output {
	case "json":
		return render.JSON(d)
	case "markdown":
		var b strings.Builder
		fmt.Fprintf(&b, "### From %s to %s\n", markdownShort(d.A), markdownShort(d.B))
		if d.Empty() {
			b.WriteString("\nThey allow the same.\n")
		}
		b.WriteString(permissionsMarkdown(d.Result, maxComment-b.Len()-reserve))
		return []byte(b.String()), nil
	}
	if d.Empty() {
		return fmt.Appendf(nil, "%s and %s allow the same\n", printable(d.A), printable(d.B)), nil
	}
	return fmt.Appendf(nil, "from %s to %s: + is gained, - is lost\n\n%s", printable(d.A), printable(d.B), permissionsText(d.Result, 0, true)), nil
}

// gains is whether something of an access level or above is gained: an action
// that is allowed, or a denial that is gone. What has no level counts.
func gains(result diff.Result, least authz.Level) bool {
	for _, p := range result.Principals {
		for _, grant := range p.Gained {
			if len(grant.Actions) == 0 {
				return true
			}
			for _, action := range grant.Actions {
				if level, ok := authz.ParseLevel(action.AccessLevel); !ok || level >= least {
					return true
				}
			}
		}
	}
	return false
}
