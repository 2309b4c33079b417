// Encounters: concurrent changes between a read and the action that relies on
// it. Random timing would rarely hit these moments.

package chaos_test

import (
	"slices"
	"strings"
)

// encounter is a command, with a concurrent change right before its nth request
// of an operation.
type encounter struct {
	// statuses lists the statuses of the stack for which the encounter makes
	// sense; "" stands for no stack and for an empty stack.
	statuses  []string
	command   string
	operation string
	nth       int
	changes   []string // kinds of otherChange; one of them is drawn
	retains   bool     // add --retain to the command
}

var (
	noStack        = []string{""}
	updatableStack = updatableStatuses
	failedStack    = []string{"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}
)

var encounters = []encounter{
	{noStack, "plan", "CreateChangeSet", 1, []string{"create", "plan"}, false},
	{noStack, "plan", "DeleteChangeSet", 1, []string{"create", "plan"}, false},
	{noStack, "deploy", "CreateChangeSet", 1, []string{"create"}, false},
	{noStack, "deploy", "ExecuteChangeSet", 1, []string{"create"}, false},
	{updatableStack, "deploy", "CreateChangeSet", 1, []string{"update", "recreate", "delete"}, false},
	{updatableStack, "plan", "DescribeChangeSet", 1, []string{"update", "recreate"}, false},
	{updatableStack, "deploy", "DescribeChangeSet", 1, []string{"update", "recreate", "delete"}, false},
	{updatableStack, "deploy", "ExecuteChangeSet", 1, []string{"update", "recreate", "delete"}, false},
	{updatableStack, "deploy", "DescribeStackEvents", 3, []string{"delete"}, false},
	{updatableStack, "delete", "DescribeStacks", 2, []string{"update", "recreate", "protect", "delete"}, false},
	{updatableStack, "delete", "ListStackResources", 2, []string{"update"}, false},
	{updatableStack, "delete", "ListChangeSets", 3, []string{"plan"}, false},
	{updatableStack, "delete", "CreateChangeSet", 1, []string{"update"}, true},
	{updatableStack, "delete", "GetTemplate", 3, []string{"update"}, true},
	{failedStack, "deploy", "DescribeStacks", 2, []string{"delete", "protect"}, false},
	{[]string{"UPDATE_ROLLBACK_FAILED"}, "deploy", "DescribeStacks", 2, []string{"continue"}, false},
}

// addEncounter turns a run into a random encounter that suits the status of the
// stack. It leaves the run unchanged if no encounter suits the status.
func (w *world) addEncounter(d dice, r *run) {
	is := w.stateOf(stackName)
	status := is.status
	if is.empty() || strings.HasPrefix(status, "DELETE_COMPLETE") {
		status = ""
	}
	var all []encounter
	for _, e := range encounters {
		if slices.Contains(e.statuses, status) {
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		return
	}
	e := pick(d, all...)
	*r = run{goal: r.goal, command: e.command, args: append([]string{e.command}, r.goal.flags...)}
	if e.command != "plan" {
		r.yes = d.chance(80)
	}
	if r.yes {
		r.args = append(r.args, "--yes")
	}
	if existing := w.double.Resources(stackName); e.retains && len(existing) > 0 {
		r.retain = []string{pick(d, existing...)}
		r.args = append(r.args, "--retain", r.retain[0])
	}
	r.trouble = trouble{othersAt: e.nth, othersOperation: e.operation, others: otherChange{pick(d, e.changes...), pick(d, w.goals...)}}
}
