// What a side still allows of a grant that only the other side allows completely: a
// reader must see that access was narrowed, not removed.

package diff

import (
	"cmp"
	"slices"
	"strings"

	"capaboot/internal/shortlist"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// maxRemaining limits the parts of a grant that a note names.
const maxRemaining = 3

// maxNotePairs limits the comparisons for a note, so that notes do not use up the budget of
// the comparison. Beyond it, a note names no narrower actions, and Deny statements
// count as excluding something.
const maxNotePairs = 10_000

// noteRemaining adds a note to each grant of r that statements of other allow in part:
// for fewer actions, to fewer principals, on fewer resources, or under more
// conditions. intro begins the note.
func noteRemaining(r, other *permissions, grants []Grant, intro string) []Grant {
	var newDenials []*statement
	for _, d := range other.deny.all {
		if !r.deny.keys[d.key] {
			newDenials = append(newDenials, d)
		}
	}
	for i := range grants {
		g := &grants[i]
		if g.Note != "" || len(g.Actions) == 0 || len(g.NotResources)+len(g.NotActions)+len(g.NotPrincipals) > 0 {
			continue
		}
		at := slices.IndexFunc(r.allow.all, func(s *statement) bool { return s.source == g.Of.Statement })
		if at < 0 {
			continue
		}
		var parts []string
		for _, t := range other.allow.all {
			if part := t.remainsOf(r.allow.all[at], g, other, newDenials); part != "" && !slices.Contains(parts, part) {
				parts = append(parts, part)
			}
		}
		if len(parts) > maxRemaining {
			parts = append(parts[:maxRemaining], "more")
		}
		if len(parts) > 0 {
			prependNote(grants[i:i+1], intro+" "+strings.Join(parts, "; and "))
		}
	}
	return grants
}

// remainsOf describes what t allows of g, a grant of s: the actions and the principals
// if t allows only some, the resources, and the conditions of t if they can fail when
// those of s hold. It returns "" if t allows nothing of g. side has the statements that
// can deny the grant. newDenials are those of side that the other side does not have.
func (t *statement) remainsOf(s *statement, g *Grant, side *permissions, newDenials []*statement) string {
	if t.ofResource != s.ofResource || t.literalVariables != s.literalVariables || !document.Implies(s.source.When, t.source.When) {
		return ""
	}
	s.budget.meter.Spend(10 + len(g.Actions)*(1+len(t.actions)+len(t.notActions)) + (1+len(g.Principals))*(1+len(t.principals)))
	actions, allActions := t.actionsOf(s, g)
	principals, allPrincipals := t.principalsOf(g)
	if len(actions) == 0 || len(principals) == 0 {
		return ""
	}
	resources := slices.DeleteFunc(t.resourcesOf(s), func(resource string) bool {
		return slices.ContainsFunc(actions, func(action string) bool { return s.misfits(action, resource) })
	})
	c := newCoverage(t)
	isAllowed := func(resource, principal string) bool {
		return !slices.ContainsFunc(actions, func(action string) bool {
			return !side.isEffective(c, entry{t, action, resource, principal})
		})
	}
	principals = slices.DeleteFunc(principals, func(principal string) bool {
		return !slices.ContainsFunc(resources, func(resource string) bool { return isAllowed(resource, principal) })
	})
	resources = slices.DeleteFunc(resources, func(resource string) bool {
		return slices.ContainsFunc(principals, func(principal string) bool { return !isAllowed(resource, principal) })
	})
	if len(resources) == 0 || len(principals) == 0 {
		return ""
	}
	part := ""
	if !allActions {
		part += " for " + shortlist.Sentence(actions, shortlist.Shown(len(actions), maxRemaining), func(action string) string {
			return t.actionAsWritten(action, g)
		})
	}
	if !allPrincipals || len(principals) < len(g.Principals) {
		part += " to " + t.shortList(principals)
	}
	switch {
	case len(t.notResources) > 0:
		part += " on all resources except " + t.shortList(t.notResources)
	case resources[0] != "":
		part += " on " + t.shortList(resources)
	}
	if !t.appliesWith(s) {
		var conditions []string
		for _, condition := range t.source.Conditions {
			conditions = append(conditions, condition.String())
		}
		part += " if " + strings.Join(conditions, " and ")
	}
	isPartlyDenied := len(newDenials)*len(actions)*len(resources) > maxNotePairs || slices.ContainsFunc(newDenials, func(d *statement) bool {
		return slices.ContainsFunc(actions, func(action string) bool {
			return slices.ContainsFunc(resources, func(resource string) bool { return d.overlaps(entry{t, action, resource, ""}) })
		})
	})
	if isPartlyDenied {
		part += ", except what a Deny statement excludes"
	}
	return strings.TrimPrefix(part, " ")
}

// actionsOf returns the actions of a grant of s that t allows too, in the form of
// actionText, and whether these are all actions of the grant. Of a pattern that t
// does not cover, it returns the actions of t that match the pattern.
func (t *statement) actionsOf(s *statement, g *Grant) (actions []string, all bool) {
	all = true
	for _, a := range g.Actions {
		wide := actionText(a.Action)
		if t.coversAction(wide, nil) {
			actions = append(actions, wide)
			continue
		}
		if all = false; len(g.Actions)*len(t.actions) > maxNotePairs {
			continue
		}
		for _, narrow := range t.actions {
			if s.covers(wide, narrow) && !document.RefusedAction(narrow) && !slices.Contains(actions, narrow) {
				actions = append(actions, narrow)
			}
		}
	}
	return actions, all
}

// actionAsWritten returns an action, as actionText returns it, in the spelling of t or
// of a grant.
func (t *statement) actionAsWritten(action string, g *Grant) string {
	for _, written := range t.source.Actions {
		if actionText(written) == action {
			return written
		}
	}
	for _, written := range g.Actions {
		if actionText(written.Action) == action {
			return written.Action
		}
	}
	return action
}

// principalsOf returns the principals of a grant that t allows too, and whether these
// are all principals of the grant. Of "*", it returns the principals of t. An identity
// policy has one empty principal.
func (t *statement) principalsOf(g *Grant) (principals []string, all bool) {
	if len(g.Principals) == 0 {
		return []string{""}, t.coversPrincipal("", nil)
	}
	all = true
	for _, wide := range g.Principals {
		if t.coversPrincipal(wide, nil) {
			principals = append(principals, wide)
			continue
		}
		all = false
		if wide != anyPrincipal {
			continue
		}
		for _, narrow := range t.principals {
			if isAWSPrincipal(narrow) && !slices.Contains(principals, narrow) {
				principals = append(principals, narrow)
			}
		}
	}
	return principals, all
}

// resourcesOf returns the resources of t that s covers; one empty resource for a
// statement without Resource, or if s allows all resources and t has exceptions.
func (t *statement) resourcesOf(s *statement) (resources []string) {
	switch {
	case slices.Equal(t.resources, []string{""}): // a trust policy, or another policy without Resource
		return []string{""}
	case len(t.notResources) == 0:
		for _, resource := range t.resources {
			if slices.ContainsFunc(s.resources, func(wide string) bool { return t.covers(wide, resource) }) {
				resources = append(resources, resource)
			}
		}
	case slices.Contains(s.resources, "*") && !slices.Contains(t.notResources, "*"):
		return []string{""}
	}
	return resources
}

// misfits reports whether a resource is certainly no resource of any action that a
// pattern matches: s3:GetObject does not apply to a queue.
func (s *statement) misfits(action, resource string) bool {
	service, _, _ := strings.Cut(action, ":")
	if strings.ContainsAny(service, "*?") || strings.Contains(action, "$") || !strings.HasPrefix(resource, "arn:") || !s.spend(resource, strings.Repeat("*", 8)) {
		return false
	}
	actions := authz.Match(action)
	s.budget.meter.Spend(8 * len(actions))
	return len(actions) > 0 && !slices.ContainsFunc(actions, func(a *authz.Action) bool { return a.SupportsNoResource() || !a.Misfits(resource) })
}

// shortList names the first resources or principals of a list, in the spelling of the
// document.
func (s *statement) shortList(texts []string) string {
	return shortlist.Sentence(texts, shortlist.Shown(len(texts), maxRemaining), func(text string) string {
		return strings.ReplaceAll(cmp.Or(s.spellings[text], text), "\x00", "")
	})
}
