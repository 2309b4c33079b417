// Statements in a form that can be compared, and an index of them by action.

package diff

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"capaboot/internal/meter"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// maxPairs limits what is compared one by one: the combinations of action, resource and
// principal of one statement, and the pairs of values of two lists. Above the limit, a
// statement is reported as a whole, and lists are compared only for equality. Policies
// within IAM's size limits need at most a hundredth of this number.
const maxPairs = 1 << 20

// statement is a statement in a form that can be compared.
type statement struct {
	source *document.Statement
	at     document.Place

	actions, notActions []string // in the form of actionText
	// exactActions has the actions that cover only themselves (without
	// wildcards, or refused by IAM), and patterns the others.
	exactActions map[string]bool
	patterns     []string
	// resources has one empty text for a statement without Resource, as in a
	// trust policy.
	resources, notResources []string
	// spellings has the original spelling of resources that are compared in
	// another form.
	spellings                 map[string]string
	principals, notPrincipals []string
	conditions                []normalizedCondition
	// literalVariables means that the statement has policy variables that the version of
	// its document does not support.
	literalVariables bool
	// key is equal for statements with the same content.
	key string
	// inResourcePolicy means that the statement is in a resource policy other than a
	// trust policy.
	inResourcePolicy bool
	// written is the memory of asWritten.
	written map[string]string
	// budget is shared by all statements of a comparison.
	budget *budget
}

// budget is the remaining work of a comparison. When remaining is 0, statements are
// no longer compared and count as changed. When the meter is exceeded, the
// comparison fails.
type budget struct {
	remaining int
	meter     *meter.Meter
	// branches has the alternatives of each template condition of the principal
	// that is compared, and possible reports whether template conditions can hold
	// together; see [statement.split].
	branches [][]string
	possible func([]string) bool
	// tagKeys has the keys of the tags that policies on either side refer to; see
	// [document.Set.TagKeys].
	tagKeys func() []string
}

// maxWork limits the work of one Compare. A unit is the comparison of two short
// texts. Statements that are not compared because of the limit count as
// changed.
const maxWork = 10_000_000

// covers is document.Covers within the budget. It returns false when the budget
// is exceeded.
func (s *statement) covers(covering, covered string) bool {
	if !document.MayCover(covering, covered) {
		s.budget.meter.Spend(1)
		s.budget.remaining = max(0, s.budget.remaining-1)
		return false
	}
	return s.spend(covering, covered) && document.Covers(covering, covered, false)
}

// intersects is document.Intersects within the budget. It returns true when the
// budget is exceeded.
func (s *statement) intersects(a, b string) bool {
	return !s.spend(a, b) || document.Intersects(a, b, false)
}

func (s *statement) spend(a, b string) bool {
	s.budget.meter.Spend(1)
	if s.budget.remaining == 0 {
		return false
	}
	cost := 1
	if a != b && strings.ContainsAny(a, "*?") {
		cost += len(a) * len(b) / 32
	}
	if s.budget.remaining < cost {
		s.budget.remaining = 0
		return false
	}
	s.budget.remaining -= cost
	s.budget.meter.Spend(cost)
	return true
}

// statementsOf returns the statements of a document with the given effect. It leaves
// out statements that hasNoEffect reports. at is the position of the document.
func statementsOf(doc *document.Document, at document.Place, effect document.Effect, budget *budget) []*statement {
	inResourcePolicy := at.Policy != nil && at.Holder.IsResourcePolicy(at.Policy.Document) // computed once for all statements
	if doc == nil {
		return nil
	}
	literalVariables := false
	text := func(s string) string { return s }
	if doc.Version != "2012-10-17" {
		text = func(s string) string {
			f := document.FreezeVariables(s)
			literalVariables = literalVariables || f != s
			return f
		}
	}
	whole := func(s string) string { return text(arn.Complete(s)) }
	var all []*statement
	for i := range doc.Statements {
		source := &doc.Statements[i]
		if source.Effect != effect || hasNoEffect(source) {
			continue
		}
		literalVariables, at.Statement = false, source
		budget.meter.Spend(costOf(source))
		s := &statement{source: source, at: at, inResourcePolicy: inResourcePolicy, budget: budget, exactActions: make(map[string]bool, len(source.Actions)),
			actions: withoutExempt(mapSorted(source.Actions, actionText)), notActions: mapSorted(source.NotActions, actionText),
			resources: mapSorted(source.Resources, whole), notResources: mapSorted(source.NotResources, whole), spellings: changedSpellings(source.Resources, whole),
			principals: mapSorted(source.Principals, principalText), notPrincipals: mapSorted(source.NotPrincipals, principalText),
			conditions: normalize(source.Conditions, text)}
		if len(s.resources) == 0 && len(s.notResources) == 0 {
			s.resources = []string{""}
		}
		if len(s.principals) == 0 && len(s.notPrincipals) == 0 {
			s.principals = []string{""}
		}
		for _, a := range s.actions {
			if strings.ContainsAny(a, "*?$") && !document.RefusedAction(a) {
				s.patterns = append(s.patterns, a)
			} else {
				s.exactActions[a] = true
			}
		}
		s.key, s.literalVariables = s.content(), literalVariables
		all = append(all, s)
	}
	return all
}

// costOf returns the approximate cost of storing a statement in comparable
// form, in units of a meter. A unit is ten stored bytes; each byte of text is
// stored twice.
func costOf(s *document.Statement) int {
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

// hasNoEffect reports whether a statement only has actions that policies
// neither grant nor deny.
func hasNoEffect(s *document.Statement) bool {
	return len(s.Actions) > 0 && !slices.ContainsFunc(s.Actions, func(a string) bool {
		_, exempt := authz.NeedsNoPermission(a)
		return !exempt
	})
}

// withoutExempt removes the actions that policies neither grant nor deny.
func withoutExempt(actions []string) []string {
	return slices.DeleteFunc(actions, func(a string) bool {
		_, exempt := authz.NeedsNoPermission(a)
		return exempt
	})
}

// changedSpellings returns the texts that f changes, by their changed form.
func changedSpellings(texts []string, f func(string) string) map[string]string {
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

// content returns the whole content of a statement. Each list and text begins
// with its length, so that two contents are equal only if all their lists are
// equal.
func (s *statement) content() string {
	b := make([]byte, 0, 1024)
	add := func(list ...string) {
		b = append(strconv.AppendInt(b, int64(len(list)), 10), ':')
		for _, text := range list {
			b = append(strconv.AppendInt(b, int64(len(text)), 10), ':')
			b = append(b, text...)
		}
	}
	add(string(s.source.Effect))
	for _, list := range [][]string{s.actions, s.notActions, s.resources, s.notResources, s.principals, s.notPrincipals, s.source.When} {
		add(list...)
	}
	for _, c := range s.conditions {
		add(c.op.String(), c.key)
		add(c.values...)
	}
	return string(b)
}

// actionText returns an action in lower case, because IAM ignores the case of
// actions. An action with an intrinsic keeps its case, because logical IDs are
// case-sensitive.
func actionText(action string) string {
	if strings.Contains(action, "${") {
		return action
	}
	if !strings.ContainsFunc(action, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return strings.ToLower(action)
	}
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, action)
}

// mapSorted returns the results of f for the values, sorted and without
// duplicates.
func mapSorted[T any](values []T, f func(T) string) []string {
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

// principalText returns a principal in a form in which equal principals have
// equal texts: the ARN of the root user means the account, as the account ID
// does. Source: IAM User Guide, "AWS JSON policy elements: Principal", "AWS
// account principals".
func principalText(p document.Principal) string {
	if a, ok := arn.Parse(p.ID); ok && p.Kind == "AWS" && a.Service == "iam" && a.Resource == "root" {
		return "AWS " + a.Account
	}
	return p.String()
}

// index finds the statements that may cover an action.
type index struct {
	all []*statement
	// exact has the statements by each of their exactActions. byPrefix has the
	// statements with other actions, by the text before the first wildcard: every
	// covered action begins with that text. Statements with NotAction are under "".
	exact, byPrefix map[string][]*statement
	keys            map[string]bool
}

func newIndex(statements []*statement) *index {
	s := &index{all: statements, exact: map[string][]*statement{}, byPrefix: map[string][]*statement{}, keys: map[string]bool{}}
	for _, st := range statements {
		s.keys[st.key] = true
		if len(st.notActions) > 0 {
			s.byPrefix[""] = append(s.byPrefix[""], st)
		}
		for action := range st.exactActions {
			s.exact[action] = append(s.exact[action], st)
		}
		for _, action := range st.patterns {
			prefix := action[:strings.IndexAny(action, "*?$")]
			list := s.byPrefix[prefix]
			if len(list) == 0 || list[len(list)-1] != st {
				s.byPrefix[prefix] = append(list, st)
			}
		}
	}
	return s
}

// anyCandidate calls f with the statements that may cover an action, until f returns
// true, and reports whether it did. An empty action means the actions that a NotAction
// does not exclude.
func (s *index) anyCandidate(action string, f func(*statement) bool) bool {
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

// coversAction reports whether s covers the actions of an entry of another
// statement: the action, or all actions that notActions do not exclude.
func (s *statement) coversAction(action string, notActions []string) bool {
	switch {
	case action == "" && len(s.notActions) > 0:
		// The other statement must exclude what this one excludes.
		return s.allCovered(s.notActions, notActions)
	case action == "":
		return slices.Contains(s.actions, "*")
	case len(s.notActions) > 0:
		return !slices.ContainsFunc(s.notActions, func(not string) bool { return s.intersects(not, action) })
	}
	return s.exactActions[action] || slices.ContainsFunc(s.patterns, func(a string) bool { return s.covers(a, action) })
}

// coversResource reports whether s covers the resource of an entry of another
// statement or, if all is true, all resources that notResources do not exclude.
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

// coversEveryResource reports whether s covers every resource that the action
// of an entry supports, for an entry with all resources: "arn:*:sqs:*:*:*" is
// equivalent to "*" for sqs:SendMessage. It returns false for an action with a
// wildcard in its service.
func (s *statement) coversEveryResource(e entry) bool {
	service, _, hasService := strings.Cut(e.action, ":")
	if !hasService || strings.ContainsAny(service, "*?$") || len(s.resources) == 0 || len(e.notResources) > 0 || !authz.CoversEverything(e.resource) {
		return false
	}
	actions := authz.Match(e.action)
	return len(actions) > 0 && !slices.ContainsFunc(actions, func(a *authz.Action) bool {
		for _, resource := range s.resources {
			if !s.spend(resource, strings.Repeat("*", 64*(len(a.Resources)+1))) {
				return true
			}
		}
		return !a.CoveredAs(e.resource, s.resources)
	})
}

// coversDespiteExceptions reports whether s covers the resources of an entry although s
// has exceptions (NotResource). It ignores exceptions that cannot be a resource of the
// entry's actions: a bucket does not matter for sqs:SendMessage. It returns false if it
// ignores none.
func (s *statement) coversDespiteExceptions(e entry) bool {
	service, _, hasService := strings.Cut(e.action, ":")
	if len(s.notResources) == 0 || e.resource == "" && len(e.notResources) == 0 || !hasService || strings.ContainsAny(service, "*?$") {
		return false
	}
	actions := authz.Match(e.action)
	if len(actions) == 0 {
		return false
	}
	matters := func(exception string) bool {
		a, ok := arn.Parse(exception)
		if !ok || a.Service == service || a.Service == "" || strings.ContainsAny(a.Service, "*?$") || !s.spend(exception, strings.Repeat("*", 8*len(actions))) {
			return true
		}
		return slices.ContainsFunc(actions, func(action *authz.Action) bool { return !action.SupportsNoResource() && !action.Misfits(exception) })
	}
	remaining := slices.DeleteFunc(slices.Clone(s.notResources), func(exception string) bool { return !matters(exception) })
	if len(remaining) == len(s.notResources) {
		return false
	}
	if len(e.notResources) > 0 {
		return s.allCovered(remaining, e.notResources)
	}
	return !slices.ContainsFunc(remaining, func(not string) bool { return s.intersects(not, e.resource) })
}

// coversPrincipal reports whether s covers the principal of an entry. The
// meaning of NotPrincipal depends on the account of the caller, so it covers
// only an equal NotPrincipal.
func (s *statement) coversPrincipal(principal string, notPrincipals []string) bool {
	s.budget.meter.Spend(1 + len(s.principals))
	if principal == otherPrincipals || len(s.notPrincipals) > 0 {
		return principal == otherPrincipals && slices.Equal(s.notPrincipals, notPrincipals)
	}
	return slices.Contains(s.principals, principal) || isAWSPrincipal(principal) && slices.Contains(s.principals, anyPrincipal)
}

// anyPrincipal is the principal "*".
const anyPrincipal = "AWS *"

// isAWSPrincipal reports whether anyPrincipal covers a principal: an account, a role or
// a user, or a principal that is known only at deployment.
func isAWSPrincipal(principal string) bool {
	return strings.HasPrefix(principal, "AWS ") || strings.HasPrefix(principal, document.UnknownKind+" ")
}

// otherPrincipals represents the principals that NotPrincipal does not exclude.
const otherPrincipals = "\x00"

func (s *statement) allCovered(covered, covering []string) bool {
	return allCovered(covered, covering, s.covers)
}

// appliesWhenever reports whether the conditions of s hold whenever the conditions of
// other hold.
func (s *statement) appliesWhenever(other *statement) bool {
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
	if !document.Implies(other.source.When, s.source.When) {
		return false
	}
	return isWider(s.conditions, other.conditions)
}
