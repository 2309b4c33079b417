// The faults that a run encounters: injected errors, changes by others during a
// request, and signals.

package chaos_test

import (
	"fmt"
	"strings"
	"time"

	"capaboot/internal/cfndouble"
)

// trouble is everything that goes wrong in a run. The zero value means that
// nothing does.
type trouble struct {
	weather weather
	// aims are faults in the requests of one operation or, without an
	// operation, in all requests. Skip and Times count only these requests, and
	// only those of this run.
	aims []cfndouble.Fault
	// The signal is sent signalAfter after request number signalAt arrives.
	// signalAt counts the requests of signalOperation, or all requests if
	// signalOperation is "". If signalAt is 0, no signal is sent.
	signalAt        int
	signalOperation string
	signalAfter     time.Duration
	// signalText sends the signal when stderr contains this text; "" for none.
	signalText string
	// othersAt is the number of the request before which another person makes a
	// change; 0 for none. It counts the requests of othersOperation, or all
	// requests if othersOperation is "".
	othersAt        int
	othersOperation string
	others          otherChange
	// outage is how long every request has a fault after an operation has
	// started; the faults end earlier if the operation ends.
	outage     time.Duration
	outageKind faultKind
	// lostOperation is an operation whose first request is carried out but gets
	// no response.
	lostOperation string
	// lateAt is the number of the request for events before which an event
	// appears late; 0 for none. The late event is listed below the newest
	// event, and is older by lateBy. If lateReason is set, the event is a
	// failure.
	lateAt     int
	lateBy     time.Duration
	lateReason string
	// lateEnd makes the late event the final event of a previous operation.
	lateEnd bool
	// delay is how long the first request of delayOperation waits before it is
	// carried out, even if its client has closed the connection by then.
	delay          time.Duration
	delayOperation string
	// misleading means that a response looks valid but is incomplete or wrong,
	// so that the stack or its change set seems to be another one.
	misleading bool
	// renewed means that new credentials are available after the service
	// rejected expired ones.
	renewed bool
}

func (t trouble) String() string {
	text := t.weather.String()
	for _, aim := range t.aims {
		text += fmt.Sprintf(", %s at %d requests %s after %d", aim.Kind, aim.Times, aim.Operation, aim.Skip)
	}
	if t.signalAt > 0 {
		text += fmt.Sprintf(", a signal %v after request %d", t.signalAfter, t.signalAt)
	}
	if t.outage > 0 {
		text += fmt.Sprintf(", %s for %v", t.outageKind, t.outage)
	}
	if t.othersAt > 0 {
		text += fmt.Sprintf(", others at request %d %s: %s", t.othersAt, t.othersOperation, t.others)
	}
	return text
}

// weather is a pattern of faults.
type weather struct {
	pattern string
	// percent is the share of requests that get a fault of one of the kinds. Only
	// requests of operation ("" for all) with a number in [from, to) count; if
	// to is 0, there is no upper limit.
	percent   int
	operation string
	from, to  int
	kinds     []faultKind
	// alternating limits faults to every second request of each operation,
	// beginning with the first.
	alternating bool
	// mild allows at most two consecutive faults.
	mild bool
	// expiresAt is the number of the request at which the credentials expire; 0
	// for none.
	expiresAt int
}

func (w weather) String() string {
	if w.pattern == "" {
		return "no faults"
	}
	return fmt.Sprintf("%s: %d%% of %q in [%d, %d) of %d kinds, the first %v", w.pattern, w.percent, w.operation, w.from, w.to, len(w.kinds), w.kinds[0])
}

// faultKind is a kind of fault. make creates a fault for a request; it returns
// nil when the request cannot have such a fault.
type faultKind struct {
	name string
	make func(d dice, q cfndouble.Request) *cfndouble.Fault
}

func (k faultKind) String() string { return k.name }

func sameFault(fault cfndouble.FaultKind) faultKind {
	return faultKind{string(fault), func(dice, cfndouble.Request) *cfndouble.Fault { return &cfndouble.Fault{Kind: fault} }}
}

// faultKinds are all kinds of occasional faults.
var faultKinds = []faultKind{
	sameFault(cfndouble.Throttled), sameFault(cfndouble.Unavailable), sameFault(cfndouble.Internal),
	sameFault(cfndouble.Reset), sameFault(cfndouble.Lost), sameFault(cfndouble.Truncated),
	sameFault(cfndouble.Portal), sameFault(cfndouble.Redirect),
	{"html", func(d dice, _ cfndouble.Request) *cfndouble.Fault {
		return &cfndouble.Fault{Kind: cfndouble.HTML, Status: pick(d, 502, 403, 404, 407, 400, 504)}
	}},
	{"late", func(d dice, _ cfndouble.Request) *cfndouble.Fault {
		return &cfndouble.Fault{Kind: cfndouble.Late, Delay: d.between(time.Millisecond, 3*time.Second)}
	}},
	{"slow", func(d dice, _ cfndouble.Request) *cfndouble.Fault {
		return &cfndouble.Fault{Kind: cfndouble.Slow, Delay: pick(d, 3*time.Second, 12*time.Second)}
	}},
	{"silence", func(d dice, _ cfndouble.Request) *cfndouble.Fault {
		return &cfndouble.Fault{Kind: cfndouble.Slow, Delay: time.Hour, NotCarriedOut: d.chance(50)}
	}},
	{"stale", func(d dice, _ cfndouble.Request) *cfndouble.Fault {
		return &cfndouble.Fault{Kind: cfndouble.Refused, Code: pick(d, "RequestExpired", "SignatureDoesNotMatch"), Message: "Signature expired"}
	}},
	maybeCarriedOut(cfndouble.Empty), maybeCarriedOut(cfndouble.Declaration), maybeCarriedOut(cfndouble.Foreign), maybeCarriedOut(cfndouble.Garbage),
	{"lacking", func(d dice, q cfndouble.Request) *cfndouble.Fault {
		elements := requiredElements[q.Operation]
		if len(elements) == 0 {
			return nil
		}
		return &cfndouble.Fault{Kind: cfndouble.Lacking, Element: pick(d, elements...), NotCarriedOut: false}
	}},
	{"other page", func(d dice, q cfndouble.Request) *cfndouble.Fault {
		switch {
		case q.Form["NextToken"] == "":
			return nil
		case q.Operation == "DescribeChangeSet":
			return &cfndouble.Fault{Kind: cfndouble.Altered, Other: "Action", OtherText: "Add", Element: "ChangeSetId", Message: "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/capaboot-OTHER/00000000-0000-4000-8000-000000000000"}
		}
		return &cfndouble.Fault{Kind: cfndouble.Lacking, Element: "Result"}
	}},
}

// mildWeather returns a pattern of faults that every command must survive.
func mildWeather(d dice) weather {
	w := weather{pattern: "mild", percent: 5 + d.IntN(15), kinds: faultKinds, mild: true}
	if d.chance(50) {
		w.expiresAt = 2 + d.IntN(12)
	}
	return w
}

// maybeCarriedOut returns a faultKind whose request is carried out or not, at
// random.
func maybeCarriedOut(fault cfndouble.FaultKind) faultKind {
	return faultKind{string(fault), func(d dice, _ cfndouble.Request) *cfndouble.Fault {
		return &cfndouble.Fault{Kind: fault, NotCarriedOut: d.chance(50)}
	}}
}

// requiredElements lists the elements that every response of an operation has;
// "Result" is the whole result.
var requiredElements = map[string][]string{
	"CreateChangeSet":     {"Id", "StackId", "Result"},
	"DescribeChangeSet":   {"Status", "ChangeSetId", "StackId", "ExecutionStatus", "Changes", "Action", "LogicalResourceId", "Result"},
	"ListChangeSets":      {"Summaries", "ChangeSetName", "ChangeSetId", "Status", "Result"},
	"DescribeStacks":      {"Stacks", "StackStatus", "StackId", "StackName", "Result"},
	"DescribeStackEvents": {"StackEvents", "EventId", "StackId", "Result"},
	"ListStackResources":  {"StackResourceSummaries", "ResourceStatus", "LogicalResourceId", "ResourceType", "Result"},
	"GetTemplate":         {"TemplateBody", "Result"},
	"GetCallerIdentity":   {"Arn", "Account", "Result"},
}

// deniableOperations lists the operations for which the caller may lack the
// permission.
var deniableOperations = []string{
	"CreateChangeSet", "DescribeChangeSet", "ListChangeSets", "DeleteChangeSet", "ExecuteChangeSet", "DescribeStacks", "DescribeStackEvents",
	"DescribeEvents", "ListStackResources", "GetTemplate", "DeleteStack", "ContinueUpdateRollback", "UpdateTerminationProtection",
}

// mutatingOperations lists the operations whose lost responses matter most.
var mutatingOperations = []string{"CreateChangeSet", "ExecuteChangeSet", "DeleteChangeSet", "DeleteStack", "ContinueUpdateRollback", "UpdateTerminationProtection"}

// drawWeather returns random faults for a run.
func drawWeather(d dice) weather {
	switch n := d.IntN(100); {
	case n < 22:
		return weather{}
	case n < 36:
		return weather{pattern: "drizzle", percent: 3 + d.IntN(12), kinds: faultKinds}
	case n < 44:
		return weather{pattern: "storm", percent: 25 + d.IntN(40), kinds: faultKinds}
	case n < 54:
		return weather{pattern: "one kind", percent: 10 + d.IntN(40), kinds: []faultKind{pick(d, faultKinds...)}}
	case n < 62:
		from := 1 + d.IntN(25)
		return weather{pattern: "outage", percent: 100, from: from, to: from + 1 + d.IntN(12), kinds: []faultKind{pick(d, faultKinds...)}}
	case n < 68:
		return weather{pattern: "permanent outage", percent: 100, from: 1 + d.IntN(25), kinds: []faultKind{pick(d, faultKinds...)}}
	case n < 80:
		return weather{pattern: "aimed", percent: pick(d, 100, 60), operation: pick(d, mutatingOperations...), from: 0, kinds: []faultKind{pick(d, faultKinds...)}}
	case n < 92:
		return weather{pattern: "denied", percent: 100, operation: pick(d, deniableOperations...), kinds: []faultKind{sameFault(cfndouble.Denied)}}
	}
	from := 1 + d.IntN(25)
	return weather{pattern: "expired", percent: 100, from: from, to: pick(d, 0, from+1), kinds: []faultKind{sameFault(cfndouble.Expired)}}
}

// fault returns the fault for a request; nil for none.
func (w weather) fault(d dice, q cfndouble.Request, n int) *cfndouble.Fault {
	if n > 0 && n == w.expiresAt && q.Operation != "GetCallerIdentity" {
		return &cfndouble.Fault{Kind: cfndouble.Expired}
	}
	if w.alternating && n%2 == 0 {
		return nil
	}
	if w.percent == 0 || n < w.from || w.to > 0 && n >= w.to || w.operation != "" && w.operation != q.Operation || !d.chance(w.percent) {
		return nil
	}
	return pick(d, w.kinds...).make(d, q)
}

// latency returns how long a request or its response takes on the network.
func latency(d dice) time.Duration { return d.between(time.Millisecond, 120*time.Millisecond) }

// onRequest is called before each request is carried out.
func (w *world) onRequest(q cfndouble.Request) {
	w.mu.Lock()
	r := w.current
	if r == nil { // after the end of the run
		w.mu.Unlock()
		return
	}
	n := len(r.requests) + 1
	this := &request{Request: q, arrived: q.Time, stderrLength: len(r.stderrRecorder.String())}
	r.requests = append(r.requests, this)
	w.mu.Unlock()
	d := newDice(w.seed, fmt.Sprintf("request of run %d", r.number), n)
	if w.isSignalDue(r, q, n) {
		time.AfterFunc(r.trouble.signalAfter, func() { w.interrupt(r) })
	}
	time.Sleep(latency(d))
	if t := r.trouble; t.delayOperation != "" && q.Operation == t.delayOperation && w.position(r, q) == 1 {
		time.Sleep(t.delay)
	}
	if w.isOtherChangeDue(r, q, n) {
		if did := w.makeOtherChange(r.trouble.others); did != "" {
			w.mu.Lock()
			r.others = append(r.others, fmt.Sprintf("at %v, before request %d: %s", time.Since(r.began).Round(time.Millisecond), n, did))
			w.mu.Unlock()
		}
	}
	if q.Operation == "DescribeStackEvents" {
		w.addLateEvent(r)
	}
	stack := q.Form["StackName"]
	if stack == "" {
		stack = stackName
	}
	is, sets, differences := w.stateOf(stack), w.double.AllChangeSets(), w.double.Differences(stackName, r.goal.template, r.goal.tags)
	w.mu.Lock()
	defer w.mu.Unlock()
	this.state, this.sets, this.differences = is, sets, differences
}

func (w *world) interrupt(r *run) {
	w.mu.Lock()
	r.cancelled, r.requestsBefore, r.stderrBefore = time.Now(), len(r.requests), r.stderrRecorder.String()
	w.mu.Unlock()
	r.cancel()
}

// lateResource is the logical ID of the resource with the late event.
const lateResource = "AWSIAMRoleLate"

// addLateEvent counts the requests for events, and adds the late event at request
// number lateAt if an operation is running.
func (w *world) addLateEvent(r *run) {
	w.mu.Lock()
	r.eventRequests++
	now := r.eventRequests == r.trouble.lateAt
	w.mu.Unlock()
	if is := w.stateOf(stackName); now && !is.empty() && strings.HasSuffix(is.status, "_IN_PROGRESS") {
		status, reason := "UPDATE_IN_PROGRESS", "a slow resource"
		if r.trouble.lateReason != "" {
			status, reason = "UPDATE_FAILED", r.trouble.lateReason
		}
		if r.trouble.lateEnd {
			w.double.AddLateEvent(stackName, stackName, "UPDATE_COMPLETE", "", r.trouble.lateBy)
			return
		}
		w.double.AddLateEvent(stackName, lateResource, status, reason, r.trouble.lateBy)
	}
}

func (w *world) isSignalDue(r *run, q cfndouble.Request, n int) bool {
	t := r.trouble
	if t.signalOperation == "" || t.signalAt == 0 {
		return n == t.signalAt
	}
	return q.Operation == t.signalOperation && w.position(r, q) == t.signalAt
}

// position returns the position of a request among the run's requests of the
// same operation, counted from 1.
func (w *world) position(r *run, q cfndouble.Request) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return r.position(q)
}

// position is like world.position; the caller holds the lock.
func (r *run) position(q cfndouble.Request) int {
	n := 0
	for _, one := range r.requests {
		if one.Operation == q.Operation && one.Number <= q.Number {
			n++
		}
	}
	return n
}

// aimedFault returns the aimed fault for a request; nil for none.
func (r *run) aimedFault(q cfndouble.Request, n int) *cfndouble.Fault {
	for _, aim := range r.trouble.aims {
		at := n
		if aim.Operation != "" {
			at = r.position(q)
		}
		if (aim.Operation == "" || aim.Operation == q.Operation) && at > aim.Skip && (aim.Times == 0 || at <= aim.Skip+aim.Times) {
			return &aim
		}
	}
	return nil
}

// isOtherChangeDue reports whether another person's change is due. The change
// never comes right before a deletion, because CloudFormation offers no way to
// make a deletion depend on earlier reads.
func (w *world) isOtherChangeDue(r *run, q cfndouble.Request, n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := r.trouble; r.othersDue || t.othersAt == 0 || q.Operation == "DeleteStack" || t.othersOperation != "" && t.othersOperation != q.Operation {
		return false
	}
	if r.trouble.othersOperation == "" {
		r.othersDue = n >= r.trouble.othersAt
	} else {
		r.othersSeen++
		r.othersDue = r.othersSeen == r.trouble.othersAt
	}
	return r.othersDue
}

// decide returns the fault for a request that is about to be carried out.
func (w *world) decide(q cfndouble.Request) *cfndouble.Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.current
	if r == nil {
		return nil
	}
	n := 0
	for i, one := range r.requests {
		if one.Number == q.Number {
			n = i + 1
		}
	}
	d := newDice(w.seed, fmt.Sprintf("fault of run %d", r.number), n)
	at := n
	if r.trouble.weather.alternating {
		at = r.position(q)
	}
	fault := r.trouble.weather.fault(d, q, at)
	if r.trouble.weather.mild && r.consecutiveFaults >= 2 {
		fault = nil
	}
	if aimed := r.aimedFault(q, n); aimed != nil {
		fault = aimed
	}
	if q.Operation == r.trouble.lostOperation && !r.responseLost {
		r.responseLost = true
		fault = &cfndouble.Fault{Kind: pick(d, cfndouble.Lost, cfndouble.Truncated)}
	}
	switch started := q.Operation == "ExecuteChangeSet" || q.Operation == "DeleteStack"; {
	case r.trouble.outage == 0:
	case started && fault == nil && r.outageStart.IsZero():
		r.outageStart = time.Now()
	case !r.outageStart.IsZero() && time.Since(r.outageStart) < r.trouble.outage && n > 0 && !r.requests[n-1].state.empty() && strings.HasSuffix(r.requests[n-1].state.status, "_IN_PROGRESS"):
		fault = r.trouble.outageKind.make(d, q)
	}
	if fault != nil {
		r.faultCount++
		r.consecutiveFaults++
		if fault.Kind == cfndouble.Expired && r.trouble.renewed {
			w.token = fmt.Sprintf("%s/%d", fakeToken, q.Number)
		}
		return fault
	}
	r.consecutiveFaults = 0
	return &cfndouble.Fault{Kind: cfndouble.Slow, Delay: latency(d)} // latency of the response
}
