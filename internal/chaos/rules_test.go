// Rules: check applies them to every run, and reports the rules that a run broke.

package chaos_test

import (
	"slices"
	"strings"

	"capaboot/internal/cfndouble"
)

// check checks every run against the rules.
func (w *world) check() {
	w.addResults()
	for _, r := range w.runs {
		w.checkStreams(r)
		w.checkExitCode(r)
		w.checkTime(r)
		w.checkMutations(r)
		w.checkQuestions(r)
		w.checkClaims(r)
		w.checkEnd(r)
		w.checkLeftovers(r)
		w.checkEvents(r)
		w.checkPace(r)
		w.checkRaces(r)
		w.checkRetryTime(r)
		w.checkPermitted(r)
	}
	w.checkRemovals()
}

// addResults adds the results of the requests, as the double recorded them.
func (w *world) addResults() {
	ends := map[int][]cfndouble.Request{}
	for _, q := range w.double.Requests() {
		ends[q.Number] = append(ends[q.Number], q)
	}
	for _, r := range w.runs {
		for _, q := range r.requests {
			for i, end := range ends[q.Number] {
				// If an attempt was carried out, its result counts.
				if i == 0 || end.Failed == "" {
					fault := q.Fault
					q.Request = end
					if i > 0 {
						q.Fault = fault
					}
				}
			}
			if q.Fault == cfndouble.Slow && len(ends[q.Number]) == 1 {
				q.Fault = "" // only the latency of the network
			}
		}
	}
}

func (q *request) carriedOut() bool { return q.Failed == "" }

// carriedOutRequests returns the requests of a run for the given operations,
// without those that the service did not carry out.
func (r *run) carriedOutRequests(operations ...string) []*request {
	var all []*request
	for _, q := range r.requests {
		if q.carriedOut() && slices.Contains(operations, q.Operation) {
			all = append(all, q)
		}
	}
	return all
}

// isOurs reports whether this program created the change set with this name.
func isOurs(name string) bool { return strings.HasPrefix(name, "capaboot-") }

// changeRequests returns the requests that changed a stack or its resources.
// Removing the empty stack of a change set does not count, nor does a
// DeleteStack without a stack.
func (r *run) changeRequests() []*request {
	var all []*request
	for _, q := range r.carriedOutRequests("ExecuteChangeSet", "DeleteStack", "ContinueUpdateRollback", "UpdateTerminationProtection") {
		if q.Operation == "DeleteStack" && (q.state.empty() || q.state.id == "" || q.state.status == "DELETE_COMPLETE") {
			continue
		}
		all = append(all, q)
	}
	return all
}

// empty reports whether a stack exists only for its change sets.
func (s state) empty() bool { return s.status == "REVIEW_IN_PROGRESS" && len(s.resources) == 0 }
