// Compares credential sources, such as instance profiles and access keys: who gets
// the permissions of a role or user.

package diff

import (
	"cmp"
	"fmt"
	"slices"

	"capaboot/internal/meter"
	"capaboot/policies/document"
)

// compareCredentialSources returns the credential sources that belong to other
// principals than before. A renamed principal counts as the same one, because
// its permissions are compared.
func compareCredentialSources(before, after *document.Set, pairs []pair, m *meter.Meter) (changes []Principal) {
	afterOf, isMatched := map[*document.Holder]*document.Holder{}, map[*document.Holder]bool{}
	for _, p := range pairs {
		if p.before != nil && p.after != nil {
			afterOf[p.before], isMatched[p.after] = p.after, true
		}
	}
	for _, found := range match(before.CredentialSources, after.CredentialSources,
		func(u *document.CredentialSource) string { return u.Kind + "\n" + u.Name + "\n" + u.LogicalID },
		func(u *document.CredentialSource) string { return u.Kind + "\n" + u.Name },
		func(u *document.CredentialSource) string { return u.Kind + "\n" + u.LogicalID },
	) {
		source := cmp.Or(found.after, found.before)
		change := Principal{Kind: source.Kind, Name: source.Name, LogicalID: source.LogicalID, Status: Changed,
			files: []string{cmp.Or(found.before, source).File, cmp.Or(found.after, source).File}}
		switch {
		case found.before == nil:
			change.Status = New
		case found.after == nil:
			change.Status = Removed
		case found.before.Name != found.after.Name:
			change.Status, change.RenamedFrom = Renamed, found.before.Name
		}
		old, now := sourcePrincipals(found.before, afterOf), sourcePrincipals(found.after, nil)
		// A new or removed principal is already reported. So for a new or removed
		// source, list only the principals that both sides have.
		switch {
		case found.before == nil:
			now = slices.DeleteFunc(now, func(p sourcePrincipal) bool { return !isMatched[p.holder] })
		case found.after == nil:
			old = slices.DeleteFunc(old, func(p sourcePrincipal) bool { return !isMatched[p.holder] })
		}
		m.At(source.Kind+" "+source.Name, "")
		m.Spend(20 + 2*len(old)*len(now))
		change.Gained, change.Lost = sourceGrants(source.Kind, "gain", "before", now, old), sourceGrants(source.Kind, "lose", "afterwards", old, now)
		if len(change.Gained)+len(change.Lost) > 0 {
			changes = append(changes, change)
		}
	}
	return changes
}

// sourcePrincipal is a role or user to which a credential source belongs.
type sourcePrincipal struct {
	holder *document.Holder // after the change; before it if the principal was removed
	when   []string         // sorted
	text   string           // for the result
	// account is [document.SourcePrincipal.Account].
	account string
}

// sourcePrincipals returns the principals of a credential source. A principal appears
// once for each list of template conditions. If other has a principal as a key, the
// result has the value instead, which is the same principal on the other side.
func sourcePrincipals(source *document.CredentialSource, other map[*document.Holder]*document.Holder) (all []sourcePrincipal) {
	if source == nil {
		return nil
	}
	seen := map[string]bool{}
	for _, p := range source.Principals {
		used := sourcePrincipal{cmp.Or(other[p.Holder], p.Holder), slices.Sorted(slices.Values(p.When)), conditionalName{string(p.Kind) + " " + p.Name, p.When}.String(), p.Account}
		if key := fmt.Sprintf("%p %q %q", used.holder, used.when, used.account); !seen[key] {
			seen[key] = true
			all = append(all, used)
		}
	}
	return all
}

func (p *sourcePrincipal) accountText() string {
	if p.account == "" {
		return "the account of the stack"
	}
	return "account " + p.account
}

// sourceGrants returns a grant for each principal, unless others has the principal with
// the same or fewer template conditions. Roles of the same name in different accounts are
// different principals. verb says what happens to the permissions, and otherTime says
// when others apply.
func sourceGrants(kind, verb, otherTime string, principals, others []sourcePrincipal) []Grant {
	var note string
	gives := "now gives"
	if verb == "lose" {
		gives = "no longer gives"
	}
	switch kind {
	case document.AccessKeyKind:
		note = "this access key " + gives + " the permissions of this user"
	case document.PasswordKind:
		note = "this password " + gives + " the permissions of this user"
	case document.ResourceKind:
		note = "this resource " + verb + "s the permissions of this role"
	default:
		note = "instances with this instance profile " + verb + " the permissions of this role"
	}
	grants := []Grant{}
	for _, p := range principals {
		isCovered, partly, text := false, "", p.text
		for _, other := range others {
			if other.holder != p.holder {
				continue
			}
			if other.account != p.account {
				text = p.text + " in " + p.accountText()
				partly += "; " + otherTime + ", the role of this name in " + other.accountText()
				continue
			}
			isCovered = isCovered || !slices.ContainsFunc(other.when, func(w string) bool { return !slices.Contains(p.when, w) })
			partly += "; " + otherTime + ", only " + other.text
		}
		if !isCovered {
			grants = append(grants, Grant{Policy: text, Note: note + partly})
		}
	}
	return grants
}
