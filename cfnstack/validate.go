package cfnstack

// This file reads what CloudFormation's validation before the deployment found
// in a change set:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Warning is what CloudFormation warns of in a change set that it made: a quota
// that is nearly reached, a name that exists, a hook that objects.
type Warning struct {
	// Validation names the check, such as "SERVICE_QUOTA_VALIDATION", or the type
	// of the hook.
	Validation string
	// Status is FAILED or SKIPPED, or the status of the hook; Mode is WARN, or
	// FAIL.
	Status, Mode string
	// LogicalID, PhysicalID and Type name the resource, Path the place in it
	// ("/Resources/A/Properties/RoleName"); each may be empty.
	LogicalID, PhysicalID, Type, Path string
	// Reason is AWS's sentence.
	Reason string
}

// validationPatience is how long faults are retried in reading the warnings: a
// plan is complete without them, and says that they are missing.
const validationPatience = 10 * time.Second

// validate reads the warnings of a change set. What keeps them from being read
// does not end the plan: Unvalidated says so.
func (c *ChangeSet) validate(ctx context.Context, doing string) error {
	r := *c.run
	r.patience = validationPatience
	events, err := c.operationEvents(ctx, &r, false)
	if err != nil {
		if ctx.Err() != nil || errors.Is(err, ErrCredentials) {
			return refused(doing, c.run, err)
		}
		c.Unvalidated = cmp.Or(message(err), "CloudFormation gives no reason")
		return nil
	}
	for _, e := range events {
		if w, ok := warningOf(e); ok {
			c.Warnings = append(c.Warnings, w)
		}
	}
	return nil
}

// warningOf makes a warning of an event, unless all is well in it.
func warningOf(e types.OperationEvent) (Warning, bool) {
	w := Warning{
		LogicalID: aws.ToString(e.LogicalResourceId), PhysicalID: aws.ToString(e.PhysicalResourceId), Type: aws.ToString(e.ResourceType),
	}
	switch {
	case e.ValidationName != nil || e.ValidationStatus != "" || e.EventType == types.EventTypeValidationError:
		w.Validation, w.Status, w.Mode = aws.ToString(e.ValidationName), string(e.ValidationStatus), string(e.ValidationFailureMode)
		w.Path, w.Reason = aws.ToString(e.ValidationPath), aws.ToString(e.ValidationStatusReason)
	case e.EventType == types.EventTypeHookInvocationError || e.HookStatus == types.HookStatusHookFailed || e.HookStatus == types.HookStatusHookCompleteFailed:
		w.Validation, w.Status, w.Mode, w.Reason = aws.ToString(e.HookType), string(e.HookStatus), string(e.HookFailureMode), aws.ToString(e.HookStatusReason)
	default:
		return Warning{}, false
	}
	return w, true
}

// operationEvents reads the events of the change set, all pages.
func (c *ChangeSet) operationEvents(ctx context.Context, r *run, failed bool) ([]types.OperationEvent, error) {
	in := &cloudformation.DescribeEventsInput{}
	if failed {
		in.Filters = &types.EventFilter{FailedEvents: aws.Bool(true)}
	}
	in.ChangeSetName, in.StackName = c.key()
	var all []types.OperationEvent
	for page := 0; page < maxPages; page++ {
		out, err := call(ctx, r, r.API.DescribeEvents, in)
		if err != nil {
			return nil, err
		}
		all = append(all, out.OperationEvents...)
		if aws.ToString(out.NextToken) == "" {
			return all, nil
		}
		in.NextToken = out.NextToken
	}
	return nil, errors.New("pagination of the events of the change set does not end")
}
