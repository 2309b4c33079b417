// Tests of pipes without a reader or a writer.

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"capaboot/internal/cfndouble"
)

// TestUnreadPipes checks that a run whose reader closes the pipe ends without an
// error message, like a program that SIGPIPE ends, and leaves nothing in the
// account.
func TestUnreadPipes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		stdout, stderr bool   // whether the stream is the pipe
		moment         string // the first request of this operation closes the pipe; "" closes it before the start
		args           []string
		want           string // expected on the stream that is still read
	}{
		{"the plan", true, false, "CreateChangeSet", []string{"bootstrap", "iam", "plan"}, "capaboot: account 123456789012"},
		{"the plan as JSON", true, false, "DescribeChangeSet", []string{"bootstrap", "iam", "plan", "-o", "json"}, "capaboot: account 123456789012"},
		{"both streams", true, true, "CreateChangeSet", []string{"bootstrap", "iam", "plan"}, ""},
		{"both streams of a deployment", true, true, "CreateChangeSet", []string{"bootstrap", "iam", "deploy"}, ""},
		{"stderr", false, true, "CreateChangeSet", []string{"bootstrap", "iam", "deploy"}, ""},
		{"a template", true, false, "", []string{"bootstrap", "iam", "print-cloudformation-template"}, ""},
		{"help", true, false, "", []string{"--help"}, ""},
		{"encoded credentials", true, false, "", []string{"bootstrap", "credentials", "encode-as-profile"}, "this output contains credentials"},
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
				a.onFirst(test.moment, func() { read.Close() })
			}
			p.start()
			write.Close()
			p.end(141)
			a.wantNoLeftovers(t)
			if text := p.stderr.String() + p.stdout.String(); !strings.Contains(text, test.want) || strings.Contains(text, "error") {
				t.Errorf("the output that was read:\n%s", text)
			}
			if slices.Contains(a.Mutations(), "ExecuteChangeSet") {
				t.Error("a change set was executed")
			}
		})
	}
}

// TestOutputIntoHead pipes output into head. head must get the first line of
// the output, and the run must leave nothing in the account.
func TestOutputIntoHead(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"capaboot bootstrap iam plan -o text | head -1":              "stack " + stackName + " in account 123456789012, region eu-west-1\n",
		"capaboot bootstrap iam plan -o text 2>&1 | head -1":         "capaboot: account 123456789012, region eu-west-1, as ",
		"capaboot bootstrap iam plan -o json 2>&1 >/dev/null | head": "capaboot: account 123456789012, region eu-west-1, as ",
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
			a.wantNoLeftovers(t)
		})
	}
}

// TestSIGPIPEOfAConnection checks that SIGPIPE alone does not end a run: a
// broken connection raises it too.
func TestSIGPIPEOfAConnection(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	p := a.command(t, "bootstrap", "iam", "deploy")
	a.OnRequest(func(cfndouble.Request) { p.signal(syscall.SIGPIPE) })
	p.start()
	p.end(0)
	if !strings.Contains(p.stderr.String(), "is created") {
		t.Errorf("stderr:\n%s", &p.stderr)
	}
}

// TestReadsThatBlock gives a pipe to commands that read a file: nothing is ever
// written to the pipe. A signal must end the read, and --timeout too where the
// command has it.
func TestReadsThatBlock(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		args    string // PIPE stands for the path of the pipe
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
		blocked := func(t *testing.T, arguments ...string) (*process, string) {
			t.Helper()
			a := newAccount(t)
			pipe := filepath.Join(a.folder, "pipe")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			p := a.command(t, append(strings.Fields(strings.ReplaceAll(test.args, "PIPE", pipe)), arguments...)...)
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
			writer := openWriter(t, pipe)
			defer writer.Close()
			p.signal(syscall.SIGTERM)
			p.end(130)
			if p.stdout.String() != "" || p.stderr.String() != "capaboot: error: interrupted\n" {
				t.Errorf("stdout %q, stderr %q", &p.stdout, &p.stderr)
			}
		})
		if test.timeout {
			t.Run(test.name+" --timeout", func(t *testing.T) {
				t.Parallel()
				withLongerTimeouts(t, func(limit string) (got, want string) {
					p, pipe := blocked(t, "--timeout", limit)
					p.end(1)
					return p.stdout.String() + p.stderr.String(), "capaboot: error: timed out after " + limit + ": reading " + pipe + "\n"
				})
			})
		}
	}
}

// withLongerTimeouts runs a command with increasing timeouts until the output
// is right. On a busy machine, a short timeout may end before the step that the
// test expects.
func withLongerTimeouts(t *testing.T, run func(limit string) (got, want string)) {
	t.Helper()
	for _, limit := range []string{"400ms", "2s", "6s"} {
		got, want := run(limit)
		if got == want {
			return
		}
		if limit == "6s" {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestStandardInputThatBlocks does the same as TestReadsThatBlock for standard
// input.
func TestStandardInputThatBlocks(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"bootstrap iam plan --config - --timeout", "bootstrap iam print-config --config -", "policy review -", "bootstrap credentials inspect -"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			stdin, writer, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer writer.Close()
			if strings.Contains(args, "--timeout") {
				withLongerTimeouts(t, func(limit string) (got, want string) {
					p := a.command(t, append(strings.Fields(args), limit)...)
					p.Stdin = stdin
					p.start()
					p.end(1)
					return p.stderr.String(), "capaboot: error: timed out after " + limit + ": reading standard input\n"
				})
				return
			}
			p := a.command(t, strings.Fields(args)...)
			p.Stdin = stdin
			p.start()
			// This is more than a pipe holds, so the write returns only after
			// the process has begun to read.
			if _, err := writer.WriteString(strings.Repeat("a", 100_000)); err != nil {
				t.Fatal(err)
			}
			p.signal(syscall.SIGTERM)
			p.end(130)
			if got := p.stderr.String(); got != "capaboot: error: interrupted\n" {
				t.Errorf("stderr %q", got)
			}
		})
	}
}

// TestOutputFilesThatBlock checks that a pipe is refused as the file for
// credentials, and is not opened.
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
		if !strings.Contains(p.stderr.String(), "not a regular file") {
			t.Errorf("stderr:\n%s", &p.stderr)
		}
	}
}
