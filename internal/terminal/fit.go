// Texts of 80 columns on a terminal that has fewer.

package terminal

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// Narrowest is the width that texts are fitted to at least, in columns.
const Narrowest = 40

// Fit breaks the lines of a text that do not fit width columns, between words.
// The rest of a line is indented by two more columns. A word that is longer than
// a line stays whole: an ARN is there to be copied. 0 is a width that everything
// fits. Lines are not put together first, for no line says whether it goes on
// with the one before it.
func Fit(text string, width int) string {
	if width == 0 {
		return text
	}
	return fit(text, max(width, Narrowest))
}

func fit(text string, width int) string {
	if visiblyFits(text, width) {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if visibleWidth(line) > width {
			lines[i] = broken(line, min(indentOf(line)+2, width/2), width)
		}
	}
	return strings.Join(lines, "\n")
}

// broken is one line as several.
func broken(line string, rest, width int) string {
	var b strings.Builder
	indent := indentOf(line)
	column := min(indent, width/2)
	b.WriteString(strings.Repeat(" ", column))
	begins, gap := true, ""
	for line = line[indent:]; line != ""; {
		end := strings.IndexByte(line, ' ')
		if end < 0 {
			end = len(line)
		}
		word := line[:end]
		if !begins && column+len(gap)+visibleWidth(word) > width {
			b.WriteString("\n" + strings.Repeat(" ", rest))
			column, gap = rest, ""
		}
		b.WriteString(gap + word)
		column += len(gap) + visibleWidth(word)
		begins = false
		line = line[end:]
		after := strings.TrimLeft(line, " ")
		gap, line = line[:len(line)-len(after)], after
	}
	return b.String() + gap
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// colour matches the sequences that colour a text.
var colour = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("\x1b\\[[0-9;]*m") })

func visibleWidth(line string) int {
	if strings.Contains(line, "\x1b[") {
		line = colour().ReplaceAllString(line, "")
	}
	return utf8.RuneCountInString(line)
}

func visiblyFits(text string, width int) bool {
	for line := range strings.Lines(text) {
		if visibleWidth(strings.TrimRight(line, " \n")) > width {
			return false
		}
	}
	return true
}
