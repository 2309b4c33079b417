package cfnstack

// This file removes change sets, and the empty stacks that they made: those of
// this run, and those that an earlier run left.

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
	// discardTimeout bounds the removal of a change set, which continues after the
	// caller's context has ended.
	discardTimeout = 20 * time.Second
	// appearTimeout is how long a change set may take to appear after the request
	// for it ended without an answer. The request itself is not broken off.
	appearTimeout = 10 * time.Second
)

// Leftover is what a run made and could not remove, or may have made. It
// changes nothing in the stack, but it stays until somebody removes it.
type Leftover struct {
	StackName, StackID string
	// ChangeSet and ChangeSetID name the change set; empty when it is removed and
	// only the stack is left. The ID may be empty.
	ChangeSet, ChangeSetID string
	// Stack: the change set made the stack, which is empty and is left too.
	Stack bool
	// Uncertain: it is unknown whether the change set exists.
	Uncertain bool
	// Err is why it was not removed; nil when the request to make it had no
	// answer and the change set did not appear.
	Err error
}

// Reason says in one sentence why it was not removed.
func (l *Leftover) Reason() string {
	if l.Err == nil {
		return "CloudFormation did not answer whether it made it"
	}
	if failure, ok := errors.AsType[*Failure](l.Err); ok {
		return failure.Reason.Text
	}
	return l.Err.Error()
}

// Discard removes the change set, and the stack that it made when that is
// still empty and has no other change set. It works, for a short time, also
// when ctx has ended. What it cannot remove is reported to Observe
// ([StageLeft]).
func (c *ChangeSet) Discard(ctx context.Context) {
	if c.discarded || c.Name == "" && !c.foundStack {
		return
	}
	c.discarded = true
	if ctx.Err() != nil {
		c.announce()
	}
	interrupted := ctx.Done()
	ctx, cancel := begin(context.WithoutCancel(ctx), discardTimeout)
	defer cancel()
	r := &run{Manager: c.run.Manager, name: c.StackName, id: c.StackID, interrupted: interrupted, told: c.announce}
	if left := c.remove(ctx, r); left != nil {
		r.left(left)
	}
}

// announce says, once, that an interrupted run has something to remove.
func (c *ChangeSet) announce() {
	if c.announced {
		return
	}
	c.announced = true
	c.run.observe(Progress{Stage: StageDiscarding, StackName: c.StackName, StackID: c.StackID, Leftover: &Leftover{
		StackName: c.StackName, StackID: c.StackID, ChangeSet: c.Name, ChangeSetID: c.ID, Stack: c.ownStack, Uncertain: c.ID == "",
	}})
}

// remove removes the change set and the empty stack; it returns what it could
// not remove.
func (c *ChangeSet) remove(ctx context.Context, r *run) *Leftover {
	left := func(err error) *Leftover {
		return &Leftover{StackName: c.StackName, StackID: c.StackID, ChangeSet: c.Name, ChangeSetID: c.ID, Stack: c.ownStack, Uncertain: c.uncertain, Err: err}
	}
	if c.uncertain {
		there, err := c.appear(ctx, r)
		if !there {
			return left(err)
		}
		c.uncertain = false
	}
	for again := c.Name != ""; again; {
		key, stack := c.key()
		executing, err := r.deleteChangeSet(ctx, key, stack)
		if err != nil {
			return left(err)
		}
		if executing {
			return nil
		}
		// A retry of an attempt without an answer can create it a second time.
		if again, err = c.appear(ctx, r); err != nil {
			c.uncertain = true
			return left(err)
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

// appear waits, as long as an attempt without an answer may yet make the change
// set, until it is there.
func (c *ChangeSet) appear(ctx context.Context, r *run) (there bool, err error) {
	for !c.lost.IsZero() {
		late := time.Since(c.lost) >= appearTimeout
		in := &cloudformation.DescribeChangeSetInput{}
		in.ChangeSetName, in.StackName = c.key()
		out, err := call(ctx, r, r.API.DescribeChangeSet, in)
		switch {
		case err == nil && !isDeleted(out.Status):
			c.ID, c.StackID = aws.ToString(out.ChangeSetId), aws.ToString(out.StackId)
			r.id = c.StackID
			return true, nil
		case err != nil && !absent(err):
			return false, refused("looking for the change set of stack "+r.name, r, err)
		case late:
			return false, nil
		}
		r.sleep(ctx, time.Second) // the next request says how it ended
	}
	return false, nil
}

func (r *run) left(l *Leftover) {
	r.observe(Progress{Stage: StageLeft, StackName: l.StackName, StackID: l.StackID, Leftover: l})
}

// deleteChangeSet deletes a change set. One that is still being made is waited
// for; one that is being executed is left alone, and is not a leftover.
func (r *run) deleteChangeSet(ctx context.Context, changeSet, stack *string) (executing bool, err error) {
	doing := "removing a change set of stack " + r.name
	for {
		_, err := call(ctx, r, r.API.DeleteChangeSet, &cloudformation.DeleteChangeSetInput{ChangeSetName: changeSet, StackName: stack})
		if absent(err) {
			return false, nil
		}
		if !strings.HasPrefix(code(err), "InvalidChangeSetStatus") {
			return false, refused(doing, r, err)
		}
		out, err := call(ctx, r, r.API.DescribeChangeSet, &cloudformation.DescribeChangeSetInput{ChangeSetName: changeSet, StackName: stack})
		switch {
		case absent(err):
			return false, nil
		case err != nil:
			return false, refused(doing, r, err)
		case isExecuted(out.ExecutionStatus):
			return true, nil
		}
		r.sleep(ctx, time.Second) // the next request says how it ended
	}
}

// isDeleted says whether a change set is being deleted, or was.
func isDeleted(status types.ChangeSetStatus) bool {
	switch status {
	case types.ChangeSetStatusDeletePending, types.ChangeSetStatusDeleteInProgress, types.ChangeSetStatusDeleteComplete:
		return true
	}
	return false
}

// isExecuted says whether a change set is being executed, or was.
func isExecuted(status types.ExecutionStatus) bool {
	switch status {
	case types.ExecutionStatusExecuteInProgress, types.ExecutionStatusExecuteComplete, types.ExecutionStatusExecuteFailed:
		return true
	}
	return false
}

// removeStack deletes the stack of a change set that is gone, when it is empty
// and has no other change set.
func (c *ChangeSet) removeStack(ctx context.Context, r *run) error {
	key := c.StackID
	if key == "" {
		key = c.StackName
	}
	stack, err := r.stack(ctx, key)
	if stack == nil || stack.Status != "REVIEW_IN_PROGRESS" {
		return err
	}
	r.id = stack.ID
	others, err := r.changeSets(ctx)
	if err != nil {
		return err
	}
	for _, other := range others {
		if other.name != c.Name {
			return nil
		}
	}
	// Should somebody make a change set right now, it goes with the stack; its
	// run finds that and plans again.
	_, err = call(ctx, r, r.API.DeleteStack, &cloudformation.DeleteStackInput{StackName: aws.String(stack.ID), ClientRequestToken: aws.String(newName())})
	if err == nil && c.foundStack {
		r.observe(Progress{Stage: StageSwept, StackName: r.name, StackID: r.id, Leftover: &Leftover{StackName: r.name, StackID: r.id, Stack: true}})
	}
	return refused("removing the empty stack "+r.name, r, err)
}

// ownName matches the names that [newName] gives.
var ownName = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`^capaboot-[A-Z2-7]{26}$`) }}

// sweep removes the change sets that earlier runs left. Another run that is
// under way may lose its own: it makes a new one, and asks again only if that
// does something else.
func (r *run) sweep(ctx context.Context, stack *Stack) error {
	r.id = stack.ID
	all, err := r.changeSets(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		r.observe(Progress{Stage: StageSweepFailed, StackName: r.name, StackID: r.id, Err: err, Problem: message(err)})
		return nil
	}
	for _, one := range all {
		if !ownName.Get().MatchString(one.name) || one.executed {
			continue
		}
		executing, err := r.deleteInTime(ctx, one.id)
		left := &Leftover{StackName: r.name, StackID: r.id, ChangeSet: one.name, ChangeSetID: one.id, Err: err}
		switch {
		case err != nil:
			r.left(left)
			if ctx.Err() != nil {
				return err
			}
		case !executing:
			r.observe(Progress{Stage: StageSwept, StackName: r.name, StackID: r.id, Leftover: left})
		}
	}
	return nil
}

// pending returns the names of the change sets that wait to be executed, and
// would go with the stack.
func (r *run) pending(ctx context.Context) ([]string, error) {
	all, err := r.changeSets(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, one := range all {
		if !one.executed {
			names = append(names, one.name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// deleteInTime is deleteChangeSet for one that must not hold up a run.
func (r *run) deleteInTime(ctx context.Context, id string) (executing bool, err error) {
	ctx, cancel := begin(ctx, discardTimeout)
	defer cancel()
	return r.deleteChangeSet(ctx, aws.String(id), nil)
}

// listedChangeSet is one of the change sets of a stack.
type listedChangeSet struct {
	name, id string
	executed bool
}

// changeSets lists the change sets of the run's stack.
func (r *run) changeSets(ctx context.Context) ([]listedChangeSet, error) {
	var all []listedChangeSet
	in := &cloudformation.ListChangeSetsInput{StackName: aws.String(r.id)}
	for page := 0; page < maxPages; page++ {
		out, err := call(ctx, r, r.API.ListChangeSets, in)
		if absent(err) {
			return nil, nil
		}
		if err != nil {
			return nil, refused("listing the change sets of stack "+r.name, r, err)
		}
		for _, s := range out.Summaries {
			if aws.ToString(s.StackId) == r.id {
				all = append(all, listedChangeSet{aws.ToString(s.ChangeSetName), aws.ToString(s.ChangeSetId), isExecuted(s.ExecutionStatus)})
			}
		}
		if aws.ToString(out.NextToken) == "" {
			return all, nil
		}
		in.NextToken = out.NextToken
	}
	return nil, fmt.Errorf("listing the change sets of stack %s: pagination does not end", r.name)
}
