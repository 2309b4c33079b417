// Whether a statement applies to the request, and what of it is unknown.

package simulate

import (
	"maps"
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// applies reports whether a statement is about the request, and takes down in j
// what of it depends on keys that the request does not have.
func (e *evaluation) applies(policy *document.Policy, s *document.Statement, part string, j *judged) truth {
	e.reasons = e.reasons[:0]
	result := e.aboutAction(s)
	if result == no {
		return no
	}
	j.fixed = result
	// take counts a part of the statement in, and reports false if nothing can
	// make the statement apply any more.
	take := func(now truth, c clause, open bool) bool {
		if result = both(result, now); open {
			c.now, c.of = now, s.Label()+" of "+policy.Name
			j.open = append(j.open, c)
		} else {
			j.fixed = both(j.fixed, now)
		}
		return j.fixed != no
	}
	variables := policy.Document.Version == "2012-10-17"
	now, open := e.aboutResource(s, variables, part)
	if !take(now, clause{resources: open, inverted: len(s.NotResources) > 0, keys: sorted(e.missing)}, len(open) > 0) {
		j.open = nil
		e.partly(policy, s)
		return no
	}
	if part == partResource && !take(e.aboutPrincipal(s), clause{}, false) {
		j.open = nil
		return no
	}
	if misplaced := s.Misplaced(part == partResource, authz.AssumesRole(e.Action)); misplaced != 0 {
		e.note("IAM refuses %s of %s: it %s", s.Label(), policy.Name, misplaced)
		take(e.unsure("it %s", misplaced), clause{}, false)
	}
	for i := range s.Conditions {
		e.meter.Spend(conditionWork)
		before := e.missing
		e.missing = map[string]bool{}
		now := e.condition(s.Conditions[i], variables)
		keys := e.missing
		e.missing = before
		maps.Copy(e.missing, keys)
		if !take(now, clause{condition: &s.Conditions[i], variables: variables, keys: sorted(keys)}, len(keys) > 0) {
			j.open = nil
			clear(e.missing)
			return no
		}
	}
	if !take(e.exists(policy, s), clause{}, false) {
		j.open = nil
		return no
	}
	if j.fixed == maybe {
		j.why = e.unknownOf(s)
	}
	if result == maybe {
		e.noteUnknown(policy, s)
	}
	return result
}

// conditionWork is what it takes to hold a condition against the request, and to
// keep the keys that the request does not have. Its values are in the weight.
const conditionWork = 15

// noteUnknown says how a statement is taken of which it is unknown whether it
// applies.
func (e *evaluation) noteUnknown(policy *document.Policy, s *document.Statement) {
	taken := "it is assumed not to apply"
	if s.Effect == document.Deny {
		taken = "it is assumed to apply"
	}
	what := e.unknownOf(s)
	if what != "" {
		what = " (" + what + ")"
	}
	e.note("whether %s of %s applies depends on unknown values%s: %s", s.Label(), policy.Name, what, taken)
}

// unknownOf names what of a statement is unknown.
func (e *evaluation) unknownOf(s *document.Statement) string {
	found := slices.Clone(e.reasons)
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
		if name, values, ok := document.IsValue(w); ok {
			found = append(found, "whether "+name+" is "+strings.Join(values, " or "))
			continue
		}
		if !strings.HasPrefix(w, "${") {
			w = "the condition " + w + " of the template"
		}
		found = append(found, w)
	}
	if len(found) > 3 {
		found = append(found[:3], "and others")
	}
	return strings.Join(found, ", ")
}
