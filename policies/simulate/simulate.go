// Package simulate evaluates a request against IAM policies, as IAM does, and
// names the statements that decide.
//
// It sees the policies that it is given: service control policies, resource
// control policies, session policies and the policies of resources elsewhere it
// does not see. "Allowed" is reported only when it is certain on what is there:
// what depends on something that is unknown (an intrinsic function of a
// template, a policy that cannot be read) allows nothing, and denies if it is a
// Deny; a note says so.
//
// Source: IAM User Guide, "Policy evaluation logic", "How AWS enforcement code
// logic evaluates requests to allow or deny access".
package simulate

import (
	"fmt"
	"maps"
	"slices"

	"capaboot/internal/meter"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// Decision is IAM's word for the outcome. Source: IAM API Reference,
// "EvaluationResult", EvalDecision.
type Decision string

// The decisions.
const (
	Allowed      Decision = "allowed"
	ExplicitDeny Decision = "explicitDeny"
	ImplicitDeny Decision = "implicitDeny"
)

// Request is what somebody wants to do.
type Request struct {
	// Action is one action, without wildcards ("s3:GetObject").
	Action string
	// Resource is an ARN, or "*" for a request that is about no resource.
	Resource string
	// Principal is the caller, for policies that name principals; the zero value
	// when no one in particular is meant.
	Principal document.Principal
	// Context are the condition keys of the request, in lower case, with their
	// values. A key that is not there is not in the request.
	Context map[string][]string
	// Parameters are the values of pseudo parameters ("AWS::AccountId") and
	// parameters of the template, by name. What is not there is found in the
	// request, if it says it: see [evaluation.parameter].
	Parameters map[string]string
	// arns are those of the roles and users of the template, by the opaque text that
	// stands for them.
	arns map[string]string
}

// Policies are what applies to the request.
type Policies struct {
	// Identity are the policies of the caller.
	Identity []document.Policy
	// Boundary is its permissions boundary; nil for none.
	Boundary *document.Policy
	// UnknownBoundary: there is a boundary, but its content is unknown.
	UnknownBoundary bool
	// Unknown are identity policies whose content is unknown.
	Unknown []string
	// Resource is the policy of the resource, such as the trust policy of the
	// role that is to be assumed; nil for none.
	Resource *document.Policy
	// ResourceToo are further parts of it: each permission of a function is one.
	ResourceToo []document.Policy
	// Together: the caller and the resource are of one template, and so of one account.
	Together bool
	// ResourceAlone: the caller's own policies are not here to see, or it has
	// none (a service); the resource's policy alone decides.
	ResourceAlone bool
}

// Result is the outcome.
type Result struct {
	Decision Decision
	// Statements are those that decide: all that deny, or else all that allow.
	// There are none for an implicit deny.
	Statements []Statement
	// Reason says in a few words what decides when no statement does.
	Reason string
	// Missing are the condition keys that the request does not have, and that
	// could make another decision: those that statements about the action and the
	// resource compare; sorted.
	Missing []string
	// Conditional is what would allow a request that is denied: see [Conditional].
	Conditional []Conditional
	// Unknown: the decision could be another one, depending on what is unknown.
	Unknown bool
	// Notes say what could not be decided, and how it was taken.
	Notes []string

	// choices are the parameters of the template on whose allowed values statements
	// about the request depend, sorted.
	choices []string
}

// Statement is one statement that decides.
type Statement struct {
	Policy string          `json:"policy"`
	Label  string          `json:"statement"`
	Sid    string          `json:"sid,omitempty"`
	Effect document.Effect `json:"effect"`
	// Part is "identity", "boundary" or "resource": which kind of policy it is of.
	Part   string `json:"part"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// The parts.
const (
	partIdentity = "identity"
	partBoundary = "boundary"
	partResource = "resource"
)

// Evaluate decides a request: what a Deny is about is denied, and something must
// allow the rest. Which policies must is in resource.go; what else could allow it
// in conditional.go.
func Evaluate(p Policies, request Request) Result { return evaluate(p, request, nil) }

func evaluate(p Policies, request Request, m *meter.Meter) Result {
	m.Spend(p.weight())
	e := &evaluation{Request: request, bounded: p.Boundary != nil || p.UnknownBoundary, together: p.Together, notes: map[string]bool{}, missing: map[string]bool{}, choices: map[string]bool{}, work: maxWork, meter: m}
	if why, exempt := authz.NeedsNoPermission(request.Action); exempt {
		return Result{Decision: Allowed, Reason: "no policy decides it", Missing: []string{}, Conditional: []Conditional{},
			Notes: []string{request.Action + ": " + why}}
	}
	judged := e.judgeAll(p)
	r := Result{Decision: ImplicitDeny, Conditional: []Conditional{}}
	v := e.view(p, judged, false)
	switch {
	case len(v.denies) > 0:
		r.Decision, r.Statements = ExplicitDeny, v.denies
	case v.refusal != "":
		r.Reason = v.refusal
	default:
		r.Decision, r.Statements = Allowed, slices.Concat(v.parts[partIdentity], v.parts[partBoundary], v.parts[partResource])
	}
	r.Missing = missingOf(judged, r.Decision)
	for _, name := range p.Unknown {
		if r.Decision != ExplicitDeny {
			e.note("the policy %s is unknown: it may allow or deny the request", name)
		}
	}
	if r.Decision == Allowed {
		r.Unknown = len(p.Unknown) > 0
	} else {
		best := e.view(p, judged, true)
		r.Conditional = e.conditional(p, judged, false)
		r.Unknown = len(best.denies) == 0 && best.refusal == ""
		if !r.Unknown && len(e.conditional(p, judged, true)) > len(r.Conditional) {
			r.Unknown = true
			for i := range judged {
				if j := &judged[i]; j.now == no && j.fixed == maybe {
					e.note("whether %s of %s could apply depends on unknown values (%s)", j.Label, j.Policy, j.why)
				}
			}
		}
	}
	r.Unknown = r.Unknown || e.refusedVariable && r.Decision == ImplicitDeny
	for i := range judged {
		if j := &judged[i]; r.Unknown && j.now != maybe && j.fixed != no && j.might > j.grants {
			e.note("%s of %s names a principal that may or may not be the caller: it is assumed not to be", j.Label, j.Policy)
		}
	}
	r.Notes, r.choices = sorted(e.notes), sorted(e.choices)
	e.meter.Spend(20 * (len(r.Statements) + len(r.Missing)))
	return r
}

// judged is a statement, evaluated against the request.
type judged struct {
	Statement
	of   *document.Statement
	part string
	// now is whether it applies, with the keys that the request has; grants what
	// it then gives, in a policy of the resource.
	now    truth
	grants grant
	// might is what it gives if what is unknown of its principals is the best for
	// the caller.
	might grant
	// open are the parts of it that depend on keys which the request does not
	// have. fixed is what is known of the others.
	open  []clause
	fixed truth
	// why names what is unknown of it, if it may apply.
	why string
	// missing are the keys that it compares and the request does not have.
	missing map[string]bool
}

// gives is what the statement gives, at best or for certain.
func (j *judged) gives(best bool) grant {
	if best {
		return j.might
	}
	return j.grants
}

// judgeAll holds every statement against the request. Those about other actions,
// resources and principals are left out.
func (e *evaluation) judgeAll(p Policies) []judged {
	var all []judged
	add := func(policy *document.Policy, part string) {
		if policy == nil || policy.Document == nil {
			return
		}
		for i := range policy.Document.Statements {
			s := &policy.Document.Statements[i]
			clear(e.missing)
			j := judged{of: s, part: part}
			if j.now = e.applies(policy, s, part, &j); j.now == no && len(j.open) == 0 && len(e.missing) == 0 {
				continue
			}
			j.Statement = Statement{policy.Name, s.Label(), s.Sid, s.Effect, part, s.Line, s.Column}
			j.missing = maps.Clone(e.missing)
			if part == partResource && s.Effect == document.Allow {
				j.grants, j.might = e.grantOf(s, yes), e.grantOf(s, maybe)
			}
			all = append(all, j)
		}
	}
	for i := range p.Identity {
		add(&p.Identity[i], partIdentity)
	}
	add(p.Boundary, partBoundary)
	add(p.Resource, partResource)
	for i := range p.ResourceToo {
		add(&p.ResourceToo[i], partResource)
	}
	return all
}

// view is what the statements come to when what is unknown is taken in one way.
type view struct {
	denies  []Statement
	parts   map[string][]Statement // what allows, by part
	grants  grant
	refusal string
}

// view takes what is unknown as the worst, or as the best for the caller.
func (e *evaluation) view(p Policies, all []judged, best bool) view {
	v := view{parts: map[string][]Statement{}}
	for i := range all {
		j := &all[i]
		deny := j.Effect == document.Deny
		if j.now == no || j.now == maybe && deny == best {
			continue
		}
		if deny {
			v.denies = append(v.denies, j.Statement)
			continue
		}
		v.parts[j.part] = append(v.parts[j.part], j.Statement)
		v.grants = max(v.grants, j.gives(best))
	}
	byIdentity := len(v.parts[partIdentity]) > 0
	if best {
		p.UnknownBoundary = false
		byIdentity = byIdentity || len(p.Unknown) > 0
	}
	v.refusal = e.refusal(p, v.grants, byIdentity, len(v.parts[partBoundary]) > 0 || best && p.Boundary == nil)
	return v
}

// missingOf are the keys that the request does not have and that could change the
// decision: what applies could stop to, and what does not could start to.
func missingOf(all []judged, decision Decision) []string {
	keys := map[string]bool{}
	for _, j := range all {
		deny := j.Effect == document.Deny
		applies := j.now == yes || j.now == maybe && deny
		if !deny && decision != ExplicitDeny && applies == (decision == Allowed) || deny && applies == (decision == ExplicitDeny) {
			maps.Copy(keys, j.missing)
		}
	}
	return sorted(keys)
}

// sorted returns the keys of a set, never nil.
func sorted(set map[string]bool) []string {
	keys := slices.AppendSeq(make([]string, 0, len(set)), maps.Keys(set))
	slices.Sort(keys)
	return keys
}

// truth is what is known of a question.
type truth uint8

const (
	no truth = iota
	maybe
	yes
)

func both(a, b truth) truth { return min(a, b) }

func known(is bool) truth {
	if is {
		return yes
	}
	return no
}

func not(t truth) truth { return yes - t }

// evaluation is one request under evaluation.
type evaluation struct {
	Request
	// bounded: the caller has a permissions boundary.
	bounded bool
	// together: see [Policies].
	together bool
	notes    map[string]bool
	// missing are the keys that the request does not have, of those that the
	// statement compares which is looked at.
	missing map[string]bool
	// unresolved is set when values could not be compared: what is negated is
	// then not known.
	unresolved bool
	// choices are the parameters whose allowed values say whether statements exist.
	choices map[string]bool
	// refusedVariable: a condition has a variable that IAM refuses.
	refusedVariable bool
	// reasons say what of the statement is unknown which is looked at.
	reasons []string
	// work is what is left of comparing patterns with "?".
	work  int
	meter *meter.Meter
}

// weight is how many texts there are to compare, long ones counted several times.
func (p *Policies) weight() int {
	weight := 1
	of := func(texts []string) {
		for _, text := range texts {
			weight += 1 + len(text)/32
		}
	}
	add := func(policy *document.Policy) {
		if policy == nil || policy.Document == nil {
			return
		}
		for i := range policy.Document.Statements {
			s := &policy.Document.Statements[i]
			weight += 2 + len(s.Principals) + len(s.NotPrincipals)
			of(s.Actions)
			of(s.NotActions)
			of(s.Resources)
			of(s.NotResources)
			for _, c := range s.Conditions {
				weight += 5
				of(c.Values)
			}
		}
	}
	for i := range p.Identity {
		add(&p.Identity[i])
	}
	add(p.Boundary)
	add(p.Resource)
	for i := range p.ResourceToo {
		add(&p.ResourceToo[i])
	}
	return weight
}

// unsure takes down why a part of the statement is unknown.
func (e *evaluation) unsure(format string, args ...any) truth {
	if reason := fmt.Sprintf(format, args...); !slices.Contains(e.reasons, reason) {
		e.reasons = append(e.reasons, reason)
	}
	return maybe
}

// unclear is unsure about what AWS's documentation leaves open.
func (e *evaluation) unclear(what document.Unclear) truth { return e.unsure("%s", what) }

// negate turns the outcome of a comparison around. IAM's documentation does not
// say what the negation is of a comparison that could not be made, such as of a
// number with a text. So it is unknown.
func (e *evaluation) negate(compare func() truth) truth {
	before := e.unresolved
	e.unresolved = false
	result := compare()
	if e.unresolved && result == no {
		result = e.unclear(document.Unclear{Kind: document.NegatedType})
	}
	e.unresolved = before
	return not(result)
}

func (e *evaluation) note(format string, args ...any) {
	note := fmt.Sprintf(format, args...)
	e.meter.Spend(noteWork(note))
	e.notes[note] = true
}

// noteWork is what it takes to keep a note and to write it.
func noteWork(note string) int { return 20 + 2*len(note) }
