// Requests without a resource: a statement that allows or denies the action only on
// some resources makes the decision unknown.

package simulate

import (
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// noteWithoutResource adds notes to the outcome of a request without a resource, and
// makes the outcome unknown, if the decision holds for some resources only. An action
// that supports no resource has the same decision for every resource.
func (s *Simulation) noteWithoutResource(action string, o *Outcome) {
	known, ok := authz.Lookup(action)
	if len(s.resources) > 0 || s.asksWhoAssumes(action, "*") || ok && known.SupportsNoResource() {
		return
	}
	e := &evaluation{Request: Request{Action: action, Resource: "*", Context: s.context, Parameters: s.givenParameters()}, notes: map[string]bool{}, missing: map[string]bool{}, work: maxWork, meter: s.meter}
	if s.holder != nil {
		e.Principal, e.identities, e.sameTemplate = s.caller("*"), s.identities, s.principal == nil
	} else if s.principal != nil {
		e.Principal = *s.principal
	}
	add := func(label, policy, does string) {
		note := label + " of " + policy + " " + does + " the action on some resources: pass a resource with --resource ARN"
		s.meter.Spend(noteCost(note))
		if o.Unknown = true; !slices.Contains(o.Notes, note) {
			o.Notes = append(o.Notes, note)
		}
	}
	if o.Decision == ImplicitDeny {
		s.noteNarrowAllows(e, add)
	} else {
		s.noteNarrowStatements(e, o, add)
	}
}

// noteNarrowStatements adds notes to an outcome that statements decide: the
// request is allowed or explicitly denied. The decision is for the resource "*". If
// that is allowed, a request for a specific resource may still be denied: by a Deny
// whose Resource does not contain "*", or by the policy of a resource in the
// templates. Statements that decide with NotResource do not decide for the resources
// that NotResource excepts.
func (s *Simulation) noteNarrowStatements(e *evaluation, o *Outcome, add func(label, policy, does string)) {
	if o.Decision == Allowed {
		denies := func(policy *document.Policy, one *document.Statement) {
			if fitsAction(one, e.Action) {
				add(one.Label(), policy.Name, "denies")
			}
		}
		for _, policy := range s.Policies.all() {
			e.eachStatement(policy, document.Deny, func(policy *document.Policy, one *document.Statement) {
				if len(one.Resources) > 0 && !slices.Contains(one.Resources, "*") {
					denies(policy, one)
				}
			})
		}
		s.eachInResourcePolicies(e, document.Deny, denies)
	}
	excepting := map[Statement]bool{}
	for _, policy := range s.Policies.all() {
		for i := range policy.Document.Statements {
			if one := &policy.Document.Statements[i]; len(one.NotResources) > 0 {
				excepting[Statement{Policy: policy.Name, Label: one.Label(), Line: one.Line, Column: one.Column}] = true
			}
		}
	}
	// A part is certain if one of its deciding statements has no NotResource.
	certain := map[string]bool{}
	isExcepting := func(d Statement) bool {
		return excepting[Statement{Policy: d.Policy, Label: d.Label, Line: d.Line, Column: d.Column}]
	}
	for _, d := range o.Statements {
		certain[d.Part] = certain[d.Part] || !isExcepting(d)
	}
	isDenied := o.Decision == ExplicitDeny && slices.ContainsFunc(o.Statements, func(d Statement) bool { return !isExcepting(d) })
	does := "allows"
	if o.Decision == ExplicitDeny {
		does = "denies"
	}
	for _, d := range o.Statements {
		if !certain[d.Part] && !isDenied {
			add(d.Label, d.Policy, does)
		}
	}
}

// noteNarrowAllows adds notes to an outcome of a request that no statement allows.
// With a resource, the decision may differ: some statements allow the action on some
// resources only.
func (s *Simulation) noteNarrowAllows(e *evaluation, add func(label, policy, does string)) {
	narrow := func(policy *document.Policy, one *document.Statement) {
		// The statements of trust policies and repository policies have no resources.
		onSome := len(one.Resources)+len(one.NotResources) > 0 && !slices.Contains(one.Resources, "*")
		if onSome && (len(one.NotActions) == 0 || fitsAction(one, e.Action)) {
			add(one.Label(), policy.Name, "allows")
		}
	}
	// A boundary matters only if the caller may have the permission.
	mayHave := len(s.Policies.UnknownIdentity) > 0
	for i := range s.Policies.Identity {
		e.eachStatement(&s.Policies.Identity[i], document.Allow, func(policy *document.Policy, one *document.Statement) {
			mayHave = true
			narrow(policy, one)
		})
	}
	if s.Policies.Boundary != nil && mayHave {
		e.eachStatement(s.Policies.Boundary, document.Allow, narrow)
	}
	if s.Policies.Resource != nil {
		e.eachStatement(s.Policies.Resource, document.Allow, narrow)
	}
	s.eachInResourcePolicies(e, document.Allow, func(policy *document.Policy, one *document.Statement) {
		add(one.Label(), policy.Name, "allows")
	})
}

// eachStatement calls a function (each) for every statement of a policy that has
// the given effect and may match the action and the caller.
func (e *evaluation) eachStatement(policy *document.Policy, effect document.Effect, each func(policy *document.Policy, one *document.Statement)) {
	if policy.Document == nil {
		return
	}
	for i := range policy.Document.Statements {
		one := &policy.Document.Statements[i]
		e.meter.Spend(1 + len(one.Actions) + len(one.NotActions) + len(one.Resources))
		if one.Effect == effect && e.matchAction(one) != no && (e.Principal.Kind == "" || e.matchPrincipal(one) != no) {
			each(policy, one)
		}
	}
}

// eachInResourcePolicies is like eachStatement, for the resource policies of
// the templates, which the evaluation of a request without a resource leaves
// out. It skips the policies of resources that the action cannot have.
func (s *Simulation) eachInResourcePolicies(e *evaluation, effect document.Effect, each func(policy *document.Policy, one *document.Statement)) {
	known, isKnown := authz.Lookup(e.Action)
	for _, h := range s.resourcePolicies {
		if isKnown && len(h.Protects) > 0 && !slices.ContainsFunc(h.Protects, func(p string) bool { return known.Allows(withWildcards(p)) }) {
			continue
		}
		for i := range h.Policies {
			e.eachStatement(&h.Policies[i], effect, each)
		}
	}
}

// withWildcards returns an ARN pattern of a template with "*" in place of
// everything that is unknown.
func withWildcards(pattern string) string {
	for _, part := range intrinsics(pattern) {
		pattern = strings.ReplaceAll(pattern, part, "*")
	}
	return pattern
}

// fitsAction reports whether a statement has a resource that the action can
// have; it returns true for a statement without Resource, and for an action
// that AWS does not have. NotAction also matches the actions of other services,
// which the resources of the statement do not fit.
func fitsAction(s *document.Statement, action string) bool {
	return len(s.Resources) == 0 || slices.ContainsFunc(s.Resources, func(pattern string) bool { return canHave(action, pattern) })
}

// canHave reports whether an action can have a resource that matches a pattern. It
// returns true for an action that AWS does not have, and if a part of the pattern is
// unknown.
func canHave(action, pattern string) bool {
	known, ok := authz.Lookup(action)
	return !ok || strings.Contains(pattern, "${") || known.Allows(pattern)
}
