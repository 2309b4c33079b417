// Package simulate evaluates a request against IAM policies, as IAM does, and
// names the statements that decide.
//
// It evaluates only the policies that it is given: no service control policies,
// resource control policies, session policies, or policies of other resources.
// A statement that depends on an unknown value, such as an intrinsic function
// of a template, counts against the caller: it allows nothing if it is an
// Allow, and denies if it is a Deny. A policy that cannot be read allows
// nothing and denies nothing. If such an unknown could change the decision, the
// result is marked as unknown, and notes say what was assumed.
//
// Source: IAM User Guide, "Policy evaluation logic", "How AWS enforcement code
// logic evaluates requests to allow or deny access".
package simulate

import (
	"maps"
	"slices"
	"time"

	"capaboot/internal/meter"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// Decision is the outcome of an evaluation, in IAM's terms. Source: IAM API
// Reference, "EvaluationResult", EvalDecision.
type Decision string

// The values of [Decision].
const (
	Allowed      Decision = "allowed"
	ExplicitDeny Decision = "explicitDeny"
	ImplicitDeny Decision = "implicitDeny"
)

// Request is one request to AWS.
type Request struct {
	// Action is one action, without wildcards ("s3:GetObject").
	Action string
	// Resource is an ARN, or "*" for a request without a resource.
	Resource string
	// Principal is the caller, for policies that name principals. The zero
	// value means an unspecified caller.
	Principal document.Principal
	// Context has the condition keys of the request, in lower case, with their
	// values. The request lacks all other keys, except those of assumedRegion,
	// assumedOwner and hasUsualKeys.
	Context map[string][]string
	// Parameters has the values of pseudo parameters ("AWS::AccountId") and
	// template parameters, by name. Others are derived from the request where
	// possible: see [evaluation.parameter].
	Parameters map[string]string
	// assumedRegion is the value of aws:RequestedRegion if Context does not have
	// the key; "" for none. assumedOwner is the same for aws:ResourceAccount.
	assumedRegion, assumedOwner string
	// hasUsualKeys means that the request also has the keys that every request has,
	// with unknown values. now is the value of aws:CurrentTime; zero if unknown.
	hasUsualKeys bool
	// isOwnRole means that the caller is the simulated role, and isFederated that all
	// its sessions begin with federation.
	isOwnRole, isFederated bool
	// resourceIsPattern means that Resource stands for every resource that matches.
	resourceIsPattern bool
	now               time.Time
	// ownID is the logical ID of the simulated role or user, identities is
	// [Simulation.identities], and given is [Simulation.given].
	ownID      string
	identities func() map[string]string
	given      []string
}

// Policies has the policies that apply to a request.
type Policies struct {
	// Identity has the identity policies of the caller.
	Identity []document.Policy
	// Boundary is the permissions boundary of the caller; nil for none.
	Boundary *document.Policy
	// UnknownBoundary means that the caller has a boundary with unknown
	// content.
	UnknownBoundary bool
	// UnknownIdentity names the identity policies with unknown content, and
	// AssumedIdentity those whose content is assumed, or may be; see
	// [evaluation.noteAssumed].
	UnknownIdentity, AssumedIdentity []string
	// Resource is the policy of the resource, such as the trust policy of the
	// role to assume; nil for none.
	Resource *document.Policy
	// MoreResourcePolicies has further policies of the resource: each permission of a
	// Lambda function is one.
	MoreResourcePolicies []document.Policy
	// SameTemplate means that the caller and the resource are in one template,
	// and so in one account.
	SameTemplate bool
	// ResourceAlone means that the caller has no identity policies (a service),
	// or that they are not given. Only the policy of the resource and the
	// boundary, if there is one, then decide.
	ResourceAlone bool
}

// Result is the result of an evaluation.
type Result struct {
	Decision Decision
	// Statements has the statements that decide: all that deny, or else all
	// that allow. It is empty for an implicit deny, and for an action that
	// needs no permission.
	Statements []Statement
	// Reason is a short explanation when no statement decides.
	Reason string
	// MissingContextKeys has the condition keys that the request lacks and that
	// could change the decision, sorted. Statements about the action and the
	// resource compare these keys.
	MissingContextKeys []string
	// Conditional has the conditions under which a denied request would be
	// allowed: see [Conditional].
	Conditional []Conditional
	// Unknown means that the decision could change once unknown values and
	// policies are known.
	Unknown bool
	// Notes say what is unknown and what was assumed instead, and what else the
	// decision depends on.
	Notes []string

	// granted is what the policy of the resource grants for certain, if the request
	// is allowed.
	granted grant
	// choices has the template parameters on whose allowed values the decision
	// may depend, sorted. conditions has the undecided template conditions on
	// which it may depend, sorted.
	choices, conditions []string
}

// Statement is a statement that decides a request.
type Statement struct {
	Policy string          `json:"policy"`
	Label  string          `json:"statement"`
	Sid    string          `json:"sid,omitempty"`
	Effect document.Effect `json:"effect"`
	// Part is the kind of policy that has the statement: "identity", "boundary"
	// or "resource".
	Part   string `json:"part"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// The values of [Statement.Part].
const (
	partIdentity = "identity"
	partBoundary = "boundary"
	partResource = "resource"
)

// Evaluate decides a request. If a Deny applies, the request is denied.
// Otherwise the policies that resource.go determines must allow it.
// conditional.go computes the conditions under which a denied request would be
// allowed.
func Evaluate(p Policies, request Request) Result { return evaluateWithin(p, request, nil) }

func evaluateWithin(p Policies, request Request, m *meter.Meter) Result {
	m.Spend(p.weight())
	e := &evaluation{Request: request, hasBoundary: p.Boundary != nil || p.UnknownBoundary, sameTemplate: p.SameTemplate, notes: map[string]bool{}, missing: map[string]bool{}, choices: map[string]bool{}, conditions: map[string]bool{}, work: maxWork, meter: m}
	if why, exempt := authz.NeedsNoPermission(request.Action); exempt {
		return Result{Decision: Allowed, Reason: "the action needs no permission", MissingContextKeys: []string{}, Conditional: []Conditional{},
			Notes: []string{request.Action + ": " + why}}
	}
	results := e.evaluateStatements(p)
	r := Result{Decision: ImplicitDeny, Conditional: []Conditional{}}
	v := e.assess(p, results, false)
	switch {
	case len(v.denies) > 0:
		r.Decision, r.Statements = ExplicitDeny, v.denies
	case v.refusal != "":
		r.Reason = v.refusal
	default:
		r.granted = v.byResource
		r.Decision, r.Statements = Allowed, slices.Concat(v.parts[partIdentity], v.parts[partBoundary], v.parts[partResource])
	}
	r.MissingContextKeys = missingKeys(results, r.Decision)
	for _, name := range p.UnknownIdentity {
		if r.Decision != ExplicitDeny {
			e.note("the policy %s is unknown: it may allow or deny the request", name)
		}
	}
	for _, name := range p.AssumedIdentity {
		e.noteAssumed(name)
	}
	if r.Decision == Allowed {
		r.Unknown = e.dependsOnUsualKeys(p, r.MissingContextKeys) || len(p.UnknownIdentity) > 0
	} else {
		best := e.assess(p, results, true)
		r.Conditional = e.conditionalAllows(p, results, false)
		r.Unknown = len(best.denies) == 0 && best.refusal == ""
		if !r.Unknown && len(e.conditionalAllows(p, results, true)) > len(r.Conditional) {
			r.Unknown = true
			for i := range results {
				if j := &results[i]; j.applies == no && j.fixedResult == maybe {
					e.note("whether %s of %s could apply depends on unknown values (%s)", j.Label, j.Policy, j.unknownReason)
				}
			}
		}
	}
	r.Unknown = r.Unknown || e.hasRefusedVariable && r.Decision == ImplicitDeny || e.unexamined || v.dependsOnAccount && r.Decision != ExplicitDeny
	for i := range results {
		if j := &results[i]; r.Unknown && j.applies != maybe && j.fixedResult != no && j.mayGrant > j.grants {
			e.note("it is unknown whether %s of %s names the caller, so the statement is assumed not to name the caller", j.Label, j.Policy)
		}
	}
	r.Notes, r.choices, r.conditions = sortedKeys(e.notes), sortedKeys(e.choices), sortedKeys(e.conditions)
	e.meter.Spend(20 * (len(r.Statements) + len(r.MissingContextKeys)))
	return r
}

// statementResult is the evaluation of one statement against the request.
type statementResult struct {
	Statement
	part string
	// applies tells whether the statement applies to the request as it is.
	applies truth
	// grants is what an Allow of a resource policy grants for certain, if the
	// statement applies; noGrant for other statements.
	grants grant
	// mayGrant is what the statement grants if its unknown principals match the
	// caller.
	mayGrant grant
	// openClauses has the parts of the statement that depend on keys that the
	// request lacks. fixedResult is the result of the other parts.
	openClauses []clause
	fixedResult truth
	// unknownReason names what is unknown about the statement if fixedResult is
	// maybe.
	unknownReason string
	// missing has the keys that the statement compares and the request lacks.
	missing map[string]bool
}

// granted returns what the statement certainly grants or, if best is true, what
// it grants at best.
func (j *statementResult) granted(best bool) grant {
	if best {
		return j.mayGrant
	}
	return j.grants
}

// evaluateStatements evaluates every statement against the request. It leaves
// out the statements that could not apply even if the request had more keys.
func (e *evaluation) evaluateStatements(p Policies) []statementResult {
	var all []statementResult
	add := func(policy *document.Policy, part string) {
		if policy == nil || policy.Document == nil {
			return
		}
		for i := range policy.Document.Statements {
			s := &policy.Document.Statements[i]
			clear(e.missing)
			j := statementResult{part: part}
			if j.applies = e.statementApplies(policy, s, part, &j); j.applies == no && len(j.openClauses) == 0 && len(e.missing) == 0 {
				continue
			}
			j.Statement = Statement{policy.Name, s.Label(), s.Sid, s.Effect, part, s.Line, s.Column}
			j.missing = maps.Clone(e.missing)
			if part == partResource && s.Effect == document.Allow {
				j.grants, j.mayGrant = e.grantOf(s, yes), e.grantOf(s, maybe)
			}
			all = append(all, j)
			if s.MayDeny {
				j.Effect, j.applies, j.fixedResult = document.Deny, and(j.applies, maybe), and(j.fixedResult, maybe)
				all = append(all, j)
				e.note("the Effect of %s of %s is known only at deployment, and is assumed to be Deny", s.Label(), policy.Name)
			}
		}
	}
	for i := range p.Identity {
		add(&p.Identity[i], partIdentity)
	}
	add(p.Boundary, partBoundary)
	add(p.Resource, partResource)
	for i := range p.MoreResourcePolicies {
		add(&p.MoreResourcePolicies[i], partResource)
	}
	return all
}

// assessment combines all statements, with unknowns resolved in favor of the
// caller or against it.
type assessment struct {
	denies     []Statement
	parts      map[string][]Statement // the statements that allow, by part
	byResource grant                  // what the resource policy grants
	refusal    string
	// dependsOnAccount means that the decision depends on the assumption that the
	// caller and the resource are in the same account.
	dependsOnAccount bool
}

// assess decides the request. It assumes the best case for the caller if best is
// true, and otherwise the worst case: where it is unknown whether a statement
// applies, a Deny does and an Allow does not.
func (e *evaluation) assess(p Policies, all []statementResult, best bool) assessment {
	v := assessment{parts: map[string][]Statement{}}
	for i := range all {
		j := &all[i]
		deny := j.Effect == document.Deny
		if j.applies == no || j.applies == maybe && deny == best {
			continue
		}
		if deny {
			v.denies = append(v.denies, j.Statement)
			continue
		}
		v.parts[j.part] = append(v.parts[j.part], j.Statement)
		v.byResource = max(v.byResource, j.granted(best))
	}
	byIdentity := len(v.parts[partIdentity]) > 0
	if best {
		p.UnknownBoundary = false
		byIdentity = byIdentity || len(p.UnknownIdentity) > 0
	}
	byBoundary := len(v.parts[partBoundary]) > 0 || best && p.Boundary == nil
	v.refusal = e.refusal(p, v.byResource, byIdentity, byBoundary)
	if e.accountIsAssumed {
		e.assumeOtherAccount = true
		v.dependsOnAccount = (v.refusal == "") != (e.refusal(p, v.byResource, byIdentity, byBoundary) == "")
		e.assumeOtherAccount = false
	}
	return v
}

// missingKeys returns the keys that the request lacks and that could change the
// decision, because with them a statement could start or stop applying.
func missingKeys(all []statementResult, decision Decision) []string {
	keys := map[string]bool{}
	for _, j := range all {
		deny := j.Effect == document.Deny
		applies := j.applies == yes || j.applies == maybe && deny
		if !deny && decision != ExplicitDeny && applies == (decision == Allowed) || deny && applies == (decision == ExplicitDeny) {
			maps.Copy(keys, j.missing)
		}
	}
	return sortedKeys(keys)
}

// sortedKeys returns the keys of a set, never nil.
func sortedKeys(set map[string]bool) []string {
	keys := slices.AppendSeq(make([]string, 0, len(set)), maps.Keys(set))
	slices.Sort(keys)
	return keys
}

// weight returns the cost of evaluating the policies: the number of texts to
// compare, with long texts counted several times.
func (p *Policies) weight() int {
	weight := 1
	addTexts := func(texts []string) {
		for _, text := range texts {
			weight += 1 + len(text)/32
		}
	}
	for _, policy := range p.all() {
		for i := range policy.Document.Statements {
			s := &policy.Document.Statements[i]
			weight += 2 + len(s.Principals) + len(s.NotPrincipals)
			addTexts(s.Actions)
			addTexts(s.NotActions)
			addTexts(s.Resources)
			addTexts(s.NotResources)
			for _, c := range s.Conditions {
				weight += 5
				addTexts(c.Values)
			}
		}
	}
	return weight
}
