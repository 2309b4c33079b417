// Descriptions of why the policies that were searched do not allow a denied
// request: because of a permissions boundary, or of values of the template.

package report

import (
	"fmt"
	"slices"

	"capaboot/internal/terminal"
	"capaboot/policies/explain"
)

// limitingBoundaryText describes a boundary that does not allow the request, or
// whose content is unknown. AWS does not name the boundary as the cause.
func limitingBoundaryText(a explain.Denied, subject string) string {
	boundary, holder := escapeLine(a.Boundary), escapeLine(a.Holder)
	if a.BoundaryUnknown {
		return terminal.Wrap(fmt.Sprintf("In %s, %s has the permissions boundary %s, whose content is unknown. The boundary must also allow the action; other policies cannot extend the boundary.", subject, holder, boundary), "  ", "  ")
	}
	return terminal.Wrap(fmt.Sprintf("In %s, the permissions boundary %s of %s does not allow the request, and other policies cannot extend the boundary. Change the boundary, or ask its owner to allow the action.", subject, boundary, holder), "  ", "  ")
}

// templateText says on what the grant of the template depends.
func templateText(a explain.Denied, subject string) string {
	hasWhen := slices.ContainsFunc(a.Grants, func(g explain.Grant) bool { return len(g.When) > 0 })
	hasUnknown := slices.ContainsFunc(a.Grants, func(g explain.Grant) bool { return len(g.UnknownParts) > 0 })
	depend := "conditions of the template"
	switch {
	case hasWhen && hasUnknown:
		depend += " and on values that are known only at deployment"
	case hasUnknown:
		depend = "values that are known only at deployment"
	}
	return fmt.Sprintf("%s grants the action to %s only in some deployments, because these statements depend on %s. Check which parameter values the deployed stack has; to use them here, pass --parameter NAME=VALUE:", capitalize(subject), escapeLine(a.Holder), depend)
}
