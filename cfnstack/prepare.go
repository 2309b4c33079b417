package cfnstack

// This file prepares a stack that cannot be updated in its current state, or
// says why that is impossible.

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"capaboot/internal/deadline"
)

// Preparation is what must be done with a stack before a change set can be
// created for it.
type Preparation struct {
	Action Action
	// Status is the status of the stack, and Reason is CloudFormation's reason
	// for it.
	StackID, Status, Reason string
	// NeedsConfirmation means that a deployment asks for confirmation before the
	// preparation; see [RepairNeedsConfirmation]. It has no meaning for
	// ActionImpossible.
	NeedsConfirmation bool
	// Resources are the remaining resources of the stack that are not retained.
	// For ActionContinueRollback, they are only the resources that failed or
	// have a reason.
	Resources []Resource
	// Retained are the resources that a deletion retains because of their
	// DeletionPolicy. When RetainedErr is set, some of Resources may be retained
	// too.
	Retained    []Resource
	RetainedErr error
	// Protected means that the stack has termination protection, which
	// ActionDelete does not disable.
	Protected bool
}

// preparation returns what a deployment of a stack must do first; nil when it
// is ready or does not exist. It changes nothing.
func (r *run) preparation(ctx context.Context, stack *Stack) (*Preparation, error) {
	if stack == nil {
		return nil, nil
	}
	r.id = stack.ID
	p := &Preparation{Action: stateOf(stack.Status).before, StackID: stack.ID, Status: stack.Status, Reason: stack.Reason, Protected: stack.TerminationProtection}
	switch p.Action {
	case ActionNone:
		return nil, nil
	case ActionFollow, ActionReuse:
		return p, nil
	}
	resources, err := r.resources(ctx)
	if err != nil {
		return nil, err
	}
	var isRetained map[string]bool
	if p.Action == ActionDelete {
		if isRetained, p.RetainedErr, err = r.retainedByTemplate(ctx); err != nil {
			return nil, err
		}
	}
	for _, resource := range resources {
		switch {
		case resource.Status == "DELETE_SKIPPED": // retained, and no longer in the stack
		case p.Action == ActionContinueRollback && resource.Status != "UPDATE_FAILED" && resource.Reason == "":
		case resource.PhysicalID == "": // never created
		case isRetained[resource.LogicalID]:
			p.Retained = append(p.Retained, resource)
		default:
			p.Resources = append(p.Resources, resource)
		}
	}
	p.NeedsConfirmation = RepairNeedsConfirmation(&Stack{Status: stack.Status, Resources: resources})
	return p, nil
}

// RepairNeedsConfirmation reports whether a deployment asks for confirmation
// before it repairs a stack that needs a repair (see [RequiredPreparation]).
// After a creation that was rolled back, it asks only if resources remain.
func RepairNeedsConfirmation(stack *Stack) bool {
	remains := func(r Resource) bool { return r.Status != "DELETE_SKIPPED" && r.PhysicalID != "" }
	return stack.Status != "ROLLBACK_COMPLETE" || slices.ContainsFunc(stack.Resources, remains)
}

// prepare carries out a preparation, after confirmation if it needs one, and
// waits for the end. The caller then reads the stack again.
func (r *run) prepare(ctx context.Context, p *Preparation, role string) error {
	if p.Action == ActionImpossible {
		return &Stuck{r.name, r.id, p.Status, p.Reason, p.Resources}
	}
	if p.Action == ActionDelete && p.Protected {
		return &Protected{r.name, r.id}
	}
	if p.NeedsConfirmation {
		kind := QuestionRecreate
		if p.Action == ActionContinueRollback {
			kind = QuestionContinueRollback
		}
		q := Question{Kind: kind, StackName: r.name, StackID: p.StackID, Status: p.Status, Resources: p.Resources, Retained: p.Retained, RetainedErr: p.RetainedErr}
		if p.Action == ActionDelete {
			q.ChangeSets, q.ChangeSetsErr = r.pendingChangeSets(ctx)
		}
		if err := r.ask(ctx, q); err != nil {
			return err
		}
		// The user may have taken long to answer. The answer is only valid for
		// the status in the question.
		current, err := r.stack(ctx, p.StackID)
		if err != nil {
			return err
		}
		if current == nil || current.Status != p.Status {
			return nil
		}
	}
	r.observe(Progress{Stage: StagePreparing, StackName: r.name, StackID: p.StackID, Status: p.Status, Preparation: p})
	if p.Action == ActionDelete {
		return r.deleteAndWait(ctx, role)
	}
	return r.continueRollback(ctx, role)
}

// continueRollback continues the rollback of an update and waits for its end.
func (r *run) continueRollback(ctx context.Context, role string) error {
	operation := "continuing the rollback of stack " + r.name
	f, err := r.follower(ctx)
	if err != nil {
		return err
	}
	in := &cloudformation.ContinueUpdateRollbackInput{StackName: aws.String(r.id), ClientRequestToken: aws.String(f.token)}
	if role != "" {
		in.RoleARN = aws.String(role)
	}
	_, ambiguous, err := callMutating(ctx, r, r.API.ContinueUpdateRollback, in)
	switch {
	case err == nil:
	case isConflict(err) || errorCode(err) == "ValidationError" && r.statusChanged(ctx, "UPDATE_ROLLBACK_FAILED"):
		// The stack has changed since it was read. For example, the rollback
		// already continues, because of an earlier attempt of this run or
		// someone else's request. Read the stack again.
		if ambiguous {
			r.earlierChanges = append(r.earlierChanges, EarlierContinuedRollback)
		}
		return raceError{requestFailure(operation, r, err), ambiguous}
	default:
		return r.unconfirmedError(operation, ambiguous, err)
	}
	r.earlierChanges = append(r.earlierChanges, EarlierContinuedRollback)
	status, err := f.follow(ctx)
	r.started = false
	if err != nil {
		return err
	}
	if status != "UPDATE_ROLLBACK_COMPLETE" {
		return operationFailure(operation, r, status, f.events)
	}
	return nil
}

// statusChanged reports whether the run's stack no longer has the given status.
// A changed status explains why CloudFormation rejected a request. If the stack
// cannot be read, statusChanged returns false.
func (r *run) statusChanged(ctx context.Context, status string) bool {
	current, err := r.stack(ctx, r.id)
	return err == nil && (current == nil || current.Status != status)
}

// deleteAndWait deletes the run's stack and waits until the deletion ends.
func (r *run) deleteAndWait(ctx context.Context, role string) error {
	f, err := r.startDeletion(ctx, nil, role)
	if err != nil {
		return err
	}
	r.earlierChanges = append(r.earlierChanges, EarlierDeleted)
	status, err := f.follow(ctx)
	r.started = false
	if err != nil {
		return err
	}
	if status != "DELETE_COMPLETE" {
		return operationFailure("deleting stack "+r.name, r, status, f.events)
	}
	return nil
}

func (r *run) startDeletion(ctx context.Context, retain []string, role string) (*follower, error) {
	f, err := r.follower(ctx)
	if err != nil {
		return nil, err
	}
	f.deleting = true
	in := &cloudformation.DeleteStackInput{StackName: aws.String(r.id), ClientRequestToken: aws.String(f.token), RetainResources: retain}
	if role != "" {
		in.RoleARN = aws.String(role)
	}
	if _, ambiguous, err := callMutating(ctx, r, r.API.DeleteStack, in); err != nil {
		return nil, r.unconfirmedError("deleting stack "+r.name, ambiguous, err)
	}
	return f, nil
}

// follower returns a follower for an operation that is about to start.
func (r *run) follower(ctx context.Context) (*follower, error) {
	newest, err := r.newestEvent(ctx)
	if err != nil {
		return nil, err
	}
	r.token = newName()
	return &follower{run: r, sinceEventID: newest}, nil
}

// maxRaces limits how often an operation is planned again because someone else
// changed the stack in the meantime.
const maxRaces = 20

// raceWait returns how long to wait before reading the stack again. The wait is
// random, so that two runs do not collide again.
func raceWait() time.Duration { return time.Second + randomDuration(2*time.Second) }

// retryAfterRace waits after a raceError, and returns nil. After maxRaces
// races it returns the error of the race instead. It returns any other error
// at once.
func (r *run) retryAfterRace(ctx context.Context, races *int, err error) error {
	race, ok := errors.AsType[raceError](err)
	if !ok {
		return err
	}
	if *races++; *races > maxRaces {
		return race.error
	}
	if !race.fromThisRun {
		r.observe(Progress{Stage: StageReplanning, StackName: r.name, StackID: r.id, Err: race.error})
	}
	deadline.Sleep(ctx, raceWait()) // after ctx ends, the next request returns the reason
	return nil
}
