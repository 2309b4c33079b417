// Tests of real processes: signals, pipes that nobody reads or writes to, and
// terminals that go away. Whatever ends a run, nothing of it stays in the
// account.

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
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"capaboot/internal/cfndouble"
	"capaboot/internal/pty"
)

const stackName = "cluster-api-provider-aws-sigs-k8s-io"

var endingSignals = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// account is a double of CloudFormation, and a folder for the processes.
type account struct {
	*cfndouble.Double
	folder string
	url    string
}

func newAccount(t *testing.T) *account {
	double := cfndouble.New()
	double.Duration, double.ChangeSetTime = 0, 0
	server := httptest.NewServer(double)
	// Not Close: it waits for requests that a test holds up.
	t.Cleanup(func() { server.CloseClientConnections(); server.Listener.Close() })
	return &account{double, t.TempDir(), server.URL}
}

// process is a process of the program. Its stderr can be waited for.
type process struct {
	*exec.Cmd
	t              *testing.T
	stdout, stderr watched
}

// watched is what a process wrote.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // is closed when there is more
}

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(b)
	if w.more != nil {
		close(w.more)
		w.more = nil
	}
	return len(b), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// wait waits for a text.
func (w *watched) wait(t *testing.T, text string) {
	t.Helper()
	for {
		w.mu.Lock()
		if strings.Contains(w.text.String(), text) {
			w.mu.Unlock()
			return
		}
		if w.more == nil {
			w.more = make(chan struct{})
		}
		more := w.more
		w.mu.Unlock()
		select {
		case <-more:
		case <-t.Context().Done():
		case <-time.After(time.Minute):
			t.Fatalf("%q does not come:\n%s", text, w)
		}
	}
}

// command makes a process that is not started yet.
func (a *account) command(t *testing.T, args ...string) *process {
	t.Helper()
	path, err := exec.LookPath("capaboot") // see TestMain
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.CommandContext(t.Context(), path, args...), t: t}
	p.Dir, p.WaitDelay = a.folder, 10*time.Second
	p.Env = []string{
		"HOME=" + a.folder, "PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true", "HTTPS_PROXY=http://127.0.0.1:9",
		"AWS_ENDPOINT_URL=" + a.url, "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=AKIAFALSEKEYEXAMPLE0", "AWS_SECRET_ACCESS_KEY=FALSESECRETOFTHETEST",
	}
	if folder := os.Getenv("GOCOVERDIR"); folder != "" { // see measured
		p.Env = append(p.Env, "GOCOVERDIR="+folder)
	}
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	return p
}

func (p *process) start() {
	p.t.Helper()
	if err := p.Start(); err != nil {
		p.t.Fatal(err)
	}
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

// at does something once, when a request of an operation comes, before it is
// carried out. It must be called before the process starts.
func (a *account) at(operation string, do func()) {
	once := sync.OnceFunc(do)
	a.Hook = func(r cfndouble.Request) {
		if r.Operation == operation {
			once()
		}
	}
}

// wantNothing fails for what a run left behind in an account without the stack.
func (a *account) wantNothing(t *testing.T) {
	t.Helper()
	if status := a.Status(stackName); status != "" && !strings.HasPrefix(status, "DELETE_") || len(a.ChangeSets()) != 0 {
		t.Errorf("left behind: a stack that is %q, change sets %v", status, a.ChangeSets())
	}
}

// wantInterrupted fails when stderr does not end with that.
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

// defaultTemplate is the template of the default configuration.
var defaultTemplate struct {
	sync.Once
	text string
}

// deployed has the stack in the account, and returns the flag for a
// configuration that removes something of it.
func (a *account) deployed(t *testing.T) (config string) {
	t.Helper()
	defaultTemplate.Do(func() {
		p := a.command(t, "bootstrap", "iam", "print-cloudformation-template", "-o", "json")
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

// TestSignalsBeforeAnythingIsExecuted sends each signal while a change set is
// made and while it is read.
func TestSignalsBeforeAnythingIsExecuted(t *testing.T) {
	t.Parallel()
	for _, one := range endingSignals {
		for _, command := range []string{"plan", "deploy"} {
			for _, moment := range []string{"GetCallerIdentity", "DescribeStacks", "CreateChangeSet", "DescribeChangeSet"} {
				t.Run(one.String()+"/"+command+"/"+moment, func(t *testing.T) {
					t.Parallel()
					a := newAccount(t)
					a.ChangeSetTime = 300 * time.Millisecond
					p := a.command(t, "bootstrap", "iam", command)
					a.at(moment, func() { _ = p.Process.Signal(one) })
					p.start()
					p.end(130)
					wantInterrupted(t, p.stderr.String())
					a.wantNothing(t)
					if p.stdout.String() != "" || len(a.Mutations()) > 1 || slices.Contains(a.Mutations(), "ExecuteChangeSet") {
						t.Errorf("stdout %q, changed %v", &p.stdout, a.Mutations())
					}
				})
			}
		}
	}
}

// TestSignalsWhileFollowing stop the wait, and not the stack.
func TestSignalsWhileFollowing(t *testing.T) {
	t.Parallel()
	for _, one := range endingSignals {
		for _, command := range []string{"deploy", "delete"} {
			t.Run(one.String()+"/"+command, func(t *testing.T) {
				t.Parallel()
				a := newAccount(t)
				if command == "delete" {
					a.deployed(t)
				}
				sets, events := a.ChangeSets(), a.Count("DescribeStackEvents")
				a.Durations["AWSIAMRoleNodes"] = time.Hour
				p := a.command(t, "bootstrap", "iam", command, "--yes")
				once := sync.OnceFunc(func() { _ = p.Process.Signal(one) })
				a.Hook = func(r cfndouble.Request) {
					if r.Operation == "DescribeStackEvents" && a.Count(r.Operation) > events+1 {
						once()
					}
				}
				p.start()
				p.end(130)
				wantInterrupted(t, p.stderr.String())
				if status := a.Status(stackName); status != map[string]string{"deploy": "CREATE_IN_PROGRESS", "delete": "DELETE_IN_PROGRESS"}[command] {
					t.Errorf("the stack is %s", status)
				}
				if !strings.Contains(p.stderr.String(), "CloudFormation goes on without this command") || len(a.ChangeSets()) > len(sets)+1 {
					t.Errorf("change sets %v, stderr:\n%s", a.ChangeSets(), &p.stderr)
				}
			})
		}
	}
}

// sit starts a process at a terminal of its own, which is its stdin and stderr,
// and returns the side of the person.
func (p *process) sit() (person *os.File) {
	p.t.Helper()
	person, program := pty.Open(p.t)
	p.Stdin, p.Stderr = program, program
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	p.start()
	program.Close()
	go func() { _, _ = io.Copy(&p.stderr, person) }()
	return person
}

const question = `Type "yes" to continue: `

// TestSignalsAtTheQuestion change nothing, and leave no change set.
func TestSignalsAtTheQuestion(t *testing.T) {
	t.Parallel()
	for _, one := range append(slices.Clone(endingSignals), 0) {
		for _, command := range []string{"deploy", "delete"} {
			name := "the terminal goes away"
			if one != 0 {
				name = one.String()
			}
			t.Run(name+"/"+command, func(t *testing.T) {
				t.Parallel()
				a := newAccount(t)
				config := a.deployed(t)
				sets, mutations := a.ChangeSets(), a.Mutations()
				p := a.command(t, "bootstrap", "iam", command, config)
				person := p.sit()
				p.stderr.wait(t, question)
				if one == 0 {
					person.Close()
				} else {
					_ = p.Process.Signal(one)
				}
				p.end(130)
				if one != 0 {
					p.stderr.wait(t, "nothing was changed")
				}
				if !slices.Equal(a.ChangeSets(), sets) || !slices.Equal(a.Mutations(), mutations) {
					t.Errorf("change sets %v, want %v; changed: %v", a.ChangeSets(), sets, a.Mutations()[len(mutations):])
				}
			})
		}
	}
}

// TestKeysOfTheTerminal are signals too: Ctrl-C and Ctrl-\.
func TestKeysOfTheTerminal(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"Ctrl-C": "\x03", "Ctrl-backslash": "\x1c"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.deployed(t)
			mutations := a.Mutations()
			p := a.command(t, "bootstrap", "iam", "delete")
			person := p.sit()
			p.stderr.wait(t, question)
			_, _ = person.WriteString(key)
			p.end(130)
			p.stderr.wait(t, "interrupted")
			if !slices.Equal(a.Mutations(), mutations) {
				t.Errorf("changed: %v", a.Mutations())
			}
		})
	}
}

// TestATerminalThatGoesAway does not keep a run from cleaning up.
func TestATerminalThatGoesAway(t *testing.T) {
	t.Parallel()
	for _, moment := range []string{"CreateChangeSet", "DescribeChangeSet"} {
		t.Run(moment, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.ChangeSetTime = 300 * time.Millisecond
			p := a.command(t, "bootstrap", "iam", "deploy")
			sits := make(chan *os.File, 1)
			a.at(moment, func() { (<-sits).Close() })
			sits <- p.sit()
			p.end(130)
			a.wantNothing(t)
		})
	}
}

// TestTwoHangUps: the kernel and the shell both send SIGHUP.
func TestTwoHangUps(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	p := a.command(t, "bootstrap", "iam", "plan")
	a.at("CreateChangeSet", func() {
		for range 2 {
			_ = p.Process.Signal(syscall.SIGHUP)
			p.delivered()
		}
	})
	p.start()
	p.end(130)
	wantInterrupted(t, p.stderr.String())
	a.wantNothing(t)
}

// delivered waits until no signal is pending, so that the next one is another.
func (p *process) delivered() {
	for p.t.Context().Err() == nil {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
		if err != nil || strings.Contains(string(status), "\nShdPnd:\t0000000000000000\n") {
			return
		}
		runtime.Gosched()
	}
}

// TestNohup: who ignores SIGHUP does not want to be ended by it.
func TestNohup(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	p := a.command(t, "bootstrap", "iam", "plan")
	p.Args = append([]string{"sh", "-c", `trap "" HUP; exec "$0" "$@"`}, p.Args...)
	p.Path = "/bin/sh"
	a.at("CreateChangeSet", func() { _ = p.Process.Signal(syscall.SIGHUP) })
	p.start()
	p.end(0)
	a.wantNothing(t)
	if !strings.Contains(p.stdout.String(), "11 to add") {
		t.Errorf("stdout:\n%s", &p.stdout)
	}
}

// TestASecondSignalEndsAtOnce, while the clean-up waits for a service that does
// not answer.
func TestASecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	for _, second := range endingSignals {
		t.Run(second.String(), func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			p := a.command(t, "bootstrap", "iam", "plan")
			ended := make(chan struct{})
			a.Hook = func(r cfndouble.Request) {
				switch r.Operation {
				case "CreateChangeSet":
					_ = p.Process.Signal(syscall.SIGTERM)
				case "DeleteChangeSet":
					_ = p.Process.Signal(second)
					<-ended
				}
			}
			p.start()
			p.end(130)
			close(ended)
			if strings.Contains(p.stderr.String(), "interrupted") {
				t.Errorf("it ended by itself, stderr:\n%s", &p.stderr)
			}
		})
	}
}

// TestPipesThatNobodyReads: the run ends quietly, as others do that SIGPIPE
// ends, and leaves nothing behind.
func TestPipesThatNobodyReads(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		stdout, stderr bool // goes into the pipe
		moment         string
		args           []string
		stays          string // on the stream that is read
	}{
		{"the plan", true, false, "CreateChangeSet", []string{"bootstrap", "iam", "plan"}, "capaboot: account 123456789012"},
		{"the plan as JSON", true, false, "DescribeChangeSet", []string{"bootstrap", "iam", "plan", "-o", "json"}, "capaboot: account 123456789012"},
		{"both streams", true, true, "CreateChangeSet", []string{"bootstrap", "iam", "plan"}, ""},
		{"both streams of a deployment", true, true, "CreateChangeSet", []string{"bootstrap", "iam", "deploy"}, ""},
		{"stderr", false, true, "CreateChangeSet", []string{"bootstrap", "iam", "deploy"}, ""},
		{"a template", true, false, "", []string{"bootstrap", "iam", "print-cloudformation-template"}, ""},
		{"help", true, false, "", []string{"--help"}, ""},
		{"encoded credentials", true, false, "", []string{"bootstrap", "credentials", "encode-as-profile"}, "these credentials are readable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.ChangeSetTime = 200 * time.Millisecond
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			p := a.command(t, test.args...)
			if test.stdout {
				p.Stdout = write
			}
			if test.stderr {
				p.Stderr = write
			}
			if test.moment == "" {
				read.Close()
			} else {
				a.at(test.moment, func() { read.Close() })
			}
			p.start()
			write.Close()
			p.end(141)
			a.wantNothing(t)
			if text := p.stderr.String() + p.stdout.String(); !strings.Contains(text, test.stays) || strings.Contains(text, "error") {
				t.Errorf("what is read:\n%s", text)
			}
			if slices.Contains(a.Mutations(), "ExecuteChangeSet") {
				t.Error("a change set was executed")
			}
		})
	}
}

// TestHead runs what people type.
func TestHead(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"capaboot bootstrap iam plan -o text | head -1":      "stack " + stackName + " in account 123456789012, region eu-west-1\n",
		"capaboot bootstrap iam plan -o text 2>&1 | head -1": "capaboot: account 123456789012, region eu-west-1, as ",
		"capaboot bootstrap iam plan 2>&1 >/dev/null | head": "capaboot: account 123456789012, region eu-west-1, as ",
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			p := a.command(t)
			p.Path, p.Args = "/bin/sh", []string{"sh", "-c", script}
			p.start()
			p.end(0)
			if got := p.stdout.String(); !strings.HasPrefix(got, want) || strings.Count(got, "\n") != 1 || p.stderr.String() != "" && !strings.HasPrefix(p.stderr.String(), "capaboot: account") {
				t.Errorf("stdout %q, stderr %q", got, &p.stderr)
			}
			a.wantNothing(t)
		})
	}
}

// TestSIGPIPEOfAConnection: a connection that breaks raises the signal too, and
// ends nothing.
func TestSIGPIPEOfAConnection(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	p := a.command(t, "bootstrap", "iam", "deploy")
	a.Hook = func(cfndouble.Request) { _ = p.Process.Signal(syscall.SIGPIPE) }
	p.start()
	p.end(0)
	if !strings.Contains(p.stderr.String(), "is created") {
		t.Errorf("stderr:\n%s", &p.stderr)
	}
}

// TestReadsThatBlock ends the read of a pipe that nobody writes to, in every
// command that reads a file: by a signal, and by --timeout where there is one.
func TestReadsThatBlock(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		args    string // PIPE is the pipe
		env     string
		timeout bool
	}{
		{"plan", "bootstrap iam plan --config PIPE", "", true},
		{"deploy", "bootstrap iam deploy --config PIPE", "", true},
		{"delete", "bootstrap iam delete --config PIPE", "", true},
		{"plan --offline", "bootstrap iam plan --offline --config PIPE", "", true},
		{"plan, credentials", "bootstrap iam plan", "AWS_CONFIG_FILE=PIPE", true},
		{"deploy, a token", "bootstrap iam deploy", "AWS_WEB_IDENTITY_TOKEN_FILE=PIPE", true},
		{"print-config", "bootstrap iam print-config --config PIPE", "", false},
		{"print-policy", "bootstrap iam print-policy --config PIPE", "", false},
		{"print-cloudformation-template", "bootstrap iam print-cloudformation-template --config PIPE", "", false},
		{"review", "policy review PIPE", "", false},
		{"review --config", "policy review --config PIPE", "", false},
		{"review --suppressions", "policy review release:2.8 --suppressions PIPE", "", false},
		{"diff", "policy diff PIPE release:2.8", "", false},
		{"explain", "policy explain ec2:RunInstances --config PIPE", "", false},
		{"simulate", "policy simulate --policy PIPE --action s3:GetObject", "", false},
		{"inspect", "bootstrap credentials inspect PIPE", "", false},
		{"encode, config", "bootstrap credentials encode-as-profile", "AWS_CONFIG_FILE=PIPE", false},
		{"encode, credentials", "bootstrap credentials encode-as-profile", "AWS_SHARED_CREDENTIALS_FILE=PIPE", false},
		{"encode, token", "bootstrap credentials encode-as-profile", "AWS_WEB_IDENTITY_TOKEN_FILE=PIPE", false},
		{"list-profiles", "bootstrap credentials list-profiles", "AWS_CONFIG_FILE=PIPE", false},
	} {
		blocked := func(t *testing.T, more ...string) (*process, string) {
			t.Helper()
			a := newAccount(t)
			pipe := filepath.Join(a.folder, "pipe")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			p := a.command(t, append(strings.Fields(strings.ReplaceAll(test.args, "PIPE", pipe)), more...)...)
			if test.env != "" {
				p.Env = slices.DeleteFunc(p.Env, func(v string) bool {
					return strings.HasPrefix(v, "AWS_ACCESS_KEY_ID=") || strings.HasPrefix(v, "AWS_SECRET")
				})
				p.Env = append(p.Env, "AWS_ROLE_ARN=arn:aws:iam::123456789012:role/capa", strings.ReplaceAll(test.env, "PIPE", pipe))
			}
			p.start()
			return p, pipe
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, pipe := blocked(t)
			writer := reader(t, pipe)
			defer writer.Close()
			_ = p.Process.Signal(syscall.SIGTERM)
			p.end(130)
			if p.stdout.String() != "" || p.stderr.String() != "capaboot: error: interrupted\n" {
				t.Errorf("stdout %q, stderr %q", &p.stdout, &p.stderr)
			}
		})
		if test.timeout {
			t.Run(test.name+" --timeout", func(t *testing.T) {
				t.Parallel()
				p, pipe := blocked(t, "--timeout", "400ms")
				p.end(1)
				if want := "capaboot: error: timed out after 400ms: reading " + pipe + "\n"; p.stdout.String() != "" || p.stderr.String() != want {
					t.Errorf("stdout %q, stderr %q, want %q", &p.stdout, &p.stderr, want)
				}
			})
		}
	}
}

// reader waits until somebody opens a pipe for reading, and holds the other
// side.
func reader(t *testing.T, pipe string) *os.File {
	t.Helper()
	opened := make(chan *os.File, 1)
	go func() {
		file, _ := os.OpenFile(pipe, os.O_WRONLY, 0) // waits for that
		opened <- file
	}()
	select {
	case file := <-opened:
		return file
	case <-time.After(time.Minute):
		t.Fatal("nobody reads the pipe")
	}
	return nil
}

// TestStandardInputThatBlocks is TestReadsThatBlock for "-".
func TestStandardInputThatBlocks(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"bootstrap iam plan --timeout 400ms --config -", "bootstrap iam print-config --config -", "policy review -", "bootstrap credentials inspect -"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			stdin, typing, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer typing.Close()
			p := a.command(t, strings.Fields(args)...)
			p.Stdin = stdin
			if strings.Contains(args, "--timeout") {
				p.start()
				p.end(1)
				if got := p.stderr.String(); got != "capaboot: error: timed out after 400ms: reading standard input\n" {
					t.Errorf("stderr %q", got)
				}
				return
			}
			p.start()
			// More than a pipe holds: it is written when it is read.
			if _, err := typing.WriteString(strings.Repeat("a", 100_000)); err != nil {
				t.Fatal(err)
			}
			_ = p.Process.Signal(syscall.SIGTERM)
			p.end(130)
			if got := p.stderr.String(); got != "capaboot: error: interrupted\n" {
				t.Errorf("stderr %q", got)
			}
		})
	}
}

// TestOutputFilesThatBlock: a pipe is no file for credentials, and is not
// opened.
func TestOutputFilesThatBlock(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	pipe := filepath.Join(a.folder, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--output-file", pipe}, {"-o", "github-actions"}} {
		p := a.command(t, append([]string{"bootstrap", "credentials", "encode-as-profile"}, args...)...)
		p.Env = append(p.Env, "GITHUB_ENV="+pipe)
		p.start()
		p.end(1)
		if !strings.Contains(p.stderr.String(), "no regular file") {
			t.Errorf("stderr:\n%s", &p.stderr)
		}
	}
}
