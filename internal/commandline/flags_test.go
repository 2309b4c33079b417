// Tests of the value of a flag that has a set of allowed values.

package commandline

import (
	"errors"
	"testing"
)

func TestParseChoice(t *testing.T) {
	parse := func(text string) (int, error) {
		if text == "two" {
			return 2, nil
		}
		return 7, errors.New("another text")
	}
	for _, test := range []struct {
		value *string
		want  int
		err   string
	}{
		{nil, 0, ""},
		{new("two"), 2, ""},
		{new("tow"), 7, `invalid value "tow" for --number, did you mean "two"? allowed: one, two`},
	} {
		got, err := ParseChoice("number", test.value, parse, []string{"one", "two"})
		text := ""
		if _, isOurs := errors.AsType[*Error](err); err != nil && isOurs {
			text = err.Error()
		}
		if text != test.err || err == nil && got != test.want {
			t.Errorf("got %d, %q, want %d, %q", got, text, test.want, test.err)
		}
	}
}
