// Compares permissions boundaries.

package diff

import (
	"cmp"
	"strings"

	"capaboot/policies/authz/managed"
	"capaboot/policies/document"
)

// compareBoundaries compares permissions boundaries. A missing boundary counts
// as the widest one.
func compareBoundaries(before, after *document.Holder, work *budget) (gained, lost []Grant) {
	entry := func(h *document.Holder, change Change, note string) []Grant {
		return []Grant{{Policy: boundaryName(h), Boundary: true, Change: change, Note: note}}
	}
	const added, removed = boundaryNote + string(ChangeAdded), boundaryNote + string(ChangeRemoved)
	switch {
	case before.Boundary == "" && after.Boundary == "":
		return nil, nil
	case before.Boundary == "":
		if boundaryDocument(after) == nil {
			return nil, entry(after, ChangeAdded, added+": which permissions the boundary excludes is unknown, because its content is unknown")
		}
		return nil, entry(after, ChangeAdded, added+": the boundary limits what the policies allow")
	case after.Boundary == "":
		if boundaryDocument(before) == nil {
			return entry(before, ChangeRemoved, removed+": which permissions the boundary excluded is unknown, because its content is unknown"), nil
		}
		return entry(before, ChangeRemoved, removed+": the boundary limited what the policies allowed"), nil
	}
	isSame := before.Boundary == after.Boundary && before.BoundaryPolicy == nil && after.BoundaryPolicy == nil
	if isSame && before.BoundaryContent == after.BoundaryContent {
		return nil, nil
	}
	if isSame {
		const note = "the template chooses the permissions boundary by conditions, and one of the possible policies "
		return entry(before, ChangeReplaced, note+"has changed (old content)"), entry(after, ChangeReplaced, note+"has changed (new content)")
	}
	old, now := boundaryDocument(before), boundaryDocument(after)
	if old != nil && now != nil {
		o, n := boundaryPermissions(before, old, work), boundaryPermissions(after, now, work)
		gained, lost = compareGrants(o, n)
		if x, y := boundaryName(before), boundaryName(after); x != y {
			for _, grants := range [][]Grant{gained, lost} {
				for i := range grants {
					grants[i].addNote("the permissions boundary " + y + " replaces " + x)
				}
			}
		}
		return gained, lost
	}
	var unknown []string
	if old == nil {
		unknown = append(unknown, boundaryName(before))
	}
	if now == nil {
		unknown = append(unknown, boundaryName(after))
	}
	note := ": it is unknown whether the new permissions boundary allows more, because the content of " + strings.Join(unknown, " and of ") + " is unknown"
	return entry(before, ChangeRemoved, removed+note), entry(after, ChangeAdded, added+note)
}

// boundaryName returns the name of the permissions boundary of a principal if
// the boundary is in the set, and otherwise its ARN.
func boundaryName(h *document.Holder) string { return cmp.Or(h.BoundaryName, h.Boundary) }

// boundaryDocument returns the document of a permissions boundary that is in
// the set or is an AWS managed policy, or nil.
func boundaryDocument(h *document.Holder) *document.Document {
	if h.BoundaryPolicy != nil {
		return h.BoundaryPolicy
	}
	if policy, ok := managed.Read(h.Boundary); ok {
		return policy.Document
	}
	return nil
}

func boundaryPermissions(h *document.Holder, d *document.Document, work *budget) *permissions {
	place := document.Place{Holder: h, Boundary: true}
	return &permissions{allow: newIndex(statementsOf(d, place, document.Allow, work)),
		deny: newIndex(statementsOf(d, place, document.Deny, work))}
}
