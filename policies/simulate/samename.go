// Several inline policies of one name: see [document.InlineOfOneName]. If one of them
// alone leads to another decision, the decision is unknown.

package simulate

import (
	"fmt"
	"slices"

	"capaboot/policies/document"
)

// maxSameNames limits the policies of one name, and the names, that are evaluated. With
// more, every decision is unknown.
const maxSameNames = 8

// sameNames is a list of inline policies of one name, as indexes of the identity
// policies of the caller.
type sameNames []int

// findSameNames returns the inline policies of the caller that have one name and can
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

// noteSameNames adds a note for each inline policy that shares its name with
// others, if the decision would change without those others. The outcome is
// then unknown.
func (s *Simulation) noteSameNames(action, resource string, o *Outcome) {
	if s.holder == nil || o.isRefused {
		return
	}
	own := s.Policies.Identity
	add := func(name, consequence string) {
		note := fmt.Sprintf("the %s %s has several inline policies with the name %s, and the last one that is written replaces the others: %s", s.holder.Kind, s.holder.Name, name, consequence)
		s.meter.Spend(noteCost(note))
		o.Notes, o.Unknown = append(o.Notes, note), true
	}
	first, found := *o, s.findSameNames()
	for i, all := range found {
		if i == maxSameNames {
			return // the decision is unknown
		}
		if len(found) > maxSameNames || len(all) > maxSameNames {
			add(own[all[0]].Name, "the decision can be another")
			continue
		}
		for _, i := range all {
			replaced := s.replacedBy(i, all)
			if len(replaced) == 0 {
				continue
			}
			with := *s
			with.Policies.Identity = nil
			for k := range own {
				if !slices.Contains(replaced, k) {
					with.Policies.Identity = append(with.Policies.Identity, own[k])
				}
			}
			other := with.decide(action, resource)
			with.noteWithoutResource(action, &other)
			if other.Decision != first.Decision || other.Unknown && !first.Unknown || !sameConditionals(other.Conditional, first.Conditional) {
				add(own[i].Name, fmt.Sprintf("if that is the policy on line %d, the decision is %s", own[i].Document.Line, other.inWords()))
			}
		}
	}
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

// canHold reports whether template conditions, which do not contradict each other, can
// hold together.
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
