// What a template leaves open besides values: whether a statement exists, which
// parts were not read.

package simulate

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// exists reports whether a statement is there, as far as the conditions and the
// parameters of its template say it. A value that the template allows for a
// parameter counts for what is allowed; a denial must not rest on one.
func (e *evaluation) exists(policy *document.Policy, s *document.Statement) truth {
	result := yes
	var values []string
	for _, when := range s.When {
		name, allowed, ok := document.IsValue(when)
		if !ok {
			return maybe
		}
		if given, there := e.parameter(name); there {
			result = both(result, known(slices.Contains(allowed, given)))
			continue
		}
		values = append(values, name+" is "+strings.Join(allowed, " or "))
	}
	if len(values) == 0 || result == no {
		return result
	}
	if s.Effect == document.Deny {
		return maybe
	}
	e.note("%s of %s is there when %s, which the template allows", s.Label(), policy.Name, strings.Join(values, " and "))
	return result
}

// templateNotes say what of the templates of a set may decide otherwise, for a
// principal of it.
func templateNotes(set *document.Set, h *document.Holder) (notes []string) {
	for _, group := range set.GroupsElsewhere(h) {
		notes = append(notes, fmt.Sprintf("the policies of the group %s are not known here: they may allow or deny the request", group))
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
