// Resource policies in a template: elements that the service of the resource
// refuses, and services that can act for anyone.
//
// Source: IAM User Guide, "IAM policy validation check reference".

package review

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
)

//go:embed resources.tsv
var resourcesTSV string

// resourceType is a row of resources.tsv; bytes is 0 if the size limit is
// unknown.
type resourceType struct {
	service string
	bytes   int
}

var loadResourceTypes = lazy.Value[map[string]resourceType]{Make: func() map[string]resourceType {
	table := map[string]resourceType{}
	for _, row := range rows(resourcesTSV, 3) {
		size, _ := strconv.Atoi(row[2])
		table[row[0]] = resourceType{row[1], size}
	}
	return table
}}

// resourceType returns the row for the resource that a policy belongs to.
func (p *policy) resourceType() (resourceType, bool) {
	for _, holder := range p.holders {
		if facts, ok := loadResourceTypes.Get()[holder.ResourceType]; ok {
			return facts, true
		}
	}
	return resourceType{}, false
}

// isStandalone reports whether the policy is a document outside of a template. It can be
// the policy of a VPC endpoint.
func (p *policy) isStandalone() bool {
	return !slices.ContainsFunc(p.holders, func(holder *subject) bool { return holder.LogicalID != "" })
}

func resourcePolicyRules() []Rule {
	return []Rule{{ID: "refused-resource-policy", Severity: Medium,
		Reference: userGuide + "access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-error-unsupported-action-in-policy",
		Risk:      "a resource policy can only have actions and ARNs of the resource's own service, so creating or updating the policy fails",
		Remedy:    "remove the actions and ARNs of other services, or move them to an identity policy", policy: checkRefusedResourcePolicies}}
}

func resourceServiceRules() []Rule {
	return []Rule{{ID: "resource-service", Severity: Low, Reference: userGuide + "confused-deputy.html",
		Risk:   "the service can use the resource on behalf of any account",
		Remedy: "require your account (aws:SourceAccount), your organization (aws:SourceOrgID), or the resource that the service acts for (aws:SourceArn)", policy: eachEntry(checkResourceServices)}}
}

func checkRefusedResourcePolicies(r *run, p *policy) {
	facts, ok := p.resourceType()
	if !ok || p.aws {
		return
	}
	for _, s := range p.statements {
		var actions, resources []string
		for _, pattern := range s.patterns() {
			prefix, _, colon := strings.Cut(pattern, ":")
			if colon && authz.Known(prefix) && !strings.EqualFold(prefix, facts.service) {
				actions = append(actions, pattern)
			}
		}
		for _, resource := range slices.Concat(s.Resources, s.NotResources) {
			service := arn.ParsePattern(resource).Service
			if strings.HasPrefix(resource, "arn:") && authz.Known(service) && service != facts.service {
				resources = append(resources, resource)
			}
		}
		if len(actions)+len(resources) > 0 {
			r.reportStatement(s, Finding{Actions: actions, Resources: resources,
				Message: sentencef("the policy belongs to a resource of %s, so the policy cannot have actions or ARNs of other services: %s", facts.service, nameList(slices.Concat(actions, resources)))})
		}
	}
}

// checkResourceServices finds services that may act for any account: no condition
// limits for whom they act, or the only such condition names a bucket, whose ARN has no
// account.
func checkResourceServices(_ *run, e *entry) (entryRemark, bool) {
	if e.principal.Kind != "Service" || len(e.usableActions) > 0 || e.policy.kind != resourcePolicy {
		return entryRemark{}, false
	}
	if e.bound() >= boundOrganization {
		if !e.isBucketOfAnyAccount() {
			return entryRemark{}, false
		}
		return entryRemark{Low, "", PlainSentence(" can use the resource on behalf of any owner of the bucket: the ARN of a bucket has no account, so after the bucket is deleted, another account can create a bucket of the same name; require aws:SourceAccount in addition"), "", ""}, true
	}
	return entryRemark{Low, "", PlainSentence(" can use the resource on behalf of any account: no condition requires the account, the organization or the resource"), "", ""}, true
}
