// Tests of the commands on the stack on a terminal: questions, their answers,
// and the view that is redrawn.

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

// question is what asks for confirmation.
const question = `Type "yes" to continue: `

// noAnswer has nothing typed in sit.
const noAnswer = ""

// ctrlC and ctrlD are answers that are none.
const ctrlC, ctrlD = "^C", "\x04"

// seat is a person at a terminal.
type seat struct {
	environment credentials.Environment
	// ahead is typed before the command begins, answer when the screen has the
	// question; ctrlC is Ctrl-C.
	ahead, question, answer string
}

// run runs a command, and returns what was on the screen and on stdout.
func (s seat) run(t *testing.T, code int, args ...string) (screenText, stdout string) {
	t.Helper()
	person, program := pty.Open(t, 4000) // wide: the tests read whole lines

	if _, err := person.WriteString(s.ahead); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := &screen{wait: s.question, found: func() {
		switch s.answer {
		case ctrlC:
			cancel()
		case ctrlD:
			_, _ = person.WriteString(ctrlD)
		default:
			_, _ = person.WriteString(s.answer + "\n")
		}
	}}
	if s.answer == noAnswer {
		seen.found = nil
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for b := make([]byte, 4096); ; {
			n, err := person.Read(b)
			_, _ = seen.Write(b[:n])
			if err != nil {
				return // the program's side is closed
			}
		}
	}()
	var out bytes.Buffer
	got := Run(ctx, Process{
		Args: append([]string{"capaboot"}, args...), Stdin: program, Stdout: &out, Stderr: program,
		Environment: s.environment,
	})
	_, _ = person.WriteString("\n") // what reads an answer may still wait for it
	program.Close()
	select {
	case <-read:
	case <-time.After(time.Minute):
		t.Fatal("the screen does not end")
	}
	if got != code || s.answer != noAnswer && seen.found != nil {
		t.Fatalf("%v: exit code %d, want %d; the screen:\n%s", args, got, code, seen.text.String())
	}
	return strings.ReplaceAll(seen.text.String(), "\r\n", "\n"), out.String()
}

// sit runs a command of "bootstrap iam" on a terminal, answers its question
// once it is asked, and returns what was on the screen.
func (c *cloud) sit(t *testing.T, answer string, code int, args ...string) string {
	t.Helper()
	screen, _ := seat{c.process(), "", question, answer}.run(t, code, append([]string{"bootstrap", "iam"}, args...)...)
	return screen
}

func TestAnswersOnATerminal(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	before, sets := c.mutations(), c.ChangeSets()
	config := c.config(t, "  controlPlane:\n    disableCloudProviderPolicy: true\n")
	for _, answer := range []string{"no", " ", "y", "Y", "YES", "Yes", "yes please", "yesyes", "\"yes\"", "\u00a0ye s", ctrlD, ctrlC} {
		for _, command := range []string{"deploy", "delete"} {
			code, says := 1, "not confirmed: nothing was changed\n"
			if answer == ctrlC {
				code, says = 130, "error: interrupted\ncapaboot: hint: nothing was changed"
			}
			screen := c.sit(t, answer, code, command, config)
			wantText(t, screen, "AWSIAMManagedPolicyCloudProviderControlPlane (AWS::IAM::ManagedPolicy ", says)
			if strings.Contains(screen, "again with --yes") {
				t.Errorf("who sits at a terminal need not pass --yes:\n%s", screen)
			}
		}
	}
	if !slices.Equal(c.mutations(), before) || !slices.Equal(c.ChangeSets(), sets) {
		t.Errorf("without a yes there are requests that change something: %v; left: %v", c.mutations(), c.ChangeSets())
	}
	wantText(t, c.sit(t, "yes", 0, "deploy", config), "is updated, after")
	wantText(t, c.sit(t, " yes\t", 0, "delete", config), "is deleted, after")
	if names := c.Names(); len(names) != 0 {
		t.Errorf("left: %v", names)
	}
}

// TestWhatIsTypedBeforeTheQuestionIsNoAnswer types a yes before the command
// begins, and another answer, or none, when the question is there.
func TestWhatIsTypedBeforeTheQuestionIsNoAnswer(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	before := c.mutations()
	config := c.config(t, "  controlPlane:\n    disableCloudProviderPolicy: true\n")
	for _, command := range []string{"deploy", "delete"} {
		for _, ahead := range []string{"yes\n", "yes\nyes\nyes\n", "\n\nyes\n", "ye"} {
			for answer, code := range map[string]int{"no": 1, "s": 1, ctrlD: 1, ctrlC: 130} {
				screen, _ := seat{c.process(), ahead, question, answer}.run(t, code, "bootstrap", "iam", command, config)
				wantText(t, screen, "nothing was changed")
			}
		}
	}
	if !slices.Equal(c.mutations(), before) {
		t.Errorf("requests that change something: %v", c.mutations())
	}
	// Who typed ahead is asked, and may answer.
	screen, _ := seat{c.process(), "no\n", question, "yes"}.run(t, 0, "bootstrap", "iam", "delete", config)
	wantText(t, screen, "is deleted, after")
}

// TestATimeoutEndsAQuestion says so, and that nothing was changed.
func TestATimeoutEndsAQuestion(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	before := c.mutations()
	screen, _ := seat{c.process(), "yes\n", question, noAnswer}.run(t, 1, "bootstrap", "iam", "delete", "--timeout", "6s")
	wantText(t, screen, question, "capaboot: error: timed out after 6s: stack "+stackName+": no answer to the question: nothing was changed\n")
	if !slices.Equal(c.mutations(), before) {
		t.Errorf("requests that change something: %v", c.mutations())
	}
}

// TestMFACodesTypedAheadAreNoAnswer: a code serves once, and what was typed
// ahead may have been meant for something else.
func TestMFACodesTypedAheadAreNoAnswer(t *testing.T) {
	t.Parallel()
	d := awsdouble.New(t, awsdouble.Keys{ID: "AKIAFALSEKEYEXAMPLE0", Secret: "FALSESECRETOFTHETEST"})
	d.Given, d.MFA = []awsdouble.Keys{{ID: "ASIAFALSEKEYEXAMPLE1", Secret: "FALSESECRET1", Token: "FALSETOKEN"}}, "123456"
	environment := (&cloud{environment: endpoint(d.URL, "eu-west-1"), folder: t.TempDir()}).process()
	args := []string{"bootstrap", "credentials", "encode-as-profile", "--session", "--mfa-serial", "arn:aws:iam::123456789012:mfa/ann"}
	const asks = "the code that MFA device arn:aws:iam::123456789012:mfa/ann shows: "
	screen, stdout := seat{environment, "123456\n", asks, "12345"}.run(t, 1, args...)
	wantText(t, screen, "invalid MFA code: want six digits")
	if stdout != "" || len(d.Calls()) != 0 {
		t.Errorf("stdout %q, calls %v", stdout, d.Calls())
	}
	screen, stdout = seat{environment, "000000\n", asks, "123456"}.run(t, 0, args...)
	if stdout == "" || strings.Contains(screen, "FALSE") {
		t.Errorf("stdout %q, the screen:\n%s", stdout, screen)
	}
	screen, _ = seat{environment, "123456\n", asks, ctrlD}.run(t, 1, args...)
	wantText(t, screen, "capaboot: error: no answer\n")
}

// TestThePlanIsPrintedOnce on stdout; stderr has the talk alone, on a terminal
// and in a pipe. A deployment shows it on stderr, before it acts.
func TestThePlanIsPrintedOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.ChangeSetTime = 10 * time.Millisecond
	const talk = "capaboot: account 123456789012, region eu-west-1, as arn:aws:sts::123456789012:assumed-role/admin/somebody, stack " + stackName + "\n"
	for _, format := range []string{"text", "json", "markdown"} {
		stdout, stderr := c.do(t, 0, "plan", "-o", format)
		c.Finish() // the empty stack goes
		screen, result := seat{c.process(), "", "", noAnswer}.run(t, 0, "bootstrap", "iam", "plan", "-o", format)
		c.Finish()
		for place, got := range map[string]string{"a pipe": stderr, "a terminal": screen} {
			if strings.TrimRight(got, "\n")+"\n" != talk {
				t.Errorf("-o %s, stderr is %s: %q, want %q", format, place, got, talk)
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

// TestTheViewOfATerminal looks at what is drawn: a line for each resource that
// fits the terminal, a count, and no line for an event that is not a failure.
func TestTheViewOfATerminal(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Duration = 700 * time.Millisecond
	c.Fail(cfndouble.Update, "AWSIAMRoleNodes", "a reason \u009b31m")
	screen := c.sit(t, noAnswer, 0, "deploy")
	wantText(t, screen, "\x1b[", "  CREATE_IN_PROGRESS ", "  11 of 11 resources done, ")
	for line := range strings.Lines(screen) {
		_, drawn, ok := strings.Cut(line, "\x1b[J")
		// What is said above it may be longer than a line.
		if ok && !strings.HasPrefix(drawn, "capaboot: ") && len([]rune(strings.TrimSuffix(drawn, "\n"))) > 79 {
			t.Errorf("a line is too long: %q", line)
		}
		if strings.HasPrefix(line, "capaboot: ") && strings.Contains(line, "CREATE_COMPLETE ") {
			t.Errorf("an event has a line: %q", line)
		}
	}
	screen = c.sit(t, noAnswer, 1, "deploy", c.config(t, "  nodes:\n    tags: {team: a}\n"))
	wantText(t, screen, "UPDATE_FAILED AWSIAMRoleNodes: a reason \\u009b31m\n")
	if strings.Contains(screen, "\u009b") {
		t.Error("a reason steers the terminal")
	}
}

// TestTheViewOfAPreparation shows the deletion that comes before a creation,
// and counts the creation again.
func TestTheViewOfAPreparation(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Duration = 1500 * time.Millisecond
	template, _ := c.do(t, 0, "print-cloudformation-template", "-o", "json")
	c.Put(stackName, "CREATE_FAILED", template, nil)
	screen := c.sit(t, "yes", 0, "deploy")
	wantText(t, screen, "  DELETE_IN_PROGRESS ", "  CREATE_IN_PROGRESS ", "  11 of 11 resources done, ", "is created")
	_, creation, _ := strings.Cut(screen, "started, stack ID")
	first, _, _ := strings.Cut(creation, " resources done")
	if !strings.HasSuffix(first, "  0 of 11") {
		t.Errorf("the creation begins with %q", first)
	}
}
