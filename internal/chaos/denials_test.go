// Denied requests. Each command runs once for each of its requests except
// repetitions, with that request denied. This checks that no error is ignored.

package chaos_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"capaboot/internal/cfndouble"
	"capaboot/internal/race"
)

// denialScenes are scenes whose commands take different paths through the code.
var denialScenes = []scene{
	{name: "a plan with many pages", status: "UPDATE_COMPLETE", command: "plan", goal: "one policy fewer", account: setPageSize(12)},
	{name: "a creation", command: "deploy --termination-protection"},
	{name: "nothing to deploy", status: "UPDATE_COMPLETE", command: "deploy --termination-protection"},
	{name: "an update", status: "UPDATE_COMPLETE", command: "deploy --yes", goal: "one policy fewer"},
	{name: "a recreation", account: addFailedStack("CREATE_FAILED"), command: "deploy --yes"},
	{name: "a rollback", account: addFailedStack("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes"},
	{name: "a deletion", status: "UPDATE_COMPLETE", command: "delete --yes --retain " + nodesRole},
	{
		name: "another person's update", status: "UPDATE_COMPLETE", command: "deploy --yes",
		account: func(w *world) { w.double.StartUpdate(stackName, w.goalOf("one more policy").template) },
	},
	{
		name: "another person's deletion", command: deleteAndRetain,
		account: func(w *world) { addRetainingStack(w); w.double.StartDeletion(stackName) },
	},
}

// dispensableOperations lists the operations without which some command can
// still succeed. The deletion of a stack, and its recreation, can also do
// without GetTemplate.
var dispensableOperations = []string{"ListChangeSets", "DescribeEvents", "DeleteChangeSet", "DeleteStack"}

// TestEveryRequestDenied runs each command once for each request that
// [scene.requests] returns, with that request denied. A command that does not
// need the response continues; otherwise the error says what was denied, and
// the command ends.
func TestEveryRequestDenied(t *testing.T) {
	goals := writeConfigurations(t)
	for _, s := range denialScenes {
		t.Run(s.name, func(t *testing.T) { s.denyEach(t, goals) })
	}
}

func (s scene) denyEach(t *testing.T, goals []goal) {
	for i, at := range s.requests(t, goals) {
		if !isSelected(i) {
			continue
		}
		s.faults = []cfndouble.Fault{{Operation: at.operation, Kind: cfndouble.Denied, Skip: at.nth - 1, Times: 1}}
		t.Run(fmt.Sprint(at.operation, " ", at.nth), func(t *testing.T) {
			cryptotest.SetGlobalRandom(t, 1)
			synctest.Test(t, func(t *testing.T) {
				w, r := s.run(t, goals)
				w.checkDenial(r, at)
				w.close()
			})
		})
	}
}

// requests runs a scene without faults and returns its requests: the first
// three of each operation except GetCallerIdentity. Later requests only repeat
// these.
func (s scene) requests(t *testing.T, goals []goal) (all []moment) {
	cryptotest.SetGlobalRandom(t, 1)
	synctest.Test(t, func(t *testing.T) {
		w, r := s.run(t, goals)
		defer w.close()
		for _, q := range r.requests {
			if n := r.position(q.Request); n <= 3 && q.Operation != "GetCallerIdentity" {
				all = append(all, moment{operation: q.Operation, nth: n})
			}
		}
	})
	return all
}

// checkDenial checks that the request was denied and that the command did not
// take long. A command that needs the denied operation must fail and name the
// operation.
func (w *world) checkDenial(r *run, at moment) {
	needed := !slices.Contains(dispensableOperations, at.operation) && !(at.operation == "GetTemplate" && (r.command == "delete" || r.before.status == "CREATE_FAILED"))
	switch explained := strings.Contains(r.errorText(), at.operation); {
	case r.faultCount == 0:
		w.fail(r, "there was no request %d of %s", at.nth, at.operation)
	case r.code == 0 && needed:
		w.fail(r, "%s was denied, but the exit code is 0", at.operation)
	case r.code != 0 && needed && !explained:
		w.fail(r, "the error does not say that %s was denied: %s", at.operation, r.errorText())
	case r.ended.Sub(r.began) > 4*time.Minute:
		w.fail(r, "it took %v", r.ended.Sub(r.began))
	}
}

// isSelected reports whether the scene or the denied request with this index
// runs. Without the race detector, all run. The race detector makes them up to ten
// times as slow, so only every third index runs: scenes or requests with adjacent
// indices take similar paths through the code.
func isSelected(i int) bool { return !race.Enabled || i%3 == 0 }
