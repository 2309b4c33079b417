// Tests of messages: escapes, hidden secrets, and the hints of errors.

package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTalkEscapesControlCharacters(t *testing.T) {
	var out bytes.Buffer
	Talk{W: &out, Name: "capaboot"}.Error(errors.New("field \x1b[31mred\x07 \xff\nnext"))
	want := "capaboot: error: field \\u001b[31mred\\u0007 \\xff\ncapaboot: error: next\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestTalkHidesSecrets(t *testing.T) {
	secret := strings.Repeat("Ab3/", 10)
	const hidden = `"(40 characters, not shown because they may be a secret)"`
	for _, test := range []struct{ name, text, want string }{
		{"in quotes", `unknown flag "--` + secret + `"`, `unknown flag "--` + hidden[1:]},
		{"a path", `"/home/ann/policies/controllers"`, `"/home/ann/policies/controllers"`},
		{"a hash", `"` + strings.Repeat("ab30", 16) + `"`, `"` + strings.Repeat("ab30", 16) + `"`},
	} {
		var out bytes.Buffer
		Talk{W: &out, Name: "x"}.Warn("%s", test.text)
		if want := "x: warning: " + test.want + "\n"; out.String() != want {
			t.Errorf("%s: got %q, want %q", test.name, out.String(), want)
		}
	}
}

type hintedError struct{ hint string }

func (hintedError) Error() string  { return "e" }
func (h hintedError) Hint() string { return h.hint }

func TestHintsOf(t *testing.T) {
	err := errors.Join(fmt.Errorf("while: %w", hintedError{"a"}), hintedError{"a"}, hintedError{}, errors.New("x"), errors.Join(hintedError{"b"}))
	if got := HintsOf(err); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("hints %q", got)
	}
	if got := len(Flatten(err)); got != 5 {
		t.Errorf("%d errors", got)
	}
	if got := Flatten(fmt.Errorf("all: %w", err)); len(got) != 1 {
		t.Errorf("an error with its own text is %q", got)
	}
}

// On a narrow terminal, every line begins with the name of the program.
func TestTalkOnANarrowTerminal(t *testing.T) {
	var out bytes.Buffer
	Talk{W: &out, Name: "capaboot", Width: func() int { return 40 }}.Warn("the template has %d bytes, which is more than CloudFormation accepts", 60000)
	const want = "capaboot: warning: the template has\ncapaboot:   60000 bytes, which is more\ncapaboot:   than CloudFormation accepts\n"
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}
