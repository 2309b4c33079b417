// Decides whether a statement applies to the request, and what is unknown about
// it.

package simulate

import (
	"maps"
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// statementApplies reports whether a statement applies to the request. It
// records in j the parts that depend on keys that the request does not have,
// and the result of the other parts.
func (e *evaluation) statementApplies(policy *document.Policy, s *document.Statement, part string, j *statementResult) truth {
	e.reasons = e.reasons[:0]
	result := e.matchAction(s)
	if result == no {
		return no
	}
	j.fixedResult = result
	// add combines one part of the statement with the result. It returns false
	// when no additional key can make the statement apply.
	add := func(holds truth, c clause, open bool) bool {
		if result = and(result, holds); open {
			c.holds, c.label = holds, s.Label()+" of "+policy.Name
			j.openClauses = append(j.openClauses, c)
		} else {
			j.fixedResult = and(j.fixedResult, holds)
		}
		return j.fixedResult != no
	}
	variables := policy.Document.Version == "2012-10-17"
	matches, open := e.matchResources(s, variables, part)
	if e.doubtful && len(open) > 0 && e.hasUnknownKey(e.missing) {
		matches = maybe
	}
	if !add(matches, clause{resources: open, isNotResource: len(s.NotResources) > 0, keys: sortedKeys(e.missing)}, len(open) > 0) {
		j.openClauses = nil
		e.notePartialDeny(policy, s)
		return no
	}
	if part == partResource && !add(e.matchPrincipal(s), clause{}, false) {
		j.openClauses = nil
		clear(e.missing)
		return no
	}
	if misplaced := s.Misplaced(part == partResource, authz.AssumesRole(e.Action)); misplaced != 0 {
		e.note("IAM refuses %s of %s: the statement %s", s.Label(), policy.Name, misplaced)
		add(e.unknownBecause("it %s", misplaced), clause{}, false)
	}
	for i := range s.Conditions {
		e.meter.Spend(conditionCost)
		before := e.missing
		e.missing = map[string]bool{}
		holds := e.evaluateCondition(s.Conditions[i], variables)
		keys := e.missing
		if e.doubtful && e.hasUnknownKey(keys) {
			holds = maybe
		}
		e.missing = before
		maps.Copy(e.missing, keys)
		if !add(holds, clause{condition: &s.Conditions[i], variables: variables, keys: sortedKeys(keys)}, len(keys) > 0) {
			j.openClauses = nil
			clear(e.missing)
			return no
		}
	}
	if !add(e.exists(s), clause{}, false) {
		j.openClauses = nil
		clear(e.missing)
		return no
	}
	if j.fixedResult == maybe {
		j.unknownReason = e.unknownParts(s)
	}
	if result == maybe && !s.MayDeny {
		e.noteUnknown(policy, s)
	}
	return result
}

// conditionCost is the cost of evaluating one condition and of recording the
// missing keys. The cost of its values is part of [Policies.weight].
const conditionCost = 15

// noteUnknown adds a note that says whether a statement that may or may not
// apply is assumed to apply.
func (e *evaluation) noteUnknown(policy *document.Policy, s *document.Statement) {
	assumption := "the statement is assumed not to apply"
	if s.Effect == document.Deny {
		assumption = "the statement is assumed to apply"
	}
	what := e.unknownParts(s)
	if what != "" {
		what = " (" + what + ")"
	}
	e.note("whether %s of %s applies depends on unknown values%s: %s", s.Label(), policy.Name, what, assumption)
}

// unknownParts names what is unknown about a statement. It lists three parts at
// most, and says if there are others.
func (e *evaluation) unknownParts(s *document.Statement) string {
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
		add(c.Key)
		for _, v := range c.Values {
			add(v)
		}
	}
	for _, p := range slices.Concat(s.Principals, s.NotPrincipals) {
		add(p.ID)
	}
	for _, w := range s.When {
		if name, values, ok := document.ParameterValues(w); ok {
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
