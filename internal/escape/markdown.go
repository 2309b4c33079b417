// This file escapes text for Markdown in comments on GitHub and similar sites,
// which turn plain text into markup, links, mentions and references.

package escape

import (
	"regexp"
	"strings"

	"capaboot/internal/lazy"
)

// invisibleSeparator separates two characters without a visible effect. GitHub
// looks for mentions and references after it has rendered the Markdown, when a
// backslash or a character reference no longer separates them.
const invisibleSeparator = "<!-- -->"

// markupEscapes escapes characters with a meaning in Markdown or HTML. A dollar
// sign may begin a formula. The form of a plain dollar sign comes from GitHub's
// documentation, "Writing mathematical expressions".
var markupEscapes = lazy.Value[*strings.Replacer]{Make: func() *strings.Replacer {
	return strings.NewReplacer(
		"<", "&lt;", ">", "&gt;", "&", "&amp;", "$", "<span>$</span>",
		"\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "|", "\\|", "~", "\\~", "#", "\\#",
	)
}}

// autolinkPattern matches text that GitHub, GitLab and others turn into a link,
// a mention or an emoji. [Markdown] adds a separator after the group that
// matches. Sources: GitHub documentation, "Autolinked references and URLs";
// GitHub Flavored Markdown, 6.9 "Autolinks (extension)"; GitLab documentation,
// "GitLab-specific references".
var autolinkPattern = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(@)|` + // @user, @org/team, an email address
		`(:)//|` + // https://
		`(w)ww\.|` + // also inside a word: with \b, it would miss _www., which becomes a link
		`(#)\w|` + // #26, owner/repository#26
		`((?:\b|_)GH-)\d|` +
		`((?:mailto|xmpp):)|` +
		`(!)\d|` + // !26, a merge request
		`(:)(?-i:([a-z0-9_+-]+)):`) // :key:, an emoji
}}

// emojiGroup is the group of autolinkPattern with the name of an emoji.
const emojiGroup = 9

// notEmojiPattern matches fields of ARNs that stand between colons and are not
// the name of an emoji: partitions, some services, and account IDs.
var notEmojiPattern = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:aws(?:-[a-z-]+)?|iam|sts|ec2|s3|eks|ssm|kms|\d{12})$`)
}}

// lineStartPattern matches what begins a list, a heading or a rule at the start
// of a line, except for characters that are escaped everywhere.
var lineStartPattern = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[-+=]|\d+[.)])`)
}}

// Markdown escapes a text for Markdown outside of code spans: it appears as
// [Text] returns it, on one line, without surrounding white space.
func Markdown(text string) string {
	text = strings.TrimSpace(Text(text))
	var b strings.Builder
	if start := lineStartPattern.Get().FindString(text); start != "" {
		// Escape the last character: the full stop of "1.".
		b.WriteString(start[:len(start)-1] + "\\" + start[len(start)-1:])
		text = text[len(start):]
	}
	for {
		match := autolinkPattern.Get().FindStringSubmatchIndex(text)
		if match == nil {
			b.WriteString(markupEscapes.Get().Replace(text))
			return b.String()
		}
		end, separator := 0, invisibleSeparator
		for group := 1; group < emojiGroup; group++ {
			end = max(end, match[2*group+1])
		}
		if match[2*emojiGroup] >= 0 && notEmojiPattern.Get().MatchString(text[match[2*emojiGroup]:match[2*emojiGroup+1]]) {
			separator = ""
		}
		b.WriteString(markupEscapes.Get().Replace(text[:end]) + separator)
		text = text[end:]
	}
}

// MarkdownCode returns a text as code that is also valid in a cell of a table;
// "" for an empty text. A code span in a cell cannot contain a backslash before
// a pipe, so a text with both is in <code> instead.
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
