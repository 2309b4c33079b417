// Actions and resources that are denied in every request. The risk rules check
// only the part of an Allow that is not denied.

package review

import (
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// denial describes the resources on which Deny statements deny an action in
// every request.
type denial struct {
	action         *authz.Action
	onAllResources bool            // on every resource of the action
	exactResources map[string]bool // the resources without wildcards, as full ARNs
	patterns       []string        // the resources with wildcards
	notResources   [][]string      // the NotResource lists
}

// denialOf returns the resources on which the statements deny the action. A
// Deny counts only if it applies to every request, and only if it exists in
// every stack in which the given template conditions hold.
func (r *run) denialOf(a *authz.Action, denies []*statement, given []string) *denial {
	r.spend(1 + len(denies))
	return r.denialBy(a, slices.DeleteFunc(slices.Clone(denies), func(s *statement) bool {
		return s.Effect != document.Deny || len(s.Conditions) > 0 || !document.Implies(given, s.When) || !s.appliesTo(a) || !s.actionsAreKnown()
	}))
}

// denialBy returns the denial by statements that deny the action in every
// request.
func (r *run) denialBy(a *authz.Action, denies []*statement) *denial {
	d := &denial{action: a, exactResources: map[string]bool{}}
	for _, s := range denies {
		r.spend(s.weight())
		if len(s.NotResources) > 0 {
			d.notResources = append(d.notResources, s.NotResources)
		}
		for _, text := range s.Resources {
			switch text = arn.Complete(text); {
			case matchesEveryResource(text):
				d.onAllResources = true
			case strings.ContainsAny(text, "*?"):
				d.patterns = append(d.patterns, text)
			default:
				d.exactResources[text] = true
			}
		}
	}
	d.onAllResources = d.onAllResources || len(a.Resources) > 0 && !slices.ContainsFunc(a.Resources, func(t authz.ActionResource) bool {
		return !slices.ContainsFunc(d.patterns, func(text string) bool { return r.typeCovered(t.Type, text) })
	})
	return d
}

// covers reports whether every resource that a text matches is denied.
func (d *denial) covers(r *run, text string) bool {
	if text = arn.Complete(text); d.onAllResources || d.exactResources[text] {
		return true
	}
	return slices.ContainsFunc(d.patterns, func(denied string) bool { return r.coversResource(denied, text) }) ||
		slices.ContainsFunc(d.notResources, func(notDenied []string) bool {
			return !slices.ContainsFunc(notDenied, func(pattern string) bool {
				return r.mayApply(d.action, pattern) && r.intersectsResource(pattern, text)
			})
		})
}

// mayApply reports whether a pattern can match resources of an action.
func (r *run) mayApply(a *authz.Action, pattern string) bool {
	return matchesEveryResource(pattern) || hasUnknownPart(pattern) || r.allows(a, pattern)
}

// deniedInSamePolicy reports whether other statements of the same policy deny
// the action on every resource that an Allow's resource matches. Other policies
// are not considered, because they can be detached separately.
func (r *run) deniedInSamePolicy(s *statement, a *authz.Action, resource string) bool {
	p := s.policy
	if p.denied == nil {
		p.denied = map[deniedKey]*denial{}
		for _, other := range p.statements {
			if other.Effect == document.Deny && len(other.Conditions) == 0 {
				p.denies = append(p.denies, other)
			}
		}
	}
	if len(p.denies) == 0 {
		return false
	}
	key := deniedKey{a, strings.Join(s.When, "\x00")}
	if p.denied[key] == nil {
		p.denied[key] = r.denialOf(a, p.denies, s.When)
	}
	return r.deniesResource(s, p.denied[key], resource)
}

// deniedKey is the key of policy.denied: an action, and the template conditions of
// an Allow. Only a Deny that exists in every stack with that Allow counts, so the
// result depends on these conditions.
type deniedKey struct {
	action *authz.Action
	when   string
}

// deniesResource reports whether every resource that an Allow's resource
// matches is denied. A text that is known only at deployment is compared as it
// is written, not as its worst case: two references to the same parameter are
// equal.
func (r *run) deniesResource(s *statement, d *denial, resource string) bool {
	return !slices.ContainsFunc(r.resourcesAsWritten(s, resource), func(text string) bool { return !d.covers(r, text) })
}

// resourcesAsWritten returns the resources of a statement, as written in the
// document, that [document.Set.WithWildcards] turns into this resource. If there
// are none, it returns the resource itself.
func (r *run) resourcesAsWritten(s *statement, resource string) []string {
	original := r.originals[s.Statement]
	if original == nil {
		return []string{resource}
	}
	r.spend(len(original.Resources))
	texts := slices.DeleteFunc(slices.Clone(original.Resources), func(text string) bool { return r.set.WithWildcards(text) != resource })
	if len(texts) == 0 {
		return []string{resource} // from NotResource
	}
	return texts
}
