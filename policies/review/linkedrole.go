// The rule about service-linked roles: the role's ARN and the condition must
// name the same service.

package review

import (
	"slices"
	"strings"

	"capaboot/policies/document"
)

func linkedRoleRules() []Rule {
	return []Rule{{ID: "service-linked-role-mismatch", Severity: Medium, Reference: userGuide + "using-service-linked-roles.html",
		Risk:   "the role's ARN and the condition name different services, so no request matches both, and the role cannot be created",
		Remedy: "write the service of the condition into the ARN: role/aws-service-role/SERVICE/NAME", policy: checkServiceLinkedRoles}}
}

// serviceNameKey is the condition key for the service of a service-linked role.
// Source: Service Authorization Reference, IAM.
const serviceNameKey = "iam:AWSServiceName"

func checkServiceLinkedRoles(r *run, p *policy) {
	if p.aws {
		return
	}
	wanted := actionsOf("create-service-linked-role")[0]
	for _, s := range p.statements {
		if !slices.ContainsFunc(s.Actions, func(a string) bool { return matchesAction(a, wanted) }) {
			continue
		}
		for _, c := range s.Conditions {
			op, ok := document.ParseOperator(c.Operator)
			if !ok || !strings.EqualFold(c.Key, serviceNameKey) || op.Name != "StringEquals" && op.Name != "StringLike" && op.Name != "StringEqualsIgnoreCase" {
				continue
			}
			var flagged []string
			matchesService := false
			for _, resource := range s.Resources {
				_, path, ok := strings.Cut(resource, ":role/aws-service-role/")
				service, _, _ := strings.Cut(path, "/")
				if !ok || slices.ContainsFunc(c.Values, func(v string) bool { return document.Intersects(service, v, true) }) {
					matchesService = true
					continue
				}
				flagged = append(flagged, resource)
			}
			if len(flagged) == 0 {
				continue
			}
			f := Finding{Severity: ineffectiveSeverity(s, 0), Actions: []string{wanted}, Resources: flagged,
				Message: sentencef("the condition on %s requires %s, but the ARN belongs to another service, so no request matches both: %s", serviceNameKey, orList(c.Values), nameList(flagged))}
			if matchesService {
				f.Severity = Low // the statement still works for its other resources
			}
			r.reportStatement(s, f)
		}
	}
}
