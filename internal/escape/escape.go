// Package escape writes untrusted text, such as names in a policy document or
// messages of CloudFormation, so that it cannot control a terminal, change the
// visible order of text, or become markup.
//
// The same characters are hidden or invalid in every output format: see
// [Hidden]. Each format has its functions: [Text] and [Lines] for people,
// [JSON] and [YAML] for programs, [Markdown] and [MarkdownCode] for comments.
package escape

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Hidden reports whether a reader cannot see a character, or sees others
// differently because of it: control characters (C0, DEL, C1), characters that
// change the direction of text, characters without width, spaces other than
// U+0020, private and unassigned characters.
func Hidden(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7F
	}
	return !unicode.IsPrint(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// isPlain reports whether a text is ASCII without hidden characters, except for
// those in kept. It is a quick check: other texts may need no escapes either.
func isPlain[T string | []byte](text T, kept string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c >= utf8.RuneSelf || Hidden(rune(c)) && strings.IndexByte(kept, c) < 0 {
			return false
		}
	}
	return true
}

// replace returns a text with escapes, except for the hidden characters in
// kept. hidden writes the escape of a hidden character. invalid writes the
// escape of a byte that is not UTF-8.
func replace(text, kept string, hidden func(*strings.Builder, rune), invalid func(*strings.Builder, byte)) string {
	if isPlain(text, kept) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size <= 1:
			invalid(&b, text[i])
		case Hidden(r) && !strings.ContainsRune(kept, r):
			hidden(&b, r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// Text escapes a text for one line that people read: \u202e, \U000e0001, and
// \xff for a byte that is not UTF-8. Existing escapes are unchanged.
func Text(text string) string { return visible(text, "") }

// Lines is like Text, but for a text of several lines. It keeps line breaks and
// tabs.
func Lines(text string) string { return visible(text, "\n\t") }

func visible(text, kept string) string {
	return replace(text, kept, writeEscape, func(b *strings.Builder, c byte) { fmt.Fprintf(b, `\x%02x`, c) })
}

// writeEscape writes an escape in the form of Go and YAML.
func writeEscape(b *strings.Builder, r rune) {
	if r > 0xFFFF {
		fmt.Fprintf(b, `\U%08x`, r)
		return
	}
	fmt.Fprintf(b, `\u%04x`, r)
}

// writeReplacement writes the escape that replaces a byte that is not UTF-8, in
// formats that have no escape for it.
func writeReplacement(b *strings.Builder, _ byte) { b.WriteString(`\ufffd`) }

// Shortened returns a text of at most limit characters unchanged. Of a longer
// text, it keeps limit characters, and says how many it left out between the
// beginning and the end. It keeps a quarter of the characters from the end,
// because an error that quotes a long value has its reason there.
func Shortened(text string, limit int) string {
	count := 0
	if len(text) > limit {
		count = utf8.RuneCountInString(text)
	}
	if count <= limit {
		return text
	}
	last := limit / 4
	start, end, n := 0, len(text), 0
	for i := range text {
		switch n {
		case limit - last:
			start = i
		case count - last:
			end = i
		}
		n++
	}
	return fmt.Sprintf("%s... (%d more characters) ...%s", text[:start], count-limit, text[end:])
}

// JSON escapes hidden characters in the strings of a JSON text, without
// changing their values, except that a byte that is not UTF-8 becomes U+FFFD.
// It keeps line breaks and tabs, which occur only between values.
func JSON(text string) string {
	return replace(text, "\n\t", func(b *strings.Builder, r rune) {
		if r > 0xFFFF {
			r -= 0x10000
			fmt.Fprintf(b, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
			return
		}
		fmt.Fprintf(b, `\u%04x`, r)
	}, writeReplacement)
}

// YAML escapes hidden characters in a double-quoted YAML scalar, without
// changing its value, except that a byte that is not UTF-8 becomes U+FFFD.
func YAML(scalar string) string { return replace(scalar, "", writeEscape, writeReplacement) }

// Coloured is like Lines, but for a text with colours: it keeps the sequences
// that set colours, such as "ESC [ 1;31 m".
func Coloured(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "\x1b[")
		b.WriteString(Lines(before))
		if !found {
			return b.String()
		}
		n := len(after) - len(strings.TrimLeft(after, "0123456789;"))
		if n < len(after) && after[n] == 'm' {
			b.WriteString("\x1b[" + after[:n+1])
			text = after[n+1:]
			continue
		}
		b.WriteString(Text("\x1b") + "[")
		text = after
	}
}
