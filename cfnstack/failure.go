package cfnstack

// This file has the events of a stack, and the error for a failure in
// CloudFormation.

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"capaboot/internal/deadline"
)

// Event is one event of a stack.
type Event struct {
	ID         string
	Time       time.Time
	LogicalID  string
	PhysicalID string
	Type       string
	Status     string
	Reason     string
	// Stack means that the event is about the stack itself, not about a
	// resource.
	Stack bool
	// Token is the client request token of the operation; empty when it has
	// none.
	Token string
}

func eventOf(e types.StackEvent) Event {
	return Event{
		ID: aws.ToString(e.EventId), Time: aws.ToTime(e.Timestamp),
		LogicalID: aws.ToString(e.LogicalResourceId), PhysicalID: aws.ToString(e.PhysicalResourceId),
		Type: aws.ToString(e.ResourceType), Status: string(e.ResourceStatus), Reason: aws.ToString(e.ResourceStatusReason),
		Stack: aws.ToString(e.PhysicalResourceId) == aws.ToString(e.StackId),
		Token: aws.ToString(e.ClientRequestToken),
	}
}

// Failed reports whether the event is a failure of a resource. Cancellations,
// which another failure caused, and events of the stack, which summarize
// others, do not count.
func (e Event) Failed() bool {
	return !e.Stack && strings.HasSuffix(e.Status, "_FAILED") && !e.Cancelled()
}

// Cancelled reports whether CloudFormation cancelled the work on a resource
// because another resource failed.
func (e Event) Cancelled() bool {
	return strings.HasSuffix(e.Status, "_FAILED") && strings.HasPrefix(e.Reason, "Resource ") && strings.Contains(e.Reason, " cancelled")
}

// sentence describes the event with the resource and the reason.
func (e Event) sentence() string {
	s := strings.TrimSpace(e.Type + " " + e.LogicalID)
	if e.PhysicalID != "" && e.PhysicalID != e.LogicalID && !e.Stack {
		s += " (" + e.PhysicalID + ")"
	}
	return fmt.Sprintf("%s is %s: %s", s, e.Status, cmp.Or(e.Reason, "CloudFormation gives no reason"))
}

// failures returns the events of failed resources, beginning with the cause.
func failures(events []Event) []Event {
	var failed []Event
	for _, e := range events {
		if e.Failed() {
			failed = append(failed, e)
		}
	}
	// An event may be listed after events that happened later.
	slices.SortStableFunc(failed, func(a, b Event) int { return a.Time.Compare(b.Time) })
	return failed
}

// Failure is the error when an operation failed in CloudFormation, or a request
// was rejected.
type Failure struct {
	// Operation describes what failed, such as "creating stack capa".
	Operation          string
	StackName, StackID string
	// Status is the status with which the operation ended; empty when a request
	// was rejected or the change set could not be created.
	Status string
	// Cause is the first finding of a failed validation, or the event of the
	// first resource that failed. When no resource failed, it is the event of
	// the stack with the reason. It is nil when there is no such event, and
	// when the API rejected a request.
	Cause *Event
	// Others are the later failures, without cancellations.
	Others []Event
	// Reason is the parsed reason of Cause. Without a Cause, it is the parsed
	// message of the API or the parsed reason why the change set could not be
	// created, or else empty.
	Reason Reason
	// Err is the error that the API returned; nil when it rejected no request.
	Err error
}

func (e *Failure) Error() string {
	var b strings.Builder
	b.WriteString(e.Operation)
	b.WriteString(": ")
	switch {
	case e.Cause != nil:
		b.WriteString(e.Cause.sentence())
	case e.Reason.Text != "":
		b.WriteString(e.Reason.Text)
	default:
		b.WriteString("CloudFormation gives no reason")
	}
	if e.Status != "" {
		fmt.Fprintf(&b, "; the stack is %s", e.Status)
	}
	if len(e.Others) == 1 {
		fmt.Fprintf(&b, "; %s failed too", e.Others[0].LogicalID)
	} else if len(e.Others) > 1 {
		fmt.Fprintf(&b, "; %d others failed too", len(e.Others))
	}
	return b.String()
}

func (e *Failure) Unwrap() error { return e.Err }

// Conflict reports whether CloudFormation rejected a request because the stack was
// in another state than this run had read.
func (e *Failure) Conflict() bool { return e.Err != nil && isConflict(e.Err) }

// requestFailure turns the error of a request into a Failure. It returns nil
// and a cancellation as they are, and adds the operation to a timeout.
func requestFailure(operation string, r *run, err error) error {
	switch {
	case err == nil || isCancelled(err):
		return err
	case errors.Is(err, deadline.ErrTimeout):
		return withOperation(operation, err)
	}
	return &Failure{Operation: operation, StackName: r.name, StackID: r.id, Reason: explainError(err), Err: err}
}

// operationFailure returns a Failure for an operation that ended with a failed
// status, with the cause from its events.
func operationFailure(operation string, r *run, status string, events []Event) *Failure {
	f := &Failure{Operation: operation, StackName: r.name, StackID: r.id, Status: status}
	failed := failures(events)
	if len(failed) == 0 {
		// No resource failed. Only the stack's own event has a reason, such as
		// "Rollback requested by user".
		for _, e := range events {
			if e.Stack && e.Reason != "" && (strings.Contains(e.Status, "FAILED") || strings.Contains(e.Status, "ROLLBACK") || strings.Contains(e.Status, "DELETE")) {
				failed = []Event{e}
				break
			}
		}
	}
	if len(failed) > 0 {
		f.Cause, f.Others = &failed[0], failed[1:]
		f.Reason = Explain(failed[0].Reason)
	}
	return f
}
