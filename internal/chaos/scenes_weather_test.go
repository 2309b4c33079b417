// Scenes about frequent faults: in each of them, every second request of each
// operation has a fault of one kind, and the command must succeed. In further
// scenes, the timeout comes before the command has changed anything.

package chaos_test

import "capaboot/internal/cfndouble"

// weatherScenes returns scenes of each command with each kind of fault, and
// scenes with a timeout.
func weatherScenes() []scene {
	var all []scene
	for _, k := range faultKinds {
		if k.name == "stale" {
			k = withoutIdentity(k)
		}
		weather := trouble{weather: weather{pattern: "every second", percent: 100, kinds: []faultKind{k}, alternating: true}}
		for _, s := range []scene{
			{name: "a creation", command: "deploy"},
			{name: "an update", status: "UPDATE_COMPLETE", command: "deploy --yes", goal: "one policy fewer"},
			{name: "a plan", status: "UPDATE_COMPLETE", command: "plan", goal: "one policy fewer", then: checkNothingLeft},
			{name: "a deletion", status: "UPDATE_COMPLETE", command: "delete --yes --retain " + nodesRole},
			{name: "a rollback", status: "UPDATE_ROLLBACK_FAILED", command: "deploy --yes"},
		} {
			s.name, s.trouble = s.name+" with the fault "+k.name, weather
			s.account = func(w *world) {
				w.double.PageSize = 6
				w.double.ReasonSuffix = hostileText
			}
			all = append(all, s)
		}
	}
	// The timeout comes while the command looks for leftovers of earlier runs,
	// or waits for another person's update.
	for _, command := range []string{"plan", "deploy", "delete --yes"} {
		all = append(all, scene{
			name: command + " with change sets that cannot be listed until the timeout", status: "UPDATE_COMPLETE", command: command + " --timeout 10s", code: 1,
			faults: []cfndouble.Fault{always("ListChangeSets", cfndouble.Unavailable, 0)}, then: errorSays("timed out after 10s: listing the change sets"),
		}, scene{
			name: command + " with a change set of an earlier run that cannot be removed until the timeout", status: "UPDATE_COMPLETE", account: leaveChangeSet, code: 1,
			command: command + " --timeout 10s", faults: []cfndouble.Fault{always("DeleteChangeSet", cfndouble.Unavailable, 0)}, then: errorSays("removing a change set"),
		}, scene{
			name: command + " of a stack that is being updated until the timeout", status: "UPDATE_COMPLETE", command: command + " --timeout 10s", code: 1,
			account: func(w *world) {
				slowDownResources(w)
				w.double.StartUpdate(stackName, w.goalOf("one more policy").template)
			}, then: errorSays("is still UPDATE_IN_PROGRESS"),
		})
	}
	return all
}

// withoutIdentity excludes GetCallerIdentity from a kind of fault, because for
// this operation the fault is a valid response to bad credentials.
func withoutIdentity(k faultKind) faultKind {
	return faultKind{k.name, func(d dice, q cfndouble.Request) *cfndouble.Fault {
		if q.Operation == "GetCallerIdentity" {
			return nil
		}
		return k.make(d, q)
	}}
}
