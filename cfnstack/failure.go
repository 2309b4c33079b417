package cfnstack

// This file has the error that says why CloudFormation failed.

import (
	"capaboot/internal/deadline"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
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
	// Stack: the event is of the stack itself, not of a resource.
	Stack bool
	// Token is the request token of the operation; empty when it has none.
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

// Failed says whether something failed: neither a cancellation, which another
// failure caused, nor an event of the stack, which sums others up.
func (e Event) Failed() bool {
	return !e.Stack && strings.HasSuffix(e.Status, "_FAILED") && !e.Cancelled()
}

// Cancelled says whether a resource was given up because another failed.
func (e Event) Cancelled() bool {
	return strings.HasSuffix(e.Status, "_FAILED") && strings.HasPrefix(e.Reason, "Resource ") && strings.Contains(e.Reason, " cancelled")
}

// sentence names the resource and the reason.
func (e Event) sentence() string {
	s := strings.TrimSpace(e.Type + " " + e.LogicalID)
	if e.PhysicalID != "" && e.PhysicalID != e.LogicalID && !e.Stack {
		s += " (" + e.PhysicalID + ")"
	}
	return fmt.Sprintf("%s is %s: %s", s, e.Status, cmp.Or(e.Reason, "CloudFormation gives no reason"))
}

// failures returns the events that failed, the first being the cause.
func failures(events []Event) []Event {
	var failed []Event
	for _, e := range events {
		if e.Failed() {
			failed = append(failed, e)
		}
	}
	// An event may appear after later ones.
	slices.SortStableFunc(failed, func(a, b Event) int { return a.Time.Compare(b.Time) })
	return failed
}

// Failure is the error when CloudFormation did not do what it was asked to, or
// did not take the request.
type Failure struct {
	// Doing is what was done, such as "creating stack capa".
	Doing              string
	StackName, StackID string
	// Status is the stack's at the end; empty when nothing was started.
	Status string
	// Cause is the event that failed first; nil when the API refused a request.
	Cause *Event
	// Others are the events that failed after it, without cancellations.
	Others []Event
	// Reason is the cause's reason, or the API's message, taken apart.
	Reason Reason
	// Err is the API's error.
	Err error
}

func (e *Failure) Error() string {
	var b strings.Builder
	b.WriteString(e.Doing)
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

// refused makes a Failure of the error of a request; one that says how a wait
// ended stays what it is.
func refused(doing string, r *run, err error) error {
	switch {
	case err == nil || cancelled(err):
		return err
	case errors.Is(err, deadline.ErrTimeout):
		return during(doing, err)
	}
	return &Failure{Doing: doing, StackName: r.name, StackID: r.id, Reason: explainError(err), Err: err}
}

// failure makes a Failure of the events of an operation that ended with a
// status.
func failure(doing string, r *run, status string, events []Event) *Failure {
	f := &Failure{Doing: doing, StackName: r.name, StackID: r.id, Status: status}
	failed := failures(events)
	if len(failed) == 0 {
		// No resource failed: the stack's own event is all there is, such as
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
