// Exposure rules: grants that are wider than necessary.

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

func exposureRules() []Rule {
	const (
		leastPrivilegePage = practicePage + "#grant-least-privilege"
		notActionPage      = userGuide + "reference_policies_elements_notaction.html"
		secretsPage        = "https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html"
	)
	rules := []Rule{
		{ID: "full-access", Severity: Critical, Reference: leastPrivilegePage,
			Risk: "all actions on all resources are allowed, so the holder is an administrator of the account", Remedy: "allow only the actions that are used", policy: checkFullAccess},
		{ID: "service-wildcard", Severity: High, Reference: leastPrivilegePage,
			Risk: "all actions of a service are allowed, including future ones", Remedy: "name the actions that are used", policy: checkServiceWildcards},
		{ID: "action-wildcard", Severity: Medium, Reference: leastPrivilegePage,
			Risk: "a wildcard allows actions that change something, including future ones", Remedy: "name the actions that are used", policy: checkActionWildcards},
		{ID: "any-resource", Severity: Medium, Reference: leastPrivilegePage,
			Risk: "actions that change something are allowed on every resource, and no condition limits them", Remedy: "name the resources, or add a condition on tags, the region or the VPC", policy: checkAnyResource},
		{ID: "not-action", Severity: High, Reference: notActionPage,
			Risk: "Allow with NotAction grants every action that is not named, including the actions of new services", Remedy: "use Action to list the allowed actions", policy: checkNotActions},
		{ID: "not-resource", Severity: High, Reference: userGuide + "reference_policies_elements_notresource.html",
			Risk: "Allow with NotResource grants the actions on every resource that is not named", Remedy: "use Resource to list the allowed resources", policy: checkNotResources},
		{ID: "not-principal", Severity: Critical, Reference: userGuide + "reference_policies_elements_notprincipal.html",
			Risk: "Allow with NotPrincipal allows everyone who is not named, including anonymous callers", Remedy: "use Principal to list the allowed principals", policy: checkNotPrincipals},
		{ID: "secrets-of-others", Severity: High, Reference: secretsPage,
			Risk: "the holder can read the secrets of other clusters and applications", Remedy: "name the cluster's own secrets, or require a tag that ties the secret to the caller", policy: checkSecretsOfOthers},
		{ID: "reads-everything", Severity: Medium, Reference: leastPrivilegePage,
			Risk: "the holder can read the data of every application: neither a resource nor a condition limits the grant", Remedy: "name the buckets, tables, queues and log groups that are read, or require a tag", policy: checkReadsEverything},
		{ID: "returns-credentials", Severity: Medium, Reference: leastPrivilegePage,
			Risk: "the operation returns credentials, and nothing limits whose credentials the caller can get", Remedy: "name the resources whose credentials are needed", policy: checkReturnsCredentials},
		{ID: "for-all-values-allow", Severity: High, Reference: userGuide + "reference_policies_condition-single-vs-multi-valued-context-keys.html",
			Risk: "ForAllValues also holds if the request does not have the key, so the statement allows requests without the key", Remedy: `use ForAnyValue, or require the key with a Null condition whose value is "false"`, policy: checkForAllValues},
	}
	for i := range rules {
		rules[i].withinBoundary = true
	}
	return rules
}

func (s *statement) allows() bool { return s.Effect == document.Allow }

// onEveryResource reports whether one of a statement's resources matches all
// resources. It returns false for a statement with NotResource, and for one
// without resources.
func onEveryResource(s *statement) bool {
	return slices.ContainsFunc(s.Resources, matchesEveryResource)
}

// matchesEveryResource reports whether a resource matches all resources of all
// services in its partition: "*", "arn:aws:*", "arn:${AWS::Partition}:*".
func matchesEveryResource(resource string) bool { return authz.CoversEverything(resource) }

// isFullAccess reports whether a statement allows all actions on all resources,
// with or without conditions.
func isFullAccess(s *statement) bool {
	return s.allows() && onEveryResource(s) && slices.ContainsFunc(s.Actions, isEveryAction)
}

func checkFullAccess(r *run, p *policy) {
	for _, s := range p.statements {
		if p.kind == identityPolicy && isFullAccess(s) {
			f := Finding{Actions: []string{"*"}, Resources: s.Resources}
			if len(s.Conditions) > 0 {
				f.Severity = High
				f.Message = sentencef("all actions on all resources are allowed if %s", conditionList(s.Conditions))
			}
			r.reportStatement(s, f)
		}
	}
}

func conditionList(conditions []document.Condition) Phrase {
	var texts []string
	for _, c := range conditions {
		texts = append(texts, c.String())
	}
	return nameList(texts)
}

// matchesWholeService reports whether a pattern matches all actions of one service
// or of several, but not of every service.
func matchesWholeService(pattern string) bool {
	prefix, name, ok := strings.Cut(pattern, ":")
	return ok && name != "" && strings.Trim(name, "*") == "" && strings.Trim(prefix, "*") != ""
}

func checkServiceWildcards(r *run, p *policy) {
	for _, s := range p.statements {
		if !s.allows() || p.kind == trustPolicy || r.delegatesToOwnAccount(s) {
			continue
		}
		var flagged []string
		everyAction := false
		worst := authz.Level(0)
		for i, pattern := range s.Actions {
			// full-access already reports "*" on every resource, and not-resource
			// reports "*" with NotResource.
			isAll := isEveryAction(pattern) && len(s.NotResources) == 0 && !(p.kind == identityPolicy && isFullAccess(s))
			if (isAll || matchesWholeService(pattern)) && len(r.matchOf(s, i)) > 0 {
				flagged, everyAction = append(flagged, pattern), everyAction || isAll
				worst = max(worst, highestLevel(r.effective(s, r.matchOf(s, i))))
			}
		}
		if len(flagged) == 0 || everyAction && worst == 0 {
			continue
		}
		f := Finding{Actions: flagged, Resources: s.Resources, Message: sentencef("all actions of a service are allowed, including future ones: %s", nameList(flagged))}
		if everyAction {
			f.Message = PlainSentence("all actions of every service are allowed on these resources, including future ones")
		}
		if !onEveryResource(s) {
			f.Severity = limitedSeverity(worst)
		}
		r.reportStatement(s, f)
	}
}

// limitedSeverity returns the severity of a wildcard in the actions of a statement
// that does not apply to every resource. It is the same for all rules about such
// wildcards, so that a wider wildcard is never less severe. worst is the highest access
// level of the actions that the statement allows.
func limitedSeverity(worst authz.Level) Severity {
	if worst == authz.PermissionsManagement {
		return High
	}
	return Medium
}

func highestLevel(actions []*authz.Action) authz.Level {
	worst := authz.Level(0)
	for _, a := range actions {
		worst = max(worst, a.Level)
	}
	return worst
}

// effective returns those of the actions for which isEffective is true.
func (r *run) effective(s *statement, actions []*authz.Action) []*authz.Action {
	var found []*authz.Action
	for _, a := range actions {
		if r.isEffective(s, a) {
			found = append(found, a)
		}
	}
	return found
}

// isEffective reports whether a statement allows an action on one of its resources.
// For example, s3:DeleteBucketPolicy is not effective if all resources are objects. An
// action that the same policy denies on all of these resources is not effective either.
func (r *run) isEffective(s *statement, a *authz.Action) bool {
	resources := s.openResources()
	r.spend(1 + len(resources))
	if len(resources) == 0 {
		return true // a policy whose statements have no Resource
	}
	return r.leavesResources(s, a) && slices.ContainsFunc(resources, func(resource string) bool {
		return r.canApply(a, resource) && !r.deniedInSamePolicy(s, a, resource)
	})
}

// canApply reports whether a resource can match resources of an action. It also
// returns true for an ARN of the action's service that is not a misfit (see
// [authz.Action.Misfits]), because the reference lacks the forms of some resources,
// such as S3 access points.
func (r *run) canApply(a *authz.Action, resource string) bool {
	if mayBeAnything(resource) || r.allows(a, resource) {
		return true
	}
	parsed, ok := arn.Parse(resource)
	r.spend(cacheWork)
	return ok && parsed.Service == a.Service && len(a.Resources) > 0 && !a.Misfits(resource)
}

// changingActions returns the actions whose access level is Tagging, Write or
// Permissions management.
func changingActions(actions []*authz.Action) []*authz.Action {
	var found []*authz.Action
	for _, a := range actions {
		if a.Level >= authz.Tagging {
			found = append(found, a)
		}
	}
	return found
}

func checkActionWildcards(r *run, p *policy) {
	for _, s := range p.statements {
		if !s.allows() || p.kind == trustPolicy || r.delegatesToOwnAccount(s) {
			continue
		}
		var flagged, examples []string
		worst := authz.Level(0)
		for i, pattern := range s.Actions {
			if !strings.ContainsAny(pattern, "*?") || matchesWholeService(pattern) || strings.Trim(pattern, "*:") == "" {
				continue
			}
			if found := r.effective(s, changingActions(r.matchOf(s, i))); len(found) > 0 {
				level := highestLevel(found)
				example := found[slices.IndexFunc(found, func(a *authz.Action) bool { return a.Level == level })]
				flagged, examples = append(flagged, pattern), append(examples, withExample(pattern, example))
				worst = max(worst, level)
			}
		}
		if len(flagged) == 0 {
			continue
		}
		f := Finding{Actions: flagged, Resources: s.Resources, Message: sentencef("wildcards allow actions, including future ones (highest access level: %q): %s", worst, annotatedNames(flagged, examples))}
		f.Severity = limitedSeverity(worst)
		r.reportStatement(s, f)
	}
}

// withExample returns an action pattern and, if it matches only a part of a service,
// an action that it matches.
func withExample(pattern string, example *authz.Action) string {
	if !strings.ContainsAny(pattern, "*?") || matchesWholeService(pattern) || strings.Trim(pattern, "*:") == "" {
		return pattern
	}
	return fmt.Sprintf("%s (such as %s)", pattern, example)
}

// levelSeverities maps an access level to the severity of having such actions on
// every resource.
var levelSeverities = lazy.Value[map[authz.Level]Severity]{Make: func() map[authz.Level]Severity {
	return map[authz.Level]Severity{authz.PermissionsManagement: High, authz.Write: Medium, authz.Tagging: Low}
}}

func checkAnyResource(r *run, p *policy) {
	for _, s := range p.statements {
		if !s.allows() || p.kind != identityPolicy || isFullAccess(s) || slices.ContainsFunc(s.Conditions, func(c document.Condition) bool { return narrows(c) && !strings.EqualFold(c.Key, requestedRegionKey) }) {
			continue
		}
		all := onEveryResource(s)
		var byLevel, texts, types [authz.PermissionsManagement + 1][]string
		for i, pattern := range s.Actions {
			// A wildcard counts as the worst action that it matches.
			worst, worstAction := authz.Level(0), (*authz.Action)(nil)
			for _, a := range r.matchOf(s, i) {
				if a.Level > worst && !slices.ContainsFunc(s.Conditions, func(c document.Condition) bool { return limitsAction(c, a) }) && slices.ContainsFunc(s.Resources, func(resource string) bool { return r.isOpen(a, resource) && !r.deniedInSamePolicy(s, a, resource) }) {
					worst, worstAction = a.Level, a
				}
			}
			if worst >= authz.Tagging {
				byLevel[worst], texts[worst] = append(byLevel[worst], pattern), append(texts[worst], withExample(pattern, worstAction))
				if !all {
					types[worst] = unique(append(types[worst], r.typesCovered(worstAction, s.Resources)...))
				}
			}
		}
		for _, level := range []authz.Level{authz.PermissionsManagement, authz.Write, authz.Tagging} {
			if actions := byLevel[level]; len(actions) > 0 {
				scope := PlainSentence("allowed on every resource")
				if !all {
					// The message names the types, because another statement
					// may limit the other resources of the same call.
					noun := "type"
					if len(types[level]) > 1 {
						noun = "types"
					}
					scope = sentencef("allowed on every resource of the %s %s", noun, nameList(types[level]))
				}
				if len(s.Conditions) == 0 {
					scope = scope.append(PlainSentence(", with no limiting condition"))
				}
				r.reportStatement(s, Finding{Severity: levelSeverities.Get()[level], Actions: actions, Resources: s.Resources,
					Message: sentencef("%s (%s): %s%s", scope, level, annotatedNames(actions, texts[level]), r.weakConditions(s))})
			}
		}
	}
}

// isOpen reports whether a resource pattern matches every resource of at least
// one type that the action supports. It returns false for an action without
// resource types.
func (r *run) isOpen(a *authz.Action, resource string) bool {
	return len(a.Resources) > 0 && matchesEveryResource(resource) || r.coversType(a, resource)
}

func (r *run) typesCovered(a *authz.Action, resources []string) []string {
	var types []string
	for i := range a.Resources {
		if t := a.Resources[i].Type; slices.ContainsFunc(resources, func(resource string) bool { return r.typeCovered(t, resource) }) {
			types = append(types, t.Name)
		}
	}
	return types
}

func checkNotActions(r *run, p *policy) {
	for _, s := range p.statements {
		if s.allows() && len(s.NotActions) > 0 && !r.delegatesToOwnAccount(s) {
			f := Finding{Actions: s.NotActions, Resources: s.Resources, Message: sentencef("every action is allowed except %s", nameList(s.NotActions))}
			switch {
			case slices.ContainsFunc(s.NotActions, isEveryAction):
				f.Severity, f.Remedy = Low, nothingRemedy
				f.Message = PlainSentence("NotAction names every action, so the statement allows nothing")
			case !onEveryResource(s) && len(s.Resources) > 0:
				f.Severity = limitedSeverity(0)
				if slices.ContainsFunc(r.actions(s), func(a *authz.Action) bool { return a.Level == authz.PermissionsManagement && r.isEffective(s, a) }) {
					f.Severity = limitedSeverity(authz.PermissionsManagement)
				}
			}
			r.reportStatement(s, f)
		}
	}
}

func checkNotResources(r *run, p *policy) {
	for _, s := range p.statements {
		if s.allows() && len(s.NotResources) > 0 {
			f := Finding{Actions: s.Actions, Resources: s.NotResources, Message: sentencef("the actions are allowed on every resource except %s", nameList(s.NotResources))}
			switch {
			case slices.ContainsFunc(s.NotResources, isEveryResource), len(s.Actions) > 0 && len(r.exceptedActions(s)) == len(s.Actions):
				f.Severity, f.Remedy = Low, nothingRemedy
				f.Message = PlainSentence("NotResource names every resource, so the statement allows nothing")
			case len(changingActions(r.actions(s))) == 0:
				f.Severity = Medium
			}
			r.reportStatement(s, f)
		}
	}
}

const nothingRemedy = "remove the statement, or list what the statement should allow"

func checkNotPrincipals(r *run, p *policy) {
	for _, s := range p.statements {
		if s.allows() && len(s.NotPrincipals) > 0 && p.kind != identityPolicy {
			r.reportStatement(s, Finding{Actions: s.patterns(), Message: sentencef("everyone is allowed except %s", nameList(principalIDs(s.NotPrincipals)))})
		}
	}
}

func requiresResourceTag(c document.Condition) bool {
	_, isTag := resourceTag(c.Key)
	return isTag && narrows(c)
}

func checkForAllValues(r *run, p *policy) {
	for _, s := range p.statements {
		if !s.allows() {
			continue
		}
		r.spend(len(s.Conditions) * len(s.Conditions))
		for _, c := range s.Conditions {
			op, ok := document.ParseOperator(c.Operator)
			if !ok || op.Set != "ForAllValues" || !r.mayLackKey(s, c.Key) || slices.ContainsFunc(s.Conditions, func(other document.Condition) bool { return requiresKey(other, c.Key) }) {
				continue
			}
			r.reportStatement(s, Finding{Actions: s.patterns(), Resources: s.Resources,
				Message: sentencef("%s also holds if the request does not have %s, so the statement allows requests without the key", c.Operator, c.Key)})
		}
	}
}

const tagKeysKey = "aws:TagKeys"

// requiresKey reports whether a condition fails if the request lacks the key. A
// request with a tag also has the key that lists its tags.
//
// Source: IAM User Guide, "AWS global condition context keys", aws:RequestTag
// and aws:TagKeys: requests with tags have both.
func requiresKey(c document.Condition, key string) bool {
	sameKey := strings.EqualFold(c.Key, key) || strings.EqualFold(key, tagKeysKey) && strings.HasPrefix(strings.ToLower(c.Key), "aws:requesttag/")
	return sameKey && outcomeWithoutKey(c) == outcomeFails
}

// mayLackKey reports whether a request to which the statement applies can lack
// the key and still have an effect. Requests that set or remove tags always
// have the tag keys, except for actions that remove all tags if the request names
// no tag key. keys.tsv lists other keys that every request for an action has. Requests
// with a token have the claims that every token has.
func (r *run) mayLackKey(s *statement, key string) bool {
	if isInEveryRequest(key) || s.everyTokenHas(key) {
		return false
	}
	actions := r.actions(s)
	if len(s.NotActions) > 0 || len(actions) == 0 {
		return true
	}
	alwaysPresent, _ := keyFactOf("always", key)
	untagsAll, _ := keyFactOf("untags-all", key)
	return slices.ContainsFunc(actions, func(a *authz.Action) bool {
		isAction := func(name string) bool { return strings.EqualFold(name, a.String()) }
		hasTagKeys := strings.EqualFold(key, tagKeysKey) && a.Level == authz.Tagging && !slices.ContainsFunc(untagsAll.others, isAction)
		return !hasTagKeys && !slices.ContainsFunc(alwaysPresent.others, isAction)
	})
}
