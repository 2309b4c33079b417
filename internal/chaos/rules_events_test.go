// Rules for following an operation: every event is printed once, the first
// failure is named as the cause, and the requests are not too frequent.

package chaos_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"capaboot/internal/cfndouble"
)

var eventLine = regexp.MustCompile(`(?m)^capaboot: (\d\d:\d\d:\d\d [A-Z_]+ \S+?)(?:: .*)?$`)

// cancelledReason matches the reason of a resource that was cancelled because
// another failed.
var cancelledReason = regexp.MustCompile(`\bResource \w+ cancelled`)

// lineOf formats an event as the program prints it, without its reason.
func lineOf(e cfndouble.RecordedEvent) string {
	return fmt.Sprintf("%s %s %s", e.Time.UTC().Format("15:04:05"), e.Status, e.LogicalID)
}

func (r *run) operationTokens() []string {
	var tokens []string
	for _, q := range r.carriedOutRequests("ExecuteChangeSet", "DeleteStack", "ContinueUpdateRollback") {
		if token := q.Form["ClientRequestToken"]; !slices.Contains(tokens, token) {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// checkEvents checks that only events that happened are printed, and none more
// often than it happened; that every event of the last operation is printed if
// the operation succeeded; and that the cause of a failed operation is named.
func (w *world) checkEvents(r *run) {
	existing, shown := map[string]int{}, map[string]int{}
	for _, e := range w.double.Events() {
		existing[lineOf(e)]++
	}
	for _, match := range eventLine.FindAllStringSubmatch(r.stderr, -1) {
		shown[match[1]]++
	}
	for line, times := range shown {
		if times > existing[line] {
			w.fail(r, "an event is printed %d times, but happened %d times: %s", times, existing[line], line)
		}
	}
	result, tokens := r.result(), r.operationTokens()
	if r.detach || len(tokens) == 0 {
		return
	}
	last := tokens[len(tokens)-1]
	var failed *cfndouble.RecordedEvent
	for _, e := range w.double.Events() {
		if e.Token != last || e.Time.After(r.ended) {
			continue
		}
		if !e.Stack && strings.HasSuffix(e.Status, "_FAILED") && !cancelledReason.MatchString(e.Reason) && (failed == nil || e.Time.Before(failed.Time)) {
			failed = &e
		}
		followed := result == "created" || result == "updated" || result == "deleted"
		if followed && shown[lineOf(e)] == 0 && !w.isHidden(e) {
			w.fail(r, "an event is not printed: %s", lineOf(e))
		}
	}
	text := r.errorText()
	for line := range strings.Lines(r.stderr) {
		if (strings.HasPrefix(line, "capaboot: error: ") || strings.HasPrefix(line, "capaboot: warning: ")) && cancelledReason.MatchString(line) {
			w.fail(r, "a cancellation is reported as a failure: %s", line)
		}
	}
	ended := regexp.MustCompile(`; the stack is ([A-Z_]+)`).FindStringSubmatch(text)
	switch {
	case ended == nil:
	case failed != nil && !strings.Contains(text, failed.LogicalID+" (") && !strings.Contains(text, failed.LogicalID+" is "):
		w.fail(r, "the error does not name %s, which failed first: %s", failed.LogicalID, text)
	case len(r.others) == 0 && ended[1] != r.end.status && !(w.double.ForgetDeleted && r.end.id == ""):
		w.fail(r, "it says that the stack is %s, but it is %s", ended[1], r.end.status)
	}
}

// errorText returns the error messages that a run printed.
func (r *run) errorText() string {
	var b strings.Builder
	for line := range strings.Lines(r.stderr) {
		if rest, ok := strings.CutPrefix(line, "capaboot: error: "); ok {
			b.WriteString(rest)
		}
	}
	return b.String()
}

// isHidden reports whether the double may have hidden an event from the
// command.
func (w *world) isHidden(e cfndouble.RecordedEvent) bool {
	return e.Stack && w.double.HideFinal || w.double.HideFirst && e.Stack && e.Status == "CREATE_IN_PROGRESS" || w.double.ForgetDeleted && (strings.HasPrefix(e.Status, "DELETE_") || e.LogicalID == lateResource)
}

const (
	// slowPoll is the minimum time between polls when a command has sent more
	// requests than seconds have passed, because the events have many pages.
	slowPoll = 1500 * time.Millisecond
	// burst is the number of requests allowed beyond one per second before
	// polls must slow down to slowPoll.
	burst = 3
)

// checkPace checks how often a command requests the events of an operation. The
// first poll comes at least one second after the start. After more than burst
// requests beyond one per second, the polls are at least slowPoll apart.
func (w *world) checkPace(r *run) {
	if r.faultCount > 0 {
		return // the retries may come sooner
	}
	var start, poll time.Time
	n := 0
	for _, q := range r.requests {
		switch q.Operation {
		case "ExecuteChangeSet", "DeleteStack", "ContinueUpdateRollback":
			start, poll, n = q.arrived, time.Time{}, 0
		case "DescribeStacks": // occasionally
		case "DescribeStackEvents":
			first := q.Form["NextToken"] == ""
			if took := q.arrived.Sub(start); first && !poll.IsZero() && n > int(took/time.Second)+burst && q.arrived.Sub(poll) < slowPoll {
				w.fail(r, "%v after the start there were %d requests for events, and the next one comes %v after the last", took, n, q.arrived.Sub(poll))
				return
			}
			if first && poll.IsZero() && !start.IsZero() && q.arrived.Sub(start) < time.Second {
				w.fail(r, "the first request for events comes %v after the start", q.arrived.Sub(start))
			}
			if first && !start.IsZero() {
				poll = q.arrived
			}
			n++
		default: // the operation was followed until it ended
			start, poll = time.Time{}, time.Time{}
		}
	}
}
