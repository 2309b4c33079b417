// Notes on grants that one set allows completely and the other only in part: a
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

// noteRemaining adds a note to each grant of r with the given effect that statements of
// other have in part: for fewer actions, to fewer principals, on fewer resources, or
// under more conditions. If other has nothing of some actions, the grant is split, so
// that the note is about all actions of its grant. intro begins the note.
func noteRemaining(r, other *permissions, effect document.Effect, grants []Grant, intro string) []Grant {
	n := narrowing{from: r.deny, to: other.deny}
	if effect == document.Allow {
		n = narrowing{from: r.allow, to: other.allow, side: other}
		for _, d := range other.deny.all {
			if !r.deny.keys[d.key] {
				n.newDenials = append(n.newDenials, d)
			}
		}
	}
	var noted []Grant
	for _, g := range grants {
		parts, isConcerned := n.remains(&g)
		if len(parts) > 0 && slices.Contains(isConcerned, false) {
			concerned, rest := g, g
			concerned.Actions, rest.Actions = nil, nil
			for i, a := range g.Actions {
				if isConcerned[i] {
					concerned.Actions = append(concerned.Actions, a)
				} else {
					rest.Actions = append(rest.Actions, a)
				}
			}
			noted, g = append(noted, rest), concerned
			parts, _ = n.remains(&g)
		}
		if len(parts) > maxRemaining {
			parts = append(parts[:maxRemaining], "more")
		}
		if len(parts) > 0 {
			g.Note = intro + " " + strings.Join(parts, "; and ")
		}
		noted = append(noted, g)
	}
	return noted
}

// narrowing compares grants of one side with the statements of the other side.
type narrowing struct {
	from, to *index
	// side has the denials and the boundary that limit the statements of to; nil if
	// these are denials themselves. newDenials are those of side that the other side
	// does not have.
	side       *permissions
	newDenials []*statement
}

// remains describes each part of a grant that the other side has too. isConcerned
// says for each action of the grant whether the other side has a part of it.
func (n narrowing) remains(g *Grant) (parts []string, isConcerned []bool) {
	if g.Note != "" || len(g.NotPrincipals) > 0 {
		return nil, nil
	}
	at := slices.IndexFunc(n.from.all, func(s *statement) bool { return s.source == g.Of.Statement })
	if at < 0 {
		return nil, nil
	}
	isConcerned = make([]bool, len(g.Actions))
	for _, t := range n.to.all {
		part, concerned := n.remainsIn(t, n.from.all[at], g)
		if part == "" {
			continue
		}
		for _, i := range concerned {
			isConcerned[i] = true
		}
		if !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return parts, isConcerned
}

// remainsIn describes what t has of g, a grant of s: the actions and the principals if
// t has only some, the resources, and the conditions of t if they can fail when those
// of s hold. It returns "" if t has nothing of g. concerned has the indexes of the
// actions of g of which t has a part.
func (n narrowing) remainsIn(t, s *statement, g *Grant) (part string, concerned []int) {
	if t.ofResource != s.ofResource || t.literalVariables != s.literalVariables || !document.Implies(s.source.When, t.source.When) {
		return "", nil
	}
	s.budget.meter.Spend(10 + len(g.Actions) + (1+len(g.Principals))*(1+len(t.principals)))
	a := t.actionsOf(s, g)
	principals, allPrincipals := t.principalsOf(g)
	if len(a.entries) == 0 || len(principals) == 0 {
		return "", nil
	}
	resources := slices.DeleteFunc(t.resourcesOf(s), func(resource string) bool {
		return slices.ContainsFunc(a.entries, func(action string) bool { return s.misfits(action, resource) })
	})
	c := newCoverage(t)
	has := func(resource, principal string) bool {
		return n.side == nil || !slices.ContainsFunc(a.entries, func(action string) bool {
			return !n.side.isEffective(c, entry{t, action, resource, principal})
		})
	}
	principals = slices.DeleteFunc(principals, func(principal string) bool {
		return !slices.ContainsFunc(resources, func(resource string) bool { return has(resource, principal) })
	})
	resources = slices.DeleteFunc(resources, func(resource string) bool {
		return slices.ContainsFunc(principals, func(principal string) bool { return !has(resource, principal) })
	})
	if len(resources) == 0 || len(principals) == 0 {
		return "", nil
	}
	part = a.text
	if !allPrincipals || len(principals) < len(g.Principals) {
		part += " to " + t.shortList(principals)
	}
	switch {
	case len(t.notResources) > 0:
		part += " on all resources except " + t.shortList(t.withExceptions(t.notResources, s.notResources))
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
	isPartlyDenied := len(n.newDenials)*len(a.entries)*len(resources) > maxNotePairs || slices.ContainsFunc(n.newDenials, func(d *statement) bool {
		return slices.ContainsFunc(a.entries, func(action string) bool {
			return slices.ContainsFunc(resources, func(resource string) bool { return d.overlaps(entry{t, action, resource, ""}) })
		})
	})
	if isPartlyDenied {
		part += ", except what a Deny statement excludes"
	}
	return strings.TrimPrefix(part, " "), a.concerned
}

// remainingActions are the actions of a grant that a statement has too.
type remainingActions struct {
	// entries has the actions in the form of actionText; "" for those that the
	// NotAction of the statement does not exclude.
	entries []string
	// text names the actions, and is "" if these are all actions of the grant.
	text string
	// concerned has the indexes of the actions of the grant of which the statement
	// has a part.
	concerned []int
}

// actionsOf returns the actions of g, a grant of s, that t has too. Of a pattern that
// t does not cover, t may have narrower actions, or all but some.
func (t *statement) actionsOf(s *statement, g *Grant) (r remainingActions) {
	isTooMuch := (len(g.Actions)+len(s.notActions))*(len(t.actions)+len(t.notActions)) > maxNotePairs
	if len(g.NotActions) > 0 {
		switch {
		case isTooMuch:
		case t.coversAction("", s.notActions):
			r.entries = t.actions
			if len(t.notActions) > 0 {
				r.entries = []string{""}
			}
		case len(t.notActions) > 0:
			r.entries = []string{""}
			r.text = " for all actions except " + t.actionList(t.withExceptions(t.notActions, s.notActions), g)
		default:
			for _, action := range t.actions {
				if !document.RefusedAction(action) && !slices.ContainsFunc(s.notActions, func(not string) bool { return t.intersects(not, action) }) {
					r.entries = append(r.entries, action)
				}
			}
			r.text = " for " + t.actionList(r.entries, g)
		}
		return r
	}
	var exceptions []string
	isPart := false
	for i, a := range g.Actions {
		wide := actionText(a.Action)
		if t.coversAction(wide, nil) {
			r.entries, r.concerned = append(r.entries, wide), append(r.concerned, i)
			continue
		}
		isPart = true
		before := len(r.entries)
		switch {
		case isTooMuch:
		case len(t.notActions) > 0:
			if slices.ContainsFunc(t.notActions, func(not string) bool { return s.covers(not, wide) }) {
				continue
			}
			for _, not := range t.notActions {
				if !slices.Contains(exceptions, not) && s.intersects(not, wide) {
					exceptions = append(exceptions, not)
				}
			}
			r.entries = append(r.entries, wide)
		default:
			for _, narrow := range t.actions {
				if s.covers(wide, narrow) && !document.RefusedAction(narrow) && !slices.Contains(r.entries, narrow) {
					r.entries = append(r.entries, narrow)
				}
			}
		}
		if len(r.entries) > before {
			r.concerned = append(r.concerned, i)
		}
	}
	switch {
	case len(r.entries) == 0 || !isPart:
	case len(exceptions) > 0 && slices.Equal(r.entries, []string{"*"}):
		r.text = " for all actions except " + t.actionList(exceptions, g)
	case len(exceptions) > 0:
		r.text = " for " + t.actionList(r.entries, g) + " except " + t.actionList(exceptions, g)
	default:
		r.text = " for " + t.actionList(r.entries, g)
	}
	return r
}

// withExceptions returns exceptions and those of others that they do not cover.
func (t *statement) withExceptions(exceptions, others []string) []string {
	all := slices.Clip(exceptions)
	for _, other := range others {
		if !slices.ContainsFunc(exceptions, func(e string) bool { return t.covers(e, other) }) {
			all = append(all, other)
		}
	}
	return all
}

// actionList names the first actions of a list, which are in the form of actionText, in
// the spelling of t or of a grant.
func (t *statement) actionList(actions []string, g *Grant) string {
	return shortlist.Sentence(actions, shortlist.Shown(len(actions), maxRemaining), func(action string) string {
		for _, written := range slices.Concat(t.source.Actions, t.source.NotActions, g.NotActions) {
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
	})
}

// principalsOf returns the principals of a grant that t has too, and whether these are
// all principals of the grant. Of "*", it returns the principals of t. An identity
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
// statement without Resource, or if t and s together have only exceptions.
func (t *statement) resourcesOf(s *statement) (resources []string) {
	switch {
	case slices.Equal(t.resources, []string{""}): // a trust policy, or another policy without Resource
		return []string{""}
	case len(t.notResources) > 0 && (slices.Contains(s.resources, "*") || len(s.notResources) > 0) && !slices.Contains(t.notResources, "*"):
		return []string{""}
	case len(t.notResources) > 0 || len(t.resources)*(len(s.resources)+len(s.notResources)) > maxPairs:
		return nil
	}
	for _, resource := range t.resources {
		isInside := slices.ContainsFunc(s.resources, func(wide string) bool { return t.covers(wide, resource) })
		if len(s.notResources) > 0 {
			isInside = !slices.ContainsFunc(s.notResources, func(not string) bool { return t.intersects(not, resource) })
		}
		if isInside {
			resources = append(resources, resource)
		}
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
