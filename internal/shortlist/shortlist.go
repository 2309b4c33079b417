// Package shortlist writes lists that are cut short: "a, b, c and 37 more".
package shortlist

import (
	"fmt"
	"strings"
)

// More stands for the n last names of a list, which are not shown.
func More(n int) string { return fmt.Sprintf("and %d more", n) }

// Shown returns how many of total names to show where most are wanted: one that
// would be left over alone is shown too.
func Shown(total, most int) int {
	if total <= most+1 {
		return total
	}
	return most
}

// Few lists the first of some names, as a writer has them, and counts the others.
func Few(names []string, shown int, write func(string) string) string {
	var b strings.Builder
	for i, name := range names[:shown] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(write(name))
	}
	if more := len(names) - shown; more > 0 {
		b.WriteString(" " + More(more))
	}
	return b.String()
}
