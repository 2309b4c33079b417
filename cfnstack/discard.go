package cfnstack

// This file removes change sets, and the empty stacks that they made.

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

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
