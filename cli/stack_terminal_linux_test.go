// Tests of the commands on the stack on a terminal: questions, their answers,
// and the view that is redrawn.

package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"capaboot/internal/cfndouble"
)

// terminal opens a pseudo-terminal of 80 columns: the side of the person, and
// that of the program.
func terminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("skipped: no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	control := func(request uintptr, argument unsafe.Pointer) {
		connection, err := person.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		if err := connection.Control(func(fd uintptr) {
			if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(argument)); errno != 0 {
				t.Fatal(errno)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	unlock, number := int32(0), uint32(0)
	control(syscall.TIOCSPTLCK, unsafe.Pointer(&unlock))
	control(syscall.TIOCGPTN, unsafe.Pointer(&number))
	control(syscall.TIOCSWINSZ, unsafe.Pointer(&[4]uint16{24, 80}))
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return person, program
}

// sit runs a command on a terminal, answers its question once it is asked, and
// returns what was on the screen. The answer "^C" is Ctrl-C.
func (c *cloud) sit(t *testing.T, answer string, code int, args ...string) string {
	t.Helper()
	person, program := terminal(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := &screen{wait: "go on? only yes does: ", found: func() {
		if answer == "^C" {
			cancel()
			return
		}
		if _, err := person.WriteString(answer + "\n"); err != nil {
			t.Error(err)
		}
	}}
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
		Args: append([]string{"capaboot", "bootstrap", "iam"}, args...), Stdin: program, Stdout: &out, Stderr: program,
		Environment: c.process(),
	})
	if answer == "^C" {
		_, _ = person.WriteString("\n") // what reads the answer still waits for it
	}
	program.Close()
	select {
	case <-read:
	case <-time.After(time.Minute):
		t.Fatal("the screen does not end")
	}
	if got != code || answer != "" && seen.found != nil {
		t.Fatalf("%v: exit code %d, want %d; the screen:\n%s", args, got, code, seen.text.String())
	}
	return strings.ReplaceAll(seen.text.String(), "\r\n", "\n")
}

func TestAnswersOnATerminal(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	before := c.mutations()
	config := c.config(t, "  controlPlane:\n    disableCloudProviderPolicy: true\n")
	for _, answer := range []string{"no", " ", "y", "yes please", "^C"} {
		for _, command := range []string{"deploy", "delete"} {
			code, says := 1, "nothing was changed"
			if answer == "^C" {
				code, says = 130, "error: interrupted\ncapaboot: hint: nothing was changed"
			}
			screen := c.sit(t, answer, code, command, config)
			wantText(t, screen, "AWSIAMManagedPolicyCloudProviderControlPlane (AWS::IAM::ManagedPolicy ", says)
			if strings.Contains(screen, "pass --yes") {
				t.Errorf("who sits at a terminal need not pass --yes:\n%s", screen)
			}
		}
	}
	if !slices.Equal(c.mutations(), before) {
		t.Errorf("without a yes there are requests that change something: %v", c.mutations())
	}
	wantText(t, c.sit(t, "yes", 0, "deploy", config), "is updated, after")
	wantText(t, c.sit(t, "YES", 0, "delete", config), "is deleted, after")
	if names := c.Names(); len(names) != 0 {
		t.Errorf("left: %v", names)
	}
}

// TestTheViewOfATerminal looks at what is drawn: a line for each resource that
// fits the terminal, a count, and no line for an event that is no failure.
func TestTheViewOfATerminal(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Duration = 700 * time.Millisecond
	c.Fail(cfndouble.Update, "AWSIAMRoleNodes", "a reason \u009b31m")
	screen := c.sit(t, "", 0, "deploy")
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
	screen = c.sit(t, "", 1, "deploy", c.config(t, "  nodes:\n    tags: {team: a}\n"))
	wantText(t, screen, "UPDATE_FAILED AWSIAMRoleNodes: a reason \\u009b31m\n")
	if strings.Contains(screen, "\u009b") {
		t.Error("a reason steers the terminal")
	}
}

// TestTheViewOfAPreparation shows the deletion that comes before a creation,
// and counts the creation anew.
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
