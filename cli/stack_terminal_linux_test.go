// Tests of the stack commands on a terminal: questions, answers, and the
// progress view.

package cli

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"capaboot/credentials"
	"capaboot/internal/awsdouble"
	"capaboot/internal/cfndouble"
	"capaboot/internal/pty"
)

// question is the text with which the commands ask for confirmation.
const question = `Type "yes" to continue: `

// noAnswer means that nothing is typed.
const noAnswer = ""

// ctrlC and ctrlD are keys that end a question without an answer.
const ctrlC, ctrlD = "^C", "\x04"

// terminalSession is a user at a terminal.
type terminalSession struct {
	environment credentials.Environment
	// ahead is typed before the command begins, and answer when the screen
	// shows the question; answers to several questions are separated by "|".
	// ctrlC stands for Ctrl-C.
	ahead, question, answer string
}

// run runs a command, and returns the text on the screen and on stdout.
func (s terminalSession) run(t *testing.T, code int, args ...string) (screenText, stdout string) {
	t.Helper()
	person, program := pty.Open(t, 4000) // wide enough that no line is wrapped

	if _, err := person.WriteString(s.ahead); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	answers := strings.Split(s.answer, "|")
	seen := &screen{waitFor: s.question, more: len(answers) - 1, onText: func() {
		answer := answers[0]
		answers = answers[1:]
		switch answer {
		case ctrlC:
			cancel()
		case ctrlD:
			_, _ = person.WriteString(ctrlD)
		default:
			_, _ = person.WriteString(answer + "\n")
		}
	}}
	if s.answer == noAnswer {
		seen.onText = nil
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for b := make([]byte, 4096); ; {
			n, err := person.Read(b)
			_, _ = seen.Write(b[:n])
			if err != nil {
				return // the program has ended
			}
		}
	}()
	var out bytes.Buffer
	got := Run(ctx, Process{
		Args: append([]string{"capaboot"}, args...), Stdin: program, Stdout: &out, Stderr: program,
		Environment: s.environment,
	})
	_, _ = person.WriteString("\n") // ends a read that still waits for an answer
	program.Close()
	select {
	case <-read:
	case <-time.After(time.Minute):
		t.Fatal("the terminal was not closed")
	}
	if got != code || s.answer != noAnswer && seen.onText != nil {
		t.Fatalf("%v: exit code %d, want %d; the screen:\n%s", args, got, code, seen.text.String())
	}
	return strings.ReplaceAll(seen.text.String(), "\r\n", "\n"), out.String()
}

// runOnTerminal runs a command of "bootstrap iam" on a terminal, answers its
// question, and returns the text on the screen.
func (c *cloud) runOnTerminal(t *testing.T, answer string, code int, args ...string) string {
	t.Helper()
	screen, _ := terminalSession{c.commandEnvironment(), "", question, answer}.run(t, code, append([]string{"bootstrap", "iam"}, args...)...)
	return screen
}

func TestAnswersOnATerminal(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	before, sets := c.stackChanges(), c.ChangeSets()
	config := c.config(t, "  controlPlane:\n    disableCloudProviderPolicy: true\n")
	for _, answer := range []string{"no", " ", "y", "Y", "YES", "Yes", "yes please", "yesyes", "\"yes\"", "\u00a0ye s", ctrlD, ctrlC} {
		for _, command := range []string{"deploy", "delete"} {
			code, says := 1, "not confirmed: nothing was changed\n"
			if answer == ctrlC {
				code, says = 130, "error: interrupted\ncapaboot: hint: nothing was changed"
			}
			screen := c.runOnTerminal(t, answer, code, command, config)
			wantText(t, screen, "AWSIAMManagedPolicyCloudProviderControlPlane (AWS::IAM::ManagedPolicy ", says,
				"capaboot: account 123456789012, region eu-west-1, stack "+stackName+"\ncapaboot: "+question)
			if strings.Contains(screen, "again with --yes") {
				t.Errorf("on a terminal, the hint names --yes:\n%s", screen)
			}
		}
	}
	if !slices.Equal(c.stackChanges(), before) || !slices.Equal(c.ChangeSets(), sets) {
		t.Errorf("requests that change something without confirmation: %v; left: %v", c.stackChanges(), c.ChangeSets())
	}
	wantText(t, c.runOnTerminal(t, "yes", 0, "deploy", config), "is updated, after")
	wantText(t, c.runOnTerminal(t, " yes\t", 0, "delete", config), "is deleted, after")
	if names := c.AccountResources(); len(names) != 0 {
		t.Errorf("left: %v", names)
	}
}

// TestInputBeforeTheQuestionIsIgnored types "yes" before the command begins,
// and another answer, or none, when the question is shown. Nothing may be
// changed.
func TestInputBeforeTheQuestionIsIgnored(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	before := c.stackChanges()
	config := c.config(t, "  controlPlane:\n    disableCloudProviderPolicy: true\n")
	for _, command := range []string{"deploy", "delete"} {
		for _, ahead := range []string{"yes\n", "yes\nyes\nyes\n", "\n\nyes\n", "ye"} {
			for answer, code := range map[string]int{"no": 1, "s": 1, ctrlD: 1, ctrlC: 130} {
				screen, _ := terminalSession{c.commandEnvironment(), ahead, question, answer}.run(t, code, "bootstrap", "iam", command, config)
				wantText(t, screen, "nothing was changed")
			}
		}
	}
	if !slices.Equal(c.stackChanges(), before) {
		t.Errorf("requests that change something: %v", c.stackChanges())
	}
	// After input was typed ahead, the question is still asked, and can be
	// answered.
	screen, _ := terminalSession{c.commandEnvironment(), "no\n", question, "yes"}.run(t, 0, "bootstrap", "iam", "delete", config)
	wantText(t, screen, "is deleted, after")
}

// TestATimeoutEndsAQuestion checks that the error reports the timeout, and that
// nothing was changed.
func TestATimeoutEndsAQuestion(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	before := c.stackChanges()
	screen, _ := terminalSession{c.commandEnvironment(), "yes\n", question, noAnswer}.run(t, 1, "bootstrap", "iam", "delete", "--timeout", "6s")
	wantText(t, screen, question, "capaboot: error: timed out after 6s: no answer to the question about stack "+stackName+"; nothing was changed\n")
	if !slices.Equal(c.stackChanges(), before) {
		t.Errorf("requests that change something: %v", c.stackChanges())
	}
}

// TestMFACodesTypedAheadAreIgnored checks that a code typed before the question
// is not used: a code works only once, and the input may have been meant for
// something else.
func TestMFACodesTypedAheadAreIgnored(t *testing.T) {
	t.Parallel()
	d := awsdouble.New(t, awsdouble.Keys{ID: "AKIAFALSEKEYEXAMPLE0", Secret: "FALSESECRETOFTHETEST"})
	d.Given, d.MFA = []awsdouble.Keys{{ID: "ASIAFALSEKEYEXAMPLE1", Secret: "FALSESECRET1", Token: "FALSETOKEN"}}, "123456"
	environment := (&cloud{environment: endpoint(d.URL, "eu-west-1"), folder: t.TempDir()}).commandEnvironment()
	args := []string{"bootstrap", "credentials", "encode-as-profile", "--session", "--mfa-serial", "arn:aws:iam::123456789012:mfa/ann"}
	const codeQuestion = "the code that MFA device arn:aws:iam::123456789012:mfa/ann shows: "
	screen, stdout := terminalSession{environment, "123456\n", codeQuestion, "12345|FALSESECRET|"}.run(t, 1, args...)
	wantText(t, screen, "capaboot: warning: an MFA code has six digits\n", "invalid MFA code: want six digits")
	if n := strings.Count(screen, codeQuestion); n != 3 {
		t.Errorf("asked %d times, want 3", n)
	}
	if stdout != "" || len(d.Calls()) != 0 {
		t.Errorf("stdout %q, calls %v", stdout, d.Calls())
	}
	screen, stdout = terminalSession{environment, "000000\n", codeQuestion, "12345|123456"}.run(t, 0, args...)
	if stdout == "" || strings.Contains(screen, "FALSE") {
		t.Errorf("stdout %q, the screen:\n%s", stdout, screen)
	}
	screen, _ = terminalSession{environment, "123456\n", codeQuestion, ctrlD}.run(t, 1, args...)
	wantText(t, screen, "capaboot: error: no answer\n")
}

// TestThePlanIsPrintedOnce checks that "plan" prints the plan only on stdout,
// on a terminal and in a pipe, and that a deployment shows it on stderr before
// it starts.
func TestThePlanIsPrintedOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.ChangeSetTime = 10 * time.Millisecond
	const talk = "capaboot: account 123456789012, region eu-west-1, as arn:aws:sts::123456789012:assumed-role/admin/somebody, stack " + stackName + ", CAPA v2.13.0 (default), default configuration (no --config)\n"
	const check = "capaboot: hint: to find out whether the deployment would succeed, for example whether the names are free: capaboot bootstrap iam check\n"
	for format, want := range map[string]string{"text": talk + check, "json": talk, "markdown": talk} {
		stdout, stderr := c.do(t, 0, "plan", "-o", format)
		c.Finish() // the empty stack is deleted
		screen, result := terminalSession{c.commandEnvironment(), "", "", noAnswer}.run(t, 0, "bootstrap", "iam", "plan", "-o", format)
		c.Finish()
		for place, got := range map[string]string{"a pipe": stderr, "a terminal": screen} {
			if strings.TrimRight(got, "\n")+"\n" != want {
				t.Errorf("-o %s, stderr is %s: %q, want %q", format, place, got, want)
			}
		}
		wantText(t, stdout, "AWSIAMRoleNodes")
		if result != stdout {
			t.Errorf("-o %s: stdout differs next to a terminal:\n%s\nand without one:\n%s", format, result, stdout)
		}
	}
	_, stderr := c.do(t, 0, "deploy")
	before, _, _ := strings.Cut(stderr, "started, stack ID")
	wantText(t, before, "capaboot: + add  AWSIAMRoleNodes ")
}

// TestProgressViewOnTerminal checks the progress view. Each line fits the terminal,
// the view counts the resources, and only a failure has a permanent line.
func TestProgressViewOnTerminal(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Duration = 700 * time.Millisecond
	c.Fail(cfndouble.PhaseUpdate, "AWSIAMRoleNodes", "a reason \u009b31m")
	screen := c.runOnTerminal(t, noAnswer, 0, "deploy")
	wantText(t, screen, "\x1b[", "  CREATE_IN_PROGRESS ", "  11 of 11 resources done, ")
	for line := range strings.Lines(screen) {
		_, drawn, ok := strings.Cut(line, "\x1b[J")
		// A message above the view may be longer than a line.
		if ok && !strings.HasPrefix(drawn, "capaboot: ") && len([]rune(strings.TrimSuffix(drawn, "\n"))) > 79 {
			t.Errorf("a line is too long: %q", line)
		}
		if strings.HasPrefix(line, "capaboot: ") && strings.Contains(line, "CREATE_COMPLETE ") {
			t.Errorf("an event has a line: %q", line)
		}
	}
	screen = c.runOnTerminal(t, noAnswer, 1, "deploy", c.config(t, "  nodes:\n    tags: {team: a}\n"))
	wantText(t, screen, "UPDATE_FAILED AWSIAMRoleNodes: a reason \\u009b31m\n")
	if strings.Contains(screen, "\u009b") {
		t.Error("a reason controls the terminal")
	}
}

// TestTheViewOfAPreparation checks that the view shows the deletion before the
// creation, and counts each separately.
func TestTheViewOfAPreparation(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Duration = 1500 * time.Millisecond
	template, _ := c.do(t, 0, "print-cloudformation-template", "-o", "json")
	c.Put(stackName, "CREATE_FAILED", template, nil)
	screen := c.runOnTerminal(t, "yes", 0, "deploy")
	wantText(t, screen, "  DELETE_IN_PROGRESS ", "  CREATE_IN_PROGRESS ", "  11 of 11 resources done, ", "is created")
	_, creation, _ := strings.Cut(screen, "started, stack ID")
	first, _, _ := strings.Cut(creation, " resources done")
	if !strings.HasSuffix(first, "  0 of 11") {
		t.Errorf("the creation begins with %q", first)
	}
}
