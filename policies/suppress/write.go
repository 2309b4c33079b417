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

// Suggest returns the entry that takes a finding away, as narrow as an entry can
// be: of several actions it has what they have in common, and of several
// principals or resources none.
func Suggest(f Finding) Entry {
	e := Entry{Rule: f.Rule, Policy: f.Policy}
	if len(f.Actions) > 0 {
		e.Action = common(f.Actions)
	}
	if len(f.Principals) == 1 {
		e.Principal = f.Principals[0]
	}
	if len(f.Resources) == 1 {
		e.Resource = f.Resources[0]
	}
	return e
}

// common is one action, or all of the service that several have in common; "" if
// there is none.
func common(actions []string) string {
	if len(actions) == 1 {
		return actions[0]
	}
	service := ""
	for i, action := range actions {
		prefix, _, ok := strings.Cut(action, ":")
		if !ok || i > 0 && !strings.EqualFold(prefix, service) {
			return ""
		}
		service = prefix
	}
	return service + ":*"
}

// Format writes a suppression file with an empty reason for each entry. Findings
// that one entry takes away have one. [Read] refuses the file until the reasons
// are there.
func Format(of string, suggestions []Suggestion) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Findings of %s. Write a reason for each that is accepted, and\n# remove the others.\nversion: 1\nsuppressions:", oneLine(of))
	if len(suggestions) == 0 {
		b.WriteString(" []\n")
		return []byte(b.String())
	}
	b.WriteString("\n")
	var order []Entry
	texts := map[Entry][]string{}
	for _, s := range suggestions {
		if texts[s.Entry] == nil {
			order = append(order, s.Entry)
		}
		text := s.Severity
		if s.Statement != "" {
			text += ", " + s.Statement
		}
		texts[s.Entry] = append(texts[s.Entry], text+": "+s.Message)
	}
	for _, e := range order {
		for _, text := range texts[e] {
			b.WriteString("# " + oneLine(text) + "\n")
		}
		separator := "- "
		for _, field := range []struct{ name, value string }{{"rule", e.Rule}, {"policy", e.Policy}, {"action", e.Action}, {"principal", e.Principal}, {"resource", e.Resource}} {
			if field.value != "" {
				b.WriteString(separator + field.name + ": " + quoted(field.value) + "\n")
				separator = "  "
			}
		}
		b.WriteString("  reason:\n")
	}
	return []byte(b.String())
}

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
