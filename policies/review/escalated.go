// Writes the escalation routes of a principal as findings.

package review

import (
	"slices"
	"strings"

	"capaboot/internal/shortlist"
	"capaboot/policies/document"
)

// reportRoutes reports routes that begin in the same way (see startKey) as one
// finding.
func (c *principalGrants) reportRoutes(hits []occurrence) {
	first := hits[0].first
	f := Finding{Policy: first.policy.name, Statement: first.Label(), Sid: first.Sid, Location: first.location()}
	var gains []gain
	var ownResources []string
	var path []*grant
	var denies []*statement
	var unmet []string
	isMet := false // whether some request can use one of the routes
	for i := range hits {
		h := &hits[i]
		unmet, isMet = append(unmet, h.unmetKeys...), isMet || len(h.unmetKeys) == 0
		f.Severity = max(f.Severity, h.severity)
		path = append(append(path, h.first), h.steps...)
		c.run.spend(10 + len(h.first.grantedOn) + len(hits))
		f.Resources = append(f.Resources, h.first.grantedOn...)
		if h.changesSelf {
			ownResources = c.ownResources(h.first)
		}
		if !slices.Contains(gains, h.gains) && !slices.ContainsFunc(hits, func(other occurrence) bool { return extends(&other, h) }) {
			gains = append(gains, h.gains)
		}
	}
	f.Resources = unique(f.Resources)
	// Put the grants of the first statement first.
	slices.SortStableFunc(path, func(a, b *grant) int {
		return boolToInt(a.statement != first.statement) - boolToInt(b.statement != first.statement)
	})
	path = unique(path)
	f.When = first.existsWhen
	for _, g := range path {
		if all, possible := document.Together(f.When, g.existsWhen...); possible {
			f.When = all
		}
		f.Actions = append(f.Actions, g.action.String())
		c.run.spend(4 * len(g.denies))
		denies = append(denies, g.denies...)
	}
	f.Actions, denies = unique(f.Actions), unique(denies)
	c.run.spend(len(path) * len(path))
	f.Path = pathSteps(path)
	f.Limits = slices.Concat(stepLimits(f.Path, first.statement), denyDigests(denies))
	resources := sentencef("%s", nameList(f.Resources))
	if len(first.NotResources) > 0 {
		resources = resources.append(sentencef(" except %s", nameList(first.NotResources)))
	}
	f.Message = sentencef("with %s on %s, the holder gains %s", nameList(f.Actions), resources, joinGains(gains))
	if hits[0].services != nil {
		f.Message = sentencef("with %s on %s, the holder can use these roles through %s (actions: %s)", singleName("iam:PassRole"), resources, gainNames(gains), nameList(f.Actions))
	}
	f.Message = f.Message.append(caveats(first, ownResources, denies))
	if !isMet {
		f.Message = f.Message.append(unmetSentence(unique(unmet), "this is not possible"))
	}
	var statements []*statement
	for _, g := range path {
		statements = append(statements, g.statement)
	}
	f.Message = f.Message.append(c.worstCase(&f, unique(statements)...))
	if first.policy.isFixed(c.rule) {
		f.Remedy = awsPolicyRemedy
	}
	c.run.addTrustedAndLimits(&f, first.statement)
	c.reportSubject(c.subject, f)
}

// extends reports whether a route needs everything that another route needs,
// and more. If so, the finding mentions only the gain of the longer route. It
// returns false for a longer route that passes a role, so the gain of the
// shorter route is mentioned too.
func extends(longer, h *occurrence) bool {
	if len(longer.steps) <= len(h.steps) || longer.services != nil {
		return false
	}
	hasStep := func(g *grant) bool { return g == longer.first || slices.Contains(longer.steps, g) }
	return hasStep(h.first) && !slices.ContainsFunc(h.steps, func(g *grant) bool { return !hasStep(g) })
}

// joinGains writes the gains as one text. Each target appears once, followed by
// the means of the routes that lead to it. If one of these routes has no means,
// the text leaves out the others' means.
func joinGains(gains []gain) string {
	var all []string
	meansOfTarget := map[string][]string{}
	for _, g := range gains {
		if _, ok := meansOfTarget[g.target]; !ok {
			all = append(all, g.target)
		}
		if g.means == "" {
			meansOfTarget[g.target] = []string{}
		} else if earlier, ok := meansOfTarget[g.target]; !ok || len(earlier) > 0 {
			meansOfTarget[g.target] = append(earlier, "by "+g.means)
		}
	}
	for i, target := range all {
		if means := meansOfTarget[target]; len(means) > 0 {
			all[i] += " (" + shortlist.Joined("or", means, len(means), strings.Clone) + ")"
		}
	}
	return shortlist.And(all)
}

// gainNames lists the gains. The report shows nearly all of them, because a
// reader needs to see the services that a role can be passed to.
func gainNames(gains []gain) Phrase {
	var all []string
	for _, g := range gains {
		all = append(all, g.String())
	}
	return Phrase{Names: all, Texts: all, Most: true}
}

// caveats returns the additions to the message of a finding: the conditions, the
// denies, and the resources that are the holder or its own policies or groups.
func caveats(first *grant, ownResources []string, denies []*statement) Sentence {
	var s Sentence
	if len(ownResources) > 0 {
		s = s.append(sentencef("; these resources include the holder, or the holder's own policies or groups: %s", nameList(ownResources)))
	}
	if len(first.grantedIf) > 0 {
		s = s.append(sentencef(", if %s", conditionList(first.grantedIf)))
		if slices.ContainsFunc(first.grantedIf, limitsPolicies) {
			s = s.append(PlainSentence(" (this limits the gain to the permissions in the policies that the condition names)"))
		}
		if slices.ContainsFunc(first.grantedIf, func(c document.Condition) bool {
			return strings.EqualFold(c.Key, "iam:PermissionsBoundary") && limitsGain(c)
		}) {
			s = s.append(PlainSentence(" (this limits the gain to what the boundary allows)"))
		}
	}
	if len(denies) > 0 {
		var statements []string
		for _, d := range denies {
			statements = append(statements, d.policy.name+" "+d.Label())
		}
		s = s.append(sentencef("; part of this is denied by %s", nameList(unique(statements))))
	}
	return s
}

// limitsPolicies reports whether a condition limits which policies may be
// attached or associated.
//
// Source: Service Authorization Reference, iam:PolicyARN and eks:policyArn.
func limitsPolicies(c document.Condition) bool {
	return (strings.EqualFold(c.Key, "iam:PolicyARN") || strings.EqualFold(c.Key, "eks:policyArn")) && limitsGain(c)
}

// pathSteps converts grants to steps. Grants of one statement on the same
// resources and under the same conditions become one step; the conditions differ
// if different statements of the permissions boundary allow the actions.
func pathSteps(path []*grant) []PathStep {
	var all []PathStep
	for len(path) > 0 {
		g := path[0]
		var actions, boundary []string
		var others []*grant
		for _, other := range path {
			if other.statement == g.statement && slices.Equal(other.grantedOn, g.grantedOn) && sameConditions(other.grantedIf, g.grantedIf) {
				actions = append(actions, other.action.String())
				if other.boundary != nil {
					boundary = append(boundary, statementLimits(other.run.asWritten(other.boundary.Statement))...)
				}
			} else {
				others = append(others, other)
			}
		}
		step := PathStep{Policy: g.policy.name, Statement: g.Label(), Actions: unique(actions), Resources: g.grantedOn, Location: g.location()}
		step.limitTo(g.statement, g.grantedIf)
		step.boundary = unique(boundary)
		all = append(all, step)
		path = others
	}
	return all
}

// unique removes the duplicates from a list, in place.
func unique[T comparable](all []T) []T {
	seen := make(map[T]bool, len(all))
	return slices.DeleteFunc(all, func(element T) bool {
		before := seen[element]
		seen[element] = true
		return before
	})
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
