// Markdown: text in comments on GitHub and the like, which make markup, links,
// mentions and references of plain text.

package escape

import (
	"regexp"
	"strings"

	"capaboot/internal/lazy"
)

// split is between two characters that the reader sees side by side.
// GitHub looks for mentions and references in the text after Markdown is read,
// where neither a backslash nor a character reference keeps them apart.
const split = "<!-- -->"

// entities are characters with a meaning in HTML. A dollar sign may begin a
// formula; GitHub's documentation, "Writing mathematical expressions", has this
// form for one that does not.
var entities = lazy.Value[*strings.Replacer]{Make: func() *strings.Replacer {
	return strings.NewReplacer(
		"<", "&lt;", ">", "&gt;", "&", "&amp;", "$", "<span>$</span>",
		"\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "|", "\\|", "~", "\\~", "#", "\\#",
	)
}}

// references match what GitHub, GitLab and others make a link, a mention or a
// picture of by themselves: each is split after the group that matches.
// Sources: GitHub documentation, "Autolinked references and URLs"; GitHub
// Flavored Markdown, 6.9 "Autolinks (extension)"; GitLab documentation,
// "GitLab-specific references".
var references = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(@)|` + // @user, @org/team, a mail address
		`(:)//|` + // https://
		`(w)ww\.|` + // wherever it stands: an underscore before it, part of a word for \b, does not keep it from being a link
		`(#)\w|` + // #26, owner/repository#26
		`((?:\b|_)GH-)\d|` +
		`((?:mailto|xmpp):)|` +
		`(!)\d|` + // !26, a merge request
		`(:)(?-i:([a-z0-9_+-]+)):`) // :key:, a picture
}}

// emoji is the group of references with the name of a picture.
const emoji = 9

// notEmoji matches what is between colons in most ARNs, and is the name of
// no picture: partitions, some services, and account IDs.
var notEmoji = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:aws(?:-[a-z-]+)?|iam|sts|ec2|s3|eks|ssm|kms|\d{12})$`)
}}

// mark matches what makes a list, a heading or a rule at the start of a line,
// besides the characters that are escaped everywhere.
var mark = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[-+=]|\d+[.)])`)
}}

// Markdown escapes a text for Markdown, in any place but a code span: it is
// read as it is, on one line, without white space around it.
func Markdown(text string) string {
	text = strings.TrimSpace(Text(text))
	var b strings.Builder
	if start := mark.Get().FindString(text); start != "" {
		// The last character is what makes it: of "1." the full stop.
		b.WriteString(start[:len(start)-1] + "\\" + start[len(start)-1:])
		text = text[len(start):]
	}
	for {
		at := references.Get().FindStringSubmatchIndex(text)
		if at == nil {
			b.WriteString(entities.Get().Replace(text))
			return b.String()
		}
		end, apart := 0, split
		for group := 1; group < emoji; group++ {
			end = max(end, at[2*group+1])
		}
		if at[2*emoji] >= 0 && notEmoji.Get().MatchString(text[at[2*emoji]:at[2*emoji+1]]) {
			apart = ""
		}
		b.WriteString(entities.Get().Replace(text[:end]) + apart)
		text = text[end:]
	}
}

// MarkdownCode is a text as code, in a cell of a table too; "" for none. A code
// span in a cell has no way to write a backslash before a pipe.
func MarkdownCode(text string) string {
	text = Text(text)
	if text == "" {
		return ""
	}
	if strings.Contains(text, "\\|") {
		return "<code>" + Markdown(text) + "</code>"
	}
	text = strings.ReplaceAll(text, "|", "\\|")
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if len(fence) > 1 || strings.HasPrefix(text, " ") || strings.HasSuffix(text, " ") {
		text = " " + text + " "
	}
	return fence + text + fence
}
