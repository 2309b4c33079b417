// What a template leaves open besides values: whether a statement exists, which
// parts were not read.

package simulate

import (
	"fmt"
	"slices"

	"capaboot/policies/document"
)

// exists reports whether a statement is there, as far as the conditions and the
// parameters of its template say it. What depends on a value that the template
// allows is unknown; [Simulation.evaluate] tries each.
func (e *evaluation) exists(policy *document.Policy, s *document.Statement) truth {
	result := yes
	for _, when := range s.When {
		name, allowed, ok := document.IsValue(when)
		if !ok {
			result = both(result, maybe)
			continue
		}
		if given, there := e.parameter(name); there {
			result = both(result, known(slices.Contains(allowed, given)))
			continue
		}
		if e.choices != nil {
			e.choices[name] = true
		}
		result = both(result, maybe)
	}
	return result
}

// templateNotes say what of the templates of a set may decide otherwise, for a
// principal of it; nil for policies by themselves.
func templateNotes(set *document.Set, h *document.Holder) (notes []string) {
	if h == nil {
		h = &document.Holder{}
	}
	for _, group := range set.GroupsElsewhere(h) {
		notes = append(notes, fmt.Sprintf("the policies of the group %s are unknown: they may allow or deny the request", group))
	}
	for _, u := range set.Unread {
		if u.Grants {
			notes = append(notes, fmt.Sprintf("%s was not read: it may add or change what is allowed", u.Name()))
		}
	}
	for _, a := range set.Assumed {
		notes = append(notes, a.String())
	}
	return notes
}

// isUnread reports whether a part of the templates of a set that can grant was not
// read.
func isUnread(set *document.Set) bool {
	return slices.ContainsFunc(set.Unread, func(u document.Unread) bool { return u.Grants })
}

// open reports whether a decision may be another one by what of the templates is unknown here. What
// was not read may also remove a denial; the policies of a group elsewhere cannot.
func (s *Simulation) open(decision Decision) bool {
	elsewhere := s.holder != nil && s.set != nil && len(s.set.GroupsElsewhere(s.holder)) > 0
	return s.unread || elsewhere && decision != ExplicitDeny
}
