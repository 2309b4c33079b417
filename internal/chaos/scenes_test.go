// Scenes: situations that chance seldom makes, each for a guard in the code that
// nothing else needs. A scene is a stack in some state, a command, and what it
// meets at single requests. The rules hold for it as for any run; where they
// cannot know how it ends, the scene says it.
//
// The scenes are in the files scenes_*_test.go, by what they are about.
//
//	go test ./internal/chaos -run TestScenes/NAME -v     one, with all that happened
//
// With -race one of three is played.

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
)

// scene is one situation.
type scene struct {
	name string
	// status is that of the stack that is there, "" for none, and here the
	// configuration that it was made with, "" for the default.
	status, here string
	// account makes the account and the service different from those of newWorld.
	account func(w *world)
	// command has the flags behind its name; goal is the configuration that it is
	// for, "" for the default.
	command, goal string

	// answers are what a person at a terminal types at the questions, one each, and
	// typed before the first; without any there is no terminal.
	answers []string
	typed   string

	faults []cfndouble.Fault // by the command's requests, each counted from the first
	// others do this before a request.
	others deed
	before moment
	signal moment
	// trouble is what else the command meets.
	trouble trouble

	// code is the exit code; says are in what is printed on stderr, and never are
	// not, and prints on stdout; then is what else holds at the end.
	code                int
	says, never, prints []string
	then                func(w *world, r *run)
}

// moment is the nth request of an operation and some time after it arrived, or,
// of a signal, when something is reported on stderr.
type moment struct {
	operation string
	nth       int
	after     time.Duration
	said      string
}

// scenes are all of them.
var scenes = slices.Concat(
	answerScenes(), makingScenes, executionScenes, discardScenes,
	deletionScenes, keepingScenes, preparationScenes, followingScenes, failureScenes, refusalScenes, signalScenes, weatherScenes(), questionScenes, textScenes(), templateScenes(), accountScenes(), oddScenes(),
)

func TestScenes(t *testing.T) {
	files := writeConfigurations(t)
	for i, s := range scenes {
		if slices.ContainsFunc(scenes[:i], func(other scene) bool { return other.name == s.name }) {
			t.Errorf("two scenes are called %q", s.name)
		}
		if !played(i) {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			cryptotest.SetGlobalRandom(t, 1)
			synctest.Test(t, func(t *testing.T) { s.play(t, files) })
		})
	}
}

// play plays the scene, and holds it against the rules and what it says itself.
func (s scene) play(t *testing.T, goals []goal) {
	w, r := s.enact(t, goals)
	s.judge(w, r)
	w.close()
}

// enact plays the scene, and holds it against the rules.
func (s scene) enact(t *testing.T, goals []goal) (*world, *run) {
	w := newWorld(t, 1, goals)
	w.double.Duration = 5 * time.Second
	if here := w.goalOf(s.here); s.status != "" {
		w.double.Put(stackName, s.status, here.template, nil)
		w.double.Tag(stackName, here.tags)
	}
	if s.account != nil {
		s.account(w)
	}
	r := w.command(s.command, s.goal)
	r.terminal, r.typed, r.answers = s.answers != nil, s.typed, s.answers
	r.yes = r.yes || len(s.answers) > 0 && s.answers[0] == "yes"
	r.trouble = s.trouble
	r.trouble.aims = slices.Concat(s.faults, w.faults)
	r.trouble.others, r.trouble.othersOf, r.trouble.othersAt = s.others, s.before.operation, s.before.nth
	if s.others.what != "" {
		r.trouble.others.goal = w.goalOf(s.others.goal.name)
	}
	r.trouble.signalOf, r.trouble.signalAt, r.trouble.signalAfter = s.signal.operation, s.signal.nth, s.signal.after
	r.trouble.signalSaid = s.signal.said
	w.do(r)
	w.judge()
	return w, r
}

// close ends the world of a scene.
func (w *world) close() {
	if w.t.Failed() || testing.Verbose() {
		w.t.Log(w.report())
	}
	w.network.Close()
}

// judge holds the run against what the scene says.
func (s scene) judge(w *world, r *run) {
	if r.code != s.code {
		w.fail(r, "exit code %d, want %d: %s", r.code, s.code, r.errors())
	}
	for _, text := range s.says {
		if !strings.Contains(r.stderr, text) {
			w.fail(r, "stderr does not say %q", text)
		}
	}
	for _, text := range s.prints {
		if !strings.Contains(r.stdout, text) {
			w.fail(r, "stdout does not have %q", text)
		}
	}
	for _, text := range s.never {
		if strings.Contains(r.stderr, text) {
			w.fail(r, "stderr says %q", text)
		}
	}
	if s.before.nth > 0 && len(r.others) == 0 {
		w.fail(r, "no other person acted: the scene does not happen")
	}
	if s.signal != (moment{}) && r.cancelled.IsZero() {
		w.fail(r, "no signal came: the scene does not happen")
	}
	if len(s.faults) > 0 && r.faults == 0 {
		w.fail(r, "it met no fault: the scene does not happen")
	}
	if s.then != nil {
		s.then(w, r)
	}
}

// command makes a run of a command line.
func (w *world) command(line, goal string) *run {
	words := strings.Fields(line)
	r := &run{goal: w.goalOf(goal), command: words[0]}
	r.args = slices.Concat(words, r.goal.flags, w.flags)
	for i, word := range words {
		switch word {
		case "--yes":
			r.yes = true
		case "--role-arn":
			r.serviceRole = words[i+1]
		case "--detach":
			r.detach = true
		case "--import-existing":
			r.adopts = true
		case "--termination-protection":
			r.protects = true
		case "--exit-code":
			r.exitCode = true
		case "--retain":
			r.retain = append(r.retain, words[i+1])
		case "--timeout":
			timeout, err := time.ParseDuration(words[i+1])
			if err != nil {
				panic(err)
			}
			r.timeout = timeout
		}
	}
	return r
}

// goalOf returns a configuration by its name, "" for the default.
func (w *world) goalOf(name string) goal {
	if name == "" {
		name = "default"
	}
	for _, g := range w.goals {
		if g.name == name {
			return g
		}
	}
	panic(fmt.Sprintf("there is no configuration %q", name))
}

// Some of what scenes are made of.

const (
	role   = "AWSIAMRoleNodes"
	policy = "AWSIAMManagedPolicyControllers"
)

// atFirst is a fault of the first request of an operation.
func atFirst(operation string, kind cfndouble.FaultKind) cfndouble.Fault {
	return cfndouble.Fault{Operation: operation, Kind: kind, Times: 1}
}

// always is a fault of all requests of an operation after some that go well.
func always(operation string, kind cfndouble.FaultKind, skip int) cfndouble.Fault {
	return cfndouble.Fault{Operation: operation, Kind: kind, Skip: skip}
}

// nothingLeft: neither a change set nor an empty stack of the run is there.
func nothingLeft(w *world, r *run) {
	for _, left := range r.leftovers {
		w.fail(r, "it leaves change set %q, stack %q, and could remove it", left.set, left.stack)
	}
}

// unchanged: the run changed nothing.
func unchanged(w *world, r *run) {
	if changes := r.changes(); len(changes) > 0 {
		w.fail(r, "it changes the stack: %s", changes[0])
	}
}
