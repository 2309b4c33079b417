// Suggestions for names that share most of their words.

package nearword

import (
	"slices"
	"strings"
	"unicode"
)

// ClosestByWords returns the most similar candidate; "" when none is similar.
// Most candidates contain the common words, so only the other words of a name
// are compared. name may lack some words: "ControllersEKS", "nodes",
// "AWSIAMManagedPolicyCSI". If no candidate has enough similar words, the whole
// names are compared.
func ClosestByWords(name string, names []string, common ...string) string {
	nameWords := ownWords(name, common)
	closest, bestScore := "", 0
	for _, candidate := range names {
		candidateWords := ownWords(candidate, common)
		score := -len(candidateWords)
		for _, word := range nameWords {
			if slices.ContainsFunc(candidateWords, func(other string) bool { return similar(word, other) }) {
				score += 11
			} else {
				score -= 3
			}
		}
		if score > bestScore {
			closest, bestScore = candidate, score
		}
	}
	if closest == "" {
		closest, _ = Closest(name, names)
	}
	return closest
}

// similar reports whether one word is a misspelling or a part of the other.
func similar(word, other string) bool {
	_, isNear := Closest(word, []string{other})
	return isNear || len(word) > 2 && strings.Contains(other, word) || len(other) > 3 && strings.Contains(word, other)
}

// ownWords splits a camel-case name into lower-case words, and removes the
// common ones: "AWSIAMManagedPolicyEKSConsole" has "eks" and "console".
func ownWords(id string, common []string) []string {
	for _, word := range common {
		id = strings.ReplaceAll(id, word, " ")
	}
	var b strings.Builder
	for i, c := range id {
		next := ' '
		if i+1 < len(id) {
			next = rune(id[i+1])
		}
		if unicode.IsUpper(c) && (unicode.IsLower(next) || i > 0 && unicode.IsLower(rune(id[i-1]))) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return r < 'a' || r > 'z' })
}
