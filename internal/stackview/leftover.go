// Leftovers: what a run created in CloudFormation and could not delete, or what
// an earlier run left, with the commands that delete it.

package stackview

import (
	"cmp"

	"capaboot/cfnstack"
	"capaboot/internal/shell"
)

// reportLeftover reports a leftover, why it remains, and how to delete it.
func (v *View) reportLeftover(l *cfnstack.Leftover) {
	switch {
	case l.ChangeSet == "":
		v.warn("the empty stack %s could not be removed: %s", l.StackName, l.Reason())
	case l.Uncertain:
		v.warn("change set %s of stack %s may remain: %s", l.ChangeSet, l.StackName, l.Reason())
	default:
		v.warn("change set %s of stack %s could not be removed: %s", l.ChangeSet, l.StackName, l.Reason())
	}
	changeSet, stack := v.removalCommands(l)
	if changeSet != "" {
		v.hint("remove the change set: %s", changeSet)
	}
	if stack != "" {
		v.hint("if the empty stack is still REVIEW_IN_PROGRESS, remove the stack: %s", stack)
	}
}

// reportDiscarding reports what an interrupted run deletes before it ends, and
// how to delete it after a second interrupt.
func (v *View) reportDiscarding(l *cfnstack.Leftover) {
	v.say("removing change set %s of stack %s before exiting; after another interrupt, the change set may remain", l.ChangeSet, l.StackName)
	changeSet, _ := v.removalCommands(l)
	v.hint("if the change set remains, the next run removes the change set; to remove it now: %s", changeSet)
}

// removalCommands returns the AWS CLI commands that delete the change set and the empty
// stack of a leftover; "" if the leftover has no change set or no stack.
func (v *View) removalCommands(l *cfnstack.Leftover) (changeSet, stack string) {
	// Quote the names: they come from responses, and users copy the commands.
	options := " --stack-name " + shell.Word(cmp.Or(l.StackID, l.StackName)) + v.LocationOptions
	if l.ChangeSet != "" {
		changeSet = "aws cloudformation delete-change-set --change-set-name " + shell.Word(l.ChangeSet) + options
	}
	if l.Stack {
		stack = "aws cloudformation delete-stack" + options
	}
	return changeSet, stack
}

func (v *View) reportSwept(l *cfnstack.Leftover) {
	if l.ChangeSet == "" {
		v.say("removed the empty stack %s, which an earlier run left", l.StackName)
		return
	}
	v.say("removed change set %s, which an earlier run left", l.ChangeSet)
}
