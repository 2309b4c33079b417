// Compares which resources a resource policy protects: the same statements can
// allow requests to another resource.

package diff

import (
	"slices"
	"strings"

	"capaboot/policies/document"
)

// protectedBeyond returns patterns of the resources that the resource policy h
// protects and other does not: "*" if the policies belong to different
// resources.
func protectedBeyond(h, other *document.Holder) []string {
	if h.Target != other.Target {
		return []string{"*"}
	}
	return slices.DeleteFunc(slices.Clone(h.Protects), func(resource string) bool { return slices.Contains(other.Protects, resource) })
}

// isProtected reports whether an entry may apply to a resource that the policy
// on the other side does not protect. If so, nothing on that side covers the
// entry.
func (r *permissions) isProtected(e entry) bool {
	return slices.ContainsFunc(r.protected, func(resource string) bool {
		return len(e.notResources) > 0 || e.resource == "" || e.intersects(resource, e.resource)
	})
}

// noteOtherResources adds a note about the resources that only the policy on this side
// protects. A grant that names only such resources gets no note.
func noteOtherResources(r *permissions, grants []Grant) []Grant {
	if len(r.protected) == 0 {
		return grants
	}
	const most = 3
	list := strings.Join(r.protected[:min(most, len(r.protected))], ", ")
	switch {
	case list == "*":
		list = "different resources on the two sides"
	case len(r.protected) > most:
		list += " and others"
	}
	for i := range grants {
		isNamed := len(grants[i].Resources) > 0 && !slices.ContainsFunc(grants[i].Resources, func(resource string) bool { return !slices.Contains(r.protected, resource) })
		if !isNamed {
			prependNote(grants[i:i+1], "the policy is attached to "+list)
		}
	}
	return grants
}
