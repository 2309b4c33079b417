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
// the diff. If a grant needs more, it is not split, and its note is less exact: the note
// names only actions that a statement of the other side covers completely, and mentions
// Deny statements that may have no effect.
const maxNotePairs = 200_000

// noteRemaining adds a note to each of the grants of r that other has in part: for fewer
// actions, to fewer principals, on fewer resources, or under more conditions. It splits a
// grant if other has different parts for different actions. effect is the effect of the
// grants, and intro begins the note.
func noteRemaining(r, other *permissions, effect document.Effect, grants []Grant, intro string) []Grant {
	n := narrowing{from: r.deny, to: other.deny, own: r}
	if effect == document.Allow {
		n = narrowing{from: r.allow, to: other.allow, own: r, side: other}
		for _, d := range other.deny.all {
			if !r.deny.keys[d.key] {
				n.newDenials = append(n.newDenials, d)
			}
		}
	}
	var noted []Grant
	for _, g := range grants {
		for _, part := range n.split(g) {
			texts, _ := n.remains(&part)
			if len(texts) > maxRemaining {
				texts = append(texts[:maxRemaining], "more")
			}
			if len(texts) > 0 {
				part.Note = intro + " " + strings.Join(texts, "; and ")
			}
			noted = append(noted, part)
		}
	}
	return noted
}

// narrowing compares grants of one side with the statements of the other side.
type narrowing struct {
	from, to *index
	// own has the statements of from, and the resources that only their resource policy
	// protects. For these resources, to has no part of a grant.
	own *permissions
	// If to has Allow statements, side has the denials and the boundary that limit them,
	// and newDenials has the denials that are in side but not in own. If to has Deny
	// statements, which nothing limits, both are nil.
	side       *permissions
	newDenials []*statement
}

// split splits a grant by its actions. Each part has the actions that the other side gives
// to the same principals, on the same resources and under the same conditions. split
// returns the whole grant if splitting takes more than maxNotePairs comparisons.
func (n narrowing) split(g Grant) []Grant {
	work := 0
	for _, t := range n.to.all {
		work += 10 + len(t.actions) + len(t.notActions)
	}
	if len(g.Actions) < 2 || len(g.Actions)*work > maxNotePairs {
		return []Grant{g}
	}
	var parts []Grant
	index := map[string]int{}
	for _, a := range g.Actions {
		one := g
		one.Actions = []Action{a}
		_, where := n.remains(&one)
		i, known := index[where]
		if !known {
			i = len(parts)
			index[where] = i
			parts = append(parts, g)
			parts[i].Actions = nil
		}
		parts[i].Actions = append(parts[i].Actions, a)
	}
	return parts
}

// remains describes each part of a grant that the other side has too. where describes the
// same parts without the names of actions, to compare two actions. A grant that has a
// note, or excludes principals, is not described.
func (n narrowing) remains(g *Grant) (texts []string, where string) {
	if g.Note != "" || len(g.NotPrincipals) > 0 {
		return nil, ""
	}
	at := slices.IndexFunc(n.from.all, func(s *statement) bool { return s.source == g.Of.Statement })
	if at < 0 {
		return nil, ""
	}
	type part struct {
		actions remainingActions
		rest    string
	}
	var parts []*part
	for _, t := range n.to.all {
		actions, rest, ok := n.remainsIn(t, n.from.all[at], g)
		if !ok {
			continue
		}
		if where += rest + "\n"; !actions.isAll {
			where += "some\n"
		}
		same := slices.IndexFunc(parts, func(p *part) bool { return p.rest == rest && p.actions.exceptions == actions.exceptions })
		if same < 0 {
			parts = append(parts, &part{actions, rest})
			continue
		}
		parts[same].actions.add(actions)
	}
	for _, p := range parts {
		if text := strings.TrimPrefix(p.actions.text(g)+p.rest, " "); text != "" {
			texts = append(texts, text)
		}
	}
	return texts, where
}

// remainsIn returns the part of g, a grant of s, that t has too. rest describes everything
// except the actions: the principals if t has only some of them, the resources, and the
// conditions of t if they can fail when the conditions of s hold. ok is false if t has no
// part of g.
func (n narrowing) remainsIn(t, s *statement, g *Grant) (a remainingActions, rest string, ok bool) {
	if t.inResourcePolicy != s.inResourcePolicy || t.literalVariables != s.literalVariables || !document.Implies(s.source.When, t.source.When) {
		return a, "", false
	}
	s.budget.meter.Spend(10 + len(g.Actions) + (1+len(g.Principals))*(1+len(t.principals)))
	a = t.actionsOf(s, g)
	principals, allPrincipals := t.principalsOf(g)
	if len(a.entries) == 0 || len(principals) == 0 {
		return a, "", false
	}
	resources := slices.DeleteFunc(t.resourcesOf(s), func(resource string) bool {
		return slices.ContainsFunc(a.entries, func(action string) bool {
			return s.misfits(action, resource) || n.own.isProtected(entry{t, action, resource, ""})
		})
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
		return a, "", false
	}
	if !allPrincipals || len(principals) < len(g.Principals) {
		rest += " to " + t.shortList(principals)
	}
	switch {
	case len(t.notResources) > 0:
		rest += " on all resources except " + t.shortList(t.withExceptions(t.notResources, s.notResources))
	case resources[0] != "":
		rest += " on " + t.shortList(resources)
	}
	if !t.appliesWhenever(s) {
		var conditions []string
		for _, condition := range t.source.Conditions {
			conditions = append(conditions, condition.String())
		}
		rest += " if " + strings.Join(conditions, " and ")
	}
	isPartlyDenied := len(n.newDenials)*len(a.entries)*len(resources) > maxNotePairs || slices.ContainsFunc(n.newDenials, func(d *statement) bool {
		return slices.ContainsFunc(a.entries, func(action string) bool {
			return slices.ContainsFunc(resources, func(resource string) bool { return d.overlaps(entry{t, action, resource, ""}) })
		})
	})
	if isPartlyDenied {
		rest += ", except what a Deny statement excludes"
	}
	return a, rest, true
}

// remainingActions are the actions of a grant that a statement has too.
type remainingActions struct {
	// entries has the actions in the form of actionText; "" represents all actions that
	// the NotAction of the statement does not exclude.
	entries []string
	isAll   bool // these are all actions of the grant
	// names has the entries in the spelling of the statement or the grant.
	// exceptions lists the actions that entries match but that the statement excludes;
	// "" if there are none.
	names      []string
	exceptions string
}

// add adds actions of another statement.
func (r *remainingActions) add(other remainingActions) {
	r.isAll = r.isAll || other.isAll
	for i, entry := range other.entries {
		if !slices.Contains(r.entries, entry) {
			r.entries, r.names = append(r.entries, entry), append(r.names, other.names[i])
		}
	}
}

// text returns the part of a note that names the actions; "" for all actions of the
// grant.
func (r *remainingActions) text(g *Grant) string {
	isMissing := func(a Action) bool { return !slices.Contains(r.entries, actionText(a.Action)) }
	switch {
	case r.isAll, r.exceptions == "" && len(g.Actions) > 0 && !slices.ContainsFunc(g.Actions, isMissing):
		return ""
	case r.exceptions != "" && (len(g.NotActions) > 0 || slices.Equal(r.entries, []string{"*"})):
		return " for all actions except " + r.exceptions
	case r.exceptions != "":
		return " for " + fewOf(r.names) + " except " + r.exceptions
	}
	return " for " + fewOf(r.names)
}

// fewOf lists the first names of a list.
func fewOf(names []string) string {
	return shortlist.Sentence(names, shortlist.Shown(len(names), maxRemaining), func(name string) string { return name })
}

// actionsOf returns the actions of g, a grant of s, that t has too. If t does not cover
// an action pattern of g, the result has the narrower actions of t, or the pattern with
// exceptions.
func (t *statement) actionsOf(s *statement, g *Grant) (r remainingActions) {
	isTooMuch := (len(g.Actions)+len(s.notActions))*(len(t.actions)+len(t.notActions)) > maxNotePairs
	if len(g.NotActions) > 0 {
		r = t.actionsOfNotAction(s, isTooMuch)
	} else {
		r = t.actionsOfAction(s, g, isTooMuch)
	}
	for _, entry := range r.entries {
		r.names = append(r.names, cmp.Or(t.asWritten(entry), s.asWritten(entry), entry))
	}
	return r
}

// actionsOfNotAction does the work of actionsOf for a grant with NotAction. It sets no
// names.
func (t *statement) actionsOfNotAction(s *statement, isTooMuch bool) (r remainingActions) {
	switch {
	case isTooMuch:
	case t.coversAction("", s.notActions):
		r.isAll, r.entries = true, t.actions
		if len(t.notActions) > 0 {
			r.entries = []string{""}
		}
	case len(t.notActions) > 0:
		r.entries = []string{""}
		r.exceptions = t.exceptionList(t.withExceptions(t.notActions, s.notActions), s)
	default:
		for _, action := range t.actions {
			if !document.RefusedAction(action) && !slices.ContainsFunc(s.notActions, func(not string) bool { return t.intersects(not, action) }) {
				r.entries = append(r.entries, action)
			}
		}
	}
	return r
}

// actionsOfAction does the work of actionsOf for a grant with Action. It sets no names.
func (t *statement) actionsOfAction(s *statement, g *Grant, isTooMuch bool) (r remainingActions) {
	var exceptions []string
	r.isAll = true
	for _, a := range g.Actions {
		wide := actionText(a.Action)
		if t.coversAction(wide, nil) {
			r.entries = append(r.entries, wide)
			continue
		}
		r.isAll = false
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
	}
	if len(exceptions) > 0 {
		r.exceptions = t.exceptionList(exceptions, s)
	}
	return r
}

// withExceptions adds to exceptions the elements of others that no exception covers.
func (t *statement) withExceptions(exceptions, others []string) []string {
	all := slices.Clip(exceptions)
	for _, other := range others {
		if !slices.ContainsFunc(exceptions, func(e string) bool { return t.covers(e, other) }) {
			all = append(all, other)
		}
	}
	return all
}

// asWritten returns an action or an exception, given in the form of actionText, in the
// spelling of the statement; "" if the statement does not have it.
func (s *statement) asWritten(action string) string {
	if s.written == nil {
		s.written = map[string]string{}
		for _, written := range slices.Concat(s.source.NotActions, s.source.Actions) {
			s.written[actionText(written)] = written
		}
	}
	return s.written[action]
}

// exceptionList lists the first exceptions in the spelling of t or s. exceptions are in
// the form of actionText.
func (t *statement) exceptionList(exceptions []string, s *statement) string {
	return shortlist.Sentence(exceptions, shortlist.Shown(len(exceptions), maxRemaining), func(exception string) string {
		return cmp.Or(t.asWritten(exception), s.asWritten(exception))
	})
}

// principalsOf returns the principals of a grant that t has too, and whether these are
// all principals of the grant. If the grant has the principal "*" and t does not, the
// result has the AWS principals of t. The grant of an identity policy has one empty
// principal.
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

// resourcesOf returns the resources of t that s covers. It returns one empty resource if t
// has neither Resource nor NotResource, or if t has a NotResource without "*" and s has
// "*" or NotResource. If there are too many resources to compare, it returns none.
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

// misfits reports whether certainly none of the actions that a pattern matches applies to
// a resource: s3:GetObject does not apply to a queue.
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
