// Compares permissions boundaries.

package diff

import (
	"cmp"
	"slices"
	"strings"

	"capaboot/internal/shortlist"
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
		return nil, entry(after, ChangeAdded, added+": "+limitsOf(boundaryDocument(after), presentTense))
	case after.Boundary == "":
		if boundaryDocument(before) == nil {
			return entry(before, ChangeRemoved, removed+": which permissions the boundary excluded is unknown, because its content is unknown"), nil
		}
		return entry(before, ChangeRemoved, removed+": "+limitsOf(boundaryDocument(before), pastTense)), nil
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

// maxBoundaryParts limits the actions that a note about a boundary names.
const maxBoundaryParts = 6

// tense has the verbs of a note about a boundary.
type tense struct{ allows, denies, limits string }

// The tenses for a boundary that is added, and for one that is removed.
var (
	presentTense = tense{"allows", "denies", "limits"}
	pastTense    = tense{"allowed", "denied", "limited"}
)

// limitsOf returns the part of a note that says what a permissions boundary allows and
// denies.
func limitsOf(d *document.Document, verbs tense) string {
	var exceptions, allowed, denied []string
	for i := range d.Statements {
		s := &d.Statements[i]
		suffix := ""
		if len(s.NotResources) > 0 || !slices.Contains(s.Resources, "*") {
			suffix = " on some resources"
		}
		if len(s.Conditions)+len(s.When) > 0 {
			suffix += " under conditions"
		}
		var parts []string
		for _, action := range s.Actions {
			parts = append(parts, action+suffix)
		}
		except := "all actions except " + fewParts(s.NotActions) + suffix
		switch {
		case s.Effect == document.Deny && len(s.NotActions) > 0:
			denied = append(denied, except)
		case s.Effect == document.Deny:
			denied = append(denied, parts...)
		case len(s.NotActions) > 0:
			exceptions = append(exceptions, except)
		default:
			allowed = append(allowed, parts...)
		}
	}
	var texts []string
	switch {
	case slices.Contains(allowed, "*") && len(denied) == 0:
		return "the boundary " + verbs.allows + " everything, and so " + verbs.limits + " nothing"
	case slices.Contains(allowed, "*"):
	case len(exceptions)+len(allowed) == 0:
		texts = append(texts, verbs.allows+" nothing")
	default:
		if len(allowed) > 0 {
			exceptions = append(exceptions, fewParts(allowed))
		}
		texts = append(texts, verbs.allows+" only "+strings.Join(exceptions, "; and "))
	}
	if len(denied) > 0 {
		texts = append(texts, verbs.denies+" "+fewParts(denied))
	}
	return "the boundary " + strings.Join(texts, ", and ")
}

func fewParts(names []string) string {
	return shortlist.Sentence(names, shortlist.Shown(len(names), maxBoundaryParts), document.Readable)
}
