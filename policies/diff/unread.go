// Compares parts that were not read. Their grants are unknown, so a part with
// different content counts as a change. A part that only limits permissions,
// such as a service control policy, counts as a Deny: if the part is new,
// permissions are lost.

package diff

import (
	"maps"
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// limitNote is the note on a part that is on one side only, and that only limits
// permissions.
const limitNote = "this part was not read: the part grants nothing, but can limit what other policies allow"

// unreadNote returns the note on a part that is on one side only, and that can
// grant permissions.
func unreadNote(u document.UnreadPart) string {
	switch {
	case u.HasUnknownRole():
		return "this role is known only at deployment, so its grants are unknown"
	case u.Role != "":
		return "the policies of this role are not in the input, so the grants of the role are unknown"
	}
	return "this part was not read, so its grants are unknown"
}

// guardNote is the note on a setting that limits access and has changed.
const guardNote = "this setting is not evaluated, but can limit public access and access by access control lists"

// compareGuards compares the settings that limit access to resources. It considers only
// resources that are on both sides. It leaves out settings that belong to unread parts,
// because compareUnread compares these parts.
func compareGuards(before, after *document.Set) (changes []Principal) {
	contents := map[string][2]string{}
	parts := map[string]document.UnreadPart{}
	for side, set := range []*document.Set{before, after} {
		for _, u := range set.Guards {
			isUnread := func(other document.UnreadPart) bool {
				// The content of an unread ACL includes the ownership controls.
				return other.LogicalID == u.LogicalID && (other.Type == u.Type || strings.HasPrefix(other.Type, "AccessControl ") && strings.HasPrefix(u.Type, "OwnershipControls "))
			}
			if slices.ContainsFunc(before.Unread, isUnread) || slices.ContainsFunc(after.Unread, isUnread) {
				continue
			}
			if before.Defines(u.LogicalID) && after.Defines(u.LogicalID) {
				both := contents[u.Name()]
				both[side] += u.Content
				contents[u.Name()], parts[u.Name()] = both, u
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		both, u := contents[name], parts[name]
		p := Principal{Kind: UnreadKind, Name: name, LogicalID: u.LogicalID, Status: Changed, Gained: []Grant{}, Lost: []Grant{}, files: []string{u.File}}
		grant := func(note string) []Grant { return []Grant{{Policy: name, Note: note}} }
		switch {
		case both[0] == both[1]:
			continue
		case both[1] == "":
			p.Status, p.Gained = Removed, grant(guardNote)
		case both[0] == "":
			p.Status, p.Lost = New, grant(guardNote)
		default:
			p.Lost, p.Gained = grant(guardNote+" (old content)"), grant(guardNote+" (new content)")
		}
		changes = append(changes, p)
	}
	return changes
}

// compareUnread compares the parts that were not read. same reports whether a
// part that can grant permissions is the same on both sides.
func compareUnread(before, after *document.Set) (changes []Principal, same bool) {
	key := func(u document.UnreadPart) string { return u.Name() + "\n" + u.Content }
	left := map[string]int{}
	for _, u := range before.Unread {
		left[key(u)]++
	}
	var now []document.UnreadPart
	for _, u := range after.Unread {
		if left[key(u)] > 0 {
			left[key(u)]--
			same = same || u.Grants
			continue
		}
		now = append(now, u)
	}
	grant := func(u document.UnreadPart, note string) []Grant { return []Grant{{Policy: u.Name(), Note: note}} }
	change := func(u document.UnreadPart, status Status) Principal {
		return Principal{Kind: UnreadKind, Name: u.Name(), LogicalID: u.LogicalID, Status: status, Gained: []Grant{}, Lost: []Grant{}, files: []string{u.File}}
	}
	for _, u := range before.Unread {
		if left[key(u)] == 0 {
			continue
		}
		left[key(u)]--
		p := change(u, Removed)
		if u.Limits {
			p.Gained = grant(u, limitNote)
		} else {
			p.Lost = grant(u, unreadNote(u))
		}
		if i := slices.IndexFunc(now, func(n document.UnreadPart) bool { return n.Name() == u.Name() }); i >= 0 {
			p.files = append(p.files, now[i].File)
			now = slices.Delete(now, i, i+1)
			p.Status, p.Lost = Changed, grant(u, "this part was not read, and its content has changed (old content)")
			p.Gained = grant(u, "this part was not read, and its content has changed (new content)")
		}
		changes = append(changes, p)
	}
	for _, u := range now {
		p := change(u, New)
		if u.Limits {
			p.Lost = grant(u, limitNote)
		} else {
			p.Gained = grant(u, unreadNote(u))
		}
		changes = append(changes, p)
	}
	return changes, same
}

// noteUnknown adds notes to grants about parts that are only known at
// deployment, and about what AWS's documentation leaves open.
func noteUnknown(set *document.Set, grants []Grant) {
	for i := range grants {
		g := &grants[i]
		texts := slices.Concat(g.NotActions, g.Resources, g.NotResources, g.Principals, g.NotPrincipals, g.When)
		for _, a := range g.Actions {
			texts = append(texts, a.Action)
		}
		for _, c := range g.Conditions {
			texts = append(append(texts, c.Key), c.Values...)
		}
		var parts []string
		for _, text := range texts {
			for _, part := range set.Unknown(strings.ReplaceAll(text, changedMark, "")) {
				if !slices.Contains(parts, part) {
					parts = append(parts, part)
				}
			}
		}
		if len(parts) > 0 {
			g.addNote("known only at deployment: " + strings.Join(parts, ", "))
		}
		for _, u := range g.unclear() {
			g.addNote("not certain: " + u.String())
		}
	}
}

func (g *Grant) addNote(note string) {
	if g.Note != "" {
		note = g.Note + "; " + note
	}
	g.Note = note
}

// unclear returns what AWS's documentation leaves open about the statement of a
// grant.
func (g *Grant) unclear() []document.Unclear {
	if g.Of.Statement == nil {
		return nil
	}
	inResourcePolicy := g.Of.Policy == nil && !g.Of.Boundary || g.Of.Policy != nil && g.Of.Holder.IsResourcePolicy(g.Of.Policy.Document)
	return g.Of.Statement.Unclear(inResourcePolicy, authz.Multivalued)
}
