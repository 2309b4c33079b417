// One side of a comparison: the statements of a principal, found by action.

package diff

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/meter"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// maxPairs bounds the work on one statement: how many pairs of its actions and
// resources, or of two lists, are looked at one by one. IAM's size limits allow
// a hundredth of it.
const maxPairs = 1 << 20

// statement is a statement in a form that can be compared.
type statement struct {
	source *document.Statement
	at     document.Place

	actions, notActions []string // as actionText has them
	// named are the actions without wildcards, wild the others.
	named map[string]bool
	wild  []string
	// resources of a statement without Resource (in a trust policy) are one
	// empty text.
	resources, notResources []string
	// spelled has the resources as their document spells them, of those that are
	// compared in another form.
	spelled                   map[string]string
	principals, notPrincipals []string
	conditions                []condition
	// frozen: it has policy variables that its document's version does not have.
	frozen bool
	// key is the same for statements that say the same.
	key string
	// ofResource: it is in the policy of a resource.
	ofResource bool
	// budget is what is left of the work that one comparison may do.
	budget *budget
}

// budget is what one comparison may do. Without left, it looks at nothing closely
// any more and says so; without meter it is refused.
type budget struct {
	left  int
	meter *meter.Meter
}

// maxWork is how much one Compare may compare: a unit is a comparison of two
// short texts. What is left over then counts as changed.
const maxWork = 10_000_000

// covers is document.Covers within the budget. Without budget nothing covers
// anything.
func (s *statement) covers(wide, narrow string) bool {
	return s.afford(wide, narrow) && document.Covers(wide, narrow, false)
}

// intersects is document.Intersects within the budget.
func (s *statement) intersects(a, b string) bool {
	return !s.afford(a, b) || document.Intersects(a, b, false)
}

func (s *statement) afford(a, b string) bool {
	s.budget.meter.Spend(1)
	if s.budget.left == 0 {
		return false
	}
	cost := 1
	if a != b && strings.ContainsAny(a, "*?") {
		cost += len(a) * len(b) / 32
	}
	if s.budget.left < cost {
		s.budget.left = 0
		return false
	}
	s.budget.left -= cost
	s.budget.meter.Spend(cost)
	return true
}

// statementsOf returns the statements with an effect of a document, which is at
// a place.
func statementsOf(doc *document.Document, at document.Place, effect document.Effect, budget *budget) []*statement {
	ofResource := at.Policy != nil && at.Holder.OfResource(at.Policy.Document) // for all of them at once
	if doc == nil {
		return nil
	}
	frozen := false
	text := func(s string) string { return s }
	if doc.Version != "2012-10-17" {
		text = func(s string) string {
			f := document.FreezeVariables(s)
			frozen = frozen || f != s
			return f
		}
	}
	whole := func(s string) string { return text(arn.Complete(s)) }
	var all []*statement
	for i := range doc.Statements {
		source := &doc.Statements[i]
		if source.Effect != effect || doesNothing(source) {
			continue
		}
		frozen, at.Statement = false, source
		budget.meter.Spend(sizeOf(source))
		s := &statement{source: source, at: at, ofResource: ofResource, budget: budget, named: map[string]bool{},
			actions: withoutExempt(mapped(source.Actions, actionText)), notActions: mapped(source.NotActions, actionText),
			resources: mapped(source.Resources, whole), notResources: mapped(source.NotResources, whole), spelled: spellings(source.Resources, whole),
			principals: mapped(source.Principals, principalText), notPrincipals: mapped(source.NotPrincipals, principalText),
			conditions: normal(source.Conditions, text)}
		if len(s.resources) == 0 && len(s.notResources) == 0 {
			s.resources = []string{""}
		}
		if len(s.principals) == 0 && len(s.notPrincipals) == 0 {
			s.principals = []string{""}
		}
		for _, a := range s.actions {
			// What IAM refuses is about itself alone.
			if strings.ContainsAny(a, "*?$") && !document.RefusedAction(a) {
				s.wild = append(s.wild, a)
			} else {
				s.named[a] = true
			}
		}
		s.key, s.frozen = s.text(), frozen
		all = append(all, s)
	}
	return all
}

// sizeOf is about what it takes to keep a statement in the form that can be
// compared, in units of a meter: texts of ten bytes, each twice.
func sizeOf(s *document.Statement) int {
	size := 50 + 10*(len(s.Principals)+len(s.NotPrincipals))
	for _, list := range [][]string{s.Actions, s.NotActions, s.Resources, s.NotResources} {
		for _, text := range list {
			size += 15 + len(text)/5
		}
	}
	for _, c := range s.Conditions {
		size += 20
		for _, value := range c.Values {
			size += 8 + len(value)/5
		}
	}
	return size
}

// doesNothing reports whether a statement is only about actions that no policy
// grants or denies.
func doesNothing(s *document.Statement) bool {
	return len(s.Actions) > 0 && !slices.ContainsFunc(s.Actions, func(a string) bool {
		_, exempt := authz.NeedsNoPermission(a)
		return !exempt
	})
}

// withoutExempt leaves out the actions that no policy grants or denies.
func withoutExempt(actions []string) []string {
	return slices.DeleteFunc(actions, func(a string) bool {
		_, exempt := authz.NeedsNoPermission(a)
		return exempt
	})
}

// spellings returns what f has changed, by its results.
func spellings(texts []string, f func(string) string) map[string]string {
	var all map[string]string
	for _, text := range texts {
		if changed := f(text); changed != text {
			if all == nil {
				all = map[string]string{}
			}
			all[changed] = text
		}
	}
	return all
}

// text returns all that a statement says. Every list is quoted, so that two
// texts are equal only when all the lists are.
func (s *statement) text() string {
	var b strings.Builder
	for _, list := range [][]string{{string(s.source.Effect)}, s.actions, s.notActions, s.resources, s.notResources,
		s.principals, s.notPrincipals, s.source.When} {
		fmt.Fprintf(&b, "%q", list)
	}
	for _, c := range s.conditions {
		fmt.Fprintf(&b, "%q%q%q", c.op.String(), c.key, c.values)
	}
	return b.String()
}

// actionText returns an action in lower case, as IAM does not tell the case of
// actions apart. One with an intrinsic keeps its case: logical IDs have one.
func actionText(action string) string {
	if strings.Contains(action, "${") {
		return action
	}
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, action)
}

// mapped returns the results of f, sorted, each once.
func mapped[T any](values []T, f func(T) string) []string {
	if len(values) == 0 {
		return nil
	}
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = f(v)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// principalText returns a principal in the form in which equal ones are equal:
// the root user's ARN stands for the account, as its ID alone does. Source: IAM
// User Guide, "AWS JSON policy elements: Principal", "AWS account principals".
func principalText(p document.Principal) string {
	if a, ok := arn.Parse(p.ID); ok && p.Kind == "AWS" && a.Service == "iam" && a.Resource == "root" {
		return "AWS " + a.Account
	}
	return p.String()
}

// side finds the statements that can cover an action.
type side struct {
	all []*statement
	// exact are the statements that name an action without wildcards. byPrefix
	// has the others, by the text before the first wildcard: every action that they cover
	// begins with it. Those with NotAction are under "".
	exact, byPrefix map[string][]*statement
	keys            map[string]bool
}

func newSide(statements []*statement) *side {
	s := &side{all: statements, exact: map[string][]*statement{}, byPrefix: map[string][]*statement{}, keys: map[string]bool{}}
	for _, st := range statements {
		s.keys[st.key] = true
		if len(st.notActions) > 0 {
			s.byPrefix[""] = append(s.byPrefix[""], st)
		}
		for action := range st.named {
			s.exact[action] = append(s.exact[action], st)
		}
		for _, action := range st.wild {
			prefix := action[:strings.IndexAny(action, "*?$")]
			list := s.byPrefix[prefix]
			if len(list) == 0 || list[len(list)-1] != st {
				s.byPrefix[prefix] = append(list, st)
			}
		}
	}
	return s
}

// candidates calls f with every statement that may cover an action, "" for the
// actions of a NotAction, until it returns true.
func (s *side) candidates(action string, f func(*statement) bool) bool {
	if slices.ContainsFunc(s.exact[action], f) {
		return true
	}
	if len(s.byPrefix) == 0 {
		return false
	}
	for i := range len(action) + 1 {
		if slices.ContainsFunc(s.byPrefix[action[:i]], f) {
			return true
		}
	}
	return false
}

// coversAction reports whether s is about all the actions that an entry of
// another statement is about: action, or what all notActions leave over.
func (s *statement) coversAction(action string, notActions []string) bool {
	switch {
	case action == "" && len(s.notActions) > 0:
		// What is left out here must be left out there.
		return s.allCovered(s.notActions, notActions)
	case action == "":
		return slices.Contains(s.actions, "*")
	case len(s.notActions) > 0:
		return !slices.ContainsFunc(s.notActions, func(not string) bool { return s.intersects(not, action) })
	}
	return s.named[action] || slices.ContainsFunc(s.wild, func(a string) bool { return s.covers(a, action) })
}

// coversResource does the same for resources; all says that it is about what
// notResources leave over.
func (s *statement) coversResource(resource string, all bool, notResources []string) bool {
	switch {
	case all && len(s.notResources) > 0:
		return s.allCovered(s.notResources, notResources)
	case all:
		return slices.Contains(s.resources, "*")
	case len(s.notResources) > 0:
		return resource != "" && !slices.ContainsFunc(s.notResources, func(not string) bool { return s.intersects(not, resource) })
	}
	return slices.ContainsFunc(s.resources, func(r string) bool {
		return r == resource || r != "" && resource != "" && s.covers(r, resource)
	})
}

// coversAllOf reports whether the resources of s are all that requests for the
// action of an entry can be about, when the entry is about everything:
// "arn:*:sqs:*:*:*" is as good as "*" for sqs:SendMessage. Of a wildcard in
// place of the service it is not asked.
func (s *statement) coversAllOf(e entry) bool {
	service, _, named := strings.Cut(e.action, ":")
	if !named || strings.ContainsAny(service, "*?$") || len(s.resources) == 0 || len(e.notResources) > 0 || !authz.Everything(e.resource) {
		return false
	}
	actions := authz.Match(e.action)
	return len(actions) > 0 && !slices.ContainsFunc(actions, func(a *authz.Action) bool {
		for _, resource := range s.resources {
			if !s.afford(resource, strings.Repeat("*", 64*(len(a.Resources)+1))) {
				return true
			}
		}
		return !a.CoveredAs(e.resource, s.resources)
	})
}

// coversPrincipal does it for principals. What NotPrincipal means depends on
// the account of the caller, so it only covers what says the same.
func (s *statement) coversPrincipal(principal string, notPrincipals []string) bool {
	s.budget.meter.Spend(1 + len(s.principals))
	if principal == noPrincipal || len(s.notPrincipals) > 0 {
		return principal == noPrincipal && slices.Equal(s.notPrincipals, notPrincipals)
	}
	return slices.Contains(s.principals, principal) || (strings.HasPrefix(principal, "AWS ") || strings.HasPrefix(principal, document.UnknownKind+" ")) && slices.Contains(s.principals, "AWS *")
}

// noPrincipal stands for what NotPrincipal leaves over.
const noPrincipal = "\x00"

// allCovered reports whether every one of narrow is covered by one of wide.
func (s *statement) allCovered(narrow, wide []string) bool {
	return subset(narrow, wide, s.covers)
}

// appliesWith reports whether s applies whenever other does, as far as
// conditions go.
func (s *statement) appliesWith(other *statement) bool {
	work := 1 + len(s.conditions)*len(other.conditions)
	for _, c := range s.conditions {
		for _, o := range other.conditions {
			if c.key == o.key {
				work += (1 + len(c.values)) * (1 + len(o.values))
			}
		}
		s.budget.meter.Spend(work)
		work = 0
	}
	for _, w := range s.source.When {
		if !slices.Contains(other.source.When, w) {
			return false
		}
	}
	return wider(s.conditions, other.conditions)
}
