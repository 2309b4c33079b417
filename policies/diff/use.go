// Compares instance profiles and access keys: who can act as a role or user.

package diff

import (
	"cmp"
	"fmt"
	"slices"

	"capaboot/internal/meter"
	"capaboot/policies/document"
)

// compareUses returns the instance profiles and access keys that belong to other
// principals than before. A renamed principal counts as the same one, because
// its permissions are compared.
func compareUses(before, after *document.Set, pairs []pair, m *meter.Meter) (changes []Principal) {
	afterOf, isMatched := map[*document.Holder]*document.Holder{}, map[*document.Holder]bool{}
	for _, p := range pairs {
		if p.before != nil && p.after != nil {
			afterOf[p.before], isMatched[p.after] = p.after, true
		}
	}
	for _, found := range match(before.Uses, after.Uses,
		func(u *document.Use) string { return u.Kind + "\n" + u.Name + "\n" + u.LogicalID },
		func(u *document.Use) string { return u.Kind + "\n" + u.Name },
		func(u *document.Use) string { return u.Kind + "\n" + u.LogicalID },
	) {
		use := cmp.Or(found.after, found.before)
		change := Principal{Kind: use.Kind, Name: use.Name, LogicalID: use.LogicalID, Status: Changed}
		switch {
		case found.before == nil:
			change.Status = New
		case found.after == nil:
			change.Status = Removed
		case found.before.Name != found.after.Name:
			change.Status, change.RenamedFrom = Renamed, found.before.Name
		}
		old, now := usedBy(found.before, afterOf), usedBy(found.after, nil)
		// A new role with a new instance profile is already reported as new.
		switch {
		case found.before == nil:
			now = slices.DeleteFunc(now, func(p usedPrincipal) bool { return !isMatched[p.holder] })
		case found.after == nil:
			old = slices.DeleteFunc(old, func(p usedPrincipal) bool { return !isMatched[p.holder] })
		}
		m.At(use.Kind+" "+use.Name, "")
		m.Spend(20 + 2*len(old)*len(now))
		change.Gained, change.Lost = useGrants(use.Kind, now, old), useGrants(use.Kind, old, now)
		if len(change.Gained)+len(change.Lost) > 0 {
			changes = append(changes, change)
		}
	}
	return changes
}

// usedPrincipal is a role or user to which a resource belongs.
type usedPrincipal struct {
	holder *document.Holder // on the other side too, if there is one
	when   []string         // sorted
	text   string           // for the result
}

// usedBy returns the principals of a resource, each one once. other maps them to
// the principals of the other side.
func usedBy(use *document.Use, other map[*document.Holder]*document.Holder) (all []usedPrincipal) {
	if use == nil {
		return nil
	}
	seen := map[string]bool{}
	for _, p := range use.Principals {
		used := usedPrincipal{cmp.Or(other[p.Holder], p.Holder), slices.Sorted(slices.Values(p.When)), attachment{string(p.Kind) + " " + p.Name, p.When}.String()}
		if key := fmt.Sprintf("%p %q", used.holder, used.when); !seen[key] {
			seen[key] = true
			all = append(all, used)
		}
	}
	return all
}

// useGrants returns a grant for each principal that is not in others. A
// principal is also covered by one with fewer template conditions.
func useGrants(kind string, principals, others []usedPrincipal) []Grant {
	note := "instances with this instance profile have the permissions of this role"
	if kind == "access key" {
		note = "anyone with this access key has the permissions of this user"
	}
	grants := []Grant{}
	for _, p := range principals {
		isCovered := func(other usedPrincipal) bool {
			return other.holder == p.holder && !slices.ContainsFunc(other.when, func(w string) bool { return !slices.Contains(p.when, w) })
		}
		if !slices.ContainsFunc(others, isCovered) {
			grants = append(grants, Grant{Policy: p.text, Note: note})
		}
	}
	return grants
}
