// Tests of what all commands share: exit codes, interrupts, output that cannot be
// written, malformed flags, secrets, and escaping.

package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"capaboot/credentials"
	"capaboot/internal/conform"
)

// run runs a command with the given environment variables, and with
// AWS_EC2_METADATA_DISABLED unless they set it.
func run(t *testing.T, environment map[string]string, stdin io.Reader, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return runWithTransport(t, nil, environment, stdin, args...)
}

// runWithTransport is like run, but with a transport instead of the network.
func runWithTransport(t *testing.T, transport http.RoundTripper, environment map[string]string, stdin io.Reader, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, stderrBuffer bytes.Buffer
	code = Run(t.Context(), Process{
		Args: append([]string{"/usr/bin/capaboot"}, args...), Stdin: stdin, Stdout: &out, Stderr: &stderrBuffer,
		Environment: credentials.Environment{
			Lookup: func(name string) (string, bool) {
				value, ok := environment[name]
				if name == "AWS_EC2_METADATA_DISABLED" && !ok {
					return "true", true // no test sends requests beyond this machine
				}
				return value, ok
			},
			Home: t.TempDir(), Transport: transport,
		},
	})
	conform.CheckRun(t, args, out.String())
	return out.String(), stderrBuffer.String(), code
}

func TestExitCodes(t *testing.T) {
	folder := t.TempDir()
	bad := filepath.Join(folder, "bad.yaml")
	if err := os.WriteFile(bad, []byte("spec: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	template := []string{"bootstrap", "iam", "print-cloudformation-template"}
	encode := []string{"bootstrap", "credentials", "encode-as-profile"}
	for _, test := range []struct {
		name string
		args []string
		want int
	}{
		{"done", template, 0},
		{"help", []string{"--help"}, 0},
		{"no command", nil, 0},
		{"an unknown command", []string{"nope"}, 2},
		{"an unknown flag", append(template, "--nope"), 2},
		{"an unknown value of a flag", append(template, "-o", "nope"), 2},
		{"a flag without its value", append(template, "--config"), 2},
		{"an unexpected argument", append(template, "nope"), 2},
		{"an empty configuration name, for example from an unset variable", append(template, "--config", ""), 2},
		{"an empty profile", append(encode, "--profile", ""), 2},
		{"an unknown release", append(template, "--capa-version", "v0.1.0"), 2},
		{"an unknown policy", []string{"bootstrap", "iam", "print-policy", "--document", "nope"}, 2},
		{"an invalid configuration", append(template, "--config", bad), 2},
		{"a configuration that does not exist", append(template, "--config", filepath.Join(folder, "nope")), 2},
		{"no credentials", encode, 1},
		{"no such profile", append(encode, "--profile", "nope"), 1},
		{"no such region", append(encode, "--region", "no region"), 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			stdout, stderr, code := run(t, nil, strings.NewReader(""), test.args...)
			if code != test.want {
				t.Errorf("exit code %d, want %d; stderr:\n%s", code, test.want, stderr)
			}
			if code != exitDone && stdout != "" {
				t.Errorf("a failed run prints on stdout:\n%s", stdout)
			}
			for line := range strings.Lines(stderr) {
				if !strings.HasPrefix(line, "capaboot: ") {
					t.Errorf("a line on stderr does not begin with the program's name: %q", line)
				}
			}
			if code != exitDone && (!strings.Contains(stderr, "capaboot: error: ") || strings.Contains(stderr, "USAGE")) {
				t.Errorf("stderr of a failed run:\n%s", stderr)
			}
		})
	}
}

// silentStdin is a stdin that stays open, and never has input.
type silentStdin struct{}

func (silentStdin) Read([]byte) (int, error) { select {} }

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stderr bytes.Buffer
	code := Run(ctx, Process{Args: []string{"capaboot", "bootstrap", "iam", "print-policy", "--config", "-"}, Stdin: silentStdin{}, Stdout: io.Discard, Stderr: &stderr})
	if code != 130 || stderr.String() != "capaboot: error: interrupted\n" {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestAResultThatCannotBeWrittenFails(t *testing.T) {
	for _, command := range [][]string{{"version"}, {"--help"}, {"bootstrap", "iam"}, {"bootstrap", "iam", "print-config"}, {"bootstrap", "iam", "print-policy"}, {"bootstrap", "iam", "print-cloudformation-template"}} {
		var stderr bytes.Buffer
		code := Run(t.Context(), Process{Args: append([]string{"capaboot"}, command...), Stdout: fullDisk{}, Stderr: &stderr})
		if code != exitFailed || !strings.Contains(stderr.String(), "capaboot: error: writing the result: no space left on device\n") {
			t.Errorf("%v: exit code %d, stderr %q", command, code, stderr.String())
		}
	}
}

// unreadPipe blocks every write, like a full pipe whose reader reads nothing.
type unreadPipe struct{}

func (unreadPipe) Write([]byte) (int, error) { select {} }

func TestInterruptedWhileOutputIsUnread(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stderr bytes.Buffer
	if code := Run(ctx, Process{Args: []string{"capaboot", "version"}, Stdout: unreadPipe{}, Stderr: &stderr}); code != exitInterrupted {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
}

// An interrupt ends a policy command even while its work ignores the context.
// In this test the work blocks forever in the lookup of a variable.
func TestPolicyCommandsAreInterruptible(t *testing.T) {
	args := map[string][]string{
		"review": nil, "explain": {"s3:GetObject"}, "diff": {"release:v2.8.4"},
		"simulate": {"--role", "nodes.cluster-api-provider-aws.sigs.k8s.io", "--action", "s3:GetObject"},
	}
	for _, command := range (&runner{}).policyGroup().Subcommands {
		if len(command.Subcommands) > 0 {
			continue // the commands of "trust" do not compute for long
		}
		ctx, cancel := context.WithCancel(t.Context())
		lookedUp := false
		lookup := func(name string) (string, bool) {
			if name != releaseVariable {
				return "", false
			}
			lookedUp = true
			cancel()
			select {}
		}
		var out, stderr bytes.Buffer
		code := Run(ctx, Process{
			Args: append([]string{"capaboot", "policy", command.Name}, args[command.Name]...), Stdout: &out, Stderr: &stderr,
			Environment: credentials.Environment{Lookup: lookup},
		})
		if code != exitInterrupted || !lookedUp || out.Len() > 0 || stderr.String() != "capaboot: error: interrupted\n" {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q; the variable was looked up: %t", command.Name, code, &out, &stderr, lookedUp)
		}
		cancel()
	}
}

func TestMalformedFlags(t *testing.T) {
	for _, arg := range []string{"---", "--=x", "-=x", "----"} {
		if _, stderr, code := run(t, nil, nil, "version", arg); code != exitUsage || !strings.Contains(stderr, "unknown flag") {
			t.Errorf("%s: exit code %d, %s", arg, code, stderr)
		}
	}
}

func TestSecretsStayInTheResult(t *testing.T) {
	const secret = "FALSESECRETOFTHETEST"
	environment := map[string]string{"AWS_ACCESS_KEY_ID": "AKIAFALSEKEYEXAMPLE0", "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": "token" + secret}
	for _, variables := range []map[string]string{
		{}, {"AWS_SECRET_ACCESS_KEY": secret + "\n"}, {"AWS_SECRET_ACCESS_KEY": "\"" + secret + "\""}, {"AWS_SESSION_TOKEN": secret + "\x00"},
		{"AWS_ACCESS_KEY_ID": ""}, {"AWS_SECRET_ACCESS_KEY": "", "AWS_ACCESS_KEY_ID": secret}, {"AWS_REGION": "x " + secret}, {"AWS_ACCESS_KEY_ID": secret + " é"},
	} {
		merged := map[string]string{}
		for _, m := range []map[string]string{environment, variables} {
			for name, value := range m {
				merged[name] = value
			}
		}
		for _, level := range []string{"0", "9"} {
			stdout, stderr, code := run(t, merged, strings.NewReader(""), "bootstrap", "credentials", "encode-as-profile", "-o", "rawSharedConfig", "-v", level)
			if strings.Contains(stderr, secret) {
				t.Errorf("%q: stderr shows a secret: %s", variables, stderr)
			}
			if code != exitDone && stdout != "" {
				t.Errorf("%q: a failed run prints %s", variables, stdout)
			}
			if len(variables) == 0 && !strings.Contains(stdout, "aws_secret_access_key = "+secret+"\n") {
				t.Errorf("the result is %s", stdout)
			}
		}
	}
}

// The functions that write results escape hidden characters that a command did
// not escape.
func TestWriteEscapesHiddenCharacters(t *testing.T) {
	var out bytes.Buffer
	r := &runner{Process: Process{Stdout: &out}}
	if err := r.write(t.Context(), []byte("a\u202e\x1b[31m\n\xff\n")); err != nil || out.String() != "a\\u202e\\u001b[31m\n\\xff\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
	out.Reset()
	if err := r.writeColoured(t.Context(), []byte("a\u202e\x1b[31mred\x1b[0m\x1b[2J\n")); err != nil || out.String() != "a\\u202e\x1b[31mred\x1b[0m\\u001b[2J\n" {
		t.Errorf("coloured: got %q, %v", out.String(), err)
	}
}

// wantText fails the test for each part that is not in the text.
func wantText(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}
