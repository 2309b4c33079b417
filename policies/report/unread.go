// Notes about what was not read or evaluated, and about assumed values.

package report

import (
	"fmt"

	"capaboot/internal/shortlist"
	"capaboot/policies/document"
	"capaboot/policies/source"
)

// UnreadNotes returns a note for each type of resource that affects permissions
// and is not evaluated; the note names the first resource of the type. A resource
// whose policy has a mistake has a note of its own. UnreadNotes leaves out the
// roles that resources use, which the reports of review and diff have. It also
// returns a note for each file of a folder that was skipped.
func UnreadNotes(set *document.Set) (notes []string) {
	countOfType := map[string]int{}
	for _, u := range set.Unread {
		if len(u.Problems) == 0 && u.Role == "" {
			countOfType[u.Type]++
		}
	}
	for _, u := range set.Unread {
		omitted := ""
		if n := countOfType[u.Type]; n > 1 {
			omitted = " " + shortlist.More(n-1) + " of this type"
		}
		consequence := "grants of this type are not evaluated"
		switch {
		case u.Limits:
			consequence = "policies of this type are not evaluated: they grant nothing, but can limit what other policies allow"
		case !u.Grants:
			consequence = "this type affects what is granted, and is not evaluated"
		}
		if len(u.Problems) > 0 {
			notes = append(notes, fmt.Sprintf("%s: not evaluated, because the policy has a mistake: %s", u, u.Problems[0].Message))
			continue
		}
		if countOfType[u.Type] > 0 && u.Role == "" {
			notes = append(notes, fmt.Sprintf("%s%s: %s", u, omitted, consequence))
			countOfType[u.Type] = 0
		}
	}
	notes = append(notes, SkippedNotes(set)...)
	return notes
}

// AssumedNotes returns a note for each assumption about a parameter of the sources.
func AssumedNotes(all ...*source.Found) []string {
	var assumed []document.AssumedParameter
	for _, found := range all {
		assumed = append(assumed, found.Set.AssumedParameters...)
	}
	return document.AssumedNotes(assumed)
}

// SkippedNotes returns a note for each file of a folder that was skipped.
func SkippedNotes(set *document.Set) (notes []string) {
	for _, s := range set.Skipped {
		reason := "it is not a policy, template or configuration"
		if s.Suppressions {
			reason = "it is a suppression file"
		}
		notes = append(notes, fmt.Sprintf("%s: not read, because %s", s.File, reason))
	}
	return notes
}
