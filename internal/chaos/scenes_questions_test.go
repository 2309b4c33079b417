// Scenes about a user at a terminal: only the word "yes", typed after the
// question, confirms it.

package chaos_test

var questionScenes = []scene{
	{name: "a yes to a deletion", status: "UPDATE_COMPLETE", command: "delete", answers: []string{"yes"}, says: []string{"is deleted"}},
	{name: "a yes to a removal", status: "UPDATE_COMPLETE", command: "deploy", goal: "a policy less", answers: []string{"yes"}, says: []string{"is updated"}},
	{name: "a yes to recreating the stack", account: stackWith("CREATE_FAILED"), command: "deploy", answers: []string{"yes"}, says: []string{"is created"}},
	{name: "the letter y is not a yes", status: "UPDATE_COMPLETE", command: "delete", answers: []string{"y"}, code: 1, says: []string{"not confirmed: nothing was changed"}, never: []string{"again with --yes"}, then: unchanged},
	{name: "a yes in capitals is none", account: stackWith("CREATE_FAILED"), command: "deploy", answers: []string{"YES"}, code: 1, says: []string{"not confirmed"}, then: unchanged},
	{
		name: "a no to a removal", status: "UPDATE_COMPLETE", command: "deploy", goal: "a policy less", answers: []string{"no"}, code: 1, says: []string{"(" + removedPolicy + "): not confirmed"},
		then: unchangedAndNothingLeft,
	},
	{name: "Enter is not a yes", account: stackWith("UPDATE_ROLLBACK_FAILED"), command: "deploy", answers: []string{""}, code: 1, says: []string{"not confirmed"}, then: unchanged},
	{name: "Ctrl-D is not a yes", status: "UPDATE_COMPLETE", command: "delete", answers: []string{endOfInput}, code: 1, then: unchanged},
	{
		name: "a yes that was typed before the question", status: "UPDATE_COMPLETE", command: "delete", typed: "yes", answers: []string{"no"}, code: 1,
		says: []string{"not confirmed"}, then: unchanged,
	},
	{
		name: "a no to the plan after somebody was quicker", status: "UPDATE_COMPLETE", command: "deploy --yes", goal: "a policy less", answers: []string{"no"}, code: 1,
		others: otherChange{"update", goal{name: "a policy more"}}, before: beforeExecution, says: []string{"not confirmed"}, then: nothingLeft,
	},
	{
		name: "a signal at the question of a terminal", status: "UPDATE_COMPLETE", command: "delete", answers: []string{"yes"}, code: 130,
		signal: moment{text: prompt}, then: unchanged,
	},
}
