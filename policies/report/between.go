// What two templates allow, compared for a plan.

package report

import (
	"capaboot/policies/catalog"
	"capaboot/policies/diff"
	"capaboot/policies/source"
)

// PermissionsBetween compares what two templates allow; "" is one without
// resources. The second one was generated for a release.
func PermissionsBetween(before, after string, release catalog.Release) (diff.Result, error) {
	a, err := source.Text("the deployed template", before)
	if err != nil {
		return diff.Result{}, err
	}
	b, err := source.Text("the template", after)
	if err != nil {
		return diff.Result{}, err
	}
	b.SetRelease(release)
	return diff.Annotated(a.Set, b.Set)
}
