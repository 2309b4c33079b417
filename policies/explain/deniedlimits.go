// What in the set can deny a request that a statement allows, or that an added
// statement would allow: statements that deny, the permissions boundary of the
// holder, and values that are known only at deployment.

package explain

import (
	"cmp"
	"slices"

	"capaboot/policies/authz/managed"
	"capaboot/policies/denial"
	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// addBoundary sets the permissions boundary of the holder in the result, if the
// boundary does not allow the action on the resource, or if its content is
// unknown.
func (e *Explainer) addBoundary(result *Denied, principal *document.Holder, action string) {
	_, isManaged := managed.Read(principal.Boundary)
	switch {
	case principal.BoundaryPolicy == nil && principal.Boundary == "":
		return
	case principal.BoundaryPolicy == nil && !isManaged:
		result.Boundary, result.BoundaryUnknown = document.Readable(principal.Boundary), true
		return
	}
	for _, g := range e.cachedGrants(action) {
		e.meter.Spend(1)
		isOwn := g.Boundary && g.Kind == principal.Kind && g.Name == principal.Name
		if isOwn && g.Effect == document.Allow && !g.Refused && e.mayMatch(g.Resources, resourceOf(&result.Denial)) {
			return
		}
	}
	for _, p := range e.policies {
		if p.place.Boundary && p.place.Holder == principal && !e.mayAllowUnknown(p.doc) {
			result.Boundary = cmp.Or(p.name, principal.Boundary)
		}
	}
}

// limitsIn returns what to do if the set itself prevents the request, so that
// another statement alone does not help: a statement of the holder denies the
// request, or the boundary does not allow it. It returns nil if neither is the
// case.
func limitsIn(a *Denied) (all []Help) {
	if a.Decision == simulate.ExplicitDeny && slices.ContainsFunc(a.Grants, denies) {
		all = append(all, RemoveDenial)
	}
	if a.Boundary != "" && a.Decision != simulate.Allowed {
		all = append(all, ChangeBoundary)
	}
	switch {
	case len(all) == 0:
		return nil
	case !slices.ContainsFunc(a.Grants, func(g Grant) bool { return allows(g) && g.isCertain() }):
		return append(all, AddStatement)
	case a.Policy == denial.Identity: // AWS did not find the Allow of the set
		return append(all, UpdateStack)
	}
	return all
}

// dependsOnTemplate reports whether a statement of the holder allows the request,
// or does not deny it, only with some values that the template does not
// determine.
func (a *Denied) dependsOnTemplate() bool {
	return a.isOpen && slices.ContainsFunc(a.Grants, allows) && slices.ContainsFunc(a.Grants, func(g Grant) bool { return len(g.When)+len(g.UnknownParts) > 0 })
}

// isCertain reports whether the statement exists and applies in each deployment
// and for each request.
func (g *Grant) isCertain() bool {
	return len(g.When)+len(g.UnknownParts)+len(g.Conditions)+len(g.Unclear) == 0 && !g.Useless
}

func denies(g Grant) bool { return g.Effect == document.Deny }
