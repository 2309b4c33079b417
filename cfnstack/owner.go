package cfnstack

// This file finds the stack that has a resource.

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// StackOf returns the name of the stack of the region that has a resource, by its
// physical ID; "" when no stack has it.
func (m *Manager) StackOf(ctx context.Context, physicalID string) (string, error) {
	const doing = "finding the stack of a resource"
	r := &run{Manager: m, name: physicalID}
	out, err := call(ctx, r, r.API.DescribeStackResources, &cloudformation.DescribeStackResourcesInput{PhysicalResourceId: &physicalID})
	switch {
	case absent(err):
		return "", nil
	case err != nil:
		return "", refused(doing, r, err)
	}
	for _, one := range out.StackResources {
		if aws.ToString(one.PhysicalResourceId) != physicalID || one.ResourceStatus == types.ResourceStatusDeleteComplete ||
			one.ResourceStatus == types.ResourceStatusDeleteSkipped || one.ResourceStatus == types.ResourceStatusCreateFailed {
			continue
		}
		if name := aws.ToString(one.StackName); name != "" {
			return name, nil
		}
		return "", errors.New(doing + ": the response of CloudFormation does not name it")
	}
	return "", nil
}

// Before returns what a deployment does first with a stack of this status.
func Before(status string) Action { return stateOf(status).before }
