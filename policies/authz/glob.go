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

// minLength returns the length of the shortest text that a pattern matches.
func minLength(pattern string) int { return len(pattern) - strings.Count(pattern, "*") }

// matchFold reports whether the pattern matches the whole text; it ignores the
// case of ASCII letters. After a mismatch it continues from the last "*" only,
// so the time is at most the product of the two lengths. Callers limit the
// pattern with [minLength].
func matchFold(pattern, text string) bool {
	p, t := 0, 0
	star, resume := -1, 0 // the offsets of the last "*", and of the text after the part that it matches
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || lower(pattern[p]) == lower(text[t])):
			p++
			t++
		case star >= 0:
			resume++
			p, t = star+1, resume
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
