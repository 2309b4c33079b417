package cfnstack

// This file deploys a stack: it prepares the stack, plans, asks for
// confirmation, executes the plan and follows the operation.

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// Outcome is the result of an operation that succeeded. Deploy returns it with
// an error when a step after the operation failed.
type Outcome struct {
	Result             Result
	StackName, StackID string
	// Stack is the stack after the operation, with its resources. It is nil
	// after a deletion or a detached operation, and may be nil if there is an
	// error.
	Stack *Stack
	// ChangeSet is the change set that was executed, or that has no changes;
	// nil for a deletion.
	ChangeSet *ChangeSet
	// Events are the events of the operation, in order.
	Events []Event
	// Retained are the resources that a deletion retained. When RetainedErr is
	// set, some DeletionPolicies are unknown, and the deletion may have
	// retained other resources too.
	Retained    []Resource
	RetainedErr error
	// Left are the events of the resources that a successful operation failed
	// to remove. Such a resource remains, and CloudFormation no longer manages
	// it.
	Left []Event
	// Took is how long the operation took, measured on this machine; 0 when
	// nothing was changed or the operation was detached.
	Took time.Duration
}

// Result is the effect of an operation.
type Result string

// The results.
const (
	ResultUnchanged Result = "unchanged"
	ResultCreated   Result = "created"
	ResultUpdated   Result = "updated"
	ResultDeleted   Result = "deleted"
	ResultAbsent    Result = "absent"  // there was nothing to delete
	ResultStarted   Result = "started" // detached
)

// Deploy creates or updates a stack with a change set, and follows the
// operation to its end unless request.Detach is set. A change set without
// changes is a success.
func (m *Manager) Deploy(ctx context.Context, request DeployRequest) (*Outcome, error) {
	ctx, cancel := withTimeout(ctx, request.Timeout)
	defer cancel()
	r := &run{Manager: m, name: request.StackName}
	accepted, races, isSwept := "", 0, false
	for {
		stack, err := r.stack(ctx, r.name)
		if err != nil {
			return nil, err
		}
		if stack != nil && !isSwept {
			if err := r.sweep(ctx, stack); err != nil {
				return nil, err
			}
			isSwept = true
		}
		p, err := r.preparation(ctx, stack)
		switch {
		case err != nil:
			return nil, err
		case p == nil:
		case p.Action == ActionFollow:
			if err := r.followOther(ctx, stack); err != nil {
				return nil, err
			}
			continue
		case p.Action == ActionReuse:
			m.observe(Progress{Stage: StagePreparing, StackName: r.name, StackID: stack.ID, Status: stack.Status, Preparation: p})
		default:
			if err := r.prepare(ctx, p, request.RoleARN); err != nil {
				if err := r.retryAfterRace(ctx, &races, err); err != nil {
					return nil, err
				}
			}
			continue
		}
		plan, err := r.plan(ctx, request, stack)
		if err != nil {
			if err := r.retryAfterRace(ctx, &races, err); err != nil {
				return nil, err
			}
			continue
		}
		m.observe(Progress{Stage: StagePlanned, StackName: r.name, StackID: plan.StackID, ChangeSet: plan})
		r.reportOthers(plan)
		if plan.NoChanges {
			return r.finishUnchanged(ctx, request, plan)
		}
		if plan.Create && request.Detach && request.TerminationProtection {
			plan.Discard(ctx)
			return nil, fmt.Errorf("creating stack %s: termination protection is enabled only after the creation, because a protected stack whose creation failed cannot be deleted; either do not detach, or do not enable termination protection", r.name)
		}
		if err := r.accept(ctx, plan, &accepted); err != nil {
			plan.Discard(ctx)
			return nil, err
		}
		outcome, err := r.apply(ctx, request, plan)
		if _, race := errors.AsType[raceError](err); race {
			plan.Discard(ctx)
			if err := r.retryAfterRace(ctx, &races, err); err != nil {
				return nil, err
			}
			continue
		}
		return outcome, err
	}
}

// accept asks for confirmation of a plan that removes or replaces something, that
// has risks, or that differs from the accepted plan. It does not ask again about a plan with
// the same effect as the accepted one.
func (r *run) accept(ctx context.Context, plan *ChangeSet, accepted *string) error {
	fingerprint := plan.fingerprint()
	if fingerprint == *accepted {
		return nil
	}
	destroys := plan.DestroyingChanges()
	var risks []string
	if r.Risks != nil {
		risks = r.Risks(plan)
	}
	if *accepted != "" || len(destroys)+len(risks) > 0 {
		q := Question{Kind: QuestionApply, StackName: r.name, StackID: plan.StackID, ChangeSet: plan, Changes: destroys, Risks: risks}
		if *accepted != "" {
			q.Kind = QuestionApplyChanged
		}
		if err := r.ask(ctx, q); err != nil {
			return err
		}
	}
	*accepted = fingerprint
	return nil
}

// finishUnchanged ends a deployment whose plan has no changes.
func (r *run) finishUnchanged(ctx context.Context, request DeployRequest, plan *ChangeSet) (*Outcome, error) {
	plan.Discard(ctx)
	stack, err := r.Describe(ctx, r.name)
	if err != nil {
		return nil, err
	}
	outcome := &Outcome{Result: ResultUnchanged, StackName: r.name, Stack: stack, ChangeSet: plan}
	if stack == nil {
		return nil, &Deleted{StackName: r.name}
	}
	outcome.StackID = stack.ID
	if request.TerminationProtection && !stack.TerminationProtection {
		if err := r.protect(ctx, stack.ID); err != nil {
			return outcome, err
		}
		stack.TerminationProtection = true
	}
	return outcome, nil
}

// apply executes a plan and, unless request.Detach is set, follows it until it
// ends. When the plan can no longer be executed, the error is a raceError and
// nothing was changed.
func (r *run) apply(ctx context.Context, request DeployRequest, plan *ChangeSet) (*Outcome, error) {
	operation, result := "updating stack "+r.name, ResultUpdated
	if plan.Create {
		operation, result = "creating stack "+r.name, ResultCreated
	}
	start := time.Now()
	f, err := r.execute(ctx, plan, operation)
	if err != nil {
		return nil, err
	}
	f.deletesFailed = plan.Create && !request.KeepFailed && !request.ImportExisting
	r.observe(Progress{Stage: StageStarted, StackName: r.name, StackID: r.id, ChangeSet: plan})
	outcome := &Outcome{Result: ResultStarted, StackName: r.name, StackID: r.id, ChangeSet: plan}
	if request.Detach {
		if request.TerminationProtection {
			return outcome, r.protect(ctx, r.id)
		}
		return outcome, nil
	}
	status, err := f.follow(ctx)
	if err != nil {
		return nil, err
	}
	outcome.Events, outcome.Took = f.events, time.Since(start)
	outcome.Left = failures(f.events)
	switch status {
	case "CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE":
	default:
		return nil, operationFailure(operation, r, status, f.events)
	}
	outcome.Result = result
	r.started = false // from here, faults are retried only for a short time
	if request.TerminationProtection {
		if err := r.protect(ctx, r.id); err != nil {
			return outcome, fmt.Errorf("stack %s is %s, but termination protection could not be enabled: %w", r.name, result, err)
		}
	}
	outcome.Stack, err = r.Describe(ctx, r.id)
	switch {
	case err != nil:
		return outcome, fmt.Errorf("stack %s is %s, but the stack cannot be read: %w", r.name, result, err)
	case outcome.Stack == nil:
		return outcome, &Deleted{StackName: r.name, StackID: r.id}
	}
	return outcome, nil
}

// execute starts the execution of a change set.
func (r *run) execute(ctx context.Context, plan *ChangeSet, operation string) (*follower, error) {
	r.id = plan.StackID
	f, err := r.follower(ctx)
	if err != nil {
		plan.Discard(ctx)
		return nil, err
	}
	// From here, the operation may have started.
	r.started = true
	_, ambiguous, err := callMutating(ctx, r, r.API.ExecuteChangeSet, &cloudformation.ExecuteChangeSetInput{
		ChangeSetName: aws.String(plan.ID), ClientRequestToken: aws.String(r.token),
	})
	if err == nil {
		return f, nil
	}
	if ambiguous && isConflict(err) {
		started, unknown := plan.executionStarted(ctx)
		if started {
			return f, nil
		}
		if unknown != nil {
			r.started = false
			plan.Discard(ctx)
			return nil, r.unconfirmedError(operation, true, unknown)
		}
	}
	r.started = false
	switch {
	case isConflict(err):
		return nil, raceError{error: requestFailure(operation, r, err)}
	case ambiguous:
		// The request may still be carried out. Removing the change set
		// prevents that, or fails because the execution has started.
		plan.Discard(ctx)
		return nil, r.unconfirmedError(operation, true, err)
	}
	plan.Discard(ctx)
	return nil, requestFailure(operation, r, err)
}

// executionStarted reports whether the execution of the change set has
// started. Another run does not execute this change set, because its name
// belongs to this run.
func (c *ChangeSet) executionStarted(ctx context.Context) (bool, error) {
	in := &cloudformation.DescribeChangeSetInput{}
	in.ChangeSetName, in.StackName = c.key()
	out, err := call(ctx, c.run, c.run.API.DescribeChangeSet, in)
	switch {
	case err == nil:
		return isStarted(out.ExecutionStatus), nil
	case isNotFound(err):
		return false, nil
	}
	return false, err
}
