// Resources that an action never has.

package authz

import (
	"slices"
	"strings"

	"capaboot/policies/arn"
)

// Misfits reports whether the ARN of a request certainly fits no resource type
// that the reference lists for the action. It returns false for "*", for an
// action without resource types, which is always evaluated with "*", and for the
// actions of services that are not [Service.Complete].
//
// The reference does not list every form of S3 resources whose ARN has a region or an
// account, such as access points, so any such ARN counts as fitting.
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

// ResourceForms returns the ARN patterns of the action's resource types, without
// duplicates. Those that are most similar to a resource come first.
func (a *Action) ResourceForms(resource string) []string {
	var forms []string
	for _, r := range a.Resources {
		for _, pattern := range r.Type.ARNPatterns {
			if !slices.Contains(forms, pattern) {
				forms = append(forms, pattern)
			}
		}
	}
	wanted := arn.ParsePattern(resource)
	similarity := func(pattern string) int {
		form := arn.ParsePattern(pattern)
		// A form that has a region or an account where the resource has none, or
		// none where it has one, is less similar.
		common := 0
		for common < min(len(form.Resource), len(wanted.Resource)) && form.Resource[common] == wanted.Resource[common] {
			common++
		}
		for _, same := range []bool{form.Service == wanted.Service, (form.Region == "") == (wanted.Region == ""), (form.Account == "") == (wanted.Account == "")} {
			if same {
				common += len(resource)
			}
		}
		return common
	}
	slices.SortStableFunc(forms, func(x, y string) int { return similarity(y) - similarity(x) })
	return forms
}

// SupportsNoResource reports whether the action supports no resource, so that AWS
// evaluates every request for it with the resource "*". It returns false if the data
// is not complete ([Service.Complete]).
func (a *Action) SupportsNoResource() bool {
	s, ok := ForPrefix(a.Service)
	return ok && s.Complete() && len(a.Resources) == 0 && len(a.Undocumented()) == 0
}
