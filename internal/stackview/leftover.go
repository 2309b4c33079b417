// Leftovers: what a run made in CloudFormation and could not remove, or what an
// earlier run left, in words and as the command that removes it.

package stackview

import (
	"cmp"

	"capaboot/cfnstack"
	"capaboot/internal/shell"
)

// left says what remains, why, and how to remove it.
func (v *View) left(l *cfnstack.Leftover) {
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
		v.hint("remove it: %s", changeSet)
	}
	if stack != "" {
		v.hint("remove the empty stack, if it is still REVIEW_IN_PROGRESS: %s", stack)
	}
}

// discarding says what an interrupted run removes before it ends, and what to do
// when it is interrupted again.
func (v *View) discarding(l *cfnstack.Leftover) {
	v.say("removing change set %s of stack %s first; interrupted again, it may remain", l.ChangeSet, l.StackName)
	changeSet, _ := v.removalCommands(l)
	v.hint("if it remains: %s, or the next run removes it", changeSet)
}

// removalCommands are the commands of the AWS CLI that remove the change set and
// the empty stack of a leftover; "" for what is not left.
func (v *View) removalCommands(l *cfnstack.Leftover) (changeSet, stack string) {
	// They come from responses, and the commands are for copying.
	of := " --stack-name " + shell.Word(cmp.Or(l.StackID, l.StackName)) + v.Place
	if l.ChangeSet != "" {
		changeSet = "aws cloudformation delete-change-set --change-set-name " + shell.Word(l.ChangeSet) + of
	}
	if l.Stack {
		stack = "aws cloudformation delete-stack" + of
	}
	return changeSet, stack
}

// swept says what an earlier run left, and that it is removed.
func (v *View) swept(l *cfnstack.Leftover) {
	if l.ChangeSet == "" {
		v.say("removed the empty stack %s, left by an earlier run", l.StackName)
		return
	}
	v.say("removed change set %s, left by an earlier run", l.ChangeSet)
}
