// Rules for races and for retries: the command plans again only after a
// concurrent change, and gives up when the service stops responding.

package chaos_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"capaboot/internal/cfndouble"
)

// raceErrorPattern matches CloudFormation's errors for a concurrent change.
var raceErrorPattern = regexp.MustCompile(`(?m)^capaboot: error: .*(cannot be created again|InvalidChangeSetStatus|cannot be executed in its current|state and can not be updated|(Stack|ChangeSet) \S+ does not exist)`)

// checkRaces checks that a race does not end the command with an error, that a
// stack is planned again only after a race, and that no change set is used if
// its stack was replaced or has changed since it was read.
func (w *world) checkRaces(r *run) {
	if match := raceErrorPattern.FindString(r.stderr); match != "" && r.faultCount == 0 && r.cancelled.IsZero() {
		w.fail(r, "a race ends in an error: %s", match)
	}
	if len(r.others) == 0 && !r.trouble.misleading && !w.double.ForgetDeleted && strings.Contains(r.stderr, "the stack changed: planning again") {
		w.fail(r, "it plans again, although the stack was not changed")
	}
	var lastState state
	stacks := map[string]string{} // ID of the stack that was read before a change set was created, by the name of the change set
	for _, q := range r.requests {
		switch {
		case q.Operation == "DescribeStacks" && q.Form["StackName"] == stackName && q.Fault == "" && q.Failed != "fault": // the command got a response, which may be that the stack does not exist
			lastState = q.state
		case q.Operation == "CreateChangeSet" && q.carriedOut():
			stacks[q.Form["ChangeSetName"]] = lastState.id
			if strings.HasPrefix(lastState.status, "DELETE_") {
				stacks[q.Form["ChangeSetName"]] = ""
			}
		case q.Operation == "ExecuteChangeSet" && q.carriedOut():
			set, _ := w.changeSetOf(q)
			if stack := stacks[set.Name]; stack != "" && stack != set.StackID {
				w.fail(r, "it executes a change set of stack %s, but has read stack %s", set.StackID, stack)
			}
		}
	}
	w.checkObsolete(r)
	w.checkConfirmed(r)
}

// checkConfirmed checks that a confirmation covers only one plan: after a
// concurrent change, only a plan with the confirmed changes is executed.
func (w *world) checkConfirmed(r *run) {
	var accepted map[string]bool
	for _, q := range r.requests {
		if q.Operation != "ExecuteChangeSet" || r.command != "deploy" {
			continue
		}
		set, ok := w.changeSetOf(q)
		if !ok {
			continue
		}
		if accepted == nil {
			accepted = changesOf(set)
		}
		if q.carriedOut() && !maps.Equal(accepted, changesOf(set)) {
			w.fail(r, "it executes %v, but the confirmation was for %v", slices.Sorted(maps.Keys(changesOf(set))), slices.Sorted(maps.Keys(accepted)))
		}
	}
}

// shownPlanPattern finds a line that planHeader matches in the output of a command.
var shownPlanPattern = regexp.MustCompile(`(?m)` + planHeader.String())

// checkObsolete checks that a command shows a plan only if the change set was up
// to date at least once when the command read it.
func (w *world) checkObsolete(r *run) {
	created, read, fresh, printedLength := "", 0, 0, 0
	check := func(until string, last bool) {
		shown := r.command == "plan" && (r.code == 0 || r.code == 3) && last || shownPlanPattern.MatchString(until[min(printedLength, len(until)):])
		if read > 0 && fresh == 0 && shown {
			w.fail(r, "it shows a plan that was obsolete each of the %d times that it was read", read)
		}
		created, read, fresh = "", 0, 0
	}
	for _, q := range r.requests {
		switch {
		case q.Operation == "CreateChangeSet" && q.Form["ChangeSetName"] != created:
			check(r.stderr[:min(q.stderrLength, len(r.stderr))], false)
			created = q.Form["ChangeSetName"]
		case q.Operation == "DescribeChangeSet" && q.carriedOut() && q.Fault == "" && q.Form["NextToken"] == "":
			i := slices.IndexFunc(q.sets, func(set cfndouble.RecordedChangeSet) bool { return set.Name == created })
			if i >= 0 && read == 0 {
				printedLength = q.stderrLength
			}
			if read++; i >= 0 && !q.sets[i].Obsolete {
				fresh++
			}
		}
	}
	check(r.stderr, true)
}

// unresponsiveFaults are the kinds of faults with which every request fails and
// is retried.
var unresponsiveFaults = []string{string(cfndouble.Throttled), string(cfndouble.Unavailable), string(cfndouble.Internal), string(cfndouble.Reset), string(cfndouble.Portal), "html", "silence"}

// maxRetryTime is how long a command that has started no operation may run
// while every request fails: the retries, one more attempt, and the same for
// the cleanup.
const maxRetryTime = (45 + 8 + 15 + 20 + 15) * time.Second

// checkRetryTime checks that a command that has started nothing ends when the
// service stops responding.
func (w *world) checkRetryTime(r *run) {
	weather := r.trouble.weather
	if weather.pattern != "permanent outage" || !slices.Contains(unresponsiveFaults, weather.kinds[0].name) || len(r.requests) < weather.from || len(r.changeRequests()) > 0 {
		return
	}
	if took := r.ended.Sub(r.requests[weather.from-1].Time); took > maxRetryTime {
		w.fail(r, "it continues for %v without a response, although it has started nothing", took)
	}
}
