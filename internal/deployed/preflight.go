// The stack as input for the checks before a deployment.

package deployed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"capaboot/cfnstack"
	"capaboot/iam"
	"capaboot/iam/preflight"
	"capaboot/iam/verify"
)

// maxStackTime limits how long [ReadForChecks] reads the stack: one attempt of a
// request that gets no response, and a few seconds more.
const maxStackTime = 20 * time.Second

// ReadForChecks reads the stack into the fields of the input that describe the stack.
// It takes at most the shorter of in.Time, which must be set, and maxStackTime. If the
// stack or its template cannot be read, StackNotRead or TemplateNotRead says so.
// ReadForChecks returns an error when the response to the request for the stack is
// not from CloudFormation: then the checks would show nothing about the account.
func ReadForChecks(ctx context.Context, manager *cfnstack.Manager, in *preflight.Input) error {
	limit := min(in.Time, maxStackTime)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	unread := func(part string, err error) *verify.NotRead {
		failure, ok := errors.AsType[*cfnstack.Failure](err)
		silent := ok && failure.Reason.Kind == cfnstack.KindUnreachable
		if limited.Err() != nil {
			err, silent = fmt.Errorf("no response within %d seconds", limit/time.Second), true
		}
		u := stackNotRead(in.StackName, part, err)
		u.Silent = silent
		return &u
	}
	stack, err := manager.Describe(limited, in.StackName)
	if err != nil && limited.Err() == nil && isIntercepted(err) {
		return err
	}
	if err != nil {
		in.StackNotRead = unread(verify.WholeResource, err)
		return nil
	}
	if stack == nil {
		return nil
	}
	template, err := manager.DeployedTemplate(limited, stack.ID)
	if err != nil {
		in.TemplateNotRead = unread("template", err)
	}
	before := cfnstack.RequiredPreparation(stack.Status)
	in.Blocked, in.Recreated = before == cfnstack.ActionImpossible, before == cfnstack.ActionDelete
	in.Repaired, in.NeedsConfirmation = in.Recreated || before == cfnstack.ActionContinueRollback, cfnstack.RepairNeedsConfirmation(stack)
	in.Protected, in.Root = stack.TerminationProtection, stack.Root
	in.Found = convertStack(withoutFailed(stack), template)
	if in.Recreated && in.TemplateNotRead == nil {
		retained, err := cfnstack.Retained(template)
		if err != nil {
			in.TemplateNotRead = unread("template", err)
		}
		isRetained := func(r iam.StackResource) bool { return retained[r.LogicalID] }
		for _, resource := range in.Found.Resources {
			if isRetained(resource) {
				in.Retained = append(in.Retained, resource)
			}
		}
		in.Found.Resources = slices.DeleteFunc(in.Found.Resources, isRetained)
	}
	if in.ServiceRole == "" {
		in.ServiceRole = stack.RoleARN // CloudFormation keeps using this role
	}
	return nil
}

// isIntercepted reports whether a request to CloudFormation failed because the
// response was not from CloudFormation.
func isIntercepted(err error) bool {
	failure, ok := errors.AsType[*cfnstack.Failure](err)
	return ok && failure.Reason.Kind == cfnstack.KindIntercepted
}

// StackOf returns a function that finds, in a given region, the stack that
// contains a resource. managerOf returns the manager for a region.
func StackOf(managerOf func(region string) (*cfnstack.Manager, error)) func(context.Context, string, string) (string, *verify.NotRead) {
	return func(ctx context.Context, region, physicalID string) (string, *verify.NotRead) {
		manager, err := managerOf(region)
		name := ""
		if err == nil {
			name, err = manager.StackOf(ctx, physicalID)
		}
		if err != nil {
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				err = errors.New("no response in time")
			}
			u := stackNotRead(physicalID, "the owning stack in "+region, err)
			return "", &u
		}
		return name, nil
	}
}

// withoutFailed returns a copy of the stack without the resources whose
// creation failed: resources with their names may exist, but do not belong to
// the stack.
func withoutFailed(s *cfnstack.Stack) *cfnstack.Stack {
	existing := *s
	existing.Resources = nil
	for _, resource := range s.Resources {
		if resource.Status != "CREATE_FAILED" {
			existing.Resources = append(existing.Resources, resource)
		}
	}
	return &existing
}
