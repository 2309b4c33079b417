// This file writes the messages on stderr.
//
// Every line begins with the name by which the program was called, and a
// message that is not about progress continues with its kind ("error: "). A
// message has no capital at its beginning and no full stop at its end. An error
// is printed once, without the usage text.

package terminal

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"capaboot/internal/escape"
	"capaboot/internal/secrecy"
)

// Talk writes messages to people. It escapes what is not printable, and hides
// what looks like a secret.
type Talk struct {
	W    io.Writer
	Name string // by which the program was called
	// StackFlags are the flags of the run that select the stack, such as
	// " --config iam.yaml". Hints repeat them in commands on the stack.
	StackFlags string
	// DeletionFlags are those of StackFlags that have an effect on a deletion.
	DeletionFlags string
	// Width returns the number of columns to which messages are fitted; 0 when W is
	// not a terminal. A nil Width means 0.
	Width func() int
	// Hide hides what may be a secret; nil stands for [secrecy.Hide].
	Hide func(string) string
}

// Say prints a message about progress.
func (t Talk) Say(format string, args ...any) { t.line("", fmt.Sprintf(format, args...)) }

// Warn prints a warning.
func (t Talk) Warn(format string, args ...any) { t.line("warning: ", fmt.Sprintf(format, args...)) }

// Hint prints the next step. Commands in it have the name by which the program
// was called, and commands on the stack repeat the flags of the run.
func (t Talk) Hint(format string, args ...any) {
	t.line("hint: ", t.Commands(fmt.Sprintf(format, args...)))
}

// Commands returns a text with its commands as a user would run them: with the
// name by which the program was called and, after the short name of a command
// on the stack, with StackFlags or, for a deletion, DeletionFlags.
func (t Talk) Commands(text string) string {
	const group = "capaboot bootstrap iam "
	for _, command := range [...]string{"check", "plan", "deploy", "verify", "delete", "print-operator-policy"} {
		if t.StackFlags == "" || !strings.Contains(text, group+command) {
			continue
		}
		flags := t.StackFlags
		if command == "delete" {
			flags = t.DeletionFlags
		}
		parts := strings.Split(text, group+command)
		for i, rest := range parts[1:] {
			if rest == "" || !strings.ContainsRune(longNames, rune(rest[0])) {
				rest = flags + rest
			}
			parts[i+1] = rest
		}
		text = strings.Join(parts, group+command)
	}
	return WithProgramName(text, t.Name)
}

// longNames has the characters that continue the name of a command, as in
// "plan-cloudformation-stack".
const longNames = "-abcdefghijklmnopqrstuvwxyz"

// WithProgramName replaces the name of the program with the name by which it
// was called, in commands of the groups bootstrap, controller and policy.
func WithProgramName(text, name string) string {
	for _, group := range [...]string{"bootstrap", "controller", "policy"} {
		text = strings.ReplaceAll(text, "capaboot "+group+" ", name+" "+group+" ")
	}
	return text
}

// Error prints an error, one line for each error that is joined into it,
// followed by the hints.
func (t Talk) Error(err error) {
	for _, e := range Flatten(err) {
		t.line("error: ", e.Error())
	}
	t.Hints(err)
}

// Hints prints the hints of an error.
func (t Talk) Hints(err error) {
	for _, hint := range HintsOf(err) {
		t.Hint("%s", hint)
	}
}

// Fitted fits a text that was broken at 80 columns to the width of W. Use it if the
// lines are then printed as separate messages: without it, each line would be broken
// on its own.
func (t Talk) Fitted(text string) string {
	width := 0
	if t.Width != nil {
		width = t.Width()
	}
	if width == 0 {
		return text
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, t.hide(escape.Text(line)))
	}
	return fitToWidth(strings.Join(lines, "\n"), t.columns(width)-1, Columns)
}

// columns returns how many columns a line of a message has after the name of the
// program and a colon.
func (t Talk) columns(width int) int { return max(width, Narrowest) - visibleWidth(t.Name) - 1 }

// hide hides what may be a secret.
func (t Talk) hide(text string) string {
	if t.Hide != nil {
		return t.Hide(text)
	}
	return secrecy.Hide(text)
}

// line prints one message. Each line of the text begins with the name of the program
// and the kind of the message. If such a line is broken, only its first part has the
// kind. Characters that are not printable are escaped, so that text from a file cannot
// control the terminal.
func (t Talk) line(kind, text string) {
	width := 0
	if t.Width != nil {
		width = t.Width()
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = t.hide(escape.Text(line))
		message := " " + kind + line
		if width > 0 {
			message = fitToWidth(t.joinCommands(message), t.columns(width), Columns)
			message = strings.ReplaceAll(message, joinedSpace, " ")
		}
		fmt.Fprintf(t.W, "%s:%s\n", t.Name, strings.ReplaceAll(message, "\n", "\n"+t.Name+":"))
	}
}

// joinedSpace stands for a space at which a line must not be broken. No text
// contains it, because control characters are escaped.
const joinedSpace = "\x00"

// joinCommands replaces the spaces in the commands of a message, so that a command that
// the user copies stays on one line.
func (t Talk) joinCommands(message string) string {
	// A command follows the text in the field before. It ends at one of the texts in
	// the field after.
	marks := [...]struct {
		before string
		after  []string
	}{{": ", []string{"; ", "), "}}, {"(", []string{")"}}, {`"`, []string{`"`}}}
	var b strings.Builder
	for {
		begin, ends := len(message), []string(nil)
		for _, mark := range marks {
			if i := strings.Index(message, mark.before); i >= 0 && i+len(mark.before) < begin {
				begin, ends = i+len(mark.before), mark.after
			}
		}
		b.WriteString(message[:begin])
		if message = message[begin:]; message == "" {
			return b.String()
		}
		if !t.isCommand(message) {
			continue
		}
		end := len(message)
		for _, text := range ends {
			if i := strings.Index(message, text); i >= 0 {
				end = min(end, i)
			}
		}
		b.WriteString(strings.ReplaceAll(message[:end], " ", joinedSpace))
		if message = message[end:]; strings.HasPrefix(message, `"`) {
			b.WriteString(`"`) // it opens no command
			message = message[1:]
		}
	}
}

// isCommand reports whether a text begins with a command line of this program,
// or of another program in the hints. A sentence can also begin with the name
// of this program, so the next word must be a command or a flag.
func (t Talk) isCommand(text string) bool {
	if arguments, ok := strings.CutPrefix(text, t.Name+" "); ok {
		return slices.ContainsFunc([]string{"bootstrap ", "controller ", "policy ", "version", "completion ", "--"}, func(word string) bool { return strings.HasPrefix(arguments, word) })
	}
	return slices.ContainsFunc([]string{"aws ", "kubectl ", "base64 "}, func(program string) bool { return strings.HasPrefix(text, program) })
}

// Flatten returns the errors that err joins, or only err. It does not unwrap an
// error that adds its own text.
func Flatten(err error) []error {
	var joined interface {
		error
		Unwrap() []error
	}
	if !errors.As(err, &joined) || joined.Error() != err.Error() {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, Flatten(e)...)
	}
	return all
}

// HintsOf returns the hints of an error and of the errors that it joins, each
// hint once. The hint of an error is from the outermost error in its chain that
// has the method Hint.
func HintsOf(err error) []string {
	var all []string
	for _, e := range append([]error{err}, Flatten(err)...) {
		var withHint interface{ Hint() string }
		if errors.As(e, &withHint) && withHint.Hint() != "" && !slices.Contains(all, withHint.Hint()) {
			all = append(all, withHint.Hint())
		}
	}
	return all
}
