// This file replaces parts of a text.

package secrecy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// span is a part of a text, and the text that replaces it.
type span struct {
	start, end  int
	replacement string
}

// hiddenSpan returns the span of a text that may be a secret.
func hiddenSpan(start, end int) span { return span{start, end, mark(end - start)} }

// mark returns the replacement for a hidden text of n characters.
func mark(n int) string {
	return fmt.Sprintf("(%d characters, not shown because they may be a secret)", n)
}

// replaceSpans replaces the spans of a text. Spans that overlap are replaced as
// one.
func replaceSpans(text string, spans []span) string {
	if len(spans) == 0 {
		return text
	}
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	var b strings.Builder
	written := 0
	for i := 0; i < len(spans); {
		s := spans[i]
		for i++; i < len(spans) && spans[i].start < s.end; i++ {
			end := max(s.end, spans[i].end)
			s = hiddenSpan(s.start, end)
		}
		b.WriteString(text[written:s.start] + s.replacement)
		written = s.end
	}
	return b.String() + text[written:]
}

// mask overwrites the spans of a text with a character that is in no secret and
// begins no value, so that positions in the text stay the same.
func mask(text string, spans []span) string {
	if len(spans) == 0 {
		return text
	}
	masked := []byte(text)
	for _, s := range spans {
		for i := s.start; i < s.end; i++ {
			masked[i] = '('
		}
	}
	return string(masked)
}

// occurrences returns where a part occurs in a text, as spans to hide.
func occurrences(text, part string) (spans []span) {
	for start := 0; ; {
		i := strings.Index(text[start:], part)
		if i < 0 {
			return spans
		}
		spans = append(spans, hiddenSpan(start+i, start+i+len(part)))
		start += i + len(part)
	}
}
