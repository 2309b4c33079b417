// Leftovers: what a run made in CloudFormation and could not remove, or what an
// earlier run left, in words and as the command that removes it.

package cli

import (
	"cmp"
	"fmt"

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
	for _, command := range d.removalCommands(l) {
		d.follower.hint("remove it: %s", command)
	}
}

// removalCommands are the commands of the AWS CLI that remove a leftover.
func (d *stackCommand) removalCommands(l *cfnstack.Leftover) []string {
	where := d.where.regionOption() + d.where.profileOption()
	// They come from responses, and the commands are for copying.
	changeSet, stack := shell.Word(l.ChangeSet), shell.Word(cmp.Or(l.StackID, l.StackName))
	var commands []string
	if l.ChangeSet != "" {
		commands = append(commands, fmt.Sprintf("aws cloudformation delete-change-set --change-set-name %s --stack-name %s%s", changeSet, stack, where))
	}
	if l.Stack {
		commands = append(commands, fmt.Sprintf("aws cloudformation delete-stack --stack-name %s%s", stack, where))
	}
	return commands
}

// swept says what an earlier run left, and that it is removed.
func (d *stackCommand) swept(l *cfnstack.Leftover) {
	if l.ChangeSet == "" {
		d.follower.say("removed the empty stack %s, which an earlier run left", l.StackName)
		return
	}
	d.follower.say("removed change set %s, which an earlier run left", l.ChangeSet)
}
