package cfnstack

// This file brings a stack that cannot be updated into a state in which it
// can, or says what is in the way.

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// Preparation is what has to be done with a stack before a change set can be
// made for it.
type Preparation struct {
	Action Action
	// Status is the stack's, Reason what CloudFormation says of it.
	StackID, Status, Reason string
	// NeedsYes: it is not done without a yes.
	NeedsYes bool
	// Resources are what the stack still has (ActionDelete), or those that failed
	// (ActionContinueRollback), with their reasons.
	Resources []Resource
	// Retained are those that a deletion leaves, because of their DeletionPolicy;
	// RetainedErr is why they are unknown, nil when they are.
	Retained    []Resource
	RetainedErr error
	// Protected: the stack has termination protection, which ActionDelete does not
	// lift.
	Protected bool
}

// preparation says what a deployment of a stack has to do first; nil when nothing,
// or when there is no such stack. It changes nothing.
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
	var kept map[string]bool
	if p.Action == ActionDelete {
		if kept, p.RetainedErr, err = r.kept(ctx); err != nil {
			return nil, err
		}
	}
	for _, resource := range resources {
		switch {
		case resource.Status == "DELETE_SKIPPED": // kept, and no longer the stack's
		case p.Action == ActionContinueRollback && resource.Status != "UPDATE_FAILED" && resource.Reason == "":
		case resource.PhysicalID == "": // never made
		case kept[resource.LogicalID]:
			p.Retained = append(p.Retained, resource)
		default:
			p.Resources = append(p.Resources, resource)
		}
	}
	// A creation that was rolled back left nothing, so that nothing is lost.
	p.NeedsYes = stack.Status != "ROLLBACK_COMPLETE" || len(p.Resources)+len(p.Retained) > 0
	return p, nil
}

// prepare does what a preparation says, after a yes when it needs one, and
// waits for the end. The caller looks at the stack again.
func (r *run) prepare(ctx context.Context, p *Preparation, role string) error {
	if p.Action == ActionImpossible {
		return &Stuck{r.name, r.id, p.Status, p.Reason, p.Resources}
	}
	if p.Action == ActionDelete && p.Protected {
		return &Protected{r.name, r.id}
	}
	if p.NeedsYes {
		kind := QuestionDeleteFailed
		if p.Action == ActionContinueRollback {
			kind = QuestionContinueRollback
		}
		q := Question{Kind: kind, StackName: r.name, StackID: p.StackID, Status: p.Status, Resources: p.Resources, Retained: p.Retained, RetainedErr: p.RetainedErr}
		if p.Action == ActionDelete {
			q.ChangeSets, q.ChangeSetsErr = r.pending(ctx)
		}
		if err := r.ask(ctx, q); err != nil {
			return err
		}
		// The answer may have taken long; it holds for what was asked about.
		now, err := r.stack(ctx, p.StackID)
		if err != nil {
			return err
		}
		if now == nil || now.Status != p.Status {
			return nil
		}
	}
	r.observe(Progress{Stage: StagePreparing, StackName: r.name, StackID: p.StackID, Status: p.Status, Preparation: p})
	if p.Action == ActionDelete {
		return r.remove(ctx, nil, role)
	}
	return r.continueRollback(ctx, role)
}

// continueRollback continues the rollback of an update and waits for its end.
func (r *run) continueRollback(ctx context.Context, role string) error {
	doing := "continuing the rollback of stack " + r.name
	f, err := r.follower(ctx)
	if err != nil {
		return err
	}
	in := &cloudformation.ContinueUpdateRollbackInput{StackName: aws.String(r.id), ClientRequestToken: aws.String(f.token)}
	if role != "" {
		in.RoleARN = aws.String(role)
	}
	_, ambiguous, err := callTwice(ctx, r, r.API.ContinueUpdateRollback, in)
	switch {
	case err == nil:
	case inTheWay(err) || code(err) == "ValidationError" && r.movedOn(ctx, "UPDATE_ROLLBACK_FAILED"):
		// It has begun, or somebody else did it: look again.
		if ambiguous {
			r.deeds = append(r.deeds, DeedContinuedRollback)
		}
		return errRace{refused(doing, r, err), ambiguous}
	default:
		return r.unconfirmed(doing, ambiguous, err)
	}
	r.deeds = append(r.deeds, DeedContinuedRollback)
	status, err := f.follow(ctx)
	r.started = false
	if err != nil {
		return err
	}
	if status != "UPDATE_ROLLBACK_COMPLETE" {
		return failure(doing, r, status, f.events)
	}
	return nil
}

// movedOn says whether the run's stack is seen to be in another state than it was
// in when a request was made that CloudFormation refuses.
func (r *run) movedOn(ctx context.Context, status string) bool {
	now, err := r.stack(ctx, r.id)
	return err == nil && (now == nil || now.Status != status)
}

// remove deletes the run's stack and waits for its end.
func (r *run) remove(ctx context.Context, retain []string, role string) error {
	f, err := r.startRemoval(ctx, retain, role)
	if err != nil {
		return err
	}
	r.deeds = append(r.deeds, DeedDeleted)
	status, err := f.follow(ctx)
	r.started = false
	if err != nil {
		return err
	}
	if status != "DELETE_COMPLETE" {
		return failure("deleting stack "+r.name, r, status, f.events)
	}
	return nil
}

func (r *run) startRemoval(ctx context.Context, retain []string, role string) (*follower, error) {
	f, err := r.follower(ctx)
	if err != nil {
		return nil, err
	}
	f.deleting = true
	in := &cloudformation.DeleteStackInput{StackName: aws.String(r.id), ClientRequestToken: aws.String(f.token), RetainResources: retain}
	if role != "" {
		in.RoleARN = aws.String(role)
	}
	if _, ambiguous, err := callTwice(ctx, r, r.API.DeleteStack, in); err != nil {
		return nil, r.unconfirmed("deleting stack "+r.name, ambiguous, err)
	}
	return f, nil
}

// follower returns one for an operation that is about to start.
func (r *run) follower(ctx context.Context) (*follower, error) {
	since, err := r.newest(ctx)
	if err != nil {
		return nil, err
	}
	r.token = newName()
	return &follower{run: r, since: since}, nil
}

// maxRaces is how often an operation is planned again because somebody else
// changed the stack meanwhile.
const maxRaces = 20

// raceWait is how long to wait before looking again; at random, so that two
// runs do not meet again.
func raceWait() time.Duration { return time.Second + atRandom(2*time.Second) }

// again waits before another try after a race, and returns what ends it when
// there were too many.
func (r *run) again(ctx context.Context, races *int, err error) error {
	race, ok := errors.AsType[errRace](err)
	if !ok {
		return err
	}
	if *races++; *races > maxRaces {
		return race.error
	}
	if !race.ours {
		r.observe(Progress{Stage: StageReplanning, StackName: r.name, StackID: r.id, Err: race.error})
	}
	sleep(ctx, raceWait()) // the next request says how it ended
	return nil
}
