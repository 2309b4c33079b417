package cfnstack

// This file makes change sets and reads them.

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// newName returns a name for a change set or a request token that no one else
// has.
func newName() string { return "capaboot-" + rand.Text() }

// create creates the change set, waits for it and reads it.
func (c *ChangeSet) create(ctx context.Context, in *cloudformation.CreateChangeSetInput) error {
	r := c.run
	c.Name = newName()
	in.ChangeSetName = aws.String(c.Name) // ours alone, so that it is the token too
	doing := "planning stack " + r.name
	out, ambiguous, err := callUnbroken(ctx, r, c.announce, r.API.CreateChangeSet, in)
	if ambiguous {
		c.lost = time.Now()
	}
	if err != nil {
		// One that was refused is not there, unless an earlier attempt made it.
		if c.uncertain = ambiguous; !ambiguous {
			c.Name = ""
		}
	}
	switch {
	case err == nil:
		c.ID, c.StackID = aws.ToString(out.Id), aws.ToString(out.StackId)
	case code(err) == "ValidationError" && nothingToDo(message(err)):
		c.NoChanges = true
		return nil
	case ambiguous && strings.HasPrefix(code(err), "AlreadyExists"):
		// The name is ours alone: an earlier attempt got through.
		c.uncertain = false
	case inTheWay(err):
		return errRace{error: refused(doing, r, err)}
	default:
		return refused(doing, r, err)
	}
	if err := c.read(ctx, doing); err != nil || c.NoChanges {
		return err
	}
	return c.validate(ctx, doing)
}

// expected fails when the change set is for another stack of the same name than
// the one that was looked at.
func (c *ChangeSet) expected(doing string) error {
	if c.expect != "" && c.StackID != c.expect {
		return errRace{error: fmt.Errorf("%s: it was deleted and recreated in the meantime", doing)}
	}
	c.run.id = c.StackID
	return nil
}

// nothingToDo says whether a reason is that there are no changes: the first is
// of change sets, the second of updates.
func nothingToDo(reason string) bool {
	return strings.Contains(reason, "didn't contain changes") || strings.Contains(reason, "No updates are to be performed")
}

// key returns how the change set is named in requests: its name is ours alone, so
// that another stack of the same name has none of it.
func (c *ChangeSet) key() (changeSet, stack *string) {
	return aws.String(c.Name), aws.String(c.StackName)
}

// read waits until the change set is made, and reads all its pages.
func (c *ChangeSet) read(ctx context.Context, doing string) error {
	r := c.run
	in := &cloudformation.DescribeChangeSetInput{IncludePropertyValues: aws.Bool(true)}
	in.ChangeSetName, in.StackName = c.key()
	wait, disagreed, doubts := 500*time.Millisecond, 0, 0
	var out *cloudformation.DescribeChangeSetOutput
	for {
		var err error
		out, err = call(ctx, r, r.API.DescribeChangeSet, in)
		switch {
		case absent(err):
			return errRace{error: refused(doing, r, err)}
		case err != nil && in.IncludePropertyValues != nil && Kind("") == kindOfRefusal(err):
			in.IncludePropertyValues = nil // a server that does not know it
			continue
		case err != nil:
			return refused(doing, r, err)
		}
		c.ID, c.StackID = aws.ToString(out.ChangeSetId), aws.ToString(out.StackId)
		if err := c.expected(doing); err != nil {
			return err
		}
		switch out.Status {
		case types.ChangeSetStatusCreateComplete:
			if out.ExecutionStatus == types.ExecutionStatusObsolete {
				return errRace{error: fmt.Errorf("%s: the stack changed meanwhile", doing)}
			}
			whole, err := c.pages(ctx, doing, in, out)
			if err == nil && !whole && doubts < 2 {
				doubts++
				continue
			}
			if !errors.Is(err, errDisagree) {
				return err
			}
			if disagreed++; disagreed >= maxReadings {
				return fmt.Errorf("%s: %w", doing, err)
			}
		case types.ChangeSetStatusFailed:
			if nothingToDo(aws.ToString(out.StatusReason)) {
				c.NoChanges = true
				return nil
			}
			return c.failed(ctx, doing, aws.ToString(out.StatusReason))
		case types.ChangeSetStatusDeletePending, types.ChangeSetStatusDeleteInProgress, types.ChangeSetStatusDeleteComplete, types.ChangeSetStatusDeleteFailed:
			return errRace{error: fmt.Errorf("%s: somebody removed the change set", doing)}
		}
		sleep(ctx, wait) // the next request says how it ended
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

// errDisagree is that the pages of a change set are not of one answer: they are
// read again from the first.
var errDisagree = errors.New("the pages of the change set contradict each other")

// maxReadings is how often a change set is read whose pages do not agree.
const maxReadings = 10

// pages takes the changes of the first page and reads the others. All of them
// must be of the same change set in the same state, and none may name a
// resource again: else some changes may be missing. It is known to be whole
// when the last page has no changes: nothing tells an answer that lacks them
// from one that has none, such as that for new tags of the stack.
func (c *ChangeSet) pages(ctx context.Context, doing string, in *cloudformation.DescribeChangeSetInput, first *cloudformation.DescribeChangeSetOutput) (whole bool, err error) {
	c.Changes = nil
	seen := map[string]bool{}
	next := *in
	for page, out := 0, first; ; page++ {
		if aws.ToString(out.ChangeSetId) != aws.ToString(first.ChangeSetId) || aws.ToString(out.StackId) != aws.ToString(first.StackId) ||
			out.Status != first.Status || out.ExecutionStatus != first.ExecutionStatus {
			return false, errDisagree
		}
		if len(out.Changes) == 0 && aws.ToString(out.NextToken) != "" {
			return false, errDisagree // a page that says there is more has some of it
		}
		for _, one := range out.Changes {
			change := changeOf(one.ResourceChange)
			if seen[change.LogicalID] {
				return false, errDisagree
			}
			seen[change.LogicalID] = true
			c.Changes = append(c.Changes, change)
		}
		if aws.ToString(out.NextToken) == "" {
			return len(out.Changes) > 0, nil
		}
		if page > maxPages { // a page that comes again does not agree with itself
			return false, fmt.Errorf("%s: pagination of the change set does not end", doing)
		}
		next.NextToken = out.NextToken
		if out, err = call(ctx, c.run, c.run.API.DescribeChangeSet, &next); err != nil {
			if absent(err) {
				return false, errRace{error: refused(doing, c.run, err)}
			}
			return false, refused(doing, c.run, err)
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
	events, _ := c.operationEvents(ctx, c.run, true) // without them the reason is all that is known
	var found []Event
	for _, e := range events {
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
