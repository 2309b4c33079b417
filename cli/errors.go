// The types of errors: usage errors, and errors with hints.

package cli

import (
	"errors"
	"fmt"

	"capaboot/internal/meter"
	"capaboot/policies/source"
)

type errorWithHint struct {
	error
	hint string
}

func (h errorWithHint) Unwrap() error { return h.error }

// Hint returns the hint. Each line of the hint is printed as a separate hint.
func (h errorWithHint) Hint() string { return h.hint }

// usageError is an error in the command line or the configuration; the exit code is 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func isUsage(err error) bool {
	_, ok := errors.AsType[usageError](err)
	return ok
}

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// tooLargeError turns an error about policies that are too large to analyse
// into a usage error with a hint. It returns other errors unchanged.
func tooLargeError(err error) error {
	if _, ok := errors.AsType[*meter.TooMuch](err); ok {
		return usageError{errorWithHint{err, "name fewer files at once, or split the largest file; IAM accepts policies of a few thousand characters"}}
	}
	return err
}

// toUsageError turns an error about a source that the user named with a flag, or
// with an argument if flag is argumentInput, into a usage error. An example is
// a file that does not exist. It returns other errors unchanged.
func toUsageError(err error, flag string) error {
	if errs, ok := errors.AsType[source.Errors](err); ok {
		var all joinedErrors
		for _, e := range errs {
			all = append(all, toUsageError(e, flag))
		}
		return usageError{all}
	}
	if _, ok := errors.AsType[*source.SuppressionsError](err); ok {
		return usageError{errorWithHint{err, "pass the file to the review: capaboot policy review --suppressions FILE"}}
	}
	if _, ok := errors.AsType[*source.Error](err); ok {
		return usageError{aboutInput(err, flag)}
	}
	return err
}

// joinedErrors holds several errors, like errors.Join, but its text is the text
// of the first error.
type joinedErrors []error

func (j joinedErrors) Error() string   { return j[0].Error() }
func (j joinedErrors) Unwrap() []error { return j }
