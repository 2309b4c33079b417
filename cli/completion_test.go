// Tests of completion for the real commands, and of the names that the program
// can be called by.

package cli

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"capaboot/credentials"
	"capaboot/internal/commandline"
	"capaboot/internal/complete"
)

// The tables in internal/complete/values.go have a row for every flag and
// argument, and no other rows.
func TestCompletionKnowsEveryFlag(t *testing.T) {
	root := commandline.Describe((&runner{}).app("capaboot"))
	if wrong := complete.RowMismatches(root); wrong != nil {
		t.Errorf("internal/complete/values.go: missing, or not needed: %q", wrong)
	}
}

type noNetwork struct{ t *testing.T }

func (n noNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("a request to %s", r.URL)
	return nil, http.ErrNotSupported
}

// Completing a command or flag sends no request, prints nothing to stderr, and
// shows no secret from the environment.
func TestCompletionSendsNoRequest(t *testing.T) {
	environment := map[string]string{"AWS_ACCESS_KEY_ID": "AKIAFALSEKEYEXAMPLE0", "AWS_SECRET_ACCESS_KEY": "FALSESECRETOFTHETEST", "AWS_PROFILE": "x", "AWS_B64ENCODED_CREDENTIALS": "FALSESECRET"}
	completeWords := func(words ...string) string {
		stdout, stderr, code := runWithTransport(t, noNetwork{t}, environment, strings.NewReader(strings.Join(words, "\x00")+"\x00"), complete.Command, "zsh")
		if code != exitDone || stderr != "" || strings.Contains(stdout, "FALSE") || !strings.Contains(stdout, ":") {
			t.Errorf("%q: exit code %d, %s%s", words, code, stderr, stdout)
		}
		return stdout
	}
	completed := map[string]bool{}
	for _, command := range commandline.Describe((&runner{}).app("capaboot")).Leaves() {
		words := strings.Fields(command.Path)[1:]
		completeWords(append(words, "")...)
		if got := completeWords(append(words, "--")...); !strings.Contains(got, "--help\t") {
			t.Errorf("%s: %q", command.Path, got)
		}
		for _, flag := range command.Flags {
			if flag.Value != "" && !completed[flag.Name()] {
				completed[flag.Name()] = true
				completeWords(append(words, flag.Dashed()[0], "")...)
				completeWords(append(words, flag.Dashed()[0], "FALSESECRET")...)
			}
		}
	}
}

func TestCompletionErrors(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "missing shell: want one of bash, zsh, fish, powershell"},
		{[]string{"bash", "zsh"}, "more than one shell: want one of bash"},
		{[]string{"bahs"}, `unknown shell "bahs", did you mean "bash"?`},
	} {
		_, stderr, code := run(t, nil, nil, append([]string{"completion"}, test.args...)...)
		if code != exitUsage || !strings.Contains(stderr, test.want) {
			t.Errorf("%q: exit code %d, %s", test.args, code, stderr)
		}
	}
}

// Help and errors show the program's name as the user types it.
func TestProgramNameInHelpAndErrors(t *testing.T) {
	for file, typed := range map[string]string{
		"/usr/bin/capaboot": "capaboot", "clusterawsadm": "clusterawsadm", "/opt/kubectl-capa": "kubectl capa", "clusterctl-aws": "clusterctl aws",
		"kubectl-capa.exe": "kubectl capa", "kubectl-capa-aws_iam": "kubectl capa aws-iam", "kubectl-": "kubectl-", "": "capaboot",
	} {
		called := func(args ...string) (stdout, stderr string) {
			var out, stderrBuffer bytes.Buffer
			Run(t.Context(), Process{Args: append([]string{file}, args...), Stdout: &out, Stderr: &stderrBuffer, Environment: credentials.Environment{Home: t.TempDir()}})
			return out.String(), stderrBuffer.String()
		}
		if stdout, _ := called("bootstrap", "iam", "print-config", "--help"); !strings.HasPrefix(stdout, "Print the configuration ") ||
			!strings.Contains(stdout, "\nUSAGE:\n  "+typed+" bootstrap iam print-config [FLAGS]\n") {
			t.Errorf("%q: help:\n%s", file, stdout)
		}
		if stdout, _ := called(); !strings.Contains(stdout, "\nUSAGE:\n  "+typed+" COMMAND\n") {
			t.Errorf("%q: help:\n%s", file, stdout)
		}
		if stdout, _ := called("policy"); !strings.Contains(stdout, "\nUSAGE:\n  "+typed+" policy COMMAND\n") {
			t.Errorf("%q: help:\n%s", file, stdout)
		}
		blob := bytes.NewReader([]byte("AWS_ACCESS_KEY_ID=x"))
		var report bytes.Buffer
		Run(t.Context(), Process{Args: []string{file, "bootstrap", "credentials", "inspect", "-", "-o", "json"}, Stdin: blob, Stdout: &report, Stderr: io.Discard, Environment: credentials.Environment{Home: t.TempDir()}})
		if !strings.Contains(report.String(), ": "+typed+" bootstrap credentials encode-as-profile") {
			t.Errorf("%q: inspect: %s", file, report.String())
		}
		for args, want := range map[string]string{
			"nope":           typed + ": error: unknown command \"nope\" for \"" + typed + "\"",
			"policy reviw":   typed + ": hint: did you mean \"" + typed + " policy review\"?",
			"version --shrt": typed + ": hint: to list the flags: " + typed + " version --help",
			"version x":      typed + ": error: unexpected argument \"x\": " + typed + " version takes no arguments",
			"bootstrap iam print-config --config main_test.go": typed + ": error: ",
		} {
			if _, stderr := called(strings.Fields(args)...); !strings.Contains(strings.Join(strings.Fields(stderr), " "), want) {
				t.Errorf("%q %s: %s", file, args, stderr)
			}
		}
	}
}
