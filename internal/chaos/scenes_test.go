// Scenes: situations that rarely occur at random, each for a special case in
// the code. A scene is a stack in some state, a command, and faults or changes
// at single requests. The rules apply as for any run; a scene adds what the
// rules cannot know, such as the exit code.
//
// The scenes are in the files scenes_*_test.go, by topic.
//
//	go test ./internal/chaos -run TestScenes/NAME -v     one scene, with a report of everything that happened
//
// With -race only every third scene runs.

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

type scene struct {
	name string
	// status is the status of the existing stack, "" for none. deployed is its
	// configuration, "" for the default.
	status, deployed string
	// account changes the account and the service from the defaults of
	// newWorld.
	account func(w *world)
	// command is the command with its flags. goal is the configuration to
	// deploy, "" for the default.
	command, goal string

	// answers are the lines that the user types, one after each question; typed
	// is typed before the first question. If answers is nil, there is no
	// terminal.
	answers []string
	typed   string

	faults []cfndouble.Fault // Skip and Times count the requests of the command
	// others is a concurrent change. It happens right before the request
	// othersBefore. signal is when a signal is sent.
	others       otherChange
	othersBefore moment
	signal       moment
	// trouble has further faults.
	trouble trouble

	// code is the exit code. stderr contains all of says and none of never;
	// stdout contains all of prints. If the field then is set, its function makes
	// further checks after the run.
	code                int
	says, never, prints []string
	then                func(w *world, r *run)
}

// moment is a point in time: some time after the nth request of an operation
// or, for a signal, when stderr contains a text.
type moment struct {
	operation string
	nth       int
	after     time.Duration
	text      string
}

// scenes lists the scenes of all files.
var scenes = slices.Concat(
	responseScenes(), planScenes, executionScenes, discardScenes,
	deletionScenes, retainScenes, preparationScenes, eventScenes, failureScenes, errorScenes, signalScenes, weatherScenes(), questionScenes, textScenes(), templateScenes(), accountScenes(), rareScenes(),
)

func TestScenes(t *testing.T) {
	goals := writeConfigurations(t)
	for i, s := range scenes {
		if slices.ContainsFunc(scenes[:i], func(other scene) bool { return other.name == s.name }) {
			t.Errorf("two scenes have the name %q", s.name)
		}
		if !isSelected(i) {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			cryptotest.SetGlobalRandom(t, 1)
			synctest.Test(t, func(t *testing.T) { s.play(t, goals) })
		})
	}
}

// play runs the scene, and checks the rules and the expectations of the scene.
func (s scene) play(t *testing.T, goals []goal) {
	w, r := s.run(t, goals)
	s.check(w, r)
	w.close()
}

// run runs the scene and checks the rules.
func (s scene) run(t *testing.T, goals []goal) (*world, *run) {
	w := newWorld(t, 1, goals)
	w.double.Duration = 5 * time.Second
	if here := w.goalOf(s.deployed); s.status != "" {
		w.double.Put(stackName, s.status, here.template, nil)
		w.double.SetTags(stackName, here.tags)
	}
	if s.account != nil {
		s.account(w)
	}
	r := w.command(s.command, s.goal)
	r.terminal, r.typed, r.answers = s.answers != nil, s.typed, s.answers
	r.yes = r.yes || len(s.answers) > 0 && s.answers[0] == "yes"
	r.trouble = s.trouble
	r.trouble.aims = slices.Concat(s.faults, w.faults)
	r.trouble.others, r.trouble.othersOperation, r.trouble.othersAt = s.others, s.othersBefore.operation, s.othersBefore.nth
	if s.others.kind != "" {
		r.trouble.others.goal = w.goalOf(s.others.goal.name)
	}
	r.trouble.signalOperation, r.trouble.signalAt, r.trouble.signalAfter = s.signal.operation, s.signal.nth, s.signal.after
	r.trouble.signalText = s.signal.text
	w.do(r)
	w.check()
	return w, r
}

// close prints the report if needed, and closes the network.
func (w *world) close() {
	if w.t.Failed() || testing.Verbose() {
		w.t.Log(w.report())
	}
	w.network.Close()
}

// check checks the run against the expectations of the scene.
func (s scene) check(w *world, r *run) {
	if r.code != s.code {
		w.fail(r, "exit code %d, want %d: %s", r.code, s.code, r.errorText())
	}
	for _, text := range s.says {
		if !strings.Contains(r.stderr, text) {
			w.fail(r, "stderr lacks %q", text)
		}
	}
	for _, text := range s.prints {
		if !strings.Contains(r.stdout, text) {
			w.fail(r, "stdout lacks %q", text)
		}
	}
	for _, text := range s.never {
		if strings.Contains(r.stderr, text) {
			w.fail(r, "stderr contains %q", text)
		}
	}
	if s.othersBefore.nth > 0 && len(r.others) == 0 {
		w.fail(r, "no other person changed anything: the scene does not occur")
	}
	if s.signal != (moment{}) && r.cancelled.IsZero() {
		w.fail(r, "no signal was sent: the scene does not occur")
	}
	if len(s.faults) > 0 && r.faultCount == 0 {
		w.fail(r, "there was no fault: the scene does not occur")
	}
	if s.then != nil {
		s.then(w, r)
	}
}

// command returns a run of a command line.
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
			r.imports = true
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

// goalOf returns the goal with a name; "" means the default.
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

// Building blocks of scenes.

const (
	nodesRole         = "AWSIAMRoleNodes"
	controllersPolicy = "AWSIAMManagedPolicyControllers"
)

// atFirst returns a fault in the first request of an operation.
func atFirst(operation string, kind cfndouble.FaultKind) cfndouble.Fault {
	return cfndouble.Fault{Operation: operation, Kind: kind, Times: 1}
}

// always returns a fault in all requests of an operation except the first ones,
// whose number is skip.
func always(operation string, kind cfndouble.FaultKind, skip int) cfndouble.Fault {
	return cfndouble.Fault{Operation: operation, Kind: kind, Skip: skip}
}

// checkNothingLeft checks that the run left no change set and no empty stack.
func checkNothingLeft(w *world, r *run) {
	for _, left := range r.leftovers {
		w.fail(r, "it leaves change set %q, stack %q, although it could remove them", left.set, left.stack)
	}
}

// checkUnchanged checks that the run did not change the stack or its resources.
func checkUnchanged(w *world, r *run) {
	if changes := r.changeRequests(); len(changes) > 0 {
		w.fail(r, "it changes the stack: %s", changes[0])
	}
}
