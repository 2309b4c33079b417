// Leftovers: what a run made in CloudFormation and could not remove, or what an
// earlier run left, in words and as the command that removes it.

package cli

import (
	"cmp"

	"capaboot/cfnstack"
	"capaboot/internal/shell"
)

// left says what remains, why, and how to remove it.
func (d *stackCommand) left(l *cfnstack.Leftover) {
	switch {
	case l.ChangeSet == "":
		d.follower.warn("the empty stack %s could not be removed: %s", l.StackName, l.Reason())
	case l.Uncertain:
		d.follower.warn("change set %s of stack %s may remain: %s", l.ChangeSet, l.StackName, l.Reason())
	default:
		d.follower.warn("change set %s of stack %s could not be removed: %s", l.ChangeSet, l.StackName, l.Reason())
	}
	changeSet, stack := d.removalCommands(l)
	if changeSet != "" {
		d.follower.hint("remove it: %s", changeSet)
	}
	if stack != "" {
		d.follower.hint("remove the empty stack, if it is still REVIEW_IN_PROGRESS: %s", stack)
	}
}

// discarding says what an interrupted run removes before it ends, and what to do
// when it is interrupted again.
func (d *stackCommand) discarding(l *cfnstack.Leftover) {
	d.follower.say("removing change set %s of stack %s first; interrupted again, it may remain", l.ChangeSet, l.StackName)
	changeSet, _ := d.removalCommands(l)
	d.follower.hint("if it remains: %s, or the next run removes it", changeSet)
}

// removalCommands are the commands of the AWS CLI that remove the change set and
// the empty stack of a leftover; "" for what is not left.
func (d *stackCommand) removalCommands(l *cfnstack.Leftover) (changeSet, stack string) {
	where := d.where.regionOption() + d.where.profileOption()
	// They come from responses, and the commands are for copying.
	of := " --stack-name " + shell.Word(cmp.Or(l.StackID, l.StackName)) + where
	if l.ChangeSet != "" {
		changeSet = "aws cloudformation delete-change-set --change-set-name " + shell.Word(l.ChangeSet) + of
	}
	if l.Stack {
		stack = "aws cloudformation delete-stack" + of
	}
	return changeSet, stack
}

// swept says what an earlier run left, and that it is removed.
func (d *stackCommand) swept(l *cfnstack.Leftover) {
	if l.ChangeSet == "" {
		d.follower.say("removed the empty stack %s, which an earlier run left", l.StackName)
		return
	}
	d.follower.say("removed change set %s, which an earlier run left", l.ChangeSet)
}
