// Fit rules: compare the calls of CAPA's controllers with the permissions of
// their principal.
//
// The calls are those of the chosen release. The feature behind each call, and
// what AWS requires in addition, is known for [catalog.FeaturesRelease] and assumed
// to be the same for other releases.

package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/nearword"
	"capaboot/policies/authz"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/stories"
)

func fitRules() []Rule {
	return []Rule{
		{ID: "fit-missing-permission", Severity: Medium, Reference: actionsPage,
			Risk:   "CAPA's controllers make calls that their policies do not allow, so a feature fails",
			Remedy: "if the feature is used, allow the actions", set: func(r *run) { r.compareControllers((*controllerFit).reportMissing) }},
		{ID: "fit-unused-permission", Severity: Low, Reference: practicePage + "#grant-least-privilege",
			Risk:   "CAPA's controllers never use these permissions, but an attacker who takes over the controllers can use them",
			Remedy: "remove the actions, unless another program uses the same principal", set: func(r *run) { r.compareControllers((*controllerFit).reportAllUnused) }},
	}
}

// The logical ID of the controllers' role, and of their main policy. The
// logical IDs of their other policies begin with controllersPolicyID.
const (
	controllersRoleID   = catalog.ControllersRole
	controllersPolicyID = catalog.ControllersPolicyPrefix
)

// controllerFit compares the calls with the permissions of one principal.
type controllerFit struct {
	*run
	*fitFacts
	subject     *subject
	boundary    *policy // nil if there is none, or its document is unknown
	release     catalog.Release
	storyFinder *stories.Finder

	dependencies map[string]bool     // caches dependentActions
	possible     map[string]bool     // caches arePossible
	mappingKeys  map[string][]string // caches parameterValues for parameters without listed values
}

func (r *run) compareControllers(compare func(*controllerFit)) {
	facts, err := loadFit.Get()
	if err != nil {
		r.ruleNotes["the calls of CAPA's controllers cannot be read: "+err.Error()] = true
		return
	}
	release := r.options.Release
	if release == (catalog.Release{}) {
		release = catalog.FeaturesRelease
	}
	found := r.controllers()
	if len(found) > 0 && release != catalog.FeaturesRelease {
		r.ruleNotes[fmt.Sprintf("for each call of CAPA's controllers, the features that need the call were determined for %s, and are assumed to be the same in %s", catalog.FeaturesRelease, release)] = true
	}
	if len(found) == 0 {
		r.ruleNotes[fmt.Sprintf("no role %s or policy %s found, so nothing was compared with the calls of CAPA's controllers", controllersRoleID, controllersPolicyID)] = true
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
// the options name, or else the role that CAPA's templates create for them, or the
// holders of the controllers' policy.
func (r *run) controllers() []*subject {
	var found []*subject
	for _, matches := range []func(*subject) bool{
		func(s *subject) bool {
			return s.LogicalID == controllersRoleID || s.Kind == document.RoleKind && s.Name == "controllers"+catalog.NameSuffix
		},
		func(s *subject) bool {
			return slices.ContainsFunc(s.Policies, func(p document.Policy) bool { return p.LogicalID == controllersPolicyID })
		},
	} {
		if name := r.options.Controllers; name != "" {
			matches = func(s *subject) bool { return slices.Contains(s.namesAndID(), name) }
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

// UnknownControllers is the error for [Options.Controllers] that names no
// principal and no policy. Known lists the valid names.
type UnknownControllers struct {
	Name  string
	Known []string
}

func (e *UnknownControllers) Error() string {
	return fmt.Sprintf("no principal or policy %q%s", e.Name, nearword.DidYouMean(e.Name, e.Known))
}

func (r *run) checkControllers() error {
	if r.options.Controllers == "" || len(r.controllers()) > 0 {
		return nil
	}
	unknown := &UnknownControllers{Name: r.options.Controllers}
	for _, s := range r.subjects {
		unknown.Known = append(unknown.Known, s.namesAndID()...)
	}
	return unknown
}

// namesAndID returns the names that a principal can have, and its logical ID if it
// has one.
func (s *subject) namesAndID() []string {
	names := append([]string{s.Name}, s.PossibleNames...)
	if s.LogicalID != "" {
		names = append(names, s.LogicalID)
	}
	return names
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

// appliesTo reports whether a statement is about an action: its Action matches the
// action, or its NotAction does not.
func (s *statement) appliesTo(a *authz.Action) bool {
	if len(s.NotActions) > 0 {
		return !slices.ContainsFunc(s.NotActions, a.Matches)
	}
	return slices.ContainsFunc(s.Actions, a.Matches)
}

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

func (f *controllerFit) isSwitchedOn(key string) bool {
	if f.options.Settings == nil {
		return false
	}
	return slices.ContainsFunc(f.options.Settings.Lists[catalog.FeaturesField], func(name string) bool {
		return slices.Contains(f.catalogue.SwitchesFor(key, f.release), name)
	})
}

// switchRemedy says to switch on the features that grant the calls, and names these
// features. If the features grant only some of the calls, it also names these calls.
// It returns "" if no feature grants a call. It skips a call that another
// setting grants, unless that setting is on.
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
			return "if you use the feature, switch on " + s.Example() + calls
		}
	}
	return fmt.Sprintf("if you use one of these features, switch it on in %s: %s%s", catalog.FeaturesField, strings.Join(names, ", "), calls)
}

// isCalled reports whether the controllers make the call in the release, and
// AWS requires a permission for it.
func (f *controllerFit) isCalled(key string) bool {
	c := f.calls[key]
	_, exempt := authz.NeedsNoPermission(key)
	return c != nil && !exempt && c.MadeIn(f.release)
}

// missingFeature has the calls of a feature that are not granted.
type missingFeature struct {
	name                      string
	gates                     []catalog.Gate
	manifest                  string
	state                     featureState
	isPartlyAllowed           bool // some call of the feature is allowed, at least in some stacks
	inEachStack, inSomeStacks missingCalls
}

// missingCalls are calls that are allowed in no stack, or calls that are allowed
// only in some stacks.
type missingCalls struct {
	actions, texts []string
	isForbidden    bool // a Deny or the boundary forbids some call
}

func (f *controllerFit) reportMissing() {
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
		// The gates are part of the ID, because a feature can have calls that are
		// always made and calls that need a setting.
		id := fmt.Sprint(f.features[key], "\x00", f.gates[key], f.manifestGates[key])
		feature := features[id]
		if feature == nil {
			feature = &missingFeature{name: f.features[key], gates: f.gates[key], manifest: f.manifestGates[key], state: state}
			features[id] = feature
		}
		result := f.evaluateCall(a)
		feature.isPartlyAllowed = feature.isPartlyAllowed || result.stacks != inNoStack
		missing := &feature.inEachStack
		switch result.stacks {
		case inEveryStack:
			continue
		case inSomeStacks:
			missing = &feature.inSomeStacks
		}
		missing.isForbidden = missing.isForbidden || result.isForbidden
		text := a.String()
		if result.reason != "" {
			text += " (" + result.reason + ")"
		}
		missing.actions, missing.texts = append(missing.actions, a.String()), append(missing.texts, text)
	}
	for _, id := range sortedKeys(features) {
		feature := features[id]
		f.reportMissingCalls(feature, &feature.inEachStack, sentencef("for %s, CAPA %s makes calls that %s %s is not allowed to make: %s", feature.name, f.release, f.subject.Kind, f.subject.Name, annotatedNames(feature.inEachStack.actions, feature.inEachStack.texts)))
		f.reportMissingCalls(feature, &feature.inSomeStacks, sentencef("for %s, CAPA %s makes calls that %s %s is allowed to make only in some stacks of the template: %s", feature.name, f.release, f.subject.Kind, f.subject.Name, annotatedNames(feature.inSomeStacks.actions, feature.inSomeStacks.texts)))
	}
}

func (f *controllerFit) reportMissingCalls(feature *missingFeature, missing *missingCalls, message Sentence) {
	if len(missing.actions) == 0 {
		return
	}
	found := Finding{Actions: missing.actions, Message: message}
	if feature.state == featureUnknown {
		found.Message = found.Message.append(sentencef("; CAPA makes these calls only with the setting %q", cmp.Or(feature.manifest, string(firstGate(feature.gates)))))
		switch {
		case !feature.isPartlyAllowed:
			found.Severity = Info // the feature may well be off, because none of its calls is granted
		case missing == &feature.inSomeStacks:
			found.Severity = Low // the feature may be off in the other stacks
		}
	}
	if missing == &feature.inSomeStacks {
		found.Remedy = "allow the actions in each stack that uses the feature"
	}
	if text := f.switchRemedy(missing.actions); text != "" && !missing.isForbidden {
		found.Remedy = text
	}
	if len(f.subject.unknownPolicies) > 0 && !missing.isForbidden {
		found.Severity = min(cmp.Or(found.Severity, Low), Low)
		found.Message = found.Message.append(sentencef("; these policies may allow the calls, but the documents of the policies are unknown: %s", nameList(f.subject.unknownPolicies)))
	}
	if f.subject.Kind == document.PolicyKind {
		found.Policy = f.subject.Name
	}
	f.reportSubject(f.subject, found)
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
		f.reportStatement(s, Finding{Severity: severity, Principals: f.principalNames(), Actions: actions, Resources: s.Resources,
			Message: sentencef("the controllers of CAPA %s never use %s", f.release, annotatedNames(actions, texts).withOr())})
	}
}
