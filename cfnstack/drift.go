package cfnstack

// This file asks CloudFormation to detect drift: how the resources of a stack
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
)

// Drift is what a detection found.
type Drift struct {
	// Status is that of the stack: DRIFTED, IN_SYNC, UNKNOWN or NOT_CHECKED.
	Status string
	// Failed: at least one resource could not be looked at, and Reason is why. The
	// others are in Resources anyway.
	Failed    bool
	Reason    string
	Resources []ResourceDrift
}

// ResourceDrift is a resource that CloudFormation looked at.
type ResourceDrift struct {
	LogicalID, Type, PhysicalID string
	// Status is IN_SYNC, MODIFIED, DELETED, NOT_CHECKED or UNKNOWN.
	Status string
	// Properties are the paths of those that differ: "/AssumeRolePolicyDocument".
	Properties []string
}

// driftWait is how long to wait before looking again for the end of a detection.
const driftWait = 2 * time.Second

// DetectDrift has CloudFormation detect the drift of a stack, by its ID, and waits
// for the end. A detection changes nothing. One that somebody else began is waited
// for, and followed by another.
func (m *Manager) DetectDrift(ctx context.Context, stackID string) (*Drift, error) {
	r := &run{Manager: m, name: nameOfStack(stackID), id: stackID}
	doing := "detecting the drift of stack " + r.name
	var started *cloudformation.DetectStackDriftOutput
	for {
		var err error
		started, err = call(ctx, r, r.API.DetectStackDrift, &cloudformation.DetectStackDriftInput{StackName: &stackID})
		if err == nil {
			break
		}
		if !detecting(err) {
			return nil, refused(doing, r, err)
		}
		sleep(ctx, driftWait)
	}
	id := aws.ToString(started.StackDriftDetectionId)
	if id == "" {
		return nil, fmt.Errorf("%s: the response of CloudFormation has no ID of the detection", doing)
	}
	d := &Drift{}
	for {
		out, err := call(ctx, r, r.API.DescribeStackDriftDetectionStatus, &cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: &id})
		if err != nil {
			return nil, refused(doing, r, err)
		}
		if got := aws.ToString(out.StackDriftDetectionId); got != id {
			return nil, fmt.Errorf("%s: the response of CloudFormation is about the detection %q, not %s", doing, got, id)
		}
		if out.DetectionStatus == types.StackDriftDetectionStatusDetectionInProgress {
			sleep(ctx, driftWait) // the next request says how it ended
			continue
		}
		d.Status, d.Reason = string(out.StackDriftStatus), aws.ToString(out.DetectionStatusReason)
		d.Failed = out.DetectionStatus != types.StackDriftDetectionStatusDetectionComplete
		break
	}
	var err error
	d.Resources, err = r.drifts(ctx, doing)
	return d, err
}

// detecting is whether an error is that another detection is under way.
func detecting(err error) bool {
	return code(err) == "ValidationError" && strings.Contains(message(err), "detection is already in progress")
}

// drifts reads all pages of what a detection found.
func (r *run) drifts(ctx context.Context, doing string) ([]ResourceDrift, error) {
	var all []ResourceDrift
	in := &cloudformation.DescribeStackResourceDriftsInput{StackName: &r.id}
	for page := 0; ; page++ {
		out, err := call(ctx, r, r.API.DescribeStackResourceDrifts, in)
		if err != nil {
			return nil, refused(doing, r, err)
		}
		for _, one := range out.StackResourceDrifts {
			drift := ResourceDrift{LogicalID: aws.ToString(one.LogicalResourceId), Type: aws.ToString(one.ResourceType),
				PhysicalID: aws.ToString(one.PhysicalResourceId), Status: string(one.StackResourceDriftStatus)}
			if drift.LogicalID == "" || drift.Status == "" {
				return nil, fmt.Errorf("%s: the response of CloudFormation has a resource without a name or a status", doing)
			}
			for _, p := range one.PropertyDifferences {
				drift.Properties = append(drift.Properties, aws.ToString(p.PropertyPath))
			}
			all = append(all, drift)
		}
		if aws.ToString(out.NextToken) == "" {
			return all, nil
		}
		if page > maxPages || aws.ToString(out.NextToken) == aws.ToString(in.NextToken) {
			return nil, errors.New(doing + ": pagination does not end")
		}
		in.NextToken = out.NextToken
	}
}

// nameOfStack is the name in the ID of a stack.
func nameOfStack(id string) string {
	if parts := strings.Split(id, "/"); len(parts) == 3 {
		return parts[1]
	}
	return id
}

// Template returns the template that a stack was deployed with; "" when there is no
// such stack.
func (m *Manager) DeployedTemplate(ctx context.Context, stackID string) (string, error) {
	r := &run{Manager: m, name: nameOfStack(stackID), id: stackID}
	return r.template(ctx, stackID)
}

// Failed says whether an operation that ended with this status did not do what was
// asked.
func Failed(status string) bool { return stateOf(status).failed }
