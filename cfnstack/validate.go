package cfnstack

// This file reads the findings of CloudFormation's validation of a change set
// before the deployment:
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

// Warning is a finding of the validation of a change set, such as a quota that
// is nearly reached, a resource name that is already in use, or a hook that failed.
type Warning struct {
	// Validation names the check, such as "SERVICE_QUOTA_VALIDATION", or the
	// type of the hook.
	Validation string
	// Status is FAILED or SKIPPED, or the status of the hook. Mode is WARN or
	// FAIL.
	Status, Mode string
	// LogicalID, PhysicalID and Type name the resource, and Path is the
	// position in the template ("/Resources/A/Properties/RoleName"). Each may
	// be empty.
	LogicalID, PhysicalID, Type, Path string
	// Reason is AWS's explanation.
	Reason string
}

// validationRetryTime is how long faults are retried while reading the
// warnings. A plan is usable without them, and says that they are missing.
const validationRetryTime = 10 * time.Second

// readWarnings reads the warnings of a change set. If they cannot be read,
// Unvalidated records the reason, and the plan continues. Only the end of ctx
// and [ErrCredentials] are errors.
func (c *ChangeSet) readWarnings(ctx context.Context, operation string) error {
	r := *c.run
	r.retryTime = validationRetryTime
	events, err := c.operationEvents(ctx, &r, false)
	if err != nil {
		if ctx.Err() != nil || errors.Is(err, ErrCredentials) {
			return requestFailure(operation, c.run, err)
		}
		c.Unvalidated = cmp.Or(errorMessage(err), "CloudFormation gives no reason")
		return nil
	}
	for _, e := range events {
		if w, ok := warningOf(e); ok {
			c.Warnings = append(c.Warnings, w)
		}
	}
	return nil
}

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

// operationEvents reads the events of the change set. If failed is set, it
// reads only the failures.
func (c *ChangeSet) operationEvents(ctx context.Context, r *run, failed bool) ([]types.OperationEvent, error) {
	in := &cloudformation.DescribeEventsInput{}
	if failed {
		in.Filters = &types.EventFilter{FailedEvents: aws.Bool(true)}
	}
	in.ChangeSetName, in.StackName = c.key()
	var all []types.OperationEvent
	for page := 0; ; page++ {
		out, err := call(ctx, r, r.API.DescribeEvents, in)
		if err != nil {
			return nil, err
		}
		all = append(all, out.OperationEvents...)
		if aws.ToString(out.NextToken) == "" {
			return all, nil
		}
		if endless(page, len(all), out.NextToken, in.NextToken) {
			return nil, errors.New("pagination of the events of the change set does not end")
		}
		in.NextToken = out.NextToken
	}
}
