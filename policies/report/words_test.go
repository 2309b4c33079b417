// Tests of the text functions that the reports share.

package report

import (
	"strings"
	"testing"
)

// A text is cut only if that makes it clearly shorter.
func TestShorten(t *testing.T) {
	for _, n := range []int{maxCharacters, maxCharacters + 1, maxCharacters + 30, maxCharacters + 100} {
		text := strings.Repeat("é", n)
		got := shorten(text)
		if n < maxCharacters+100 && got != text || n == maxCharacters+100 && !strings.HasSuffix(got, "é... (100 characters more)") {
			t.Errorf("of %d characters: %q", n, got[max(0, len(got)-60):])
		}
	}
}

func TestCount(t *testing.T) {
	for noun, want := range map[string]string{"finding": "2 findings", "policy": "2 policies", "day": "2 days", "access key": "2 access keys"} {
		if got := Count(2, noun); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := Count(1, noun); got != "1 "+noun {
			t.Errorf("got %q, want 1 %s", got, noun)
		}
	}
}

// A letter may have several bytes. Actions and other identifiers stay as they
// are.
func TestCapitalize(t *testing.T) {
	for text, want := range map[string]string{"a role": "A role", "\u00e9 a": "\u00c9 a", "\u65e5\u672c a": "\u65e5\u672c a", "ec2:RunInstances is": "ec2:RunInstances is", "": ""} {
		if got := capitalize(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// AWS's descriptions say what the holder may do, or what an agent may do.
func TestDescriptionText(t *testing.T) {
	for text, want := range map[string]string{
		"Grants permission to launch one or more instances":         "launch one or more instances",
		"Grants permission to SSM Agent to send a heartbeat signal": "let SSM Agent send a heartbeat signal",
		"Controls permission to decrypt":                            "decrypt",
		"Grants permission to Create a List to use":                 "Create a List to use",
		"Grants permission to Backup":                               "Backup",
		"Returns information":                                       "Returns information",
	} {
		if got := descriptionText(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// A name that a template condition chooses is written as its choices, also if the text
// must be shortened.
func TestChoicesAreWrittenOut(t *testing.T) {
	const text, want = "role ${If:HasName|${Ref:Name}|${AWS::NoValue}}", "role ${Ref:Name} or none (condition HasName)"
	if got := escapeLine(text); got != want {
		t.Errorf("escapeLine: %s, want %s", got, want)
	}
	if got := shorten(text); got != want {
		t.Errorf("shorten: %s, want %s", got, want)
	}
}
