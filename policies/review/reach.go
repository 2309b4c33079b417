// Measures how much a grant covers, by its conditions and by its resources.

package review

import (
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// reduction returns by how many severities a grant is less severe than an
// unlimited grant on everything.
func (g *grant) reduction() int {
	return int(reachAll-g.reach()) + g.conditionReduction()
}

// conditionReduction returns 1 if a condition narrows the grant, and otherwise 0.
func (g *grant) conditionReduction() int {
	if slices.ContainsFunc(g.conditions, limitsRoute) {
		return 1
	}
	return 0
}

// limitsRoute reports whether a condition narrows an escalation route. A
// condition that only requires an account or an organization does not narrow
// it.
func limitsRoute(c document.Condition) bool {
	return !isSameForHolder(c.Key) && (narrows(c) || narrowsDespiteIfExists(c))
}

// narrowsDespiteIfExists reports whether a condition with IfExists narrows a
// grant like one without IfExists, because every request has its key.
func narrowsDespiteIfExists(c document.Condition) bool {
	condition := c
	condition.Operator = strings.TrimSuffix(c.Operator, "IfExists")
	return condition.Operator != c.Operator && slices.ContainsFunc([]string{passedToServiceKey, "iam:PolicyARN", serviceNameKey}, func(key string) bool { return strings.EqualFold(key, c.Key) }) && narrows(condition)
}

// reach says how many resources a pattern matches.
type reach int

const (
	reachOne  reach = iota // a name without wildcards
	reachSome              // a name with wildcards
	reachAll
)

func (g *grant) reach() reach {
	widest := reachOne
	for _, resource := range g.resources {
		widest = max(widest, reachOf(resource))
		if widest < reachAll && slices.ContainsFunc(g.action.Resources, func(t authz.ActionResource) bool {
			return g.run.typeCovered(t.Type, resource) && g.wantsType(t.Type.Name)
		}) {
			widest = reachAll
		}
	}
	return widest
}

// wantsType reports whether a grant is about resources of a type.
func (g *grant) wantsType(name string) bool {
	return len(g.types) == 0 || slices.ContainsFunc(g.types, func(wanted string) bool {
		kind, _, _ := strings.Cut(wanted, "/")
		return kind == name
	})
}

// reachOf returns the reach of a resource. It considers only the name in the
// ARN, so all functions of one region count as all functions. An incomplete ARN
// with a wildcard counts as all resources.
func reachOf(resource string) reach {
	if matchesEveryResource(resource) {
		return reachAll
	}
	a := arn.ParsePattern(arn.Complete(resource))
	if a.Parts < 6 {
		if strings.ContainsAny(resource, "*?") {
			return reachAll // "arn:aws:iam:*" also matches across colons
		}
		return reachOne
	}
	name := a.Resource
	if i := strings.IndexAny(name, "/:"); i >= 0 {
		name = name[i+1:]
	}
	switch {
	case strings.Trim(name, "*/:") == "":
		return reachAll
	case strings.ContainsAny(stripVariables(name), "*?"):
		return reachSome
	}
	return reachOne
}
