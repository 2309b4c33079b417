// Package nearword finds the word somebody probably meant, for error messages
// such as `unknown field "nodez", did you mean "nodes"?`.
package nearword

import (
	"fmt"
	"slices"
	"strings"
)

// Closest returns the candidate nearest to word, and whether one is near
// enough to be worth suggesting: at most a third of the word's letters differ
// (at least one may). Letter case does not count as a difference. Of equally
// near candidates it returns the first in the order given. When none is near, it
// returns the only one that begins with word, or with all but its last letter:
// "deny" for "denied".
func Closest(word string, candidates []string) (string, bool) {
	var x, y [maxLength]rune
	letters := clip(&x, strings.ToLower(word))
	best, bestDistance := "", max(1, len(clip(&y, word))/3)+1
	for _, candidate := range candidates {
		other := clip(&y, strings.ToLower(candidate))
		if max(len(letters)-len(other), len(other)-len(letters)) >= bestDistance {
			continue // so many letters more or less
		}
		if d := distance(letters, other); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	if best == "" {
		best = onlyWithPrefix(word, candidates)
	}
	if letters := len(word) - 1; best == "" && letters >= 3 {
		best = onlyWithPrefix(word[:letters], candidates)
	}
	return best, best != ""
}

// onlyWithPrefix returns the only candidate that begins with a word of three letters
// or more, "" when none or several do.
func onlyWithPrefix(word string, candidates []string) string {
	found := ""
	for _, candidate := range candidates {
		if len(word) >= 3 && len(word) < len(candidate) && strings.EqualFold(word, candidate[:len(word)]) {
			if found != "" {
				return ""
			}
			found = candidate
		}
	}
	return found
}

// ByDistance returns the candidates sorted by how near they are to word, the
// nearest first; equally near ones stay in the order given.
func ByDistance(word string, candidates []string) []string {
	var x, y [maxLength]rune
	letters := clip(&x, strings.ToLower(word))
	to := func(candidate string) int { return distance(letters, clip(&y, strings.ToLower(candidate))) }
	sorted := slices.Clone(candidates)
	slices.SortStableFunc(sorted, func(a, b string) int { return to(a) - to(b) })
	return sorted
}

// maxLength bounds the work on hostile input: of a longer word only this many
// letters are compared.
const maxLength = 64

// distance is the optimal string alignment distance: how many insertions,
// deletions, substitutions and swaps of neighbours turn x into y, both clipped.
func distance(x, y []rune) int {
	var rows [3][maxLength + 1]int
	beforeLast, last, row := &rows[0], &rows[1], &rows[2]
	for j := range last {
		last[j] = j
	}
	for i := range x {
		row[0] = i + 1
		for j := range y {
			substitution := last[j]
			if x[i] != y[j] {
				substitution++
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, substitution)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], beforeLast[j-1]+1)
			}
		}
		beforeLast, last, row = last, row, beforeLast
	}
	return last[len(y)]
}

// clip puts the first letters of a word into a buffer.
func clip(buffer *[maxLength]rune, word string) []rune {
	letters := buffer[:0]
	for _, letter := range word {
		if len(letters) == maxLength {
			break
		}
		letters = append(letters, letter)
	}
	return letters
}

// DidYouMean returns `, did you mean "x"?` when a candidate is near, else "".
func DidYouMean(word string, candidates []string) string {
	if closest, ok := Closest(word, candidates); ok {
		return fmt.Sprintf(", did you mean %q?", closest)
	}
	return ""
}

// Allowed says which words are allowed in place of word, to end an error
// message with: `, did you mean "nodes"? allowed: eks, nodes`, or without the
// question when no word is near.
func Allowed(word string, candidates []string) string {
	question := ","
	if closest, ok := Closest(word, candidates); ok {
		question = fmt.Sprintf(", did you mean %q?", closest)
	}
	return question + " allowed: " + strings.Join(candidates, ", ")
}
