// Notes for grants that only one side allows completely. They name what the
// other side still allows: a reader must see that access was narrowed, not
// removed.

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

// noteRemaining adds a note to each grant of r that statements of other allow
// in part: all of its actions, but on fewer resources, to fewer principals, or
// under more conditions. intro begins the note.
func noteRemaining(r, other *permissions, grants []Grant, intro string) []Grant {
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
			if part := t.remainsOf(r.allow.all[at], g, other); part != "" && !slices.Contains(parts, part) {
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

// remainsOf describes what t allows of g, a grant of s: the resources, the
// principals if t allows only some, and the conditions of t if they can fail
// when those of s hold. It returns "" if t allows nothing of g. side has the
// statements that can deny the grant.
func (t *statement) remainsOf(s *statement, g *Grant, side *permissions) string {
	if t.ofResource != s.ofResource || t.literalVariables != s.literalVariables || !document.Implies(s.source.When, t.source.When) {
		return ""
	}
	principals := slices.Clone(g.Principals)
	if len(principals) == 0 {
		principals = []string{""}
	}
	s.budget.meter.Spend(10 + len(g.Actions)*(1+len(t.actions)+len(t.notActions)) + len(principals))
	principals = slices.DeleteFunc(principals, func(principal string) bool { return !t.coversPrincipal(principal, nil) })
	if len(principals) == 0 || slices.ContainsFunc(g.Actions, func(a Action) bool { return !t.coversAction(actionText(a.Action), nil) }) {
		return ""
	}
	var resources []string
	switch {
	case slices.Equal(t.resources, []string{""}): // a trust policy, or another policy without Resource
		resources = t.resources
	case len(t.notResources) == 0:
		for _, resource := range t.resources {
			if slices.ContainsFunc(s.resources, func(wide string) bool { return t.covers(wide, resource) }) {
				resources = append(resources, resource)
			}
		}
	case slices.Contains(s.resources, "*") && !slices.Contains(t.notResources, "*"):
		resources = []string{""}
	}
	resources = slices.DeleteFunc(slices.Clone(resources), func(resource string) bool {
		return slices.ContainsFunc(g.Actions, func(a Action) bool { return s.misfits(a.Action, resource) })
	})
	c := newCoverage(t)
	isAllowed := func(resource, principal string) bool {
		return !slices.ContainsFunc(g.Actions, func(a Action) bool {
			return !side.isEffective(c, entry{t, actionText(a.Action), resource, principal})
		})
	}
	principals = slices.DeleteFunc(principals, func(principal string) bool {
		return !slices.ContainsFunc(resources, func(resource string) bool { return isAllowed(resource, principal) })
	})
	resources = slices.DeleteFunc(slices.Clone(resources), func(resource string) bool {
		return slices.ContainsFunc(principals, func(principal string) bool { return !isAllowed(resource, principal) })
	})
	if len(resources) == 0 || len(principals) == 0 {
		return ""
	}
	where := ""
	switch {
	case len(t.notResources) > 0:
		where = " on all resources except " + t.shortList(t.notResources)
	case resources[0] != "":
		where = " on " + t.shortList(resources)
	}
	if len(principals) < len(g.Principals) {
		where = " to " + t.shortList(principals) + where
	}
	if !t.appliesWith(s) {
		var conditions []string
		for _, condition := range t.source.Conditions {
			conditions = append(conditions, condition.String())
		}
		where += " if " + strings.Join(conditions, " and ")
	}
	return strings.TrimPrefix(where, " ")
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
	return shortlist.Few(texts, shortlist.Shown(len(texts), maxRemaining), func(text string) string {
		return strings.ReplaceAll(cmp.Or(s.spellings[text], text), "\x00", "")
	})
}
