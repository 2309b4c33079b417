// bootstrap iam create-cloudformation-stack

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/urfave/cli/v2"

	"capaboot/cfnstack"
	"capaboot/iam"
	"capaboot/internal/render"
	"capaboot/internal/terminal"
)

func (r *runner) createStack() *cli.Command {
	return &cli.Command{
		Name:    "create-cloudformation-stack",
		Aliases: []string{"update-cloudformation-stack", "deploy"},
		Usage:   "create or update the stack, and follow it",
		Description: `Makes a change set, shows it, executes it and follows the stack to its end. A
stack that exists is updated; one that has no changes is left alone.

What would remove or replace a resource is asked for on a terminal, and needs
--yes otherwise. Ctrl-C stops the waiting, not the stack: the same command
follows it again.

` + generatingHelp,
		Flags: append(generatingFlags(accountFlags()...),
			outputFlag("text", "json"),
			yesFlag("remove or replace resources"),
			&cli.StringSliceFlag{Name: "tag", Usage: "`KEY=VALUE` of the stack, besides its stackTags"},
			serviceRoleFlag(),
			&cli.BoolFlag{Name: "termination-protection", DisableDefaultText: true, Usage: "protect the stack from deletion"},
			&cli.BoolFlag{Name: "import-existing", DisableDefaultText: true, Usage: "adopt what exists under the template's names"},
			&cli.BoolFlag{Name: "keep-failed", DisableDefaultText: true, Usage: "keep what a failed creation made"},
			timeoutFlag(), detachFlag(),
		),
		Action: func(c *cli.Context) error {
			d, err := r.deployment(c)
			if err != nil {
				return err
			}
			d.showsPlan = true
			outcome, err := d.manager.Deploy(c.Context, d.request)
			d.follower.close()
			if err != nil {
				return d.explain(err)
			}
			return d.report(c, outcome)
		},
	}
}

func yesFlag(what string) cli.Flag {
	return &cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, DisableDefaultText: true, Usage: what + " without asking"}
}

func serviceRoleFlag() cli.Flag {
	return &cli.StringFlag{Name: "role-arn", Usage: "`ARN` of the role that CloudFormation works with"}
}

func timeoutFlag() cli.Flag {
	return &cli.DurationFlag{Name: "timeout", Value: cfnstack.DefaultTimeout, Usage: "stop waiting after `TIME`",
		Action: func(_ *cli.Context, value time.Duration) error {
			if value <= 0 {
				return usagef("--timeout %v is no time to wait: write it as 45m or 2h", value)
			}
			return nil
		}}
}

func detachFlag() cli.Flag {
	return &cli.BoolFlag{Name: "detach", DisableDefaultText: true, Usage: "start it, print the stack's ID, and do not wait"}
}

// stackCommand is a command on the stack of a configuration: where, with what,
// and how it is shown.
type stackCommand struct {
	*runner
	command  string // its name
	loaded   *iam.Loaded
	where    *account
	manager  *cfnstack.Manager
	request  cfnstack.Request
	follower *follower
	// showsPlan: the plan is shown before it is executed. A command whose result
	// is the plan prints it.
	showsPlan bool
}

// deployment reads the flags of the commands that deploy or plan, and says
// where they work.
func (r *runner) deployment(c *cli.Context) (*stackCommand, error) {
	d, err := r.stackOf(c)
	if err != nil {
		return nil, err
	}
	if err := d.connect(c); err != nil {
		return nil, err
	}
	return d, nil
}

// stackOf reads the configuration and the flags.
func (r *runner) stackOf(c *cli.Context) (*stackCommand, error) {
	loaded, err := r.load(c)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(loaded.Template.Tree())
	if err != nil {
		return nil, fmt.Errorf("writing the template: %w", err)
	}
	if len(text) > iam.MaxTemplateBody {
		return nil, usageError{hinted{fmt.Errorf("the template has %d bytes, and CloudFormation takes %d in a request", len(text), iam.MaxTemplateBody),
			"leave out extra statements, or make a policy of them outside the stack and name its ARN (extraPolicyAttachments)"}}
	}
	spec := loaded.Configuration.Spec
	tags, err := stackTags(spec.StackTags, c.StringSlice("tag"))
	if err != nil {
		return nil, err
	}
	return &stackCommand{runner: r, command: c.Command.Name, loaded: loaded, request: cfnstack.Request{
		StackName: spec.StackName, Template: string(text), Tags: tags,
		RoleARN: c.String("role-arn"), ImportExisting: c.Bool("import-existing"), KeepFailed: c.Bool("keep-failed"),
		TerminationProtection: c.Bool("termination-protection"), Timeout: c.Duration("timeout"), Detach: c.Bool("detach"),
	}}, nil
}

// stackTags joins the configuration's tags with those of --tag, which win.
func stackTags(configured map[string]string, flags []string) (map[string]string, error) {
	tags := map[string]string{}
	for key, value := range configured {
		tags[key] = value
	}
	given := map[string]bool{}
	for _, flag := range flags {
		key, value, ok := strings.Cut(flag, "=")
		switch {
		case !ok:
			return nil, usagef("--tag %q is no KEY=VALUE", flag)
		case given[key]:
			return nil, usagef("--tag %s is given twice", key)
		}
		given[key], tags[key] = true, value
	}
	if problems := iam.TagProblems(tags); len(problems) > 0 {
		return nil, usagef("the tags of the stack: %s", strings.Join(problems, "; "))
	}
	return tags, nil
}

// connect finds the account, and says where the command works, before anything
// happens.
func (d *stackCommand) connect(c *cli.Context) error {
	where, err := d.account(c, d.loaded.Configuration.Spec.Region)
	if err != nil {
		return err
	}
	d.where = where
	d.talk.say("%s, stack %s", where, d.request.StackName)
	if partition := d.loaded.Configuration.Spec.Partition; partition != where.partition() {
		return usageError{hinted{fmt.Errorf("the account is in partition %s, but the template is for %s", where.partition(), partition),
			"set spec.partition to " + where.partition() + " in the configuration, or use credentials of the other partition"}}
	}
	config, err := where.config(c.Context, "CLOUDFORMATION")
	if err != nil {
		return err
	}
	d.follower = d.follow()
	d.manager = &cfnstack.Manager{
		API: cloudformation.NewFromConfig(config), Refresh: where.credentials.Refresh,
		Observe: d.observe, Confirm: func(ctx context.Context, q cfnstack.Question) (bool, error) { return d.confirm(ctx, c, q) },
	}
	return nil
}

// observe shows what happens.
func (d *stackCommand) observe(p cfnstack.Progress) {
	switch p.Stage {
	case cfnstack.StagePlanned:
		d.follower.expect(len(p.ChangeSet.Changes))
		if p.ChangeSet.NoChanges || !d.showsPlan {
			return
		}
		// A template of somebody else's may be one that cannot be compared; the
		// resources are shown all the same.
		plan, err := d.plan(p.ChangeSet)
		if err != nil {
			d.follower.say("the permissions cannot be compared: %v", err)
		}
		d.show(plan.text(mostPermissions))
	case cfnstack.StagePreparing:
		if p.Preparation.Action != cfnstack.ActionReuse {
			d.follower.resume()
		}
		d.follower.say("%s", preparationText(p.Preparation))
	case cfnstack.StageKeeping:
		d.follower.resume()
		d.follower.say("stack %s is updated first, so that it keeps what is to stay", p.StackName)
	case cfnstack.StageFollowing:
		d.follower.resume()
		d.follower.say("stack %s is %s: following it to its end first", p.StackName, p.Status)
	case cfnstack.StageReplanning:
		d.follower.say("the stack changed meanwhile: planning anew")
	case cfnstack.StageStarted:
		d.follower.forget()
		d.follower.resume()
		d.follower.say("started, stack ID %s", p.StackID)
	case cfnstack.StageEvent:
		d.follower.event(*p.Event)
	case cfnstack.StageDiscarding:
		d.discarding(p.Leftover)
	case cfnstack.StageLeft:
		d.left(p.Leftover)
	case cfnstack.StageSwept:
		d.swept(p.Leftover)
	case cfnstack.StageSweepFailed:
		d.follower.warn("cannot tell whether an earlier run left change sets of stack %s: %s", p.StackName, p.Problem)
	case cfnstack.StageRetrying:
		d.follower.say("%s; trying again in %v", p.Problem, p.Wait.Round(time.Second))
	}
}

// preparationText says what is done before the stack can be changed.
func preparationText(p *cfnstack.Preparation) string {
	text := "the stack is " + p.Status
	switch p.Action {
	case cfnstack.ActionReuse:
		return text + ", empty, and is used"
	case cfnstack.ActionDelete:
		if p.Protected {
			return text + " and would have to be deleted first, but has termination protection"
		}
		if len(p.Resources) == 0 {
			return text + " and has no resources: it is deleted and created anew"
		}
		return fmt.Sprintf("%s with %d resources: it is deleted and created anew", text, len(p.Resources))
	case cfnstack.ActionContinueRollback:
		return text + ": its rollback is continued"
	case cfnstack.ActionFollow:
		return text + ": it is followed to its end"
	}
	return text + ", and cannot be changed"
}

// mostPermissions is how many permissions a deployment shows; "plan" shows all.
const mostPermissions = 40

// show prints a text of several lines above the progress.
func (d *stackCommand) show(text string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\n"); line != "" {
			d.follower.say("%s", line)
		}
	}
}

// confirm gets a yes: from --yes, or from the person.
func (d *stackCommand) confirm(ctx context.Context, c *cli.Context, q cfnstack.Question) (bool, error) {
	d.follower.pause()
	d.show(questionText(q))
	// A plan that was not shown before the yes was given needs another.
	if c.Bool("yes") && q.Kind != cfnstack.QuestionApplyChanged {
		return true, nil
	}
	if !d.questions.Possible() {
		return false, nil
	}
	answer, err := d.ask(ctx, `Type "yes" to continue: `)
	if errors.Is(err, terminal.ErrNoAnswer) {
		return false, nil
	}
	return answer == "yes", err
}

// questionText says what a yes would do.
func questionText(q cfnstack.Question) string {
	var b strings.Builder
	verb := map[cfnstack.QuestionKind]string{
		cfnstack.QuestionApply:            "these resources would be removed or replaced:",
		cfnstack.QuestionApplyChanged:     "the stack was changed meanwhile, and the plan above is another than before; it removes or replaces:",
		cfnstack.QuestionContinueRollback: "the rollback of the last update would be continued; it failed at:",
		cfnstack.QuestionDeleteFailed:     "the stack would be deleted and created anew; it still has:",
		cfnstack.QuestionDelete:           "the stack would be deleted, with:",
	}[q.Kind]
	fmt.Fprintf(&b, "stack %s", q.StackName)
	if q.Status != "" {
		fmt.Fprintf(&b, " is %s", q.Status)
	}
	fmt.Fprintf(&b, ": %s\n", verb)
	for _, change := range q.Changes {
		fmt.Fprintf(&b, "  %s %s (%s %s)\n", newChange(change).Action, change.LogicalID, change.Type, change.PhysicalID)
	}
	for _, resource := range q.Resources {
		fmt.Fprintf(&b, "  %s (%s %s)", resource.LogicalID, resource.Type, resource.PhysicalID)
		if resource.Reason != "" && strings.HasSuffix(resource.Status, "_FAILED") {
			fmt.Fprintf(&b, ": %s", resource.Reason)
		}
		b.WriteString("\n")
	}
	for _, name := range q.ChangeSets {
		fmt.Fprintf(&b, "  change set %s, which is not executed yet\n", name)
	}
	if q.ChangeSetsErr != nil {
		fmt.Fprintf(&b, "  and its change sets, which cannot be listed: %v\n", q.ChangeSetsErr)
	}
	if len(q.Changes)+len(q.Resources)+len(q.ChangeSets) == 0 && q.ChangeSetsErr == nil {
		b.WriteString("  nothing\n")
	}
	for _, resource := range q.Retained {
		fmt.Fprintf(&b, "  kept: %s (%s %s)\n", resource.LogicalID, resource.Type, resource.PhysicalID)
	}
	if len(q.Updates) > 0 {
		var names []string
		for _, resource := range q.Updates {
			names = append(names, resource.LogicalID)
		}
		fmt.Fprintf(&b, "before that the stack would be updated: DeletionPolicy Retain for %s, and nothing else\n", strings.Join(names, ", "))
	}
	return b.String()
}

// plan makes the plan that people see of a change set.
func (d *stackCommand) plan(set *cfnstack.ChangeSet) (plan, error) {
	deployed := set.Deployed
	if set.Preparation != nil && set.Preparation.Action == cfnstack.ActionDelete {
		deployed = "" // it is created anew
	}
	permissions, err := permissionsBetween(deployed, set.Template, d.loaded.Template.Release)
	return newPlan(set, d.where, permissions), err
}

// explain gives the errors of the stack the hints for this command line, and
// names what failed besides the cause.
func (d *stackCommand) explain(err error) error {
	if failure, ok := errors.AsType[*cfnstack.Failure](err); ok {
		for _, event := range failure.Others {
			d.talk.warn("failed too: %s", eventLine(event))
		}
	}
	if interrupted, ok := errors.AsType[*cfnstack.Interrupted](err); ok && errors.Is(err, context.Canceled) {
		// The error itself is only that of Ctrl-C.
		if interrupted.Status != "" {
			d.talk.say("stack %s is %s", interrupted.StackName, interrupted.Status)
		}
		for _, event := range interrupted.Failed {
			d.talk.warn("failed: %s", eventLine(event))
		}
	}
	hint := stackHint(err, d.situation())
	if declined, ok := errors.AsType[*cfnstack.Declined](err); ok && !d.questions.Possible() && declined.Question.Kind != cfnstack.QuestionApplyChanged {
		return hinted{declined, "pass --yes to go on: " + hint}
	}
	if hint == "" {
		return err
	}
	return hinted{err, hint}
}

// report prints the stack at the end.
func (d *stackCommand) report(c *cli.Context, outcome *cfnstack.Outcome) error {
	switch outcome.Result {
	case cfnstack.ResultNone:
		d.talk.say("no changes: stack %s is as the template says", outcome.StackName)
	case cfnstack.ResultStarted:
		d.talk.say("started: the same command without --detach follows it")
		if c.String("output") == "json" {
			return d.print(render.JSON(map[string]any{"stack": outcome.StackName, "stackID": outcome.StackID, "result": string(outcome.Result)}))
		}
		return d.print([]byte(printable(outcome.StackID) + "\n"))
	default:
		d.talk.say("stack %s is %s, after %v", outcome.StackName, outcome.Result, outcome.Took.Round(time.Second))
	}
	for _, event := range outcome.Left {
		d.talk.warn("left behind, and no longer in the stack: %s", eventLine(event))
	}
	if c.String("output") == "json" {
		return d.print(render.JSON(d.deployed(outcome)))
	}
	return d.print([]byte(resourceTable(outcome.Stack, terminal.Width(d.Stdout))))
}

// deployedStack is the stack at the end, for programs.
type deployedStack struct {
	Stack     string             `json:"stack"`
	StackID   string             `json:"stackID"`
	Account   string             `json:"account"`
	Region    string             `json:"region"`
	Result    string             `json:"result"`
	Status    string             `json:"status"`
	Resources []deployedResource `json:"resources"`
}

type deployedResource struct {
	LogicalID string `json:"logicalID"`
	Type      string `json:"type"`
	Name      string `json:"name"`
	ARN       string `json:"arn,omitempty"`
	Status    string `json:"status"`
}

func (d *stackCommand) deployed(outcome *cfnstack.Outcome) deployedStack {
	s := deployedStack{
		Stack: outcome.StackName, StackID: outcome.StackID, Account: d.where.identity.Account, Region: d.where.region,
		Result: string(outcome.Result), Status: outcome.Stack.Status, Resources: []deployedResource{},
	}
	for _, resource := range outcome.Stack.Resources {
		s.Resources = append(s.Resources, deployedResource{
			LogicalID: resource.LogicalID, Type: resource.Type, Name: iam.NameOf(resource.PhysicalID), Status: resource.Status,
			ARN: d.loaded.Template.ARN(resource.LogicalID, resource.PhysicalID, d.where.partition(), d.where.identity.Account),
		})
	}
	return s
}

// resourceTable is the resources of a stack for people: a line for each, or
// two where the width of the terminal does not do.
func resourceTable(stack *cfnstack.Stack, width int) string {
	var table terminal.Table
	table.Row("LOGICAL ID", "TYPE", "NAME", "STATUS")
	for _, resource := range stack.Resources {
		table.Row(printable(resource.LogicalID), printable(resource.Type), printable(iam.NameOf(resource.PhysicalID)), printable(resource.Status))
	}
	if text := table.String(); terminal.Fits(text, width) {
		return text
	}
	var b strings.Builder
	for _, resource := range stack.Resources {
		fmt.Fprintf(&b, "%s  %s\n  %s %s\n", printable(resource.Status), printable(resource.LogicalID), shortType(resource.Type), printable(iam.NameOf(resource.PhysicalID)))
	}
	return b.String()
}
