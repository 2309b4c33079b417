// Helpers for tests of real processes: an account, and processes of the program
// whose output can be waited for.

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"capaboot/internal/cfndouble"
	"capaboot/internal/pty"
)

const stackName = "cluster-api-provider-aws-sigs-k8s-io"

// account is a double of AWS, with a folder in which the processes run.
type account struct {
	*cfndouble.Double
	folder      string
	server      *httptest.Server
	startServer sync.Once
}

func newAccount(t *testing.T) *account {
	double := cfndouble.New()
	double.Duration, double.ChangeSetTime = 0, 0
	server := httptest.NewUnstartedServer(double)
	// Close would wait for requests that a test blocks.
	t.Cleanup(func() { server.CloseClientConnections(); server.Listener.Close() })
	return &account{Double: double, folder: t.TempDir(), server: server}
}

// process is one run of the program in a real process.
type process struct {
	*exec.Cmd
	t              *testing.T
	account        *account
	started        chan struct{} // closed when Process is set
	stdout, stderr output
}

// output collects what a process writes.
type output struct {
	mu        sync.Mutex
	text      bytes.Buffer
	nextWrite chan struct{} // closed at the next write
}

func (w *output) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(b)
	if w.nextWrite != nil {
		close(w.nextWrite)
		w.nextWrite = nil
	}
	return len(b), nil
}

func (w *output) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

func (w *output) wait(t *testing.T, text string) {
	t.Helper()
	for {
		w.mu.Lock()
		if strings.Contains(w.text.String(), text) {
			w.mu.Unlock()
			return
		}
		if w.nextWrite == nil {
			w.nextWrite = make(chan struct{})
		}
		more := w.nextWrite
		w.mu.Unlock()
		select {
		case <-more:
		case <-t.Context().Done():
		case <-time.After(time.Minute):
			t.Fatalf("%q was not written:\n%s", text, w)
		}
	}
}

// command creates a process, but does not start it.
func (a *account) command(t *testing.T, args ...string) *process {
	t.Helper()
	path, err := exec.LookPath("capaboot") // see TestMain
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.CommandContext(t.Context(), path, args...), t: t, account: a, started: make(chan struct{})}
	p.Dir, p.WaitDelay = a.folder, 10*time.Second
	p.Env = []string{
		"HOME=" + a.folder, "PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true", "HTTPS_PROXY=http://127.0.0.1:9",
		"AWS_ENDPOINT_URL=http://" + a.server.Listener.Addr().String(), "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=AKIAFALSEKEYEXAMPLE0", "AWS_SECRET_ACCESS_KEY=FALSESECRETOFTHETEST",
	}
	if folder := os.Getenv("GOCOVERDIR"); folder != "" { // see coverageRunner
		p.Env = append(p.Env, "GOCOVERDIR="+folder)
	}
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	return p
}

// start starts the process. Before the first process it also starts the
// account's server, so that tests can set fields of the double until then.
func (p *process) start() {
	p.t.Helper()
	p.account.startServer.Do(p.account.server.Start)
	if err := p.Start(); err != nil {
		p.t.Fatal(err)
	}
	close(p.started)
}

// signal sends a signal from any goroutine. It waits until the process has
// started, and does nothing if the process has ended.
func (p *process) signal(one syscall.Signal) {
	<-p.started
	_ = p.Process.Signal(one)
}

// end waits for the end of the process, and checks its exit code.
func (p *process) end(code int) {
	p.t.Helper()
	err := p.Wait()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		p.t.Fatal(err)
	}
	if got := p.ProcessState.ExitCode(); got != code {
		p.t.Fatalf("%v: %v, want exit code %d\nstdout:\n%s\nstderr:\n%s", p.Args[1:], p.ProcessState, code, &p.stdout, &p.stderr)
	}
}

// onFirst calls do before the first request of an operation is carried out. It
// must be called before the process starts.
func (a *account) onFirst(operation string, do func()) {
	once := sync.OnceFunc(do)
	a.OnRequest(func(r cfndouble.Request) {
		if r.Operation == operation {
			once()
		}
	})
}

// wantNoLeftovers fails the test when a run left a stack or a change set in the
// account.
func (a *account) wantNoLeftovers(t *testing.T) {
	t.Helper()
	if status := a.Status(stackName); status != "" && !strings.HasPrefix(status, "DELETE_") || len(a.ChangeSets()) != 0 {
		t.Errorf("left behind: a stack that is %q, change sets %v", status, a.ChangeSets())
	}
}

// wantInterrupted fails the test when stderr does not end with the error
// "interrupted" and its hints.
func wantInterrupted(t *testing.T, stderr string) {
	t.Helper()
	_, end, ok := strings.Cut(strings.ReplaceAll(stderr, "\r\n", "\n"), "capaboot: error: ")
	first, rest, _ := strings.Cut(end, "\n")
	for line := range strings.Lines(rest) {
		ok = ok && strings.HasPrefix(line, "capaboot: hint: ")
	}
	if !ok || first != "interrupted" {
		t.Errorf("stderr:\n%s", stderr)
	}
}

// defaultTemplate is the template of the default configuration, which putStack
// generates once.
var defaultTemplate struct {
	sync.Once
	text string
}

// putStack adds the default stack to the account, and returns the flag for a
// configuration that removes a resource.
func (a *account) putStack(t *testing.T) (config string) {
	t.Helper()
	defaultTemplate.Do(func() {
		p := newAccount(t).command(t, "bootstrap", "iam", "print-cloudformation-template", "-o", "json")
		p.start()
		p.end(0)
		defaultTemplate.text = p.stdout.String()
	})
	a.Put(stackName, "CREATE_COMPLETE", defaultTemplate.text, nil)
	path := filepath.Join(a.folder, "config.yaml")
	text := "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\nspec:\n  controlPlane:\n    disableCloudProviderPolicy: true\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "--config=" + path
}

// startOnTerminal starts the process with a new terminal as its stdin and
// stderr, and returns the user's side of the terminal.
func (p *process) startOnTerminal() (person *os.File) {
	p.t.Helper()
	person, program := pty.Open(p.t, 80)
	p.Stdin, p.Stderr = program, program
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	p.start()
	program.Close()
	go func() { _, _ = io.Copy(&p.stderr, person) }()
	return person
}

// waitDelivered waits until no signal is pending: two pending signals of one
// kind would be delivered as one.
func (p *process) waitDelivered() {
	for p.t.Context().Err() == nil {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
		if err != nil || strings.Contains(string(status), "\nShdPnd:\t0000000000000000\n") {
			return
		}
		runtime.Gosched()
	}
}

// openWriter waits until a process opens the pipe for reading, and returns the
// writing end.
func openWriter(t *testing.T, pipe string) *os.File {
	t.Helper()
	opened := make(chan *os.File, 1)
	go func() {
		file, _ := os.OpenFile(pipe, os.O_WRONLY, 0) // blocks until there is a reader
		opened <- file
	}()
	select {
	case file := <-opened:
		return file
	case <-time.After(time.Minute):
		t.Fatal("no process opens the pipe for reading")
	}
	return nil
}
