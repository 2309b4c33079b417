// This file breaks lines for a terminal of 80 columns.

package terminal

import (
	"strings"
	"unicode/utf8"
)

// Columns is the width of our texts.
const Columns = 80

// Wrap breaks a text between words into lines of at most 80 columns. The first
// line begins with firstPrefix, and each other line with prefix. A word that is
// longer than a line is not broken.
func Wrap(text, firstPrefix, prefix string) string {
	var b strings.Builder
	line, empty := firstPrefix, true
	for word := range strings.FieldsSeq(text) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > Columns {
			b.WriteString(line + "\n")
			line, empty = prefix, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
	return b.String()
}

// cut shortens a line to a width in columns; a width of 0 or less means no
// limit.
func cut(line string, width int) string {
	if runes := []rune(line); width > 0 && len(runes) > width {
		return string(runes[:width])
	}
	return line
}
