// Requests without a resource: a statement that allows the action only on some
// resources makes the decision unknown.

package simulate

import (
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// noteWithoutResource adds the notes of noteNarrowAllows to an implicit deny of a
// request without a resource.
func (s *Simulation) noteWithoutResource(action string, o *Outcome) {
	if len(s.resources) == 0 && o.Decision == ImplicitDeny && !s.asksWhoAssumes(action, "*") {
		s.noteNarrowAllows(action, o)
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
// have. NotAction also matches the actions of other services, which the
// resources of the statement do not fit.
func fitsAction(s *document.Statement, action string) bool {
	known, ok := authz.Lookup(action)
	if !ok || len(s.Resources) == 0 {
		return true
	}
	return slices.ContainsFunc(s.Resources, func(r string) bool { return strings.Contains(r, "${") || known.Allows(r) })
}
