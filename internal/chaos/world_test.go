// The world of a seed or scene: an account with a stack, a network, and the
// commands that ran.

package chaos_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"capaboot/cli"
	"capaboot/credentials"
	"capaboot/internal/cfndouble"
)

const (
	fakeKey    = "AKIAFALSEKEYEXAMPLE0"
	fakeSecret = "FALSESECRET/of/the/test/0123456789abcdef"
	fakeToken  = "FALSESESSIONTOKEN//////////of/the/test/0123456789"
)

// world is the environment of one seed or scene.
type world struct {
	t       *testing.T
	seed    uint64
	double  *cfndouble.Double
	network *cfndouble.Network
	goals   []goal
	start   time.Time
	runs    []*run

	mu      sync.Mutex // guards the fields that concurrent requests use
	current *run       // current run; nil for none
	token   string     // session token in the environment
	// variables are additional variables in the environment; "" removes one.
	// flags are additional flags.
	variables map[string]string
	flags     []string
	faults    []cfndouble.Fault // additional faults for the run of a scene
	// noDiscard means that the terminal cannot discard pending input.
	// brokenOutput means that writing to stdout fails.
	noDiscard, brokenOutput bool
	// identity is a file with a web identity, with which the commands get
	// credentials from STS; "" for keys in the environment.
	identity string
}

// run is one command that ran, and everything that happened during it.
type run struct {
	number   int
	command  string // plan, deploy, delete
	args     []string
	goal     goal
	trouble  trouble
	yes      bool
	detach   bool
	retain   []string
	imports  bool
	protects bool
	exitCode bool // --exit-code
	// serviceRole is the ARN in --role-arn.
	serviceRole string
	timeout     time.Duration

	began, ended, cancelled time.Time
	requestsBefore          int    // number of requests before the signal
	stderrBefore            string // stderr before the signal
	code                    int
	stdout, stderr          string
	hung                    bool
	before, end             state
	inherited, leftovers    []leftover // the program's leftovers before the run; leftovers of this run after it
	differences, retained   []string   // at the end: differences of the stack from the goal, and resources that any operation so far has retained
	requests                []*request
	faultCount              int
	others                  []string // changes by other people
	othersDue               bool     // the other person's change is due, or was made
	othersSeen              int      // requests of operation othersOperation so far
	consecutiveFaults       int      // faults since the last request without one
	outageStart             time.Time
	responseLost            bool // the response of trouble.lostOperation was lost
	eventRequests           int  // requests for events so far
	cancel                  context.CancelFunc
	stderrRecorder          *recorder
	// terminal means that the command runs at a terminal. typed is what the user
	// types before the first question, "" for nothing. answers are the lines that
	// the user types, one after each question.
	terminal bool
	typed    string
	answers  []string
}

// request is a request with the data that the rules need.
type request struct {
	cfndouble.Request
	arrived      time.Time
	stderrLength int                           // bytes of stderr before the request
	state        state                         // state of the named stack right before the request was carried out
	sets         []cfndouble.RecordedChangeSet // all change sets at that moment
	differences  []string                      // differences of the stack from the goal
}

// state is the state of a stack at some time.
type state struct {
	id, status string
	resources  []string
	protected  bool
}

// recorder records everything that is written to it.
type recorder struct {
	mu      sync.Mutex
	text    bytes.Buffer
	times   []time.Time  // times of the writes
	onWrite func([]byte) // called after each write; may be nil
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	r.times = append(r.times, time.Now())
	n, err := r.text.Write(b)
	r.mu.Unlock()
	if r.onWrite != nil { // without the lock, because it may read the recorder
		r.onWrite(b)
	}
	return n, err
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// wroteBetween reports whether something was written between two times.
func (r *recorder) wroteBetween(from, to time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.times, func(t time.Time) bool { return !t.Before(from) && !t.After(to) })
}

// brokenOutput is a stdout on a full disk.
type brokenOutput struct{}

func (brokenOutput) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func newWorld(t *testing.T, seed uint64, goals []goal) *world {
	w := &world{t: t, seed: seed, double: cfndouble.New(), goals: goals, start: time.Now(), token: fakeToken}
	w.network = w.double.Network()
	t.Cleanup(func() { w.network.Close() })
	w.double.OnRequest(w.onRequest)
	w.double.Decide = w.decide
	return w
}

// stateOf returns the state of a stack, given its name or ID.
func (w *world) stateOf(stack string) state {
	return state{w.double.ID(stack), w.double.Status(stack), w.double.Resources(stack), w.double.Protected(stack)}
}

func (w *world) environment() credentials.Environment {
	variables := map[string]string{
		"AWS_ENDPOINT_URL": "http://aws.test", "AWS_REGION": w.double.Region, "AWS_EC2_METADATA_DISABLED": "true", "TERM": "dumb",
		"AWS_ACCESS_KEY_ID": fakeKey, "AWS_SECRET_ACCESS_KEY": fakeSecret,
	}
	if w.identity != "" {
		variables["AWS_WEB_IDENTITY_TOKEN_FILE"], variables["AWS_ROLE_ARN"] = w.identity, deployerRole
		delete(variables, "AWS_ACCESS_KEY_ID")
		delete(variables, "AWS_SECRET_ACCESS_KEY")
	}
	for name, value := range w.variables {
		if variables[name] = value; value == "" {
			delete(variables, name)
		}
	}
	return credentials.Environment{
		Lookup: func(name string) (string, bool) {
			if name == "AWS_SESSION_TOKEN" && w.identity == "" {
				w.mu.Lock()
				defer w.mu.Unlock()
				return w.token, true
			}
			value, ok := variables[name]
			return value, ok
		},
		Transport: &http.Transport{DialContext: w.network.Dial},
	}
}

// graceTime is how long a command may exceed its timeout: for finding the
// identity of the credentials at the beginning, and for the cleanup at the end.
const graceTime = 45 * time.Second

// afterSignal is how long a command may run after a signal: for a pending
// response to CreateChangeSet, and for removing the change set.
const afterSignal = (20 + 20 + 1) * time.Second

func (w *world) do(r *run) {
	r.number = len(w.runs) + 1
	var stdout recorder
	r.stderrRecorder = &recorder{}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r.cancel = cancel
	r.stderrRecorder.onWrite = func(b []byte) {
		if text := r.trouble.signalText; text != "" && r.cancelled.IsZero() && bytes.Contains(b, []byte(text)) {
			w.interrupt(r)
		}
	}
	r.began, r.before = time.Now(), w.stateOf(stackName)
	r.inherited = w.leftovers(nil)
	var stdin io.Reader = strings.NewReader("")
	var stderr, output io.Writer = r.stderrRecorder, &stdout
	if w.brokenOutput {
		output = brokenOutput{}
	}
	if r.terminal {
		keys, onWrite := newKeyboard(r.stderrRecorder, r.typed, r.answers), r.stderrRecorder.onWrite
		keys.noDiscard = w.noDiscard
		defer keys.close()
		r.stderrRecorder.onWrite = func(b []byte) { onWrite(b); keys.onOutput(b) }
		stdin, stderr = keys, keys.screen
	}
	w.mu.Lock()
	w.runs, w.current = append(w.runs, r), r
	w.mu.Unlock()
	done := make(chan int, 1)
	go func() {
		done <- cli.Run(ctx, cli.Process{
			Args: slices.Concat([]string{"capaboot", "bootstrap", "iam"}, r.args, withoutChecks(r.args)), Stdin: stdin, Stdout: output, Stderr: stderr,
			Environment: w.environment(),
		})
	}()
	bound := r.timeout
	if bound == 0 {
		bound = 30 * time.Minute
	}
	watch := time.NewTimer(bound + graceTime + time.Second)
	defer watch.Stop()
	select {
	case r.code = <-done:
	case <-watch.C:
		r.hung = true
		cancel()
		select {
		case r.code = <-done:
		case <-time.After(time.Hour):
			w.t.Fatalf("seed %d: the command does not end\n%s", w.seed, w.report())
		}
	}
	r.ended = time.Now()
	r.end, r.differences = w.stateOf(stackName), w.double.Differences(stackName, r.goal.template, r.goal.tags)
	r.stdout, r.stderr = stdout.String(), r.stderrRecorder.String()
	time.Sleep(time.Minute) // until requests in flight have arrived
	w.mu.Lock()
	w.current = nil
	w.mu.Unlock()
	r.leftovers = w.leftovers(r)
	for _, e := range w.double.Effects() {
		if e.Kind == cfndouble.Retained {
			r.retained = append(r.retained, e.LogicalID)
		}
	}
}

// leftover is a remaining change set of the program or, without a name, a
// remaining empty stack of such a change set.
type leftover struct{ set, stack string }

// leftovers returns the remaining change sets and empty stacks of the program
// or, given a run, of that run.
func (w *world) leftovers(r *run) []leftover {
	var all []leftover
	mine, others := map[string]bool{}, map[string]bool{}
	for _, set := range w.double.AllChangeSets() {
		created := isOurs(set.Name)
		if created && r != nil {
			created = slices.ContainsFunc(r.requests, func(q *request) bool { return q.Form["ChangeSetName"] == set.Name && q.Operation == "CreateChangeSet" })
		}
		if !isOurs(set.Name) && set.Pending {
			others[set.StackID] = true
		}
		if created {
			mine[set.StackID] = true
		}
		if created && set.Pending {
			all = append(all, leftover{set.Name, set.StackID})
		}
	}
	// The stack belongs to the creator of its first change set.
	if is := w.stateOf(stackName); is.empty() && mine[is.id] && !others[is.id] && (r == nil || r.before.id != is.id) {
		all = append(all, leftover{"", is.id})
	}
	return all
}

// report returns everything that happened, for debugging a failed seed.
func (w *world) report() string {
	var b strings.Builder
	d := w.double
	fmt.Fprintf(&b, "\nresources take %v, change sets %v; %d on a page; early validation %t, property values %q, final events hidden %t, deleted stacks forgotten %t, events twice %t, notes %q\n",
		d.Duration, d.ChangeSetTime, d.PageSize, d.EarlyValidation, d.PropertyValues, d.HideFinal, d.ForgetDeleted, d.DuplicateEvents, d.ReasonSuffix)
	for _, r := range w.runs {
		fmt.Fprintf(&b, "\n--- run %d at %v: capaboot bootstrap iam %s\n", r.number, r.began.Sub(w.start), strings.Join(r.args, " "))
		fmt.Fprintf(&b, "    the stack is %q with %d resources; trouble: %v\n", r.before.status, len(r.before.resources), r.trouble)
		for _, q := range r.requests {
			fmt.Fprintf(&b, "  %10v %s\n", q.Time.Sub(r.began).Round(time.Millisecond), q)
		}
		for _, other := range r.others {
			fmt.Fprintf(&b, "  other people: %s\n", other)
		}
		if !r.cancelled.IsZero() {
			fmt.Fprintf(&b, "  a signal at %v\n", r.cancelled.Sub(r.began))
		}
		fmt.Fprintf(&b, "  exit code %d after %v; then the stack is %q with change sets %v\n", r.code, r.ended.Sub(r.began), w.double.Status(stackName), w.double.ChangeSets())
		for _, stream := range []struct{ name, text string }{{"stdout", r.stdout}, {"stderr", r.stderr}} {
			for line := range strings.Lines(stream.text) {
				if strings.Contains(line, "     ") && !planLine.MatchString(line) {
					continue // the permissions in a plan
				}
				fmt.Fprintf(&b, "  %s| %q\n", stream.name, strings.TrimSuffix(line, "\n"))
			}
		}
	}
	fmt.Fprintf(&b, "\nto reproduce: go test ./internal/chaos -seed %d -v\n", w.seed)
	return b.String()
}

// String formats a request as one line.
func (q *request) String() string {
	var b strings.Builder
	b.WriteString(q.Operation)
	for _, key := range []string{"StackName", "ChangeSetName", "ChangeSetType", "NextToken", "RetainResources.member.1"} {
		if value := q.Form[key]; value != "" && value != stackName {
			fmt.Fprintf(&b, " %s=%s", key, value[strings.LastIndexByte(value, ':')+1:])
		}
	}
	if q.Fault != "" {
		fmt.Fprintf(&b, " !%s", q.Fault)
	}
	if q.Failed != "" {
		fmt.Fprintf(&b, " -> %s", q.Failed)
	}
	return b.String()
}

// withoutChecks returns the flag that skips the checks before a deployment. The
// scenes are about later requests, and count them.
func withoutChecks(args []string) []string {
	if len(args) > 0 && args[0] == "deploy" {
		return []string{"--no-check"}
	}
	return nil
}
