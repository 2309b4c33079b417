// Words that the reports share: what is long is shortened, what is many is
// counted.

package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"capaboot/internal/escape"
	"capaboot/internal/shortlist"
)

// short shortens a text of a document that is too long to read, and
// escapes what could steer the terminal.
func short(text string) string {
	if utf8.RuneCountInString(text) > mostCharacters {
		all := []rune(text)
		text = fmt.Sprintf("%s... (%d characters more)", string(all[:mostCharacters]), len(all)-mostCharacters)
	}
	return printable(text)
}

// few lists a few of many: "a, b, c and 37 more".
func few(names []string, most int) string {
	return shortlist.Few(names, shortlist.Shown(len(names), most), func(name string) string { return visible(name, short(name)) })
}

// visible quotes a name that begins or ends with white space, which no one would
// see. shown is the name as it is shown otherwise.
func visible(name, shown string) string {
	if strings.TrimSpace(name) != name || strings.Contains(name, "  ") {
		return `"` + shown + `"`
	}
	return shown
}

// Count is a number with its noun: "1 finding", "2 findings".
func Count(n int, noun string) string {
	if n != 1 {
		if strings.HasSuffix(noun, "y") && !strings.HasSuffix(noun, "ay") {
			noun = strings.TrimSuffix(noun, "y") + "ie"
		}
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// capital begins a sentence with a capital, unless it begins with an action.
func capital(text string) string {
	first, _, _ := strings.Cut(text, " ")
	if text == "" || strings.ContainsAny(first, ":.-_/[") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// sentence is a phrase with a capital and a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.TrimSuffix(capital(text), ".") + "."
}

// printable escapes a text from elsewhere for one line.
func printable(text string) string { return escape.Text(text) }

// writeNames writes names under one another, the first behind a word: "by", "on".
func writeNames(b *strings.Builder, word string, names []string) {
	for i, name := range names {
		if i > 0 {
			word = strings.Repeat(" ", len(word))
		}
		fmt.Fprintf(b, "    %s %s\n", word, visible(name, printable(name)))
	}
}
