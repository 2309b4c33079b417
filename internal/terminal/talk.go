// Talk: what people read on stderr.
//
// Every line begins with the name that the program was called by, then what
// kind of line it is, with no capital and no full stop. An error is printed
// once, without the usage text.

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

// Talk is the lines that a program says to people. What is not printable in them
// is escaped, and what looks like a secret is not shown.
type Talk struct {
	W    io.Writer
	Name string // that the program was called by
	// Width returns how many columns a terminal has that is narrower than our
	// texts, else 0 or any other number; nil for no terminal.
	Width func() int
}

// Say prints what happens.
func (t Talk) Say(format string, args ...any) { t.line("", fmt.Sprintf(format, args...)) }

// Warn prints a warning.
func (t Talk) Warn(format string, args ...any) { t.line("warning: ", fmt.Sprintf(format, args...)) }

// Hint prints what to do next. Commands of the program in it are named as the
// program was called.
func (t Talk) Hint(format string, args ...any) {
	t.line("hint: ", Named(fmt.Sprintf(format, args...), t.Name))
}

// Named has a text name the commands of the program as it was called.
func Named(text, name string) string {
	for _, group := range [...]string{"bootstrap", "controller", "policy"} {
		text = strings.ReplaceAll(text, "capaboot "+group+" ", name+" "+group+" ")
	}
	return text
}

// Error prints an error, a line for each that is joined into it, and then
// their hints.
func (t Talk) Error(err error) {
	for _, one := range Flatten(err) {
		t.line("error: ", one.Error())
	}
	t.Hints(err)
}

// Hints prints the hints of an error.
func (t Talk) Hints(err error) {
	for _, hint := range HintsOf(err) {
		t.Hint("%s", hint)
	}
}

// line prints one message, every line of it under the name and kind. What is
// not printable in it is escaped, so that no text from a file can steer the
// terminal.
func (t Talk) line(kind, text string) {
	width := 0
	if t.Width != nil {
		width = t.Width()
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = secrecy.Hide(escape.Text(line))
		said := " " + kind + line
		if width > 0 {
			said = fit(said, max(width, Narrowest)-visibleWidth(t.Name)-1)
		}
		fmt.Fprintf(t.W, "%s:%s\n", t.Name, strings.ReplaceAll(said, "\n", "\n"+t.Name+":"))
	}
}

// Flatten returns the errors that err joins, or err alone. What is wrapped in a
// text of its own stays one error.
func Flatten(err error) []error {
	var joined interface {
		error
		Unwrap() []error
	}
	if !errors.As(err, &joined) || joined.Error() != err.Error() {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, Flatten(one)...)
	}
	return all
}

// HintsOf returns the hints of an error and of those it wraps: what their method
// Hint says to do next.
func HintsOf(err error) []string {
	var all []string
	for _, one := range append([]error{err}, Flatten(err)...) {
		var withHint interface{ Hint() string }
		if errors.As(one, &withHint) && withHint.Hint() != "" && !slices.Contains(all, withHint.Hint()) {
			all = append(all, withHint.Hint())
		}
	}
	return all
}
