// Trust: services that can assume a role or use a resource.

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

// loadServices are service principals without ".amazonaws.com", and the page
// that recommends to limit whom they act for, or "".
var loadServices = lazy.Value[map[string]string]{Make: func() map[string]string {
	table := map[string]string{}
	for _, row := range rows(trustServicesTSV, 2) {
		table[row[0]] = strings.TrimPrefix(row[1], "-")
	}
	return table
}}

// serviceOf returns the name of a service principal without the domain and the
// region: "ec2" of ec2.amazonaws.com and of ec2.cn-north-1.amazonaws.com.cn. It
// reports false for a domain of which nothing is known, as of the isolated
// partitions.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal", "AWS service
// principals" and "AWS service principals in opt-in Regions".
func serviceOf(id string) (string, bool) {
	id = strings.ReplaceAll(strings.ToLower(id), "${aws::urlsuffix}", "amazonaws.com")
	id = strings.ReplaceAll(id, ".${aws::region}.", ".")
	name, ok := strings.CutSuffix(strings.TrimSuffix(id, ".cn"), ".amazonaws.com")
	if !ok || opaque(name) {
		return name, false
	}
	labels := strings.Split(name, ".")
	labels = slices.DeleteFunc(labels, func(label string) bool { return arn.PartitionOfPattern(label) != "" })
	return strings.Join(labels, "."), len(labels) > 0
}

// knownService reports whether there is such a service principal. What stands
// below one that is there is AWS's too.
func knownService(name string) bool {
	for {
		if _, ok := loadServices.Get()[name]; ok || authz.Known(name) {
			return true
		}
		_, parent, more := strings.Cut(name, ".")
		if !more {
			return false
		}
		name = parent
	}
}

// closestService returns the service principal that was probably meant.
func closestService(name string) (string, bool) {
	// What is near a prefix of actions counts only if nothing is nearer.
	names := sortedKeys(loadServices.Get())
	names = append(names, authz.Prefixes()...)
	near, ok := nearword.Closest(name, names)
	return near + ".amazonaws.com", ok
}

func trustedServices(r *run, p *policy) {
	if p.kind == identityPolicy || p.aws {
		return
	}
	for _, s := range p.statements {
		var wrong, texts, unknown []string
		for _, principal := range slices.Concat(s.Principals, s.NotPrincipals) {
			if principal.Kind != "Service" || principal.ID == "*" {
				continue
			}
			id := principal.ID
			name, ok := serviceOf(id)
			near, found := "", false
			switch {
			case ok && knownService(name) || !ok && (opaque(id) || otherDomain(id)):
				continue
			case ok:
				near, found = closestService(name)
			case knownService(strings.ToLower(id)):
				near, found = strings.ToLower(id)+".amazonaws.com", true
			}
			switch {
			case found:
				wrong, texts = append(wrong, id), append(texts, fmt.Sprintf("%s (did you mean %q?)", id, near))
			case !ok:
				wrong, texts = append(wrong, id), append(texts, id+` (it does not end in ".amazonaws.com")`)
			default:
				unknown = append(unknown, id)
			}
		}
		if len(wrong) > 0 {
			r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, 0), Actions: s.patterns(), Resources: wrong,
				Message: sentencef("the list of AWS service principals in this release does not have this name; if AWS has none, IAM refuses the policy: %s", annotatedNames(wrong, texts))})
		}
		if len(unknown) > 0 {
			r.reportStatement(s, Finding{Severity: Low, Actions: s.patterns(), Resources: unknown,
				Message: sentencef("the list of AWS service principals in this release does not have this name; check whether AWS has it: %s", nameList(unknown))})
		}
	}
	capaRoles(r, p)
}

// otherDomains are what service principals can end in besides amazonaws.com:
// those of other partitions, and a few old ones.
//
// Sources: botocore 1.43.11, data/partitions.json; Alexa Skills Kit, "Host a
// Custom Skill as an AWS Lambda Function".
var otherDomains = []string{".amazon.com", ".amazonaws.eu", ".c2s.ic.gov", ".sc2s.sgov.gov", ".cloud.adc-e.uk", ".csp.hci.ic.gov", ".aws.internal"}

func otherDomain(id string) bool {
	return slices.ContainsFunc(otherDomains, func(domain string) bool { return strings.HasSuffix(strings.ToLower(id), domain) })
}

// capaRoles compares CAPA's own roles with the services that they are for.
// Other statements can be the configuration's own, so a finding is low: a
// reviewer who knows of them can accept it.
func capaRoles(r *run, p *policy) {
	for _, holder := range p.holders {
		if holder.trust != p {
			continue
		}
		role := capaRole(holder)
		if role == nil {
			continue
		}
		var usual, usualIDs []string
		for i := range role.Trust {
			for _, grant := range role.Trust[i].Services {
				name, _ := serviceOf(grant.Name)
				usual, usualIDs = append(usual, name), append(usualIDs, grant.Name)
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
				if name, ok := serviceOf(principal.ID); ok && knownService(name) && !slices.Contains(usual, name) {
					others = append(others, principal.ID)
				}
			}
			if len(others) > 0 {
				r.reportStatement(s, Finding{Severity: Low, Principals: []string{holder.Name}, Actions: []string{assumeRole.String()}, Resources: others,
					Message: sentencef("CAPA's role %s is for %s, and %s can assume it too", holder.Name, nameList(usualIDs), nameList(others)),
					Remedy:  "remove the service, or give it a role of its own with what it needs"})
			}
		}
	}
}

// capaRole returns the role of the catalogue that a principal is: by the
// logical ID of CAPA's templates, or by the name.
func capaRole(s *subject) *catalog.Role {
	if !strings.HasSuffix(s.Name, nameSuffix) && !strings.HasPrefix(s.LogicalID, "AWSIAMRole") {
		return nil
	}
	catalogue, err := catalog.Load()
	if err != nil {
		return nil // its own tests find that
	}
	for i := range catalogue.Roles {
		role := &catalogue.Roles[i]
		if s.LogicalID == role.LogicalID || strings.TrimSuffix(s.Name, nameSuffix) == strings.TrimSuffix(role.Name, nameSuffix) {
			return role
		}
	}
	return nil
}

// confusedDeputy finds services whose own documentation recommends to limit
// whom they act for. A role cannot be passed to a service from another account,
// so this is a second lock.
//
// It leaves alone statements that other services share: the condition would
// lock those out.
func confusedDeputy(_ *run, e *entry) (entryRemark, bool) {
	if e.principal.Kind != "Service" || !e.canUse(assumeRole) || e.bound() >= toOrganization {
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
	return entryRemark{Info, "", PlainSentence(" is allowed whoever it acts for, and AWS recommends to require your account or your resource for this service"), page, ""}, true
}
