// Package shortlist writes shortened lists: "a, b, c and 37 more".
package shortlist

import (
	"fmt"
	"strings"
)

// More returns the text for the last n names of a list, which are not shown.
func More(n int) string { return fmt.Sprintf("and %d more", n) }

// Shown returns how many of total names to show: at most limit names, or all when
// only one name would be left out.
func Shown(total, limit int) int {
	if total <= limit+1 {
		return total
	}
	return limit
}

// Few lists the first names, each formatted by write, and counts the others. shown is
// the number of listed names.
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

// Sentence is Few for a list in a sentence: if no name is left out, "and" precedes
// the last one.
func Sentence(names []string, shown int, write func(string) string) string {
	return Joined("and", names, shown, write)
}

// Joined is Sentence with another word before the last name, such as "or".
func Joined(word string, names []string, shown int, write func(string) string) string {
	last := len(names) - 1
	if shown <= last || last < 1 {
		return Few(names, shown, write)
	}
	return Few(names[:last], last, write) + " " + word + " " + write(names[last])
}

// And lists all names, with "and" before the last one.
func And(names []string) string {
	return Sentence(names, len(names), func(name string) string { return name })
}
