// Verifying: what CloudFormation says of a stack and of its drift, for the
// comparison with a configuration.

package stackview

import (
	"errors"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"capaboot/cfnstack"
	"capaboot/iam"
	"capaboot/iam/verify"
)

// VerifiedStack is a stack for the comparison, with the template that it was
// deployed with; nil for one that does not exist, or is there for a change set
// alone.
func VerifiedStack(s *cfnstack.Stack, template string) *verify.Stack {
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

// VerifiedDrift is what a detection found for the comparison. A resource that
// CloudFormation does not mention is one that it did not check.
func VerifiedDrift(d *cfnstack.Drift, s *verify.Stack) *verify.Drift {
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

// UnseenStack is a look at the stack that failed.
func UnseenStack(stack, part string, err error) verify.Unseen {
	u := verify.Unseen{Name: stack, Part: part, Denied: verify.Denied(err), Reason: err.Error()}
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		u.Action, u.Reason = "cloudformation:"+operation.OperationName, verify.Reason(err)
	}
	return u
}
