// Trouble: what a run meets. Faults by a pattern, other people at one request, a
// signal after another.

package chaos_test

import (
	"fmt"
	"strings"
	"time"

	"capaboot/internal/cfndouble"
)

// trouble is what goes wrong in a run. The zero value is none.
type trouble struct {
	weather weather
	// aims are faults at single requests: the double's, counted in this run.
	aims []cfndouble.Fault
	// signalAt is the request during or after which the signal comes, of operation
	// signalOf or of all, 0 for none, and signalAfter how long after its arrival.
	signalAt    int
	signalOf    string
	signalAfter time.Duration
	// signalSaid: the signal comes when this is reported on stderr; "" for not.
	signalSaid string
	// othersAt is the request before which somebody else does something, of
	// operation othersOf or of all, 0 for none.
	othersAt int
	othersOf string
	others   deed
	// dark is how long every request meets a fault after an operation has started.
	dark     time.Duration
	darkness kind
	// lost is an operation whose first request is carried out and not answered.
	lost string
	// lateAt is the request for events before which one turns up late, below the
	// newest, and lateBy older than it; 0 for none. It fails with lateReason, ""
	// for one that goes well.
	lateAt     int
	lateBy     time.Duration
	lateReason string
	// lateEnd: the late event is that of the end of an operation before.
	lateEnd bool
	// tardy is how long the first request of operation tardyOf waits before it is
	// carried out, also when its client is gone by then.
	tardy   time.Duration
	tardyOf string
	// misled: an answer lacks what nothing shows to be missing, so that the stack
	// seems to change.
	misled bool
	// renewed: there are new credentials after the service said that they
	// expired.
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
	if t.dark > 0 {
		text += fmt.Sprintf(", %s for %v", t.darkness, t.dark)
	}
	if t.othersAt > 0 {
		text += fmt.Sprintf(", others at request %d %s: %s", t.othersAt, t.othersOf, t.others)
	}
	return text
}

// weather is a pattern of faults.
type weather struct {
	pattern string
	// percent of the requests of operation ("" for all) from request from on, to
	// the one before to (0 forever), meet a fault: one of kinds.
	percent   int
	operation string
	from, to  int
	kinds     []kind
	// alternating: only every second request of each operation does, from the
	// first on.
	alternating bool
	// mild: never more than two faults one after another.
	mild bool
	// expiresAt is the request at which the credentials expire, 0 for none.
	expiresAt int
}

func (w weather) String() string {
	if w.pattern == "" {
		return "no faults"
	}
	return fmt.Sprintf("%s: %d%% of %q in [%d, %d) of %d kinds, the first %v", w.pattern, w.percent, w.operation, w.from, w.to, len(w.kinds), w.kinds[0])
}

// kind makes a fault for a request, nil where there is none of the kind.
type kind struct {
	name string
	make func(d dice, q cfndouble.Request) *cfndouble.Fault
}

func (k kind) String() string { return k.name }

// plain is a kind that is the same for all requests.
func plain(fault cfndouble.FaultKind) kind {
	return kind{string(fault), func(dice, cfndouble.Request) *cfndouble.Fault { return &cfndouble.Fault{Kind: fault} }}
}

// kinds are all that requests may meet now and then.
var kinds = []kind{
	plain(cfndouble.Throttled), plain(cfndouble.Unavailable), plain(cfndouble.Internal),
	plain(cfndouble.Reset), plain(cfndouble.Lost), plain(cfndouble.Truncated),
	plain(cfndouble.Portal), plain(cfndouble.Redirect),
	{"html", func(d dice, _ cfndouble.Request) *cfndouble.Fault {
		return &cfndouble.Fault{Kind: cfndouble.HTML, Status: one(d, 502, 403, 404, 407, 400, 504)}
	}},
	{"late", func(d dice, _ cfndouble.Request) *cfndouble.Fault {
		return &cfndouble.Fault{Kind: cfndouble.Late, Delay: d.between(time.Millisecond, 3*time.Second)}
	}},
	{"slow", func(d dice, _ cfndouble.Request) *cfndouble.Fault {
		return &cfndouble.Fault{Kind: cfndouble.Slow, Delay: one(d, 3*time.Second, 12*time.Second)}
	}},
	{"silence", func(d dice, _ cfndouble.Request) *cfndouble.Fault {
		return &cfndouble.Fault{Kind: cfndouble.Slow, Delay: time.Hour, NotCarriedOut: d.chance(50)}
	}},
	{"stale", func(d dice, _ cfndouble.Request) *cfndouble.Fault {
		return &cfndouble.Fault{Kind: cfndouble.Refused, Code: one(d, "RequestExpired", "SignatureDoesNotMatch"), Message: "Signature expired"}
	}},
	undone(cfndouble.Empty), undone(cfndouble.Declaration), undone(cfndouble.Foreign), undone(cfndouble.Garbage),
	{"lacking", func(d dice, q cfndouble.Request) *cfndouble.Fault {
		elements := must[q.Operation]
		if len(elements) == 0 {
			return nil
		}
		return &cfndouble.Fault{Kind: cfndouble.Lacking, Element: one(d, elements...), NotCarriedOut: false}
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

// mildly is a weather that every run must get through.
func mildly(d dice) weather {
	w := weather{pattern: "mild", percent: 5 + d.IntN(15), kinds: kinds, mild: true}
	if d.chance(50) {
		w.expiresAt = 2 + d.IntN(12)
	}
	return w
}

// undone is a kind whose request may or may not be carried out.
func undone(fault cfndouble.FaultKind) kind {
	return kind{string(fault), func(d dice, _ cfndouble.Request) *cfndouble.Fault {
		return &cfndouble.Fault{Kind: fault, NotCarriedOut: d.chance(50)}
	}}
}

// must are the elements that every answer of an operation has; "Result" is its
// result as a whole.
var must = map[string][]string{
	"CreateChangeSet":     {"Id", "StackId", "Result"},
	"DescribeChangeSet":   {"Status", "ChangeSetId", "StackId", "ExecutionStatus", "Changes", "Action", "LogicalResourceId", "Result"},
	"ListChangeSets":      {"Summaries", "ChangeSetName", "ChangeSetId", "Status", "Result"},
	"DescribeStacks":      {"Stacks", "StackStatus", "StackId", "StackName", "Result"},
	"DescribeStackEvents": {"StackEvents", "EventId", "StackId", "Result"},
	"ListStackResources":  {"StackResourceSummaries", "ResourceStatus", "LogicalResourceId", "ResourceType", "Result"},
	"GetTemplate":         {"TemplateBody", "Result"},
	"GetCallerIdentity":   {"Arn", "Account", "Result"},
}

// denied are the operations that somebody may not have the permission for.
var denied = []string{
	"CreateChangeSet", "DescribeChangeSet", "ListChangeSets", "DeleteChangeSet", "ExecuteChangeSet", "DescribeStacks", "DescribeStackEvents",
	"DescribeEvents", "ListStackResources", "GetTemplate", "DeleteStack", "ContinueUpdateRollback", "UpdateTerminationProtection",
}

// mutating are the operations whose lost answers matter most.
var mutating = []string{"CreateChangeSet", "ExecuteChangeSet", "DeleteChangeSet", "DeleteStack", "ContinueUpdateRollback", "UpdateTerminationProtection"}

// drawWeather draws the faults of a run.
func drawWeather(d dice) weather {
	switch n := d.IntN(100); {
	case n < 22:
		return weather{}
	case n < 36:
		return weather{pattern: "drizzle", percent: 3 + d.IntN(12), kinds: kinds}
	case n < 44:
		return weather{pattern: "storm", percent: 25 + d.IntN(40), kinds: kinds}
	case n < 54:
		return weather{pattern: "one kind", percent: 10 + d.IntN(40), kinds: []kind{one(d, kinds...)}}
	case n < 62:
		from := 1 + d.IntN(25)
		return weather{pattern: "outage", percent: 100, from: from, to: from + 1 + d.IntN(12), kinds: []kind{one(d, kinds...)}}
	case n < 68:
		return weather{pattern: "outage for good", percent: 100, from: 1 + d.IntN(25), kinds: []kind{one(d, kinds...)}}
	case n < 80:
		return weather{pattern: "aimed", percent: one(d, 100, 60), operation: one(d, mutating...), from: 0, kinds: []kind{one(d, kinds...)}}
	case n < 92:
		return weather{pattern: "denied", percent: 100, operation: one(d, denied...), kinds: []kind{plain(cfndouble.Denied)}}
	}
	from := 1 + d.IntN(25)
	return weather{pattern: "expired", percent: 100, from: from, to: one(d, 0, from+1), kinds: []kind{plain(cfndouble.Expired)}}
}

// fault returns what a request of a run meets, nil for nothing.
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
	return one(d, w.kinds...).make(d, q)
}

// latency is the time that a request, and its response, take on the network.
func latency(d dice) time.Duration { return d.between(time.Millisecond, 120*time.Millisecond) }

// arrives is called before each request is carried out.
func (w *world) arrives(q cfndouble.Request) {
	w.mu.Lock()
	r := w.now
	if r == nil { // after the end of its run
		w.mu.Unlock()
		return
	}
	n := len(r.requests) + 1
	this := &request{Request: q, arrived: q.Time, said: len(r.talk.String())}
	r.requests = append(r.requests, this)
	w.mu.Unlock()
	d := roll(w.seed, fmt.Sprintf("request of run %d", r.number), n)
	if w.signalComes(r, q, n) {
		time.AfterFunc(r.trouble.signalAfter, func() { w.interrupt(r) })
	}
	time.Sleep(latency(d))
	if t := r.trouble; t.tardyOf != "" && q.Operation == t.tardyOf && w.count(r, q) == 1 {
		time.Sleep(t.tardy)
	}
	if w.othersCome(r, q, n) {
		if did := w.others(r.trouble.others); did != "" {
			w.mu.Lock()
			r.others = append(r.others, fmt.Sprintf("at %v, before request %d: %s", time.Since(r.began).Round(time.Millisecond), n, did))
			w.mu.Unlock()
		}
	}
	if q.Operation == "DescribeStackEvents" {
		w.lateEvent(r)
	}
	stack := q.Form["StackName"]
	if stack == "" {
		stack = stackName
	}
	is, sets, far := w.look(stack), w.double.AllChangeSets(), w.double.Differences(stackName, r.goal.template, r.goal.tags)
	w.mu.Lock()
	defer w.mu.Unlock()
	this.state, this.sets, this.far = is, sets, far
}

// interrupt sends the signal.
func (w *world) interrupt(r *run) {
	w.mu.Lock()
	r.cancelled, r.asked, r.heard = time.Now(), len(r.requests), r.talk.String()
	w.mu.Unlock()
	r.cancel()
}

// lateResource is the logical ID of the resource whose event turns up late.
const lateResource = "AWSIAMRoleLate"

// lateEvent lets an event turn up late while an operation goes on.
func (w *world) lateEvent(r *run) {
	w.mu.Lock()
	r.looks++
	now := r.looks == r.trouble.lateAt
	w.mu.Unlock()
	if is := w.look(stackName); now && !is.empty() && strings.HasSuffix(is.status, "_IN_PROGRESS") {
		status, reason := "UPDATE_IN_PROGRESS", "it took its time"
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

// signalComes says whether it is the time for the signal.
func (w *world) signalComes(r *run, q cfndouble.Request, n int) bool {
	t := r.trouble
	if t.signalOf == "" || t.signalAt == 0 {
		return n == t.signalAt
	}
	return q.Operation == t.signalOf && w.count(r, q) == t.signalAt
}

// count returns the position of a request among those of its operation in a run.
func (w *world) count(r *run, q cfndouble.Request) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return r.count(q)
}

// count is world.count when that is locked.
func (r *run) count(q cfndouble.Request) int {
	n := 0
	for _, one := range r.requests {
		if one.Operation == q.Operation && one.Number <= q.Number {
			n++
		}
	}
	return n
}

// aimed returns the fault that is aimed at a request, nil for none.
func (r *run) aimed(q cfndouble.Request, n int) *cfndouble.Fault {
	for _, aim := range r.trouble.aims {
		at := n
		if aim.Operation != "" {
			at = r.count(q)
		}
		if (aim.Operation == "" || aim.Operation == q.Operation) && at > aim.Skip && (aim.Times == 0 || at <= aim.Skip+aim.Times) {
			return &aim
		}
	}
	return nil
}

// othersCome says whether it is the time for others. That is not between a
// deletion and what it was decided by: there CloudFormation has nothing that one
// could rely on.
func (w *world) othersCome(r *run, q cfndouble.Request, n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := r.trouble; r.met || t.othersAt == 0 || q.Operation == "DeleteStack" || t.othersOf != "" && t.othersOf != q.Operation {
		return false
	}
	if r.trouble.othersOf == "" {
		r.met = n >= r.trouble.othersAt
	} else {
		r.passed++
		r.met = r.passed == r.trouble.othersAt
	}
	return r.met
}

// decide is called when a request is about to be carried out.
func (w *world) decide(q cfndouble.Request) *cfndouble.Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.now
	if r == nil {
		return nil
	}
	n := 0
	for i, one := range r.requests {
		if one.Number == q.Number {
			n = i + 1
		}
	}
	d := roll(w.seed, fmt.Sprintf("fault of run %d", r.number), n)
	at := n
	if r.trouble.weather.alternating {
		at = r.count(q)
	}
	fault := r.trouble.weather.fault(d, q, at)
	if r.trouble.weather.mild && r.inARow >= 2 {
		fault = nil
	}
	if aimed := r.aimed(q, n); aimed != nil {
		fault = aimed
	}
	if q.Operation == r.trouble.lost && !r.lost {
		r.lost = true
		fault = &cfndouble.Fault{Kind: one(d, cfndouble.Lost, cfndouble.Truncated)}
	}
	switch started := q.Operation == "ExecuteChangeSet" || q.Operation == "DeleteStack"; {
	case r.trouble.dark == 0:
	case started && fault == nil && r.darkFrom.IsZero():
		r.darkFrom = time.Now()
	case !r.darkFrom.IsZero() && time.Since(r.darkFrom) < r.trouble.dark && n > 0 && !r.requests[n-1].state.empty() && strings.HasSuffix(r.requests[n-1].state.status, "_IN_PROGRESS"):
		fault = r.trouble.darkness.make(d, q)
	}
	if fault != nil {
		r.faults++
		r.inARow++
		if fault.Kind == cfndouble.Expired && r.trouble.renewed {
			w.token = fmt.Sprintf("%s/%d", falseToken, q.Number)
		}
		return fault
	}
	r.inARow = 0
	return &cfndouble.Fault{Kind: cfndouble.Slow, Delay: latency(d)} // the way back
}
