// Tests of completion in real shells: the command line after Tab is pressed.
// .ci/run installs the shells; elsewhere a test is skipped when its shell is
// missing.

package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"capaboot/internal/pty"
)

// requireShell returns the path of a shell. When the shell is missing, it skips the
// test, or fails it in CI.
func requireShell(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed; .ci/run installs it", name)
	}
	if err != nil {
		t.Skipf("skipped: %s is not installed", name)
	}
	return path
}

// programNames are the names under which the program is installed.
var programNames = []string{"capaboot", "clusterawsadm", "kubectl-capa", "clusterctl-aws"}

// newHome creates a home directory with profiles and files, and returns it with
// the environment of a shell. The name of one profile is a fake secret.
func newHome(t *testing.T) (home string, environment []string) {
	home = t.TempDir()
	for name, text := range map[string]string{
		".aws/credentials":  "[default]\naws_access_key_id = AKIAFALSEKEYEXAMPLE0\naws_secret_access_key = FALSESECRETOFTHETESTFALSESECRETOFTHETEST\n[FALSEsecretEXAMPLE+7MDENG/bPxRfiCYEXAMPLE]\n",
		".aws/config":       "[profile prod]\nregion = eu-west-1\n[profile \"two words\"]\nregion = eu-west-1\n[profile caller]\ncredential_process = touch " + home + "/called\n",
		"iam.yaml":          "",
		"some file.yaml":    "",
		"folder/inner.yaml": "",
		// Files whose names begin like the word "deployed".
		"deployed copy.yaml":   "",
		"deployed.d/role.yaml": "",
	} {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environment = []string{
		"HOME=" + home, "ZDOTDIR=" + home, "PATH=" + os.Getenv("PATH"), "TERM=xterm", "LC_ALL=C.UTF-8", "OUT=" + filepath.Join(home, "out"),
		"XDG_CONFIG_HOME=" + home + "/.config", "XDG_DATA_HOME=" + home + "/.local",
		"HTTPS_PROXY=http://127.0.0.1:9", "AWS_EC2_METADATA_DISABLED=true", "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"),
	}
	return home, environment
}

// shellSession is a shell on a terminal. Ctrl-O writes the current command line
// to lines.
type shellSession struct {
	terminal *os.File
	lines    *bufio.Reader
	pipe     *os.File
	mu       sync.Mutex
	screen   bytes.Buffer
}

func startShell(t *testing.T, home string, environment []string, name string, args ...string) *shellSession {
	t.Helper()
	out := filepath.Join(home, "out")
	if err := syscall.Mkfifo(out, 0o600); err != nil {
		t.Fatal(err)
	}
	pipe, err := os.OpenFile(out, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pipe.Close() })
	person, program := pty.Open(t, 200)
	shell := exec.CommandContext(t.Context(), name, args...)
	shell.Dir, shell.Env = home, environment
	shell.Stdin, shell.Stdout, shell.Stderr = program, program, program
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shell.Process.Kill(); _ = shell.Wait() })
	s := &shellSession{terminal: person, pipe: pipe, lines: bufio.NewReader(pipe)}
	go func() { // without a reader the shell would block
		buffer := make([]byte, 4096)
		for {
			n, err := person.Read(buffer)
			s.mu.Lock()
			s.screen.Write(buffer[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	s.read(t) // the first line reports that the shell is ready
	return s
}

// press types keys on an empty command line, and returns the resulting command
// line.
func (s *shellSession) press(t *testing.T, keys string) string {
	t.Helper()
	// Ctrl-E and Ctrl-U clear the command line, and Ctrl-O writes it.
	if _, err := s.terminal.WriteString("\x05\x15" + keys + "\x0f"); err != nil {
		t.Fatal(err)
	}
	return s.read(t)
}

func (s *shellSession) read(t *testing.T) string {
	t.Helper()
	_ = s.pipe.SetReadDeadline(time.Now().Add(time.Minute)) // in case the shell hangs
	line, err := s.lines.ReadString('\n')
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		t.Fatalf("%v; the terminal shows:\n%s", err, s.screen.String())
	}
	return strings.TrimSuffix(line, "\n")
}

const (
	tabKey    = "\t"
	leftKey   = "\x1b[D"
	insertAll = "\x1b*" // in bash: insert all candidates
)

func TestCompletionInBash(t *testing.T) {
	t.Parallel()
	bash := requireShell(t, "bash")
	home, environment := newHome(t)
	rc := filepath.Join(home, "rc")
	script := "PS1='> '\nbind 'set enable-bracketed-paste off'\nbind 'set bell-style none'\nbind -x '\"\\C-o\": printf \"%s\\n\" \"$READLINE_LINE\" >\"$OUT\"'\n"
	for _, name := range programNames {
		script += "source <(" + name + " completion bash)\n"
	}
	if err := os.WriteFile(rc, []byte(script+"printf 'ready\\n' >\"$OUT\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startShell(t, home, environment, bash, "--noprofile", "--rcfile", rc, "-i")
	s.wantLines(t, []keysTest{
		{"capaboot boot" + tabKey, "capaboot bootstrap "},
		{"capaboot bootstrap iam print-cl" + tabKey, "capaboot bootstrap iam print-cloudformation-template "},
		{"capaboot bootstrap iam de" + insertAll, "capaboot bootstrap iam delete delete-cloudformation-stack deploy "},
		{"capaboot policy review --fai" + tabKey, "capaboot policy review --fail-on "},
		{"capaboot policy review --fail-on=cr" + tabKey, "capaboot policy review --fail-on=critical "},
		{"capaboot policy review -o sa" + tabKey, "capaboot policy review -o sarif "},
		{"capaboot policy explain ec2:RunIn" + tabKey, "capaboot policy explain ec2:RunInstances "},
		{"capaboot policy explain sqs" + tabKey, "capaboot policy explain sqs:"},
		{"capaboot policy diff rel" + tabKey, "capaboot policy diff release:"},
		{"capaboot policy diff release:v2.8.4 release:v2.11" + tabKey, "capaboot policy diff release:v2.8.4 release:v2.11."},
		{"capaboot policy diff release:v2.8" + insertAll, "capaboot policy diff release:v2.8.1 v2.8.2 v2.8.3 v2.8.4 "},
		{"capaboot policy diff \"release:v2.8.4" + tabKey, "capaboot policy diff \"release:v2.8.4\" "},
		{"capaboot policy diff 'release:v2.8.4" + tabKey, "capaboot policy diff 'release:v2.8.4' "},
		{"capaboot policy diff release\\:v2.8.4" + tabKey, "capaboot policy diff release:v2.8.4 "},
		{"capaboot bootstrap iam deploy --profile pr" + tabKey, "capaboot bootstrap iam deploy --profile prod "},
		{"capaboot bootstrap iam deploy --profile ia" + tabKey, "capaboot bootstrap iam deploy --profile ia"}, // only a file name begins with "ia"
		{"capaboot bootstrap iam deploy --profile=pr" + tabKey, "capaboot bootstrap iam deploy --profile=prod "},
		{"capaboot bootstrap iam deploy --profile tw" + tabKey, "capaboot bootstrap iam deploy --profile two\\ words "},
		{"capaboot bootstrap iam deploy --profile \"tw" + tabKey, "capaboot bootstrap iam deploy --profile \"two words\" "},
		{"capaboot bootstrap iam deploy --profile FALSE" + tabKey, "capaboot bootstrap iam deploy --profile FALSE"},
		{"capaboot bootstrap iam print-config --config ia" + tabKey, "capaboot bootstrap iam print-config --config iam.yaml "},
		{"capaboot bootstrap iam print-config --config=ia" + tabKey, "capaboot bootstrap iam print-config --config=iam.yaml "},
		{"capaboot bootstrap iam print-config --config some" + tabKey, "capaboot bootstrap iam print-config --config some\\ file.yaml "},
		{"capaboot policy review folder/in" + tabKey, "capaboot policy review folder/inner.yaml "},
		// Words and files together: file names are escaped, and folders end with a slash.
		{"capaboot policy diff dep" + insertAll, "capaboot policy diff deployed deployed.d/ deployed\\ copy.yaml "},
		// Completion in the middle of a word, and before other words.
		{"capaboot bootrap" + strings.Repeat(leftKey, 3) + "st" + tabKey, "capaboot bootstraprap"},
		{"capaboot policy  --fail-on high" + strings.Repeat(leftKey, 15) + "revi" + tabKey, "capaboot policy review --fail-on high"},
		{"AWS_PROFILE=x capaboot vers" + tabKey, "AWS_PROFILE=x capaboot version "},
		{"true; capaboot vers" + tabKey, "true; capaboot version "},
		// A command substitution is not executed.
		{"capaboot policy explain --denied \"$(touch ran)\" --feature dedic" + tabKey, "capaboot policy explain --denied \"$(touch ran)\" --feature dedicated-hosts "},
		{"clusterawsadm bootst" + tabKey, "clusterawsadm bootstrap "},
		{"kubectl-capa policy dif" + tabKey, "kubectl-capa policy diff "},
		{"clusterctl-aws policy diff release:v2.8.4" + tabKey, "clusterctl-aws policy diff release:v2.8.4 "},
	})
	wantNothingRun(t, home)
}

// keysTest has keys that a user types, and the command line that they result in.
type keysTest struct{ keys, want string }

// wantLines presses the keys of each test on an empty line, and fails the test
// unless the resulting line is the wanted one.
func (s *shellSession) wantLines(t *testing.T, tests []keysTest) {
	t.Helper()
	for _, test := range tests {
		if got := s.press(t, test.keys); got != test.want {
			t.Errorf("%q\ngot  %q\nwant %q", test.keys, got, test.want)
		}
	}
}

// wantNothingRun fails the test when completion has run the program of a
// profile, or a command substitution.
func wantNothingRun(t *testing.T, home string) {
	t.Helper()
	for _, name := range []string{"called", "ran"} {
		if _, err := os.Stat(filepath.Join(home, name)); err == nil {
			t.Errorf("completion ran the command that creates the file %q", name)
		}
	}
}

func TestCompletionInZsh(t *testing.T) {
	t.Parallel()
	zsh := requireShell(t, "zsh")
	home, environment := newHome(t)
	script := "PS1='> '\nautoload -Uz compinit && compinit -u -D\nbindkey -e\nunsetopt beep\nsetopt no_list_beep\n" +
		"dump() { print -r -- \"$BUFFER\" >\"$OUT\" }\nzle -N dump\nbindkey '^O' dump\nclear() { BUFFER= }\nzle -N clear\nbindkey '^U' clear\n"
	for _, name := range programNames {
		script += "source <(" + name + " completion zsh)\n"
	}
	if err := os.WriteFile(filepath.Join(home, ".zshrc"), []byte(script+"print ready >\"$OUT\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startShell(t, home, environment, zsh, "-d", "-i")
	s.wantLines(t, []keysTest{
		{"capaboot boot" + tabKey, "capaboot bootstrap "},
		{"capaboot policy review --fail-on=cr" + tabKey, "capaboot policy review --fail-on=critical "},
		{"capaboot policy review -o sa" + tabKey, "capaboot policy review -o sarif "},
		{"capaboot policy explain ec2:RunIn" + tabKey, "capaboot policy explain ec2:RunInstances "},
		{"capaboot policy explain sqs" + tabKey, "capaboot policy explain sqs:"},
		{"capaboot policy diff release:v2.8.4 release:v2.10.0" + tabKey, "capaboot policy diff release:v2.8.4 release:v2.10.0 "},
		{"capaboot policy diff \"release:v2.8.4" + tabKey, "capaboot policy diff \"release:v2.8.4\" "},
		{"capaboot bootstrap iam deploy --profile pr" + tabKey, "capaboot bootstrap iam deploy --profile prod "},
		{"capaboot bootstrap iam deploy --profile ia" + tabKey, "capaboot bootstrap iam deploy --profile ia"}, // only a file name begins with "ia"
		{"capaboot bootstrap iam deploy --profile=tw" + tabKey, "capaboot bootstrap iam deploy --profile=two\\ words "},
		{"capaboot bootstrap iam deploy --profile FALSE" + tabKey, "capaboot bootstrap iam deploy --profile FALSE"},
		{"capaboot bootstrap iam print-config --config ia" + tabKey, "capaboot bootstrap iam print-config --config iam.yaml "},
		{"capaboot bootstrap iam print-config --config=ia" + tabKey, "capaboot bootstrap iam print-config --config=iam.yaml "},
		{"capaboot bootstrap iam print-config --config some" + tabKey, "capaboot bootstrap iam print-config --config some\\ file.yaml "},
		{"capaboot policy  --fail-on high" + strings.Repeat(leftKey, 15) + "revi" + tabKey, "capaboot policy review  --fail-on high"},
		{"capaboot policy explain --denied \"$(touch ran)\" --feature dedic" + tabKey, "capaboot policy explain --denied \"$(touch ran)\" --feature dedicated-hosts "},
		{"clusterawsadm bootst" + tabKey, "clusterawsadm bootstrap "},
		{"kubectl-capa policy dif" + tabKey, "kubectl-capa policy diff "},
		{"clusterctl-aws vers" + tabKey, "clusterctl-aws version "},
	})
	wantNothingRun(t, home)
}

func TestCompletionInFish(t *testing.T) {
	t.Parallel()
	fish := requireShell(t, "fish")
	home, environment := newHome(t)
	tests := []struct {
		line string
		want []string
	}{
		{"capaboot boot", []string{"bootstrap"}},
		{"capaboot bootstrap iam de", []string{"delete", "delete-cloudformation-stack", "deploy"}},
		{"capaboot policy review --fail-on=cr", []string{"--fail-on=critical"}},
		{"capaboot policy review -o sa", []string{"sarif"}},
		{"capaboot policy explain ec2:RunIn", []string{"ec2:RunInstances"}},
		{"capaboot policy diff release:v2.8", []string{"release:v2.8.1", "release:v2.8.2", "release:v2.8.3", "release:v2.8.4"}},
		{"capaboot policy diff \"release:v2.8.4", []string{"release:v2.8.4"}},
		{"capaboot bootstrap iam deploy --profile pr", []string{"prod"}},
		{"capaboot bootstrap iam deploy --profile ia", nil}, // only a file name begins with "ia"
		{"capaboot bootstrap iam deploy --profile=tw", []string{"--profile=two words"}},
		{"capaboot bootstrap iam deploy --profile FALSE", nil},
		{"capaboot bootstrap iam print-config --config ia", []string{"iam.yaml"}},
		{"capaboot bootstrap iam print-config --config=ia", []string{"--config=iam.yaml"}},
		{"capaboot policy review folder/in", []string{"folder/inner.yaml"}},
		{"clusterawsadm bootst", []string{"bootstrap"}},
		{"kubectl-capa policy dif", []string{"diff"}},
		{"clusterctl-aws vers", []string{"version"}},
	}
	script := ""
	for _, name := range programNames {
		script += name + " completion fish | source\n"
	}
	for _, test := range tests {
		script += "complete -C '" + test.line + "'\necho ==\n"
	}
	shell := exec.CommandContext(t.Context(), fish, "--no-config", "-c", script)
	shell.Dir, shell.Env = home, environment
	var talk bytes.Buffer
	shell.Stderr = &talk
	out, err := shell.Output()
	if err != nil || talk.Len() > 0 {
		t.Fatalf("%v; %s", err, talk.String())
	}
	answers := strings.Split(string(out), "==\n")
	for i, test := range tests {
		var got []string
		for line := range strings.Lines(answers[i]) {
			word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			got = append(got, word)
		}
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s\ngot  %q\nwant %q", test.line, got, test.want)
		}
	}
	wantNothingRun(t, home)
}
