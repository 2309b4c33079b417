// Several inline policies of one name: a role or user has one policy of each name, so
// the last one that is written replaces the others. A template does not say which one is
// the last. If one of them alone leads to another decision, the decision is unknown.
//
// Source: IAM API Reference, "PutRolePolicy": it adds or updates the policy.

package simulate

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// maxSameNames limits the policies of one name that are evaluated. With more, every
// decision is unknown.
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
	own, byName, names := s.Policies.Identity, map[string]sameNames{}, []string{}
	s.meter.Spend(1 + len(own))
	for i := range own {
		name := strings.ToLower(own[i].Name)
		// A text with a space is not the name of a policy in IAM: it describes a policy
		// that SAM or IAM Identity Center names, or the policy of a group.
		if !own[i].Inline || name == "" || strings.Contains(name, " ") {
			continue
		}
		if byName[name] == nil {
			names = append(names, name)
		}
		byName[name] = append(byName[name], i)
	}
	for _, name := range names {
		if all := byName[name]; len(all) > maxSameNames || slices.ContainsFunc(all, func(i int) bool { return len(s.replacedBy(i, all)) > 0 }) {
			s.sameNames = append(s.sameNames, all)
		}
	}
	return s.sameNames
}

// noteSameNames adds a note for each inline policy whose name another one has, if the
// decision without the others would be another. The outcome is then unknown.
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
	first := *o
	for _, all := range s.findSameNames() {
		if len(all) > maxSameNames {
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
			found := with.decide(action, resource)
			with.noteWithoutResource(action, &found)
			if found.Decision != first.Decision || found.Unknown && !first.Unknown || !sameConditionals(found.Conditional, first.Conditional) {
				add(own[i].Name, fmt.Sprintf("if that is the policy on line %d, the decision is %s", own[i].Document.Line, found.inWords()))
			}
		}
	}
}

// replacedBy returns those policies of one name that can exist together with one of
// them.
func (s *Simulation) replacedBy(i int, all sameNames) (replaced []int) {
	own := s.Policies.Identity
	for _, k := range all {
		if k != i && s.canCoexist(own[i].Document.Statements, own[k].Document.Statements) {
			replaced = append(replaced, k)
		}
	}
	return replaced
}

// canCoexist reports whether two policies with these statements can exist together: two
// of the statements can, or one of the policies allows and denies nothing.
func (s *Simulation) canCoexist(a, b []document.Statement) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(x document.Statement) bool {
		return slices.ContainsFunc(b, func(y document.Statement) bool {
			s.meter.Spend(1)
			both, consistent := document.Together(x.When, y.When...)
			if consistent && len(both) > 0 {
				s.meter.Spend(coexistCost)
			}
			return consistent && s.set.Possible(both)
		})
	})
}

// coexistCost is the cost of deciding whether template conditions can hold together.
const coexistCost = 200
