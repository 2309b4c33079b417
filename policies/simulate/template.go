// Determines what a template leaves open apart from values: whether a statement
// exists, and which parts were not read.

package simulate

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// given returns the template condition under which the simulated role or user
// exists: the condition holds for every request of that role or user.
func (s *Simulation) given() []string {
	if s.holder == nil || s.holder.When == "" {
		return nil
	}
	return []string{s.holder.When}
}

// exists reports whether a statement exists, according to the conditions and
// parameters of its template. If that depends on an allowed value, the result
// is maybe, and e.choices records the parameter;
// [Simulation.evaluateAllowedValues] tries each value. e.conditions records an
// undecided condition, for [Simulation.evaluateBranches].
func (e *evaluation) exists(s *document.Statement) truth {
	if !document.Consistent(e.given, s.When) {
		return no
	}
	result := yes
	for _, when := range s.When {
		if document.Implies(e.given, []string{when}) {
			continue
		}
		name, allowed, ok := document.ParameterValues(when)
		if !ok {
			if e.conditions != nil && !strings.HasPrefix(when, "${") {
				e.conditions[strings.TrimPrefix(when, "!")] = true
			}
			result = and(result, maybe)
			continue
		}
		if given, present := e.parameter(name); present {
			result = and(result, truthOf(slices.Contains(allowed, given)))
			continue
		}
		if e.choices != nil {
			e.choices[name] = true
		}
		result = and(result, maybe)
	}
	return result
}

// templateNotes returns notes about what is unknown or assumed in the templates
// and could change the decision for a principal. h is nil if only policies are
// given.
func templateNotes(set *document.Set, h *document.Holder) (notes []string) {
	if h == nil {
		h = &document.Holder{}
	}
	if isElsewhere(h) {
		notes = append(notes, fmt.Sprintf("the template does not create the %s %s: its other policies are unknown, and may allow or deny the request", h.Kind, h.Name))
	}
	if h.When != "" {
		condition := "the condition " + h.When
		if name, values, ok := document.ParameterValues(h.When); ok {
			condition = "the condition that " + name + " is " + strings.Join(values, " or ")
		}
		notes = append(notes, fmt.Sprintf("the template creates the %s %s only under %s: the decision is for that case", h.Kind, h.Name, condition))
	}
	for _, group := range set.GroupsElsewhere(h) {
		notes = append(notes, fmt.Sprintf("the policies of the group %s are unknown: they may allow or deny the request", group))
	}
	for _, u := range set.Unread {
		switch {
		case u.Custom && !concerns(u, h):
			notes = append(notes, fmt.Sprintf("%s is not evaluated: the decision does not include what its code grants", u.Name()))
		case u.Grants:
			notes = append(notes, fmt.Sprintf("%s was not read: it may add or change what is allowed", u.Name()))
		case u.Limits:
			notes = append(notes, fmt.Sprintf("%s is not evaluated: it may limit what is allowed", u.Name()))
		}
	}
	return notes
}

// noteAssumed adds notes about the assumed parameters that matter, or may matter, for an
// outcome. A parameter matters if the decision depends on the parameter or on a template
// condition that uses it, or if the decision would differ without its default.
func (s *Simulation) noteAssumed(action, resource string, o *Outcome) {
	var assumed []document.AssumedParameter
	for _, in := range s.inputs {
		if in.set == nil {
			continue
		}
		for _, a := range in.set.AssumedParameters {
			if s.matters(in.set, a, action, resource, o) {
				assumed = append(assumed, a)
			}
		}
	}
	for _, note := range document.AssumedNotes(assumed) {
		s.meter.Spend(noteCost(note))
		o.Notes = append(o.Notes, note)
	}
}

func (s *Simulation) matters(set *document.Set, a document.AssumedParameter, action, resource string, o *Outcome) bool {
	uses := func(condition string) bool { return set.DependsOn(condition, a.Name) }
	switch {
	case slices.Contains(o.choices, a.Name), slices.ContainsFunc(o.conditions, uses):
		return true
	case !slices.Contains(set.Defaulted(), a.Name):
		return false
	case s.defaults == nil || !s.defaults.triesEach:
		return true
	}
	return s.differsWithout(a.Name, action, resource, o)
}

// isElsewhere reports whether h is a role or user that the template does not
// create.
func isElsewhere(h *document.Holder) bool { return h != nil && h.Kind != "" && h.IsElsewhere() }

// hasUnreadGrants reports whether the templates of a set have a part that can
// grant permissions to h and was not read.
func hasUnreadGrants(set *document.Set, h *document.Holder) bool {
	return slices.ContainsFunc(set.Unread, func(u document.UnreadPart) bool { return u.Grants && (!u.Custom || concerns(u, h)) })
}

// concerns reports whether a custom resource refers to the simulated role or user, to
// one of its policies or to its boundary, and so may change what h is allowed. Other
// custom resources can change policies too, like everything in the account that is not
// in the input.
func concerns(u document.UnreadPart, h *document.Holder) bool {
	if h == nil || h.File != u.File {
		return false
	}
	return u.RefersTo(h.LogicalID) || h.BoundaryLogicalID != "" && u.RefersTo(h.BoundaryLogicalID) ||
		slices.ContainsFunc(h.Policies, func(p document.Policy) bool { return p.LogicalID != "" && u.RefersTo(p.LogicalID) })
}

// mayChange reports whether an unknown part of the templates may change a
// decision. An unread part may change every decision. The unknown policies of a
// principal or group that the templates do not create may change every decision
// except an explicit deny.
func (s *Simulation) mayChange(decision Decision) bool {
	elsewhere := s.holder != nil && s.set != nil && (isElsewhere(s.holder) || len(s.set.GroupsElsewhere(s.holder)) > 0)
	return s.hasUnreadGrants || elsewhere && decision != ExplicitDeny
}
