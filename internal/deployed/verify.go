// Verification: the stack and its drift according to CloudFormation, as input
// for the comparison with a configuration.

package deployed

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"capaboot/cfnstack"
	"capaboot/iam"
	"capaboot/iam/verify"
)

// Verify reads the stack and the account, and compares them with the generated
// template. The caller sets the fields of in that do not come from the stack.
// With drift, Verify also runs CloudFormation's drift detection. The result names
// the parts that could not be read. Verify returns an error when the response to the
// request for the stack is not from CloudFormation, or when r.IAM or [verify.Read]
// fails.
func (r Reader) Verify(ctx context.Context, in verify.Input, drift bool) (*verify.Result, error) {
	unread := func(part string, err error) {
		in.NotRead = append(in.NotRead, stackNotRead(in.StackName, part, err))
	}
	stack, err := r.Manager.Describe(ctx, in.StackName)
	if isIntercepted(err) {
		return nil, err
	}
	if err != nil {
		in.StackNotRead = true
		unread(verify.WholeResource, err)
	} else if stack != nil {
		template, err := r.Manager.DeployedTemplate(ctx, stack.ID)
		in.Stack = convertStack(stack, template)
		switch {
		case err != nil:
			unread("template", err)
		case template == "" && in.Stack != nil:
			unread("template", errors.New("CloudFormation's response does not contain the template"))
		}
	}
	var detected *verify.Drift
	if drift && in.Stack != nil {
		found, err := r.Manager.DetectDrift(ctx, stack.ID)
		switch {
		case err != nil:
			unread("drift", err)
		case found.Failed:
			unread("drift", errors.New(found.Reason))
		}
		if found != nil {
			detected = convertDrift(found, in.Stack)
		}
	}
	api, err := r.IAM(ctx)
	if err != nil {
		return nil, err
	}
	result, err := verify.Read(ctx, api, in)
	if err == nil && detected != nil {
		result.Explain(detected, in.Template)
	}
	return result, err
}

// convertStack converts a stack and its deployed template for the comparison;
// nil when the stack does not exist, or exists only for a change set. A resource
// that a deletion retained no longer belongs to the stack.
func convertStack(s *cfnstack.Stack, template string) *verify.Stack {
	if s == nil || s.Status == "REVIEW_IN_PROGRESS" {
		return nil
	}
	stack := &verify.Stack{Name: s.Name, Status: s.Status, Reason: s.Reason, Final: cfnstack.Final(s.Status), Failed: cfnstack.Failed(s.Status),
		RolledBack: cfnstack.RolledBack(s.Status), Tags: s.Tags, Template: template}
	stack.Resources = stackResources(s)
	return stack
}

// stackResources converts the resources of a stack, except those that a deletion
// retained.
func stackResources(s *cfnstack.Stack) (all []iam.StackResource) {
	for _, r := range s.Resources {
		if r.Status != "DELETE_SKIPPED" {
			all = append(all, iam.StackResource{LogicalID: r.LogicalID, Type: r.Type, PhysicalID: r.PhysicalID})
		}
	}
	return all
}

// convertDrift converts the result of a drift detection. A resource that
// CloudFormation does not list counts as not checked.
func convertDrift(d *cfnstack.Drift, s *verify.Stack) *verify.Drift {
	drift := &verify.Drift{Status: d.Status, Failed: d.Failed, Reason: d.Reason, Resources: []verify.DriftResource{}}
	listed := map[string]bool{}
	for _, r := range d.Resources {
		listed[r.LogicalID] = true
		drift.Resources = append(drift.Resources, verify.DriftResource{LogicalID: r.LogicalID, Type: r.Type, Status: r.Status, Properties: append([]string{}, r.Properties...)})
	}
	for _, r := range s.Resources {
		if !listed[r.LogicalID] {
			drift.Resources = append(drift.Resources, verify.DriftResource{LogicalID: r.LogicalID, Type: r.Type, Status: "NOT_CHECKED", Properties: []string{}})
		}
	}
	slices.SortStableFunc(drift.Resources, func(a, b verify.DriftResource) int { return strings.Compare(a.LogicalID, b.LogicalID) })
	return drift
}

func stackNotRead(stack, part string, err error) verify.NotRead {
	u := verify.NotRead{Name: stack, Part: part, Denied: verify.Denied(err), Reason: err.Error(), Intercepted: verify.Intercepted(err)}
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		u.Action, u.Reason = "cloudformation:"+operation.OperationName, verify.Reason(err)
	}
	return u
}
