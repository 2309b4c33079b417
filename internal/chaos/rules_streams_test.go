// Rules of what a run prints, how it ends, and how long it takes.

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

// judgeStreams: every line of stderr says who speaks; neither stream has a
// secret or what a terminal obeys; stdout is empty when the run failed, and JSON
// when that was asked for.
func (w *world) judgeStreams(r *run) {
	for line := range strings.Lines(r.stderr) {
		if !strings.HasPrefix(line, "capaboot: ") || !strings.HasSuffix(line, "\n") {
			w.fail(r, "a line of stderr does not say who speaks, or does not end: %q", line)
		}
	}
	for _, text := range []string{r.stdout, r.stderr} {
		for _, secret := range []string{falseSecret, falseToken, "FALSESECRET", "FALSESESSION", "Signature=", "AWS4-HMAC"} {
			if strings.Contains(text, secret) {
				w.fail(r, "a secret is shown: %s", secret)
				break
			}
		}
		for _, raw := range []string{"operation error ", "https response error", "RequestID:", "context deadline exceeded", "context canceled", "%!", "<nil>", "0x"} {
			if strings.Contains(text, raw) {
				w.fail(r, "the text is not for people: %s", raw)
			}
		}
		if !utf8.ValidString(text) {
			w.fail(r, "the text is not UTF-8: %q", text)
		}
		for _, c := range text {
			if c != '\n' && !unicode.IsPrint(c) {
				w.fail(r, "the character %q is shown", c)
				break
			}
		}
	}
	for line := range strings.Lines(r.stderr) {
		if onceSaid.MatchString(line) && strings.Count(r.stderr, line) > 1 {
			w.fail(r, "it is said twice: %s", line)
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

// onceSaid matches what a person needs to read once.
var onceSaid = regexp.MustCompile(`(could not be removed|may remain|removing change set|cannot tell whether)`)

// judgeExitCode: 0 and 3 without an error, 1 and 130 with one, 130 only after a
// signal, 3 only where it was asked for.
func (w *world) judgeExitCode(r *run) {
	errors := strings.Count(r.stderr, "capaboot: error: ")
	switch {
	case r.code == 0 && errors == 0:
	case r.code == 3 && errors == 0 && r.exitCode:
	case r.code == 1 && errors > 0:
	case r.code == 2 && errors > 0 && len(r.requests) <= 1: // the account is not what the configuration is for
	case r.code == 130 && errors > 0 && !r.cancelled.IsZero():
	default:
		w.fail(r, "exit code %d with %d errors on stderr", r.code, errors)
	}
	if r.code == 130 && strings.Contains(r.stderr, "hint: the service did not answer") {
		w.fail(r, "after a signal it says that the service did not answer")
	}
	if r.code == 1 && !r.cancelled.IsZero() && r.cancelled.Before(r.ended) && w.slack(r) {
		w.fail(r, "exit code 1 after a signal, want 130")
	}
}

// slack says whether a run went on for some time after its signal, so that it
// must have seen it.
func (w *world) slack(r *run) bool { return r.ended.Sub(r.cancelled) > 100*time.Millisecond }

// judgeSilence: a signal ends every wait at once, unless a request is under way
// or has to be made; and who is kept waiting after it is told so at once.
func (w *world) judgeSilence(r *run) {
	if r.cancelled.IsZero() || !r.cancelled.Before(r.ended) {
		return
	}
	const atOnce, underWay = 10 * time.Millisecond, 300 * time.Millisecond
	took := r.ended.Sub(r.cancelled)
	idle := !slices.ContainsFunc(r.requests, func(q *request) bool {
		return q.arrived.After(r.cancelled.Add(-underWay)) || q.Fault == cfndouble.Slow && q.arrived.After(r.cancelled.Add(-time.Minute))
	})
	for _, q := range r.requests[r.asked:] {
		if slices.Contains([]string{"CreateChangeSet", "ExecuteChangeSet", "ContinueUpdateRollback", "UpdateTerminationProtection"}, q.Operation) {
			w.fail(r, "%s after the signal", q.Operation)
		}
	}
	if idle && r.trouble.tardy == 0 && took > atOnce {
		w.fail(r, "it took %v after the signal, and nothing was under way", took)
	}
	// While a request is not answered nothing can be said, except for the one that is
	// not broken off.
	silent := slices.ContainsFunc(r.requests, func(q *request) bool { return q.Fault == cfndouble.Slow && q.Operation != "CreateChangeSet" })
	silent = silent || strings.Contains(r.heard, "interrupted again") // at the time-out it was said
	if took > 2*underWay && !silent && !r.talk.spoke(r.cancelled, r.cancelled.Add(underWay)) {
		w.fail(r, "it goes on for %v after the signal, and does not say so", took)
	}
}

// judgeTime: the time-out and signals are heeded.
func (w *world) judgeTime(r *run) {
	bound := r.timeout
	if bound == 0 {
		bound = 30 * time.Minute
	}
	if took := r.ended.Sub(r.began); r.hung || took > bound+patience {
		w.fail(r, "it took %v, with a time-out of %v", took, bound)
	}
	if !r.cancelled.IsZero() && r.cancelled.Before(r.ended) && r.ended.Sub(r.cancelled) > afterSignal {
		w.fail(r, "it took %v after the signal", r.ended.Sub(r.cancelled))
	}
	w.judgeSilence(r)
	// Where the service answers, nothing has to be waited for but its answer and
	// the change set.
	if quick := w.double.ChangeSetTime + r.trouble.tardy + 5*time.Second; !r.cancelled.IsZero() && r.faults == 0 && r.ended.Sub(r.cancelled) > quick {
		w.fail(r, "it took %v after the signal, and the service answered", r.ended.Sub(r.cancelled))
	}
}
