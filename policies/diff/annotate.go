// Annotations: the access level of each action in a result, and what CAPA's
// catalogue says about it.

package diff

import (
	"cmp"
	"slices"

	"capaboot/internal/meter"
	"capaboot/policies/authz"
	"capaboot/policies/document"
	"capaboot/policies/stories"
)

// CompareAnnotated compares two sets and annotates each action with its access
// level. If CAPA's catalogue grants the action in the policy of the statement,
// the annotation also has the first release, what uses the action, and the
// reason. A template without any of CAPA's roles and policies gets no such
// annotation. The error may be a [meter.TooMuch].
func CompareAnnotated(before, after *document.Set) (result Result, err error) {
	catalogue, err := stories.Load()
	if err != nil {
		return Result{}, err
	}
	finder := catalogue.FinderFor(before, after)
	defer func() {
		if err != nil {
			result = Result{}
		}
	}()
	defer meter.Catch(&err)
	levels := map[string]string{} // by the spelling of the action
	m := meter.New(meter.LimitFor(before.Bytes+after.Bytes, before.Largest+after.Largest))
	result, err = compareWithin(before, after, m)
	if err != nil {
		return Result{}, err
	}
	result.Annotate(func(g *Grant, action string) Annotation {
		level, known := levels[action]
		m.Spend(5)
		if !known {
			m.Spend(levelCost)
			level = accessLevel(action)
			levels[action] = level
		}
		var story stories.Story
		if holder := g.Of.Holder; holder == nil || !finder.IsForeign(holder) {
			story = finder.FindFor(g.Of, action, g.Principals)
		}
		return Annotation{AccessLevel: level, Since: story.Since, UsedBy: story.UsedBy, Why: story.Why}
	})
	return result, nil
}

// levelCost is the work of searching the actions of a service, in units of the
// meter.
const levelCost = 1_000

// accessLevel returns the highest level of the actions that a pattern matches,
// or "" if it matches none.
func accessLevel(pattern string) string {
	if action, ok := authz.Lookup(pattern); ok {
		return action.Level.String()
	}
	var highest *authz.Action
	for _, action := range authz.Match(pattern) {
		if highest == nil || action.Level > highest.Level {
			highest = action
		}
	}
	if highest == nil {
		return ""
	}
	return highest.Level.String()
}

// GainedActions returns the actions of the given level or a higher one that the result
// gains, including by the removal of a denial. An action without a known level
// counts. For a gained grant with NotAction or without a list of actions, it returns
// a text with the name of the policy, or else of the principal.
func (r Result) GainedActions(least Level) (names []string) {
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, p := range r.Principals {
		for _, grant := range p.Gained {
			switch {
			case len(grant.NotActions) > 0:
				add("NotAction of " + cmp.Or(grant.Policy, p.Name))
			case len(grant.Actions) == 0:
				add(cmp.Or(grant.Policy, p.Name))
			}
			for _, action := range grant.Actions {
				if level, ok := authz.ParseLevel(action.AccessLevel); !ok || level >= least {
					add(action.Action)
				}
			}
		}
	}
	return names
}
