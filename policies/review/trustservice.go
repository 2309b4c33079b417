// Trust in AWS services, which can assume a role or use a resource.

package review

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/nearword"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/catalog"
)

//go:embed trustservices.tsv
var trustServicesTSV string

// loadServices maps each service principal, without ".amazonaws.com", to the
// page that recommends limiting for whom the service acts, or to "".
var loadServices = lazy.Value[map[string]string]{Make: func() map[string]string {
	table := map[string]string{}
	for _, row := range rows(trustServicesTSV, 2) {
		table[row[0]] = strings.TrimPrefix(row[1], "-")
	}
	return table
}}

// serviceOf returns the name of a service principal without the domain and the
// region: "ec2" for ec2.amazonaws.com and for ec2.cn-north-1.amazonaws.com.cn.
// It returns false for other domains, such as those of the isolated partitions.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal", "AWS service
// principals" and "AWS service principals in opt-in Regions".
func serviceOf(id string) (string, bool) {
	id = strings.ReplaceAll(strings.ToLower(id), "${aws::urlsuffix}", "amazonaws.com")
	id = strings.ReplaceAll(id, ".${aws::region}.", ".")
	name, ok := strings.CutSuffix(strings.TrimSuffix(id, ".cn"), ".amazonaws.com")
	if !ok || hasUnknownPart(name) {
		return name, false
	}
	labels := strings.Split(name, ".")
	labels = slices.DeleteFunc(labels, func(label string) bool { return arn.PartitionOfRegionPattern(label) != "" })
	return strings.Join(labels, "."), len(labels) > 0
}

// isKnownService reports whether the name, or a parent domain of it, is in the
// list of service principals or is the prefix of an AWS service's actions.
// Every subdomain of a service principal belongs to AWS.
func isKnownService(name string) bool {
	for {
		if _, ok := loadServices.Get()[name]; ok || authz.Known(name) {
			return true
		}
		_, parent, hasParent := strings.Cut(name, ".")
		if !hasParent {
			return false
		}
		name = parent
	}
}

// closestService returns the service principal that was probably meant.
func closestService(name string) (string, bool) {
	// A similar action prefix counts only if no service principal is as
	// similar.
	names := sortedKeys(loadServices.Get())
	names = append(names, authz.Prefixes()...)
	closest, ok := nearword.Closest(name, names)
	return closest + ".amazonaws.com", ok
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
			case ok && isKnownService(name) || !ok && (hasUnknownPart(id) || hasOtherDomain(id)):
				continue
			case ok:
				closest, found = closestService(name)
			case isKnownService(strings.ToLower(id)):
				closest, found = strings.ToLower(id)+".amazonaws.com", true
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
				Message: sentencef("capaboot's list of AWS service principals does not have this name; if AWS does not have it either, IAM refuses the policy: %s", annotatedNames(invalid, texts))})
		}
		if len(unknown) > 0 {
			r.reportStatement(s, Finding{Severity: Low, Actions: s.patterns(), Resources: unknown,
				Message: sentencef("capaboot's list of AWS service principals does not have this name; check whether AWS has it: %s", nameList(unknown))})
		}
	}
	checkCAPARoles(r, p)
}

// otherDomains lists what service principals can end in besides amazonaws.com:
// the domains of other partitions, and a few old ones.
//
// Sources: botocore 1.43.11, data/partitions.json; Alexa Skills Kit, "Host a
// Custom Skill as an AWS Lambda Function".
var otherDomains = []string{".amazon.com", ".amazonaws.eu", ".c2s.ic.gov", ".sc2s.sgov.gov", ".cloud.adc-e.uk", ".csp.hci.ic.gov", ".aws.internal"}

func hasOtherDomain(id string) bool {
	return slices.ContainsFunc(otherDomains, func(domain string) bool { return strings.HasSuffix(strings.ToLower(id), domain) })
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
				if name, ok := serviceOf(principal.ID); ok && isKnownService(name) && !slices.Contains(allowed, name) {
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
// CAPA's templates or by the name; nil if it is another role.
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

// checkConfusedDeputy finds services whose own documentation recommends
// limiting for whom they act. A role cannot be passed to a service from another
// account, so this is a second line of defense.
//
// It skips statements that other services share, because the condition would
// block those services.
func checkConfusedDeputy(_ *run, e *entry) (entryRemark, bool) {
	if e.principal.Kind != "Service" || !e.canUse(assumeRole) || e.bound() >= boundOrganization {
		return entryRemark{}, false
	}
	page := ""
	for _, principal := range e.Principals {
		name, ok := serviceOf(principal.ID)
		recommendation := loadServices.Get()[name]
		if principal.Kind != "Service" || !ok || recommendation == "" {
			return entryRemark{}, false
		}
		if principal == e.principal {
			page = recommendation
		}
	}
	return entryRemark{Info, "", PlainSentence(" can assume the role on behalf of any account, and AWS recommends a condition on your account or your resource for this service"), page, ""}, true
}
