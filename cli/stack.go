// What the stack commands share, from their flags to their errors.

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/urfave/cli/v2"

	"capaboot/cfnstack"
	"capaboot/credentials"
	"capaboot/iam"
	"capaboot/iam/verify"
	"capaboot/internal/commandline"
	"capaboot/internal/deadline"
	"capaboot/internal/stackhints"
	"capaboot/internal/stackview"
	"capaboot/internal/terminal"
	"capaboot/policies/diff"
	"capaboot/policies/report"
)

type stackOptions struct {
	generatingOptions
	accountOptions
	tags      []string // KEY=VALUE
	confirmed bool
	// request holds the settings that flags set directly.
	request cfnstack.DeployRequest
}

func (o *stackOptions) yesFlag(action string) cli.Flag {
	return commandline.SwitchFlag(&o.confirmed, "yes", action+" without asking", "y")
}

func (o *stackOptions) tagFlag() cli.Flag {
	return commandline.ListFlag(&o.tags, "tag", "tag of the stack, `KEY=VALUE`, in addition to stackTags")
}

func (o *stackOptions) serviceRoleFlag() cli.Flag {
	return commandline.TextFlag(&o.request.RoleARN, "role-arn", "`ARN` of the service role that CloudFormation uses")
}

func (o *stackOptions) importFlag(usage string) cli.Flag {
	return commandline.SwitchFlag(&o.request.ImportExisting, "import-existing", usage)
}

func (o *stackOptions) revertDriftFlag() cli.Flag {
	return commandline.SwitchFlag(&o.request.RevertDrift, "revert-drift", "also show how a drift-aware change set would undo changes made by hand")
}

func (o *stackOptions) timeoutFlag() cli.Flag {
	flag := commandline.DurationFlag(&o.request.Timeout, "timeout", "", "stop waiting after `TIME`, such as 45m")
	flag.Value = cfnstack.DefaultTimeout
	return flag
}

func (o *stackOptions) detachFlag() cli.Flag {
	return commandline.SwitchFlag(&o.request.Detach, "detach", "print the ID of the stack as soon as the operation has started, and do not wait")
}

// withTimeout sets a timeout for a command and for its messages on stderr.
func (r *runner) withTimeout(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := deadline.WithTimeout(ctx, timeout)
	r.stderr.SetEnded(ctx.Done())
	return ctx, cancel
}

// stackCommand is a command on the stack of a configuration: its account and
// region, its template and its output.
type stackCommand struct {
	*runner
	options    stackOptions
	loaded     *iam.Loaded
	request    cfnstack.DeployRequest
	awsAccount *credentials.Account
	manager    *cfnstack.Manager
	view       *stackview.View
	// purpose is the name of the command for print-operator-policy --for; ""
	// for check and verify, which report denied requests themselves. Hints use
	// it too.
	purpose string
	// showsPlan means that the view shows the plan before it is executed. The
	// command "plan" prints its plan itself.
	showsPlan bool
	// onlyReads means that the command reads the stack for a policy command, and uses
	// no template.
	onlyReads bool
}

// newStackCommand reads the configuration, and prepares a command on its stack.
func (r *runner) newStackCommand(ctx context.Context, o stackOptions) (*stackCommand, error) {
	if role := o.request.RoleARN; role != "" {
		if problem := credentials.RoleARNProblem(role); problem != "" {
			return nil, usagef("invalid value for --role-arn: %s", problem)
		}
	}
	loaded, err := r.generate(ctx, o.generatingOptions)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(loaded.Template.Tree())
	if err != nil {
		return nil, fmt.Errorf("writing the template: %w", err)
	}
	spec := loaded.Configuration.Spec
	tags, err := stackTags(&spec, o.tags)
	if err != nil {
		return nil, err
	}
	r.talk.StackFlags = stackFlags(o.generatingOptions, o.accountOptions)
	withoutRelease := o.generatingOptions
	withoutRelease.release = "" // without effect on a deletion
	r.talk.DeletionFlags = stackFlags(withoutRelease, o.accountOptions)
	d := &stackCommand{runner: r, options: o, loaded: loaded, request: o.request}
	d.request.StackName, d.request.Template, d.request.Tags = spec.StackName, string(text), tags
	return d, nil
}

// stackTags merges the configuration's tags with the tags of --tag, which take
// precedence.
func stackTags(spec *iam.Spec, flags []string) (map[string]string, error) {
	tags := map[string]string{}
	maps.Copy(tags, spec.StackTags)
	fromFlags := map[string]bool{}
	for _, flag := range flags {
		key, value, ok := strings.Cut(flag, "=")
		switch {
		case !ok:
			return nil, usagef("invalid value %q for --tag: want KEY=VALUE", flag)
		case fromFlags[key]:
			return nil, usagef("invalid value for --tag: %s already has a value", key)
		}
		fromFlags[key], tags[key] = true, value
	}
	if problems := spec.StackTagProblems(tags); len(problems) > 0 {
		return nil, usagef("invalid tags of the stack: %s", strings.Join(problems, "; "))
	}
	return tags, nil
}

// open connects to the account, and returns an error if the account is in
// another partition than the template.
func (d *stackCommand) open(ctx context.Context) error {
	if err := d.connect(ctx); err != nil {
		return err
	}
	if spec := d.loaded.Configuration.Spec; spec.Partition != d.awsAccount.Partition() {
		return partitionError(d.awsAccount.Partition(), credentials.Region{Name: d.awsAccount.Region, Source: d.awsAccount.RegionSource}, spec)
	}
	return nil
}

// connect finds the account, reports the account, region, stack and release before
// anything changes, and prepares the view and the manager of the stack.
func (d *stackCommand) connect(ctx context.Context) error {
	account, err := d.findAccount(ctx, d.options.accountOptions, d.loaded.Configuration.Spec.Region)
	if err != nil {
		return err
	}
	d.awsAccount = account
	release := ""
	if d.purpose != "delete" && !d.onlyReads { // a deletion and a policy command use no template
		release = ", " + d.releaseText()
		if d.options.config == "" {
			release += ", default configuration (no --config)"
		}
	}
	d.talk.Say("%s, stack %s%s", account, d.request.StackName, release)
	config, err := account.Config(ctx, "CLOUDFORMATION")
	if err != nil {
		return err
	}
	d.view = stackview.New(d.viewSettings())
	d.manager = &cfnstack.Manager{
		API: cfnstack.APIOf(cloudformation.NewFromConfig(config)), Refresh: account.Credentials.Refresh,
		Observe: d.view.Observe, Confirm: d.view.Confirm, Risks: d.view.Risks,
	}
	return nil
}

// releaseText names the release of CAPA whose template the command uses, and says
// whether it is only the default, which changes with the version of the program.
func (d *stackCommand) releaseText() string {
	text := "CAPA " + d.loaded.Template.Release.String()
	if d.hasDefaultRelease() {
		text += " (default)"
	}
	return text
}

// hasDefaultRelease reports whether the user chose no release of CAPA.
func (d *stackCommand) hasDefaultRelease() bool {
	return d.options.release == "" && d.Environment.Get(releaseVariable) == ""
}

// sayOriginOfStack says which release of CAPA the deployed template is from,
// if the plan is for another release and the user chose no release. For a plan
// of the default configuration, it gives a hint if the template or a tag of
// the stack cannot come from that configuration.
func (d *stackCommand) sayOriginOfStack(set *cfnstack.ChangeSet) {
	isDefault := d.options.config == ""
	if set.Deployed == "" || !isDefault && !d.hasDefaultRelease() {
		return
	}
	outdated, release, err := d.originOf(context.Background(), set.Deployed)
	if err != nil {
		return
	}
	if release != "" && d.hasDefaultRelease() {
		d.talk.Warn("the template of the stack is that of CAPA %s; to keep this release, pass --capa-version %s", release, release)
	}
	losesTag := slices.ContainsFunc(set.TagChanges(), func(tag cfnstack.TagChange) bool { return tag.After == nil })
	switch {
	case isDefault && outdated && release == "":
		d.talk.Hint("%s", otherConfigurationHint)
	case isDefault && losesTag:
		d.talk.Hint("%s", otherTagsHint)
	}
}

// originOf reports whether a deployed template differs from the one that the
// configuration generates, and returns the other release of CAPA for which the
// configuration generates the deployed template, or "".
func (d *stackCommand) originOf(ctx context.Context, template string) (outdated bool, release string, err error) {
	configured := verify.Generation{Generated: asGenerated(d.loaded), Template: d.loaded.Template}
	return verify.Outdated(template, configured, d.otherReleases(ctx))
}

// These hints are for a stack whose template no release of CAPA generates from the
// default configuration, and for a stack with tags that a run without --config does
// not set.
const (
	otherConfigurationHint = "the template of the stack is not from the default configuration: if the last deployment used --config, pass the same file"
	otherTagsHint          = "the stack has tags that the default configuration does not have: if the last deployment used --config or --tag, pass the same again"
)

// partitionError returns the error for a template of a partition other than the
// account's. region is the region of the run.
func partitionError(accountPartition string, region credentials.Region, spec iam.Spec) error {
	hint := "set spec.partition to " + accountPartition + " in the configuration, or use credentials of partition " + spec.Partition
	switch {
	case spec.Region != "" && spec.Region != region.Name:
		hint = fmt.Sprintf("%s (%s) overrides spec.region (%s) for the stack, but not for the partition: either remove %s and use credentials of partition %s, or change spec.region in the configuration",
			region.Source, region.Name, spec.Region, region.Source, spec.Partition)
	case spec.Region != "":
		hint = "change spec.region in the configuration, or use credentials of partition " + spec.Partition
	}
	return usageError{errorWithHint{fmt.Errorf("the account is in partition %s, but the template is for %s", accountPartition, spec.Partition), hint}}
}

// regionPartitionError returns the error for a region of a partition other than the
// template's, or nil. It returns nil if the partition of the region is unknown.
func regionPartitionError(region credentials.Region, spec iam.Spec) error {
	partition, known := region.Partition()
	if !known || partition == spec.Partition {
		return nil
	}
	hint := "set spec.partition to " + partition + " in the configuration, or choose a region of partition " + spec.Partition
	if spec.Region != "" {
		hint = fmt.Sprintf("%s (%s) overrides spec.region (%s) for the stack, but not for the partition: either remove %s, or change spec.region in the configuration",
			region.Source, region.Name, spec.Region, region.Source)
	}
	return usageError{errorWithHint{fmt.Errorf("region %s, from %s, is in partition %s, but the template is for %s", region.Name, region.Source, partition, spec.Partition), hint}}
}

func (d *stackCommand) viewSettings() stackview.Settings {
	s := stackview.Settings{Talk: d.talk, Yes: d.options.confirmed, Ask: d.askIfPossible, Account: d.awsAccount.Identity.Account, Region: d.awsAccount.Region, LocationOptions: d.awsAccount.RegionOption() + d.awsAccount.ProfileOption()}
	if terminal.Redraws(d.Stderr, d.Environment.Lookup) {
		s.Screen = terminal.NewScreen(d.stderr, func() (int, int) { return terminal.Size(d.Stderr) })
	}
	if d.showsPlan {
		s.PlanOf = d.planOf
	}
	return s
}

// planOf converts a change set to the plan that is shown. It reports the origin of
// the stack's template (see sayOriginOfStack). It warns of replacements that
// CloudFormation will refuse, and of [report.Plan.Alerts]. If the permissions
// cannot be compared, the plan has the reason, and the error is not nil.
func (d *stackCommand) planOf(set *cfnstack.ChangeSet) (report.Plan, error) {
	if reason, hint := stackhints.RefusedReplacements(d.loaded.Template, set); reason != "" {
		d.talk.Warn("%s", reason)
		d.talk.Hint("%s", hint)
	} else if len(set.Changes) > 0 && set.Deployed != "" {
		d.warnOfReplacements(set)
	}
	if !set.ChangesUnknown() && !d.request.RevertDrift {
		d.sayOriginOfStack(set)
	}
	permissions, err := diff.Result{Principals: []diff.Principal{}}, error(nil)
	if !set.ChangesUnknown() {
		permissions, err = report.CompareTemplates(set.Deployed, set.Template, d.loaded.Template.Release)
	}
	plan := stackview.NewPlan(set, permissions)
	if err != nil {
		plan.Permissions.Principals, plan.PermissionsUnknown = []diff.Principal{}, err.Error()
	}
	if d.awsAccount != nil {
		plan.Account, plan.Region = d.awsAccount.Identity.Account, d.awsAccount.Region
	}
	for _, alert := range plan.Alerts() {
		d.talk.Warn("%s", alert)
	}
	return plan, err
}

// explain adds the hint to an error of the stack, and prints the failures other
// than the cause.
func (d *stackCommand) explain(err error) error {
	stackview.PrintFailures(d.talk, err)
	return errorWithHint{err, stackhints.Of(err, d.situation())}
}

// situation returns the facts about the command that hints depend on.
func (d *stackCommand) situation() stackhints.Situation {
	s := stackhints.Situation{Template: d.loaded.Template, Stack: d.request.StackName, Adopts: d.request.ImportExisting, Deploys: d.purpose == "plan" || d.purpose == "deploy", Deletes: d.purpose == "delete", Asks: d.questions.Possible(),
		Purpose: d.purpose, ServiceRole: d.request.RoleARN}
	if d.awsAccount != nil {
		s.Partition, s.Account = d.awsAccount.Partition(), d.awsAccount.Identity.Account
		s.Region, s.Profile = d.awsAccount.RegionOption(), d.awsAccount.ProfileOption()
	}
	return s
}
