// Markdown for a comment on a pull request: fitting its size, and escaping
// texts of documents.

package report

import (
	"strings"

	"capaboot/internal/escape"
	"capaboot/internal/shortlist"
)

// maxComment is the maximum length of a comment on GitHub, in characters. The
// reports count bytes instead: a text has at least as many bytes as characters.
// Source: GitHub's error message, "body is too long (maximum is 65536
// characters)".
const maxComment = 65536

// commentReserve is the space kept for the end of a comment, including the sentence
// about what was left out.
const commentReserve = 1200

// comment is a comment of limited length on a pull request. It counts what does
// not fit.
type comment struct {
	text    strings.Builder
	limit   int      // in bytes
	omitted []string // what does not fit: "3 more findings below medium severity"
}

// addSection adds n parts in a section that is folded under the summary, or not
// folded if the summary is "". part returns the text of a part; "" ends the
// section before that part. addSection counts the parts that it leaves out;
// noun and suffix describe them: "finding" and " below medium severity".
func (c *comment) addSection(summary, head string, n int, noun, suffix string, part func(int) string) {
	start, end := "\n", ""
	if summary != "" {
		start, end = "\n<details><summary>"+summary+"</summary>\n\n", "\n</details>\n"
	}
	var b strings.Builder
	b.WriteString(start + head)
	i := 0
	// The sections are in order of importance: after a section that left parts
	// out, no part is added.
	for ; i < n && len(c.omitted) == 0; i++ {
		text := part(i)
		if text == "" || c.text.Len()+b.Len()+len(text)+len(end) > c.limit {
			break
		}
		b.WriteString(text)
	}
	if i < n {
		if i > 0 {
			noun = "more " + noun
		}
		c.omitted = append(c.omitted, Count(n-i, noun)+suffix)
	}
	if i > 0 {
		c.text.WriteString(b.String() + end)
	}
}

func leftOutText(omitted ...string) string {
	return "\n**Left out because the length of a comment is limited: " + strings.Join(omitted, "; ") + ".** `-o text` and `-o json` have everything.\n"
}

func markdownShort(text string) string { return escape.Markdown(shorten(text)) }

// codeSpan shortens a text of a document and formats it as a code span in a
// table cell.
func codeSpan(text string) string { return escape.MarkdownCode(shorten(text)) }

func codeSpans(names []string, limit int) string {
	return shortlist.Few(names, shortlist.Shown(len(names), limit), func(name string) string { return codeSpan(quoteSpaces(name, name)) })
}

// maxInCell is the limit of [shortlist.Shown] for the texts in a table cell.
const maxInCell = 12

// joinMarkdown joins the first texts of a list for a table cell, and counts the
// others.
func joinMarkdown(texts []string, separator string) string {
	limit := shortlist.Shown(len(texts), maxInCell)
	escaped := make([]string, limit)
	for i := range escaped {
		escaped[i] = markdownShort(texts[i])
	}
	if omitted := len(texts) - limit; omitted > 0 {
		escaped = append(escaped, shortlist.More(omitted))
	}
	return strings.Join(escaped, separator)
}
