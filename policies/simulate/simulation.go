// Simulations: every action of some with every resource, asked by a role or
// user of a set, by somebody with certain policies, or by whom a policy names.

package simulate

import (
	"fmt"

	"capaboot/internal/meter"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// Simulation is a number of requests, and what applies to them.
// [Simulation.AddAction] and [Simulation.AddResource] say what is asked;
// [Simulation.By], [Simulation.As] and [Simulation.AddPolicy] say the caller.
type Simulation struct {
	meter *meter.Meter // of a Run
	// Parameters are those of every [Request].
	Parameters map[string]string
	// Policies are those of the caller, and the policy of the resource.
	Policies Policies

	actions   []string
	seen      map[string]bool   // the actions, in lower case
	notes     map[string]string // remarks on actions
	resources []string
	context   map[string][]string

	principal *document.Principal
	// holder is the role or user, nil for policies by themselves; set has the
	// others.
	holder *document.Holder
	set    *document.Set
	// template are the notes on the templates of the set, and allowed the values
	// that they list for parameters.
	template []string
	unread   bool // a part of the templates that can grant was not read
	allowed  map[string][]string
	// guards are the policies of resources in the templates.
	guards []*document.Holder
}

// Outcome is the decision on one request. Its JSON is documented in
// docs/security-review.md.
type Outcome struct {
	Action     string      `json:"action"`
	Resource   string      `json:"resource"`
	Decision   Decision    `json:"decision"`
	Statements []Statement `json:"statements"`
	// Principal is the caller, for a trust policy.
	Principal string   `json:"principal,omitempty"`
	Reason    string   `json:"reason,omitempty"`
	Missing   []string `json:"missingContextKeys"`
	// Conditional is what would allow the request if it had keys that it does not
	// have.
	Conditional []Conditional `json:"conditional"`
	// Unknown: the decision could be another one, depending on what is unknown, or AWS
	// has no such action.
	Unknown bool     `json:"unknown"`
	Notes   []string `json:"notes"`
}

// As is whether an outcome is as somebody expects. What is allowed under some
// condition is not denied, and what is unknown is neither.
func (o *Outcome) As(expected Expectation) bool {
	switch expected {
	case ExpectAllowed:
		return o.Decision == Allowed && !o.Unknown
	case ExpectDenied:
		return o.Decision != Allowed && !o.Unknown && len(o.Conditional) == 0
	}
	return false
}

// Unmet names the requests that are not as expected; none without an expectation.
func Unmet(outcomes []Outcome, expected Expectation) []string {
	return namesOf(outcomes, func(o *Outcome) bool { return expected != "" && !o.As(expected) })
}

// NotAllowed names the requests that are not allowed.
func NotAllowed(outcomes []Outcome) []string {
	return namesOf(outcomes, func(o *Outcome) bool { return o.Decision != Allowed })
}

func namesOf(outcomes []Outcome, are func(*Outcome) bool) (names []string) {
	for i := range outcomes {
		if o := &outcomes[i]; are(o) {
			names = append(names, o.Action+" on "+o.Resource)
		}
	}
	return names
}

// Expectation is what somebody expects of every request.
type Expectation string

// The expectations.
const (
	ExpectAllowed Expectation = "allowed"
	ExpectDenied  Expectation = "denied"
)

// maxEvaluations is how often a statement is evaluated against a request at most;
// that many take about two seconds.
const maxEvaluations = 5_000_000

// TooMany is the error of a simulation that would take too long.
type TooMany struct{ Requests, Statements int }

// Error says how many they are.
func (e *TooMany) Error() string {
	return fmt.Sprintf("%d requests against %d statements are too many at once: name fewer actions or resources", e.Requests, e.Statements)
}

// Run evaluates every action with every resource; "*" if there is none. The error
// is a [TooMany] or a [meter.TooMuch].
func (s *Simulation) Run() (outcomes []Outcome, err error) { return s.run(meter.New(meter.Limit)) }

// RunWithin is [Simulation.Run], as a part of an analysis that has a meter.
func (s *Simulation) RunWithin(m *meter.Meter) ([]Outcome, error) { return s.run(m) }

func (s *Simulation) run(m *meter.Meter) (outcomes []Outcome, err error) {
	defer func() {
		if err != nil {
			outcomes = nil
		}
	}()
	defer meter.Catch(&err)
	s.meter = m
	resources := s.resources
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	if n := len(s.actions) * len(resources); n*s.statements() > maxEvaluations {
		return nil, &TooMany{n, s.statements()}
	}
	outcomes = []Outcome{}
	for _, action := range s.actions {
		for _, resource := range resources {
			o := s.decide(action, resource)
			if note := s.notes[action]; note != "" {
				// Another name may have been meant, and the answer is about that one.
				o.Notes, o.Unknown = append(o.Notes, note), true
			}
			if len(s.resources) == 0 && o.Decision == ImplicitDeny && !authz.AssumesRole(action) {
				s.withoutResource(action, &o)
			}
			if s.Policies.UnknownBoundary && s.holder != nil {
				o.Notes = append(o.Notes, "the permissions boundary "+s.holder.Boundary+" is unknown: it may or may not allow the request")
			}
			o.Notes = append(o.Notes, s.template...)
			o.Unknown = o.Unknown || s.open(o.Decision)
			for _, note := range s.template {
				s.meter.Spend(noteWork(note))
			}
			outcomes = append(outcomes, o)
		}
	}
	return outcomes, nil
}

// statements is how many there are to evaluate, 1 at least.
func (s *Simulation) statements() int {
	n := 1
	for _, p := range s.Policies.Identity {
		n += len(p.Document.Statements)
	}
	for _, p := range []*document.Policy{s.Policies.Boundary, s.Policies.Resource} {
		if p != nil {
			n += len(p.Document.Statements)
		}
	}
	for _, h := range s.guards {
		for _, p := range h.Policies {
			n += len(p.Document.Statements)
		}
	}
	return n
}

// decide evaluates one request. To assume a role of the set, the role's trust
// policy must allow it too.
func (s *Simulation) decide(action, resource string) Outcome {
	request := Request{Action: action, Resource: resource, Context: s.context, Parameters: s.Parameters}
	policies := s.Policies
	if authz.AssumesRole(action) && policies.Resource == nil {
		switch target := s.roleOf(resource); {
		case s.isSelf(resource, target):
			// Who may assume this role?
			policies = Policies{Resource: trustPolicy(s.holder), ResourceAlone: true}
		case target != nil:
			policies.Resource = trustPolicy(target)
			request.Principal = s.caller(resource)
			o := outcomeOf(request, s.evaluate(policies, request))
			refusedByAWS(&o)
			return o
		}
	}
	if policies.Resource != nil {
		return s.decideForAny(policies, request)
	}
	maybes := s.guard(&policies, &request)
	if policies.Resource != nil && s.holder == nil {
		return s.decideForAny(policies, request)
	}
	if request.Principal.Kind == "" && s.principal != nil {
		request.Principal = *s.principal
	}
	o := outcomeOf(request, s.evaluate(policies, request))
	if policies.Together && account(request.Principal.ID) == "" {
		o.Principal = "" // it is the role that the question names
	}
	s.beside(policies, request, maybes, &o)
	if policies.Resource == nil {
		if s.holder == nil && len(s.guards) > 0 && len(maybes) == 0 {
			o.Notes = append(o.Notes, otherResources)
		}
		s.elsewhere(request, &o)
	} else {
		refusedByAWS(&o)
	}
	return o
}

// decideForAny evaluates a request of those whom the policy of the resource
// names, if no one is named: the outcome is of the first that gets in, or else of
// the first that might, or else of the first.
func (s *Simulation) decideForAny(policies Policies, request Request) Outcome {
	var best *Outcome
	for _, principal := range s.principals(policies) {
		request.Principal = principal
		o := outcomeOf(request, s.evaluate(policies, request))
		if o.Decision == Allowed && policies.ResourceAlone && principal.Kind == "AWS" {
			o.Notes = append(o.Notes, "the policies of the caller are not evaluated: they may have to allow it too, and may deny it")
		}
		refusedByAWS(&o)
		if best == nil || o.openness() > best.openness() {
			best = &o
		}
		if o.Decision == Allowed {
			break
		}
	}
	return *best
}

// openness tells an outcome that is allowed from one that may be, and that from
// one that is not.
func (o *Outcome) openness() int {
	switch {
	case o.Decision == Allowed:
		return 2
	case o.Unknown || len(o.Conditional) > 0:
		return 1
	}
	return 0
}

func outcomeOf(request Request, result Result) Outcome {
	o := Outcome{Action: request.Action, Resource: request.Resource, Decision: result.Decision, Reason: result.Reason,
		Statements: append([]Statement{}, result.Statements...), Missing: append([]string{}, result.Missing...),
		Conditional: append([]Conditional{}, result.Conditional...), Unknown: result.Unknown, Notes: append([]string{}, result.Notes...)}
	if request.Principal.Kind != "" {
		o.Principal = request.Principal.String()
	}
	return o
}
