// Rules for changes: the program changes nothing that it did not show, removes
// nothing without confirmation, and leaves other people's resources alone.

package chaos_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/cfndouble"
)

// checkMutations compares every request that changes something with what the
// command printed before it.
func (w *world) checkMutations(r *run) {
	var lastState state // the state of the stack when the command last read it; empty after the second request for events since then
	polls := 0
	for _, q := range r.requests {
		if q.Operation == "DescribeStackEvents" {
			if polls++; polls > 1 { // the first poll finds the newest event before an operation
				lastState = state{}
			}
		}
		if q.Operation == "DescribeStacks" && q.carriedOut() && q.Fault == "" {
			lastState, polls = q.state, 0
		}
		if !q.carriedOut() {
			continue
		}
		w.checkTarget(r, q, lastState)
		w.checkServiceRole(r, q)
		printed := r.stderr[:min(q.stderrLength, len(r.stderr))]
		switch q.Operation {
		case "CreateChangeSet":
			if !isOurs(q.Form["ChangeSetName"]) {
				w.fail(r, "the name of a change set is %q", q.Form["ChangeSetName"])
			}
			if r.command == "delete" && len(r.retain) == 0 {
				w.fail(r, "a deletion creates a change set")
			}
		case "DeleteChangeSet":
			name := q.Form["ChangeSetName"]
			if !isOurs(name) && !strings.Contains(name, ":changeSet/capaboot-") {
				w.fail(r, "the change set %q of another person is deleted", name)
			}
		case "ExecuteChangeSet":
			w.checkExecution(r, q, printed)
		case "DeleteStack":
			w.checkDeletion(r, q, printed)
		case "ContinueUpdateRollback":
			if !r.yes || r.command != "deploy" || !strings.Contains(printed, "UPDATE_ROLLBACK_FAILED") {
				w.fail(r, "a rollback is continued without confirmation or message")
			}
		case "UpdateTerminationProtection":
			if !r.protects || q.Form["EnableTerminationProtection"] != "true" {
				w.fail(r, "termination protection is changed without the flag")
			}
		}
	}
}

// checkTarget checks that requests that change a stack name the stack or its
// change set by ID, because another stack may have the same name. It also
// checks that a command does not delete a stack that it knows to be protected or
// busy.
func (w *world) checkTarget(r *run, q *request, lastState state) {
	target := q.Form["StackName"]
	if q.Operation == "ExecuteChangeSet" {
		target = q.Form["ChangeSetName"]
	}
	switch {
	case !q.Mutates():
		return
	case !strings.HasPrefix(target, "arn:"):
		w.fail(r, "%s names the stack by name, not by ID: %s", q.Operation, target)
	case q.Operation == "UpdateTerminationProtection":
	case lastState.protected && r.command == "delete":
		w.fail(r, "%s to delete a stack that was known to be protected", q.Operation)
	case q.Operation == "DeleteStack" && lastState.id == q.state.id && strings.HasSuffix(lastState.status, "_IN_PROGRESS") && lastState.status != "REVIEW_IN_PROGRESS":
		w.fail(r, "the stack is deleted, although it was known to be %s", lastState.status)
	}
}

// checkServiceRole checks that requests pass the given service role. An empty
// stack is removed without a service role.
func (w *world) checkServiceRole(r *run, q *request) {
	switch q.Operation {
	case "CreateChangeSet", "ContinueUpdateRollback", "DeleteStack":
		if role := q.Form["RoleARN"]; role != r.serviceRole && !(q.Operation == "DeleteStack" && q.state.empty()) {
			w.fail(r, "%s with the role %q, want %q", q.Operation, role, r.serviceRole)
		}
	}
}

// checkQuestions checks that the deletion of a protected stack is never
// offered.
func (w *world) checkQuestions(r *run) {
	if r.before.protected && len(r.others) == 0 && strings.Contains(r.stderr, "the command deletes") {
		w.fail(r, "it asks whether to delete a protected stack")
	}
}

// planLine matches a resource in a printed plan.
var planLine = regexp.MustCompile(`^capaboot: (?:\+|~|-|-/\+|\?) (add|change|remove|replace|may replace|import|unknown) +(\S+) +\S+$`)

// planActions maps the double's actions to the words in a plan.
var planActions = map[string]string{"Add": "add", "Modify": "change", "Replace": "replace", "Remove": "remove", "Import": "import"}

// planHeader matches the line of a plan that counts its changes, if the line begins with
// the changes of a kind such as "2 to add", or with several tags.
var planHeader = regexp.MustCompile(`^capaboot: (\d+ to \w+|\d+ tags of)`)

// shownChanges returns the changes in the last plan that was printed.
func shownChanges(printed string) map[string]bool {
	changes := map[string]bool{}
	for line := range strings.Lines(printed) {
		line = strings.TrimSuffix(line, "\n")
		if planHeader.MatchString(line) {
			clear(changes)
		}
		if match := planLine.FindStringSubmatch(line); match != nil {
			changes[match[1]+" "+match[2]] = true
		}
	}
	return changes
}

// changesOf returns the changes of a change set, in the words of a plan.
func changesOf(set cfndouble.RecordedChangeSet) map[string]bool {
	changes := map[string]bool{}
	for _, change := range set.Changes {
		action, id, _ := strings.Cut(change, " ")
		changes[planActions[action]+" "+id] = true
	}
	return changes
}

func (w *world) changeSetOf(q *request) (cfndouble.RecordedChangeSet, bool) {
	for _, set := range w.double.AllChangeSets() {
		if key := q.Form["ChangeSetName"]; set.ID == key || set.Name == key {
			return set, true
		}
	}
	return cfndouble.RecordedChangeSet{}, false
}

func (w *world) checkExecution(r *run, q *request, printed string) {
	set, ok := w.changeSetOf(q)
	switch {
	case !ok || !isOurs(set.Name):
		w.fail(r, "the change set %q of another person is executed", q.Form["ChangeSetName"])
		return
	case r.command == "plan":
		w.fail(r, "a plan executes a change set")
		return
	case r.command == "delete":
		// A deletion executes only the update that sets the DeletionPolicy of
		// the resources to retain.
		if !r.yes || !strings.Contains(printed, "DeletionPolicy") {
			w.fail(r, "the update before a deletion, without confirmation or message")
		}
		for _, change := range set.Changes {
			_, id, _ := strings.Cut(change, " ")
			if !strings.HasPrefix(change, "Modify ") || !slices.Contains(r.retain, id) {
				w.fail(r, "the update before a deletion changes %s", change)
			}
		}
		return
	}
	if shown, wanted := shownChanges(printed), changesOf(set); !maps.Equal(shown, wanted) {
		w.fail(r, "the printed plan has %v, but the executed change set %v", slices.Sorted(maps.Keys(shown)), slices.Sorted(maps.Keys(wanted)))
	}
	for _, change := range set.Changes {
		action, id, _ := strings.Cut(change, " ")
		if action != "Remove" && action != "Replace" {
			continue
		}
		if !r.yes {
			w.fail(r, "not confirmed: %s", change)
		}
		if !strings.Contains(printed, "capaboot:   "+planActions[action]+" "+id+" (") {
			w.fail(r, "the question did not list the change: %s", change)
		}
	}
}

// isListed reports whether a line under a question names a resource: as kept if
// kept is set, otherwise as deleted.
func isListed(printed, id string, kept bool) bool {
	for line := range strings.Lines(printed) {
		rest, ok := strings.CutPrefix(line, "capaboot:   ")
		word := ""
		if rest, isKept := strings.CutPrefix(rest, "kept: "); isKept == kept {
			word, _, _ = strings.Cut(rest, " ")
		}
		if ok && word == id {
			return true
		}
	}
	return false
}

func (w *world) checkDeletion(r *run, q *request, printed string) {
	is := q.state
	switch {
	case is.id == "" || strings.HasPrefix(is.status, "DELETE_") && is.status != "DELETE_FAILED":
		return // the request has no effect
	case is.empty() && r.command == "delete" && r.yes:
		for _, set := range q.sets {
			if set.Pending && set.StackID == is.id && !strings.Contains(printed, "change set "+set.Name) && !strings.Contains(printed, "change sets, which cannot be listed") {
				w.fail(r, "the stack is deleted with the change set %s, which the question did not list", set.Name)
			}
		}
		return
	case is.empty():
		for _, set := range q.sets {
			if set.Pending && set.StackID == is.id && !isOurs(set.Name) {
				w.fail(r, "the stack is deleted with the change set %s of another person", set.Name)
			}
		}
		return
	case r.command == "plan":
		w.fail(r, "a plan deletes the stack, which is %s", is.status)
		return
	case strings.HasSuffix(is.status, "_IN_PROGRESS") && len(r.others) == 0:
		w.fail(r, "the stack is deleted while it is %s", is.status)
	case slices.Contains(r.retain, unknownResource):
		w.fail(r, "the stack is deleted, although it has no resource %s", unknownResource)
	case !strings.Contains(printed, is.status) && r.command == "deploy":
		w.fail(r, "the stack is deleted without a message that it is %s", is.status)
	case !r.yes && (r.command == "delete" || is.status != "ROLLBACK_COMPLETE" || len(is.resources) > 0):
		w.fail(r, "the stack is deleted without confirmation")
	}
	for _, set := range q.sets {
		if is.status != "ROLLBACK_COMPLETE" && set.Pending && set.StackID == is.id && !strings.Contains(printed, "change set "+set.Name) && !strings.Contains(printed, "change sets, which cannot be listed") {
			w.fail(r, "the stack is deleted with the change set %s, which the question did not list", set.Name)
		}
	}
	for _, id := range is.resources {
		if !isListed(printed, id, false) && !isListed(printed, id, true) {
			w.fail(r, "the stack is deleted, but the question did not list %s", id)
		}
	}
}

// checkRemovals checks that existing resources are removed only after
// confirmation, and that resources that --retain names or that were reported as
// retained are never removed. It also checks that a deletion reports each
// retained resource, if the template could be read.
func (w *world) checkRemovals() {
	type resourceKey struct{ stack, id string }
	creator := map[resourceKey]string{}
	for _, e := range w.double.Effects() {
		if e.Kind == cfndouble.Created {
			creator[resourceKey{e.StackID, e.LogicalID}] = e.Token
		}
		r := w.runOf(e.Token)
		if e.Kind == cfndouble.Retained && r != nil && r.command == "delete" && !isListed(r.stderr, e.LogicalID, true) && !slices.ContainsFunc(r.requests, func(q *request) bool { return q.Operation == "GetTemplate" && q.Failed != "" }) {
			w.fail(r, "%s (%s) was retained, but not reported", e.LogicalID, e.PhysicalID)
		}
		if e.Kind != cfndouble.Removed || r == nil || creator[resourceKey{e.StackID, e.LogicalID}] == e.Token {
			continue
		}
		switch {
		case !r.yes:
			w.fail(r, "%s (%s) was removed without confirmation", e.LogicalID, e.PhysicalID)
		case slices.Contains(r.retain, e.LogicalID):
			w.fail(r, "%s (%s) was removed in spite of --retain", e.LogicalID, e.PhysicalID)
		case r.command == "delete" && isListed(r.stderr, e.LogicalID, true) && !isListed(r.stderr, e.LogicalID, false):
			w.fail(r, "%s (%s) was removed, but reported as retained", e.LogicalID, e.PhysicalID)
		}
	}
}

// runOf returns the run that sent a request with a token; nil if another person
// sent it.
func (w *world) runOf(token string) *run {
	for _, r := range w.runs {
		for _, q := range r.requests {
			if token != "" && q.Form["ClientRequestToken"] == token {
				return r
			}
		}
	}
	return nil
}
