// Words that a terminal has wrapped in the middle.

package denial

import (
	"regexp"

	"capaboot/internal/lazy"
)

// wrappedWord matches the rest of a word in the next line, if a sentence of AWS
// continues after it. A line break between two words does not match: the next
// line then begins with the continuation itself ("on resource").
var wrappedWord = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return compileSpaced(`^\n[\t\x20]*([^\s"'\\<>]+)(?: on resource| because no | with an explicit deny)`)
}}

// wrappedRest returns the rest of a word that a line break at text[end] may split, and
// the offset after the rest. The rest is "" if the word is complete.
func wrappedRest(text []byte, end int) (rest string, restEnd int) {
	const most = 2500
	window := text[min(end, len(text)):min(len(text), end+most)]
	m := wrappedWord.Get().FindSubmatchIndex(window)
	if m == nil {
		return "", end
	}
	return group(window, m, 1), end + m[3]
}
