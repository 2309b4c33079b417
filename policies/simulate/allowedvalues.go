// Template parameters with AllowedValues: a decision is certain if it is the
// same for every allowed value, and otherwise depends on the parameter.

package simulate

import (
	"slices"
	"strings"

	"capaboot/policies/document"
)

// maxChoices is the largest number of combinations of allowed values that are
// tried. If there are more, none of them is tried.
const maxChoices = 32

// allowedValues returns the values that the templates of a set allow for each
// parameter, as [document.IsValue] returns them.
func allowedValues(set *document.Set) map[string][]string {
	all := map[string][]string{}
	for _, a := range set.AssumedParameters {
		for _, value := range a.Tried {
			all[a.Name] = append(all[a.Name], document.ValueLabel(value))
		}
	}
	return all
}

// evaluateAllowedValues decides a request. If statements depend on parameters with allowed
// values, it decides the request for every combination of these values.
func (s *Simulation) evaluateAllowedValues(p Policies, request Request) Result {
	first := evaluateWithin(p, request, s.meter)
	combinations := []map[string]string{{}}
	for _, name := range first.choices {
		var next []map[string]string
		for _, chosen := range combinations {
			for _, value := range s.parameterValues[name] {
				more := map[string]string{name: value}
				for k, v := range chosen {
					more[k] = v
				}
				next = append(next, more)
			}
		}
		if len(next) == 0 || len(next) > maxChoices {
			return first
		}
		combinations = next
	}
	if len(first.choices) == 0 {
		return first
	}
	var results []Result
	byDecision := map[Decision][]string{}
	for _, chosen := range combinations {
		one := request
		one.Parameters = map[string]string{}
		for k, v := range request.Parameters {
			one.Parameters[k] = v
		}
		var words []string
		for _, name := range first.choices {
			one.Parameters[name] = chosen[name]
			words = append(words, name+" is "+chosen[name])
		}
		r := evaluateWithin(p, one, s.meter)
		results = append(results, r)
		byDecision[r.Decision] = append(byDecision[r.Decision], strings.Join(words, " and "))
	}
	return combine(results, byDecision)
}

// combine merges the results for several parameter values, any of which may
// apply.
func combine(results []Result, byDecision map[Decision][]string) Result {
	all := results[0]
	for _, r := range results[1:] {
		all.Statements = union(all.Statements, r.Statements)
		all.MissingContextKeys = union(all.MissingContextKeys, r.MissingContextKeys)
		all.Notes = union(all.Notes, r.Notes)
		all.Unknown = all.Unknown || r.Unknown
		for _, c := range r.Conditional {
			if !slices.ContainsFunc(all.Conditional, func(o Conditional) bool { return o.Statement == c.Statement }) {
				all.Conditional = append(slices.Clip(all.Conditional), c)
			}
		}
	}
	slices.Sort(all.MissingContextKeys)
	if len(byDecision) == 1 {
		return all
	}
	all.Decision, all.Statements, all.Unknown = ImplicitDeny, nil, true
	all.Reason = "the decision depends on parameter values that the template allows"
	for _, d := range []Decision{Allowed, ExplicitDeny, ImplicitDeny} {
		if when := byDecision[d]; len(when) > 0 {
			all.Notes = append(slices.Clip(all.Notes), string(d)+" if "+strings.Join(when, ", or if ")+", which the template allows")
		}
	}
	return all
}

func union[T comparable](a, b []T) []T {
	a = slices.Clip(a)
	for _, one := range b {
		if !slices.Contains(a, one) {
			a = append(a, one)
		}
	}
	return a
}
