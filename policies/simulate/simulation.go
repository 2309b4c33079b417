// Simulations: several actions and resources, requested by a role or user of a
// set, by a caller with given policies, or by the principals that a policy
// names.

package simulate

import (
	"fmt"
	"slices"
	"time"

	"capaboot/internal/meter"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// Simulation is a set of requests and the policies that apply to them.
// [Simulation.AddAction], [Simulation.AddResource] and [Simulation.AddContext]
// add to the requests. [Simulation.SetCaller] and [Simulation.SetHolder] set
// the caller; [Simulation.AddPolicy] and [Simulation.AddPolicies] add policies.
type Simulation struct {
	meter *meter.Meter // set by RunWithin
	// Now is the value of aws:CurrentTime in every request that does not give
	// another; zero if unknown.
	Now time.Time
	// OnlyGiven means that only the given policies count: another policy that must
	// also allow a request makes no outcome unknown.
	OnlyGiven bool
	// Parameters are the [Request.Parameters] of every request.
	Parameters map[string]string
	// Policies has the policies of the caller and of the resource.
	Policies Policies
	// ChecksExistence means that the outcome of a request that cannot exist is unknown,
	// and that a resource with wildcards stands for all resources that match. It is for
	// requests that a person wrote.
	ChecksExistence bool
	// ChecksDefaults makes an outcome unknown if another value of a parameter
	// with a default could change it. NamesAreGiven means that the names of roles
	// and users are certain even if they depend on such a parameter, because the
	// request names its caller.
	ChecksDefaults, NamesAreGiven bool

	actions []string
	seen    map[string]bool // the actions that were added, in lower case
	// byWildcard has the actions that match a name with a wildcard and were not also
	// added by their own names.
	byWildcard map[string]bool
	notes      map[string]string // the notes about actions, by action
	resources  []string
	context    map[string][]string
	keyNames   map[string]string // the keys of AddContext as they were written, by key in lower case
	// contextIsComplete means that the request has no keys besides those in context.
	// Tests that compare with another implementation set it.
	contextIsComplete bool

	principal *document.Principal
	// holder is the simulated role or user, nil if only policies are given. set
	// contains it and the other principals.
	holder *document.Holder
	set    *document.Set
	known  map[string]string // see identities
	// possible has the policies that may belong to the holder; nil until they are
	// needed.
	possible []possiblePolicy
	// sameNames is the result of findSameNames; nil until it is needed.
	sameNames []sameNames
	// notesOnTemplates has the notes about the templates of the set.
	// allowedValues has the values that these templates allow for parameters.
	notesOnTemplates []string
	hasUnreadGrants  bool // a part of the templates that can grant permissions was not read
	allowedValues    map[string][]string
	fromSSM          []string // see document.Set.FromSSM
	// withConditions has the sets of templates with conditions.
	withConditions []*document.Set
	// resourcePolicies has the resource policies of the templates.
	resourcePolicies []*document.Holder
	// inputs has what was added with AddPolicy, AddPolicies, SetBoundary and
	// SetHolder, in the order of the calls.
	inputs   []input
	defaults *defaults // see checkDefaults
}

// Outcome is the decision on one request. Its JSON is documented in
// docs/security-review.md.
type Outcome struct {
	Action     string      `json:"action"`
	Resource   string      `json:"resource"`
	Decision   Decision    `json:"decision"`
	Statements []Statement `json:"statements"`
	// Principal is the kind and ID of the caller ("Service ec2.amazonaws.com"),
	// if it was given or a resource policy was evaluated. It is empty
	// otherwise, and for a role or user of the template whose account is
	// unknown.
	Principal          string   `json:"principal,omitempty"`
	Reason             string   `json:"reason,omitempty"`
	MissingContextKeys []string `json:"missingContextKeys"`
	// Conditional has the conditions under which a denied request would be
	// allowed.
	Conditional []Conditional `json:"conditional"`
	// Unknown means that the decision is uncertain, for example because
	//   - a value, a part of the template, or a policy that must also allow the
	//     request is unknown,
	//   - AWS's documentation leaves the evaluation open,
	//   - the request does not name a resource, or
	//   - the request cannot exist, for example because AWS has no such action.
	//
	// The notes say what is unknown.
	Unknown bool     `json:"unknown"`
	Notes   []string `json:"notes"`

	// isRefused means that AWS refuses the request: nothing that is unknown about
	// the policies can change the decision.
	isRefused bool
	// choices and conditions are those of the [Result].
	choices, conditions []string
}

// Meets reports whether an outcome meets an expectation. A request that is
// allowed under some condition does not count as denied. An unknown outcome
// meets neither expectation.
func (o *Outcome) Meets(expected Expectation) bool {
	switch expected {
	case ExpectAllowed:
		return o.Decision == Allowed && !o.Unknown
	case ExpectDenied:
		return o.Decision != Allowed && !o.Unknown && len(o.Conditional) == 0
	}
	return false
}

// Unmet names the requests that do not meet the expectation. Without an
// expectation it returns nil.
func Unmet(outcomes []Outcome, expected Expectation) []string {
	return namesOf(outcomes, func(o *Outcome) bool { return expected != "" && !o.Meets(expected) })
}

// HasUnknown reports whether an outcome is unknown.
func HasUnknown(outcomes []Outcome) bool {
	return slices.ContainsFunc(outcomes, func(o Outcome) bool { return o.Unknown })
}

func namesOf(outcomes []Outcome, match func(*Outcome) bool) (names []string) {
	for i := range outcomes {
		if o := &outcomes[i]; match(o) {
			names = append(names, o.Action+" on "+o.Resource)
		}
	}
	return names
}

// Expectation is the decision that every request must have.
type Expectation string

// The values of [Expectation].
const (
	ExpectAllowed Expectation = "allowed"
	ExpectDenied  Expectation = "denied"
)

// maxEvaluations limits how many times statements are evaluated against
// requests; more are a [TooManyEvaluations]. Five million evaluations take
// about two seconds.
const maxEvaluations = 5_000_000

// TooManyEvaluations is the error for a simulation that would take too long.
type TooManyEvaluations struct{ Requests, Statements int }

// Error gives the number of requests and statements.
func (e *TooManyEvaluations) Error() string {
	return fmt.Sprintf("%d requests against %d statements are too many at once; name fewer actions or resources", e.Requests, e.Statements)
}

// Run evaluates every action with every resource, or with "*" if no resource
// was added. The error is a [TooManyEvaluations] or a [meter.TooMuch].
func (s *Simulation) Run() (outcomes []Outcome, err error) {
	return s.RunWithin(meter.New(meter.Limit))
}

// RunWithin is [Simulation.Run] with the meter of a larger analysis.
func (s *Simulation) RunWithin(m *meter.Meter) (outcomes []Outcome, err error) {
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
	if n := len(s.actions) * len(resources); n*s.statementCount() > maxEvaluations {
		return nil, &TooManyEvaluations{n, s.statementCount()}
	}
	s.findDefaults(len(s.actions) * len(resources))
	outcomes = []Outcome{}
	var fitting *comparedResources
	var faults []string
	if s.ChecksExistence {
		fitting, faults = s.compareResources(), s.requestFaults()
	}
	for _, action := range s.actions {
		for _, resource := range resources {
			o := s.decide(action, resource)
			if note := s.notes[action]; note != "" {
				// The name may be a mistake for another action, so the outcome
				// is unknown.
				o.Notes, o.Unknown = append(o.Notes, note), true
			}
			if fitting != nil {
				s.noteExistence(fitting, faults, action, resource, &o)
			}
			s.noteWithoutResource(action, &o)
			s.notePossiblePolicies(action, resource, &o)
			s.noteSameNames(action, resource, &o)
			s.noteTags(action, resource, &o)
			s.noteSessionTags(action, resource, &o)
			if !o.isRefused {
				s.noteTemplates(&o)
				s.noteAssumed(action, resource, &o)
				s.checkDefaults(action, resource, &o)
			}
			outcomes = append(outcomes, o)
		}
	}
	return outcomes, nil
}

// noteTemplates adds the notes about what is unknown or assumed in the templates.
func (s *Simulation) noteTemplates(o *Outcome) {
	if s.Policies.UnknownBoundary && s.holder != nil {
		o.Notes = append(o.Notes, "the permissions boundary "+document.Readable(s.holder.Boundary)+" is unknown: it may or may not allow the request")
	}
	o.Notes = append(o.Notes, s.notesOnTemplates...)
	o.Unknown = o.Unknown || s.mayChange(o.Decision)
	for _, note := range s.notesOnTemplates {
		s.meter.Spend(noteCost(note))
	}
}

// statementCount returns the number of statements to evaluate, at least 1.
func (s *Simulation) statementCount() int {
	n := 0
	for _, p := range s.allPolicies() {
		n += len(p.Document.Statements)
	}
	return max(n, 1)
}

// all returns the policies with known content.
func (p *Policies) all() (known []*document.Policy) {
	add := func(policy *document.Policy) {
		if policy != nil && policy.Document != nil {
			known = append(known, policy)
		}
	}
	for i := range p.Identity {
		add(&p.Identity[i])
	}
	add(p.Boundary)
	add(p.Resource)
	for i := range p.MoreResourcePolicies {
		add(&p.MoreResourcePolicies[i])
	}
	return known
}

// allPolicies returns the policies that can decide a request, except for trust
// policies of the set.
func (s *Simulation) allPolicies() []*document.Policy {
	all := s.Policies.all()
	for _, h := range s.resourcePolicies {
		for i := range h.Policies {
			if h.Policies[i].Document != nil {
				all = append(all, &h.Policies[i])
			}
		}
	}
	return all
}

func (s *Simulation) decide(action, resource string) Outcome {
	text, note := s.resourceOf(resource)
	o := s.decideOn(action, text)
	if o.Resource = resource; note != "" {
		o.Notes = append(o.Notes, note)
	}
	return o
}

// decideOn evaluates one request on a resource, parts of which may be unknown.
// A request to assume a role of the set must also be allowed by the trust
// policy of that role.
func (s *Simulation) decideOn(action, resource string) Outcome {
	request := Request{Action: action, Resource: resource, Context: s.addResourceTags(s.contextOfCaller(), action, resource), Parameters: s.givenParameters(), identities: s.identities, given: s.given()}
	if !s.contextIsComplete {
		request.assumedRegion, request.assumedOwner, request.hasUsualKeys, request.now = regionOf(resource), ownerOf(action, resource), true, s.Now
	}
	request.resourceIsPattern = s.ChecksExistence && isResourcePattern(resource)
	if s.holder != nil {
		request.ownID, request.isOwnRole, request.isFederated = s.holder.LogicalID, s.holder.Kind == Role && s.isOwnRequest(action, resource), isFederatedOnly(s.holder)
	}
	policies := s.Policies
	var possible []*document.Policy
	if authz.AssumesRole(action) && policies.Resource == nil {
		target, others := s.rolesOf(resource)
		for _, h := range others {
			if h.Trust != nil {
				possible = append(possible, trustPolicy(s.set.SeenFrom(s.holder.File, h)))
			}
		}
		switch {
		case s.asksWhoAssumes(action, resource):
			policies, request.Context = Policies{Resource: trustPolicy(s.holder), ResourceAlone: true}, s.context
		case target != nil && target.Trust != nil:
			target = s.set.SeenFrom(s.holder.File, target)
			policies.Resource = trustPolicy(target)
			if target.When != "" {
				request.given = append(request.given, target.When)
			}
			request.Principal = s.caller(resource)
			o := outcomeOf(request, s.evaluateAllowedValues(policies, request))
			o.refuseReserved(request.Principal)
			s.noteAssumedAccount(&o)
			return o
		}
	}
	if policies.Resource != nil {
		o := s.decideForAny(policies, request)
		if s.asksWhoAssumes(action, resource) {
			s.noteAssumedAccount(&o)
		}
		if policies.Resource.Document == nil {
			o.Notes, o.Unknown = append(o.Notes, policies.Resource.Name+" is not in the template: it may allow the request"), true
		}
		return o
	}
	candidates := append(s.addResourcePolicies(&policies, &request), possible...)
	if policies.Resource != nil && s.holder == nil {
		o := s.decideForAny(policies, request)
		s.noteOtherDecisions(policies, request, candidates, &o)
		return o
	}
	if request.Principal.Kind == "" && s.principal != nil {
		request.Principal = *s.principal
	}
	o := outcomeOf(request, s.evaluateAllowedValues(policies, request))
	if policies.SameTemplate && account(request.Principal.ID) == "" {
		o.Principal = "" // the ARN of the given role or user would lack the account
	}
	s.noteOtherDecisions(policies, request, candidates, &o)
	o.refuseReserved(request.Principal)
	if policies.Resource == nil {
		if s.holder == nil && len(s.resourcePolicies) > 0 && len(candidates) == 0 {
			o.Notes = append(o.Notes, otherResourcesNote)
		}
		s.noteOtherPolicies(request, &o)
	}
	return o
}

// decideForAny evaluates a request for the caller that [Simulation.SetCaller]
// set or, if none was set, for every principal that the resource policy allows.
// It returns the first outcome that is certainly allowed, or else the first
// that is allowed, or else the first that may be allowed, or else the first of
// all.
func (s *Simulation) decideForAny(policies Policies, request Request) Outcome {
	var best *Outcome
	for _, principal := range s.callers(policies) {
		request.Principal = principal
		result := s.evaluateAllowedValues(policies, request)
		o := outcomeOf(request, result)
		if o.Decision == Allowed && policies.ResourceAlone && principal.Kind == "AWS" {
			s.noteOwnPolicies(request, result.granted, &o)
		}
		o.refuseReserved(request.Principal)
		if best == nil || o.rank() > best.rank() {
			best = &o
		}
		if o.Decision == Allowed && !o.Unknown {
			break
		}
	}
	return *best
}

// rank orders outcomes. The best one is allowed for certain; then come allowed but
// unknown, possibly allowed, and denied.
func (o *Outcome) rank() int {
	switch {
	case o.Decision == Allowed && !o.Unknown:
		return 3
	case o.Decision == Allowed:
		return 2
	case o.Unknown || len(o.Conditional) > 0:
		return 1
	}
	return 0
}

// inWords returns the decision in the words of a note.
func (o *Outcome) inWords() string {
	switch {
	case o.Decision != Allowed && len(o.Conditional) > 0:
		return "allowed under a condition"
	case o.Unknown:
		return "unknown"
	}
	return string(o.Decision)
}

func outcomeOf(request Request, result Result) Outcome {
	o := Outcome{Action: request.Action, Resource: request.Resource, Decision: result.Decision, Reason: result.Reason,
		Statements: append([]Statement{}, result.Statements...), MissingContextKeys: append([]string{}, result.MissingContextKeys...),
		Conditional: append([]Conditional{}, result.Conditional...), Unknown: result.Unknown, Notes: append([]string{}, result.Notes...)}
	o.choices, o.conditions = result.choices, result.conditions
	if request.Principal.Kind != "" {
		o.Principal = request.Principal.String()
	}
	return o
}
