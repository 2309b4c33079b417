// Tests of finding the stack that contains a resource.

package cfnstack_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/smithy-go"

	"capaboot/cfnstack"
)

// TestStackOfResourceThatIsNotFound checks that a resource belongs to no stack only
// if the error is about the resource. A server that does not support the search, such
// as moto, reports that a stack does not exist: then the owner is unknown.
func TestStackOfResourceThatIsNotFound(t *testing.T) {
	t.Parallel()
	for message, known := range map[string]bool{
		"Stack for nodes does not exist":          true,
		"Stack with id nodes does not exist":      true,
		"Stack with id None does not exist":       false,
		"Role arn:aws:iam::1:role/x is not valid": false,
	} {
		manager := &cfnstack.Manager{API: cfnstack.API{
			DescribeStackResources: func(context.Context, *cloudformation.DescribeStackResourcesInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackResourcesOutput, error) {
				return nil, &smithy.OperationError{ServiceID: "CloudFormation", OperationName: "DescribeStackResources", Err: &smithy.GenericAPIError{Code: "ValidationError", Message: message}}
			},
		}}
		if stack, err := manager.StackOf(t.Context(), "nodes"); stack != "" || (err == nil) != known {
			t.Errorf("%s: stack %q, error %v", message, stack, err)
		}
	}
}
