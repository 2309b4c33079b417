// Rules of what is told while an operation goes on: every event once, and the
// first that failed as the cause.

package chaos_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"capaboot/internal/cfndouble"
)

// eventLine is an event that is shown.
var eventLine = regexp.MustCompile(`(?m)^capaboot: (\d\d:\d\d:\d\d [A-Z_]+ \S+?)(?:: .*)?$`)

// cancelled matches the reason of what was given up because something else failed.
var cancelled = regexp.MustCompile(`\bResource \w+ cancelled`)

// lineOf is how an event is shown, except for its reason.
func lineOf(e cfndouble.Event) string {
	return fmt.Sprintf("%s %s %s", e.Time.UTC().Format("15:04:05"), e.Status, e.LogicalID)
}

// operations returns the tokens of the operations that a run started.
func (r *run) operations() []string {
	var tokens []string
	for _, q := range r.of("ExecuteChangeSet", "DeleteStack", "ContinueUpdateRollback") {
		if token := q.Form["ClientRequestToken"]; !slices.Contains(tokens, token) {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// judgeEvents: no event is shown that there was not, or more often than it was;
// of an operation that was followed to its end every one is shown; and of one
// that failed, the cause is named.
func (w *world) judgeEvents(r *run) {
	there, shown := map[string]int{}, map[string]int{}
	for _, e := range w.double.Events() {
		there[lineOf(e)]++
	}
	for _, match := range eventLine.FindAllStringSubmatch(r.stderr, -1) {
		shown[match[1]]++
	}
	for line, times := range shown {
		if times > there[line] {
			w.fail(r, "an event is shown %d times, and there are %d: %s", times, there[line], line)
		}
	}
	result, tokens := r.result(), r.operations()
	if r.detach || len(tokens) == 0 {
		return
	}
	last := tokens[len(tokens)-1]
	var failed *cfndouble.Event
	for _, e := range w.double.Events() {
		if e.Token != last || e.Time.After(r.ended) {
			continue
		}
		if !e.Stack && strings.HasSuffix(e.Status, "_FAILED") && !cancelled.MatchString(e.Reason) && (failed == nil || e.Time.Before(failed.Time)) {
			failed = &e
		}
		followed := result == "created" || result == "updated" || result == "deleted"
		if followed && shown[lineOf(e)] == 0 && !w.unseen(e) {
			w.fail(r, "an event is not shown: %s", lineOf(e))
		}
	}
	text := r.errors()
	for line := range strings.Lines(r.stderr) {
		if (strings.HasPrefix(line, "capaboot: error: ") || strings.HasPrefix(line, "capaboot: warning: ")) && cancelled.MatchString(line) {
			w.fail(r, "what was cancelled counts as a failure: %s", line)
		}
	}
	ended := regexp.MustCompile(`; the stack is ([A-Z_]+)`).FindStringSubmatch(text)
	switch {
	case ended == nil:
	case failed != nil && !strings.Contains(text, failed.LogicalID+" (") && !strings.Contains(text, failed.LogicalID+" is "):
		w.fail(r, "the error does not name %s, which failed first: %s", failed.LogicalID, text)
	case len(r.others) == 0 && ended[1] != r.end.status && !(w.double.ForgetDeleted && r.end.id == ""):
		w.fail(r, "it says that the stack is %s, and it is %s", ended[1], r.end.status)
	}
}

// errors returns the lines of the errors that a run printed.
func (r *run) errors() string {
	var b strings.Builder
	for line := range strings.Lines(r.stderr) {
		if rest, ok := strings.CutPrefix(line, "capaboot: error: "); ok {
			b.WriteString(rest)
		}
	}
	return b.String()
}

// unseen says whether an event cannot have been seen.
func (w *world) unseen(e cfndouble.Event) bool {
	return e.Stack && w.double.HideFinal || w.double.HideFirst && e.Stack && e.Status == "CREATE_IN_PROGRESS" || w.double.ForgetDeleted && (strings.HasPrefix(e.Status, "DELETE_") || e.LogicalID == lateResource)
}

const (
	// atEase is how long it takes from one poll to the next when there were more
	// requests than seconds, because the events had many pages.
	atEase = 1500 * time.Millisecond
	// ahead is how many requests more than seconds there may be before that.
	ahead = 3
)

// judgePace: the events of an operation that is followed are not asked for more
// often than once a second, in the long run.
func (w *world) judgePace(r *run) {
	if r.faults > 0 {
		return // which are repeated
	}
	var begun, poll time.Time
	n := 0
	for _, q := range r.requests {
		switch q.Operation {
		case "ExecuteChangeSet", "DeleteStack", "ContinueUpdateRollback":
			begun, poll, n = q.arrived, time.Time{}, 0
		case "DescribeStacks": // now and then
		case "DescribeStackEvents":
			first := q.Form["NextToken"] == ""
			if took := q.arrived.Sub(begun); first && !poll.IsZero() && n > int(took/time.Second)+ahead && q.arrived.Sub(poll) < atEase {
				w.fail(r, "%v after its beginning the operation was asked about %d times, and the next time comes %v after the last", took, n, q.arrived.Sub(poll))
				return
			}
			if first && poll.IsZero() && !begun.IsZero() && q.arrived.Sub(begun) < time.Second {
				w.fail(r, "the operation is asked about %v after its beginning", q.arrived.Sub(begun))
			}
			if first && !begun.IsZero() {
				poll = q.arrived
			}
			n++
		default: // it was followed to its end
			begun, poll = time.Time{}, time.Time{}
		}
	}
}
