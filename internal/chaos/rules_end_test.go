// Rules for the end of a run: the stack is in the state that the command reports, leftovers of the
// program are named, and without faults every command reaches its goal.

package chaos_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"capaboot/internal/cfndouble"
	"capaboot/internal/conform"
)

// resultLines are the lines that report the result.
var resultLines = []struct {
	text   *regexp.Regexp
	result string
}{
	{regexp.MustCompile(`(?m)^capaboot: stack \S+ does not exist: nothing to delete`), "absent"},
	{regexp.MustCompile(`(?m)^capaboot: (no changes|stack \S+ is up to date)`), "unchanged"},
	{regexp.MustCompile(`(?m)^capaboot: stack \S+ is created, after`), "created"},
	{regexp.MustCompile(`(?m)^capaboot: stack \S+ is updated, after`), "updated"},
	{regexp.MustCompile(`(?m)^capaboot: stack \S+ is deleted, after`), "deleted"},
}

// result returns the result that a run reports; "" for a plan and for a run
// that failed. If the run reports no result, it returns "started" with --detach,
// and otherwise "?".
func (r *run) result() string {
	if r.code != 0 || r.command == "plan" {
		return ""
	}
	var answer struct{ Result string }
	if json.Unmarshal([]byte(r.stdout), &answer) == nil && answer.Result != "" {
		return answer.Result
	}
	for _, known := range resultLines {
		if known.text.MatchString(r.stderr) {
			return known.result
		}
	}
	if r.detach {
		return "started"
	}
	return "?"
}

// checkEnd checks that a command exits with 0 only if, at some time during the
// run, the stack was in the state that the command reports. It also checks that
// JSON output matches its schema, that a deletion retained the requested
// resources, and what a plan shows.
func (w *world) checkEnd(r *run) {
	if schema, err := conform.Schema(r.args); err != nil {
		w.fail(r, "%v", err)
	} else if schema != "" && r.stdout != "" {
		if err := conform.Check(schema, r.stdout); err != nil {
			w.fail(r, "the output does not match its schema: %v", err)
		}
	}
	reached := func(is func(differences []string) bool) bool {
		for _, q := range r.requests {
			if is(q.differences) {
				return true
			}
		}
		return is(r.differences)
	}
	matchesGoal := func(differences []string) bool { return len(differences) == 0 }
	executed := r.carriedOutRequests("ExecuteChangeSet")
	switch result := r.result(); result {
	case "":
	case "unchanged":
		if !reached(matchesGoal) {
			w.fail(r, "%s, but the stack differs: %v", result, r.differences)
		}
		if len(executed) > 0 && len(r.others) == 0 {
			w.fail(r, "%s, but a change set was executed", result)
		}
		w.checkResources(r)
	case "created", "updated":
		if len(executed) == 0 || !w.succeeded(r) || len(r.others) == 0 && len(r.differences) > 0 {
			w.fail(r, "%s, after %d executions, but the stack differs: %v", result, len(executed), r.differences)
		}
		w.checkResources(r)
	case "absent", "deleted":
		absent := func(differences []string) bool {
			return slices.Contains(differences, "the stack does not exist")
		}
		if !reached(absent) && !w.deleted(r) {
			w.fail(r, "%s, but the stack is %s", result, r.end.status)
		}
		if result == "deleted" && r.before.id == "" && len(r.others) == 0 {
			w.fail(r, "deleted, but there was no stack")
		}
		if result == "absent" && r.before.id != "" && len(r.others) == 0 && !strings.HasPrefix(r.before.status, "DELETE") {
			w.fail(r, "absent, but there was a stack")
		}
	case "started":
		if !r.detach || len(executed)+len(r.carriedOutRequests("DeleteStack")) == 0 {
			w.fail(r, "started, but nothing was")
		}
	default:
		w.fail(r, "exit code 0 without a result")
	}
	for _, id := range r.retain {
		if result := r.result(); result != "deleted" {
			continue
		}
		if !slices.Contains(r.retained, id) {
			w.fail(r, "deleted, but %s was not retained", id)
		}
	}
	if r.command == "plan" && (r.code == 0 || r.code == 3) {
		w.checkPlan(r)
	}
}

// succeeded reports whether the last change set that a run executed was applied
// before the run ended.
func (w *world) succeeded(r *run) bool {
	executed := r.carriedOutRequests("ExecuteChangeSet")
	token := executed[len(executed)-1].Form["ClientRequestToken"]
	return slices.ContainsFunc(w.double.Events(), func(e cfndouble.RecordedEvent) bool {
		return e.Stack && e.Token == token && (e.Status == "CREATE_COMPLETE" || e.Status == "UPDATE_COMPLETE") && !e.Time.After(r.ended)
	})
}

// deleted reports whether the last deletion of a run was complete before the
// run ended.
func (w *world) deleted(r *run) bool {
	requests := r.carriedOutRequests("DeleteStack")
	if len(requests) == 0 {
		return false
	}
	token := requests[len(requests)-1].Form["ClientRequestToken"]
	return slices.ContainsFunc(w.double.Events(), func(e cfndouble.RecordedEvent) bool {
		return e.Stack && e.Token == token && e.Status == "DELETE_COMPLETE" && !e.Time.After(r.ended)
	})
}

// checkResources checks that the printed resources are those of the stack,
// unless another person has changed the stack.
func (w *world) checkResources(r *run) {
	if len(r.others) > 0 {
		return
	}
	var got []string
	if slices.Contains(r.args, "json") {
		var answer struct {
			Resources []struct{ LogicalID, Status string }
		}
		if json.Unmarshal([]byte(r.stdout), &answer) != nil {
			return
		}
		for _, resource := range answer.Resources {
			// A resource with DELETE_SKIPPED was retained, and has left the stack.
			if resource.Status != "DELETE_SKIPPED" {
				got = append(got, resource.LogicalID)
			}
		}
	} else {
		for line := range strings.Lines(r.stdout) {
			if id, _, _ := strings.Cut(line, " "); id != "LOGICAL" && !strings.Contains(line, "DELETE_SKIPPED") {
				got = append(got, id)
			}
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, r.end.resources) {
		w.fail(r, "the printed resources are %v, but the stack has %v", got, r.end.resources)
	}
}

// checkPlan checks that a plan shows all changes in its change set, and reports
// no changes only when there are none.
func (w *world) checkPlan(r *run) {
	none := strings.Contains(r.stdout, "no changes\n")
	var answer struct {
		Changes     []struct{ Action, LogicalID string }
		Tags        []any
		Preparation string
	}
	got := map[string]bool{}
	if slices.Contains(r.args, "json") {
		if json.Unmarshal([]byte(r.stdout), &answer) != nil {
			return
		}
		none = len(answer.Changes)+len(answer.Tags) == 0 && answer.Preparation == ""
		for _, change := range answer.Changes {
			got[change.Action+" "+change.LogicalID] = true
		}
	} else {
		for line := range strings.Lines(r.stdout) {
			if match := planLine.FindStringSubmatch("capaboot: " + strings.TrimSuffix(line, "\n")); match != nil {
				got[match[1]+" "+match[2]] = true
			}
			if strings.HasPrefix(line, "first: ") {
				answer.Preparation = line
			}
		}
	}
	if none && len(got) > 0 || r.exitCode && none != (r.code == 0) {
		w.fail(r, "exit code %d for a plan with %d changes", r.code, len(got))
	}
	if answer.Preparation != "" || r.trouble.misleading {
		return // there was no change set, or the plan shows a manipulated response
	}
	created := r.carriedOutRequests("CreateChangeSet")
	if len(created) == 0 {
		w.fail(r, "a plan without a change set")
		return
	}
	set, _ := w.changeSetOf(created[len(created)-1])
	want := changesOf(set)
	if len(got) != len(want) {
		w.fail(r, "the plan has %d changes, but its change set has %d", len(got), len(want))
	}
	for change := range want {
		if !got[change] {
			w.fail(r, "the plan does not show: %s", change)
		}
	}
}

// checkClaims checks that the messages on stderr about changes and operations
// are true, and that a run that fails during an operation says how to follow
// the operation.
func (w *world) checkClaims(r *run) {
	changes := r.changeRequests()
	if strings.Contains(r.stderr, "nothing was changed") && len(changes) > 0 {
		w.fail(r, "it says that nothing was changed, after %s", changes[len(changes)-1])
	}
	if regexp.MustCompile(`(?m)^capaboot: started`).MatchString(r.stderr) && len(r.carriedOutRequests("ExecuteChangeSet", "DeleteStack")) == 0 {
		w.fail(r, "it says that an operation started, but none did")
	}
	if r.code != 0 && r.code != 3 && len(changes) > 0 && strings.HasSuffix(r.end.status, "_IN_PROGRESS") && r.end.status != "REVIEW_IN_PROGRESS" && !r.removesEmptyStack() &&
		!strings.Contains(r.stderr, "same command") {
		w.fail(r, "the stack is %s, but the output does not say how to follow it", r.end.status)
	}
}

// removesEmptyStack reports whether the last change by a run was the removal of
// an empty stack. Such a removal does not need to be followed.
func (r *run) removesEmptyStack() bool {
	all := r.carriedOutRequests("ExecuteChangeSet", "DeleteStack", "ContinueUpdateRollback")
	return len(all) > 0 && all[len(all)-1].Operation == "DeleteStack" && all[len(all)-1].state.empty()
}

var removalCommand = regexp.MustCompile(`aws cloudformation (delete-change-set|delete-stack)((?: +--?[a-z-]+ +[^ ,;)]+)+)`)

// removals returns the cleanup commands that stderr names, as parameters by
// name. The parameter "" has the name of the command, such as "delete-stack".
func (r *run) removals() []map[string]string {
	var all []map[string]string
	for _, match := range removalCommand.FindAllStringSubmatch(r.stderr, -1) {
		form := map[string]string{"": match[1]}
		words := strings.Fields(match[2])
		for i := 0; i+1 < len(words); i += 2 {
			switch value := strings.Trim(words[i+1], `"'`); words[i] {
			case "--change-set-name":
				form["ChangeSetName"] = value
			case "--stack-name":
				form["StackName"] = value
			}
		}
		all = append(all, form)
	}
	return all
}

// runCleanup runs the cleanup commands that a run named, as a user would.
func (w *world) runCleanup(r *run) {
	for _, form := range r.removals() {
		operation := "DeleteChangeSet"
		if form[""] == "delete-stack" {
			operation = "DeleteStack"
		}
		if operation == "DeleteStack" && !w.stateOf(form["StackName"]).empty() {
			continue // a user would check the stack first
		}
		_ = w.double.Do(operation, form)
	}
}

// checkLeftovers checks that a run leaves no pending change set and no empty
// stack, unless the run names the command that removes it.
func (w *world) checkLeftovers(r *run) {
	for _, left := range r.leftovers {
		named := false
		for _, form := range r.removals() {
			key := form["ChangeSetName"]
			switch form[""] {
			case "delete-change-set":
				named = named || left.set != "" && (key == left.set && form["StackName"] != "" || strings.Contains(key, ":changeSet/"+left.set+"/"))
			case "delete-stack":
				named = named || left.set == "" && (form["StackName"] == stackName || form["StackName"] == left.stack)
			}
		}
		if !named {
			w.fail(r, "a leftover is not reported: change set %q, stack %q", left.set, left.stack)
		}
	}
}

// isBlocked reports whether a command failed because a resource already exists
// that an earlier operation may have retained.
func (w *world) isBlocked(last *run) bool {
	return last.code == 1 && strings.Contains(last.stderr, "already exists") &&
		slices.ContainsFunc(w.double.Effects(), func(e cfndouble.Effect) bool { return e.Kind == cfndouble.Retained })
}

// checkConvergence checks the last two runs. The first may have mild faults, an
// outage of some minutes or a concurrent change, the second has none of these. Both
// must succeed, the first must take little longer than CloudFormation needs, and the
// second must change nothing. If the stack cannot be changed, a deployment must fail
// and change nothing. A deployment may also fail because a retained resource still has
// a name that is needed.
func (w *world) checkConvergence() {
	last, again := w.runs[len(w.runs)-2], w.runs[len(w.runs)-1]
	if slices.Contains([]string{"IMPORT_ROLLBACK_FAILED", "FUTURE_STATUS"}, last.before.status) && slices.Contains([]string{"deploy", "plan"}, last.command) {
		if last.code != 1 || len(last.changeRequests()) > 0 || strings.Contains(last.stderr, ": the command deletes") {
			w.fail(last, "exit code %d, changes or a question, for a stack that cannot be changed", last.code)
		}
		return
	}
	if w.isBlocked(last) {
		return
	}
	if last.code != 0 || again.code != 0 {
		w.fail(last, "without faults the exit codes are %d and %d", last.code, again.code)
	}
	work := 16 * w.double.Duration // no template has more than 16 levels to delete and create
	if w.double.HideFinal {
		work += 3 * time.Minute // without a final event, the command reads the stack, at longer intervals
	}
	if len(last.others) > 0 {
		work *= 2
	}
	if took := last.ended.Sub(last.began) - last.trouble.outage; took > work+time.Minute+time.Duration(last.faultCount)*30*time.Second+time.Duration(len(last.requests))*250*time.Millisecond {
		w.fail(last, "it took %v, with %d faults", took, last.faultCount)
	}
	if len(again.changeRequests()) > 0 {
		w.fail(again, "the second run without faults changes something")
	}
	for _, set := range w.double.AllChangeSets() {
		if set.Pending && isOurs(set.Name) {
			w.fail(again, "after two runs without faults the change set %s remains", set.Name)
		}
	}
	for _, left := range last.inherited {
		if left.set != "" && left.stack == last.end.id && !strings.Contains(last.stderr, left.set) {
			w.fail(last, "it does not say that it removes the change set %s of an earlier run", left.set)
		}
	}
}
