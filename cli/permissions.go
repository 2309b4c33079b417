// Permissions: what two templates allow, compared for a plan.

package cli

import (
	"capaboot/policies/catalog"
	"capaboot/policies/diff"
	"capaboot/policies/document"
)

// permissionsBetween compares what two templates allow; "" is one without
// resources. The second one was generated for a release.
func permissionsBetween(before, after string, release catalog.Release) (diff.Result, error) {
	var sets [2]*document.Set
	for i, template := range []string{before, after} {
		sets[i] = &document.Set{}
		if template == "" {
			continue
		}
		set, err := document.ReadSet([]string{"the deployed template", "the template"}[i], []byte(template))
		if err != nil {
			return diff.Result{}, err
		}
		sets[i] = set
	}
	madeFor(sets[1], release)
	return diff.Annotated(sets[0], sets[1])
}

// madeFor takes note of the release that a set was generated for.
func madeFor(set *document.Set, release catalog.Release) {
	for _, h := range set.Principals {
		h.Release = release.String()
	}
}
