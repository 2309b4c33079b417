// The stack as input for the checks before a deployment.

package deployed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"capaboot/cfnstack"
	"capaboot/iam/preflight"
	"capaboot/iam/verify"
)

// ReadForChecks reads the stack, and sets the fields of in that describe it. It
// takes at most in.Time, which must be set. What cannot be read is recorded as
// unseen. ReadForChecks returns an error when the response to the request for
// the stack is not from CloudFormation: then the checks would show nothing
// about the account.
func ReadForChecks(ctx context.Context, manager *cfnstack.Manager, in *preflight.Input) error {
	limited, cancel := context.WithTimeout(ctx, in.Time)
	defer cancel()
	unread := func(part string, err error) *verify.Unseen {
		if limited.Err() != nil {
			err = fmt.Errorf("no response within %d seconds", in.Time/time.Second)
		}
		u := unseenStack(in.StackName, part, err)
		return &u
	}
	stack, err := manager.Describe(limited, in.StackName)
	if err != nil && limited.Err() == nil && isIntercepted(err) {
		return err
	}
	if err != nil {
		in.StackUnseen = unread(verify.WholeResource, err)
		return nil
	}
	if stack == nil {
		return nil
	}
	template, err := manager.DeployedTemplate(limited, stack.ID)
	if err != nil {
		in.TemplateUnseen = unread("template", err)
	}
	before := cfnstack.RequiredPreparation(stack.Status)
	in.Blocked, in.Recreated = before == cfnstack.ActionImpossible, before == cfnstack.ActionDelete
	in.Found = convertStack(withoutFailed(stack), template)
	if in.ServiceRole == "" {
		in.ServiceRole = stack.RoleARN // CloudFormation keeps using this role
	}
	return nil
}

// isIntercepted reports whether a request to CloudFormation failed because
// something else responded to it.
func isIntercepted(err error) bool {
	failure, ok := errors.AsType[*cfnstack.Failure](err)
	return ok && failure.Reason.Kind == cfnstack.KindIntercepted
}

// StackOf returns a function that finds, in a given region, the stack that
// contains a resource. managerOf returns the manager for a region.
func StackOf(managerOf func(region string) (*cfnstack.Manager, error)) func(context.Context, string, string) (string, *verify.Unseen) {
	return func(ctx context.Context, region, physicalID string) (string, *verify.Unseen) {
		manager, err := managerOf(region)
		name := ""
		if err == nil {
			name, err = manager.StackOf(ctx, physicalID)
		}
		if err != nil {
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				err = errors.New("no response in time")
			}
			u := unseenStack(physicalID, "the owning stack in "+region, err)
			return "", &u
		}
		return name, nil
	}
}

// withoutFailed returns a copy of the stack without the resources whose
// creation failed or that a deletion retained: resources with their names may
// exist, but do not belong to the stack.
func withoutFailed(s *cfnstack.Stack) *cfnstack.Stack {
	existing := *s
	existing.Resources = nil
	for _, resource := range s.Resources {
		if resource.Status != "CREATE_FAILED" && resource.Status != "DELETE_SKIPPED" {
			existing.Resources = append(existing.Resources, resource)
		}
	}
	return &existing
}
