// bootstrap iam plan-cloudformation-stack

package cli

import (
	"github.com/urfave/cli/v2"

	"capaboot/cfnstack"
	"capaboot/internal/render"
)

func (r *runner) planStack() *cli.Command {
	return &cli.Command{
		Name:    "plan-cloudformation-stack",
		Aliases: []string{"plan"},
		Usage:   "show what a deployment would change",
		Description: `Makes a change set, shows it, and removes it again: nothing is changed. Policy
documents are shown as the permissions that they grant and revoke.

With --exit-code the exit code is 3 when there are changes. --offline shows
what a first deployment would create, without AWS.

` + generatingHelp,
		Flags: append(generatingFlags(accountFlags()...),
			outputFlag("text", "json", "markdown"),
			&cli.BoolFlag{Name: "exit-code", DisableDefaultText: true, Usage: "exit with 3 when there are changes"},
			&cli.BoolFlag{Name: "offline", DisableDefaultText: true, Usage: "show a first deployment, without AWS"},
			&cli.StringSliceFlag{Name: "tag", Usage: "`KEY=VALUE` of the stack, besides its stackTags"},
			serviceRoleFlag(),
			&cli.BoolFlag{Name: "import-existing", DisableDefaultText: true, Usage: "adopt what exists under the template's names"},
			timeoutFlag(),
		),
		Action: func(c *cli.Context) error {
			p, err := r.makePlan(c)
			if err != nil {
				return err
			}
			switch c.String("output") {
			case "json":
				err = r.print(render.JSON(p))
			case "markdown":
				err = r.print([]byte(p.markdown()))
			default:
				err = r.print([]byte(p.where() + "\n" + p.text(0)))
			}
			if err != nil {
				return err
			}
			if c.Bool("exit-code") && !p.none() {
				return errFound
			}
			return nil
		},
	}
}

func (r *runner) makePlan(c *cli.Context) (plan, error) {
	d, err := r.stackOf(c)
	if err != nil {
		return plan{}, err
	}
	if c.Bool("offline") {
		changes, err := cfnstack.FirstDeployment(d.request.Template)
		if err != nil {
			return plan{}, err
		}
		return d.plan(&cfnstack.ChangeSet{
			StackName: d.request.StackName, Create: true, Changes: changes, TagsAfter: d.request.Tags, Template: d.request.Template,
		})
	}
	if err := d.connect(c); err != nil {
		return plan{}, err
	}
	set, err := d.manager.Plan(c.Context, d.request)
	d.follower.close()
	if err != nil {
		return plan{}, d.explain(err)
	}
	set.Discard(c.Context)
	p, err := d.plan(set)
	if err != nil {
		r.talk.warn("the permissions cannot be compared, and are not shown: %v", err)
	}
	return p, nil
}
