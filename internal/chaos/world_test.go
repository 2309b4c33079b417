// The world of a seed: an account with a stack, the network to it, and the
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
	falseKey    = "AKIAFALSEKEYEXAMPLE0"
	falseSecret = "FALSESECRET/of/the/test/0123456789abcdef"
	falseToken  = "FALSESESSIONTOKEN//////////of/the/test/0123456789"
)

// world is what one seed plays in.
type world struct {
	t       *testing.T
	seed    uint64
	double  *cfndouble.Double
	network *cfndouble.Network
	goals   []goal
	begun   time.Time
	runs    []*run

	mu    sync.Mutex // of what requests, which are served at the same time, look at
	now   *run       // that goes on, nil for none
	token string     // the session token that the environment has
	// variables are others that the environment has, "" for none of the name, and
	// flags more of the command line.
	variables map[string]string
	flags     []string
	faults    []cfndouble.Fault // what a scene's run meets besides its own
	// noDiscard: the terminal cannot discard what was typed. brokenOutput: no one
	// reads stdout any more.
	noDiscard, brokenOutput bool
	// identity is a file with a web identity, with which the commands get their
	// credentials from STS; "" for keys in the environment.
	identity string
}

// run is one command that ran, and what happened meanwhile.
type run struct {
	number   int
	command  string // plan, deploy, delete
	args     []string
	goal     goal
	trouble  trouble
	yes      bool
	detach   bool
	retain   []string
	adopts   bool
	protects bool
	exitCode bool // --exit-code
	// serviceRole is the ARN of --role-arn.
	serviceRole string
	timeout     time.Duration

	began, ended, cancelled time.Time
	asked                   int    // how many requests came before the signal
	heard                   string // what was on stderr then
	code                    int
	stdout, stderr          string
	hung                    bool
	before, end             state
	inherited, leftovers    []leftover // of ours, before and after it; after it, what it made itself
	far, left               []string   // at the end: how far the stack is from the goal, and what deletions left
	requests                []*request
	faults                  int
	others                  []string // what other people did
	met                     bool     // they had their chance
	passed                  int      // how many requests of the operation they wait for came before
	inARow                  int      // faults
	darkFrom                time.Time
	lost                    bool // see trouble.lost
	looks                   int  // requests for events
	cancel                  context.CancelFunc
	talk                    *recorder
	// terminal: somebody sits there, who types typed before any question, "" for
	// nothing, and answers them.
	terminal bool
	typed    string
	answers  []string
}

// request is one request as the rules look at it.
type request struct {
	cfndouble.Request
	arrived time.Time
	said    int   // how many bytes of stderr came before it
	state   state // of the stack that it names, just before it was carried out
	sets    []cfndouble.ChangeSet
	far     []string // how far the stack is from the goal
}

// state is a stack as it was.
type state struct {
	id, status string
	resources  []string
	protected  bool
}

// recorder keeps what is written.
type recorder struct {
	mu    sync.Mutex
	b     bytes.Buffer
	times []time.Time  // of the writes
	heard func([]byte) // is called after each; nil for nothing
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	r.times = append(r.times, time.Now())
	n, err := r.b.Write(b)
	r.mu.Unlock()
	if r.heard != nil { // which may look at what was written
		r.heard(b)
	}
	return n, err
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}

// spoke says whether something was written between two times.
func (r *recorder) spoke(from, to time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.times, func(t time.Time) bool { return !t.Before(from) && !t.After(to) })
}

// brokenOutput is a disk that is full.
type brokenOutput struct{}

func (brokenOutput) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func newWorld(t *testing.T, seed uint64, goals []goal) *world {
	w := &world{t: t, seed: seed, double: cfndouble.New(), goals: goals, begun: time.Now(), token: falseToken}
	w.network = w.double.Network()
	t.Cleanup(func() { w.network.Close() })
	w.double.OnRequest(w.arrives)
	w.double.Decide = w.decide
	return w
}

// look returns the state of a stack, by name or ID.
func (w *world) look(stack string) state {
	return state{w.double.ID(stack), w.double.Status(stack), w.double.Resources(stack), w.double.Protected(stack)}
}

// environment is that of the commands.
func (w *world) environment() credentials.Environment {
	variables := map[string]string{
		"AWS_ENDPOINT_URL": "http://aws.test", "AWS_REGION": w.double.Region, "AWS_EC2_METADATA_DISABLED": "true", "TERM": "dumb",
		"AWS_ACCESS_KEY_ID": falseKey, "AWS_SECRET_ACCESS_KEY": falseSecret,
	}
	if w.identity != "" {
		variables["AWS_WEB_IDENTITY_TOKEN_FILE"], variables["AWS_ROLE_ARN"] = w.identity, deployer
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

// patience is how much longer than its time-out a command may take: for finding
// out whose the credentials are before it, and for cleaning up after it.
const patience = 45 * time.Second

// afterSignal is how long a command may take after a signal: for the answer to a
// request for a change set that is under way, and for removing the change set.
const afterSignal = (20 + 20 + 1) * time.Second

// do runs a command to its end.
func (w *world) do(r *run) {
	r.number = len(w.runs) + 1
	var stdout recorder
	r.talk = &recorder{}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r.cancel = cancel
	r.talk.heard = func(b []byte) {
		if text := r.trouble.signalSaid; text != "" && r.cancelled.IsZero() && bytes.Contains(b, []byte(text)) {
			w.interrupt(r)
		}
	}
	r.began, r.before = time.Now(), w.look(stackName)
	r.inherited = w.leftovers(nil)
	var stdin io.Reader = strings.NewReader("")
	var stderr, output io.Writer = r.talk, &stdout
	if w.brokenOutput {
		output = brokenOutput{}
	}
	if r.terminal {
		keys, heard := newKeyboard(r.talk, r.typed, r.answers), r.talk.heard
		keys.noDiscard = w.noDiscard
		defer keys.close()
		r.talk.heard = func(b []byte) { heard(b); keys.heard(b) }
		stdin, stderr = keys, keys.screen
	}
	w.mu.Lock()
	w.runs, w.now = append(w.runs, r), r
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
	watch := time.NewTimer(bound + patience + time.Second)
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
	r.end, r.far = w.look(stackName), w.double.Differences(stackName, r.goal.template, r.goal.tags)
	r.stdout, r.stderr = stdout.String(), r.talk.String()
	time.Sleep(time.Minute) // requests that are on their way arrive
	w.mu.Lock()
	w.now = nil
	w.mu.Unlock()
	r.leftovers = w.leftovers(r)
	for _, e := range w.double.Effects() {
		if e.Kind == cfndouble.Retained {
			r.left = append(r.left, e.LogicalID)
		}
	}
}

// leftover is a change set of ours, or without a name an empty stack that one
// made, which is still there.
type leftover struct{ set, stack string }

// leftovers returns what of ours is there, or only what a run made.
func (w *world) leftovers(r *run) []leftover {
	var all []leftover
	mine, others := map[string]bool{}, map[string]bool{}
	for _, set := range w.double.AllChangeSets() {
		made := ours(set.Name)
		if made && r != nil {
			made = slices.ContainsFunc(r.requests, func(q *request) bool { return q.Form["ChangeSetName"] == set.Name && q.Operation == "CreateChangeSet" })
		}
		if !ours(set.Name) && set.Pending {
			others[set.StackID] = true
		}
		if made {
			mine[set.StackID] = true
		}
		if made && set.Pending {
			all = append(all, leftover{set.Name, set.StackID})
		}
	}
	// The stack was made by the one who made its first change set.
	if is := w.look(stackName); is.empty() && mine[is.id] && !others[is.id] && (r == nil || r.before.id != is.id) {
		all = append(all, leftover{"", is.id})
	}
	return all
}

// report is all that happened, for who looks into a seed that failed.
func (w *world) report() string {
	var b strings.Builder
	d := w.double
	fmt.Fprintf(&b, "\nresources take %v, change sets %v; %d on a page; early validation %t, property values %q, final events hidden %t, deleted stacks forgotten %t, events twice %t, notes %q\n",
		d.Duration, d.ChangeSetTime, d.PageSize, d.EarlyValidation, d.PropertyValues, d.HideFinal, d.ForgetDeleted, d.DuplicateEvents, d.ReasonSuffix)
	for _, r := range w.runs {
		fmt.Fprintf(&b, "\n--- run %d at %v: capaboot bootstrap iam %s\n", r.number, r.began.Sub(w.begun), strings.Join(r.args, " "))
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
					continue // the permissions of a plan
				}
				fmt.Fprintf(&b, "  %s| %q\n", stream.name, strings.TrimSuffix(line, "\n"))
			}
		}
	}
	fmt.Fprintf(&b, "\nto repeat it: go test ./internal/chaos -seed %d -v\n", w.seed)
	return b.String()
}

// String is a request in one line.
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

// withoutChecks leaves out the checks before a deployment: the scenes are of what
// comes after them, and count requests.
func withoutChecks(args []string) []string {
	if len(args) > 0 && args[0] == "deploy" {
		return []string{"--no-check"}
	}
	return nil
}
