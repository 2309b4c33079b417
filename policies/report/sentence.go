// Sentences of findings and notes: the text of their parts, and how many names of
// a list it says.

package report

import (
	"slices"
	"strings"

	"capaboot/internal/shortlist"
	"capaboot/policies/review"
)

// How many names of a list a sentence says.
const (
	fewNames  = 3
	mostNames = 12 // where a reader needs nearly all of them
)

// Sentence is the text of a sentence.
func Sentence(s review.Sentence) string {
	var b strings.Builder
	for _, p := range s {
		b.WriteString(phrase(p))
	}
	return b.String()
}

// phrase is a part of a sentence: "a, b, c and 37 more".
func phrase(p review.Phrase) string {
	return p.Words + shortlist.Few(p.Texts, said(p), func(name string) string { return name })
}

// said returns how many names of a phrase its text says.
func said(p review.Phrase) int {
	if p.Most {
		return min(len(p.Texts), mostNames)
	}
	return shortlist.Shown(len(p.Texts), fewNames)
}

// says reports whether the text of a sentence says all of some names. One with
// blanks or punctuation is never shown: its end cannot be seen.
func says(s review.Sentence, names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		return strings.ContainsAny(name, " \t\r\n,;()\"") ||
			!slices.ContainsFunc(s, func(p review.Phrase) bool { return slices.Contains(p.Names[:said(p)], name) })
	})
}

// around returns what a message says before and after its list of the actions,
// when it lists a few of them only. Each is shortened alone, so that none of the
// names is cut.
func around(message review.Sentence, actions []string) (before, after string, ok bool) {
	for _, p := range message {
		switch n := said(p); {
		case ok:
			after += phrase(p)
		case len(actions) > n && len(p.Texts) == len(actions) && slices.Equal(p.Texts[:n], actions[:n]):
			ok = true
		default:
			before += phrase(p)
		}
	}
	return before, after, ok
}

// stepActions are the actions of a step of an escalation path.
func stepActions(step review.PathStep) string {
	return phrase(review.Phrase{Names: step.Actions, Texts: step.Actions})
}
