// Tests of shortened lists: a single name is never left out.

package shortlist

import (
	"strings"
	"testing"
)

func TestFew(t *testing.T) {
	for want, test := range map[string]struct {
		names string
		most  int
	}{
		"":                   {"", 3},
		"A, B, C, D":         {"a b c d", 3},
		"A, B, C and 2 more": {"a b c d e", 3},
		"A and 3 more":       {"a b c d", 1},
	} {
		names := strings.Fields(test.names)
		if got := Few(names, Shown(len(names), test.most), strings.ToUpper); got != want {
			t.Errorf("%q, %d: got %q, want %q", test.names, test.most, got, want)
		}
	}
}

func TestSentence(t *testing.T) {
	for want, test := range map[string]struct {
		names string
		most  int
	}{
		"":                   {"", 3},
		"A":                  {"a", 3},
		"A and B":            {"a b", 3},
		"A, B, C and D":      {"a b c d", 3},
		"A, B, C and 2 more": {"a b c d e", 3},
	} {
		names := strings.Fields(test.names)
		if got := Sentence(names, Shown(len(names), test.most), strings.ToUpper); got != want {
			t.Errorf("%q, %d: got %q, want %q", test.names, test.most, got, want)
		}
	}
	if got := And([]string{"a", "b", "c"}); got != "a, b and c" {
		t.Errorf("got %q", got)
	}
}
