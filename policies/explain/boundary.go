// Notes on grants without effect. An action is denied if the permissions boundary does
// not allow the action, even if the policies of the role or user do. A statement on the
// user of the caller's name allows nothing to a role. The grants alone do not show this.
//
// Source: IAM User Guide, "Permissions boundaries for IAM entities".

package explain

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/shortlist"
	"capaboot/policies/document"
)

// maxBoundedActions is the limit of [shortlist.Shown] for the actions in a note.
const maxBoundedActions = 5

// boundaryNotes returns a note for each permissions boundary that never allows
// some of the actions that the policies of its role or user allow. It sets
// BoundedBy of the grants that allow these actions.
func (e *Explainer) boundaryNotes(actions []Action) (notes []string) {
	for _, p := range e.policies {
		if !p.place.Boundary {
			continue
		}
		h := p.place.Holder
		var denied []string
		for i := range actions {
			a := &actions[i]
			e.meter.Spend(1 + len(a.Grants))
			isGrant := func(g Grant) bool {
				isOwn := g.Kind == h.Kind && g.Name == h.Name && (g.File == "" || g.File == h.File)
				return isOwn && allows(g) && !g.Trust
			}
			if a.Exempt != "" || !slices.ContainsFunc(a.Grants, isGrant) || e.mayAllow(p.doc, a.Action) {
				continue
			}
			denied = append(denied, a.Action)
			for j := range a.Grants {
				if isGrant(a.Grants[j]) {
					a.Grants[j].BoundedBy = p.name
				}
			}
		}
		if len(denied) > 0 {
			list := shortlist.Few(denied, shortlist.Shown(len(denied), maxBoundedActions), func(action string) string { return action })
			notes = append(notes, fmt.Sprintf("the permissions boundary %s of %s %s does not allow %s, so the policies of the %s do not grant it", p.name, h.Kind, h.Name, list, h.Kind))
		}
	}
	return notes
}

// mayAllow reports whether a statement of a document allows an action, or may do so.
func (e *Explainer) mayAllow(d *document.Document, action string) bool {
	return slices.ContainsFunc(d.Statements, func(s document.Statement) bool {
		e.meter.Spend(1 + 2*(len(s.Actions)+len(s.NotActions)))
		matches, _, _ := matchAction(&s, action)
		return s.Effect == document.Allow && (matches || hasUnknownAction(&s))
	})
}

// mayAllowUnknown reports whether a statement of a document allows actions that
// are known only at deployment.
func (e *Explainer) mayAllowUnknown(d *document.Document) bool {
	return slices.ContainsFunc(d.Statements, func(s document.Statement) bool {
		e.meter.Spend(1 + len(s.Actions) + len(s.NotActions))
		return s.Effect == document.Allow && hasUnknownAction(&s)
	})
}

func hasUnknownAction(s *document.Statement) bool {
	return slices.ContainsFunc(slices.Concat(s.Actions, s.NotActions), func(pattern string) bool { return strings.Contains(pattern, "${") })
}

// userNameNotes returns a note for each statement that allows nothing to a role, because
// all its resources have the name of the calling user.
func (e *Explainer) userNameNotes(actions []Action) (notes []string) {
	for i := range actions {
		e.meter.Spend(1 + len(actions[i].Grants))
		for _, g := range actions[i].Grants {
			if g.Kind != document.RoleKind || g.Trust || !allows(g) || !document.NeedUserName(g.Resources) {
				continue
			}
			note := fmt.Sprintf("%s of policy %s allows nothing to role %s: requests of a role have no aws:username", g.Statement, g.Policy, g.Name)
			if !slices.Contains(notes, note) {
				notes = append(notes, note)
			}
		}
	}
	return notes
}
