// Verifying: what CloudFormation says of a stack and of its drift, for the
// comparison with a configuration.

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

// Verify reads the stack and the account, and compares them with what is generated;
// in says all but what the stack has. With drift, CloudFormation's drift detection is
// run too.
func (r Reader) Verify(ctx context.Context, in verify.Input, drift bool) (*verify.Result, error) {
	unseen := func(part string, err error) {
		in.Unseen = append(in.Unseen, unseenStack(in.StackName, part, err))
	}
	stack, err := r.Manager.Describe(ctx, in.StackName)
	if err != nil {
		in.StackUnseen = true
		unseen(verify.WholeResource, err)
	} else if stack != nil {
		template, err := r.Manager.DeployedTemplate(ctx, stack.ID)
		in.Stack = verifiedStack(stack, template)
		switch {
		case err != nil:
			unseen("template", err)
		case template == "" && in.Stack != nil:
			unseen("template", errors.New("the response of CloudFormation does not have it"))
		}
	}
	var detected *verify.Drift
	if drift && in.Stack != nil {
		found, err := r.Manager.DetectDrift(ctx, stack.ID)
		switch {
		case err != nil:
			unseen("drift", err)
		case found.Failed:
			unseen("drift", errors.New(found.Reason))
		}
		if found != nil {
			detected = verifiedDrift(found, in.Stack)
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

// verifiedStack is a stack for the comparison, with the template that it was
// deployed with; nil for one that does not exist, or is there for a change set
// alone.
func verifiedStack(s *cfnstack.Stack, template string) *verify.Stack {
	if s == nil || s.Status == "REVIEW_IN_PROGRESS" {
		return nil
	}
	stack := &verify.Stack{Name: s.Name, Status: s.Status, Reason: s.Reason, Final: cfnstack.Final(s.Status), Failed: cfnstack.Failed(s.Status),
		Tags: s.Tags, Template: template}
	for _, r := range s.Resources {
		stack.Resources = append(stack.Resources, iam.StackResource{LogicalID: r.LogicalID, Type: r.Type, PhysicalID: r.PhysicalID})
	}
	return stack
}

// verifiedDrift is what a detection found for the comparison. A resource that
// CloudFormation does not mention is one that it did not check.
func verifiedDrift(d *cfnstack.Drift, s *verify.Stack) *verify.Drift {
	drift := &verify.Drift{Status: d.Status, Failed: d.Failed, Reason: d.Reason, Resources: []verify.DriftResource{}}
	told := map[string]bool{}
	for _, r := range d.Resources {
		told[r.LogicalID] = true
		drift.Resources = append(drift.Resources, verify.DriftResource{LogicalID: r.LogicalID, Type: r.Type, Status: r.Status, Properties: append([]string{}, r.Properties...)})
	}
	for _, r := range s.Resources {
		if !told[r.LogicalID] {
			drift.Resources = append(drift.Resources, verify.DriftResource{LogicalID: r.LogicalID, Type: r.Type, Status: "NOT_CHECKED", Properties: []string{}})
		}
	}
	slices.SortStableFunc(drift.Resources, func(a, b verify.DriftResource) int { return strings.Compare(a.LogicalID, b.LogicalID) })
	return drift
}

// unseenStack is a look at the stack that failed.
func unseenStack(stack, part string, err error) verify.Unseen {
	u := verify.Unseen{Name: stack, Part: part, Denied: verify.Denied(err), Reason: err.Error()}
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		u.Action, u.Reason = "cloudformation:"+operation.OperationName, verify.Reason(err)
	}
	return u
}
