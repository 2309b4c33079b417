// Package simulate evaluates a request against IAM policies, as IAM does, and
// names the statements that decide.
//
// It sees the policies that it is given: service control policies, resource
// control policies, session policies and the policies of resources elsewhere it
// does not see. "Allowed" is said only when it is certain on what is there:
// what depends on something that is not known (an intrinsic function of a
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
	"strings"

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
	// Principal is who asks, for policies that name principals; the zero value
	// when nobody in particular is meant.
	Principal document.Principal
	// Context are the condition keys of the request, in lower case, with their
	// values. A key that is not there is not in the request.
	Context map[string][]string
	// Parameters are the values of pseudo parameters ("AWS::AccountId") and
	// parameters of the template, by name. What is not there is found in the
	// request, if it says it: see [evaluation.parameter].
	Parameters map[string]string
}

// Policies are what applies to the request.
type Policies struct {
	// Identity are the policies of the caller.
	Identity []document.Policy
	// Boundary is its permissions boundary; nil for none.
	Boundary *document.Policy
	// UnknownBoundary: there is a boundary, but its content is not known.
	UnknownBoundary bool
	// Unknown are identity policies whose content is not known.
	Unknown []string
	// Resource is the policy of the resource, such as the trust policy of the
	// role that is to be assumed; nil for none.
	Resource *document.Policy
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
	// Notes say what could not be decided, and how it was taken.
	Notes []string
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
// allow the rest. Which policies must is in resource.go.
func Evaluate(p Policies, request Request) Result {
	bounded := p.Boundary != nil || p.UnknownBoundary
	e := &evaluation{Request: request, bounded: bounded, notes: map[string]bool{}, missing: map[string]bool{}, work: maxWork}
	missing := map[applied]map[string]bool{}
	var denies, allows, inBoundary, byResource []Statement
	grants := noGrant
	collect := func(policy *document.Policy, part string, allowed *[]Statement) {
		if policy == nil || policy.Document == nil {
			return
		}
		for i := range policy.Document.Statements {
			s := &policy.Document.Statements[i]
			clear(e.missing)
			applies := e.applies(policy, s, part)
			is := applied{s.Effect, applies == yes || applies == maybe && s.Effect == document.Deny}
			if len(e.missing) > 0 {
				if missing[is] == nil {
					missing[is] = map[string]bool{}
				}
				maps.Copy(missing[is], e.missing)
			}
			if !is.applies {
				continue
			}
			found := Statement{policy.Name, s.Label(), s.Sid, s.Effect, part, s.Line, s.Column}
			if s.Effect == document.Deny {
				denies = append(denies, found)
				continue
			}
			*allowed = append(*allowed, found)
			if part == partResource {
				grants = max(grants, e.grantOf(s))
			}
		}
	}
	for i := range p.Identity {
		collect(&p.Identity[i], partIdentity, &allows)
	}
	collect(p.Boundary, partBoundary, &inBoundary)
	collect(p.Resource, partResource, &byResource)

	r := Result{Decision: ImplicitDeny}
	if len(denies) > 0 {
		r.Decision, r.Statements = ExplicitDeny, denies
	} else if reason := e.refusal(p, grants, len(allows) > 0, len(inBoundary) > 0); reason != "" {
		r.Reason = reason
	} else {
		r.Decision, r.Statements = Allowed, slices.Concat(allows, inBoundary, byResource)
	}
	for _, name := range p.Unknown {
		if r.Decision != ExplicitDeny {
			e.note("the policy %s is not known here: it may allow or deny the request", name)
		}
	}
	// What applies could stop to, and what does not could start to.
	keys := map[string]bool{}
	for is := range missing {
		if is == (applied{document.Allow, r.Decision == Allowed}) && r.Decision != ExplicitDeny || is == (applied{document.Deny, r.Decision == ExplicitDeny}) {
			maps.Copy(keys, missing[is])
		}
	}
	r.Missing, r.Notes = sorted(keys), sorted(e.notes)
	return r
}

// sorted returns the keys of a set, never nil.
func sorted(set map[string]bool) []string {
	keys := slices.AppendSeq(make([]string, 0, len(set)), maps.Keys(set))
	slices.Sort(keys)
	return keys
}

// applied says of statements whether they apply.
type applied struct {
	effect  document.Effect
	applies bool
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
	notes   map[string]bool
	// missing are the keys that the request does not have, of those that the
	// statement compares which is looked at.
	missing map[string]bool
	// unresolved is set when values could not be compared: what is negated is
	// then not known.
	unresolved bool
	// work is what is left of comparing patterns with "?".
	work int
}

// negate turns the outcome of a comparison around. IAM's documentation does not
// say what the negation is of a comparison that could not be made, such as of a
// number with a text. So it is not known.
func (e *evaluation) negate(compare func() truth) truth {
	before := e.unresolved
	e.unresolved = false
	result := compare()
	if e.unresolved && result == no {
		result = maybe
	}
	e.unresolved = before
	return not(result)
}

func (e *evaluation) note(format string, args ...any) { e.notes[fmt.Sprintf(format, args...)] = true }

// applies reports whether a statement is about the request.
func (e *evaluation) applies(policy *document.Policy, s *document.Statement, part string) truth {
	result := e.aboutAction(s)
	if result == no {
		return no
	}
	variables := policy.Document.Version == "2012-10-17"
	if result = both(result, e.aboutResource(s, variables)); result == no {
		e.partly(policy, s)
		return no
	}
	switch {
	case part == partResource:
		if result = both(result, e.aboutPrincipal(s)); result == no {
			return no
		}
	case len(s.Resources)+len(s.NotResources) == 0:
		e.note("%s of %s has no Resource: IAM refuses such a policy", s.Label(), policy.Name)
		result = maybe
	}
	for _, c := range s.Conditions {
		if result = both(result, e.condition(c, variables)); result == no {
			return no
		}
	}
	if len(s.When) > 0 {
		result = both(result, maybe)
	}
	if result == maybe {
		taken := "it is taken as not applying"
		if s.Effect == document.Deny {
			taken = "it is taken as applying"
		}
		what := e.unknownOf(s)
		if what != "" {
			what = " (" + what + ")"
		}
		e.note("whether %s of %s applies depends on what is not known here%s: %s", s.Label(), policy.Name, what, taken)
	}
	return result
}

// unknownOf names what of a statement is not known.
func (e *evaluation) unknownOf(s *document.Statement) string {
	var found []string
	add := func(text string) {
		for _, name := range intrinsics(text) {
			inner := strings.TrimSuffix(strings.TrimPrefix(name, "${"), "}")
			if _, known := e.parameter(inner); !known && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
	}
	for _, list := range [][]string{s.Resources, s.NotResources, s.Actions, s.NotActions} {
		for _, text := range list {
			add(text)
		}
	}
	for _, c := range s.Conditions {
		for _, v := range c.Values {
			add(v)
		}
	}
	for _, p := range slices.Concat(s.Principals, s.NotPrincipals) {
		add(p.ID)
	}
	for _, w := range s.When {
		found = append(found, "the condition "+w+" of the template")
	}
	if len(found) > 3 {
		found = append(found[:3], "and others")
	}
	return strings.Join(found, ", ")
}

// aboutAction: actions are compared without regard to case. Source: IAM User
// Guide, "IAM JSON policy elements: Action".
func (e *evaluation) aboutAction(s *document.Statement) truth {
	any := func(patterns []string) truth {
		result := no
		for _, p := range patterns {
			// There are no policy variables in actions.
			pattern, certain, _ := e.resolve(p, false, true)
			switch {
			case !e.afford(pattern, e.Action):
				result = maybe
			case !document.Match(pattern, e.Action, true):
			case certain:
				return yes
			default:
				result = maybe
			}
		}
		return result
	}
	if len(s.NotActions) > 0 {
		return not(any(s.NotActions))
	}
	return any(s.Actions)
}

// partly notes a Deny that is about some of the resources that a request with
// a wildcard stands for, if it is read as a pattern, which IAM does not.
func (e *evaluation) partly(policy *document.Policy, s *document.Statement) {
	if s.Effect != document.Deny || !strings.ContainsAny(e.Resource, "*?") {
		return
	}
	for _, p := range s.Resources {
		if document.Intersects(p, e.Resource, false) {
			e.note("%s of %s denies it on some resources: ask about one with its ARN", s.Label(), policy.Name)
			return
		}
	}
}

// aboutResource compares with regard to case. A statement without Resource, as
// in a trust policy, is about the resource that it is attached to.
func (e *evaluation) aboutResource(s *document.Statement, variables bool) truth {
	any := func(patterns []string) truth {
		result := no
		for _, p := range patterns {
			if result = max(result, e.matches(p, e.Resource, variables, true)); result == yes {
				break
			}
		}
		return result
	}
	switch {
	case len(s.NotResources) > 0:
		return e.negate(func() truth { return any(s.NotResources) })
	case len(s.Resources) > 0:
		return any(s.Resources)
	}
	return yes
}
