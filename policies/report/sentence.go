// The texts of findings and notes, and how many names of a list they contain.

package report

import (
	"slices"
	"strings"

	"capaboot/internal/shortlist"
	"capaboot/policies/review"
)

// How many names of a list a sentence shows; see shownCount.
const (
	fewNames  = 3
	manyNames = 12 // for lists that the reader needs nearly in full
)

// Sentence returns the text of a sentence.
func Sentence(s review.Sentence) string {
	var b strings.Builder
	for _, p := range s {
		b.WriteString(phraseText(p))
	}
	return b.String()
}

// phraseText returns the text of a part of a sentence, such as "a, b and c", "a,
// b or c" or "a, b, c and 37 more".
func phraseText(p review.Phrase) string {
	return p.Words + shortlist.Joined(lastWord(p), p.Texts, shownCount(p), func(name string) string { return name })
}

// lastWord returns the word before the last name of a list.
func lastWord(p review.Phrase) string {
	if p.Or {
		return "or"
	}
	return "and"
}

// shownCount returns how many names of a phrase its text contains.
func shownCount(p review.Phrase) int {
	if p.Most {
		return min(len(p.Texts), manyNames)
	}
	return shortlist.Shown(len(p.Texts), fewNames)
}

// containsAll reports whether the text of a sentence contains all names. A name
// with spaces or punctuation counts as not contained, because its end cannot be
// recognized in the text.
func containsAll(s review.Sentence, names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		return strings.ContainsAny(name, " \t\r\n,;()\"") ||
			!slices.ContainsFunc(s, func(p review.Phrase) bool { return slices.Contains(p.Names[:shownCount(p)], name) })
	})
}

// splitAtActions splits a message that lists only some of the actions: it returns the
// text before the list and the text after it, so that these can be shortened without
// cutting a name. word is the word before the last name of the list. For any other
// message, ok is false, and before is the whole text.
func splitAtActions(message review.Sentence, actions []string) (before, word, after string, ok bool) {
	for _, p := range message {
		switch n := shownCount(p); {
		case ok:
			after += phraseText(p)
		case len(actions) > n && len(p.Texts) == len(actions) && slices.Equal(p.Texts[:n], actions[:n]):
			word, ok = lastWord(p), true
		default:
			before += phraseText(p)
		}
	}
	return before, word, after, ok
}

func stepActionsText(step review.PathStep) string {
	return phraseText(review.Phrase{Names: step.Actions, Texts: step.Actions})
}
