// Undecided template conditions: a decision is certain if it is the same whether
// they hold or not.

package simulate

import (
	"slices"
	"strings"

	"capaboot/policies/document"
)

// maxUndecidedConditions is the largest number of template conditions whose
// combinations are tried. With more conditions, no combination is tried.
const maxUndecidedConditions = 4

// addConditionalSet records a set if its templates have template conditions.
func (s *Simulation) addConditionalSet(set *document.Set) {
	if set.TemplatesWithConditions() > 0 {
		s.withConditions = append(s.withConditions, set)
	}
}

// evaluateBranches decides a request. If the decision is unknown and statements
// depend on undecided conditions of one template, it decides the request for
// every possible combination of these conditions, unless there are more than
// maxUndecidedConditions. If the decision is certain and the same for all
// combinations, it is the result; otherwise the decision stays unknown.
func (s *Simulation) evaluateBranches(p Policies, request Request) Result {
	first := evaluateWithin(p, request, s.meter)
	n := len(first.conditions)
	if !first.Unknown || n == 0 || n > maxUndecidedConditions || len(s.withConditions) != 1 || s.withConditions[0].TemplatesWithConditions() != 1 {
		return first
	}
	values := s.chosenValues(request)
	var results []Result
	var labels []string
	for held := range 1 << n {
		var conditions []string
		for i, name := range first.conditions {
			if held>>i&1 == 0 {
				name = "!" + name
			}
			conditions = append(conditions, name)
		}
		given, isPossible := document.Together(request.given, conditions...)
		if !isPossible || !s.withConditions[0].Possible(slices.Concat(given, values)) {
			continue
		}
		one := request
		one.given = given
		r := evaluateWithin(p, one, s.meter)
		if r.Unknown || len(results) > 0 && r.Decision != results[0].Decision {
			return first
		}
		results, labels = append(results, r), append(labels, strings.Join(conditions, " and "))
	}
	if len(results) == 0 {
		return first
	}
	all := combine(results, labels, map[Decision][]string{results[0].Decision: labels})
	if all.Unknown {
		return first // the branches have different conditional results
	}
	all.choices = first.choices
	return all
}

// chosenValues returns, as template conditions, the values that a request gives
// for parameters with allowed values.
func (s *Simulation) chosenValues(request Request) (all []string) {
	for name := range s.allowedValues {
		if value, isChosen := request.Parameters[name]; isChosen {
			all = append(all, name+"="+value)
		}
	}
	return all
}
