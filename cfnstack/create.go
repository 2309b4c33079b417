package cfnstack

// This file creates change sets and reads them.

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

	"capaboot/internal/deadline"
)

// newName returns a unique name for a change set or a request token.
func newName() string { return "capaboot-" + rand.Text() }

// create creates the change set, waits until it is complete, and reads it and
// its warnings.
func (c *ChangeSet) create(ctx context.Context, in *cloudformation.CreateChangeSetInput) error {
	r := c.run
	c.Name = newName()
	in.ChangeSetName = aws.String(c.Name) // unique, so a repeated request cannot create a second change set
	operation := "planning stack " + r.name
	out, ambiguous, err := callUninterrupted(ctx, r, c.announce, r.API.CreateChangeSet, in)
	if ambiguous {
		c.lostAt = time.Now()
	}
	if err != nil {
		// A change set that was refused does not exist, unless an earlier
		// attempt created it.
		if c.mayExist = ambiguous; !ambiguous {
			c.Name = ""
		}
	}
	switch {
	case err == nil:
		c.ID, c.StackID = aws.ToString(out.Id), aws.ToString(out.StackId)
	case errorCode(err) == "ValidationError" && meansNoChanges(errorMessage(err)):
		c.NoChanges = true
		return nil
	case ambiguous && strings.HasPrefix(errorCode(err), "AlreadyExists"):
		// The name is unique, so an earlier attempt succeeded.
		c.mayExist = false
	case isConflict(err):
		return raceError{error: requestFailure(operation, r, err)}
	default:
		return requestFailure(operation, r, err)
	}
	if err := c.read(ctx, operation); err != nil || c.NoChanges {
		return err
	}
	return c.readWarnings(ctx, operation)
}

// setStackID records the ID of the change set's stack. It fails when that is
// another stack with the same name, not the stack that was read.
func (c *ChangeSet) setStackID(operation string) error {
	if c.expectedStackID != "" && c.StackID != c.expectedStackID {
		return raceError{error: fmt.Errorf("%s: the stack was deleted and recreated after this command read the stack", operation)}
	}
	c.run.id = c.StackID
	return nil
}

// meansNoChanges reports whether a reason means that there are no changes, in a
// change set or in an update.
func meansNoChanges(reason string) bool {
	return strings.Contains(reason, "didn't contain changes") || strings.Contains(reason, "No updates are to be performed")
}

// key returns the names that identify the change set in requests. The name of
// the change set is unique, so another stack with the same name cannot have a
// change set with this name.
func (c *ChangeSet) key() (changeSet, stack *string) {
	return aws.String(c.Name), aws.String(c.StackName)
}

// read waits until the change set is complete, and reads all its pages.
func (c *ChangeSet) read(ctx context.Context, operation string) error {
	r := c.run
	in := &cloudformation.DescribeChangeSetInput{IncludePropertyValues: aws.Bool(true)}
	in.ChangeSetName, in.StackName = c.key()
	wait, inconsistent, unclearCount := 500*time.Millisecond, 0, 0
	var out *cloudformation.DescribeChangeSetOutput
	for {
		var err error
		out, err = call(ctx, r, r.API.DescribeChangeSet, in)
		switch {
		case isNotFound(err):
			return raceError{error: requestFailure(operation, r, err)}
		case err != nil && in.IncludePropertyValues != nil && mayBeUnknownParameter(err):
			in.IncludePropertyValues = nil // the server may not know this parameter
			continue
		case err != nil:
			return requestFailure(operation, r, err)
		}
		c.ID, c.StackID = aws.ToString(out.ChangeSetId), aws.ToString(out.StackId)
		if err := c.setStackID(operation); err != nil {
			return err
		}
		switch out.Status {
		case types.ChangeSetStatusCreateComplete:
			if out.ExecutionStatus == types.ExecutionStatusObsolete {
				return raceError{error: fmt.Errorf("%s: the stack changed after the change set was created", operation)}
			}
			complete, err := c.readChanges(ctx, operation, in, out)
			if err == nil && !complete && unclearCount < 2 {
				unclearCount++
				continue
			}
			if !errors.Is(err, errInconsistent) {
				return err
			}
			if inconsistent++; inconsistent >= maxReadings {
				return fmt.Errorf("%s: %w", operation, err)
			}
		case types.ChangeSetStatusFailed:
			if meansNoChanges(aws.ToString(out.StatusReason)) {
				c.NoChanges = true
				return nil
			}
			return c.creationFailure(ctx, operation, aws.ToString(out.StatusReason))
		case types.ChangeSetStatusDeletePending, types.ChangeSetStatusDeleteInProgress, types.ChangeSetStatusDeleteComplete, types.ChangeSetStatusDeleteFailed:
			return raceError{error: fmt.Errorf("%s: someone else removed the change set", operation)}
		}
		deadline.Sleep(ctx, wait) // after ctx ends, the next request returns the reason
		wait = min(wait+500*time.Millisecond, 2*time.Second)
	}
}

// mayBeUnknownParameter reports whether an error may mean that the server does
// not know a parameter of the request.
func mayBeUnknownParameter(err error) bool {
	kind := explainError(err).Kind
	return kind == KindTemplate || kind == KindUnknown
}

// errInconsistent means that the pages of a change set contradict each other.
// They are then read again from the first page.
var errInconsistent = errors.New("the pages of the change set contradict each other")

// maxReadings is how many times a change set is read before contradicting pages are
// an error.
const maxReadings = 10

// readChanges reads the changes of a change set; first is its first page. The
// error is errInconsistent if changes may be missing: pages differ in their
// change set or its state, two pages have the same resource, or a page before
// the last one has no changes. complete is true only if the last page has
// changes. A last page without changes is correct when, for example, only the
// tags of the stack change, but an incomplete response looks the same.
func (c *ChangeSet) readChanges(ctx context.Context, operation string, in *cloudformation.DescribeChangeSetInput, first *cloudformation.DescribeChangeSetOutput) (complete bool, err error) {
	c.Changes = nil
	seen := map[string]bool{}
	next := *in
	for page, out := 0, first; ; page++ {
		if aws.ToString(out.ChangeSetId) != aws.ToString(first.ChangeSetId) || aws.ToString(out.StackId) != aws.ToString(first.StackId) ||
			out.Status != first.Status || out.ExecutionStatus != first.ExecutionStatus {
			return false, errInconsistent
		}
		if len(out.Changes) == 0 && aws.ToString(out.NextToken) != "" {
			return false, errInconsistent // every page before the last one must have changes
		}
		for _, one := range out.Changes {
			change := changeOf(one.ResourceChange)
			if seen[change.LogicalID] {
				return false, errInconsistent
			}
			seen[change.LogicalID] = true
			c.Changes = append(c.Changes, change)
		}
		if aws.ToString(out.NextToken) == "" {
			return len(out.Changes) > 0, nil
		}
		if page > maxPages || len(c.Changes) > maxItems { // a repeated page has already failed as errInconsistent
			return false, fmt.Errorf("%s: pagination of the change set does not end", operation)
		}
		next.NextToken = out.NextToken
		if out, err = call(ctx, c.run, c.run.API.DescribeChangeSet, &next); err != nil {
			if isNotFound(err) {
				return false, raceError{error: requestFailure(operation, c.run, err)}
			}
			return false, requestFailure(operation, c.run, err)
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
		// A property that changes for two reasons, one static and one dynamic,
		// is listed twice. Keep the static change.
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
	if change.Action == "Modify" {
		change.Replacement = change.replacement()
	}
	return change
}

// replacement returns whether a Modify replaces the resource: "True", "False" or
// "Conditional". An unknown Replacement counts as "Conditional". Without a
// Replacement, the properties decide: "True" if one of them always replaces the
// resource, "Conditional" if one may do so, and otherwise "". A property whose new
// value is known only at deployment may turn out not to change.
// Source: CloudFormation API Reference, "ResourceChange", Replacement.
func (c Change) replacement() string {
	switch c.Replacement {
	case "True", "False", "Conditional":
		return c.Replacement
	case "":
	default:
		return "Conditional"
	}
	replacement := ""
	for _, p := range c.Properties {
		switch {
		case p.Recreation == "" || p.Recreation == "Never":
		case p.Recreation == "Always" && !p.Dynamic:
			return "True"
		default:
			replacement = "Conditional"
		}
	}
	return replacement
}

// creationFailure returns the error for a change set that CloudFormation could
// not create. The findings of early validation are only in DescribeEvents.
func (c *ChangeSet) creationFailure(ctx context.Context, operation, reason string) error {
	f := &Failure{Operation: operation, StackName: c.StackName, StackID: c.StackID, Reason: Explain(reason)}
	if f.Reason.Kind != KindValidation {
		return f
	}
	events, _ := c.operationEvents(ctx, c.run, true) // on an error, only the reason is known
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
