// Matches the actions and resources of a statement against the request.

package simulate

import (
	"maps"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// matchAction reports whether the actions of a statement match the request.
// Actions are compared without regard to case. Source: IAM User Guide, "IAM
// JSON policy elements: Action". For an action that IAM refuses, see
// refusedAction.
func (e *evaluation) matchAction(s *document.Statement) truth {
	matchAny := func(patterns []string) truth {
		result := no
		for _, p := range patterns {
			if !strings.Contains(p, "${") && !strings.Contains(p, "?") {
				// The usual case, which needs no allocation.
				matches, refused := document.MatchAction(p, e.Action)
				switch {
				case matches && refused:
					result = max(result, e.refusedAction(s, p))
				case matches:
					return yes
				}
				continue
			}
			// Actions contain no policy variables.
			pattern, certain, _ := e.resolve(p, false, true)
			if !e.canAfford(pattern, e.Action) {
				result = max(result, maybe)
				continue
			}
			switch matches, refused := document.MatchAction(pattern, e.Action); {
			case !matches:
			case refused && certain:
				result = max(result, e.refusedAction(s, p))
			case certain:
				return yes
			default:
				result = max(result, maybe)
			}
		}
		return result
	}
	if len(s.NotActions) > 0 {
		return not(matchAny(s.NotActions))
	}
	return matchAny(s.Actions)
}

// refusedAction returns the result of matching an action that IAM refuses. In an
// Allow, the action allows nothing: in Action it matches nothing, and in NotAction
// the statement does not match the requests that the action excludes. In a Deny
// the result is unknown, because the policy may or may not exist in the account.
func (e *evaluation) refusedAction(s *document.Statement, action string) truth {
	if s.Effect == document.Deny {
		return e.unknownBecause("IAM refuses the action %q", action)
	}
	e.note("IAM refuses the action %q of %s, so the action allows nothing", action, s.Label())
	return truthOf(len(s.NotActions) > 0)
}

// notePartialDeny adds a note for a Deny on some of the resources that the
// request's resource stands for if its wildcards are read as a pattern. IAM
// does not read them as a pattern.
func (e *evaluation) notePartialDeny(policy *document.Policy, s *document.Statement) {
	if s.Effect != document.Deny || !strings.ContainsAny(e.Resource, "*?") {
		return
	}
	for _, p := range s.Resources {
		if document.IntersectsResource(p, e.Resource) && canHave(e.Action, p) {
			e.note("%s of %s denies the action on some resources: pass a resource with --resource ARN", s.Label(), policy.Name)
			return
		}
	}
}

// matchResources reports whether the resources of a statement match the
// request; case matters. A statement without Resource, as in a trust policy,
// applies to the resource that the policy is attached to. open has the patterns
// that could match if the request had the keys of their variables.
func (e *evaluation) matchResources(s *document.Statement, variables bool, part string) (result truth, open []string) {
	matchAny := func(patterns []string) truth {
		result := no
		for _, p := range patterns {
			before := e.missing
			e.missing = map[string]bool{}
			matches := e.matchResource(p, variables, part)
			lacks := len(e.missing) > 0
			maps.Copy(before, e.missing)
			e.missing = before
			switch result = max(result, matches); {
			case matches == yes && !lacks:
				open = nil // the other patterns do not matter
				return yes
			case lacks && (matches == yes || e.couldMatch(p)):
				open = append(open, p)
			}
		}
		return result
	}
	switch {
	case len(s.NotResources) > 0:
		result = e.negate(func() truth { return matchAny(s.NotResources) })
	case len(s.Resources) > 0:
		result = matchAny(s.Resources)
	default:
		result = yes
	}
	return result, open
}

// matchResource compares the resource of the request with one pattern of a
// policy.
//
// In identity policies and permissions boundaries, "*" completes an ARN that
// has fewer than six parts. The documentation does not say whether this holds
// for resource policies. It also says that a "*" at the end of a part "can
// expand to match beyond the colon boundaries", which contradicts the
// completion. In both cases the result is unknown. Source: IAM User Guide,
// "Identify AWS resources with Amazon Resource Names (ARNs)".
func (e *evaluation) matchResource(p string, variables bool, part string) truth {
	if hasIntrinsic(e.Resource) {
		how := resolving{variables: variables, wildcards: true}
		result := e.matchOpen(arn.Extend(p), e.Resource, how, false)
		if result == no && arn.Extend(p) != p {
			result = and(maybe, e.matchOpen(p, e.Resource, how, false))
		}
		return result
	}
	pattern, certain, ok := e.resolve(p, variables, true)
	if !ok {
		return no
	}
	if e.resourceIsPattern {
		return e.matchResourcePattern(pattern, certain, part)
	}
	text := escapeWildcards.Get().Replace(e.Resource)
	if !e.canAfford(pattern, text) {
		return maybe
	}
	a := arn.ParsePattern(pattern)
	whole := document.Match(pattern, text, false)
	switch {
	case !certain:
		// The unknown part may contain the missing parts of the ARN.
		return and(maybe, truthOf(whole || document.Match(arn.Extend(pattern), text, false)))
	case a.Prefix != "arn" || a.Parts == 6:
		return truthOf(whole)
	case a.Parts == 1 || !document.Match(arn.Extend(pattern), text, false):
		if whole {
			return e.unclear(document.Unclear{Kind: document.WildcardOrParts, About: p})
		}
		return no
	case part == partResource && !whole:
		return e.unclear(document.Unclear{Kind: document.ShortInResource, About: p})
	}
	return yes
}

// couldMatch reports whether a pattern with variables matches the resource for
// some values of the variables.
func (e *evaluation) couldMatch(p string) bool {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(p, "${")
		b.WriteString(before)
		if !found {
			break
		}
		b.WriteString("*")
		p = after[min(closingBrace(after)+1, len(after)):]
	}
	pattern := arn.Extend(b.String())
	return e.canAfford(pattern, e.Resource) && document.Match(pattern, escapeWildcards.Get().Replace(e.Resource), false)
}
