// Correctness rules: elements with an unexpected effect, or with none.

package review

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"capaboot/internal/shortlist"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

func correctnessRules() []Rule {
	const (
		resourcePage  = userGuide + "reference_policies_elements_resource.html"
		actionPage    = userGuide + "reference_policies_elements_action.html"
		conditionPage = userGuide + "reference_policies_elements_condition.html"
		operatorsPage = userGuide + "reference_policies_elements_condition_operators.html"
		grammarPage   = userGuide + "reference_policies_grammar.html"
	)
	return []Rule{
		{ID: "unknown-service", Severity: Medium, Reference: actionPage,
			Risk:   "no AWS service has this prefix, so the actions are never allowed or denied",
			Remedy: "use a service prefix that the Service Authorization Reference lists", policy: checkUnknownServices},
		{ID: "unknown-action", Severity: Medium, Reference: actionsPage,
			Risk:   "the action does not exist, so it is never allowed or denied",
			Remedy: "correct the spelling, or remove the action if AWS has withdrawn it", policy: checkUnknownActions},
		{ID: "resource-without-action", Severity: Medium, Reference: resourcePage,
			Risk:   "no action of the statement works on this resource, so naming the resource grants or denies nothing",
			Remedy: "remove the resource, or correct its ARN", policy: checkResourcesWithoutAction},
		{ID: "action-without-resource", Severity: Medium, Reference: actionsPage,
			Risk:   "none of the statement's resources fits these actions, so the statement does not allow or deny them",
			Remedy: `move the actions to a statement with resources of a type that the actions support; if the actions support no resource types, use the resource "*"`, policy: checkActionsWithoutResource},
		{ID: "missing-resource-type", Severity: Low, Reference: actionsPage,
			Risk:   "the action needs resources of several types, but one type is missing: no statement names a resource of that type",
			Remedy: "add an ARN of the missing resource type", subject: checkMissingTypes},
		{ID: "wrong-partition", Severity: Medium, Reference: userGuide + "reference_identifiers.html",
			Risk:   "the ARN is in another AWS partition, so it matches no resource in the partition of the policies",
			Remedy: "use the partition of your region; in a template, use ${AWS::Partition}", policy: checkWrongPartitions},
	}
}

func withGroup(name string, rules []Rule) []Rule {
	for i := range rules {
		rules[i].Group = name
	}
	return rules
}

// patterns returns the action patterns of a statement, from both Action and
// NotAction.
func (s *statement) patterns() []string {
	switch {
	case len(s.NotActions) == 0:
		return slices.Clip(s.Actions)
	case len(s.Actions) == 0:
		return slices.Clip(s.NotActions)
	}
	return slices.Concat(s.Actions, s.NotActions)
}

// ineffectiveSeverity returns the severity of an element without effect. In a
// Deny, it is high, because what the Deny was meant to block stays allowed. In
// an Allow, it is allowSeverity; 0 stands for the severity of the rule.
func ineffectiveSeverity(s *statement, allowSeverity Severity) Severity {
	if s.Effect == document.Deny {
		return High
	}
	return allowSeverity
}

// quoteWhiteSpace quotes an action that contains white space, which readers
// would overlook.
func quoteWhiteSpace(action string) string {
	if strings.ContainsFunc(action, unicode.IsSpace) {
		return strconv.Quote(action) + " with white space"
	}
	return action
}

func checkUnknownServices(r *run, p *policy) {
	if p.aws {
		return
	}
	suggestions := maxSuggestions
	for _, s := range p.statements {
		var actions, texts []string
		for _, pattern := range s.patterns() {
			prefix, _, colon := strings.Cut(pattern, ":")
			if isEveryAction(pattern) || hasUnknownPart(prefix) || colon && authz.Known(prefix) {
				continue
			}
			text := quoteWhiteSpace(pattern)
			if pattern == "" {
				text = `""` // such as the default of a parameter
			}
			switch {
			case !colon:
				text += " (the service is missing: want SERVICE:ACTION)"
			case strings.ContainsAny(prefix, "*?"):
				text += " (IAM does not accept a wildcard in the service)"
			default:
				if suggestions--; suggestions < 0 {
					break
				}
				r.spend(suggestionWork)
				if closest, ok := authz.ClosestService(prefix); ok {
					text += fmt.Sprintf(" (did you mean %q?)", closest)
				}
			}
			actions, texts = append(actions, pattern), append(texts, text)
		}
		if len(actions) > 0 {
			r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, 0), Actions: actions, Message: sentencef("the Service Authorization Reference of %s does not list %s, so the statement has no known effect for %s", authz.Published(), forCount(actions, "this service", "these services"), annotatedNames(actions, texts).withOr())})
		}
	}
}

// maxSuggestions limits the names per policy that get a suggestion, because finding
// the closest name is slow. suggestionWork is the work of finding one
// suggestion.
const (
	maxSuggestions = 100
	suggestionWork = 2_000
)

func (r *run) closestAction(pattern string) (string, bool) {
	r.spend(suggestionWork)
	return authz.Closest(pattern)
}

func checkUnknownActions(r *run, p *policy) {
	if p.aws {
		return
	}
	suggestions := maxSuggestions
	for _, s := range p.statements {
		var actions, texts []string
		matches := func(i int, pattern string) bool {
			if i < len(s.Actions) {
				return len(r.matchOf(s, i)) > 0
			}
			return len(r.match(pattern)) > 0
		}
		for i, pattern := range s.patterns() {
			prefix, _, colon := strings.Cut(pattern, ":")
			if !colon || hasUnknownPart(pattern) || !authz.Known(prefix) || matches(i, pattern) {
				continue
			}
			text := quoteWhiteSpace(pattern)
			if hasSeveralActions(pattern) {
				text += " (if the string has several actions, write each action as a separate string)"
			} else if suggestions--; suggestions < 0 {
				// Only the first maxSuggestions names get a suggestion.
			} else if closest, ok := r.closestAction(pattern); ok {
				text += fmt.Sprintf(" (did you mean %q?)", closest)
			}
			actions, texts = append(actions, pattern), append(texts, text)
		}
		if len(actions) > 0 {
			r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, 0), Actions: actions, Message: sentencef("the Service Authorization Reference of %s does not list %s, so the statement has no known effect for %s", authz.Published(), forCount(actions, "this action", "these actions"), annotatedNames(actions, texts).withOr())})
		}
	}
}

// hasSeveralActions reports whether a text is a list of actions, such as
// "s3:GetObject,PutObject". No action has a comma, a semicolon or a space.
func hasSeveralActions(pattern string) bool {
	return len(strings.FieldsFunc(pattern, func(r rune) bool { return strings.ContainsRune(",; \t\n", r) })) > 1
}

// mayBeAnything reports whether a resource is a bare wildcard, or begins with a
// template expression or a policy variable.
func mayBeAnything(resource string) bool {
	return strings.Trim(resource, "*") == "" || strings.HasPrefix(resource, "${")
}

func checkResourcesWithoutAction(r *run, p *policy) {
	if p.aws || p.kind == trustPolicy {
		return
	}
	for _, s := range p.statements {
		if flagged := r.resourcesWithoutAction(s); len(flagged) > 0 {
			r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, 0), Resources: flagged, Remedy: formRemedy("remove the resource, or use a resource", r.actions(s), flagged),
				Message: sentencef("no action of the statement works on %s, so this part of the statement has no effect", orList(flagged))})
		}
	}
}

// resourcesWithoutAction returns the resources of a statement on which none of
// its actions works.
func (r *run) resourcesWithoutAction(s *statement) []string {
	if len(s.NotActions) > 0 || r.hasUnknownAction(s) {
		return nil // NotAction names the actions that are left out; unknown-action reports unknown actions
	}
	actions := r.actions(s)
	if !slices.ContainsFunc(actions, func(a *authz.Action) bool { return len(a.Resources) > 0 }) {
		return nil // AWS documents no resource for any of the actions: action-without-resource reports that
	}
	var flagged []string
	for _, resource := range s.Resources {
		if mayBeAnything(resource) || arnProblem(resource) != "" || isOfIncompleteService(resource) {
			continue
		}
		if !slices.ContainsFunc(actions, func(a *authz.Action) bool { return r.allows(a, resource) }) {
			flagged = append(flagged, resource)
		}
	}
	return flagged
}

// isOfIncompleteService reports whether a resource belongs to a service whose
// resource types are not all in the data; see [authz.Service.IsComplete].
func isOfIncompleteService(resource string) bool {
	service, ok := authz.ForPrefix(arn.ParsePattern(resource).Service)
	return ok && !service.IsComplete()
}

func (r *run) hasUnknownAction(s *statement) bool {
	if s.unknownAction == 0 {
		s.unknownAction = -1
		for i := range s.Actions {
			if len(r.matchOf(s, i)) == 0 {
				s.unknownAction = 1
			}
		}
		if slices.ContainsFunc(s.NotActions, func(pattern string) bool { return len(r.match(pattern)) == 0 }) {
			s.unknownAction = 1
		}
	}
	r.spend(1)
	return s.unknownAction > 0
}

func checkActionsWithoutResource(r *run, p *policy) {
	if p.aws || p.kind == trustPolicy {
		return
	}
	for _, s := range p.statements {
		if len(s.Resources) == 0 || slices.ContainsFunc(s.Resources, mayBeAnything) || slices.ContainsFunc(s.Resources, func(text string) bool { return arnProblem(text) != "" }) {
			continue
		}
		// Actions for which AWS documents no resource are reported separately.
		var flagged, star []string
		var misfits []*authz.Action // the actions that the patterns in flagged match
		for i, pattern := range s.Actions {
			actions := r.matchOf(s, i)
			fits := func(a *authz.Action) bool {
				return slices.ContainsFunc(s.Resources, func(resource string) bool { return r.allows(a, resource) })
			}
			switch {
			case len(actions) == 0 || slices.ContainsFunc(actions, fits):
			case slices.ContainsFunc(actions, func(a *authz.Action) bool { return len(a.Resources) > 0 }):
				flagged = append(flagged, pattern)
				misfits = append(misfits, actions...)
			default:
				star = append(star, pattern)
			}
		}
		verb, effect := "allow", "allows"
		if s.Effect == document.Deny {
			verb, effect = "deny", "denies"
		}
		// If no action works on any of the resources, resource-without-action
		// reports that.
		if len(flagged) > 0 && len(r.resourcesWithoutAction(s)) < len(s.Resources) {
			r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, 0), Actions: flagged, Resources: s.Resources, Remedy: formRemedy("add a resource", misfits, s.Resources),
				Message: sentencef("the statement does not %s %s: %s not support the types of the statement's resources", verb, orList(flagged), forCount(flagged, "this action does", "these actions do"))})
		}
		if len(star) > 0 {
			// Some services check these actions against an ARN that the
			// reference does not list; see policies/authz/undocumented.tsv.
			r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, Low), Actions: star, Resources: s.Resources, Remedy: `move the action to a statement with the resource "*"`,
				Message: sentencef(`it is uncertain whether the statement %s %s: for %s, AWS documents only the resource "%s", which the statement does not name`, effect, orList(star), forCount(star, "this action", "these actions"), singleName("*"))})
		}
	}
}

// formRemedy returns a remedy that begins with advice and names the forms of the
// ARNs that an action supports, the most similar one to the resource first. For
// several actions or resources, it returns "", for the remedy of the rule.
func formRemedy(advice string, actions []*authz.Action, resources []string) string {
	if len(actions) != 1 || len(resources) != 1 {
		return ""
	}
	const shown = 3
	forms := actions[0].ResourceForms(resources[0])
	return fmt.Sprintf("%s of a form that %s supports: %s", advice, actions[0], shortlist.Few(forms, shortlist.Shown(len(forms), shown), func(form string) string { return form }))
}

// requiresManyTypes reports whether the data lists at least three resource
// types for an action, all of them required.
func requiresManyTypes(a *authz.Action) bool {
	return len(a.Resources) >= 3 && !slices.ContainsFunc(a.Resources, func(t authz.ActionResource) bool { return !t.Required })
}

// hasAlternative reports whether one of the resources is of a type that can
// replace the resource type with this name; see alternatives.tsv.
func (r *run) hasAlternative(a *authz.Action, name string, resources []string) bool {
	for _, row := range loadAlternatives.Get() {
		if !slices.Contains(row.types, name) || !document.Match(row.action, a.String(), true) {
			continue
		}
		for _, t := range a.Resources {
			if slices.Contains(row.types, t.Type.Name) && slices.ContainsFunc(resources, func(resource string) bool { return r.typeAllows(t.Type, resource) }) {
				return true
			}
		}
	}
	return false
}

// checkMissingTypes reports calls that fail because no statement names a
// resource of a type that the action needs. It checks all statements of a
// principal together, because the resource types of one action are often spread
// over several statements.
func checkMissingTypes(r *run, s *subject) {
	order, uses := namedUses(r, s)
	found := map[*statement]map[string][]string{}
	var statements []*statement
	for _, a := range order {
		u := uses[a]
		if service, ok := authz.ForPrefix(a.Service); u.tooGeneral || !ok || !service.IsComplete() {
			continue
		}
		if !slices.ContainsFunc(u.resources, func(resource string) bool { return r.allows(a, resource) }) {
			continue // action-without-resource reports this
		}
		var missing []string
		for _, t := range a.Resources {
			// For tagging actions, such as athena:UntagResource, and for
			// actions with three or more types that are all required, such as
			// bedrock:InvokeModel, any one of the types in the data is enough.
			if t.Required && a.Level != authz.Tagging && !requiresManyTypes(a) && !r.hasAlternative(a, t.Type.Name, u.resources) && !slices.ContainsFunc(u.resources, func(resource string) bool { return r.typeAllows(t.Type, resource) }) {
				missing = append(missing, t.Type.Name)
			}
		}
		if len(missing) == 0 {
			continue
		}
		if found[u.first] == nil {
			found[u.first] = map[string][]string{}
			statements = append(statements, u.first)
		}
		key := strings.Join(missing, ", ")
		found[u.first][key] = append(found[u.first][key], a.String())
	}
	for _, st := range statements {
		for _, types := range sortedKeys(found[st]) {
			actions := found[st][types]
			f := Finding{Actions: actions, Resources: st.Resources,
				Message: sentencef("calls of %s fail: they also need a resource of the type %s, which no statement names", nameList(actions), types)}
			if s.Kind != document.PolicyKind {
				f.Principals = []string{s.Name}
			}
			r.reportStatement(st, f)
		}
	}
}

// namedUse describes the statements of a principal that name one action without
// wildcards: the resources of all these statements, and the first statement that is
// not in an AWS managed policy.
type namedUse struct {
	resources  []string
	first      *statement
	tooGeneral bool // a resource is too general for the check, or a wildcard also allows the action
}

// namedUses returns the actions that the Allow statements of a principal's own
// identity policies name without wildcards, in order, and the use of each. The
// statements of AWS managed policies only add their resources.
func namedUses(r *run, s *subject) ([]*authz.Action, map[*authz.Action]*namedUse) {
	uses := map[*authz.Action]*namedUse{}
	var order []*authz.Action
	forEachAction := func(isWanted func(*policy) bool, wildcards bool, found func(st *statement, tooGeneral bool, a *authz.Action)) {
		for _, p := range s.policies {
			if p.kind != identityPolicy || !isWanted(p) {
				continue
			}
			for _, st := range p.statements {
				if st.Effect != document.Allow || len(st.NotActions) > 0 || len(st.Resources) == 0 && len(st.NotResources) == 0 {
					continue
				}
				tooGeneral := len(st.NotResources) > 0 || slices.ContainsFunc(st.Resources, mayBeAnything)
				for i, pattern := range st.Actions {
					if strings.ContainsAny(pattern, "*?") != wildcards {
						continue
					}
					for _, a := range r.matchOf(st, i) {
						found(st, tooGeneral, a)
					}
				}
			}
		}
	}
	isOwn := func(p *policy) bool { return !p.aws }
	isAWS := func(p *policy) bool { return p.aws }
	isAny := func(*policy) bool { return true }
	addTo := func(u *namedUse, st *statement, tooGeneral bool) {
		u.tooGeneral = u.tooGeneral || tooGeneral
		switch {
		case u.tooGeneral:
		case u.resources == nil:
			u.resources = slices.Clip(st.Resources) // shared until another statement adds to it
		default:
			u.resources = append(u.resources, st.Resources...)
		}
	}
	forEachAction(isOwn, false, func(st *statement, tooGeneral bool, a *authz.Action) {
		u := uses[a]
		if u == nil {
			u = &namedUse{first: st}
			uses[a] = u
			order = append(order, a)
		}
		addTo(u, st, tooGeneral)
	})
	if len(order) == 0 {
		return nil, nil
	}
	forEachAction(isAWS, false, func(st *statement, tooGeneral bool, a *authz.Action) {
		if u := uses[a]; u != nil {
			addTo(u, st, tooGeneral)
		}
	})
	// An action that a wildcard also allows is not checked, because the resources
	// of the wildcard's statement may be meant for other actions.
	forEachAction(isAny, true, func(_ *statement, _ bool, a *authz.Action) {
		if u := uses[a]; u != nil {
			u.tooGeneral = true
		}
	})
	return order, uses
}
