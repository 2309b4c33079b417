// Rules of races and of patience: what other people do at the same time is met
// by looking again, what did not happen is not; and a service that does not answer
// is not waited for without end.

package chaos_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"capaboot/internal/cfndouble"
)

// raceError is what CloudFormation says when somebody else was quicker.
var raceError = regexp.MustCompile(`(?m)^capaboot: error: .*(cannot be created again|InvalidChangeSetStatus|cannot be executed in its current|state and can not be updated|(Stack|ChangeSet) \S+ does not exist)`)

// judgeRaces: a race is not an error, a plan is made again only after one, and no
// change set counts whose stack is another than the one that was looked at, or
// has changed since.
func (w *world) judgeRaces(r *run) {
	if match := raceError.FindString(r.stderr); match != "" && r.faults == 0 && r.cancelled.IsZero() {
		w.fail(r, "a race is an error: %s", match)
	}
	if len(r.others) == 0 && !r.trouble.misled && !w.double.ForgetDeleted && strings.Contains(r.stderr, "the stack changed meanwhile") {
		w.fail(r, "it plans again, and the stack was not changed")
	}
	var looked state
	stacks := map[string]string{} // that was looked at before a change set was made, by its name
	for _, q := range r.requests {
		switch {
		case q.Operation == "DescribeStacks" && q.Form["StackName"] == stackName && q.Fault == "" && q.Failed != "fault": // or there is none
			looked = q.state
		case q.Operation == "CreateChangeSet" && q.carriedOut():
			stacks[q.Form["ChangeSetName"]] = looked.id
			if strings.HasPrefix(looked.status, "DELETE_") {
				stacks[q.Form["ChangeSetName"]] = ""
			}
		case q.Operation == "ExecuteChangeSet" && q.carriedOut():
			set, _ := w.setOf(q)
			if stack := stacks[set.Name]; stack != "" && stack != set.StackID {
				w.fail(r, "it executes a change set of stack %s, and has looked at %s", set.StackID, stack)
			}
		}
	}
	w.judgeObsolete(r)
	w.judgeAccepted(r)
}

// judgeAccepted: a yes is for one plan. What is executed after somebody else was
// quicker is what had the yes.
func (w *world) judgeAccepted(r *run) {
	var accepted map[string]bool
	for _, q := range r.requests {
		if q.Operation != "ExecuteChangeSet" || r.command != "deploy" {
			continue
		}
		set, ok := w.setOf(q)
		if !ok {
			continue
		}
		if accepted == nil {
			accepted = wanted(set)
		}
		if q.carriedOut() && !maps.Equal(accepted, wanted(set)) {
			w.fail(r, "it executes %v, and the yes was for %v", slices.Sorted(maps.Keys(wanted(set))), slices.Sorted(maps.Keys(accepted)))
		}
	}
}

// planShown begins a plan in what a command says.
var planShown = regexp.MustCompile(`(?m)` + planHeader.String())

// judgeObsolete: no plan is shown that was obsolete whenever it was read.
func (w *world) judgeObsolete(r *run) {
	made, read, fresh, said := "", 0, 0, 0
	check := func(until string, last bool) {
		shown := r.command == "plan" && (r.code == 0 || r.code == 3) && last || planShown.MatchString(until[min(said, len(until)):])
		if read > 0 && fresh == 0 && shown {
			w.fail(r, "it shows a plan that was obsolete each of the %d times that it was read", read)
		}
		made, read, fresh = "", 0, 0
	}
	for _, q := range r.requests {
		switch {
		case q.Operation == "CreateChangeSet" && q.Form["ChangeSetName"] != made:
			check(r.stderr[:min(q.said, len(r.stderr))], false)
			made = q.Form["ChangeSetName"]
		case q.Operation == "DescribeChangeSet" && q.carriedOut() && q.Fault == "" && q.Form["NextToken"] == "":
			i := slices.IndexFunc(q.sets, func(set cfndouble.ChangeSet) bool { return set.Name == made })
			if i >= 0 && read == 0 {
				said = q.said
			}
			if read++; i >= 0 && !q.sets[i].Obsolete {
				fresh++
			}
		}
	}
	check(r.stderr, true)
}

// endless are the kinds of faults that leave every request without an answer.
var endless = []string{string(cfndouble.Throttled), string(cfndouble.Unavailable), string(cfndouble.Internal), string(cfndouble.Reset), string(cfndouble.Portal), "html", "silence"}

// mostPatience is how long a command may go on without any answer before
// anything has started: the retries, one more attempt, and the same for what is
// to be removed.
const mostPatience = (45 + 8 + 15 + 20 + 15) * time.Second

// judgePatience: a command that has started nothing ends when the service does
// not answer for good.
func (w *world) judgePatience(r *run) {
	weather := r.trouble.weather
	if weather.pattern != "outage for good" || !slices.Contains(endless, weather.kinds[0].name) || len(r.requests) < weather.from || len(r.changes()) > 0 {
		return
	}
	if took := r.ended.Sub(r.requests[weather.from-1].Time); took > mostPatience {
		w.fail(r, "it goes on for %v without an answer, and has started nothing", took)
	}
}
