package cfnstack

// This file has the errors that say how an operation ended, except [Failure]
// and [Unconfirmed].

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"capaboot/internal/deadline"
	"capaboot/internal/lazy"
	"capaboot/internal/nearword"
	"capaboot/internal/shortlist"
)

// ErrCredentials means that the credentials expired or were revoked, and could
// not be refreshed.
var ErrCredentials = errors.New("the credentials expired and cannot be refreshed")

// expiredCredentials is [ErrCredentials] with the service's message.
type expiredCredentials struct{ err error }

func (e expiredCredentials) Error() string {
	return ErrCredentials.Error() + ": " + errorMessage(e.err)
}

func (e expiredCredentials) Is(target error) bool { return target == ErrCredentials }

func (e expiredCredentials) Unwrap() error { return e.err }

// Interrupted is the error when waiting ended before the stack had a final
// status. The operation continues in CloudFormation. Interrupted wraps
// [deadline.ErrTimeout], [ErrCredentials], context.Canceled or an error of the
// API.
type Interrupted struct {
	StackName, StackID string
	// Status is the last known status of the stack; empty when none is known.
	Status string
	// Failed are the failures so far, earliest first and without cancellations.
	// The first one is the cause.
	Failed []Event
	Err    error
}

func (e *Interrupted) Error() string {
	var b strings.Builder
	switch {
	case errors.Is(e.Err, deadline.ErrTimeout) && e.Status != "":
		fmt.Fprint(&b, withOperation("stack "+e.StackName+" is still "+e.Status, e.Err))
	case errors.Is(e.Err, deadline.ErrTimeout):
		fmt.Fprint(&b, withOperation("waiting for stack "+e.StackName, e.Err))
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

// Deleted is the error when the stack was deleted by another run or person
// while this run waited for it.
type Deleted struct {
	StackName, StackID string
	// Failed are the failures before the deletion, earliest first and without
	// cancellations.
	Failed []Event
	// Lost are the logical IDs of resources to retain that may have been
	// deleted.
	Lost []string
}

func (e *Deleted) Error() string {
	if len(e.Lost) > 0 {
		return fmt.Sprintf("stack %s was deleted by someone else before this command could retain %s; check whether the resources still exist", e.StackName, strings.Join(e.Lost, ", "))
	}
	return fmt.Sprintf("stack %s was deleted while this command waited for it", e.StackName)
}

// Protected is the error when a stack to delete has termination protection. This
// package does not delete the stack.
type Protected struct{ StackName, StackID string }

func (e *Protected) Error() string {
	return fmt.Sprintf("stack %s has termination protection and was not deleted", e.StackName)
}

// Stuck is the error when this package cannot repair the state of a stack, or
// when a deletion in this state cannot retain resources. This package does not
// change the stack in this state.
type Stuck struct {
	StackName, StackID, Status string
	// Why is CloudFormation's reason for the status, or says what is impossible
	// in this state; may be empty.
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

// Unanswered is the error when a question was not answered, because of a
// cancellation, a timeout or an error of Confirm. Nothing was changed after
// EarlierChanges.
type Unanswered struct {
	Question       Question
	EarlierChanges []EarlierChange
	Err            error
}

func (e *Unanswered) Error() string {
	if errors.Is(e.Err, deadline.ErrTimeout) {
		return withOperation("no answer to the question about stack "+e.Question.StackName, e.Err).Error() + "; " + changesSoFar(e.EarlierChanges)
	}
	return fmt.Sprintf("no answer to the question about stack %s: %v; %s", e.Question.StackName, e.Err, changesSoFar(e.EarlierChanges))
}

func (e *Unanswered) Unwrap() error { return e.Err }

// SoFar says what was changed before the question, such as "nothing was
// changed".
func (e *Unanswered) SoFar() string { return changesSoFar(e.EarlierChanges) }

// declinedChanges says, for each kind of question, which change was not
// confirmed. %s is the name of the stack.
var declinedChanges = lazy.Value[map[QuestionKind]string]{Make: func() map[QuestionKind]string {
	return map[QuestionKind]string{
		QuestionApply:            "removing or replacing resources of stack %s",
		QuestionApplyChanged:     "applying the new plan of stack %s (someone else changed the stack after the first plan)",
		QuestionContinueRollback: "continuing the rollback of stack %s",
		QuestionRecreate:         "deleting and recreating stack %s",
		QuestionDelete:           "deleting stack %s",
	}
}}

// maxDeclinedNames limits the resources that the error after a declined question
// names. The question has listed all of them.
const maxDeclinedNames = 3

func (e *Declined) Error() string {
	q := e.Question
	s := fmt.Sprintf(declinedChanges.Get()[q.Kind], q.StackName)
	if q.Kind == QuestionApply && len(q.Changes) == 0 {
		s = "updating stack " + q.StackName
	}
	if q.Kind == QuestionContinueRollback || q.Kind == QuestionRecreate {
		s += ", which is " + q.Status
	}
	var names []string
	for _, r := range q.Resources {
		names = append(names, r.LogicalID)
	}
	for _, c := range q.Changes {
		names = append(names, c.LogicalID)
	}
	if q.Kind == QuestionApply || q.Kind == QuestionApplyChanged {
		names = append(names, q.Risks...)
	}
	// A deletion affects all resources, and the question has listed them, so the
	// error does not repeat them.
	if len(names) > 0 && q.Kind != QuestionDelete {
		s += " (" + shortlist.Few(names, shortlist.Shown(len(names), maxDeclinedNames), func(name string) string { return name }) + ")"
	}
	return s + ": not confirmed: " + changesSoFar(e.EarlierChanges)
}

// changesSoFar says that nothing was changed after a question, and what was
// changed before it.
func changesSoFar(changes []EarlierChange) string {
	if len(changes) == 0 {
		return "nothing was changed"
	}
	var done []string
	for _, change := range changes {
		done = append(done, string(change))
	}
	return "before the question, this command " + strings.Join(done, " and ") + "; nothing else was changed"
}

// NotInStack is the error for a resource to retain that the stack does not
// have.
type NotInStack struct {
	StackName, LogicalID string
	Known                []string // the logical IDs of the stack's resources
}

func (e *NotInStack) Error() string {
	text := fmt.Sprintf("stack %s has no resource %q to retain", e.StackName, e.LogicalID)
	if len(e.Known) == 0 {
		return text + ": it has no resources"
	}
	return text + nearword.Allowed(e.LogicalID, e.Known)
}

// isCancelled reports whether an error means that the caller's context ended.
// The timeout of a single attempt does not count.
func isCancelled(err error) bool {
	return errors.Is(err, context.Canceled) || err == context.DeadlineExceeded
}
