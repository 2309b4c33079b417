package cfnstack

// This file deletes a stack, except for the resources to retain.

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// DeleteRequest describes a deletion.
type DeleteRequest struct {
	StackName string
	// Retain lists the logical IDs of the resources to retain.
	Retain []string
	// RoleARN is the service role; empty means the stack's current one.
	RoleARN string
	// Timeout limits the whole operation; 0 means 30 minutes.
	Timeout time.Duration
	// Detach makes Delete return as soon as the deletion has started.
	Detach bool
}

// Delete deletes a stack after confirmation, and follows the deletion to its
// end unless request.Detach is set. It succeeds for a stack that does not exist
// ([ResultAbsent]).
//
// Delete never deletes the resources to retain. CloudFormation accepts a list
// of them only for a stack whose deletion failed. In any other stack, an update
// first gives them the DeletionPolicy Retain, unless their DeletionPolicy
// already retains them. If the status of the stack does not allow this update,
// the error is a [*Stuck].
func (m *Manager) Delete(ctx context.Context, request DeleteRequest) (*Outcome, error) {
	ctx, cancel := withTimeout(ctx, request.Timeout)
	defer cancel()
	r := &run{Manager: m, name: request.StackName}
	races, deletedID, isSwept := 0, "", false
	for {
		stack, err := r.stack(ctx, r.name)
		if err != nil {
			return nil, err
		}
		if stack == nil {
			outcome := &Outcome{Result: ResultAbsent, StackName: r.name, StackID: deletedID}
			if deletedID != "" {
				outcome.Result = ResultDeleted // by the deletion that this run followed
				if err := r.checkRetained(ctx, deletedID, request.Retain); err != nil {
					return nil, err
				}
			}
			return outcome, nil
		}
		if !isSwept {
			if err := r.sweep(ctx, stack); err != nil {
				return nil, err
			}
			isSwept = true
		}
		r.id = stack.ID
		if stateOf(stack.Status).before == ActionFollow {
			deleting := stack.Status == "DELETE_IN_PROGRESS"
			if err := r.followOther(ctx, stack); err != nil {
				return nil, err
			}
			if deleting {
				deletedID = stack.ID
			}
			continue
		}
		outcome, err := r.delete(ctx, request, stack)
		if err != nil {
			if err := r.retryAfterRace(ctx, &races, err); err != nil {
				return nil, err
			}
			continue
		}
		return outcome, nil
	}
}

// checkRetained returns an error when a deletion that this run did not start
// may have deleted resources to retain.
func (r *run) checkRetained(ctx context.Context, stack string, retain []string) error {
	if len(retain) == 0 {
		return nil
	}
	r.id = stack
	remaining, err := r.resources(ctx)
	if err != nil {
		return err
	}
	lost := slices.DeleteFunc(slices.Clone(retain), func(id string) bool {
		return slices.ContainsFunc(remaining, func(resource Resource) bool { return resource.LogicalID == id && resource.Status == "DELETE_SKIPPED" })
	})
	if len(lost) > 0 {
		return &Deleted{StackName: r.name, StackID: stack, Lost: lost}
	}
	return nil
}

func (r *run) delete(ctx context.Context, request DeleteRequest, stack *Stack) (*Outcome, error) {
	if stack.TerminationProtection {
		return nil, &Protected{r.name, r.id}
	}
	resources, err := r.resources(ctx)
	if err != nil {
		return nil, err
	}
	isRetained, unread, err := r.retainedByTemplate(ctx)
	if err != nil {
		return nil, err
	}
	deleted, retained, err := splitRetained(resources, request.Retain, isRetained, r.name)
	if err != nil {
		return nil, err
	}
	var retain []string    // IDs to retain, without those that a DeletionPolicy already retains
	var updates []Resource // the resources that need an update of the stack
	for _, resource := range retained {
		if isRetained[resource.LogicalID] {
			continue
		}
		retain = append(retain, resource.LogicalID)
		if stack.Status != "DELETE_FAILED" {
			updates = append(updates, resource)
		}
	}
	if len(retain) > 0 && stack.Status != "DELETE_FAILED" && stateOf(stack.Status).before != ActionNone {
		return nil, &Stuck{r.name, r.id, stack.Status, "in this state CloudFormation cannot retain " + strings.Join(retain, ", "), resources}
	}
	q := Question{Kind: QuestionDelete, StackName: r.name, StackID: r.id, Status: stack.Status, Root: stack.Root, Resources: deleted, Retained: retained, RetainedErr: unread, Updates: updates}
	q.ChangeSets, q.ChangeSetsErr = r.pendingChangeSets(ctx)
	if err := r.ask(ctx, q); err != nil {
		return nil, err
	}
	// The user may have taken long to answer. The confirmation covers only the
	// stack as shown.
	current, err := r.stackIfUnchanged(ctx, stack, resources, q)
	if err != nil {
		return nil, err
	}
	if current == nil {
		return nil, raceError{error: fmt.Errorf("deleting stack %s: the stack changed after the confirmation prompt", r.name)}
	}
	if current.TerminationProtection {
		return nil, &Protected{r.name, r.id}
	}
	if len(retain) > 0 && stack.Status != "DELETE_FAILED" {
		r.observe(Progress{Stage: StageKeeping, StackName: r.name, StackID: r.id, Status: current.Status})
		if err := r.setRetain(ctx, current, retain, request.RoleARN); err != nil {
			return nil, err
		}
		retain = nil // the template retains them now
	}
	outcome, err := r.deleteAndFollow(ctx, request, retain, retained)
	if outcome != nil {
		outcome.RetainedErr = unread
	}
	return outcome, err
}

// deleteAndFollow deletes the stack, and follows the deletion to its end unless
// request.Detach is set.
func (r *run) deleteAndFollow(ctx context.Context, request DeleteRequest, retain []string, retained []Resource) (*Outcome, error) {
	start := time.Now()
	outcome := &Outcome{Result: ResultDeleted, StackName: r.name, StackID: r.id, Retained: retained}
	f, err := r.startDeletion(ctx, retain, request.RoleARN)
	if err != nil {
		return nil, err
	}
	r.observe(Progress{Stage: StageStarted, StackName: r.name, StackID: r.id})
	if request.Detach {
		outcome.Result = ResultStarted
		return outcome, nil
	}
	status, err := f.follow(ctx)
	if err != nil {
		return nil, err
	}
	if status != "DELETE_COMPLETE" {
		return nil, operationFailure("deleting stack "+r.name, r, status, f.events)
	}
	outcome.Events, outcome.Took = f.events, time.Since(start)
	return outcome, nil
}

// stackIfUnchanged returns the current stack, or nil when it is no longer the
// stack that the question described. It reads the stack last: status and time
// of the last update show whether the earlier reads are still valid.
func (r *run) stackIfUnchanged(ctx context.Context, stack *Stack, resources []Resource, q Question) (*Stack, error) {
	reread, err := r.resources(ctx)
	if err != nil {
		return nil, err
	}
	pending, err := r.pendingChangeSets(ctx)
	if err != nil && q.ChangeSetsErr == nil {
		return nil, err
	}
	current, err := r.stack(ctx, r.id)
	if err != nil {
		return nil, err
	}
	isSameResource := func(a, b Resource) bool { return a.LogicalID == b.LogicalID && a.PhysicalID == b.PhysicalID }
	if current == nil || current.Status != stack.Status || !current.updated.Equal(stack.updated) ||
		!slices.Equal(pending, q.ChangeSets) || !slices.EqualFunc(reread, resources, isSameResource) {
		return nil, nil
	}
	return current, nil
}

// retainedByTemplate returns the logical IDs of the resources that the stack's
// template retains on deletion. If unread is not nil, there may be others:
// CloudFormation refused to return the template, or [Retained] failed. err is
// any other error, such as a timeout or expired credentials.
func (r *run) retainedByTemplate(ctx context.Context) (kept map[string]bool, unread, err error) {
	template, err := r.template(ctx, r.id)
	if err != nil {
		if classify(err) != verdictFinal {
			return nil, nil, err
		}
		return nil, err, nil
	}
	kept, unread = Retained(template)
	return kept, unread, nil
}

// splitRetained separates the resources to delete from the retained resources.
// A resource is retained if retain has its logical ID, or because of its
// DeletionPolicy. Resources that an earlier deletion retained (DELETE_SKIPPED)
// are in neither result. An ID that the stack does not have is an error, because
// it may be a typo.
func splitRetained(resources []Resource, retain []string, isRetained map[string]bool, stack string) (deleted, retained []Resource, err error) {
	var ids []string
	for _, resource := range resources {
		ids = append(ids, resource.LogicalID)
		if resource.Status == "DELETE_SKIPPED" {
			continue
		}
		if isRetained[resource.LogicalID] || slices.Contains(retain, resource.LogicalID) {
			retained = append(retained, resource)
		} else {
			deleted = append(deleted, resource)
		}
	}
	for _, id := range retain {
		if !slices.Contains(ids, id) {
			return nil, nil, &NotInStack{stack, id, ids}
		}
	}
	return deleted, retained, nil
}

// setRetain updates the stack so that its deletion retains the resources with
// these logical IDs, and verifies the result.
func (r *run) setRetain(ctx context.Context, stack *Stack, ids []string, role string) error {
	operation := "retaining resources of stack " + r.name
	template, err := r.template(ctx, r.id)
	if err != nil {
		return err
	}
	missing, err := notRetained(template, ids)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if len(missing) == 0 {
		return nil
	}
	template, err = withRetain(template, missing)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if len(template) > maxTemplateBytes {
		return fmt.Errorf("%s: with a DeletionPolicy for the resources to retain, the template has %d bytes; CloudFormation accepts at most %d in a request", operation, len(template), maxTemplateBytes)
	}
	in := &cloudformation.CreateChangeSetInput{
		StackName: aws.String(r.name), TemplateBody: aws.String(template), ChangeSetType: types.ChangeSetTypeUpdate,
		Capabilities: capabilities, // the tags stay unchanged
	}
	for _, name := range stack.Parameters {
		in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: aws.String(name), UsePreviousValue: aws.Bool(true)})
	}
	if role != "" {
		in.RoleARN = aws.String(role)
	}
	plan := &ChangeSet{StackName: r.name, run: r, Template: template, expectedStackID: stack.ID}
	if err := plan.create(ctx, in); err != nil {
		plan.Discard(ctx)
		return err
	}
	if err := checkOnlyRetains(plan, missing); err != nil {
		plan.Discard(ctx)
		return fmt.Errorf("%s: %w; nothing was changed", operation, err)
	}
	f, err := r.execute(ctx, plan, operation)
	if err != nil {
		plan.Discard(ctx)
		return err
	}
	status, err := f.follow(ctx)
	if err != nil {
		return err
	}
	if status != "UPDATE_COMPLETE" {
		return operationFailure(operation, r, status, f.events)
	}
	if template, err = r.template(ctx, r.id); err != nil {
		return err
	}
	missing, err = notRetained(template, ids)
	if err != nil {
		return fmt.Errorf("%s: it is unknown whether CloudFormation applied the DeletionPolicy: %w; the stack was not deleted", operation, err)
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s: CloudFormation did not apply the DeletionPolicy of %s; the stack was not deleted", operation, strings.Join(missing, ", "))
	}
	return nil
}

// checkOnlyRetains returns an error unless a change set modifies only the
// resources with these logical IDs, and none of their properties. Dynamic
// changes of other resources are allowed.
func checkOnlyRetains(plan *ChangeSet, ids []string) error {
	if plan.NoChanges {
		return fmt.Errorf("CloudFormation does not count the new DeletionPolicy as a change")
	}
	for _, c := range plan.Changes {
		if c.Destroys() || c.Action != "Modify" {
			return fmt.Errorf("the change set would also change %s", c.LogicalID)
		}
		if slices.Contains(ids, c.LogicalID) {
			if slices.Contains(c.Scope, "Properties") {
				return fmt.Errorf("the change set would also change properties of %s", c.LogicalID)
			}
			continue
		}
		// Side effects of the change, such as on a resource that refers to a
		// retained one, are dynamic and turn out to change nothing.
		static := func(p PropertyChange) bool { return !p.Dynamic }
		if len(c.Properties) == 0 || slices.ContainsFunc(c.Properties, static) {
			return fmt.Errorf("the change set would also change %s", c.LogicalID)
		}
	}
	return nil
}
