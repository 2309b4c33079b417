// Package cfndouble is a test double of CloudFormation and of the operations of
// IAM and STS that the program needs beside it: a server that speaks their
// protocol, keeps stacks in memory, and reproduces the states and events of
// real operations, with the texts of real events. Only tests and benchmarks
// import it.
//
// The double has no background work, except for the fault [Late]: each request
// first carries out every step that is due. Therefore it works both in real
// time over real HTTP (httptest.NewServer(double), AWS_ENDPOINT_URL) and in the
// fake time of a testing/synctest bubble ([Double.Client], which needs no
// sockets).
package cfndouble

// This file has the settings of the double, and the state that tests read.

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"capaboot/internal/pauses"
)

// Double is CloudFormation for one account and one region. Tests set its fields
// while no request is in flight; they may call its methods at any time.
type Double struct {
	Account, Region, Partition string
	// Duration is how long the work on a resource takes; Durations overrides it
	// by logical ID.
	Duration  time.Duration
	Durations map[string]time.Duration
	// ChangeSetTime is how long the creation of a change set takes.
	ChangeSetTime time.Duration
	// PageSize is the maximum number of items on a page.
	PageSize int
	// EarlyValidation rejects change sets that create resources with names that
	// exist, as CloudFormation has done since November 2025.
	EarlyValidation bool
	// Warnings are the validation warnings in every change set: reasons by the
	// logical ID of a resource, or by "" for the stack.
	Warnings map[string]string
	// Hooks are hooks that fail for every change set with the failure mode WARN:
	// the reason of the failure by the type of the hook.
	Hooks map[string]string
	// Parameters are the parameters of every stack; an update must keep each
	// with UsePreviousValue.
	Parameters []string
	// Dependents are resources that every change set of an update lists because
	// they refer to changed resources, although they do not change.
	Dependents []string
	// PropertyValues is the reaction to IncludePropertyValues: "" returns the
	// values, "ignore" omits them, and "reject" is an error. With "ignore" and
	// "reject" there is no PolicyAction either.
	PropertyValues string
	// HideFinal omits the last event of an operation from the list of events,
	// and HideFirst the first event of a creation. EventLag is how long new
	// events are missing from the list.
	HideFinal, HideFirst bool
	EventLag             time.Duration
	// ForgetDeleted makes a deleted stack unknown, even by its ID.
	ForgetDeleted bool
	// FailedDuration is how long a failed creation is CREATE_FAILED before
	// CloudFormation deletes it; 0 means that it never has this status.
	FailedDuration time.Duration
	// DeletionWithoutToken omits the request token from the deletion of a
	// failed creation.
	DeletionWithoutToken bool
	// DescribeDeleted makes DescribeChangeSet return a deleted change set, as
	// DELETE_COMPLETE, instead of an error.
	DescribeDeleted bool
	// DuplicateProperties lists every changed property twice, with a dynamic
	// and a static reason.
	DuplicateProperties bool
	// Decide, if set, returns the fault for a request, or nil. It takes
	// precedence over the faults of Break. The double is locked while Decide
	// runs.
	Decide func(Request) *Fault
	// DetectionTime is how long drift detection takes.
	DetectionTime time.Duration
	// Simulate returns the results of policy simulations; without it every call
	// is allowed. Summary has the counts and quotas of the account; nil means
	// those of [DefaultSummary]. Versions has the number of versions of managed
	// policies, by ARN; 0 means 1.
	Simulate func(SimulatedCall) SimulatedAnswer
	Summary  map[string]int
	Versions map[string]int
	// DuplicateEvents lists every event twice. ReasonSuffix is appended to
	// every reason.
	DuplicateEvents bool
	ReasonSuffix    string

	requestCount  atomic.Int64
	pauses        pauses.Check
	mu            sync.Mutex
	serial        int
	stacks        []*stack
	changeSets    []*changeSet
	allChangeSets []*changeSet // including deleted ones
	detections    []*detection
	effects       []Effect
	owners        map[string]string // by "type/physical ID": the ID of the stack; "" for a resource in no stack
	failures      map[string]string // by "phase/logical ID": the reason
	faults        []*Fault
	requests      []Request
	onRequest     func(Request)
}

// OnRequest sets a function that is called before each request is carried out.
// The double is unlocked meanwhile, so a test can make a concurrent change at
// that moment. A test may call OnRequest at any time, which replaces the
// previous function.
func (d *Double) OnRequest(call func(Request)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.onRequest = call
}

// New returns a double of an account without stacks.
func New() *Double {
	return &Double{
		Account: "123456789012", Region: "eu-west-1", Partition: "aws",
		Duration: time.Second, Durations: map[string]time.Duration{}, ChangeSetTime: time.Second, PageSize: 100,
		owners: map[string]string{}, failures: map[string]string{},
	}
}

// Request is a request that the double received.
type Request struct {
	// Number counts the requests from 1, in the order of their arrival. A
	// request that is carried out later ([Late]) is recorded twice.
	Number    int
	Time      time.Time
	Operation string
	Form      map[string]string
	// Failed is the error code of the response, "" for success, or "fault" when
	// a [Fault] kept the request from being carried out.
	Failed string
	// Fault is the kind of fault that the request had; "" for none.
	Fault FaultKind
}

// Mutates reports whether the operation changes a stack. Creating and deleting
// change sets does not count, because they change nothing until they are
// executed.
func (r Request) Mutates() bool {
	switch r.Operation {
	case "ExecuteChangeSet", "DeleteStack", "ContinueUpdateRollback", "UpdateTerminationProtection", "CreateStack", "UpdateStack":
		return true
	}
	return false
}

// AccountResources returns the resources in the account, as sorted "type/physical ID".
func (d *Double) AccountResources() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	return slices.Sorted(maps.Keys(d.owners))
}

// Status returns the status of the newest stack with a name or ID; "" for none.
func (d *Double) Status(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	for _, s := range slices.Backward(d.stacks) {
		if s.name == name || s.id == name {
			return s.status
		}
	}
	return ""
}

// Template returns the template of an existing stack; "" for none.
func (d *Double) Template(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	if s := d.find(name); s != nil {
		return s.template
	}
	return ""
}

// Protected reports whether a stack has termination protection.
func (d *Double) Protected(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	s := d.find(name)
	return s != nil && s.protected
}

// ChangeSets returns the names of the existing change sets.
func (d *Double) ChangeSets() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	var names []string
	for _, c := range d.changeSets {
		names = append(names, c.name)
	}
	return names
}

// LastEventTime returns the time of a stack's last event; the zero time if
// there is no stack.
func (d *Double) LastEventTime(name string) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	for _, s := range slices.Backward(d.stacks) {
		if s.name == name || s.id == name {
			return s.events[len(s.events)-1].when
		}
	}
	return time.Time{}
}

// EventIDs returns the IDs of all events of a stack, oldest first.
func (d *Double) EventIDs(name string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	var ids []string
	for _, s := range slices.Backward(d.stacks) {
		if s.name == name || s.id == name {
			for _, e := range s.events {
				ids = append(ids, e.id)
			}
			break
		}
	}
	return ids
}

// Requests returns the requests so far.
func (d *Double) Requests() []Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.requests)
}

// Count returns the number of requests of an operation.
func (d *Double) Count(operation string) int {
	n := 0
	for _, r := range d.Requests() {
		if r.Operation == operation {
			n++
		}
	}
	return n
}

// Mutations returns the operations that changed a stack, in order.
func (d *Double) Mutations() []string {
	var all []string
	for _, r := range d.Requests() {
		if r.Mutates() && r.Failed == "" {
			all = append(all, r.Operation)
		}
	}
	return all
}

func (d *Double) nextSerial() int {
	d.serial++
	return d.serial
}

// uuid returns a new ID in UUID form.
func (d *Double) uuid() string {
	n := d.nextSerial()
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", n, n)
}

func (d *Double) arn(service, region, path string) string {
	return "arn:" + d.Partition + ":" + service + ":" + region + ":" + d.Account + ":" + path
}
