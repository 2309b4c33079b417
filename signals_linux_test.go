// Tests of signals and closed terminals: an interrupted run leaves nothing in
// the account.

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"capaboot/internal/cfndouble"
)

var endingSignals = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// TestSignalsBeforeExecution sends each signal at a moment before a change set
// could be executed. The run must execute none, and leave nothing behind.
func TestSignalsBeforeExecution(t *testing.T) {
	t.Parallel()
	for _, one := range endingSignals {
		for _, command := range []string{"plan", "deploy"} {
			for _, moment := range []string{"GetCallerIdentity", "DescribeStacks", "CreateChangeSet", "DescribeChangeSet"} {
				t.Run(one.String()+"/"+command+"/"+moment, func(t *testing.T) {
					t.Parallel()
					a := newAccount(t)
					a.ChangeSetTime = 300 * time.Millisecond
					p := a.command(t, "bootstrap", "iam", command)
					a.onFirst(moment, func() { p.signal(one) })
					p.start()
					p.end(130)
					wantInterrupted(t, p.stderr.String())
					a.wantNoLeftovers(t)
					if p.stdout.String() != "" || len(a.Mutations()) > 1 || slices.Contains(a.Mutations(), "ExecuteChangeSet") {
						t.Errorf("stdout %q, changed %v", &p.stdout, a.Mutations())
					}
				})
			}
		}
	}
}

// TestSignalsLeaveNoJSON checks that an interrupted command prints no JSON, not
// even a part of it, whatever the command was doing.
func TestSignalsLeaveNoJSON(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"plan", "deploy", "delete", "check", "verify"} {
		for _, moment := range []string{"GetCallerIdentity", "DescribeStacks", "ListStackResources", "GetTemplate", "GetRole", "DescribeChangeSet", "DescribeStackEvents"} {
			t.Run(command+"/"+moment, func(t *testing.T) {
				t.Parallel()
				a := newAccount(t)
				args := []string{"bootstrap", "iam", command, a.putStack(t), "-o", "json"}
				if command == "deploy" || command == "delete" {
					args = append(args, "--yes")
				}
				a.Durations["AWSIAMRoleNodes"] = 300 * time.Millisecond
				p := a.command(t, args...)
				var sent atomic.Bool
				a.onFirst(moment, func() {
					sent.Store(true)
					p.signal(syscall.SIGTERM)
					time.Sleep(100 * time.Millisecond) // until the process has handled the signal
				})
				p.start()
				_ = p.Wait()
				if code := p.ProcessState.ExitCode(); sent.Load() && (code != 130 || p.stdout.String() != "") {
					t.Errorf("exit code %d, stdout %q", code, &p.stdout)
				}
			})
		}
	}
}

// TestSignalsWhileFollowing checks that a signal ends the wait, but not the
// operation of the stack.
func TestSignalsWhileFollowing(t *testing.T) {
	t.Parallel()
	for _, one := range endingSignals {
		for _, command := range []string{"deploy", "delete"} {
			t.Run(one.String()+"/"+command, func(t *testing.T) {
				t.Parallel()
				a := newAccount(t)
				if command == "delete" {
					a.putStack(t)
				}
				sets, events := a.ChangeSets(), a.Count("DescribeStackEvents")
				a.Durations["AWSIAMRoleNodes"] = time.Hour
				p := a.command(t, "bootstrap", "iam", command, "--yes")
				once := sync.OnceFunc(func() { p.signal(one) })
				a.OnRequest(func(r cfndouble.Request) {
					if r.Operation == "DescribeStackEvents" && a.Count(r.Operation) > events+1 {
						once()
					}
				})
				p.start()
				p.end(130)
				wantInterrupted(t, p.stderr.String())
				if status := a.Status(stackName); status != map[string]string{"deploy": "CREATE_IN_PROGRESS", "delete": "DELETE_IN_PROGRESS"}[command] {
					t.Errorf("the stack is %s", status)
				}
				if !strings.Contains(p.stderr.String(), "CloudFormation continues without this command") || len(a.ChangeSets()) > len(sets)+1 {
					t.Errorf("change sets %v, stderr:\n%s", a.ChangeSets(), &p.stderr)
				}
			})
		}
	}
}

const question = `Type "yes" to continue: `

// TestSignalsAtTheQuestion checks that a signal at the question changes
// nothing, and leaves no change set.
func TestSignalsAtTheQuestion(t *testing.T) {
	t.Parallel()
	for _, one := range append(slices.Clone(endingSignals), 0) {
		for _, command := range []string{"deploy", "delete"} {
			name := "the terminal closes"
			if one != 0 {
				name = one.String()
			}
			t.Run(name+"/"+command, func(t *testing.T) {
				t.Parallel()
				a := newAccount(t)
				config := a.putStack(t)
				sets, mutations := a.ChangeSets(), a.Mutations()
				p := a.command(t, "bootstrap", "iam", command, config)
				person := p.startOnTerminal()
				p.stderr.wait(t, question)
				if one == 0 {
					person.Close()
				} else {
					p.signal(one)
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

// TestTerminalSignalKeys sends signals with the keys Ctrl-C and Ctrl-\ at the
// question of a deletion. The run must end, and nothing may be changed.
func TestTerminalSignalKeys(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"Ctrl-C": "\x03", "Ctrl-backslash": "\x1c"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.putStack(t)
			mutations := a.Mutations()
			p := a.command(t, "bootstrap", "iam", "delete")
			person := p.startOnTerminal()
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

// TestClosedTerminal checks that a run cleans up after its terminal has closed.
func TestClosedTerminal(t *testing.T) {
	t.Parallel()
	for _, moment := range []string{"CreateChangeSet", "DescribeChangeSet"} {
		t.Run(moment, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.ChangeSetTime = 300 * time.Millisecond
			p := a.command(t, "bootstrap", "iam", "deploy")
			terminal := make(chan *os.File, 1)
			a.onFirst(moment, func() { (<-terminal).Close() })
			terminal <- p.startOnTerminal()
			p.end(130)
			a.wantNoLeftovers(t)
		})
	}
}

// TestTwoHangUps sends SIGHUP twice, as the kernel and the shell do when a
// terminal closes. The run must still clean up.
func TestTwoHangUps(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	p := a.command(t, "bootstrap", "iam", "plan")
	a.onFirst("CreateChangeSet", func() {
		for range 2 {
			p.signal(syscall.SIGHUP)
			p.waitDelivered()
		}
	})
	p.start()
	p.end(130)
	wantInterrupted(t, p.stderr.String())
	a.wantNoLeftovers(t)
}

// TestNohup checks that a run continues when SIGHUP was ignored at its start.
func TestNohup(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	p := a.command(t, "bootstrap", "iam", "plan")
	p.Args = append([]string{"sh", "-c", `trap "" HUP; exec "$0" "$@"`}, p.Args...)
	p.Path = "/bin/sh"
	a.onFirst("CreateChangeSet", func() { p.signal(syscall.SIGHUP) })
	p.start()
	p.end(0)
	a.wantNoLeftovers(t)
	if !strings.Contains(p.stdout.String(), "11 to add") {
		t.Errorf("stdout:\n%s", &p.stdout)
	}
}

// TestCtrlCDuringAnAnalysis interrupts an analysis that takes seconds, after
// the policy has been read. The run must end without a result.
func TestCtrlCDuringAnAnalysis(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	pipe := filepath.Join(a.folder, "policy.json")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	p := a.command(t, "policy", "review", pipe)
	p.start()
	writer := openWriter(t, pipe)
	var statements []string
	for i := range 5_000 {
		statements = append(statements, fmt.Sprintf(`{"Effect":"%s","Action":"iam:*","Resource":"arn:aws:iam::*:role/r%d*"}`, []string{"Allow", "Deny"}[i%2], i))
	}
	if _, err := writer.WriteString(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + "]}"); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	p.signal(syscall.SIGINT)
	p.end(130)
	if p.stdout.String() != "" || p.stderr.String() != "capaboot: error: interrupted\n" {
		t.Errorf("stdout %q, stderr %q", &p.stdout, &p.stderr)
	}
}

// TestSecondSignalEndsAtOnce sends a second signal while the clean-up waits for
// a service that does not respond. The process must end before the clean-up
// does.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	for _, second := range endingSignals {
		t.Run(second.String(), func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			p := a.command(t, "bootstrap", "iam", "plan")
			ended := make(chan struct{})
			a.OnRequest(func(r cfndouble.Request) {
				switch r.Operation {
				case "CreateChangeSet":
					p.signal(syscall.SIGTERM)
				case "DeleteChangeSet":
					p.signal(second)
					<-ended
				}
			})
			p.start()
			p.end(130)
			close(ended)
			if strings.Contains(p.stderr.String(), "error: interrupted") {
				t.Errorf("it ended by itself, stderr:\n%s", &p.stderr)
			}
		})
	}
}
