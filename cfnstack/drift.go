package cfnstack

// This file makes CloudFormation detect drift: how the resources of a stack
// differ from its template.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"capaboot/internal/deadline"
)

// Drift is the result of a detection.
type Drift struct {
	// Status is the drift status of the stack: DRIFTED, IN_SYNC, UNKNOWN or
	// NOT_CHECKED.
	Status string
	// Failed means that at least one resource could not be checked; Reason says
	// why. Resources still has the resources that could be checked.
	Failed    bool
	Reason    string
	Resources []ResourceDrift
}

// ResourceDrift says whether and how one resource differs from the template.
type ResourceDrift struct {
	LogicalID, Type, PhysicalID string
	// Status is IN_SYNC, MODIFIED, DELETED, NOT_CHECKED, UNKNOWN or UNSUPPORTED.
	Status string
	// Properties are the paths of the properties that differ, such as
	// "/AssumeRolePolicyDocument".
	Properties []string
}

// driftWait is the interval between checks of whether a detection has ended.
const driftWait = 2 * time.Second

// DetectDrift makes CloudFormation detect the drift of a stack, given its ID,
// and waits for the result. A detection changes nothing. If another one is
// already running, DetectDrift waits for its end and then starts its own.
func (m *Manager) DetectDrift(ctx context.Context, stackID string) (*Drift, error) {
	r := &run{Manager: m, name: stackName(stackID), id: stackID}
	operation := "detecting the drift of stack " + r.name
	var started *cloudformation.DetectStackDriftOutput
	for {
		var err error
		started, err = call(ctx, r, r.API.DetectStackDrift, &cloudformation.DetectStackDriftInput{StackName: &stackID})
		if err == nil {
			break
		}
		if !isDetecting(err) {
			return nil, requestFailure(operation, r, err)
		}
		deadline.Sleep(ctx, driftWait)
	}
	id := aws.ToString(started.StackDriftDetectionId)
	if id == "" {
		return nil, fmt.Errorf("%s: CloudFormation's response has no detection ID", operation)
	}
	d := &Drift{}
	for {
		out, err := call(ctx, r, r.API.DescribeStackDriftDetectionStatus, &cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: &id})
		if err != nil {
			return nil, requestFailure(operation, r, err)
		}
		if got := aws.ToString(out.StackDriftDetectionId); got != id {
			return nil, fmt.Errorf("%s: CloudFormation's response is about the detection %q, not %s", operation, got, id)
		}
		if out.DetectionStatus == types.StackDriftDetectionStatusDetectionInProgress {
			deadline.Sleep(ctx, driftWait) // after ctx ends, the next request returns the reason
			continue
		}
		d.Status, d.Reason = string(out.StackDriftStatus), aws.ToString(out.DetectionStatusReason)
		d.Failed = out.DetectionStatus != types.StackDriftDetectionStatusDetectionComplete
		break
	}
	var err error
	d.Resources, err = r.drifts(ctx, operation)
	return d, err
}

// isDetecting reports whether an error means that another detection is running.
func isDetecting(err error) bool {
	return errorCode(err) == "ValidationError" && strings.Contains(errorMessage(err), "detection is already in progress")
}

// drifts reads all pages of the results of a detection.
func (r *run) drifts(ctx context.Context, operation string) ([]ResourceDrift, error) {
	var all []ResourceDrift
	in := &cloudformation.DescribeStackResourceDriftsInput{StackName: &r.id}
	for page := 0; ; page++ {
		out, err := call(ctx, r, r.API.DescribeStackResourceDrifts, in)
		if err != nil {
			return nil, requestFailure(operation, r, err)
		}
		for _, one := range out.StackResourceDrifts {
			drift := ResourceDrift{LogicalID: aws.ToString(one.LogicalResourceId), Type: aws.ToString(one.ResourceType),
				PhysicalID: aws.ToString(one.PhysicalResourceId), Status: string(one.StackResourceDriftStatus)}
			if drift.LogicalID == "" || drift.Status == "" {
				return nil, fmt.Errorf("%s: CloudFormation's response has a resource without a logical ID or a status", operation)
			}
			for _, p := range one.PropertyDifferences {
				drift.Properties = append(drift.Properties, aws.ToString(p.PropertyPath))
			}
			all = append(all, drift)
		}
		if aws.ToString(out.NextToken) == "" {
			return all, nil
		}
		if endless(page, len(all), out.NextToken, in.NextToken) {
			return nil, errors.New(operation + ": pagination does not end")
		}
		in.NextToken = out.NextToken
	}
}
