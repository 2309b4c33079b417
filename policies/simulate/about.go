// What a statement is about: whether its actions and resources are those of the
// request.

package simulate

import (
	"capaboot/policies/arn"
	"capaboot/policies/document"
	"maps"
	"slices"
	"strings"
)

// aboutAction: actions are compared without regard to case. Source: IAM User
// Guide, "IAM JSON policy elements: Action". What IAM refuses applies for certain
// neither in an Allow nor in a Deny.
func (e *evaluation) aboutAction(s *document.Statement) truth {
	any := func(patterns []string) truth {
		result := no
		for _, p := range patterns {
			if !strings.Contains(p, "${") && !strings.Contains(p, "?") {
				// The usual case, which needs no memory.
				matches, refused := document.MatchAction(p, e.Action)
				switch {
				case matches && refused:
					result = max(result, e.refused(s, p))
				case matches:
					return yes
				}
				continue
			}
			// There are no policy variables in actions.
			pattern, certain, _ := e.resolve(p, false, true)
			if !e.afford(pattern, e.Action) {
				result = maybe
				continue
			}
			switch matches, refused := document.MatchAction(pattern, e.Action); {
			case !matches:
			case refused && certain:
				result = max(result, e.refused(s, p))
			case certain:
				return yes
			default:
				result = maybe
			}
		}
		return result
	}
	if len(s.NotActions) > 0 {
		return not(any(s.NotActions))
	}
	return any(s.Actions)
}

// refused is what an action that IAM refuses counts for. An Allow with it allows
// nothing; a Deny, as long as no one knows whether it is there, denies.
func (e *evaluation) refused(s *document.Statement, action string) truth {
	if s.Effect == document.Deny {
		return e.unsure("IAM refuses the action %q", action)
	}
	e.note("IAM refuses the action %q of %s: it allows nothing", action, s.Label())
	return known(len(s.NotActions) > 0)
}

// partly notes a Deny that is about some of the resources that a request with
// a wildcard stands for, if it is read as a pattern, which IAM does not.
func (e *evaluation) partly(policy *document.Policy, s *document.Statement) {
	if s.Effect != document.Deny || !strings.ContainsAny(e.Resource, "*?") {
		return
	}
	for _, p := range s.Resources {
		if document.IntersectsResource(p, e.Resource) {
			e.note("%s of %s denies it on some resources: name one with --resource ARN", s.Label(), policy.Name)
			return
		}
	}
}

// withoutResource notes the statements that allow an action on some resources, for a
// question that names none: for these the answer is another one.
func (s *Simulation) withoutResource(action string, o *Outcome) {
	for _, policy := range s.Policies.Identity {
		if policy.Document == nil {
			continue
		}
		for i := range policy.Document.Statements {
			one := &policy.Document.Statements[i]
			about := func(pattern string) bool {
				matches, refused := document.MatchAction(pattern, action)
				return matches && !refused
			}
			s.meter.Spend(1 + len(one.Actions))
			if one.Effect != document.Allow || !slices.ContainsFunc(one.Actions, about) || slices.Contains(one.Resources, "*") {
				continue
			}
			note := one.Label() + " of " + policy.Name + " allows it on some resources: name one with --resource ARN"
			s.meter.Spend(noteWork(note))
			o.Notes, o.Unknown = append(o.Notes, note), true
		}
	}
}

// aboutResource compares with regard to case. A statement without Resource, as
// in a trust policy, is about the resource that it is attached to. open are the
// patterns that could match if the request had the keys of their variables.
func (e *evaluation) aboutResource(s *document.Statement, variables bool, part string) (result truth, open []string) {
	any := func(patterns []string) truth {
		result := no
		for _, p := range patterns {
			before := e.missing
			e.missing = map[string]bool{}
			matches := e.matchesResource(p, variables, part)
			lacks := len(e.missing) > 0
			maps.Copy(before, e.missing)
			e.missing = before
			switch result = max(result, matches); {
			case matches == yes && !lacks:
				open = nil // whatever the others need
				return yes
			case lacks && (matches == yes || e.couldMatch(p)):
				open = append(open, p)
			}
		}
		return result
	}
	switch {
	case len(s.NotResources) > 0:
		return e.negate(func() truth { return any(s.NotResources) }), open
	case len(s.Resources) > 0:
		return any(s.Resources), open
	}
	return yes, nil
}

// matchesResource compares the resource of the request with one of a policy.
//
// An ARN with fewer than six parts is completed with "*" in identity policies,
// permissions boundaries included. For the policies of resources the
// documentation does not say it, and that a "*" at the end of a part "can expand
// to match beyond the colon boundaries" is another reading of an ARN that has one:
// then it is unknown. Source: IAM User Guide, "Identify AWS resources with
// Amazon Resource Names (ARNs)".
func (e *evaluation) matchesResource(p string, variables bool, part string) truth {
	pattern, certain, ok := e.resolve(p, variables, true)
	if !ok {
		return no
	}
	text := plain.Get().Replace(e.Resource)
	if !e.afford(pattern, text) {
		return maybe
	}
	a := arn.ParsePattern(pattern)
	whole := document.Match(pattern, text, false)
	switch {
	case !certain:
		// The unknown part may contain the missing parts.
		return both(maybe, known(whole || document.Match(arn.Extend(pattern), text, false)))
	case a.Prefix != "arn" || a.Parts == 6:
		return known(whole)
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
// some values of them.
func (e *evaluation) couldMatch(p string) bool {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(p, "${")
		b.WriteString(before)
		if !found {
			break
		}
		b.WriteString("*")
		p = after[min(closing(after)+1, len(after)):]
	}
	pattern := arn.Extend(b.String())
	return e.afford(pattern, e.Resource) && document.Match(pattern, plain.Get().Replace(e.Resource), false)
}
