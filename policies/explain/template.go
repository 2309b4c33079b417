// What templates leave open: the groups, the parts that were not read and the
// parameters on which grants rest.

package explain

import (
	"fmt"
	"slices"

	"capaboot/policies/document"
)

func templateNotes(set *document.Set) (notes []string) {
	for _, h := range set.Principals {
		for _, group := range set.GroupsElsewhere(h) {
			notes = append(notes, fmt.Sprintf("%s %s is a member of the group %s, whose policies are not known here", h.Kind, h.Name, group))
		}
	}
	for _, u := range set.Unread {
		if u.Grants {
			notes = append(notes, fmt.Sprintf("%s was not read: it may add or change what is granted", u.Name()))
		}
	}
	for _, a := range set.Assumed {
		notes = append(notes, a.String())
	}
	return notes
}

// unknown names the parts of a statement that are known at deployment only.
func (e *Explainer) unknown(s *document.Statement) []string {
	texts := slices.Concat(s.Actions, s.NotActions, s.Resources, s.NotResources, s.When)
	for _, p := range slices.Concat(s.Principals, s.NotPrincipals) {
		texts = append(texts, p.ID)
	}
	for _, c := range s.Conditions {
		texts = append(append(texts, c.Key), c.Values...)
	}
	var all []string
	for _, text := range texts {
		for _, part := range e.set.Unknown(text) {
			if !slices.Contains(all, part) {
				all = append(all, part)
			}
		}
	}
	return all
}
