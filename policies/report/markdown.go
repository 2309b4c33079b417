// Markdown for a comment on a pull request: what fits one, and texts of
// documents in it.

package report

import (
	"strings"

	"capaboot/internal/escape"
	"capaboot/internal/shortlist"
)

// maxComment is the length of the longest comment that GitHub takes, in
// characters; we count bytes, which are as many or more. Source: GitHub's
// error message, "body is too long (maximum is 65536 characters)".
const maxComment = 65536

// reserve is what the end of a comment needs, with the sentence on what is
// left out.
const reserve = 1200

// comment is a text with little room. What no longer fits is counted.
type comment struct {
	text    strings.Builder
	room    int
	omitted []string
}

// fold adds n parts under a summary that opens; without one, they stand open. What
// does not fit is counted as noun, with of behind it: "finding", " of low severity".
func (c *comment) fold(summary, head string, n int, noun, of string, part func(int) string) {
	start, end := "\n", ""
	if summary != "" {
		start, end = "\n<details><summary>"+summary+"</summary>\n\n", "\n</details>\n"
	}
	var b strings.Builder
	b.WriteString(start + head)
	i := 0
	// What is worse must not be left out for what is not.
	for ; i < n && len(c.omitted) == 0; i++ {
		text := part(i)
		if text == "" || c.text.Len()+b.Len()+len(text)+len(end) > c.room {
			break
		}
		b.WriteString(text)
	}
	if i < n {
		if i > 0 {
			noun = "more " + noun
		}
		c.omitted = append(c.omitted, Count(n-i, noun)+of)
	}
	if i > 0 {
		c.text.WriteString(b.String() + end)
	}
}

// markdownShort is a text of a document for Markdown, shortened.
func markdownShort(text string) string { return escape.Markdown(short(text)) }

// code is a text of a document as a code span in a cell, shortened.
func code(text string) string { return escape.MarkdownCode(short(text)) }

// codes is a few of many code spans.
func codes(names []string, most int) string {
	return shortlist.Few(names, shortlist.Shown(len(names), most), func(name string) string { return code(visible(name, name)) })
}

// mostInCell is how many names one cell of a table has.
const mostInCell = 12

// someMarkdown is a few of many texts of a document for a cell.
func someMarkdown(texts []string, separator string) string {
	most := shortlist.Shown(len(texts), mostInCell)
	escaped := make([]string, most)
	for i := range escaped {
		escaped[i] = markdownShort(texts[i])
	}
	if more := len(texts) - most; more > 0 {
		escaped = append(escaped, shortlist.More(more))
	}
	return strings.Join(escaped, separator)
}
