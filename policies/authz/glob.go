// Wildcards: "*" matches any number of characters, "?" one character.

package authz

import "strings"

// collapseStars replaces each sequence of "*" with a single one. The length of
// the pattern is then at most 2n+1, where n is the length of the shortest text
// that it matches.
func collapseStars(pattern string) string {
	for i := 1; i < len(pattern); i++ {
		if pattern[i] == '*' && pattern[i-1] == '*' {
			var b strings.Builder
			for j := range len(pattern) {
				if j == 0 || pattern[j] != '*' || pattern[j-1] != '*' {
					b.WriteByte(pattern[j])
				}
			}
			return b.String()
		}
	}
	return pattern
}

func minLength(pattern string) int { return len(pattern) - strings.Count(pattern, "*") }
