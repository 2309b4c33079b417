// Decides whether the controllers may make a call: in every stack of the
// template, in some stacks, or in none.

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// stacksWithCall says whether a call is allowed in none, some or all of the stacks
// that the template can create.
type stacksWithCall uint8

const (
	inNoStack stacksWithCall = iota
	inSomeStacks
	inEveryStack
)

type callResult struct {
	stacks      stacksWithCall
	reason      string // why the call is not allowed in every stack; "" if the only reason is that no statement allows it
	isForbidden bool   // a Deny or the boundary forbids it, so no other policy can allow it
	// dependsOn has the conditions and parameters of the template that decide in
	// which stacks the call is allowed.
	dependsOn []string
}

// maxStackSplits limits how often the stacks are split to decide about one
// call. Beyond the limit, the call counts as allowed in some stacks only.
const maxStackSplits = 100

// evaluateCall decides in which stacks the principal may make a call on some
// resource, under some conditions.
func (f *controllerFit) evaluateCall(a *authz.Action) callResult {
	d := callDecision{f, a, []*callStatements{f.statementsFor(f.subject.policies, a)}, maxStackSplits}
	if f.boundary != nil {
		d.statementSets = append(d.statementSets, f.statementsFor([]*policy{f.boundary}, a))
	}
	result := d.decide(f.subject.templateConditions())
	if result.stacks == inSomeStacks {
		if result.reason != "" {
			result.reason += " in some stacks, "
		}
		slices.Sort(result.dependsOn)
		result.reason += "depending on " + strings.Join(result.dependsOn, ", ")
		if d.splits < 0 {
			result.reason += "; too many combinations to compare all"
		}
	}
	return result
}

// callStatements has the statements about a call: of the identity policies, or of
// the boundary.
type callStatements struct {
	allows []*statement // those that can allow the call
	denies []*statement // the Deny statements without conditions on the request
	reason string       // why other Allow statements about the call do not allow it
}

func (f *controllerFit) statementsFor(policies []*policy, a *authz.Action) *callStatements {
	found := &callStatements{}
	reasonFor := func(s *statement) string {
		switch {
		case !f.hasFittingResource(s, a):
			return "allowed only on resources of other types"
		case slices.ContainsFunc(s.Conditions, func(c document.Condition) bool { return neverHolds(c, a) }):
			return "allowed under a condition that never holds"
		}
		return ""
	}
	for _, p := range policies {
		if p.kind != identityPolicy {
			continue
		}
		for _, s := range p.statements {
			switch {
			case !s.appliesTo(a):
			case s.Effect == document.Deny:
				// A Deny under conditions does not count, because it leaves part of
				// the call allowed.
				if len(s.Conditions) == 0 && s.actionsAreKnown() {
					found.denies = append(found.denies, s)
				}
			default:
				if reason := reasonFor(s); reason == "" {
					found.allows = append(found.allows, s)
				} else if found.reason == "" {
					found.reason = reason
				}
			}
		}
	}
	return found
}

type callDecision struct {
	*controllerFit
	action        *authz.Action
	statementSets []*callStatements // of the principal, and of its boundary
	splits        int               // how many splits remain; negative if there were too few
}

// decide decides for the stacks in which the given template conditions hold.
// If the policies differ among these stacks, it splits the stacks by a condition.
func (d *callDecision) decide(given []string) callResult {
	d.spend(10)
	best := d.evaluate(given, true)
	if best.stacks == inNoStack {
		return best
	}
	worst := d.evaluate(given, false)
	if worst.stacks == inEveryStack {
		return worst
	}
	condition := d.undecided(given)
	worst.stacks, worst.dependsOn = inSomeStacks, []string{conditionName(condition)}
	if d.splits--; d.splits < 0 {
		return worst
	}
	var parts []callResult
	for _, alternative := range document.Alternatives(condition, d.parameterValues(conditionName(condition))) {
		if both, possible := document.Together(given, alternative); possible && d.arePossible(both) {
			parts = append(parts, d.decide(both))
		}
	}
	if len(parts) == 0 {
		return callResult{stacks: inEveryStack} // no stack meets the given conditions
	}
	return joinStacks(parts, conditionName(condition))
}

// parameterValues returns the values that a parameter can have. If the template
// does not list the values, they are the keys of the mappings on which
// statements of the principal and its boundary depend. CloudFormation refuses
// any other value, unless the Fn::FindInMap has a DefaultValue.
func (f *controllerFit) parameterValues(name string) []string {
	if listed := f.set.ValuesOf(name); len(listed) > 0 {
		return listed
	}
	if f.mappingKeys == nil {
		f.mappingKeys = map[string][]string{}
		for _, p := range append(slices.Clip(f.subject.policies), f.boundary) {
			if p == nil {
				continue
			}
			for _, s := range p.statements {
				f.spend(1 + len(s.When))
				for _, condition := range s.When {
					if parameter, keys, ok := document.ParameterValues(condition); ok {
						f.mappingKeys[parameter] = unique(append(f.mappingKeys[parameter], keys...))
					}
				}
			}
		}
	}
	return f.mappingKeys[name]
}

// arePossible is a cached [document.Set.Possible].
func (f *controllerFit) arePossible(conditions []string) bool {
	key := strings.Join(conditions, "\x00")
	possible, ok := f.possible[key]
	if !ok {
		f.spend(cacheWork + 100*len(conditions))
		possible = f.set.Possible(conditions)
		if f.possible == nil {
			f.possible = map[string]bool{}
		}
		f.possible[key] = possible
	}
	return possible
}

// joinStacks combines the results for the alternatives of the condition or
// parameter with this name.
func joinStacks(parts []callResult, name string) callResult {
	joined := parts[0]
	for _, part := range parts[1:] {
		if part.stacks == joined.stacks && part.stacks != inSomeStacks {
			continue
		}
		if joined.reason == "" || joined.stacks == inEveryStack {
			joined.reason = part.reason
		}
		joined.dependsOn = unique(append(append(joined.dependsOn, part.dependsOn...), name))
		joined.stacks, joined.isForbidden = inSomeStacks, joined.isForbidden || part.isForbidden
	}
	return joined
}

// conditionName returns the name of the condition or parameter in an entry of
// [document.Statement.When].
func conditionName(condition string) string {
	if name, _, ok := document.ParameterValues(condition); ok {
		return name
	}
	return strings.TrimPrefix(condition, "!")
}

// undecided returns one of the template conditions of the statements. The condition
// holds in some, but not in all, of the stacks in which the given conditions hold.
// undecided panics if there is no such condition.
func (d *callDecision) undecided(given []string) string {
	for _, p := range d.statementSets {
		for _, s := range slices.Concat(p.allows, p.denies) {
			when := s.When
			if _, possible := document.Together(given, when...); !possible {
				continue
			}
			for _, condition := range when {
				if !document.Implies(given, []string{condition}) {
					return condition
				}
			}
		}
	}
	panic("review: the stacks differ, and no condition is undecided")
}

// evaluate decides for the stacks in which the given conditions hold. If best
// is true, it counts each Allow that exists in some of these stacks, and each
// Deny that exists in all of them. Otherwise it counts each Allow that exists
// in all, and each Deny that exists in some.
func (d *callDecision) evaluate(given []string, best bool) callResult {
	for i, p := range d.statementSets {
		result := d.evaluateStatements(p, given, best)
		if result.stacks == inNoStack {
			if i > 0 {
				return callResult{reason: "not within the permissions boundary", isForbidden: true}
			}
			return result
		}
	}
	return callResult{stacks: inEveryStack}
}

func (d *callDecision) evaluateStatements(p *callStatements, given []string, best bool) callResult {
	existing := func(statements []*statement, inSome bool) []*statement {
		return slices.DeleteFunc(slices.Clone(statements), func(s *statement) bool {
			d.spend(1 + len(s.When))
			when := s.When
			if inSome {
				_, possible := document.Together(given, when...)
				return !possible
			}
			return !document.Implies(given, when)
		})
	}
	allows, denies := existing(p.allows, best), existing(p.denies, !best)
	if len(denies) == 0 {
		if len(allows) > 0 {
			return callResult{stacks: inEveryStack}
		}
		return callResult{reason: p.reason}
	}
	denied := d.denialBy(d.action, denies)
	denied.onAllResources = denied.onAllResources || d.deniesRequiredType(denied)
	if slices.ContainsFunc(allows, func(s *statement) bool { return !d.isDenied(s, denied) }) {
		return callResult{stacks: inEveryStack}
	}
	if len(allows) == 0 && !denied.onAllResources {
		return callResult{reason: p.reason}
	}
	return callResult{reason: fmt.Sprintf("denied by %s %s", denies[0].policy.name, denies[0].Label()), isForbidden: true}
}

// deniesRequiredType reports whether, for a resource type that every request
// for the action involves, all resources are denied, such as all subnets for
// ec2:RunInstances.
//
// Source: Service Authorization Reference, "Actions table": required types.
func (d *callDecision) deniesRequiredType(denied *denial) bool {
	a := d.action
	if a.Level == authz.Tagging || requiresManyTypes(a) {
		return false // any one of the types is enough
	}
	return slices.ContainsFunc(a.Resources, func(t authz.ActionResource) bool {
		return t.Required && !d.hasAlternative(a, t.Type.Name, []string{"*"}) &&
			slices.ContainsFunc(denied.patterns, func(text string) bool { return d.typeCovered(t.Type, text) })
	})
}

// isDenied reports whether the call is denied on every resource on which an
// Allow statement allows it.
func (d *callDecision) isDenied(s *statement, denied *denial) bool {
	if denied.onAllResources || len(s.Resources) == 0 {
		return denied.onAllResources
	}
	return !slices.ContainsFunc(s.Resources, func(resource string) bool {
		return (mayBeAnything(resource) || d.allows(d.action, resource)) && !d.deniesResource(s, denied, resource)
	})
}

// neverHolds reports whether no request for the action can meet a condition.
func neverHolds(c document.Condition, a *authz.Action) bool {
	return !isProviderKey(c.Key) && keyExists(c.Key) && outcomeWithoutKey(c) == outcomeFails && a.Supports(c.Key) == authz.Unsupported
}
