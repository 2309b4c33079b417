// Refusals, one by one: commands that are played again and again, each time with
// another of their requests refused, so that no refusal goes unheeded.

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

// sweeps are the commands, each with another way through the code.
var sweeps = []scene{
	{name: "a plan of many pages", status: "UPDATE_COMPLETE", command: "plan", goal: "a policy less", account: pagesOf(12)},
	{name: "a creation", command: "deploy --termination-protection"},
	{name: "nothing to deploy", status: "UPDATE_COMPLETE", command: "deploy --termination-protection"},
	{name: "an update", status: "UPDATE_COMPLETE", command: "deploy --yes", goal: "a policy less"},
	{name: "a recreation", account: put("CREATE_FAILED"), command: "deploy --yes"},
	{name: "a rollback", account: put("UPDATE_ROLLBACK_FAILED"), command: "deploy --yes"},
	{name: "a deletion", status: "UPDATE_COMPLETE", command: "delete --yes --retain " + role},
	{
		name: "somebody else's update", status: "UPDATE_COMPLETE", command: "deploy --yes",
		account: func(w *world) { w.double.Interfere(stackName, w.goalOf("a policy more").template) },
	},
	{
		name: "somebody else's deletion", command: keep,
		account: func(w *world) { kept(w); w.double.DeleteNow(stackName) },
	},
}

// dispensable are the operations that a command can do without, and a deletion
// without GetTemplate.
var dispensable = []string{"ListChangeSets", "DescribeEvents", "DeleteChangeSet", "DeleteStack"}

// TestEveryRequestRefused plays each command once for each of its requests, which
// is refused. A command that goes on can do without; else the error says what was
// refused, and it is the last thing that happens.
func TestEveryRequestRefused(t *testing.T) {
	files := writeConfigurations(t)
	for _, s := range sweeps {
		t.Run(s.name, func(t *testing.T) { s.refuseEach(t, files) })
	}
}

func (s scene) refuseEach(t *testing.T, files []goal) {
	for i, at := range s.requests(t, files) {
		if !played(i) {
			continue
		}
		s.faults = []cfndouble.Fault{{Operation: at.operation, Kind: cfndouble.Denied, Skip: at.nth - 1, Times: 1}}
		t.Run(fmt.Sprint(at.operation, " ", at.nth), func(t *testing.T) {
			cryptotest.SetGlobalRandom(t, 1)
			synctest.Test(t, func(t *testing.T) {
				w, r := s.enact(t, files)
				w.judgeRefusal(r, at)
				w.close()
			})
		})
	}
}

// requests plays a scene without trouble and returns its requests, of each
// operation the first three; what is asked again and again is the same.
func (s scene) requests(t *testing.T, files []goal) (all []moment) {
	cryptotest.SetGlobalRandom(t, 1)
	synctest.Test(t, func(t *testing.T) {
		w, r := s.enact(t, files)
		defer w.close()
		for _, q := range r.requests {
			if n := r.count(q.Request); n <= 3 && q.Operation != "GetCallerIdentity" {
				all = append(all, moment{operation: q.Operation, nth: n})
			}
		}
	})
	return all
}

// judgeRefusal: what a refusal ends it also explains.
func (w *world) judgeRefusal(r *run, at moment) {
	needed := !slices.Contains(dispensable, at.operation) && !(at.operation == "GetTemplate" && (r.command == "delete" || r.before.status == "CREATE_FAILED"))
	switch explained := strings.Contains(r.errors(), at.operation); {
	case r.faults == 0:
		w.fail(r, "there was no request %d of %s", at.nth, at.operation)
	case r.code == 0 && needed:
		w.fail(r, "%s was refused, and exit code 0", at.operation)
	case r.code != 0 && needed && !explained:
		w.fail(r, "the error does not say that %s was refused: %s", at.operation, r.errors())
	case r.ended.Sub(r.began) > 4*time.Minute:
		w.fail(r, "it took %v", r.ended.Sub(r.began))
	}
}

// played reports whether a scene is played. Under the race detector it takes ten
// times as long, and goes the same ways as its neighbours: one of three is.
// "make test" plays all.
func played(i int) bool { return !race.Detector || i%3 == 0 }
