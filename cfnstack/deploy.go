package cfnstack

// This file deploys: prepare, plan, ask, execute, follow.

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// Outcome is how an operation ended well.
type Outcome struct {
	Result             Result
	StackName, StackID string
	// Stack is the stack afterwards, with its resources; nil when it is gone or
	// the operation was detached.
	Stack *Stack
	// ChangeSet is what was executed, or what found no changes.
	ChangeSet *ChangeSet
	// Events are those of the operation, in their order.
	Events []Event
	// Retained are the resources that a deletion left; RetainedErr is why they are unknown, except for those that were named, nil when they are.
	Retained    []Resource
	RetainedErr error
	// Left are events of resources that could not be removed although the
	// operation succeeded: CloudFormation forgets them, and they stay.
	Left []Event
	// Took is how long CloudFormation worked, as this machine saw it.
	Took time.Duration
}

// Result is what an operation did.
type Result string

// The results.
const (
	ResultNone    Result = "unchanged"
	ResultCreated Result = "created"
	ResultUpdated Result = "updated"
	ResultDeleted Result = "deleted"
	ResultAbsent  Result = "absent"  // there was nothing to delete
	ResultStarted Result = "started" // detached
)

// Deploy creates or updates a stack through a change set, and follows it to
// its end. No changes is success.
func (m *Manager) Deploy(ctx context.Context, request Request) (*Outcome, error) {
	ctx, cancel := begin(ctx, request.Timeout)
	defer cancel()
	r := &run{Manager: m, name: request.StackName}
	accepted, races, swept := "", 0, false
	for {
		stack, err := r.stack(ctx, r.name)
		if err != nil {
			return nil, err
		}
		if stack != nil && !swept {
			if err := r.sweep(ctx, stack); err != nil {
				return nil, err
			}
			swept = true
		}
		p, err := r.preparation(ctx, stack)
		switch {
		case err != nil:
			return nil, err
		case p == nil:
		case p.Action == ActionFollow:
			if err := r.settle(ctx, stack); err != nil {
				return nil, err
			}
			continue
		case p.Action == ActionReuse:
			m.observe(Progress{Stage: StagePreparing, StackName: r.name, StackID: stack.ID, Status: stack.Status, Preparation: p})
		default:
			if err := r.prepare(ctx, p, request.RoleARN); err != nil {
				if err := r.again(ctx, &races, err); err != nil {
					return nil, err
				}
			}
			continue
		}
		plan, err := r.plan(ctx, request, stack)
		if err != nil {
			if err := r.again(ctx, &races, err); err != nil {
				return nil, err
			}
			continue
		}
		m.observe(Progress{Stage: StagePlanned, StackName: r.name, StackID: plan.StackID, ChangeSet: plan})
		if plan.NoChanges {
			return r.unchanged(ctx, request, plan)
		}
		if plan.Create && request.Detach && request.TerminationProtection {
			plan.Discard(ctx)
			return nil, fmt.Errorf("creating stack %s: termination protection cannot be enabled without waiting for the end: a failed creation could then not be deleted", r.name)
		}
		if err := r.accept(ctx, plan, &accepted); err != nil {
			plan.Discard(ctx)
			return nil, err
		}
		outcome, err := r.apply(ctx, request, plan)
		if _, race := errors.AsType[errRace](err); race {
			plan.Discard(ctx)
			if err := r.again(ctx, &races, err); err != nil {
				return nil, err
			}
			continue
		}
		return outcome, err
	}
}

// accept asks for confirmation when a plan needs one: because it removes or replaces
// something, or because another plan was accepted before.
func (r *run) accept(ctx context.Context, plan *ChangeSet, accepted *string) error {
	is := plan.fingerprint()
	if is == *accepted {
		return nil
	}
	destroys := plan.Destroys()
	if *accepted != "" || len(destroys) > 0 {
		q := Question{Kind: QuestionApply, StackName: r.name, StackID: plan.StackID, ChangeSet: plan, Changes: destroys}
		if *accepted != "" {
			q.Kind = QuestionApplyChanged
		}
		if err := r.ask(ctx, q); err != nil {
			return err
		}
	}
	*accepted = is
	return nil
}

// unchanged ends a deployment that found nothing to do.
func (r *run) unchanged(ctx context.Context, request Request, plan *ChangeSet) (*Outcome, error) {
	plan.Discard(ctx)
	stack, err := r.Describe(ctx, r.name)
	if err != nil {
		return nil, err
	}
	outcome := &Outcome{Result: ResultNone, StackName: r.name, Stack: stack, ChangeSet: plan}
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

// apply executes a plan and follows it to its end. When the plan could not be
// executed any more, the error is an errRace and nothing was changed.
func (r *run) apply(ctx context.Context, request Request, plan *ChangeSet) (*Outcome, error) {
	doing, result := "updating stack "+r.name, ResultUpdated
	if plan.Create {
		doing, result = "creating stack "+r.name, ResultCreated
	}
	begun := time.Now()
	f, err := r.execute(ctx, plan, doing)
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
	outcome.Events, outcome.Took = f.events, time.Since(begun)
	outcome.Left = failures(f.events)
	switch status {
	case "CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE":
	default:
		return nil, failure(doing, r, status, f.events)
	}
	outcome.Result = result
	r.started = false // what follows is repeated for a short time only
	if request.TerminationProtection {
		if err := r.protect(ctx, r.id); err != nil {
			return outcome, fmt.Errorf("stack %s is %s, but not protected: %w", r.name, result, err)
		}
	}
	outcome.Stack, err = r.Describe(ctx, r.id)
	switch {
	case err != nil:
		return outcome, fmt.Errorf("stack %s is %s, but its resources cannot be listed: %w", r.name, result, err)
	case outcome.Stack == nil:
		return outcome, &Deleted{StackName: r.name, StackID: r.id}
	}
	return outcome, nil
}

// execute executes a change set.
func (r *run) execute(ctx context.Context, plan *ChangeSet, doing string) (*follower, error) {
	r.id = plan.StackID
	f, err := r.follower(ctx)
	if err != nil {
		plan.Discard(ctx)
		return nil, err
	}
	// From here on it is unknown any more that nothing has started.
	r.started = true
	_, ambiguous, err := callTwice(ctx, r, r.API.ExecuteChangeSet, &cloudformation.ExecuteChangeSetInput{
		ChangeSetName: aws.String(plan.ID), ClientRequestToken: aws.String(r.token),
	})
	if err == nil {
		return f, nil
	}
	if ambiguous && inTheWay(err) {
		executed, unknown := plan.executed(ctx)
		if executed {
			return f, nil
		}
		if unknown != nil {
			r.started = false
			plan.Discard(ctx)
			return nil, r.unconfirmed(doing, true, unknown)
		}
	}
	r.started = false
	switch {
	case inTheWay(err):
		return nil, errRace{error: refused(doing, r, err)}
	case ambiguous:
		// The request may yet be carried out. Removing the change set keeps it
		// from that, or fails because it was.
		plan.Discard(ctx)
		return nil, r.unconfirmed(doing, true, err)
	}
	plan.Discard(ctx)
	return nil, refused(doing, r, err)
}

// executed says whether the change set is being executed, or was. Its name is
// known to this run alone: that was our request.
func (c *ChangeSet) executed(ctx context.Context) (bool, error) {
	in := &cloudformation.DescribeChangeSetInput{}
	in.ChangeSetName, in.StackName = c.key()
	out, err := call(ctx, c.run, c.run.API.DescribeChangeSet, in)
	switch {
	case err == nil:
		return isExecuted(out.ExecutionStatus), nil
	case absent(err):
		return false, nil
	}
	return false, err
}
