// What grants something and is not looked at.

package report

import (
	"fmt"

	"capaboot/internal/shortlist"
	"capaboot/policies/document"
)

// Unread tells of resources that grant something and are not looked at: each
// type once, with the first of it.
func Unread(set *document.Set) (notes []string) {
	count := map[string]int{}
	for _, u := range set.Unread {
		count[u.Type]++
	}
	for _, u := range set.Unread {
		more := ""
		if n := count[u.Type]; n > 1 {
			more = " " + shortlist.More(n-1) + " of this type"
		}
		if count[u.Type] > 0 {
			notes = append(notes, fmt.Sprintf("%s%s: what it grants is not looked at", u, more))
		}
		count[u.Type] = 0
	}
	return notes
}
