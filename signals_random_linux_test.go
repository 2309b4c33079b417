// Tests of signals at random moments: real processes are interrupted by a
// signal or a closed pipe while they work with a double of AWS. internal/chaos
// tests the same in simulated time, together with other faults.

package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"capaboot/internal/cfndouble"
)

var (
	signalTrials = flag.Int("signals", 8, "how many processes TestSignalsAtAnyMoment interrupts")
	signalSeed   = flag.Uint64("signal-seed", 1, "seed of the random interruptions")
)

// interruptions are the ways to interrupt a run. After a pipe has closed, its
// output cannot be read.
var interruptions = []struct {
	name   string
	signal syscall.Signal // 0 to close a pipe
	stream string         // the stream to close
}{
	{"SIGINT", syscall.SIGINT, ""},
	{"SIGTERM", syscall.SIGTERM, ""},
	{"SIGHUP", syscall.SIGHUP, ""},
	{"SIGQUIT", syscall.SIGQUIT, ""},
	{"stdout closes", 0, "stdout"},
	{"stderr closes", 0, "stderr"},
}

func TestSignalsAtAnyMoment(t *testing.T) {
	// The processes mostly wait, so many can run at once, even on two processors.
	var all sync.WaitGroup
	atOnce := make(chan struct{}, 12)
	for i := range *signalTrials {
		seed := *signalSeed + uint64(i)
		atOnce <- struct{}{}
		all.Go(func() {
			t.Run(fmt.Sprint(seed), func(t *testing.T) { interrupt(t, rand.New(rand.NewPCG(seed, 0))) })
			<-atOnce
		})
	}
	all.Wait()
}

// runUninterrupted runs a stack command without interrupting it.
func (a *account) runUninterrupted(t *testing.T, args ...string) {
	t.Helper()
	p := a.command(t, append([]string{"bootstrap", "iam"}, args...)...)
	p.start()
	p.end(0)
}

// interrupt runs one command, interrupts it during one of its requests, and
// checks what it left behind and that the next run succeeds.
func interrupt(t *testing.T, d *rand.Rand) {
	a := newAccount(t)
	a.Duration, a.ChangeSetTime = 100*time.Millisecond, 100*time.Millisecond
	if d.IntN(2) == 0 {
		a.runUninterrupted(t, "deploy", "--tag", "team=a")
	}
	args := [][]string{{"plan"}, {"deploy", "--yes"}, {"deploy", "--yes", "--detach"}, {"delete", "--yes"}}[d.IntN(4)]
	interruption := interruptions[d.IntN(len(interruptions))]
	at, after := int64(1+d.IntN(16)), time.Duration(d.IntN(40))*time.Millisecond
	t.Logf("%v: %s %v after request %d", args, interruption.name, after, at)

	p := a.command(t, append([]string{"bootstrap", "iam"}, args...)...)
	streams := map[string]*stream{"stdout": newStream(t), "stderr": newStream(t)}
	p.Stdout, p.Stderr = streams["stdout"].w, streams["stderr"].w
	var requests atomic.Int64
	a.OnRequest(func(cfndouble.Request) {
		if requests.Add(1) != at {
			return
		}
		time.AfterFunc(after, func() {
			if interruption.stream != "" {
				streams[interruption.stream].r.Close()
			} else {
				p.signal(interruption.signal)
			}
		})
		time.Sleep(after / 2) // so that some interruptions come before the request is carried out
	})
	p.start()
	watch := time.AfterFunc(time.Minute, func() {
		t.Error("the process does not end")
		p.signal(syscall.SIGKILL)
	})
	err := p.Wait()
	watch.Stop()
	stdout, stderr := streams["stdout"].end(), streams["stderr"].end()
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && interruption.stream == "" {
			t.Errorf("the signal %v ended it", status.Signal())
		}
	}
	if interruption.stream == "" && code != 0 && code != 130 && code != 128+int(interruption.signal) {
		t.Errorf("exit code %d", code)
	}
	if code != 0 && stdout != "" {
		t.Errorf("exit code %d, and stdout has %d bytes", code, len(stdout))
	}
	for _, bad := range []string{"FALSESECRET", "FALSETOKEN", "goroutine ", "panic"} {
		if strings.Contains(stdout+stderr, bad) {
			t.Errorf("it shows %q", bad)
		}
	}
	time.Sleep(2 * after) // until requests in progress have arrived
	if interruption.stream != "stderr" {
		a.wantLeftoversNamed(t, stderr)
	}
	if t.Failed() {
		t.Logf("exit code %d, stderr:\n%s", code, stderr)
	}

	a.runUninterrupted(t, "deploy", "--yes")
	a.runUninterrupted(t, "plan", "--exit-code")
	for _, set := range a.AllChangeSets() {
		if set.Pending {
			t.Errorf("the change set %s still exists after two uninterrupted runs", set.Name)
		}
	}
}

var removalCommand = regexp.MustCompile(`aws cloudformation (delete-change-set|delete-stack) [^\n]*`)

// wantLeftoversNamed fails the test when a command leaves something in the
// account without naming it on stderr.
func (a *account) wantLeftoversNamed(t *testing.T, stderr string) {
	t.Helper()
	commands := strings.Join(removalCommand.FindAllString(stderr, -1), "\n")
	for _, set := range a.AllChangeSets() {
		if set.Pending && !strings.Contains(commands, set.Name) {
			t.Errorf("it leaves the change set %s without naming it", set.Name)
		}
	}
	if a.Status(stackName) == "REVIEW_IN_PROGRESS" && !strings.Contains(commands, "delete-stack") {
		t.Error("it leaves an empty stack without naming it")
	}
}

// stream is a pipe from a process, with the text read from it.
type stream struct {
	r, w *os.File
	b    bytes.Buffer
	done chan struct{}
}

func newStream(t *testing.T) *stream {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{r: r, w: w, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		_, _ = s.b.ReadFrom(r) // until the process ends, or r is closed
	}()
	return s
}

// end returns the text, after the process has ended.
func (s *stream) end() string {
	s.w.Close()
	<-s.done
	s.r.Close()
	return s.b.String()
}
