// Errors: which ones are usage errors, and their hints.

package cli

import (
	"errors"
	"fmt"

	"capaboot/internal/meter"
	"capaboot/policies/source"
)

// hinted is an error with a hint.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

// Hint returns the hint.
func (h hinted) Hint() string { return h.hint }

// usageError is an error in the command line or the configuration; the exit code is 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func isUsage(err error) bool {
	_, ok := errors.AsType[usageError](err)
	return ok
}

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// asTooMuch turns an error about sets that are too large to analyse into a usage error
// with a hint.
func asTooMuch(err error) error {
	if _, ok := errors.AsType[*meter.TooMuch](err); ok {
		return usageError{hinted{err, "name fewer files at once, or split the largest; IAM accepts policies of a few thousand characters"}}
	}
	return err
}

// asUsage turns an error about a name that the user gave into a usage error.
func asUsage(err error) error {
	if several, ok := errors.AsType[source.Errors](err); ok {
		var all joined
		for _, one := range several {
			all = append(all, asUsage(one))
		}
		return usageError{all}
	}
	if _, ok := errors.AsType[*source.Suppressions](err); ok {
		return usageError{hinted{err, "capaboot policy review takes it with --suppressions"}}
	}
	if _, ok := errors.AsType[*source.Error](err); ok {
		return usageError{err}
	}
	return err
}

// joined holds several errors, like errors.Join, but its text is that of the first
// one.
type joined []error

func (j joined) Error() string   { return j[0].Error() }
func (j joined) Unwrap() []error { return j }
