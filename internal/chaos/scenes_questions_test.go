// Scenes about a user at a terminal: only the word "yes", typed after the
// question, confirms it.

package chaos_test

var questionScenes = []scene{
	{name: "a deletion is confirmed", status: "UPDATE_COMPLETE", command: "delete", responses: []string{"yes"}, wantStderr: []string{"is deleted"}},
	{name: "a removal is confirmed", status: "UPDATE_COMPLETE", command: "deploy", goal: "one policy fewer", responses: []string{"yes"}, wantStderr: []string{"is updated"}},
	{name: "the recreation of a stack is confirmed", account: stackWith("CREATE_FAILED"), command: "deploy", responses: []string{"yes"}, wantStderr: []string{"is created"}},
	{name: "the letter y does not confirm", status: "UPDATE_COMPLETE", command: "delete", responses: []string{"y"}, code: 1, wantStderr: []string{"not confirmed: nothing was changed"}, unwanted: []string{"again with --yes"}, checkEnd: unchanged},
	{name: "YES in capitals does not confirm", account: stackWith("CREATE_FAILED"), command: "deploy", responses: []string{"YES"}, code: 1, wantStderr: []string{"not confirmed"}, checkEnd: unchanged},
	{
		name: "a removal is declined", status: "UPDATE_COMPLETE", command: "deploy", goal: "one policy fewer", responses: []string{"no"}, code: 1, wantStderr: []string{"(" + removedPolicy + "): not confirmed"},
		checkEnd: unchangedAndNothingLeft,
	},
	{name: "Enter does not confirm", account: stackWith("UPDATE_ROLLBACK_FAILED"), command: "deploy", responses: []string{""}, code: 1, wantStderr: []string{"not confirmed"}, checkEnd: unchanged},
	{name: "Ctrl-D does not confirm", status: "UPDATE_COMPLETE", command: "delete", responses: []string{endOfInput}, code: 1, checkEnd: unchanged},
	{
		name: "yes typed before the question", status: "UPDATE_COMPLETE", command: "delete", typed: "yes", responses: []string{"no"}, code: 1,
		wantStderr: []string{"not confirmed"}, checkEnd: unchanged,
	},
	{
		name: "a plan is declined after someone changed the stack", status: "UPDATE_COMPLETE", command: "deploy --yes", goal: "one policy fewer", responses: []string{"no"}, code: 1,
		others: otherChange{"update", goal{name: "one more policy"}}, before: beforeExecution, wantStderr: []string{"not confirmed"}, checkEnd: nothingLeft,
	},
	{
		name: "a signal at the question of a terminal", status: "UPDATE_COMPLETE", command: "delete", responses: []string{"yes"}, code: 130,
		signal: moment{text: prompt}, checkEnd: unchanged,
	},
}
