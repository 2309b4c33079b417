// Lines for a terminal of 80 columns.

package report

import (
	"strings"
	"unicode/utf8"
)

// columns is how wide our texts are.
const columns = 80

// wrap breaks a text between words, so that its lines fit; the first begins
// with first, the others with rest. What has no spaces is not broken.
func wrap(text, first, rest string) string {
	var b strings.Builder
	line, empty := first, true
	for word := range strings.FieldsSeq(text) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns {
			b.WriteString(line + "\n")
			line, empty = rest, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
	return b.String()
}
