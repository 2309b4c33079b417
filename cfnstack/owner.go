package cfnstack

// This file finds the stack that contains a resource.

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// StackOf returns the name of the stack that contains the resource with this
// physical ID; "" when no stack in the region of the client contains it.
func (m *Manager) StackOf(ctx context.Context, physicalID string) (string, error) {
	const operation = "finding the stack of a resource"
	r := &run{Manager: m, name: physicalID}
	out, err := call(ctx, r, r.API.DescribeStackResources, &cloudformation.DescribeStackResourcesInput{PhysicalResourceId: &physicalID})
	switch {
	case isNotFound(err) && !isAboutStack(err, physicalID):
		return "", nil
	case err != nil:
		return "", requestFailure(operation, r, err)
	}
	for _, resource := range out.StackResources {
		if aws.ToString(resource.PhysicalResourceId) != physicalID || resource.ResourceStatus == types.ResourceStatusDeleteComplete ||
			resource.ResourceStatus == types.ResourceStatusDeleteSkipped || resource.ResourceStatus == types.ResourceStatusCreateFailed {
			continue
		}
		if name := aws.ToString(resource.StackName); name != "" {
			return name, nil
		}
		return "", errors.New(operation + ": CloudFormation's response does not name the stack")
	}
	return "", nil
}

// isAboutStack reports whether an error is about the name of a stack, which the
// request does not have: the server does not support the search for a resource.
// CloudFormation's message is "Stack for X does not exist"; that of moto is "Stack with
// id None does not exist".
func isAboutStack(err error, physicalID string) bool {
	text := errorMessage(err)
	return strings.HasPrefix(text, "Stack with id ") && !strings.Contains(text, physicalID)
}
