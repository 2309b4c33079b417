// Package escapetest checks Markdown that contains untrusted text, in tests.
package escapetest

import (
	"strings"
	"testing"
)

// maxComment is the maximum length of a comment on GitHub, in characters.
// CheckMarkdown counts bytes, which are never fewer than the characters.
const maxComment = 65536

// CheckMarkdown fails the test unless a comment is short enough for GitHub,
// every row of a table has the same number of columns, every details element is
// closed, and none of the hostile texts that tests use became a mention, a link
// or HTML.
func CheckMarkdown(t *testing.T, text string) {
	t.Helper()
	if len(text) > maxComment {
		t.Errorf("the comment has %d bytes", len(text))
	}
	outside := strings.Join(WithoutCode(text), "")
	if open, closed := strings.Count(outside, "<details>"), strings.Count(outside, "</details>"); open != closed {
		t.Errorf("%d details open, %d close", open, closed)
	}
	columns := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := strings.Count(line, "|") - strings.Count(line, "\\|")
		if columns > 0 && n != columns {
			t.Errorf("a row of %d columns in a table of %d: %s", n-1, columns-1, line)
		}
		columns = n
	}
	for _, magic := range []string{"@team", "<img", "https://x", "www."} {
		if strings.Contains(outside, magic) {
			t.Errorf("%q is not escaped: %s", magic, text)
		}
	}
}

// WithoutCode returns the parts of a text outside of code spans. As in
// CommonMark, a span ends with as many backticks as it begins with.
func WithoutCode(text string) []string {
	var parts []string
	for line := range strings.Lines(text) {
		for line != "" {
			i := strings.IndexByte(line, '`')
			if i > 0 && line[i-1] == '\\' {
				parts, line = append(parts, line[:i+1]), line[i+1:]
				continue
			}
			if i < 0 {
				parts = append(parts, line)
				break
			}
			parts = append(parts, line[:i])
			line = line[i:]
			n := len(line) - len(strings.TrimLeft(line, "`"))
			rest, end := line[n:], -1
			for j := 0; j < len(rest); {
				if rest[j] != '`' {
					j++
					continue
				}
				m := len(rest[j:]) - len(strings.TrimLeft(rest[j:], "`"))
				if m == n {
					end = j + m
					break
				}
				j += m
			}
			if end < 0 {
				parts = append(parts, rest) // backticks that begin no span
				break
			}
			line = rest[end:]
		}
	}
	return parts
}
