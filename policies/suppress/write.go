// Writing a suppression file for findings that are there: everything but the
// reasons.

package suppress

import (
	"fmt"
	"slices"
	"strings"
)

// Suggestion is an entry for a finding, and what the finding says.
type Suggestion struct {
	Entry
	Severity, Statement, Message string
}

// Suggest returns the entry that takes a finding away and no other one.
func Suggest(f Finding) Entry {
	rule := f.Rule
	f.Rule, f.Path = "", false // the entry has the rule; whether it is a path follows
	return Entry{Rule: rule, Exactly: &f}
}

// reasonRoom is what a reason takes in a file, in bytes, in the middle.
const reasonRoom = 100

// Format writes a suppression file with an empty reason for each entry. Findings
// that one entry takes away have one. [Read] refuses the file until the reasons
// are there. The error is about more than [Read] would take then.
func Format(of string, suggestions []Suggestion) ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# Findings of %s. Write a reason for each finding that you accept, and\n# remove the others.\nversion: 1\nsuppressions:", oneLine(of))
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
		return nil, fmt.Errorf("%d entries are too many for a suppression file, which may have %d", len(order), maxSuppressions)
	}
	for _, e := range order {
		for _, text := range texts[e.key()] {
			b.WriteString("# " + oneLine(text) + "\n")
		}
		b.WriteString("- rule: " + quoted(e.Rule) + "\n  exactly:\n")
		for _, field := range []struct{ name, value string }{{"policy", e.Exactly.Policy}, {"severity", e.Exactly.Severity}, {"statement", e.Exactly.Statement}} {
			if field.value != "" {
				b.WriteString("    " + field.name + ": " + quoted(field.value) + "\n")
			}
		}
		for _, field := range []struct {
			name   string
			values []string
		}{{"actions", e.Exactly.Actions}, {"principals", e.Exactly.Principals}, {"resources", e.Exactly.Resources}} {
			if len(field.values) > 0 {
				b.WriteString("    " + field.name + ":\n")
			}
			for _, value := range field.values {
				b.WriteString("    - " + quoted(value) + "\n")
			}
		}
		b.WriteString("  reason:\n")
	}
	if size := b.Len() + reasonRoom*len(order); size > maxSuppressionFile {
		return nil, fmt.Errorf("the suppression file would have about %d bytes with its reasons, allowed: %d", size, maxSuppressionFile)
	}
	return []byte(b.String()), nil
}

// key is the same for entries about the same finding.
func (e Entry) key() string { return fmt.Sprintf("%q %#v", e.Rule, *e.Exactly) }

// oneLine keeps a comment from ending early.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfeff {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// quoted is a text as a YAML scalar on one line: plain where that is safe.
func quoted(text string) string {
	letter := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
	odd := strings.ContainsFunc(text, func(r rune) bool { return !letter(r) && !strings.ContainsRune("0123456789-._/:", r) })
	if odd || !letter(rune(text[0])) || strings.HasSuffix(text, ":") || slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(text)) {
		return doubleQuoted(text)
	}
	return text
}

// doubleQuoted escapes what YAML does not take as it is between double quotes.
func doubleQuoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r >= 0x7f && r <= 0x9f || r == 0x2028 || r == 0x2029 || r == 0xfeff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
