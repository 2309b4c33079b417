// Fit rules: compare the calls of CAPA's controllers with the permissions of
// their principal.
//
// The calls are those of the chosen release. The feature behind each call, and
// what AWS requires in addition, is known for [catalog.APICallsOf] and assumed
// to be the same for other releases.

package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/stories"
)

func fitRules() []Rule {
	return []Rule{
		{ID: "fit-missing-permission", Severity: Medium, Reference: actionsPage,
			Risk:   "CAPA's controllers make calls that no policy grants, so a feature fails",
			Remedy: "if the feature is used, allow the actions", set: func(r *run) { r.compareControllers((*controllerFit).reportMissing) }},
		{ID: "fit-unused-permission", Severity: Low, Reference: practicePage + "#grant-least-privilege",
			Risk:   "CAPA's controllers never use these permissions, but an attacker who takes over the controllers can use them",
			Remedy: "remove the actions, unless another program runs with the same principal", set: func(r *run) { r.compareControllers((*controllerFit).reportAllUnused) }},
	}
}

// The logical IDs of the controllers' role and policy in CAPA's templates; the
// catalogue has them too. nameSuffix is the default end of the names in AWS.
const (
	controllersRoleID   = "AWSIAMRoleControllers"
	controllersPolicyID = "AWSIAMManagedPolicyControllers"
	nameSuffix          = ".cluster-api-provider-aws.sigs.k8s.io"
)

// controllerFit compares the calls with the permissions of one principal.
type controllerFit struct {
	*run
	*fitFacts
	subject     *subject
	boundary    *policy // nil if there is none, or its document is unknown
	release     catalog.Release
	storyFinder *stories.Finder

	dependencies map[string]bool // caches dependentActions
}

// compareControllers finds the principals that the controllers run as, and
// compares their permissions with the calls.
func (r *run) compareControllers(compare func(*controllerFit)) {
	facts, err := loadFit.Get()
	if err != nil {
		r.limitNotes["the calls of CAPA's controllers cannot be read: "+err.Error()] = true
		return
	}
	release := r.options.Release
	if release == (catalog.Release{}) {
		release = catalog.APICallsOf
	}
	if release != catalog.APICallsOf {
		r.limitNotes[fmt.Sprintf("the features behind the calls of CAPA's controllers are known for %s, and assumed to be the same for %s", catalog.APICallsOf, release)] = true
	}
	found := r.controllers()
	if len(found) == 0 {
		missing := fmt.Sprintf("no role %s or policy %s", controllersRoleID, controllersPolicyID)
		if r.options.Controllers != "" {
			missing = fmt.Sprintf("no principal or policy %q", r.options.Controllers)
		}
		r.limitNotes[missing+" found, so nothing was compared with the calls of CAPA's controllers"] = true
	}
	set := &document.Set{}
	for _, s := range r.subjects {
		set.Principals = append(set.Principals, s.Holder)
	}
	storyFinder := facts.stories.FinderFor(set)
	for _, s := range found {
		compare(&controllerFit{run: r, fitFacts: facts, subject: s, boundary: r.boundary(s), release: release, storyFinder: storyFinder})
	}
}

// controllers returns the principals that the controllers run as: the one that
// the options name, or the role that CAPA's templates create for them, or the
// holders of the controllers' policy.
func (r *run) controllers() []*subject {
	var found []*subject
	for _, matches := range []func(*subject) bool{
		func(s *subject) bool {
			return s.LogicalID == controllersRoleID || s.Kind == document.RoleKind && s.Name == "controllers"+nameSuffix
		},
		func(s *subject) bool {
			return slices.ContainsFunc(s.Policies, func(p document.Policy) bool { return p.LogicalID == controllersPolicyID })
		},
	} {
		if name := r.options.Controllers; name != "" {
			matches = func(s *subject) bool { return s.Name == name || s.LogicalID == name }
		}
		for _, s := range r.subjects {
			if matches(s) {
				found = append(found, r.joinControllerPolicies(s))
			}
		}
		if len(found) > 0 {
			break
		}
	}
	return found
}

// joinControllerPolicies returns one subject with all policies of the
// controllers if the template attaches them to no principal, and otherwise
// returns s.
func (r *run) joinControllerPolicies(s *subject) *subject {
	if s.Kind != document.PolicyKind || s.LogicalID != controllersPolicyID {
		return s
	}
	all := &subject{Holder: s.Holder}
	for _, other := range r.subjects {
		if other.Kind == document.PolicyKind && other.File == s.File && strings.HasPrefix(other.LogicalID, controllersPolicyID) {
			all.policies = append(all.policies, other.policies...)
		}
	}
	return all
}

// callResult says whether a call is allowed.
type callResult struct {
	allowed     bool
	reason      string // the reason for a denial, if it is not just that no statement allows the call
	isForbidden bool   // a Deny or the boundary forbids it, so no other policy can allow it
}

// evaluateCall reports whether the principal may make a call on some resource,
// under some conditions.
func (f *controllerFit) evaluateCall(a *authz.Action) callResult {
	result := f.evaluatePolicies(f.subject.policies, a)
	if result.allowed && f.boundary != nil && !f.evaluatePolicies([]*policy{f.boundary}, a).allowed {
		return callResult{false, "not within the permissions boundary", true}
	}
	return result
}

func (f *controllerFit) evaluatePolicies(all []*policy, a *authz.Action) callResult {
	result := callResult{}
	for _, p := range all {
		if p.kind != identityPolicy {
			continue
		}
		for _, s := range p.statements {
			if !s.appliesTo(a) {
				continue
			}
			switch {
			case s.Effect == document.Deny:
				// A Deny on certain resources or under conditions leaves part
				// of the call allowed.
				if onEveryResource(s) && len(s.Conditions) == 0 && document.Implies(f.subject.templateConditions(), s.When) && s.actionsAreKnown() {
					return callResult{false, fmt.Sprintf("denied by %s %s", p.name, s.Label()), true}
				}
			case !f.hasFittingResource(s, a):
				result.reason = cmp.Or(result.reason, "allowed only on resources of other types")
			case slices.ContainsFunc(s.Conditions, func(c document.Condition) bool { return neverHolds(c, a) }):
				result.reason = cmp.Or(result.reason, "allowed under a condition that never holds")
			default:
				result.allowed = true
			}
		}
	}
	if result.allowed {
		result.reason = ""
	}
	return result
}

// appliesTo reports whether a statement's Action or NotAction includes an
// action.
func (s *statement) appliesTo(a *authz.Action) bool {
	if len(s.NotActions) > 0 {
		return !slices.ContainsFunc(s.NotActions, a.Matches)
	}
	return slices.ContainsFunc(s.Actions, a.Matches)
}

// neverHolds reports whether no request for the action can meet a condition.
func neverHolds(c document.Condition, a *authz.Action) bool {
	return !isProviderKey(c.Key) && keyExists(c.Key) && withoutKey(c) == outcomeFails && a.Supports(c.Key) == authz.Unsupported
}

// featureState says whether the configuration enables a feature.
type featureState uint8

const (
	featureOn featureState = iota
	featureOff
	featureUnknown // there is no configuration, or a manifest decides
)

// gateState says whether the settings enable the feature of a call.
func (f *controllerFit) gateState(key string) featureState {
	gates := f.gates[key]
	switch {
	case f.isSwitchedOn(key):
		return featureOn
	case f.manifestGates[key] != "":
		return featureUnknown
	case len(gates) == 0:
		return featureOn
	}
	if f.options.Settings == nil {
		return featureUnknown
	}
	for _, g := range gates {
		if open, err := f.options.Settings.Open(g); open || err != nil {
			return featureOn
		}
	}
	return featureOff
}

// isSwitchedOn reports whether the settings switch on a feature that grants a
// call.
func (f *controllerFit) isSwitchedOn(key string) bool {
	if f.options.Settings == nil {
		return false
	}
	return slices.ContainsFunc(f.options.Settings.Lists[catalog.FeaturesField], func(name string) bool {
		return slices.Contains(f.catalogue.SwitchesFor(key, f.release), name)
	})
}

// switchRemedy names the features to switch on so that the calls are granted,
// and the calls if only some of them would be. It returns "" if there is no
// such feature. It skips calls that another setting would grant if it were on.
func (f *controllerFit) switchRemedy(actions []string) string {
	var names, granted []string
	for _, action := range actions {
		if len(f.grantingGates[strings.ToLower(action)]) > 0 && f.gateState(strings.ToLower(action)) != featureOn {
			continue
		}
		offered := f.catalogue.SwitchesFor(action, f.release)
		if len(offered) > 0 {
			granted = append(granted, action)
		}
		for _, name := range offered {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	calls := ""
	if len(granted) < len(actions) {
		calls = " (for " + strings.Join(granted, ", ") + ")"
	}
	if len(names) == 1 {
		if s, ok := catalog.SwitchNamed(names[0]); ok {
			return "switch on " + s.Example() + calls
		}
	}
	return fmt.Sprintf("switch on the features that you need, in %s: %s%s", catalog.FeaturesField, strings.Join(names, ", "), calls)
}

// isCalled reports whether the controllers make the call in the release, and
// AWS requires a permission for it.
func (f *controllerFit) isCalled(key string) bool {
	c := f.calls[key]
	_, exempt := authz.NeedsNoPermission(key)
	return c != nil && !exempt && c.MadeIn(f.release)
}

// reportMissing reports calls that are not granted, feature by feature.
func (f *controllerFit) reportMissing() {
	type missingFeature struct {
		name           string
		actions, texts []string
		gates          []catalog.Gate
		manifest       string
		partlyAllowed  bool // some call of the feature is allowed
		isForbidden    bool // a Deny or the boundary forbids some call of the feature
		state          featureState
	}
	features := map[string]*missingFeature{}
	for _, key := range sortedKeys(f.calls) {
		a, known := authz.Lookup(key)
		if !known || !f.isCalled(key) || f.unreached[key] {
			continue
		}
		state := f.gateState(key)
		if state == featureOff {
			continue
		}
		// A feature can have some calls that are always made, and others that
		// need a setting.
		id := fmt.Sprint(f.features[key], "\x00", f.gates[key], f.manifestGates[key])
		missing := features[id]
		if missing == nil {
			missing = &missingFeature{name: f.features[key], gates: f.gates[key], manifest: f.manifestGates[key], state: state}
			features[id] = missing
		}
		result := f.evaluateCall(a)
		if result.allowed {
			missing.partlyAllowed = true
			continue
		}
		missing.isForbidden = missing.isForbidden || result.isForbidden
		text := a.String()
		if result.reason != "" {
			text += " (" + result.reason + ")"
		}
		missing.actions, missing.texts = append(missing.actions, a.String()), append(missing.texts, text)
	}
	for _, id := range sortedKeys(features) {
		missing := features[id]
		if len(missing.actions) == 0 {
			continue
		}
		found := Finding{Actions: missing.actions, Message: sentencef("for %s, CAPA %s makes calls that %s %s is not allowed to make: %s", missing.name, f.release, f.subject.Kind, f.subject.Name, annotatedNames(missing.actions, missing.texts))}
		if missing.state == featureUnknown {
			found.Message = found.Message.append(sentencef("; CAPA makes these calls only with %q", cmp.Or(missing.manifest, string(firstGate(missing.gates)))))
			if !missing.partlyAllowed {
				found.Severity = Info // the feature may well be off, because none of its calls is granted
			}
		}
		if text := f.switchRemedy(missing.actions); text != "" && !missing.isForbidden {
			found.Remedy = "if you use the feature, " + text
		}
		if len(f.subject.unknownPolicies) > 0 && !missing.isForbidden {
			found.Severity = min(cmp.Or(found.Severity, Low), Low)
			found.Message = found.Message.append(sentencef("; these policies may grant them, but their documents are unknown: %s", nameList(f.subject.unknownPolicies)))
		}
		if f.subject.Kind == document.PolicyKind {
			found.Policy = f.subject.Name
		}
		f.reportSubject(f.subject, found)
	}
}

func firstGate(gates []catalog.Gate) catalog.Gate {
	if len(gates) == 0 {
		return ""
	}
	return gates[0]
}

// reportAllUnused reports grants that no call needs, statement by statement. It
// skips AWS managed policies, which cannot be changed.
func (f *controllerFit) reportAllUnused() {
	for _, p := range f.subject.policies {
		if p.aws || p.kind != identityPolicy {
			continue
		}
		for _, s := range p.statements {
			if s.allows() {
				f.reportUnused(s)
			}
		}
	}
}

func (f *controllerFit) reportUnused(s *statement) {
	var actions, texts []string
	severity := Info
	logicalID := f.logicalID(s.policy)
	for _, pattern := range s.Actions {
		matched := f.match(pattern)
		var unused []*authz.Action
		reason := ""
		for _, a := range matched {
			if used, unusedReason := f.isUsed(a, logicalID); !used {
				unused, reason = append(unused, a), unusedReason
			}
		}
		if len(unused) == 0 {
			continue
		}
		text := pattern
		switch {
		case len(unused) < len(matched):
			text += fmt.Sprintf(" (%d of its %d actions, such as %s)", len(unused), len(matched), unused[0])
		case reason != "":
			text += " (" + reason + ")"
		}
		actions, texts = append(actions, pattern), append(texts, text)
		if len(changingActions(unused)) > 0 {
			severity = Low
		}
	}
	if len(actions) > 0 {
		f.reportStatement(s, Finding{Severity: severity, Principals: f.principals(), Actions: actions, Resources: s.Resources,
			Message: sentencef("the controllers of CAPA %s never use %s", f.release, annotatedNames(actions, texts))})
	}
}
