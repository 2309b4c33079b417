// Text functions that the reports share: shortening, counting and escaping.

package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"capaboot/internal/escape"
	"capaboot/internal/shortlist"
	"capaboot/policies/document"
	"capaboot/policies/source"
)

// inputText returns the name of an input as a part of a sentence: "the deployed
// stack" for "deployed", and "standard input" for "-".
func inputText(name string) string {
	switch name {
	case source.Deployed:
		return "the deployed stack"
	case source.Stdin:
		return "standard input"
	}
	return name
}

// shorten shortens a long text of a document and escapes it for a terminal, as
// escapeLine does. It does not shorten a text that is only a little too long, because the
// note about the omitted characters would need as much space.
func shorten(text string) string {
	const note = len("... (100 characters more)")
	text = document.Readable(text)
	if utf8.RuneCountInString(text) > maxCharacters+2*note {
		all := []rune(text)
		text = fmt.Sprintf("%s... (%d characters more)", string(all[:maxCharacters]), len(all)-maxCharacters)
	}
	return escapeLine(text)
}

// joinFew joins the first names and counts the others: "a, b, c and 37 more".
func joinFew(names []string, limit int) string {
	return shortlist.Few(names, shortlist.Shown(len(names), limit), func(name string) string { return quoteSpaces(name, shorten(name)) })
}

// sentenceNames is joinFew for a list in a sentence, with "and" before the last name.
func sentenceNames(names []string, limit int) string {
	return namesWith("and", names, limit)
}

// namesWith is sentenceNames with another word before the last name.
func namesWith(word string, names []string, limit int) string {
	return shortlist.Joined(word, names, shortlist.Shown(len(names), limit), func(name string) string { return quoteSpaces(name, shorten(name)) })
}

// quoteSpaces returns displayed, the form of a name to show. If the name begins
// or ends with a space, or has two spaces in a row, quoteSpaces adds quotes,
// because such spaces are not visible.
func quoteSpaces(name, displayed string) string {
	if strings.TrimSpace(name) != name || strings.Contains(name, "  ") {
		return `"` + displayed + `"`
	}
	return displayed
}

// Count formats a number with its noun: "1 finding", "2 findings", "3 policies".
func Count(n int, noun string) string {
	if n != 1 {
		if before, ok := strings.CutSuffix(noun, "y"); ok && before != "" && !strings.ContainsRune("aeou", rune(before[len(before)-1])) {
			noun = before + "ie"
		}
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// capitalize capitalizes a text, unless its first word is an action or another
// identifier.
func capitalize(text string) string {
	first, _, _ := strings.Cut(text, " ")
	if text == "" || strings.ContainsAny(first, ":.-_/[") {
		return text
	}
	letter, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(letter)) + text[size:]
}

// toSentence makes a phrase a sentence, with a capital letter and a full stop.
func toSentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.TrimSuffix(capitalize(text), ".") + "."
}

// escapeLine escapes a text from outside capaboot for one line, and writes out the
// choices of template conditions in it.
func escapeLine(text string) string { return escape.Text(document.Readable(text)) }

// writeNames writes one name per line, the first one after a word: "by", "on".
func writeNames(b *strings.Builder, word string, names []string) {
	for i, name := range names {
		if i > 0 {
			word = strings.Repeat(" ", len(word))
		}
		fmt.Fprintf(b, "    %s %s\n", word, quoteSpaces(name, escapeLine(name)))
	}
}

// descriptionText says what an action does, from AWS's description: "launch one or
// more instances", and "let SSM Agent send a heartbeat signal" if AWS names who acts.
func descriptionText(description string) string {
	text, isGrant := strings.CutPrefix(description, "Grants permission to ")
	if !isGrant {
		return strings.TrimPrefix(text, "Controls permission to ")
	}
	agent, act, _ := strings.Cut(text, " to ")
	for _, word := range strings.Fields(agent) {
		if !unicode.IsUpper(rune(word[0])) && word != "and" {
			return text
		}
	}
	if act == "" {
		return text
	}
	return "let " + agent + " " + act
}

// BoundaryText returns the permissions boundary of a principal as text. If a template
// condition chooses the boundary, the text has both choices.
func BoundaryText(h *document.Holder) string { return document.Readable(h.Boundary) }
