// Requests for several resources: a person can write a resource with
// wildcards, such as arn:aws:s3:::b/*. A decision about such a resource is
// certain only if the decision holds for every resource that matches.

package simulate

import (
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// isResourcePattern reports whether a resource stands for several resources. "*" does
// not, because it means a request without a resource.
func isResourcePattern(resource string) bool {
	return resource != "*" && strings.ContainsAny(resource, "*?")
}

// matchResourcePattern is [evaluation.matchResource] for a request for several resources:
// the result is maybe if the pattern of the policy matches some of them only.
func (e *evaluation) matchResourcePattern(pattern string, certain bool, part string) truth {
	if !e.canAfford(pattern, e.Resource) {
		return maybe
	}
	e.meter.Spend(1 + len(pattern)*(len(e.Resource)+1)/64)
	extended := arn.Extend(pattern)
	switch {
	case !document.Intersects(pattern, e.Resource, false) && !document.Intersects(extended, e.Resource, false):
		return no
	case !certain:
		return maybe
	case document.Covers(pattern, e.Resource, false), part != partResource && document.Covers(extended, e.Resource, false):
		return yes
	}
	return e.unknownBecause("which of the resources is requested")
}
