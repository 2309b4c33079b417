// What is known of the actions of a result besides the sets: their access
// levels, and CAPA's stories of them.

package diff

import (
	"capaboot/internal/meter"
	"capaboot/policies/authz"
	"capaboot/policies/document"
	"capaboot/policies/stories"
)

// Annotated compares two sets, and adds what is known of each action: its access
// level, and, where it is one that CAPA's catalogue grants there, since which
// release, who uses it and why. The error may be a [meter.TooMuch].
func Annotated(before, after *document.Set) (result Result, err error) {
	catalogue, err := stories.Load()
	if err != nil {
		return Result{}, err
	}
	finder := catalogue.For(before, after)
	defer func() {
		if err != nil {
			result = Result{}
		}
	}()
	defer meter.Catch(&err)
	levels := map[string]string{} // found once for each spelling
	m := meter.New(meter.LimitFor(before.Bytes+after.Bytes, before.Largest+after.Largest))
	result, err = compare(before, after, m)
	if err != nil {
		return Result{}, err
	}
	result.Annotate(func(of document.Place, action string) Annotation {
		level, known := levels[action]
		m.Spend(5)
		if !known {
			m.Spend(levelWork)
			level = accessLevel(action)
			levels[action] = level
		}
		story := finder.Find(of, action)
		return Annotation{AccessLevel: level, Since: story.Since, UsedBy: story.UsedBy, Why: story.Why}
	})
	return result, nil
}

// levelWork is what it takes to look through the actions of a service.
const levelWork = 1_000

// accessLevel is the highest level of the actions that a pattern matches, ""
// when AWS has none of them.
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

// Gains is whether something of an access level or above is gained: an action
// that is allowed, or a denial that is gone. What has no level counts.
func (r Result) Gains(least Level) bool {
	for _, p := range r.Principals {
		for _, grant := range p.Gained {
			if len(grant.Actions) == 0 {
				return true
			}
			for _, action := range grant.Actions {
				if level, ok := authz.ParseLevel(action.AccessLevel); !ok || level >= least {
					return true
				}
			}
		}
	}
	return false
}
