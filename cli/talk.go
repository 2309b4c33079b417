// Talk: what people read on stderr, and which errors are their usage.
//
// Every line begins with the name that the program was called by, then what
// kind of line it is, with no capital and no full stop. An error is printed
// once, without the usage text.

package cli

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"capaboot/internal/escape"
	"capaboot/internal/spell"
)

type talk struct {
	w    io.Writer
	name string
}

func (t talk) say(format string, args ...any)  { t.line("", fmt.Sprintf(format, args...)) }
func (t talk) warn(format string, args ...any) { t.line("warning: ", fmt.Sprintf(format, args...)) }
func (t talk) hint(format string, args ...any) { t.line("hint: ", fmt.Sprintf(format, args...)) }

// error prints an error, a line for each that is joined into it, and then
// their hints.
func (t talk) error(err error) {
	for _, one := range flatten(err) {
		t.line("error: ", one.Error())
	}
	for _, hint := range hints(err) {
		t.hint("%s", hint)
	}
}

// line prints one message, every line of it under the name and kind. What is
// not printable in it is escaped, so that no text from a file can steer the
// terminal.
func (t talk) line(kind, text string) {
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintf(t.w, "%s: %s%s\n", t.name, kind, hideSecrets(printable(line)))
	}
}

// likeSecret matches what somebody may have passed in the wrong place: in
// quotes, as every message has what it was given, text of the shape of a
// secret access key.
var likeSecret = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"-{0,2}[A-Za-z0-9/+]{40}"`)
})

// hideSecrets removes what may be a secret access key. Names in one case and
// hashes are left alone, and so are absolute paths.
func hideSecrets(line string) string {
	if len(line) < 42 {
		return line
	}
	return likeSecret().ReplaceAllStringFunc(line, func(text string) string {
		if text[1] == '/' || !strings.ContainsFunc(text, unicode.IsUpper) || !strings.ContainsFunc(text, unicode.IsLower) ||
			!strings.ContainsAny(text, "0123456789/+") {
			return text
		}
		return `"(40 characters, not shown because they may be a secret)"`
	})
}

// printable escapes a text from elsewhere for one line.
func printable(text string) string { return escape.Text(text) }

// flatten returns the errors that err joins, or err alone. What is wrapped in a
// text of its own stays one error.
func flatten(err error) []error {
	var joined interface {
		error
		Unwrap() []error
	}
	if !errors.As(err, &joined) || joined.Error() != err.Error() {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, flatten(one)...)
	}
	return all
}

// hinted is an error that knows what to do next.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

// Hint returns what to do next.
func (h hinted) Hint() string { return h.hint }

// hints returns the hints of an error and of those it wraps.
func hints(err error) []string {
	var all []string
	for _, one := range append([]error{err}, flatten(err)...) {
		var withHint interface{ Hint() string }
		if errors.As(one, &withHint) && withHint.Hint() != "" && !slices.Contains(all, withHint.Hint()) {
			all = append(all, withHint.Hint())
		}
	}
	return all
}

// usageError is an error in how the program was called or configured; the
// process exits with 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// didYouMean returns `, did you mean "x"?` when a candidate is near, else "".
func didYouMean(word string, candidates []string) string {
	if closest, ok := spell.Closest(word, candidates); ok {
		return fmt.Sprintf(", did you mean %q?", closest)
	}
	return ""
}
