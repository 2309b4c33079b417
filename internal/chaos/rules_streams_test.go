// Rules for the output of a run, its exit code and its duration.

package chaos_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"capaboot/internal/cfndouble"
)

// checkStreams checks that every line of stderr has the program's prefix, that
// neither stream contains a secret, an internal text or control characters,
// that no message of singleMessagePattern is repeated, that stdout is empty
// when the run failed, and that stdout is JSON when -o json is set.
func (w *world) checkStreams(r *run) {
	for line := range strings.Lines(r.stderr) {
		if !strings.HasPrefix(line, "capaboot: ") || !strings.HasSuffix(line, "\n") {
			w.fail(r, "a line of stderr lacks the prefix or the line end: %q", line)
		}
	}
	for _, text := range []string{r.stdout, r.stderr} {
		for _, secret := range []string{fakeSecret, fakeToken, "FALSESECRET", "FALSESESSION", "Signature=", "AWS4-HMAC"} {
			if strings.Contains(text, secret) {
				w.fail(r, "the output contains a secret: %s", secret)
				break
			}
		}
		for _, raw := range []string{"operation error ", "https response error", "RequestID:", "context deadline exceeded", "context canceled", "%!", "<nil>", "0x"} {
			if strings.Contains(text, raw) {
				w.fail(r, "the output contains an internal text: %s", raw)
			}
		}
		if !utf8.ValidString(text) {
			w.fail(r, "the text is not UTF-8: %q", text)
		}
		for _, c := range text {
			if c != '\n' && !unicode.IsPrint(c) {
				w.fail(r, "the output contains the character %q", c)
				break
			}
		}
	}
	for line := range strings.Lines(r.stderr) {
		if singleMessagePattern.MatchString(line) && strings.Count(r.stderr, line) > 1 {
			w.fail(r, "a message is repeated: %s", line)
		}
	}
	done := r.code == 0 || r.code == 3
	if !done && r.stdout != "" {
		w.fail(r, "exit code %d, and stdout has %d bytes", r.code, len(r.stdout))
	}
	if done && slices.Contains(r.args, "json") && r.stdout != "" && !json.Valid([]byte(r.stdout)) {
		w.fail(r, "stdout is not JSON: %q", r.stdout)
	}
	if done && slices.Contains(r.args, "json") && r.stdout == "" {
		w.fail(r, "stdout is empty")
	}
}

// singleMessagePattern matches messages that must not be repeated.
var singleMessagePattern = regexp.MustCompile(`(could not be removed|may remain|removing change set|cannot find out whether)`)

// checkExitCode checks the exit code: 0 and 3 without an error, 1, 2 and 130
// with one. It accepts 2 only after at most one request, 3 only with
// --exit-code, and 130 only after a signal.
func (w *world) checkExitCode(r *run) {
	errors := strings.Count(r.stderr, "capaboot: error: ")
	switch {
	case r.code == 0 && errors == 0:
	case r.code == 3 && errors == 0 && r.exitCode:
	case r.code == 1 && errors > 0:
	case r.code == 2 && errors > 0 && len(r.requests) <= 1: // a usage error, or an account that does not match the configuration
	case r.code == 130 && errors > 0 && !r.cancelled.IsZero():
	default:
		w.fail(r, "exit code %d with %d errors on stderr", r.code, errors)
	}
	if r.code == 130 && strings.Contains(r.stderr, "hint: the service did not respond") {
		w.fail(r, "after a signal it says that the service did not respond")
	}
	if r.code == 1 && r.sawSignal() {
		w.fail(r, "exit code 1 after a signal, want 130")
	}
}

// sawSignal reports whether a run got a signal, and continued long enough to
// notice it.
func (r *run) sawSignal() bool {
	return !r.cancelled.IsZero() && r.ended.Sub(r.cancelled) > 100*time.Millisecond
}

// checkSignal checks that no change starts after a signal, that a command
// without a request in flight ends at once, and that a command that continues
// says so.
func (w *world) checkSignal(r *run) {
	if r.cancelled.IsZero() || !r.cancelled.Before(r.ended) {
		return
	}
	const (
		atOnce   = 10 * time.Millisecond  // an idle command ends within this time
		underWay = 300 * time.Millisecond // a request and its response are on the network for at most this time
	)
	took := r.ended.Sub(r.cancelled)
	idle := !slices.ContainsFunc(r.requests, func(q *request) bool {
		return q.arrived.After(r.cancelled.Add(-underWay)) || q.Fault == cfndouble.Slow && q.arrived.After(r.cancelled.Add(-time.Minute))
	})
	for _, q := range r.requests[r.requestsBefore:] {
		if slices.Contains([]string{"CreateChangeSet", "ExecuteChangeSet", "ContinueUpdateRollback", "UpdateTerminationProtection"}, q.Operation) {
			w.fail(r, "%s after the signal", q.Operation)
		}
	}
	if idle && r.trouble.delay == 0 && took > atOnce {
		w.fail(r, "it took %v after the signal, with no request in flight", took)
	}
	// A command that waits for a response cannot print anything, except while
	// it waits for CreateChangeSet.
	silent := slices.ContainsFunc(r.requests, func(q *request) bool { return q.Fault == cfndouble.Slow && q.Operation != "CreateChangeSet" })
	silent = silent || strings.Contains(r.stderrBefore, "after another interrupt") // the timeout already printed the message
	if took > 2*underWay && !silent && !r.stderrRecorder.wroteBetween(r.cancelled, r.cancelled.Add(underWay)) {
		w.fail(r, "it continues for %v after the signal without a message", took)
	}
}

// checkTime checks that the command respects its timeout and signals.
func (w *world) checkTime(r *run) {
	bound := r.timeout
	if bound == 0 {
		bound = 30 * time.Minute
	}
	if took := r.ended.Sub(r.began); r.hung || took > bound+graceTime {
		w.fail(r, "it took %v, with a timeout of %v", took, bound)
	}
	if !r.cancelled.IsZero() && r.cancelled.Before(r.ended) && r.ended.Sub(r.cancelled) > afterSignal {
		w.fail(r, "it took %v after the signal", r.ended.Sub(r.cancelled))
	}
	w.checkSignal(r)
	// When the service responds, the command waits only for its response and
	// for the change set.
	if quick := w.double.ChangeSetTime + r.trouble.delay + 5*time.Second; !r.cancelled.IsZero() && r.faultCount == 0 && r.ended.Sub(r.cancelled) > quick {
		w.fail(r, "it took %v after the signal, although the service responded", r.ended.Sub(r.cancelled))
	}
}
