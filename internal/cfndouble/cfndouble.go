// Package cfndouble is a test double of CloudFormation: a server that speaks
// its protocol, keeps stacks in memory, and plays the states and events that
// real operations go through, with the texts that real events have. Only tests
// import it.
//
// Nothing runs in the background: each request first lets everything happen
// that was due by then. So it works at once with real time over real HTTP
// (httptest.NewServer(double), AWS_ENDPOINT_URL) and with the time of a
// testing/synctest bubble ([Double.Client], which needs no sockets).
package cfndouble

// This file has what tests set up, script and read back.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Double is a CloudFormation with one account and one region. Its fields are
// set before the first request; its methods may be called at any time.
type Double struct {
	Account, Region, Partition string
	// Each resource takes Duration, or its own of Durations (by logical ID).
	Duration  time.Duration
	Durations map[string]time.Duration
	// ChangeSetTime is how long a change set takes to be made.
	ChangeSetTime time.Duration
	// PageSize is how many events, resources or changes are on a page.
	PageSize int
	// EarlyValidation refuses change sets that create what exists, as
	// CloudFormation does since November 2025.
	EarlyValidation bool
	// Warnings are what the validation warns of in every change set: a reason by
	// the logical ID of a resource, "" for the stack.
	Warnings map[string]string
	// Hooks are the hooks that object to every change set: the reason by the type of
	// the hook.
	Hooks map[string]string
	// Parameters are those that every stack has; an update keeps each by saying so.
	Parameters []string
	// Dependents are resources that every change set of an update lists: they may
	// change because of what they refer to, and do not.
	Dependents []string
	// PropertyValues is what is done with IncludePropertyValues: "" gives them,
	// "ignore" does not, "reject" is an error. But for "" there is no PolicyAction
	// either.
	PropertyValues string
	// HideFinal leaves the last event of an operation out of the list, HideFirst
	// the first of a creation. EventLag is how long events are not listed yet.
	HideFinal, HideFirst bool
	EventLag             time.Duration
	// ForgetDeleted: a stack that was deleted is unknown any more, not even by
	// its ID.
	ForgetDeleted bool
	// FailsFirst is how long a creation that failed is CREATE_FAILED before
	// CloudFormation deletes it; 0 means that it is not.
	FailsFirst time.Duration
	// Tokenless: the deletion of a creation that failed has no request token.
	Tokenless bool
	// Lingering: a change set that was deleted is described as DELETE_COMPLETE.
	Lingering bool
	// Overlapping gives every property that changes twice, for a dynamic reason
	// and for a static one.
	Overlapping bool
	// Decide, when set, says which fault each request meets, before those of
	// Break; nil for none. The double is locked.
	Decide func(Request) *Fault
	// DetectionTime is how long a detection of drift takes.
	DetectionTime time.Duration
	// Simulate answers the simulation of policies; without it every call is allowed.
	// Summary are the counts and quotas of the account, nil for those of [Summary],
	// and Versions how many versions managed policies have, by ARN; 0 means 1.
	Simulate func(SimulatedCall) SimulatedAnswer
	Summary  map[string]int
	Versions map[string]int
	// Twice lists every event twice. Notes is added to every reason.
	Twice bool
	Notes string

	arrived    atomic.Int64
	mu         sync.Mutex
	serial     int
	stacks     []*stack
	changeSets []*changeSet
	madeSets   []*changeSet // all that there ever were
	detections []*detection
	effects    []Effect
	names      map[string]string // type/physical ID: ID of the stack, "" for none
	failures   map[string]string // phase/logical ID: reason
	faults     []*Fault
	requests   []Request
	onRequest  func(Request)
}

// OnRequest calls a function before each request is carried out, unlocked: a
// test can let somebody else do something just then. It replaces the one
// before, at any time.
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
		names: map[string]string{}, failures: map[string]string{},
	}
}

// Request is a request that was made.
type Request struct {
	// Number counts the requests from 1 on, in the order of their arrival. One
	// that is carried out later ([Late]) is there twice.
	Number    int
	Time      time.Time
	Operation string
	Form      map[string]string
	// Failed is the error code of the answer, "" for success, "fault" when a
	// [Fault] kept the request from being carried out.
	Failed string
	// Fault is what it met, "" for nothing.
	Fault FaultKind
}

// Mutates says whether requests of this kind change a stack. Change sets are
// not counted: they change nothing before they are executed.
func (r Request) Mutates() bool {
	switch r.Operation {
	case "ExecuteChangeSet", "DeleteStack", "ContinueUpdateRollback", "UpdateTerminationProtection", "CreateStack", "UpdateStack":
		return true
	}
	return false
}

// Phases of [Double.Fail].
const (
	Create   = "CREATE"
	Update   = "UPDATE"
	Delete   = "DELETE"
	Rollback = "ROLLBACK" // of an update or a creation
)

// Fail makes a resource fail in a phase, with a reason, until Heal.
func (d *Double) Fail(phase, logicalID, reason string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failures[phase+"/"+logicalID] = reason
}

// Heal takes back what Fail said of a resource.
func (d *Double) Heal(logicalID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.DeleteFunc(d.failures, func(key, _ string) bool { return strings.HasSuffix(key, "/"+logicalID) })
}

// Exists says that a resource is in the account, outside any stack. The
// physical ID is as CloudFormation has it: a name, or the ARN of a policy.
func (d *Double) Exists(resourceType, physicalID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.names[resourceType+"/"+physicalID] = ""
}

// Names returns what is in the account, as "type/physical ID", sorted.
func (d *Double) Names() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	return slices.Sorted(maps.Keys(d.names))
}

// Put makes a stack with a status out of nothing, with the resources of a
// template; those of reasons have a reason, and the status that failed.
func (d *Double) Put(name, status, template string, reasons map[string]string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.newStack(name)
	s.template, s.status = template, status
	s.event(d.time(), "CREATE_IN_PROGRESS", "User Initiated", "")
	if status != "REVIEW_IN_PROGRESS" && (status != "ROLLBACK_COMPLETE" || len(reasons) > 0) {
		t, err := parse(template)
		if err != nil {
			panic(err)
		}
		operation, _, _ := strings.Cut(status, "_")
		if operation == "ROLLBACK" {
			operation = "DELETE"
		}
		for id, def := range t {
			if status == "ROLLBACK_COMPLETE" && reasons[id] == "" {
				continue // only what could not be removed is left
			}
			r := &resource{id: id, kind: def.kind, definition: def, physical: d.physical(s, id, def), status: "CREATE_COMPLETE", at: d.time()}
			if reason, ok := reasons[id]; ok {
				r.status, r.reason = operation+"_FAILED", reason
				s.resourceEvent(d.time(), r, "")
			}
			s.resources[id] = r
			d.names[r.kind+"/"+r.physical] = s.id
		}
	}
	s.event(d.time(), status, "", "")
	return s.id
}

// Tag sets the tags of a stack.
func (d *Double) Tag(name string, tags map[string]string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.find(name).tags = tags
}

// outdate makes the change sets of a stack obsolete.
func (d *Double) outdate(s *stack) {
	for _, c := range d.changeSets {
		if c.stack == s && c.execution == "AVAILABLE" {
			c.execution = "OBSOLETE"
		}
	}
}

// Interfere lets somebody else begin an update of a stack, which makes its
// change sets obsolete.
func (d *Double) Interfere(name, template string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	s := d.find(name)
	t, err := parse(template)
	if err != nil {
		panic(err)
	}
	d.outdate(s)
	d.update(s, template, t, s.tags, false, "somebody-else")
}

// Replace lets somebody else have updated a stack to another template of the same
// resources, which is complete.
func (d *Double) Replace(name, template string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	s := d.find(name)
	t, err := parse(template)
	if err != nil {
		panic(err)
	}
	d.outdate(s)
	s.template, s.updated = template, d.time()
	for id, r := range s.resources {
		if def, ok := t[id]; ok {
			r.definition = def
		}
	}
	s.event(d.time(), "UPDATE_IN_PROGRESS", "User Initiated", "somebody-else")
	s.event(d.time(), "UPDATE_COMPLETE", "", "somebody-else")
}

// DeleteNow lets somebody else begin to delete a stack.
func (d *Double) DeleteNow(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	d.delete(d.find(name), nil, "somebody-else", "User Initiated")
}

// Drift makes a property of a resource another than that of the template, so
// that the next change set has it.
func (d *Double) Drift(name, logicalID, property, value string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	r := d.find(name).resources[logicalID]
	r.definition.properties = maps.Clone(r.definition.properties)
	r.definition.properties[property] = value
}

// Late adds an event of a resource, or with the name of the stack one of an
// operation before, that turns up late: below the newest one,
// and as much older.
func (d *Double) Late(name, logicalID, status, reason string, older time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	s := d.find(name)
	last := len(s.events) - 1
	e := event{id: "late-" + logicalID, logical: logicalID, physical: "x", kind: "AWS::IAM::Role", status: status, reason: reason, at: s.events[last].at.Add(-older), token: s.events[last].token}
	if logicalID == name { // the stack itself, of an operation before
		e.physical, e.kind, e.token = s.id, "AWS::CloudFormation::Stack", "somebody-before"
	}
	s.events = slices.Insert(s.events, last, e)
}

// Status returns the status of the newest stack of a name or ID, "" for none.
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

// Template returns the template of a stack that exists, "" for none.
func (d *Double) Template(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	if s := d.find(name); s != nil {
		return s.template
	}
	return ""
}

// Protected says whether a stack has termination protection.
func (d *Double) Protected(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.find(name)
	return s != nil && s.protected
}

// ChangeSets returns the names of the change sets there are.
func (d *Double) ChangeSets() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []string
	for _, c := range d.changeSets {
		names = append(names, c.name)
	}
	return names
}

// FinalAt returns when the last event of a stack happened.
func (d *Double) FinalAt(name string) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.advance()
	for _, s := range slices.Backward(d.stacks) {
		if s.name == name || s.id == name {
			return s.events[len(s.events)-1].at
		}
	}
	return time.Time{}
}

// EventIDs returns the IDs of all events of a stack, the oldest first.
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

// Count returns how many requests of an operation were made.
func (d *Double) Count(operation string) int {
	n := 0
	for _, r := range d.Requests() {
		if r.Operation == operation {
			n++
		}
	}
	return n
}

// Mutations returns the operations that changed something, in order.
func (d *Double) Mutations() []string {
	var all []string
	for _, r := range d.Requests() {
		if r.Mutates() && r.Failed == "" {
			all = append(all, r.Operation)
		}
	}
	return all
}

func (d *Double) next() int {
	d.serial++
	return d.serial
}

// uuid returns an ID in the form of one, different each time.
func (d *Double) uuid() string {
	n := d.next()
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", n, n)
}

func (d *Double) arn(service, region, rest string) string {
	return "arn:" + d.Partition + ":" + service + ":" + region + ":" + d.Account + ":" + rest
}
