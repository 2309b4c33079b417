package cfnstack

// This file has the error of a request that may have been carried out although
// CloudFormation did not answer.

import "fmt"

// Unconfirmed is the error when a request that changes the stack had no answer
// for as long as it was repeated: the operation may have started.
type Unconfirmed struct {
	// Doing is what was asked for, such as "deleting stack capa".
	Doing              string
	StackName, StackID string
	Err                error
}

func (e *Unconfirmed) Error() string {
	return fmt.Sprintf("%s: it may have started: %s", e.Doing, message(e.Err))
}

func (e *Unconfirmed) Unwrap() error { return e.Err }

// unconfirmed makes an error of one that ended a request: an *Unconfirmed when
// the request may have been carried out.
func (r *run) unconfirmed(doing string, ambiguous bool, err error) error {
	if ambiguous {
		return &Unconfirmed{Doing: doing, StackName: r.name, StackID: r.id, Err: err}
	}
	return refused(doing, r, err)
}
