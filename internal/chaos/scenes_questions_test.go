// Scenes about a user at a terminal: only the word "yes", typed after the
// question, confirms a change.

package chaos_test

var questionScenes = []scene{
	{name: "a deletion is confirmed", status: "UPDATE_COMPLETE", command: "delete", answers: []string{"yes"}, says: []string{"is deleted"}},
	{name: "a removal is confirmed", status: "UPDATE_COMPLETE", command: "deploy", goal: "one policy fewer", answers: []string{"yes"}, says: []string{"is updated"}},
	{name: "the recreation of a stack is confirmed", account: addFailedStack("CREATE_FAILED"), command: "deploy", answers: []string{"yes"}, says: []string{"is created"}},
	{name: "the letter y does not confirm", status: "UPDATE_COMPLETE", command: "delete", answers: []string{"y"}, code: 1, says: []string{"not confirmed: nothing was changed"}, never: []string{"again with --yes"}, then: checkUnchanged},
	{name: "YES in capitals does not confirm", account: addFailedStack("CREATE_FAILED"), command: "deploy", answers: []string{"YES"}, code: 1, says: []string{"not confirmed"}, then: checkUnchanged},
	{
		name: "a removal is declined", status: "UPDATE_COMPLETE", command: "deploy", goal: "one policy fewer", answers: []string{"no"}, code: 1, says: []string{"(" + removedPolicy + "): not confirmed"},
		then: checkUnchangedAndNothingLeft,
	},
	{name: "Enter does not confirm", account: addFailedStack("UPDATE_ROLLBACK_FAILED"), command: "deploy", answers: []string{""}, code: 1, says: []string{"not confirmed"}, then: checkUnchanged},
	{name: "Ctrl-D does not confirm", status: "UPDATE_COMPLETE", command: "delete", answers: []string{endOfInput}, code: 1, then: checkUnchanged},
	{
		name: "yes typed before the question", status: "UPDATE_COMPLETE", command: "delete", typed: "yes", answers: []string{"no"}, code: 1,
		says: []string{"not confirmed"}, then: checkUnchanged,
	},
	{
		name: "a plan is declined after someone changed the stack", status: "UPDATE_COMPLETE", command: "deploy --yes", goal: "one policy fewer", answers: []string{"no"}, code: 1,
		others: otherChange{"update", goal{name: "one more policy"}}, othersBefore: beforeExecution, says: []string{"not confirmed"}, then: checkNothingLeft,
	},
	{
		name: "a signal at the question of a terminal", status: "UPDATE_COMPLETE", command: "delete", answers: []string{"yes"}, code: 130,
		signal: moment{text: prompt}, then: checkUnchanged,
	},
}
