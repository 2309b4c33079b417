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
// parameter, as [document.ParameterValues] returns them. If the set has the simulated
// role or user h, the names of parameters are as the file of h sees them: see
// [document.Set.SeenFrom].
func allowedValues(set *document.Set, h *document.Holder) map[string][]string {
	all := map[string][]string{}
	for _, a := range set.AssumedParameters {
		name := a.Name
		if h != nil && a.File != h.File {
			name = set.ParameterIn(a.File, a.Name)
		}
		for _, value := range a.Tried {
			all[name] = union(all[name], []string{document.ValueLabel(value)})
		}
	}
	return all
}

// addAllowedValues adds the values that other templates allow. If templates
// allow different values for a parameter, the parameter gets an empty list,
// and no value is tried.
func addAllowedValues(all, others map[string][]string) {
	for name, values := range others {
		if known, ok := all[name]; ok && !slices.Equal(known, values) {
			values = []string{}
		}
		all[name] = values
	}
}

// evaluateAllowedValues decides a request. If statements depend on parameters
// with allowed values, it decides the request for every combination of these
// values. If there are more than maxChoices combinations, the values stay
// unknown.
func (s *Simulation) evaluateAllowedValues(p Policies, request Request) Result {
	first := s.evaluateBranches(p, request)
	combinations := []map[string]string{{}}
	for _, name := range first.choices {
		var next []map[string]string
		for _, chosen := range combinations {
			for _, value := range s.possibleValues(name) {
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
	var labels []string
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
		r := s.evaluateBranches(p, one)
		label := strings.Join(words, " and ")
		results, labels = append(results, r), append(labels, label)
		byDecision[r.Decision] = append(byDecision[r.Decision], label)
	}
	all := combine(results, labels, byDecision)
	all.choices = first.choices
	return all
}

// possibleValues returns the allowed values of a parameter for which the
// simulated role or user exists.
func (s *Simulation) possibleValues(name string) []string {
	all := slices.Clone(s.allowedValues[name])
	for _, when := range s.given() {
		if of, values, ok := document.ParameterValues(when); ok && of == name {
			all = slices.DeleteFunc(all, func(value string) bool { return !slices.Contains(values, value) })
		}
	}
	return all
}

// combine merges the results for several combinations of parameter values or of
// template conditions, any of which may apply. labels has the combination of
// each result, and byDecision the combinations that lead to each decision.
func combine(results []Result, labels []string, byDecision map[Decision][]string) Result {
	all := results[0]
	all.Conditional = combineConditionals(results, labels)
	all.Unknown = all.Unknown || slices.ContainsFunc(all.Conditional, func(c Conditional) bool { return c.When != "" })
	for _, r := range results[1:] {
		all.Statements = union(all.Statements, r.Statements)
		all.MissingContextKeys = union(all.MissingContextKeys, r.MissingContextKeys)
		all.Notes = union(all.Notes, r.Notes)
		all.Unknown, all.granted = all.Unknown || r.Unknown, min(all.granted, r.granted)
	}
	slices.Sort(all.MissingContextKeys)
	if len(byDecision) == 1 {
		return all
	}
	all.Decision, all.Statements, all.Unknown = ImplicitDeny, nil, true
	all.Reason = "the decision depends on the values of template parameters"
	for _, d := range []Decision{Allowed, ExplicitDeny, ImplicitDeny} {
		if when := byDecision[d]; len(when) > 0 {
			all.Notes = append(slices.Clip(all.Notes), string(d)+" if "+strings.Join(when, ", or if ")+" (among the values that the template allows)")
		}
	}
	return all
}

// combineConditionals merges the field Conditional of several results, without
// duplicates. labels[i] is the label of results[i]. The field When has the labels of
// the results with this Conditional. It is "" if every result has a Conditional with
// the same needs.
func combineConditionals(results []Result, labels []string) []Conditional {
	all := []Conditional{}
	var when [][]string
	for i, r := range results {
		for _, c := range r.Conditional {
			k := slices.IndexFunc(all, c.equal)
			if k < 0 {
				k = len(all)
				all, when = append(all, c), append(when, nil)
			}
			if !slices.Contains(when[k], labels[i]) {
				when[k] = append(when[k], labels[i])
			}
		}
	}
	for k, c := range all {
		// With other values, the same needs may belong to another statement, so only
		// the needs are compared.
		always := !slices.ContainsFunc(results, func(r Result) bool { return !slices.ContainsFunc(r.Conditional, c.hasNeedsOf) })
		if !always {
			all[k].When = strings.Join(when[k], " or ")
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
