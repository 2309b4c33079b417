// Errors: which are of usage, and what they say to do next.

package cli

import (
	"errors"
	"fmt"

	"capaboot/internal/meter"
	"capaboot/policies/source"
)

// hinted is an error that knows what to do next.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

// Hint returns what to do next.
func (h hinted) Hint() string { return h.hint }

// usageError is an error in how the program was called or configured; the
// process exits with 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func isUsage(err error) bool {
	_, ok := errors.AsType[usageError](err)
	return ok
}

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// asTooMuch makes an error about sets that are too much for an analysis one of
// usage, and says what to do.
func asTooMuch(err error) error {
	if _, ok := errors.AsType[*meter.TooMuch](err); ok {
		return usageError{hinted{err, "name fewer files at once, or split the largest; IAM accepts policies of a few thousand characters"}}
	}
	return err
}

// asUsage makes an error about what somebody named one of usage.
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

// joined is errors.Join without its one text of several lines.
type joined []error

func (j joined) Error() string   { return j[0].Error() }
func (j joined) Unwrap() []error { return j }
