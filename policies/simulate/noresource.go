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
	switch {
	case len(s.resources) > 0 || s.asksWhoAssumes(action, "*") || ok && known.SupportsNoResource():
	case o.Decision == ImplicitDeny:
		s.noteNarrowAllows(action, o)
	default:
		s.noteNarrowStatements(action, o)
	}
}

// noteNarrowStatements adds notes to an outcome that statements decide: the
// request is allowed or explicitly denied. An allowed request is denied on the
// resources of a Deny that "*" does not match. Statements that decide with
// NotResource do not decide for the resources that NotResource excepts.
func (s *Simulation) noteNarrowStatements(action string, o *Outcome) {
	add := func(label, policy, does string) {
		note := label + " of " + policy + " " + does + " the action on some resources: pass a resource with --resource ARN"
		s.meter.Spend(noteCost(note))
		if o.Unknown = true; !slices.Contains(o.Notes, note) {
			o.Notes = append(o.Notes, note)
		}
	}
	e := &evaluation{Request: Request{Action: action, Resource: "*", Context: s.context, Parameters: s.givenParameters()}, notes: map[string]bool{}, missing: map[string]bool{}, work: maxWork, meter: s.meter}
	excepting := map[Statement]bool{}
	for _, policy := range s.allPolicies() {
		for i := range policy.Document.Statements {
			one := &policy.Document.Statements[i]
			s.meter.Spend(1 + len(one.Actions) + len(one.NotActions) + len(one.Resources))
			isNarrow := len(one.Resources) > 0 && !slices.Contains(one.Resources, "*") && fitsAction(one, action)
			if o.Decision == Allowed && one.Effect == document.Deny && isNarrow && e.matchAction(one) != no {
				add(one.Label(), policy.Name, "denies")
			}
			if len(one.NotResources) > 0 {
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
		if isExcepting(d) && !certain[d.Part] && !isDenied {
			add(d.Label, d.Policy, does)
		}
	}
}

// noteNarrowAllows adds a note for each statement that allows the action on
// some resources only, and makes the outcome unknown. It is for requests
// without a resource: with a resource, the decision may differ.
func (s *Simulation) noteNarrowAllows(action string, o *Outcome) {
	e := &evaluation{Request: Request{Action: action, Resource: "*", Context: s.context, Parameters: s.givenParameters()}, notes: map[string]bool{}, missing: map[string]bool{}, work: maxWork, meter: s.meter}
	add := func(label, policy string) {
		note := label + " of " + policy + " allows the action on some resources: pass a resource with --resource ARN"
		s.meter.Spend(noteCost(note))
		o.Notes, o.Unknown = append(o.Notes, note), true
	}
	allowing := func(policies []document.Policy, each func(policy *document.Policy, statement *document.Statement)) {
		for i := range policies {
			if policies[i].Document == nil {
				continue
			}
			for j := range policies[i].Document.Statements {
				one := &policies[i].Document.Statements[j]
				s.meter.Spend(1 + len(one.Actions) + len(one.NotActions) + len(one.Resources))
				if one.Effect == document.Allow && e.matchAction(one) != no {
					each(&policies[i], one)
				}
			}
		}
	}
	narrow := func(policy *document.Policy, one *document.Statement) {
		// The statements of trust policies and repository policies have no resources.
		onSome := len(one.Resources)+len(one.NotResources) > 0 && !slices.Contains(one.Resources, "*")
		if onSome && (len(one.NotActions) == 0 || fitsAction(one, action)) {
			add(one.Label(), policy.Name)
		}
	}
	// A boundary matters only if the caller may have the permission.
	mayHave := len(s.Policies.UnknownIdentity) > 0
	allowing(s.Policies.Identity, func(policy *document.Policy, one *document.Statement) {
		mayHave = true
		narrow(policy, one)
	})
	if s.Policies.Boundary != nil && mayHave {
		allowing([]document.Policy{*s.Policies.Boundary}, narrow)
	}
	if s.Policies.Resource != nil {
		allowing([]document.Policy{*s.Policies.Resource}, narrow)
	}
	s.noteResourceAllows(e, allowing, add)
}

// noteResourceAllows adds a note for each statement in the templates' resource
// policies that may allow the action to the caller, and makes the outcome
// unknown. Without a resource, none of these policies is evaluated.
func (s *Simulation) noteResourceAllows(e *evaluation, allowing func([]document.Policy, func(*document.Policy, *document.Statement)), add func(label, policy string)) {
	known, isKnown := authz.Lookup(e.Action)
	var all []*document.Holder
	for _, h := range s.resourcePolicies {
		if !isKnown || len(h.Protects) == 0 || slices.ContainsFunc(h.Protects, func(p string) bool { return known.Allows(withWildcards(p)) }) {
			all = append(all, h)
		}
	}
	if len(all) == 0 {
		return
	}
	if s.holder != nil {
		e.Principal, e.identities, e.sameTemplate = s.caller("*"), s.identities, s.principal == nil
	} else if s.principal != nil {
		e.Principal = *s.principal
	}
	for _, h := range all {
		allowing(h.Policies, func(policy *document.Policy, one *document.Statement) {
			if e.Principal.Kind == "" || e.matchPrincipal(one) != no {
				add(one.Label(), policy.Name)
			}
		})
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
	known, ok := authz.Lookup(action)
	if !ok || len(s.Resources) == 0 {
		return true
	}
	return slices.ContainsFunc(s.Resources, func(r string) bool { return strings.Contains(r, "${") || known.Allows(r) })
}
