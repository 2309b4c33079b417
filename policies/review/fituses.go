// Finds which permissions the controllers use, by a call or because AWS
// requires them for a call.

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// principalNames returns the name of the compared principal, and nil for
// policies that are not attached to a principal.
func (f *controllerFit) principalNames() []string {
	if f.subject.Kind == document.PolicyKind {
		return nil
	}
	return []string{f.subject.Name}
}

// logicalID returns the logical ID that a policy has in CAPA's templates, or ""
// if it is not CAPA's or cannot be identified.
func (f *controllerFit) logicalID(p *policy) string {
	for _, s := range p.holders {
		for i := range s.Policies {
			if s.Policies[i].Document != p.doc {
				continue
			}
			if id := f.storyFinder.PolicyID(&s.Policies[i]); id != "" {
				return id
			}
		}
	}
	return ""
}

// isUsed reports whether an action is used: the controllers call it, one of their
// calls implies it, or another program that the policy is for uses it. If the action
// is not used, the text may say why.
func (f *controllerFit) isUsed(a *authz.Action, logicalID string) (bool, string) {
	key := strings.ToLower(a.String())
	since, granted := f.since[""][key]
	switch {
	case f.isCalled(key) && f.gateState(key) != featureOff:
		return true, ""
	case f.gateState(key) != featureOff && (f.isImplied(key) || f.dependentActions()[key]):
		return true, ""
	case f.usedByOthers[logicalID][key]:
		return true, "" // another program uses it
	}
	if _, exempt := authz.NeedsNoPermission(key); exempt {
		return false, "AWS allows the action to everyone"
	}
	switch {
	case f.gateState(key) == featureOff:
		return false, fmt.Sprintf("needed only with the setting %q, which is not set", f.gates[key][0])
	case granted && since.Compare(f.release) > 0:
		if policySince, ok := f.since[logicalID][key]; ok {
			since = policySince // the release since which this policy has it
		}
		return false, fmt.Sprintf("CAPA's templates grant the action only since %s", since)
	}
	return false, ""
}

// isImplied reports whether AWS requires the action always, or for calls that
// the controllers make.
func (f *controllerFit) isImplied(key string) bool {
	calls, ok := f.implied[key]
	return ok && (len(calls) == 0 || slices.ContainsFunc(calls, func(call string) bool { return f.isCalled(call) && f.gateState(call) != featureOff }))
}

// dependentActions returns the actions that the Service Authorization Reference
// lists as dependent actions of the calls that the controllers make.
func (f *controllerFit) dependentActions() map[string]bool {
	if f.dependencies == nil {
		f.dependencies = map[string]bool{}
		for call := range f.calls {
			if a, ok := authz.Lookup(call); ok && f.isCalled(call) && f.gateState(call) != featureOff {
				for _, d := range a.DependentActions {
					f.dependencies[strings.ToLower(d)] = true
				}
			}
		}
	}
	return f.dependencies
}
