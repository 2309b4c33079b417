// Package spell finds the word somebody probably meant, for error messages
// such as `unknown field "nodez", did you mean "nodes"?`.
package spell

import (
	"fmt"
	"sort"
	"strings"
)

// Closest returns the candidate nearest to word, and whether one is near
// enough to be worth suggesting: at most a third of the word's letters differ
// (at least one may). Letter case does not count as a difference. Of equally
// near candidates it returns the first in the order given.
func Closest(word string, candidates []string) (string, bool) {
	best, bestDistance := "", max(1, len(clip(word))/3)+1
	for _, candidate := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(candidate)); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best, best != ""
}

// ByDistance returns the candidates sorted by how near they are to word, the
// nearest first; equally near ones stay in the order given.
func ByDistance(word string, candidates []string) []string {
	sorted := append([]string(nil), candidates...)
	sort.SliceStable(sorted, func(i, j int) bool {
		return distance(strings.ToLower(word), strings.ToLower(sorted[i])) <
			distance(strings.ToLower(word), strings.ToLower(sorted[j]))
	})
	return sorted
}

// maxLength bounds the work on hostile input: of a longer word only this many
// letters are compared.
const maxLength = 64

// distance is the optimal string alignment distance: how many insertions,
// deletions, substitutions and swaps of neighbours turn a into b.
func distance(a, b string) int {
	x, y := clip(a), clip(b)
	beforeLast, last := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := range x {
		row := make([]int, len(y)+1)
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
		beforeLast, last = last, row
	}
	return last[len(y)]
}

func clip(s string) []rune {
	r := []rune(s)
	return r[:min(len(r), maxLength)]
}

// DidYouMean returns `, did you mean "x"?` when a candidate is near, else "".
func DidYouMean(word string, candidates []string) string {
	if closest, ok := Closest(word, candidates); ok {
		return fmt.Sprintf(", did you mean %q?", closest)
	}
	return ""
}

// Allowed says which words are allowed in the place of word, to end an error
// message with: `, did you mean "nodes"? allowed: eks, nodes`, or without the
// question when no word is near.
func Allowed(word string, candidates []string) string {
	question := ","
	if closest, ok := Closest(word, candidates); ok {
		question = fmt.Sprintf(", did you mean %q?", closest)
	}
	return question + " allowed: " + strings.Join(candidates, ", ")
}
