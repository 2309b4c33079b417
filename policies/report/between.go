// Compares what two templates allow, for a plan.

package report

import (
	"capaboot/policies/catalog"
	"capaboot/policies/diff"
	"capaboot/policies/source"
)

// CompareTemplates compares what two templates allow. "" is a template
// without resources. The second template was generated for the release.
func CompareTemplates(before, after string, release catalog.Release) (diff.Result, error) {
	a, err := source.FromText("the deployed template", before)
	if err != nil {
		return diff.Result{}, err
	}
	b, err := source.FromText("the template", after)
	if err != nil {
		return diff.Result{}, err
	}
	b.SetRelease(release)
	return diff.CompareAnnotated(a.Set, b.Set)
}
