// Writes a suppression file for the findings of a review, without the reasons.

package suppress

import (
	"fmt"
	"slices"
	"strings"
)

// Suggestion is an entry for a finding, with the text of the finding.
type Suggestion struct {
	Entry
	Severity, Statement, Message string
}

// Suggest returns the entry that hides this finding, also after the finding has
// lost some of its actions, principals or resources, but not all of one kind.
// If the finding has gained actions, principals or trusted principals, the entry
// hides only the original ones. If the finding has gained resources or has other
// limits, the entry hides nothing. If only the template conditions of a principal
// differ, it hides nothing for that principal.
func Suggest(f Finding) Entry {
	rule := f.Rule
	f.Rule, f.Path, f.EarlierLimits = "", false, nil // Entry has its own Rule, and does not store the other two fields
	return Entry{Rule: rule, Exactly: &f}
}

// reasonSize is the assumed average size of a reason in a file, in bytes.
const reasonSize = 100

// Format writes a suppression file with an empty reason for each entry; [Read]
// refuses the file until the reasons are filled in. source says what was
// reviewed. For suggestions with equal entries, Format writes one entry. It
// returns an error if the file would have more entries than Read allows, or
// more bytes with reasons of reasonSize.
func Format(source string, suggestions []Suggestion) ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# Findings of %s. Write a reason for each finding that you accept, and\n# remove the others.\nversion: 1\nsuppressions:", oneLine(source))
	if len(suggestions) == 0 {
		b.WriteString(" []\n")
		return []byte(b.String()), nil
	}
	b.WriteString("\n")
	var order []Entry
	texts := map[string][]string{}
	for _, s := range suggestions {
		key := s.key()
		if texts[key] == nil {
			order = append(order, s.Entry)
		}
		text := s.Severity
		if s.Statement != "" {
			text += ", " + s.Statement
		}
		texts[key] = append(texts[key], text+": "+s.Message)
	}
	if len(order) > maxSuppressions {
		return nil, fmt.Errorf("%d entries are too many for a suppression file; allowed: %d", len(order), maxSuppressions)
	}
	for _, e := range order {
		for _, text := range texts[e.key()] {
			b.WriteString("# " + oneLine(text) + "\n")
		}
		b.WriteString("- rule: " + quote(e.Rule) + "\n  exactly:\n")
		for _, field := range []struct{ name, value string }{{"file", e.Exactly.File}, {"policy", e.Exactly.Policy}, {"severity", e.Exactly.Severity}, {"statement", e.Exactly.Statement}} {
			if field.value != "" {
				b.WriteString("    " + field.name + ": " + quote(field.value) + "\n")
			}
		}
		for _, field := range []struct {
			name   string
			values []string
		}{{"actions", e.Exactly.Actions}, {"principals", e.Exactly.Principals}, {"trusted", e.Exactly.Trusted}, {"resources", e.Exactly.Resources}, {"limits", e.Exactly.Limits}} {
			switch {
			case len(field.values) > 0:
				b.WriteString("    " + field.name + ":\n")
			case field.name == "limits" && field.values != nil: // without this line, the entry would accept any limits
				b.WriteString("    limits: []\n")
			}
			for _, value := range field.values {
				b.WriteString("    - " + quote(value) + "\n")
			}
		}
		b.WriteString("  reason:\n")
	}
	if size := b.Len() + reasonSize*len(order); size > maxSuppressionFile {
		return nil, fmt.Errorf("the suppression file would have about %d bytes with its reasons; allowed: %d", size, maxSuppressionFile)
	}
	return []byte(b.String()), nil
}

// key is equal for entries with the same rule and equal Exactly, which must not
// be nil.
func (e Entry) key() string { return fmt.Sprintf("%q %#v", e.Rule, *e.Exactly) }

// oneLine replaces two kinds of characters with spaces: those that end a line,
// and so would end a comment early, and those that YAML does not accept. It
// replaces invalid UTF-8 with "?".
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if isUnprintable(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// isUnprintable reports whether a character ends a line, or cannot be in a YAML file
// without an escape.
func isUnprintable(r rune) bool {
	return r < ' ' || r >= 0x7f && r <= 0x9f || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff
}

// quote returns a text as a YAML scalar on one line, without quotes where that
// is safe.
func quote(text string) string {
	letter := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
	needsQuotes := strings.ContainsFunc(text, func(r rune) bool { return !letter(r) && !strings.ContainsRune("0123456789-._/:", r) })
	if text == "" || needsQuotes || !letter(rune(text[0])) || strings.HasSuffix(text, ":") || slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(text)) {
		return doubleQuote(text)
	}
	return text
}

func doubleQuote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case isUnprintable(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
