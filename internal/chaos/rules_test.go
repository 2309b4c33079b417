// Rules: judge looks at every run, and says which rules it broke.

package chaos_test

import (
	"slices"
	"strings"

	"capaboot/internal/cfndouble"
)

// judge holds every run against the rules.
func (w *world) judge() {
	w.join()
	for _, r := range w.runs {
		w.judgeStreams(r)
		w.judgeExitCode(r)
		w.judgeTime(r)
		w.judgeMutations(r)
		w.judgeQuestions(r)
		w.judgeClaims(r)
		w.judgeEnd(r)
		w.judgeLeftovers(r)
		w.judgeEvents(r)
		w.judgePace(r)
		w.judgeRaces(r)
		w.judgePatience(r)
		w.judgePermitted(r)
	}
	w.judgeRemovals()
}

// join takes from the double how the requests ended.
func (w *world) join() {
	ends := map[int][]cfndouble.Request{}
	for _, q := range w.double.Requests() {
		ends[q.Number] = append(ends[q.Number], q)
	}
	for _, r := range w.runs {
		for _, q := range r.requests {
			for i, end := range ends[q.Number] {
				// The one that was carried out counts, when one was.
				if i == 0 || end.Failed == "" {
					fault := q.Fault
					q.Request = end
					if i > 0 {
						q.Fault = fault
					}
				}
			}
			if q.Fault == cfndouble.Slow && len(ends[q.Number]) == 1 {
				q.Fault = "" // it only was on its way
			}
		}
	}
}

// carriedOut says whether the service did what a request asked for.
func (q *request) carriedOut() bool { return q.Failed == "" }

// of returns the requests of an operation that were carried out.
func (r *run) of(operations ...string) []*request {
	var all []*request
	for _, q := range r.requests {
		if q.carriedOut() && slices.Contains(operations, q.Operation) {
			all = append(all, q)
		}
	}
	return all
}

// ours says whether a change set is one that this program made.
func ours(name string) bool { return strings.HasPrefix(name, "capaboot-") }

// changes are the requests that changed a stack or what is in it. Removing the
// empty stack that a change set made is none.
func (r *run) changes() []*request {
	var all []*request
	for _, q := range r.of("ExecuteChangeSet", "DeleteStack", "ContinueUpdateRollback", "UpdateTerminationProtection") {
		if q.Operation == "DeleteStack" && (q.state.empty() || q.state.id == "" || q.state.status == "DELETE_COMPLETE") {
			continue
		}
		all = append(all, q)
	}
	return all
}

// empty says whether a stack is only there for its change sets.
func (s state) empty() bool { return s.status == "REVIEW_IN_PROGRESS" && len(s.resources) == 0 }
