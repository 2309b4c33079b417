// Several inline policies of one name: see [document.InlineOfOneName]. The last one that
// is written replaces the others. If the decision depends on which policies are written
// last, it is unknown.

package simulate

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// The decision is unknown if more than maxSameNames policies have one name, or if more
// than maxSameNames names have several policies. It is also unknown if the choice of a
// last policy for each name has more than maxSurvivors combinations.
const (
	maxSameNames = 8
	maxSurvivors = 64
)

// sameNames is a list of inline policies that share a name, as indexes of the identity
// policies of the caller.
type sameNames []int

// findSameNames returns the inline policies of the caller that share a name and can
// exist together.
func (s *Simulation) findSameNames() []sameNames {
	if s.sameNames != nil {
		return s.sameNames
	}
	s.sameNames = []sameNames{}
	s.meter.Spend(1 + len(s.Policies.Identity))
	for _, all := range document.InlineOfOneName(s.Policies.Identity, s.canHold) {
		s.sameNames = append(s.sameNames, all)
	}
	return s.sameNames
}

// noteSameNames adds notes if the decision depends on which inline policy of a name is
// written last, or if this cannot be found out within the limits. The outcome is then
// unknown.
func (s *Simulation) noteSameNames(action, resource string, o *Outcome) {
	if s.holder == nil || o.isRefused {
		return
	}
	own := s.Policies.Identity
	add := func(name, consequence string) {
		note := fmt.Sprintf("the %s %s has several inline policies with the %s, and the last one that is written replaces the others: %s", s.holder.Kind, s.holder.Name, name, consequence)
		s.meter.Spend(noteCost(note))
		o.Notes, o.Unknown = append(o.Notes, note), true
	}
	first, found := *o, s.findSameNames()
	for i, all := range found {
		if i == maxSameNames {
			return // the notes so far have made the outcome unknown
		}
		if len(found) > maxSameNames || len(all) > maxSameNames {
			add("name "+own[all[0]].Name, "the decision can differ")
			continue
		}
		for _, i := range all {
			replaced := s.replacedBy(i, all)
			if len(replaced) == 0 {
				continue
			}
			if other := s.decideWithout(replaced, action, resource); other.differsFrom(&first) {
				add("name "+own[i].Name, fmt.Sprintf("if that is the policy on line %d, the decision is %s", own[i].Document.Line, other.inWords()))
			}
		}
	}
	if o.Unknown {
		return
	}
	combinations, isComplete := s.survivors(found)
	consequence := "the decision can differ"
	for _, replaced := range combinations {
		if other := s.decideWithout(replaced, action, resource); other.differsFrom(&first) {
			consequence, isComplete = "for some of the policies, the decision is "+other.inWords(), false
			break
		}
	}
	if !isComplete {
		var names []string
		for _, all := range found {
			names = append(names, own[all[0]].Name)
		}
		add("names "+strings.Join(names, " and "), consequence)
	}
}

// survivors chooses the last policy for each name. It returns, for each combination of
// these choices, the policies that are replaced. It returns no combination for fewer
// than two names. isComplete is false if there are too many combinations.
func (s *Simulation) survivors(found []sameNames) (combinations [][]int, isComplete bool) {
	if len(found) < 2 {
		return nil, true
	}
	combinations = [][]int{nil}
	for _, all := range found {
		var next [][]int
		for _, i := range all {
			for _, replaced := range combinations {
				next = append(next, slices.Concat(replaced, s.replacedBy(i, all)))
			}
		}
		if len(next) > maxSurvivors {
			return nil, false
		}
		combinations = next
	}
	return combinations, true
}

// decideWithout decides a request as if the caller did not have some of its identity
// policies.
func (s *Simulation) decideWithout(replaced []int, action, resource string) Outcome {
	with := *s
	with.Policies.Identity = nil
	for k := range s.Policies.Identity {
		if !slices.Contains(replaced, k) {
			with.Policies.Identity = append(with.Policies.Identity, s.Policies.Identity[k])
		}
	}
	other := with.decide(action, resource)
	with.noteWithoutResource(action, &other)
	return other
}

// differsFrom reports whether an outcome has another decision than first, is less
// certain, or has other conditional results.
func (o *Outcome) differsFrom(first *Outcome) bool {
	return o.Decision != first.Decision || o.Unknown && !first.Unknown || !sameConditionals(o.Conditional, first.Conditional)
}

// replacedBy returns the policies of the list that can exist together with
// policy i, which replaces them if it is written last.
func (s *Simulation) replacedBy(i int, all sameNames) (replaced []int) {
	own := s.Policies.Identity
	for _, k := range all {
		if k != i && own[i].CanCoexist(&own[k], s.canHold) {
			replaced = append(replaced, k)
		}
	}
	return replaced
}

// canHold reports whether template conditions can hold together according to their
// definitions.
func (s *Simulation) canHold(when []string) bool {
	s.meter.Spend(1)
	if len(when) == 0 {
		return true
	}
	s.meter.Spend(coexistCost)
	return s.set.Possible(when)
}

// coexistCost is the cost of deciding whether template conditions can hold together.
const coexistCost = 200
