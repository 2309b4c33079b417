// Encounters: moments between a look and an act, at which somebody else is
// quicker. At random they would hardly ever happen.

package chaos_test

import (
	"slices"
	"strings"
)

// encounter is a command, and what somebody does before its nth request of an
// operation.
type encounter struct {
	// when are the beginnings of the statuses that the stack has, "" for none and
	// for an empty one.
	when      []string
	command   string
	operation string
	nth       int
	deeds     []string
	retains   bool // the command has --retain
}

var (
	absent = []string{""}
	ready  = updatable
	failed = []string{"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}
)

var encounters = []encounter{
	{absent, "plan", "CreateChangeSet", 1, []string{"create", "plan"}, false},
	{absent, "plan", "DeleteChangeSet", 1, []string{"create", "plan"}, false},
	{absent, "deploy", "CreateChangeSet", 1, []string{"create"}, false},
	{absent, "deploy", "ExecuteChangeSet", 1, []string{"create"}, false},
	{ready, "deploy", "CreateChangeSet", 1, []string{"update", "recreate", "delete"}, false},
	{ready, "plan", "DescribeChangeSet", 1, []string{"update", "recreate"}, false},
	{ready, "deploy", "DescribeChangeSet", 1, []string{"update", "recreate", "delete"}, false},
	{ready, "deploy", "ExecuteChangeSet", 1, []string{"update", "recreate", "delete"}, false},
	{ready, "deploy", "DescribeStackEvents", 3, []string{"delete"}, false},
	{ready, "delete", "DescribeStacks", 2, []string{"update", "recreate", "protect", "delete"}, false},
	{ready, "delete", "ListStackResources", 2, []string{"update"}, false},
	{ready, "delete", "ListChangeSets", 3, []string{"plan"}, false},
	{ready, "delete", "CreateChangeSet", 1, []string{"update"}, true},
	{ready, "delete", "GetTemplate", 3, []string{"update"}, true},
	{failed, "deploy", "DescribeStacks", 2, []string{"delete", "protect"}, false},
	{[]string{"UPDATE_ROLLBACK_FAILED"}, "deploy", "DescribeStacks", 2, []string{"continue"}, false},
}

// meet makes a run one of an encounter that suits the state of the stack, if
// there is one.
func (w *world) meet(d dice, r *run) {
	is := w.look(stackName)
	status := is.status
	if is.empty() || strings.HasPrefix(status, "DELETE_COMPLETE") {
		status = ""
	}
	var all []encounter
	for _, e := range encounters {
		if slices.Contains(e.when, status) {
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		return
	}
	e := one(d, all...)
	*r = run{goal: r.goal, command: e.command, args: append([]string{e.command}, r.goal.flags...)}
	if e.command != "plan" {
		r.yes = d.chance(80)
	}
	if r.yes {
		r.args = append(r.args, "--yes")
	}
	if there := w.double.Resources(stackName); e.retains && len(there) > 0 {
		r.retain = []string{one(d, there...)}
		r.args = append(r.args, "--retain", r.retain[0])
	}
	r.trouble = trouble{othersAt: e.nth, othersOf: e.operation, others: deed{one(d, e.deeds...), one(d, w.goals...)}}
}
