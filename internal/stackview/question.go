// The questions about a stack: what the user confirms.

package stackview

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"capaboot/cfnstack"
	"capaboot/iam"
	"capaboot/internal/shortlist"
	"capaboot/internal/terminal"
)

// Confirm prints a question, and reports whether --yes or the user confirms it.
func (v *View) Confirm(ctx context.Context, q cfnstack.Question) (bool, error) {
	v.pause()
	v.printLines(questionText(q))
	// --yes does not cover a plan that changed after it was shown.
	if v.Yes && q.Kind != cfnstack.QuestionApplyChanged {
		return true, nil
	}
	// The list above may have scrolled the first line out of sight.
	v.printLines(fmt.Sprintf("account %s, region %s, stack %s\n", v.Account, v.Region, q.StackName))
	answer, err := v.Ask(ctx, `Type "yes" to continue: `)
	if errors.Is(err, terminal.ErrNoAnswer) {
		return false, nil
	}
	return answer == "yes", err
}

// Risks returns the risks of the change set that [View.Observe] has shown last, for
// [cfnstack.Manager.Risks].
func (v *View) Risks(*cfnstack.ChangeSet) []string { return v.risks }

// questionText describes what happens after confirmation.
func questionText(q cfnstack.Question) string {
	var b strings.Builder
	change := map[cfnstack.QuestionKind]string{
		cfnstack.QuestionApply:            "the update removes or replaces these resources:",
		cfnstack.QuestionApplyChanged:     "someone changed the stack after the first plan; the new plan above removes or replaces:",
		cfnstack.QuestionContinueRollback: "the command continues the rollback of the last update; the rollback failed at:",
		cfnstack.QuestionRecreate:         "the command deletes and recreates the stack, which still has:",
		cfnstack.QuestionDelete:           "the command deletes the stack and its resources:",
	}[q.Kind]
	if len(q.Changes) == 0 && len(q.Risks) > 0 {
		change = map[cfnstack.QuestionKind]string{
			cfnstack.QuestionApply:        "the update makes changes that need a confirmation:",
			cfnstack.QuestionApplyChanged: "someone changed the stack after the first plan; the new plan above makes changes that need a confirmation:",
		}[q.Kind]
	}
	if q.Kind == cfnstack.QuestionDelete && len(q.Retained) > 0 {
		change = "the command deletes the stack and its resources, except those after \"kept:\":"
	}
	fmt.Fprintf(&b, "stack %s", q.StackName)
	if q.Status != "" {
		fmt.Fprintf(&b, " is %s", q.Status)
	}
	fmt.Fprintf(&b, ": %s\n", change)
	for _, change := range q.Changes {
		fmt.Fprintf(&b, "  %s %s (%s)\n", newChange(change).Action, change.LogicalID, typeAndName(change.Type, change.PhysicalID))
	}
	for _, resource := range q.Resources {
		fmt.Fprintf(&b, "  %s (%s)", resource.LogicalID, typeAndName(resource.Type, resource.PhysicalID))
		if resource.Reason != "" && strings.HasSuffix(resource.Status, "_FAILED") {
			fmt.Fprintf(&b, ": %s", resource.Reason)
		}
		b.WriteString("\n")
	}
	if len(q.Changes) > 0 && len(q.Risks) > 0 {
		b.WriteString("these changes also need a confirmation:\n")
	}
	for _, risk := range q.Risks {
		fmt.Fprintf(&b, "  %s\n", risk)
	}
	for _, name := range q.ChangeSets {
		fmt.Fprintf(&b, "  change set %s, which is not executed yet\n", name)
	}
	if q.ChangeSetsErr != nil {
		fmt.Fprintf(&b, "  and its change sets, which cannot be listed: %v\n", q.ChangeSetsErr)
	}
	switch {
	case len(q.Changes)+len(q.Risks)+len(q.Resources)+len(q.ChangeSets) > 0 || q.ChangeSetsErr != nil:
	case q.Kind == cfnstack.QuestionContinueRollback:
		b.WriteString("  unknown: CloudFormation lists no resource that failed; the events of the stack have the cause\n")
	default:
		b.WriteString("  none\n")
	}
	for _, resource := range q.Retained {
		fmt.Fprintf(&b, "  kept: %s (%s)\n", resource.LogicalID, typeAndName(resource.Type, resource.PhysicalID))
	}
	if q.RetainedErr != nil {
		fmt.Fprintf(&b, "  some of the resources to delete may be kept, because their DeletionPolicy is unknown: %v\n", q.RetainedErr)
	}
	if isForeign(q) {
		b.WriteString("note: the stack has no resource of CAPA, so it is probably the stack of another application\n")
	}
	if q.Root != "" {
		fmt.Fprintf(&b, "note: the stack is nested in the stack %s; AWS documents that operations on a nested stack should start from its root stack\n", q.Root)
	}
	if len(q.Updates) > 0 {
		var names []string
		for _, resource := range q.Updates {
			names = append(names, resource.LogicalID)
		}
		fmt.Fprintf(&b, "before the deletion, an update of the stack sets DeletionPolicy Retain for %s, and changes nothing else\n", shortlist.And(names))
	}
	return b.String()
}

// isForeign reports whether a question is about the deletion of a stack that has
// resources, but no resource with a logical ID of CAPA's templates.
func isForeign(q cfnstack.Question) bool {
	if q.Kind != cfnstack.QuestionDelete && q.Kind != cfnstack.QuestionRecreate {
		return false
	}
	all := slices.Concat(q.Resources, q.Retained)
	isOwn := func(r cfnstack.Resource) bool { return iam.IsOwnLogicalID(r.LogicalID) }
	return len(all) > 0 && !slices.ContainsFunc(all, isOwn)
}

// typeAndName returns the type of a resource, and its name if it has one: a
// resource that was not created has none.
func typeAndName(resourceType, name string) string {
	return strings.TrimSpace(resourceType + " " + name)
}
