package cfnstack

// This file has the errors that say how an operation ended, but for
// [Failure].

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"capaboot/internal/deadline"
	"capaboot/internal/lazy"
)

// ErrCredentials is why a wait ended when the credentials expired, or were
// taken back, and could not be refreshed.
var ErrCredentials = errors.New("the credentials expired and cannot be refreshed")

// expiredCredentials is [ErrCredentials] with what the service said.
type expiredCredentials struct{ err error }

func (e expiredCredentials) Error() string { return ErrCredentials.Error() + ": " + message(e.err) }

func (e expiredCredentials) Is(target error) bool { return target == ErrCredentials }

func (e expiredCredentials) Unwrap() error { return e.err }

// Interrupted is the error when waiting ended before the stack was final. The
// operation that runs in CloudFormation goes on. It wraps [deadline.ErrTimeout],
// [ErrCredentials], context.Canceled or what the API said.
type Interrupted struct {
	StackName, StackID string
	// Status is the last that was seen; empty when none was.
	Status string
	// Failed are the events that failed so far, without cancellations, the first
	// being the cause; empty when all is well.
	Failed []Event
	Err    error
}

func (e *Interrupted) Error() string {
	var b strings.Builder
	switch {
	case errors.Is(e.Err, deadline.ErrTimeout) && e.Status != "":
		fmt.Fprint(&b, during("stack "+e.StackName+" is still "+e.Status, e.Err))
	case errors.Is(e.Err, deadline.ErrTimeout):
		fmt.Fprint(&b, during("waiting for stack "+e.StackName, e.Err))
	default:
		fmt.Fprintf(&b, "stopped waiting for stack %s: %v", e.StackName, e.Err)
		if e.Status != "" {
			fmt.Fprintf(&b, "; its last known status is %s", e.Status)
		}
	}
	if len(e.Failed) > 0 {
		fmt.Fprintf(&b, ", and %s", e.Failed[0].sentence())
	}
	return b.String()
}

func (e *Interrupted) Unwrap() error { return e.Err }

// Deleted is the error when somebody deleted the stack while it was waited
// for.
type Deleted struct {
	StackName, StackID string
	// Failed are the events that failed before, the first being the cause.
	Failed []Event
	// Lost are the logical IDs of resources that were to stay, and may be gone.
	Lost []string
}

func (e *Deleted) Error() string {
	if len(e.Lost) > 0 {
		return fmt.Sprintf("stack %s was deleted by someone else before it could be set to keep %s: check whether they still exist", e.StackName, strings.Join(e.Lost, ", "))
	}
	return fmt.Sprintf("stack %s was deleted while this command waited for it", e.StackName)
}

// Protected is the error when a stack that is to be deleted has termination
// protection. Nothing was changed.
type Protected struct{ StackName, StackID string }

func (e *Protected) Error() string {
	return fmt.Sprintf("stack %s has termination protection and is not deleted", e.StackName)
}

// Stuck is the error when a stack is in a state that this package does not
// lead out of. Nothing was changed.
type Stuck struct {
	StackName, StackID, Status string
	// Why is what CloudFormation says of the status.
	Why       string
	Resources []Resource
}

func (e *Stuck) Error() string {
	s := fmt.Sprintf("stack %s is %s and cannot be changed", e.StackName, e.Status)
	if e.Why != "" {
		s += ": " + e.Why
	}
	return s
}

// Unanswered is the error when there was no answer to a question: the person
// cancelled, or the time was over. Nothing was changed after the deeds.
type Unanswered struct {
	Question Question
	Deeds    []Deed
	Err      error
}

func (e *Unanswered) Error() string {
	if errors.Is(e.Err, deadline.ErrTimeout) {
		return during("stack "+e.Question.StackName+": no answer to the question", e.Err).Error() + ": " + unchanged(e.Deeds)
	}
	return fmt.Sprintf("stack %s: no answer to the question: %v; %s", e.Question.StackName, e.Err, unchanged(e.Deeds))
}

func (e *Unanswered) Unwrap() error { return e.Err }

// SoFar says what was changed before the question: "nothing was changed".
func (e *Unanswered) SoFar() string { return unchanged(e.Deeds) }

// declines are what a no leaves undone, with the name of the stack.
var declines = lazy.Value[map[QuestionKind]string]{Make: func() map[QuestionKind]string {
	return map[QuestionKind]string{
		QuestionApply:            "removing or replacing resources of stack %s",
		QuestionApplyChanged:     "the new plan of stack %s, which someone else changed after the first plan",
		QuestionContinueRollback: "continuing the rollback of stack %s",
		QuestionDeleteFailed:     "deleting and recreating stack %s",
		QuestionDelete:           "deleting stack %s",
	}
}}

func (e *Declined) Error() string {
	q := e.Question
	s := fmt.Sprintf(declines.Get()[q.Kind], q.StackName)
	if q.Kind == QuestionContinueRollback || q.Kind == QuestionDeleteFailed {
		s += ", which is " + q.Status
	}
	var names []string
	for _, r := range q.Resources {
		names = append(names, r.LogicalID)
	}
	for _, c := range q.Changes {
		names = append(names, c.LogicalID)
	}
	if len(names) > 0 && q.Kind != QuestionDelete { // of a deletion it is every resource, which the question names
		s += " (" + strings.Join(names, ", ") + ")"
	}
	return s + ": not confirmed: " + unchanged(e.Deeds)
}

// unchanged says that a question was the end, and what was done before it.
func unchanged(deeds []Deed) string {
	if len(deeds) == 0 {
		return "nothing was changed"
	}
	var done []string
	for _, deed := range deeds {
		done = append(done, string(deed))
	}
	return "nothing more was changed, but before the question this command " + strings.Join(done, " and ")
}

// cancelled says whether an error is the end of the caller's context. That a
// single attempt took too long is not.
func cancelled(err error) bool {
	return errors.Is(err, context.Canceled) || err == context.DeadlineExceeded
}
