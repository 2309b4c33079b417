// The command "bootstrap iam plan-cloudformation-stack", which shows what a
// deployment would change.

package cli

import (
	"context"
	"slices"

	"github.com/urfave/cli/v2"

	"capaboot/cfnstack"
	"capaboot/credentials"
	"capaboot/internal/commandline"
	"capaboot/internal/render"
	"capaboot/policies/report"
)

type planOptions struct {
	stackOptions
	format            string
	exitCode, offline bool
}

func (r *runner) planCommand() *cli.Command {
	var o planOptions
	return &cli.Command{
		Name:    "plan-cloudformation-stack",
		Aliases: []string{"plan"},
		Usage:   "show what a deployment would change, permissions included",
		Description: `Use this command before "deploy", and in a pipeline to comment on a pull
request. Creates a change set, shows it, and deletes it: nothing changes. Policy
documents are shown as permissions gained and lost.

With --exit-code, the exit code is 3 when the stack would change.

With --revert-drift, the change set is drift-aware: the plan also shows which
manual changes the change set would undo, and compares permissions with those in
the account, which the command reads through IAM. "deploy" does not undo manual
changes.`,
		Flags: slices.Concat(o.generatingOptions.flags(), o.accountOptions.flags(), []cli.Flag{
			commandline.FormatFlag(&o.format, "text", "json", "markdown"),
			commandline.SwitchFlag(&o.exitCode, "exit-code", "exit with 3 when the stack would change"),
			commandline.SwitchFlag(&o.offline, "offline", "show what a first deployment would create, and send no request"),
			o.tagFlag(),
			o.serviceRoleFlag(),
			o.importFlag("plan to import existing resources whose names are in the template"),
			o.revertDriftFlag(),
			o.timeoutFlag(),
		}),
		Action: r.withUnusedWarning(func(c *cli.Context) error { return r.plan(c.Context, o) }, append(accountFlags(), "role-arn", "import-existing")...),
	}
}

func (r *runner) plan(ctx context.Context, o planOptions) error {
	ctx, cancel := r.withTimeout(ctx, o.request.Timeout)
	defer cancel()
	p, discard, err := r.makePlan(ctx, o)
	if err != nil {
		return err
	}
	// Print before the deferred discard: deleting the change set may take more
	// time than is left of --timeout.
	defer discard()
	var text []byte
	switch o.format {
	case "json":
		if text, err = render.JSON(p); err != nil {
			return err
		}
	case "markdown":
		text = []byte(p.Markdown())
	default:
		text = []byte(p.Title() + "\n" + p.Text(0))
	}
	if err := r.writeReport(ctx, o.format, text); err != nil {
		return err
	}
	if o.exitCode && !p.Empty() {
		if p.TagsIgnored() {
			return unexpectedResultf("--exit-code: %s: %s", report.TagsIgnoredText, p.CountsText())
		}
		if len(p.Changes)+len(p.Tags) > 0 {
			return unexpectedResultf("--exit-code: the stack would change: %s", p.CountsText())
		}
		return unexpectedResultf("--exit-code: the stack would change")
	}
	return nil
}

// makePlan returns a plan, and a function that deletes its change set; with
// --offline there is none, and the function does nothing.
func (r *runner) makePlan(ctx context.Context, o planOptions) (p report.Plan, discard func(), err error) {
	d, err := r.newStackCommand(ctx, o.stackOptions)
	if err != nil {
		return p, nil, err
	}
	d.purpose = "plan"
	if o.offline && o.request.RevertDrift {
		return p, nil, usagef("--revert-drift and --offline cannot be combined: --revert-drift compares with the account")
	}
	if o.offline {
		r.markUsed("profile", "region")
		if err := (credentials.Request{Region: o.region, Names: settingNames.Get()}).Check(); err != nil {
			return p, nil, usageError{withHint(err)}
		}
		if warning := (credentials.Region{Name: o.region, Source: "--region"}).Warning(); o.region != "" && warning != "" {
			r.talk.Warn("%s", warning)
		}
		d.warnPartition(ctx)
		changes, err := cfnstack.FirstDeployment(d.request.Template)
		if err != nil {
			return p, nil, err
		}
		p, err = d.planOf(&cfnstack.ChangeSet{
			StackName: d.request.StackName, Create: true, Changes: changes, TagsAfter: d.request.Tags, Template: d.request.Template,
		})
		return p, func() {}, err
	}
	r.markUsed("role-arn", "import-existing")
	if err := d.open(ctx); err != nil {
		return p, nil, err
	}
	set, err := d.manager.Plan(ctx, d.request)
	d.view.Close()
	if err != nil {
		return p, nil, d.explain(err)
	}
	if before := set.Preparation; before != nil && before.Action == cfnstack.ActionImpossible {
		// No deployment can change the stack, so "plan" fails as "deploy" does.
		set.Discard(ctx)
		return p, nil, d.explain(&cfnstack.Stuck{StackName: set.StackName, StackID: set.StackID, Status: before.Status, Why: before.Reason, Resources: before.Resources})
	}
	shown := *set
	if o.request.RevertDrift && !set.Create && set.Preparation == nil {
		// A drift-aware change set starts from the state in the account, so compare the
		// permissions with that state instead of the deployed template.
		if shown.Deployed, err = d.beforeRevert(ctx, set); err != nil {
			set.Discard(ctx)
			return p, nil, err
		}
	}
	if p, err = d.planOf(&shown); err != nil {
		r.talk.Warn("the permissions cannot be compared, and are not shown: %v", err)
	}
	return p, func() {
		set.Discard(ctx)
		if set.Create && o.format == "text" {
			d.talk.Hint("to find out whether the deployment would succeed, for example whether the names are free: capaboot bootstrap iam check")
		}
	}, nil
}

// warnPartition warns if the template of an offline plan is for a partition other
// than the region's. It compares nothing if the region cannot be read, because the
// plan does not depend on the region.
func (d *stackCommand) warnPartition(ctx context.Context) {
	region, err := credentials.FindRegion(ctx, d.Environment, credentials.Request{Profile: d.options.profile, Region: d.options.region, Names: settingNames.Get()})
	if err != nil {
		return
	}
	if err := regionPartitionError(region, d.loaded.Configuration.Spec); err != nil {
		d.talk.Warn("%s", err)
		d.talk.Hints(err)
	}
}

// beforeRevert returns the generated template as JSON, with the current state
// in the account of everything that a drift-aware change set changes.
func (d *stackCommand) beforeRevert(ctx context.Context, set *cfnstack.ChangeSet) (string, error) {
	stack, err := d.manager.Describe(ctx, d.request.StackName)
	if err != nil {
		return "", d.explain(err)
	}
	text, err := d.accountReader().BeforeRevert(ctx, stack, d.loaded.Template.Tree(), set)
	return text, d.withAccountHint(err)
}
