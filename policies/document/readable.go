// Opaque texts in the form that people read.

package document

import "strings"

// maxReadable is the length in bytes above which Readable returns a text unchanged.
const maxReadable = 2048

// Readable returns a text in which each choice by a condition is written out:
// "a or none (condition C)" for an Fn::If. The result is for reading, not for comparing.
func Readable(text string) string {
	if len(text) > maxReadable {
		return text
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "${If:")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		end := ClosingBrace("${If:" + after)
		parts := splitOpaque(after[:max(end-len("${If:}"), 0)], '|')
		if len(parts) != 3 {
			b.WriteString("${If:")
			text = after
			continue
		}
		for i, part := range parts {
			if part == "${AWS::NoValue}" {
				parts[i] = "none"
			}
		}
		b.WriteString(Readable(parts[1]) + " or " + Readable(parts[2]) + " (condition " + parts[0] + ")")
		text = after[end-len("${If:"):]
	}
}
