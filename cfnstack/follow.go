package cfnstack

// This file follows an operation by the stack's events: it reports each event
// once, in order, until the stack has a final status.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"capaboot/internal/deadline"
)

const (
	// pollInterval is the time between two requests for events. It must be
	// above 1 s, so that a run sends at most one request per second. Together
	// with the duration of two responses it must be below 2 s, the time within
	// which the command must notice the end of an operation.
	pollInterval = 1100 * time.Millisecond
	// slowInterval replaces pollInterval while the run has sent more requests
	// than seconds have passed, because the events had several pages.
	slowInterval = 1700 * time.Millisecond
	// Every pollsPerCheck-th poll reads the stack itself instead of its events,
	// in case the last event is missing.
	pollsPerCheck = 20
	// quietLimit is how long to wait, after the last event of a stack whose
	// creation failed, for CloudFormation to start deleting the stack.
	quietLimit = 10 * time.Second
)

type follower struct {
	*run
	// sinceEventID is the ID of the newest event before the operation; "" when there
	// was none, or when findStart is set.
	sinceEventID string
	// findStart means that the operation is already running, and that its first
	// event must be found.
	findStart bool
	// deleting means that the operation is a deletion. deletesFailed means that
	// CloudFormation may delete the stack if its creation fails.
	deleting, deletesFailed bool

	seen           map[string]bool
	began          time.Time // time of the operation's first stack event; zero before it was seen
	events         []Event
	status         string // the last known status of the stack
	creationToken  string // token of the creation, when a creation is followed
	deletedByOther bool   // someone else is deleting the stack
	requests       int
	finalReads     int // consecutive reads of the stack that returned a final status
}

// newestEvent returns the ID of the stack's newest event; "" when the stack has
// none. An operation that starts afterwards has only newer events.
func (r *run) newestEvent(ctx context.Context) (string, error) {
	out, err := call(ctx, r, r.API.DescribeStackEvents, &cloudformation.DescribeStackEventsInput{StackName: aws.String(r.id)})
	if err != nil {
		return "", requestFailure("reading the events of stack "+r.name, r, err)
	}
	if len(out.StackEvents) == 0 {
		return "", nil
	}
	return aws.ToString(out.StackEvents[0].EventId), nil
}

// follow returns the final status of the stack. A deletion by someone else ends
// it early with a *Deleted. A timeout, a cancellation by the caller, expired
// credentials or another final error of a request ends it early with an
// *Interrupted.
func (f *follower) follow(ctx context.Context) (string, error) {
	f.started = true
	f.seen = map[string]bool{}
	pollingStart, last := time.Now(), time.Now()
	if !f.findStart {
		deadline.Sleep(ctx, time.Second)
	}
	for polls := 1; ; polls++ {
		start := time.Now()
		var fresh []Event
		var err error
		if polls%pollsPerCheck == 0 {
			err = f.pollStack(ctx)
		} else {
			fresh, err = f.poll(ctx)
		}
		if err != nil {
			if isNotFound(err) && f.deleting {
				f.status = "DELETE_COMPLETE" // the server no longer knows a deleted stack
				return f.end()
			}
			if isNotFound(err) && f.deletesFailed && len(failures(f.events)) > 0 {
				// CloudFormation deletes a stack whose creation failed, so the
				// server may no longer know it.
				f.status = "DELETE_COMPLETE"
				return f.end()
			}
			if isNotFound(err) {
				return "", &Deleted{StackName: f.name, StackID: f.id, Failed: failures(f.events)}
			}
			return "", f.interruptedError(err)
		}
		if len(fresh) > 0 {
			last = time.Now()
		}
		for _, e := range fresh {
			if f.add(e) {
				return f.end()
			}
		}
		if f.status == "CREATE_FAILED" && time.Since(last) > quietLimit || f.finalReads >= 2 || len(f.events) == 0 && f.status != "" {
			return f.end()
		}
		interval := pollInterval
		if f.requests > int(time.Since(pollingStart)/time.Second)+1 {
			interval = slowInterval
		}
		deadline.Sleep(ctx, interval-time.Since(start))
	}
}

// add adds an event, and reports whether it is the operation's last.
func (f *follower) add(e Event) bool {
	if e.Stack && !f.belongsToOperation(e) {
		return false
	}
	f.events = append(f.events, e)
	f.observe(Progress{Stage: StageEvent, StackName: f.name, StackID: f.id, Status: e.Status, Event: &e})
	if !e.Stack {
		return false
	}
	f.status = e.Status
	if e.Status == "CREATE_IN_PROGRESS" {
		f.creationToken = e.Token
	}
	if e.Status == "DELETE_IN_PROGRESS" && !f.deleting {
		// CloudFormation itself deletes a stack whose creation failed, no matter
		// which run started the creation. The event then has no token, or the
		// token of the creation.
		own := f.deletesFailed && len(failures(f.events)) > 0 && (e.Token == "" || e.Token == f.creationToken)
		f.deletedByOther = f.deletedByOther || !own
	}
	if e.Status == "CREATE_FAILED" && f.deletesFailed {
		return false // DELETE_IN_PROGRESS comes next
	}
	return Final(e.Status)
}

// belongsToOperation reports whether an event of the stack belongs to the
// operation. It also records the time of the first event that does, so pass the
// events in the order of their times. The last event of the previous operation
// may arrive late, and must not end the wait for this operation.
func (f *follower) belongsToOperation(e Event) bool {
	if f.began.IsZero() && (!Final(e.Status) || f.token != "" && e.Token == f.token) {
		f.began = e.Time
	}
	return !f.began.IsZero() && !e.Time.Before(f.began)
}

// end returns the final status, or a *Deleted when someone else deleted the
// stack.
func (f *follower) end() (string, error) {
	if f.deletedByOther && f.status == "DELETE_COMPLETE" {
		return "", &Deleted{StackName: f.name, StackID: f.id, Failed: failures(f.events)}
	}
	return f.status, nil
}

// interruptedError returns the error when waiting ended before the stack had a
// final status.
func (f *follower) interruptedError(err error) error {
	if !errors.Is(err, deadline.ErrTimeout) && !errors.Is(err, ErrCredentials) {
		err = requestFailure("following stack "+f.name, f.run, err)
	}
	return &Interrupted{StackName: f.name, StackID: f.id, Status: f.status, Failed: failures(f.events), Err: err}
}

// poll returns the events that are new, oldest first. The service returns the
// newest first. An event may appear late, below events that were seen before.
// So poll reads the first page with known events to its end, and skips only the
// later pages. It stops at the newest event from before the operation.
func (f *follower) poll(ctx context.Context) ([]Event, error) {
	var fresh []Event
	ofStack := false // fresh has an event of the stack itself
	in := &cloudformation.DescribeStackEventsInput{StackName: aws.String(f.id)}
	for page := 0; ; page++ {
		out, err := call(ctx, f.run, f.API.DescribeStackEvents, in)
		f.requests++
		if err != nil {
			return nil, err
		}
		known := false
		for _, one := range out.StackEvents {
			e := eventOf(one)
			if e.ID == f.sinceEventID {
				known = true
				break
			}
			if f.findStart && e.Stack && Final(e.Status) {
				if !ofStack {
					f.status = e.Status // the operation ended before the first poll
					fresh = nil
				}
				f.sinceEventID = e.ID
				known = true
				break
			}
			if f.seen[e.ID] {
				known = true
				continue
			}
			if slices.ContainsFunc(fresh, func(other Event) bool { return other.ID == e.ID }) {
				continue // a new event moved this one to the next page
			}
			ofStack = ofStack || e.Stack
			fresh = append(fresh, e)
		}
		if known || aws.ToString(out.NextToken) == "" {
			break
		}
		if endless(page, len(fresh), out.NextToken, in.NextToken) {
			return nil, fmt.Errorf("pagination of the events does not end")
		}
		in.NextToken = out.NextToken
	}
	slices.Reverse(fresh)
	for _, e := range fresh {
		f.seen[e.ID] = true
	}
	// After the first poll, the beginning of the operation is known.
	f.findStart = false
	return fresh, nil
}

// pollStack reads the stack itself. A final status counts only if it is read
// twice in a row, in an operation that has begun, because the response may be
// older than the events.
func (f *follower) pollStack(ctx context.Context) error {
	out, err := call(ctx, f.run, f.API.DescribeStacks, &cloudformation.DescribeStacksInput{StackName: aws.String(f.id)})
	f.requests++
	if err != nil {
		return err
	}
	if f.status == "" || len(out.Stacks) == 0 || !Final(string(out.Stacks[0].StackStatus)) {
		f.finalReads = 0
		return nil
	}
	if f.finalReads++; f.finalReads >= 2 {
		f.status = string(out.Stacks[0].StackStatus)
	}
	return nil
}

// followOther follows an operation that someone else started. Its failure is
// not an error of this run, because the caller reads the stack again.
//
// The status of the stack may be older than the events, which say that the
// operation has ended. In this case, followOther waits before it returns, longer
// each time, and reports StageFollowing only the first time.
func (r *run) followOther(ctx context.Context, stack *Stack) error {
	r.id = stack.ID
	if r.staleReads == 0 {
		r.observe(Progress{Stage: StageFollowing, StackName: r.name, StackID: r.id, Status: stack.Status})
	}
	f := &follower{run: r, findStart: true, deleting: stack.Status == "DELETE_IN_PROGRESS", deletesFailed: stack.Status == "CREATE_IN_PROGRESS"}
	_, err := f.follow(ctx)
	r.started = false
	if err != nil || len(f.events) > 0 {
		r.staleReads = 0
		return err
	}
	deadline.Sleep(ctx, min(pollInterval<<r.staleReads, maxStaleWait))
	r.staleReads = min(r.staleReads+1, 10)
	if ctx.Err() != nil {
		return &Interrupted{StackName: r.name, StackID: r.id, Status: stack.Status, Err: endReason(ctx)}
	}
	return nil
}

// maxStaleWait limits the wait for a status that is older than the events.
const maxStaleWait = 10 * time.Second
