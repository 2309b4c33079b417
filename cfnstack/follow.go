package cfnstack

// This file follows an operation by the stack's events: every one once, in
// order, until the stack is final.

import (
	"capaboot/internal/deadline"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

const (
	// The events are asked for this often. Together with the time that two
	// answers take it must stay below the 2 s within which the end of an
	// operation is to be seen, and above the 1 s that a request may be made in.
	pollInterval = 1100 * time.Millisecond
	// slowInterval is used while there were more requests than seconds, because
	// the events had several pages.
	slowInterval = 1700 * time.Millisecond
	// Every so many times the stack itself is asked for, should its last event
	// be missing.
	pollsPerLook = 20
	// quiet is how long a creation that failed may be silent before its deletion
	// is no longer expected.
	quiet = 10 * time.Second
)

// follower follows one operation.
type follower struct {
	*run
	// since is the newest event before the operation; "" when there was none, or
	// when find is set.
	since string
	// find: the operation was under way already; its beginning is looked for.
	find bool
	// deleting: the operation is a deletion. deletesFailed: a failed creation is
	// deleted by CloudFormation.
	deleting, deletesFailed bool

	seen     map[string]bool
	began    time.Time // of the first event of the stack that says that the operation goes on; zero before it was seen
	events   []Event
	status   string // of the stack's last event
	creation string // the token of the creation, when that is followed
	foreign  bool   // somebody else deletes the stack
	requests int
	finals   int // looks at the stack that found it final, one after another
}

// newest returns the ID of the stack's newest event, from which on an
// operation that is about to start is followed.
func (r *run) newest(ctx context.Context) (string, error) {
	out, err := call(ctx, r, r.API.DescribeStackEvents, &cloudformation.DescribeStackEventsInput{StackName: aws.String(r.id)})
	if err != nil {
		return "", refused("reading the events of stack "+r.name, r, err)
	}
	if len(out.StackEvents) == 0 {
		return "", nil
	}
	return aws.ToString(out.StackEvents[0].EventId), nil
}

// follow returns the status that the stack has at the end. The time, the
// caller, the credentials or somebody who deletes the stack may end it early:
// *Interrupted, *Deleted.
func (f *follower) follow(ctx context.Context) (string, error) {
	f.started = true
	f.seen = map[string]bool{}
	begun, last := time.Now(), time.Now()
	if !f.find {
		sleep(ctx, time.Second)
	}
	for polls := 1; ; polls++ {
		start := time.Now()
		var fresh []Event
		var err error
		if polls%pollsPerLook == 0 {
			fresh, err = f.look(ctx)
		} else {
			fresh, err = f.poll(ctx)
		}
		if err != nil {
			if absent(err) && f.deleting {
				f.status = "DELETE_COMPLETE" // a server that forgets what is deleted
				return f.end()
			}
			if absent(err) && f.deletesFailed && len(failures(f.events)) > 0 {
				// The same: CloudFormation deletes a creation that failed.
				f.status = "DELETE_COMPLETE"
				return f.end()
			}
			if absent(err) {
				return "", &Deleted{StackName: f.name, StackID: f.id, Failed: failures(f.events)}
			}
			return "", f.interrupted(err)
		}
		if len(fresh) > 0 {
			last = time.Now()
		}
		for _, e := range fresh {
			if f.take(e) {
				return f.end()
			}
		}
		if f.status == "CREATE_FAILED" && time.Since(last) > quiet || f.finals >= 2 || len(f.events) == 0 && f.status != "" {
			return f.end()
		}
		interval := pollInterval
		if f.requests > int(time.Since(begun)/time.Second)+1 {
			interval = slowInterval
		}
		sleep(ctx, interval-time.Since(start))
	}
}

// take adds an event, and says whether it is the operation's last.
func (f *follower) take(e Event) bool {
	if e.Stack && !f.ours(e) {
		return false
	}
	f.events = append(f.events, e)
	f.observe(Progress{Stage: StageEvent, StackName: f.name, StackID: f.id, Status: e.Status, Event: &e})
	if !e.Stack {
		return false
	}
	f.status = e.Status
	if e.Status == "CREATE_IN_PROGRESS" {
		f.creation = e.Token
	}
	if e.Status == "DELETE_IN_PROGRESS" && !f.deleting {
		// CloudFormation's own deletion has the token of the creation, ours or
		// that of the run that is followed.
		own := f.deletesFailed && len(failures(f.events)) > 0 && (e.Token == "" || e.Token == f.creation)
		f.foreign = f.foreign || !own
	}
	if e.Status == "CREATE_FAILED" && f.deletesFailed {
		return false // DELETE_IN_PROGRESS comes next
	}
	return Final(e.Status)
}

// ours says whether an event of the stack is one of the operation. The last
// event of the operation before may turn up late: it must not end this one.
func (f *follower) ours(e Event) bool {
	if f.began.IsZero() && (!Final(e.Status) || f.token != "" && e.Token == f.token) {
		f.began = e.Time
	}
	return !f.began.IsZero() && !e.Time.Before(f.began)
}

func (f *follower) end() (string, error) {
	if f.foreign && f.status == "DELETE_COMPLETE" {
		return "", &Deleted{StackName: f.name, StackID: f.id, Failed: failures(f.events)}
	}
	return f.status, nil
}

func (f *follower) interrupted(err error) error {
	if !errors.Is(err, deadline.ErrTimeout) && !errors.Is(err, ErrCredentials) {
		err = refused("following stack "+f.name, f.run, err)
	}
	return &Interrupted{StackName: f.name, StackID: f.id, Status: f.status, Failed: failures(f.events), Err: err}
}

// poll returns the events that were not seen before, the oldest first. The
// service gives the newest first. An event may turn up late, below others that
// were seen: so a page that has known events is read to its end, and only the
// next page is not.
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
			if e.ID == f.since {
				known = true
				break
			}
			if f.find && e.Stack && Final(e.Status) {
				if !ofStack {
					f.status = e.Status // it ended before it was looked at
					fresh = nil
				}
				f.since = e.ID
				known = true
				break
			}
			if f.seen[e.ID] {
				known = true
				continue
			}
			if slices.ContainsFunc(fresh, func(other Event) bool { return other.ID == e.ID }) {
				continue // pushed to the next page by a new one
			}
			ofStack = ofStack || e.Stack
			fresh = append(fresh, e)
		}
		if known || aws.ToString(out.NextToken) == "" {
			break
		}
		if page > maxPages || aws.ToString(out.NextToken) == aws.ToString(in.NextToken) {
			return nil, fmt.Errorf("pagination of the events does not end")
		}
		in.NextToken = out.NextToken
	}
	slices.Reverse(fresh)
	for _, e := range fresh {
		f.seen[e.ID] = true
	}
	// After the first time everything older is known to be older.
	f.find = false
	return fresh, nil
}

// look asks for the stack itself. Only when it is final twice in a row, in an
// operation that has begun, that counts: the answer may be older than the
// events.
func (f *follower) look(ctx context.Context) ([]Event, error) {
	out, err := call(ctx, f.run, f.API.DescribeStacks, &cloudformation.DescribeStacksInput{StackName: aws.String(f.id)})
	f.requests++
	if err != nil {
		return nil, err
	}
	if f.status == "" || len(out.Stacks) == 0 || !Final(string(out.Stacks[0].StackStatus)) {
		f.finals = 0
		return nil, nil
	}
	if f.finals++; f.finals >= 2 {
		f.status = string(out.Stacks[0].StackStatus)
	}
	return nil, nil
}

// settle follows an operation that somebody else started. How it ends is not
// our failure; the caller looks at the stack again.
func (r *run) settle(ctx context.Context, stack *Stack) error {
	r.id = stack.ID
	r.observe(Progress{Stage: StageFollowing, StackName: r.name, StackID: r.id, Status: stack.Status})
	f := &follower{run: r, find: true, deleting: stack.Status == "DELETE_IN_PROGRESS", deletesFailed: stack.Status == "CREATE_IN_PROGRESS"}
	_, err := f.follow(ctx)
	r.started = false
	return err
}
