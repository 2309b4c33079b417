package cfnstack

// This file has the error for a request that may have been carried out although
// CloudFormation did not confirm it.

import "fmt"

// Unconfirmed is the error of a request to change the stack: no attempt
// succeeded, and at least one had no usable response. The operation may have
// started.
type Unconfirmed struct {
	// Operation describes what was requested, such as "deleting stack capa".
	Operation          string
	StackName, StackID string
	Err                error
}

func (e *Unconfirmed) Error() string {
	return fmt.Sprintf("%s: the operation may have started: %s", e.Operation, errorMessage(e.Err))
}

func (e *Unconfirmed) Unwrap() error { return e.Err }

// unconfirmedError returns the error of a failed request: an *Unconfirmed when the
// request may have been carried out.
func (r *run) unconfirmedError(operation string, ambiguous bool, err error) error {
	if ambiguous {
		return &Unconfirmed{Operation: operation, StackName: r.name, StackID: r.id, Err: err}
	}
	return requestFailure(operation, r, err)
}
