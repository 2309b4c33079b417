package credentials

// This file has the error that people read. What it says: where (file and
// line, or variable), what is wrong, and in the hint what to do next. What it
// never says: a secret, a part of one, or the text of a line of a file.

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is a failure that a person can mend. Several problems of one file come
// in one Error.
type Error struct {
	Problems []string // at least one; a line each, without a full stop
	Hint     string   // what to do next, one line; may be empty
	Err      error    // the cause for errors.Is and errors.As; may be nil
	// Passing says that the same may succeed a little later: an outage, too
	// many requests, no answer in time. Nothing has to be mended.
	Passing bool
}

// Error returns the problems, a line each. The hint is not part of it.
func (e *Error) Error() string { return strings.Join(e.Problems, "\n") }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint returns what to do about err, one line, or "" when there is nothing to
// say or err is not of this package.
func Hint(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Hint
	}
	return ""
}

// failf returns an Error with one problem.
func failf(hint, format string, args ...any) *Error {
	return &Error{Problems: []string{fmt.Sprintf(format, args...)}, Hint: hint}
}

// maxShown bounds how much of a name of somebody else's goes into an error.
const maxShown = 64

// quote returns a name for an error text: quoted, with odd characters escaped,
// and cut when it is long.
func quote(name string) string {
	name = shownName(name)
	if utf8.RuneCountInString(name) > maxShown {
		return fmt.Sprintf("%q...", string([]rune(name)[:maxShown]))
	}
	return fmt.Sprintf("%q", name)
}

// shownName returns a name as it may be shown: not when it is more like a
// secret access key, which somebody may have put in its place.
func shownName(name string) string {
	if len(name) < 32 || !onlyOf(name, "+/=") || !strings.ContainsAny(name, "0123456789+/") ||
		strings.ToLower(name) == name || strings.ToUpper(name) == name || strings.HasPrefix(name, "/") {
		return name
	}
	return "(not shown because it may be a secret)"
}

// list returns the first ten of names for an error text, and how many more
// there are.
func list(names []string) string {
	const most = 10
	shown := make([]string, 0, most)
	for _, name := range names[:min(len(names), most)] {
		shown = append(shown, quote(name))
	}
	text := strings.Join(shown, ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
