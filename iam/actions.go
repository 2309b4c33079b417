// Warns of actions in extraStatements that AWS accepts, but that probably have no
// effect.

package iam

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/authz"
)

// maxActionWork limits how many comparisons warnOfActions makes per file, to
// about a second. Actions beyond the limit are not checked. patternWork is how
// many comparisons a pattern with a wildcard counts as.
const (
	maxActionWork = 1_000_000
	patternWork   = 1_000
)

// warnOfActions warns of the actions of a statement that AWS's reference does
// not list, and of those that do not work on the statement's resources. AWS
// accepts both. Only the services that the statement names are decoded from the
// reference.
func (c statementCheck) warnOfActions(actions, resources []string) {
	canBeAnything := slices.ContainsFunc(resources, func(resource string) bool {
		return strings.Trim(resource, "*") == "" || strings.HasPrefix(resource, "${") || len(placeholders(resource)) > 0 || resourceProblem(resource, c.partition) != ""
	})
	for i, action := range actions {
		field := c.itemPath(c.path+".Action", i)
		service, name, ok := strings.Cut(action, ":")
		if !ok || c.isBroken(field) || len(placeholders(action)) > 0 || actionProblem(action, false) != "" || service == "*" {
			continue
		}
		c.actionWork++
		if strings.ContainsAny(name, "*?") {
			c.actionWork += patternWork
		}
		if c.actionWork > maxActionWork {
			return
		}
		if !authz.Known(service) {
			c.warnUnknownAction(field, action, fmt.Sprintf("%q is not among AWS's services", clip(service)))
			continue
		}
		if name == "*" && canBeAnything {
			continue
		}
		matches := authz.Match(action)
		if len(matches) == 0 {
			c.warnUnknownAction(field, action, fmt.Sprintf("%q is not among AWS's actions", clip(action)))
			continue
		}
		// AWS checks some actions against ARNs that its reference does not list,
		// so an action without a resource type may work.
		hasType := func(a *authz.Action) bool { return len(a.Resources) > 0 }
		if !canBeAnything && slices.ContainsFunc(matches, hasType) && !c.anyAllows(matches, resources) {
			c.warn(field, "%q has no effect, because the action does not support the resources of the statement", clip(action))
		}
	}
}

// anyAllows reports whether one of the actions works on one of the resources. It
// returns true when the file needs too many comparisons.
func (c statementCheck) anyAllows(actions []*authz.Action, resources []string) bool {
	return slices.ContainsFunc(actions, func(a *authz.Action) bool {
		c.actionWork += len(resources) * (1 + len(a.Resources))
		return c.actionWork > maxActionWork || slices.ContainsFunc(resources, a.Allows)
	})
}

// warnUnknownAction warns of an action or service that AWS's reference does not
// list; AWS may have added it later. problem is the beginning of the warning.
func (c statementCheck) warnUnknownAction(field, action, problem string) {
	suggestion := ""
	if c.lookups++; c.lookups <= maxProblems { // limited: finding the closest name is slow
		if closest, ok := authz.Closest(action); ok {
			suggestion = fmt.Sprintf(", did you mean %q?", closest)
		}
	}
	c.warn(field, "%s as of %s%s", problem, authz.Published(), suggestion)
}
