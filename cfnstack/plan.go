package cfnstack

// This file makes change sets, reads them, and removes them again.

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// ChangeSet is a plan: what a deployment would do.
type ChangeSet struct {
	StackName, StackID string
	Name, ID           string
	// Create: there is no stack yet, or only an empty one of a change set.
	Create bool
	// NoChanges: CloudFormation found nothing to do.
	NoChanges bool
	// Changes are in CloudFormation's order. They may be empty though there is
	// something to do: new tags, or new outputs.
	Changes []Change
	// TagsBefore and TagsAfter are the tags of the stack.
	TagsBefore, TagsAfter map[string]string
	// Preparation is what has to be done before anything else; nil when the
	// stack is ready. There is no change set then: for a stack that would be
	// created anew, Changes are those of FirstDeployment.
	Preparation *Preparation
	// Deployed is the template the stack has now, "" for none; Template is the
	// one it would get.
	Deployed, Template string

	run       *run
	madeStack bool // the change set made the stack, which is empty
	// expect is the ID of the stack that was looked at; another of the same name
	// may be there by now. "" when there was none.
	expect string
}

// Change is what happens to one resource.
type Change struct {
	// Action is Add, Modify, Remove, Import or Dynamic (not known before the
	// change set is executed).
	Action     string
	LogicalID  string
	PhysicalID string
	Type       string
	// Replacement of a Modify: True, False or Conditional.
	Replacement string
	// Policy is what happens to the resource that goes: Delete, Retain,
	// Snapshot, or these with ReplaceAnd before them. Often empty.
	Policy string
	// Scope names the attributes that change: Properties, Tags, DeletionPolicy.
	Scope      []string
	Properties []PropertyChange
}

// PropertyChange is one property of a resource that changes.
type PropertyChange struct {
	// Attribute is Properties, Tags, Metadata, DeletionPolicy and the like; Name
	// is the property's name, and Path its place ("/Properties/RoleName"). Path
	// is empty when the server does not give values.
	Attribute, Name, Path string
	// Change is Add, Remove or Modify; empty when the server does not say.
	Change string
	// Before and After are JSON or text, and nil when there is none or the
	// server does not say. CloudFormation cuts off large values.
	Before, After *string
	// Recreation is Never, Conditionally or Always.
	Recreation string
	// Dynamic: the new value is not known before the change set is executed.
	Dynamic bool
	// Cause is what makes the change when the template does not: a parameter, or
	// an attribute of another resource.
	Cause string
}

// Destroys says whether the resource that exists is removed or replaced, or
// may be. A resource that is removed from the stack but kept counts too: it
// leaves the hands of the stack.
func (c Change) Destroys() bool {
	return c.Action == "Remove" || c.Action == "Dynamic" || c.Replacement == "True" || c.Replacement == "Conditional" ||
		strings.HasPrefix(c.Policy, "ReplaceAnd")
}

// Destroys returns the changes that remove or replace a resource that exists,
// or may do so.
func (c *ChangeSet) Destroys() []Change {
	var all []Change
	for _, change := range c.Changes {
		if change.Destroys() {
			all = append(all, change)
		}
	}
	return all
}

// TagChange is one tag of the stack that changes; nil means absent.
type TagChange struct {
	Key           string
	Before, After *string
}

// TagChanges returns the tags of the stack that change, sorted by key.
func (c *ChangeSet) TagChanges() []TagChange {
	keys := maps.Clone(c.TagsBefore)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, c.TagsAfter)
	var all []TagChange
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		before, had := c.TagsBefore[key]
		after, has := c.TagsAfter[key]
		if had == has && before == after {
			continue
		}
		change := TagChange{Key: key}
		if had {
			change.Before = &before
		}
		if has {
			change.After = &after
		}
		all = append(all, change)
	}
	return all
}

// fingerprint is equal for plans that do the same to the same stack. The
// template that is deployed is part of it, because values of properties may be
// cut off.
func (c *ChangeSet) fingerprint() string {
	stack := c.StackID
	if c.Create {
		stack = ""
	}
	text, err := json.Marshal([]any{c.Create, c.NoChanges, stack, c.Changes, c.TagsBefore, c.TagsAfter, c.Deployed, c.Template})
	if err != nil {
		panic("cfnstack: a plan is not encodable: " + err.Error()) // only texts and booleans are in it
	}
	return fmt.Sprintf("%x", sha256.Sum256(text))
}

// errRace is that another run got in the way; the caller looks again.
type errRace struct{ error }

func (e errRace) Unwrap() error { return e.error }

// Plan makes a change set for a request and reads it. It changes nothing but
// that; an operation that is under way is followed to its end first. The
// caller removes the change set with [ChangeSet.Discard], also when there are
// no changes. When there is an error nothing is left behind.
func (m *Manager) Plan(ctx context.Context, request Request) (*ChangeSet, error) {
	ctx, cancel := begin(ctx, request.Timeout)
	defer cancel()
	r := &run{Manager: m, name: request.StackName}
	if err := request.check(); err != nil {
		return nil, err
	}
	races := 0
	for {
		stack, err := r.stack(ctx, r.name)
		if err != nil {
			return nil, err
		}
		preparation, err := r.preparation(ctx, stack)
		if err != nil {
			return nil, err
		}
		if preparation != nil && preparation.Action == ActionFollow {
			if err := r.settle(ctx, stack); err != nil {
				return nil, err
			}
			continue
		}
		if preparation != nil && preparation.Action != ActionReuse {
			return r.planLater(ctx, request, stack, preparation)
		}
		plan, err := r.plan(ctx, request, stack)
		if err != nil {
			if err := r.again(ctx, &races, err); err != nil {
				return nil, err
			}
			continue
		}
		m.observe(Progress{Stage: StagePlanned, StackName: r.name, StackID: plan.StackID, ChangeSet: plan})
		return plan, nil
	}
}

// planLater is the plan for a stack that has to be prepared first, which a
// plan does not do.
func (r *run) planLater(ctx context.Context, request Request, stack *Stack, preparation *Preparation) (*ChangeSet, error) {
	plan := &ChangeSet{StackName: r.name, StackID: stack.ID, Preparation: preparation, Template: request.Template, TagsAfter: request.Tags, run: r}
	if preparation.Action == ActionDelete {
		plan.Create = true
		var err error
		plan.Changes, err = FirstDeployment(request.Template)
		if err != nil {
			return nil, err
		}
	} else {
		plan.TagsBefore = stack.Tags
	}
	r.observe(Progress{Stage: StagePlanned, StackName: r.name, StackID: stack.ID, ChangeSet: plan})
	return plan, nil
}

func (q Request) check() error {
	switch {
	case q.StackName == "":
		return errors.New("the stack has no name")
	case len(q.Template) > maxTemplateBytes:
		return fmt.Errorf("the template has %d bytes, and CloudFormation takes %d in a request", len(q.Template), maxTemplateBytes)
	}
	return nil
}

// capabilities that our change sets acknowledge: resources of IAM, with names
// of their own.
var capabilities = []types.Capability{types.CapabilityCapabilityNamedIam}

// plan makes and reads a change set for a stack that is ready, or is not
// there (nil).
func (r *run) plan(ctx context.Context, request Request, stack *Stack) (*ChangeSet, error) {
	plan := &ChangeSet{StackName: r.name, Template: request.Template, TagsAfter: request.Tags, TagsBefore: map[string]string{}, run: r}
	plan.Create = stack == nil || stack.Status == "REVIEW_IN_PROGRESS"
	if request.ImportExisting {
		template, err := adoptable(request.Template)
		if err != nil {
			return nil, err
		}
		if len(template) > maxTemplateBytes {
			return nil, fmt.Errorf("the template has %d bytes with the DeletionPolicy that adopting needs, and CloudFormation takes %d in a request", len(template), maxTemplateBytes)
		}
		plan.Template = template
	}
	in := &cloudformation.CreateChangeSetInput{
		StackName: aws.String(r.name), TemplateBody: aws.String(plan.Template), Tags: tagsFor(request.Tags),
		Capabilities: capabilities, ChangeSetType: types.ChangeSetTypeUpdate,
	}
	if request.RoleARN != "" {
		in.RoleARN = aws.String(request.RoleARN)
	}
	if request.ImportExisting {
		in.ImportExistingResources = aws.Bool(true)
	}
	if plan.Create {
		in.ChangeSetType = types.ChangeSetTypeCreate
		in.OnStackFailure = types.OnStackFailureDelete
		switch {
		case request.KeepFailed:
			in.OnStackFailure = types.OnStackFailureDoNothing
		case request.ImportExisting:
			// A rollback leaves what was adopted and deletes what was created; a
			// deletion would leave what was created too, because of its
			// DeletionPolicy RetainExceptOnCreate.
			in.OnStackFailure = types.OnStackFailureRollback
		}
	} else {
		plan.expect = stack.ID
		plan.TagsBefore = stack.Tags
		var err error
		if plan.Deployed, err = r.template(ctx, stack.ID); err != nil {
			return nil, err
		}
	}
	plan.madeStack = stack == nil
	err := plan.create(ctx, in)
	if err != nil {
		plan.Discard(ctx)
		return nil, err
	}
	return plan, nil
}

// newName returns a name for a change set or a request token that nobody else
// has.
func newName() string { return "capaboot-" + rand.Text() }

// create creates the change set, waits for it and reads it.
func (c *ChangeSet) create(ctx context.Context, in *cloudformation.CreateChangeSetInput) error {
	r := c.run
	c.Name = newName()
	in.ChangeSetName, in.ClientToken = aws.String(c.Name), aws.String(c.Name)
	doing := "planning stack " + r.name
	out, ambiguous, err := callTwice(ctx, r, r.API.CreateChangeSet, in)
	switch {
	case err == nil:
		c.ID, c.StackID = aws.ToString(out.Id), aws.ToString(out.StackId)
	case code(err) == "ValidationError" && nothingToDo(message(err)):
		c.NoChanges, c.Name = true, ""
		return nil
	case ambiguous && strings.HasPrefix(code(err), "AlreadyExists"):
		// The name is ours alone: an earlier attempt got through.
	case inTheWay(err):
		return errRace{refused(doing, r, err)}
	default:
		return refused(doing, r, err)
	}
	if c.expect != "" && c.StackID != "" && c.StackID != c.expect {
		return errRace{fmt.Errorf("%s: it was deleted and created anew meanwhile", doing)}
	}
	r.id = c.StackID
	return c.read(ctx, doing)
}

// nothingToDo says whether a reason is that there are no changes: the first is
// of change sets, the second of updates.
func nothingToDo(reason string) bool {
	return strings.Contains(reason, "didn't contain changes") || strings.Contains(reason, "No updates are to be performed")
}

// key returns how the change set is named in requests.
func (c *ChangeSet) key() (changeSet, stack *string) {
	if c.ID != "" {
		return aws.String(c.ID), nil
	}
	stackName := c.StackName
	if c.StackID != "" {
		stackName = c.StackID
	}
	return aws.String(c.Name), aws.String(stackName)
}

// read waits until the change set is made, and reads all its pages.
func (c *ChangeSet) read(ctx context.Context, doing string) error {
	r := c.run
	in := &cloudformation.DescribeChangeSetInput{IncludePropertyValues: aws.Bool(true)}
	in.ChangeSetName, in.StackName = c.key()
	wait := 500 * time.Millisecond
	var out *cloudformation.DescribeChangeSetOutput
	for {
		var err error
		out, err = call(ctx, r, r.API.DescribeChangeSet, in)
		switch {
		case err != nil && absent(err):
			return errRace{refused(doing, r, err)}
		case err != nil && in.IncludePropertyValues != nil && code(err) != "" && !isEnd(err) && Kind("") == kindOfRefusal(err):
			in.IncludePropertyValues = nil // a server that does not know it
			continue
		case err != nil:
			return refused(doing, r, err)
		}
		switch out.Status {
		case types.ChangeSetStatusCreateComplete:
			if out.ExecutionStatus == types.ExecutionStatusObsolete {
				return errRace{fmt.Errorf("%s: the stack changed meanwhile", doing)}
			}
			c.ID, c.StackID = aws.ToString(out.ChangeSetId), aws.ToString(out.StackId)
			return c.pages(ctx, doing, in, out)
		case types.ChangeSetStatusFailed:
			c.ID, c.StackID = aws.ToString(out.ChangeSetId), aws.ToString(out.StackId)
			if nothingToDo(aws.ToString(out.StatusReason)) {
				c.NoChanges = true
				return nil
			}
			return c.failed(ctx, doing, aws.ToString(out.StatusReason))
		case types.ChangeSetStatusDeletePending, types.ChangeSetStatusDeleteInProgress, types.ChangeSetStatusDeleteComplete, types.ChangeSetStatusDeleteFailed:
			return errRace{fmt.Errorf("%s: somebody removed the change set", doing)}
		}
		if !sleep(ctx, wait) {
			return refused(doing, r, ended(ctx))
		}
		wait = min(wait+500*time.Millisecond, 2*time.Second)
	}
}

// kindOfRefusal returns "" for errors that a request may get for a parameter
// the server does not know.
func kindOfRefusal(err error) Kind {
	if k := explainError(err).Kind; k != KindTemplate && k != KindUnknown {
		return k
	}
	return ""
}

// pages takes the changes of the first page and reads the others.
func (c *ChangeSet) pages(ctx context.Context, doing string, in *cloudformation.DescribeChangeSetInput, out *cloudformation.DescribeChangeSetOutput) error {
	for page := 0; ; page++ {
		for _, change := range out.Changes {
			if change.ResourceChange != nil {
				c.Changes = append(c.Changes, changeOf(change.ResourceChange))
			}
		}
		if aws.ToString(out.NextToken) == "" {
			return nil
		}
		if page > maxPages || aws.ToString(out.NextToken) == aws.ToString(in.NextToken) {
			return fmt.Errorf("%s: the pages of the change set do not end", doing)
		}
		in.NextToken = out.NextToken
		var err error
		if out, err = call(ctx, c.run, c.run.API.DescribeChangeSet, in); err != nil {
			if absent(err) {
				return errRace{refused(doing, c.run, err)}
			}
			return refused(doing, c.run, err)
		}
	}
}

func changeOf(r *types.ResourceChange) Change {
	change := Change{
		Action: string(r.Action), LogicalID: aws.ToString(r.LogicalResourceId), PhysicalID: aws.ToString(r.PhysicalResourceId),
		Type: aws.ToString(r.ResourceType), Replacement: string(r.Replacement), Policy: string(r.PolicyAction),
	}
	for _, scope := range r.Scope {
		change.Scope = append(change.Scope, string(scope))
	}
	for _, d := range r.Details {
		if d.Target == nil {
			continue
		}
		p := PropertyChange{
			Attribute: string(d.Target.Attribute), Name: aws.ToString(d.Target.Name), Path: aws.ToString(d.Target.Path),
			Change: string(d.Target.AttributeChangeType), Before: d.Target.BeforeValue, After: d.Target.AfterValue,
			Recreation: string(d.Target.RequiresRecreation), Dynamic: d.Evaluation == types.EvaluationTypeDynamic, Cause: aws.ToString(d.CausingEntity),
		}
		// A property that changes for two reasons, one static and one dynamic, is
		// given twice.
		if i := slices.IndexFunc(change.Properties, func(q PropertyChange) bool {
			return q.Attribute == p.Attribute && q.Name == p.Name && q.Path == p.Path
		}); i >= 0 {
			if change.Properties[i].Dynamic && !p.Dynamic {
				change.Properties[i] = p
			}
			continue
		}
		change.Properties = append(change.Properties, p)
	}
	return change
}

// failed is the error of a change set that CloudFormation could not make. What
// early validation found is only told by DescribeEvents.
func (c *ChangeSet) failed(ctx context.Context, doing, reason string) error {
	f := &Failure{Doing: doing, StackName: c.StackName, StackID: c.StackID, Reason: Explain(reason)}
	if f.Reason.Kind != KindValidation {
		return f
	}
	in := &cloudformation.DescribeEventsInput{Filters: &types.EventFilter{FailedEvents: aws.Bool(true)}}
	in.ChangeSetName, in.StackName = c.key()
	out, err := call(ctx, c.run, c.run.API.DescribeEvents, in)
	if err != nil {
		if cancelled(err) || isEnd(err) {
			return err
		}
		return f // what is known without it
	}
	var found []Event
	for _, e := range out.OperationEvents {
		if e.ValidationStatus != types.ValidationStatusFailed && aws.ToString(e.ValidationStatusReason) == "" {
			continue
		}
		found = append(found, Event{
			ID: aws.ToString(e.EventId), Time: aws.ToTime(e.Timestamp), LogicalID: aws.ToString(e.LogicalResourceId),
			PhysicalID: aws.ToString(e.PhysicalResourceId), Type: aws.ToString(e.ResourceType),
			Status: "VALIDATION_FAILED", Reason: aws.ToString(e.ValidationStatusReason),
		})
	}
	if len(found) > 0 {
		f.Cause, f.Others = &found[0], found[1:]
		f.Reason = Explain(found[0].Reason)
		if f.Reason.Kind == KindUnknown {
			f.Reason.Kind = KindValidation
		}
	}
	return f
}

// discardTimeout bounds the removal of a change set, which goes on after the
// caller's context has ended.
const discardTimeout = 10 * time.Second

// Discard removes the change set, and the stack that it made when that is
// still empty and nobody else has a change set for it. It works, for a short
// time, also when ctx has ended.
func (c *ChangeSet) Discard(ctx context.Context) error {
	if c.Name == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardTimeout)
	defer cancel()
	r := &run{Manager: c.run.Manager, name: c.StackName, id: c.StackID, answered: c.run.answered}
	doing := "removing the change set of stack " + c.StackName
	in := &cloudformation.DeleteChangeSetInput{}
	in.ChangeSetName, in.StackName = c.key()
	if _, err := call(ctx, r, r.API.DeleteChangeSet, in); err != nil && !absent(err) {
		return refused(doing, r, err)
	}
	if !c.madeStack {
		return nil
	}
	key := c.StackID
	if key == "" {
		key = c.StackName
	}
	stack, err := r.stack(ctx, key)
	if err != nil || stack == nil || stack.Status != "REVIEW_IN_PROGRESS" {
		return err
	}
	r.id = stack.ID
	others, err := r.changeSets(ctx, c.Name)
	if err != nil || len(others) > 0 {
		return err
	}
	// Should somebody make a change set right now, it goes with the stack; its
	// run finds that and plans anew.
	_, err = call(ctx, r, r.API.DeleteStack, &cloudformation.DeleteStackInput{StackName: aws.String(stack.ID), ClientRequestToken: aws.String(c.Name)})
	return refused(doing, r, err)
}

// changeSets returns the names of the change sets of the run's stack but for
// one.
func (r *run) changeSets(ctx context.Context, but string) ([]string, error) {
	var names []string
	in := &cloudformation.ListChangeSetsInput{StackName: aws.String(r.id)}
	for page := 0; page < maxPages; page++ {
		out, err := call(ctx, r, r.API.ListChangeSets, in)
		if err != nil {
			return nil, refused("listing the change sets of stack "+r.name, r, err)
		}
		for _, s := range out.Summaries {
			if aws.ToString(s.ChangeSetName) != but && aws.ToString(s.StackId) == r.id {
				names = append(names, aws.ToString(s.ChangeSetName))
			}
		}
		if aws.ToString(out.NextToken) == "" {
			return names, nil
		}
		in.NextToken = out.NextToken
	}
	return nil, fmt.Errorf("listing the change sets of stack %s: the pages do not end", r.name)
}
