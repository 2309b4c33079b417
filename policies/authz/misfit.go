// Whether an ARN fits the resource types of an action.

package authz

import (
	"slices"
	"strings"

	"capaboot/internal/nearword"
	"capaboot/policies/arn"
)

// Misfits reports whether the ARN of a request certainly fits no resource type of the
// action, documented or not. It returns false for a text that is not an ARN, such as "*",
// for an action without documented resource types, and for the actions of a service for
// which [Service.IsComplete] is false.
//
// The reference does not list every form of S3 resources whose ARN has a region
// or an account, such as access points, so any such ARN counts as fitting.
func (a *Action) Misfits(resource string) bool {
	parsed, ok := arn.Parse(resource)
	switch {
	case !ok || len(a.Resources) == 0 || slices.Contains(servicesOnSeveralPages, a.Service):
		return false
	case a.Service == "s3" && strings.HasPrefix(parsed.Service, "s3") && parsed.Region+parsed.Account != "":
		return false
	}
	return !a.Allows(resource) && !slices.ContainsFunc(a.Resources, func(r ActionResource) bool {
		return slices.ContainsFunc(r.Type.ARNPatterns, hasOpenService)
	})
}

// hasOpenService reports whether the service in an ARN pattern is a variable, as in
// the pattern of the recovery points of AWS Backup, which are resources of other
// services.
func hasOpenService(pattern string) bool {
	return strings.Contains(arn.ParsePattern(pattern).Service, "$")
}

// ResourceForms returns the ARN patterns of the action's resource types, also
// of the undocumented ones, without duplicates. Those that are most similar to
// the given resource come first.
func (a *Action) ResourceForms(resource string) []string {
	var forms []string
	add := func(t *ResourceType) {
		for _, pattern := range t.ARNPatterns {
			if !slices.Contains(forms, pattern) {
				forms = append(forms, pattern)
			}
		}
	}
	for _, r := range a.Resources {
		add(r.Type)
	}
	for _, t := range a.UndocumentedTypes() {
		add(t)
	}
	wanted := arn.ParsePattern(resource)
	slices.SortStableFunc(forms, func(x, y string) int {
		return slices.Compare(similarity(arn.ParsePattern(y), wanted), similarity(arn.ParsePattern(x), wanted))
	})
	return forms
}

// similarity returns how similar a form is to a resource, as numbers, the most
// important first: the service; the kind of resource; the account, and whether
// there is a region; the length of the common beginning of the text after the
// account. The kind is more important than the account: a frequent mistake is
// an account in the ARN of an image.
func similarity(form, resource arn.ARN) []int {
	number := func(is bool) int {
		if is {
			return 1
		}
		return 0
	}
	kind, wanted := kindOf(form.Resource), kindOf(resource.Resource)
	sameKind := 2 * number(strings.EqualFold(kind, wanted))
	if sameKind == 0 && !strings.Contains(kind, "$") {
		sameKind = number(nearword.IsOneLetterOff(kind, wanted))
	}
	sameAccount := 2 * number(form.Account == resource.Account) // 2 if both are "aws", or if neither ARN has an account
	if sameAccount == 0 {
		sameAccount = number(strings.Contains(form.Account, "$") && resource.Account != "")
	}
	common := 0
	for common < min(len(form.Resource), len(resource.Resource)) && form.Resource[common] == resource.Resource[common] {
		common++
	}
	return []int{number(form.Service == resource.Service), sameKind, sameAccount + number((form.Region == "") == (resource.Region == "")), common}
}

// kindOf returns the part of the resource of an ARN before the first slash or colon.
func kindOf(resource string) string {
	if end := strings.IndexAny(resource, "/:"); end >= 0 {
		return resource[:end]
	}
	return resource
}

// SupportsNoResource reports whether the action supports no resource, so that AWS
// evaluates every request for it with the resource "*". It returns false if the data
// is not complete ([Service.IsComplete]).
func (a *Action) SupportsNoResource() bool {
	s, ok := ForPrefix(a.Service)
	return ok && s.IsComplete() && len(a.Resources) == 0 && len(a.UndocumentedTypes()) == 0
}
