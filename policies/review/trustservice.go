// Trust in AWS services, which can assume a role or use a resource.

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/catalog"
)

// serviceOf is [authz.ServiceName] for a principal that may have parts that are
// known only at deployment. It returns false if the service's name has such a
// part.
func serviceOf(id string) (string, bool) {
	id = strings.ReplaceAll(strings.ToLower(id), "${aws::urlsuffix}", "amazonaws.com")
	name, ok := authz.ServiceName(strings.ReplaceAll(id, ".${aws::region}.", "."))
	return name, ok && !hasUnknownPart(name)
}

func checkTrustedServices(r *run, p *policy) {
	if p.kind == identityPolicy || p.aws {
		return
	}
	for _, s := range p.statements {
		var invalid, texts, unknown []string
		for _, principal := range slices.Concat(s.Principals, s.NotPrincipals) {
			if principal.Kind != "Service" || principal.ID == "*" {
				continue
			}
			id := principal.ID
			name, ok := serviceOf(id)
			closest, found := "", false
			switch {
			case ok && authz.IsService(name) || !ok && (hasUnknownPart(id) || authz.HasOtherDomain(id)):
				continue
			case ok:
				closest, found = authz.ClosestPrincipal(name)
			default:
				closest = authz.MeantService(id)
				found = closest != ""
			}
			switch {
			case found:
				invalid, texts = append(invalid, id), append(texts, fmt.Sprintf("%s (did you mean %q?)", id, closest))
			case !ok:
				invalid, texts = append(invalid, id), append(texts, id+` (it does not end in ".amazonaws.com")`)
			default:
				unknown = append(unknown, id)
			}
		}
		if len(invalid) > 0 {
			r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, 0), Actions: s.patterns(), Resources: invalid,
				Message: sentencef("capaboot's list of AWS service principals does not have this name, so IAM may refuse the policy: %s", annotatedNames(invalid, texts))})
		}
		if len(unknown) > 0 {
			r.reportStatement(s, Finding{Severity: Low, Actions: s.patterns(), Resources: unknown,
				Message: sentencef("capaboot's list of AWS service principals does not have this name; check the spelling in AWS's documentation: %s", nameList(unknown))})
		}
	}
	checkCAPARoles(r, p)
}

// checkCAPARoles reports services that can assume one of CAPA's own roles
// although the role is not for them. The severity is low because the
// configuration may add trust statements on purpose; if so, a reviewer can
// suppress the finding.
func checkCAPARoles(r *run, p *policy) {
	for _, holder := range p.holders {
		if holder.trust != p {
			continue
		}
		role := capaRole(holder)
		if role == nil {
			continue
		}
		var allowed, allowedIDs []string
		for i := range role.Trust {
			for _, grant := range role.Trust[i].Services {
				name, _ := serviceOf(grant.Name)
				allowed, allowedIDs = append(allowed, name), append(allowedIDs, grant.Name)
			}
		}
		for _, s := range p.statements {
			if !s.allows() || len(s.assumeActions()) == 0 {
				continue
			}
			var others []string
			for _, principal := range s.Principals {
				if principal.Kind != "Service" {
					continue
				}
				if name, ok := serviceOf(principal.ID); ok && authz.IsService(name) && !slices.Contains(allowed, name) {
					others = append(others, principal.ID)
				}
			}
			if len(others) > 0 {
				r.reportStatement(s, Finding{Severity: Low, Principals: []string{holder.Name}, Actions: []string{assumeRole.String()}, Resources: others,
					Message: sentencef("CAPA's role %s is for %s, and %s can also assume the role", holder.Name, nameList(allowedIDs), nameList(others)),
					Remedy:  "remove the service from the trust policy, or give the service its own role with the permissions that the service needs"})
			}
		}
	}
}

// capaRole returns CAPA's role for a principal, identified by the logical ID in
// CAPA's templates or by the name; nil for a principal that is not a role of
// CAPA.
func capaRole(s *subject) *catalog.Role {
	if !strings.HasSuffix(s.Name, catalog.NameSuffix) && !strings.HasPrefix(s.LogicalID, "AWSIAMRole") {
		return nil
	}
	catalogue, err := catalog.Load()
	if err != nil {
		return nil // the tests of package catalog detect this
	}
	for i := range catalogue.Roles {
		role := &catalogue.Roles[i]
		if s.LogicalID == role.LogicalID || strings.TrimSuffix(s.Name, catalog.NameSuffix) == strings.TrimSuffix(role.Name, catalog.NameSuffix) {
			return role
		}
	}
	return nil
}

// checkConfusedDeputy finds trust in services whose documentation recommends a
// condition on the account or the resource for which they act. A principal of
// another account cannot pass the role to a service, so the condition is a second
// line of defense.
//
// It skips statements that also have other principals, because the condition would
// block these principals.
func checkConfusedDeputy(_ *run, e *entry) (entryRemark, bool) {
	if e.principal.Kind != "Service" || !e.canUse(assumeRole) || e.bound() >= boundOrganization {
		return entryRemark{}, false
	}
	page := ""
	for _, principal := range e.Principals {
		name, ok := serviceOf(principal.ID)
		recommendation := authz.ServicePage(name)
		if principal.Kind != "Service" || !ok || recommendation == "" {
			return entryRemark{}, false
		}
		if principal == e.principal {
			page = recommendation
		}
	}
	return entryRemark{Info, "", PlainSentence(" can assume the role on behalf of any account, and AWS recommends a condition on your account or your resource for this service"), page, ""}, true
}
