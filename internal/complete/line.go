// Parses a command line as a shell does: into words without their quotes, and
// the part of the last word that readline keeps.

package complete

import "strings"

// quote is the quote that is open at the cursor: ' or "; 0 for none.
type quote byte

// line is the command line up to the cursor.
type line struct {
	words []string // without quotes; the last one is at the cursor
	raw   string   // the last word as the user typed it
	quote quote
	// inside is the part of the last word after the open quote, as the user
	// typed it.
	inside string
}

func (l *line) last() string { return l.words[len(l.words)-1] }

// split splits a line into words as a shell does, without expanding anything.
// The last word is the one at the cursor; it is empty after a space.
func split(text string) line {
	l := line{}
	var word strings.Builder
	start, opened, inWord := 0, 0, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case l.quote == '\'' && c != '\'', l.quote == '"' && c != '"' && c != '\\':
			word.WriteByte(c)
		case l.quote != 0 && c == byte(l.quote):
			l.quote = 0
		case l.quote == 0 && (c == '\'' || c == '"'):
			l.quote, opened, inWord = quote(c), i+1, true
		case c == '\\':
			// In double quotes, a backslash escapes only these characters.
			if i++; i < len(text) {
				if l.quote == '"' && !strings.ContainsRune("$`\"\\\n", rune(text[i])) {
					word.WriteByte('\\')
				}
				word.WriteByte(text[i])
				inWord = true
			}
		case c == ' ' || c == '\t' || c == '\n':
			if inWord {
				l.words = append(l.words, word.String())
			}
			word.Reset()
			start, inWord = i+1, false
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	l.words = append(l.words, word.String())
	l.raw = text[min(start, len(text)):]
	if l.quote != 0 {
		l.inside = text[opened:]
	}
	return l
}

// keptPart returns the part of the last word that readline keeps, without
// quotes: up to an open quote or, without one, up to and including the last unescaped
// character that is in breaks. readline replaces the text after it.
func (l *line) keptPart(breaks string) string {
	before := 0
	if l.quote != 0 {
		before = len(l.raw) - len(l.inside)
	} else {
		for i := 0; i < len(l.raw); i++ {
			if l.raw[i] == '\\' {
				i++
			} else if strings.IndexByte(breaks, l.raw[i]) >= 0 {
				before = i + 1
			}
		}
	}
	kept := split(l.raw[:before])
	return kept.last()
}

// escape escapes text for the quote that is open, or for no quote, so that the
// shell reads the text unchanged. It returns false when that is not possible.
func (q quote) escape(text string) (string, bool) {
	special := " \t\n\"'\\$`*?[]{}()<>|&;#!~"
	switch q {
	case '\'':
		return text, !strings.Contains(text, "'")
	case '"':
		special = "\"$`\\"
	}
	var b strings.Builder
	for i := range len(text) {
		if strings.IndexByte(special, text[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	return b.String(), true
}
