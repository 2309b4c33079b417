// Package nearword finds the word that the user probably meant, for error
// messages such as `unknown field "nodez", did you mean "nodes"?`.
package nearword

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Closest returns the candidate most similar to word, and whether it is similar enough
// to suggest: at most a third of the letters differ, or one letter. Case is ignored. Of
// equally similar candidates, Closest returns the first. If none is similar, Closest
// returns the only candidate that begins with word, or with word without its last
// letter ("disable" for "disy"). That beginning has at least three letters.
func Closest(word string, candidates []string) (string, bool) {
	var x, y [maxLength]rune
	letters := clip(&x, strings.ToLower(word))
	closest, bestDistance := "", max(1, len(clip(&y, word))/3)+1
	for _, candidate := range candidates {
		other := clip(&y, strings.ToLower(candidate))
		if max(len(letters)-len(other), len(other)-len(letters)) >= bestDistance {
			continue // the difference in length alone is too large
		}
		if d := distance(letters, other); d < bestDistance {
			closest, bestDistance = candidate, d
		}
	}
	if closest == "" {
		closest = onlyWithPrefix(word, candidates)
	}
	if letters := len(word) - 1; closest == "" && letters >= 3 {
		closest = onlyWithPrefix(word[:letters], candidates)
	}
	return closest, closest != ""
}

// onlyWithPrefix returns the only candidate that is longer than word and begins
// with it; "" when there is none or more than one, or when word has fewer than
// three letters.
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

// ByDistance returns the candidates sorted by their similarity to word, the
// most similar first. Equally similar candidates keep their order.
func ByDistance(word string, candidates []string) []string {
	var x, y [maxLength]rune
	letters := clip(&x, strings.ToLower(word))
	distanceTo := func(candidate string) int { return distance(letters, clip(&y, strings.ToLower(candidate))) }
	sorted := slices.Clone(candidates)
	slices.SortStableFunc(sorted, func(a, b string) int { return distanceTo(a) - distanceTo(b) })
	return sorted
}

// IsOneLetterOff reports whether word differs from other in one letter: missing, added,
// replaced, or swapped with the next one. Case is ignored.
func IsOneLetterOff(word, other string) bool {
	var x, y [maxLength]rune
	return distance(clip(&x, strings.ToLower(word)), clip(&y, strings.ToLower(other))) == 1
}

// maxLength limits the work for very long input: only this many letters of a
// word are compared.
const maxLength = 64

// distance returns the optimal string alignment distance of x and y: the
// smallest number of insertions, deletions, substitutions and swaps of adjacent
// letters that turn x into y. Both are clipped.
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

// clip copies the first letters of a word into the buffer.
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

// DidYouMean returns `, did you mean "x"?` when a candidate is similar; ""
// otherwise.
func DidYouMean(word string, candidates []string) string {
	if closest, ok := Closest(word, candidates); ok {
		return fmt.Sprintf(", did you mean %q?", closest)
	}
	return ""
}

// Allowed returns the end of an error message that lists the allowed words: `,
// did you mean "nodes"? allowed: eks, nodes`. The question is left out when no
// word is similar and word abbreviates none ("cfn" for "cloudformation").
func Allowed(word string, candidates []string) string {
	closest, ok := Closest(word, candidates)
	if !ok {
		closest, ok = abbreviated(word, candidates)
	}
	question := ";"
	if ok {
		question = fmt.Sprintf(", did you mean %q?", closest)
	}
	return question + " allowed: " + strings.Join(candidates, ", ")
}

// abbreviated returns the only candidate that word abbreviates, and whether there is one.
// An abbreviation begins with the same letter, and its letters are in the candidate, in
// the same order.
func abbreviated(word string, candidates []string) (found string, ok bool) {
	for _, candidate := range candidates {
		if len(word) < 2 || !strings.EqualFold(word[:1], candidate[:min(1, len(candidate))]) {
			continue
		}
		rest := strings.ToLower(word)
		for _, letter := range strings.ToLower(candidate) {
			if first, size := utf8.DecodeRuneInString(rest); rest != "" && first == letter {
				rest = rest[size:]
			}
		}
		switch {
		case rest != "":
		case ok:
			return "", false
		default:
			found, ok = candidate, true
		}
	}
	return found, ok
}
