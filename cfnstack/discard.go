package cfnstack

// This file removes change sets of this run and of earlier ones, and the empty
// stacks that they created.

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"capaboot/internal/lazy"
)

const (
	// discardTimeout limits the removal of a change set, which continues after
	// the caller's context has ended.
	discardTimeout = 20 * time.Second
	// appearTimeout is how long a change set may take to appear after the
	// request to create it ended without a response.
	appearTimeout = 10 * time.Second
)

// Leftover is a change set that a run created, or may have created, and has not
// removed; or only the empty stack of such a change set. It changes no
// resource, but remains until it is removed.
type Leftover struct {
	StackName, StackID string
	// ChangeSet and ChangeSetID name the change set. Both are empty when only
	// the stack remains; the ID may also be unknown.
	ChangeSet, ChangeSetID string
	// Stack means that the leftover includes the stack, which is empty and
	// exists only for change sets.
	Stack bool
	// Uncertain means that the change set may not exist.
	Uncertain bool
	// Err is why the leftover could not be removed. In [StageLeft] it is nil
	// when the request to create the change set had no response and the change
	// set did not appear; in other stages it is always nil.
	Err error
}

// Reason describes in one sentence why the leftover could not be removed.
func (l *Leftover) Reason() string {
	if l.Err == nil {
		return "CloudFormation did not respond to the request to create the change set"
	}
	if failure, ok := errors.AsType[*Failure](l.Err); ok {
		return failure.Reason.Text
	}
	return l.Err.Error()
}

// Discard removes the change set. It also removes the stack if the stack is
// empty and has no other change set. Discard continues for a short time after
// ctx has ended, and reports to Observe what it cannot remove ([StageLeft]).
func (c *ChangeSet) Discard(ctx context.Context) {
	if c.discarded || c.Name == "" && !c.foundStack {
		return
	}
	c.discarded = true
	if ctx.Err() != nil {
		c.announce()
	}
	interrupted := ctx.Done()
	ctx, cancel := withTimeout(context.WithoutCancel(ctx), discardTimeout)
	defer cancel()
	r := &run{Manager: c.run.Manager, name: c.StackName, id: c.StackID, interrupted: interrupted, onInterrupt: c.announce}
	if leftover := c.remove(ctx, r); leftover != nil {
		r.reportLeftover(leftover)
	}
}

// announce reports, once, that an interrupted run has a change set to remove.
func (c *ChangeSet) announce() {
	if c.announced {
		return
	}
	c.announced = true
	c.run.observe(Progress{Stage: StageDiscarding, StackName: c.StackName, StackID: c.StackID, Leftover: &Leftover{
		StackName: c.StackName, StackID: c.StackID, ChangeSet: c.Name, ChangeSetID: c.ID, Stack: c.ownStack, Uncertain: c.ID == "",
	}})
}

// remove removes the change set and the empty stack, and returns what it could
// not remove.
func (c *ChangeSet) remove(ctx context.Context, r *run) *Leftover {
	leftover := func(err error) *Leftover {
		return &Leftover{StackName: c.StackName, StackID: c.StackID, ChangeSet: c.Name, ChangeSetID: c.ID, Stack: c.ownStack, Uncertain: c.mayExist, Err: err}
	}
	if c.mayExist {
		exists, err := c.waitUntilExists(ctx, r)
		if !exists {
			return leftover(err)
		}
		c.mayExist = false
	}
	for hasMore := c.Name != ""; hasMore; {
		key, stack := c.key()
		executing, err := r.deleteChangeSet(ctx, key, stack)
		if err != nil {
			return leftover(err)
		}
		if executing {
			return nil
		}
		// A request without a response may create the change set again.
		if hasMore, err = c.waitUntilExists(ctx, r); err != nil {
			c.mayExist = true
			return leftover(err)
		}
	}
	if !c.ownStack {
		return nil
	}
	if err := c.removeStack(ctx, r); err != nil {
		return &Leftover{StackName: c.StackName, StackID: c.StackID, Stack: true, Err: err}
	}
	return nil
}

// waitUntilExists waits for a change set that a request without a response may still
// create, and reports whether it exists. When there was no such request, it
// returns false at once.
func (c *ChangeSet) waitUntilExists(ctx context.Context, r *run) (exists bool, err error) {
	for !c.lostAt.IsZero() {
		isLate := time.Since(c.lostAt) >= appearTimeout
		in := &cloudformation.DescribeChangeSetInput{}
		in.ChangeSetName, in.StackName = c.key()
		out, err := call(ctx, r, r.API.DescribeChangeSet, in)
		switch {
		case err == nil && !isDeletedOrDeleting(out.Status):
			c.ID, c.StackID = aws.ToString(out.ChangeSetId), aws.ToString(out.StackId)
			r.id = c.StackID
			return true, nil
		case err != nil && !isNotFound(err):
			return false, requestFailure("looking for the change set of stack "+r.name, r, err)
		case isLate:
			return false, nil
		}
		r.sleep(ctx, time.Second) // after ctx ends, the next request returns the reason
	}
	return false, nil
}

func (r *run) reportLeftover(l *Leftover) {
	r.observe(Progress{Stage: StageLeft, StackName: l.StackName, StackID: l.StackID, Leftover: l})
}

// deleteChangeSet deletes a change set, after waiting for one that is still
// being created. A change set whose execution has started is not a leftover: it
// remains, and executing is true.
func (r *run) deleteChangeSet(ctx context.Context, changeSet, stack *string) (executing bool, err error) {
	operation := "removing a change set of stack " + r.name
	for {
		_, err := call(ctx, r, r.API.DeleteChangeSet, &cloudformation.DeleteChangeSetInput{ChangeSetName: changeSet, StackName: stack})
		if isNotFound(err) {
			return false, nil
		}
		if !strings.HasPrefix(errorCode(err), "InvalidChangeSetStatus") {
			return false, requestFailure(operation, r, err)
		}
		out, err := call(ctx, r, r.API.DescribeChangeSet, &cloudformation.DescribeChangeSetInput{ChangeSetName: changeSet, StackName: stack})
		switch {
		case isNotFound(err):
			return false, nil
		case err != nil:
			return false, requestFailure(operation, r, err)
		case isStarted(out.ExecutionStatus):
			return true, nil
		}
		r.sleep(ctx, time.Second) // after ctx ends, the next request returns the reason
	}
}

func isDeletedOrDeleting(status types.ChangeSetStatus) bool {
	switch status {
	case types.ChangeSetStatusDeletePending, types.ChangeSetStatusDeleteInProgress, types.ChangeSetStatusDeleteComplete:
		return true
	}
	return false
}

func isStarted(status types.ExecutionStatus) bool {
	switch status {
	case types.ExecutionStatusExecuteInProgress, types.ExecutionStatusExecuteComplete, types.ExecutionStatusExecuteFailed:
		return true
	}
	return false
}

// removeStack deletes the stack of a change set that was removed, if no one
// else uses it.
func (c *ChangeSet) removeStack(ctx context.Context, r *run) error {
	unused, err := c.isUnused(ctx, r)
	if err != nil || !unused {
		return err
	}
	isChecked := true
	deleteUnused := func(ctx context.Context, in *cloudformation.DeleteStackInput, options ...func(*cloudformation.Options)) (*cloudformation.DeleteStackOutput, error) {
		// Check again before every further attempt: another run may have started
		// to deploy to the stack, or the previous attempt may have deleted it.
		if !isChecked {
			if unused, err := c.isUnused(ctx, r); err != nil || !unused {
				return &cloudformation.DeleteStackOutput{}, err
			}
		}
		isChecked = false
		return r.API.DeleteStack(ctx, in, options...)
	}
	// A change set that another run creates right now is deleted with the
	// stack. That run finds its change set missing and plans again.
	_, err = call(ctx, r, deleteUnused, &cloudformation.DeleteStackInput{StackName: aws.String(r.id), ClientRequestToken: aws.String(newName())})
	if err == nil && c.foundStack {
		r.observe(Progress{Stage: StageSwept, StackName: r.name, StackID: r.id, Leftover: &Leftover{StackName: r.name, StackID: r.id, Stack: true}})
	}
	return requestFailure("removing the empty stack "+r.name, r, err)
}

// isUnused reports whether the stack of a change set that was removed still
// exists, is empty, and has no change set with another name. If it still exists
// and is empty, isUnused sets r.id.
func (c *ChangeSet) isUnused(ctx context.Context, r *run) (bool, error) {
	key := c.StackID
	if key == "" {
		key = c.StackName
	}
	stack, err := r.stack(ctx, key)
	if stack == nil || stack.Status != "REVIEW_IN_PROGRESS" {
		return false, err
	}
	r.id = stack.ID
	all, err := r.changeSets(ctx)
	if err != nil {
		return false, err
	}
	isOther := func(other listedChangeSet) bool { return other.name != c.Name }
	return !slices.ContainsFunc(all, isOther), nil
}

// ownNamePattern matches the names that [newName] returns.
var ownNamePattern = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`^capaboot-[A-Z2-7]{26}$`) }}

// sweep removes the change sets that earlier runs left. This may remove the
// change set of a concurrent run, which then creates a new one, and asks for
// confirmation again only if the new one has a different effect.
func (r *run) sweep(ctx context.Context, stack *Stack) error {
	r.id = stack.ID
	all, err := r.changeSets(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		r.observe(Progress{Stage: StageSweepFailed, StackName: r.name, StackID: r.id, Err: err, Problem: errorMessage(err)})
		return nil
	}
	for _, changeSet := range all {
		isOwn := ownNamePattern.Get().MatchString(changeSet.name)
		if !isOwn && !changeSet.started {
			r.others = append(r.others, changeSet.name)
		}
		if !isOwn || changeSet.started {
			continue
		}
		executing, err := r.deleteInTime(ctx, changeSet.id)
		leftover := &Leftover{StackName: r.name, StackID: r.id, ChangeSet: changeSet.name, ChangeSetID: changeSet.id, Err: err}
		switch {
		case err != nil:
			r.reportLeftover(leftover)
			if ctx.Err() != nil {
				return err
			}
		case !executing:
			r.observe(Progress{Stage: StageSwept, StackName: r.name, StackID: r.id, Leftover: leftover})
		}
	}
	return nil
}

// reportOthers reports, once, the change sets of others that the execution of a plan
// deletes.
func (r *run) reportOthers(plan *ChangeSet) {
	if len(r.others) == 0 || plan.NoChanges {
		return
	}
	slices.Sort(r.others)
	r.observe(Progress{Stage: StageOthers, StackName: r.name, StackID: plan.StackID, ChangeSets: r.others})
	r.others = nil
}

// pendingChangeSets returns the names of the change sets that have not been
// executed, which are deleted with the stack.
func (r *run) pendingChangeSets(ctx context.Context) ([]string, error) {
	all, err := r.changeSets(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, changeSet := range all {
		if !changeSet.started {
			names = append(names, changeSet.name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// deleteInTime is like deleteChangeSet, but with a short timeout, so that the
// change set of an earlier run does not delay this run for long.
func (r *run) deleteInTime(ctx context.Context, id string) (executing bool, err error) {
	ctx, cancel := withTimeout(ctx, discardTimeout)
	defer cancel()
	return r.deleteChangeSet(ctx, aws.String(id), nil)
}

// listedChangeSet is a change set in the response of ListChangeSets.
type listedChangeSet struct {
	name, id string
	started  bool // its execution has started, and may have ended
}

func (r *run) changeSets(ctx context.Context) ([]listedChangeSet, error) {
	var all []listedChangeSet
	in := &cloudformation.ListChangeSetsInput{StackName: aws.String(r.id)}
	for page := 0; ; page++ {
		out, err := call(ctx, r, r.API.ListChangeSets, in)
		if isNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, requestFailure("listing the change sets of stack "+r.name, r, err)
		}
		for _, s := range out.Summaries {
			if aws.ToString(s.StackId) == r.id {
				all = append(all, listedChangeSet{aws.ToString(s.ChangeSetName), aws.ToString(s.ChangeSetId), isStarted(s.ExecutionStatus)})
			}
		}
		if aws.ToString(out.NextToken) == "" {
			return all, nil
		}
		if endless(page, len(all), out.NextToken, in.NextToken) {
			return nil, fmt.Errorf("listing the change sets of stack %s: pagination does not end", r.name)
		}
		in.NextToken = out.NextToken
	}
}
