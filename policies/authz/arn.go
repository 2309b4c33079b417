// ARNs: whether the resource of a policy statement can be a resource of an
// action.

package authz

import (
	"slices"
	"strings"

	"capaboot/policies/arn"
)

// Allows reports whether the resource of a policy statement, which can have
// wildcards, can match a resource of the type.
func (t *ResourceType) Allows(resource string) bool {
	for _, p := range t.ARNPatterns {
		if ARNPatternAllows(resource, p) {
			return true
		}
	}
	return false
}

// Allows reports whether a statement with the resource can apply to requests
// for the action. An action that has neither documented nor undocumented resource
// types needs "*". If [Service.IsComplete] is false, an action with documented
// resource types may also have the other resource types of the service.
func (a *Action) Allows(resource string) bool {
	undocumented := func() bool {
		return slices.ContainsFunc(a.UndocumentedTypes(), func(t *ResourceType) bool { return t.Allows(resource) })
	}
	if len(a.Resources) == 0 {
		return strings.Trim(resource, "*") == "" && resource != "" || undocumented()
	}
	for _, r := range a.Resources {
		if r.Type.Allows(resource) {
			return true
		}
	}
	if undocumented() {
		return true
	}
	if !slices.Contains(servicesOnSeveralPages, a.Service) {
		return false
	}
	s, ok := ForPrefix(a.Service)
	if !ok {
		return false
	}
	for i := range s.ResourceTypes {
		if s.ResourceTypes[i].Allows(resource) {
			return true
		}
	}
	return false
}

// servicesOnSeveralPages lists the prefixes that the Service Authorization
// Reference describes on several pages, one for each generation of the service
// ("Elastic Load Balancing", "Elastic Load Balancing V2"). If several pages
// list an action, the data has the resource types of only one page:
// elasticloadbalancing:AddTags lacks listeners. Therefore an action of these
// services that has resource types accepts every resource type of its service,
// so that no correct policy is reported.
var servicesOnSeveralPages = []string{
	"apigateway", "aws-marketplace", "elasticloadbalancing", "greengrass", "kinesisanalytics", "lex", "ses", "sms-voice",
}

// IsComplete reports whether the data has all resource types and condition keys
// of the service's actions. If the reference spreads a service over several
// pages ("elasticloadbalancing"), the data is not complete: an action may have
// resource types and keys that the data does not list.
func (s *Service) IsComplete() bool { return !slices.Contains(servicesOnSeveralPages, s.Prefix) }

// servicesWithoutAccount lists services with resources that AWS owns. The ARNs
// of these resources contain no account, although the ARN pattern of their type
// does: "arn:aws:ssm:*::document/AWS-...",
// "arn:aws:ssm:*::parameter/aws/service/...".
//
// Sources: AWS Systems Manager User Guide, "Calling AMI public parameters" and
// AWS managed policies; CloudFormation User Guide, public extensions; AWS
// managed policy CloudWatchReadOnlyAccess, for the views of services in
// Resource Explorer
// ("arn:aws:resource-explorer-2:*::view/AWSServiceViewFor..."); AWS Partner
// Central API Reference, "Access control", for its catalogs.
var servicesWithoutAccount = []string{"ssm", "cloudformation", "resource-explorer-2", "partnercentral"}

// ARNPatternAllows reports whether some ARN matches both the resource of a
// policy statement and a pattern of [ResourceType.ARNPatterns]; see
// [arn.Overlap] and [arn.Complete].
func ARNPatternAllows(resource, pattern string) bool {
	service, _, _ := strings.Cut(strings.TrimPrefix(pattern, "arn:${Partition}:"), ":")
	optional := slices.Contains(servicesWithoutAccount, service)
	if arn.Overlap(resource, pattern, optional) {
		return true
	}
	completed := arn.Complete(resource)
	return completed != resource && arn.Overlap(completed, pattern, optional)
}

// AllowedTypes returns those documented resource types of the action that the
// resource of a statement can match. If the data is not complete
// ([Service.IsComplete]), types may be missing.
func (a *Action) AllowedTypes(resource string) []*ActionResource {
	var types []*ActionResource
	for i := range a.Resources {
		if a.Resources[i].Type.Allows(resource) {
			types = append(types, &a.Resources[i])
		}
	}
	return types
}

// WithoutVariables replaces the variables in an ARN pattern of the reference by "*".
func WithoutVariables(pattern string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(pattern, "${")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if !strings.HasSuffix(b.String(), "*") {
			b.WriteString("*")
		}
		_, pattern, _ = strings.Cut(rest, "}")
	}
}
