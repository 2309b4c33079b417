// Tests how choices by a condition are written for people.

package document

import (
	"strings"
	"testing"
)

func TestReadable(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("${If:", maxReadable)
	for text, want := range map[string]string{
		"":                                 "",
		"arn:aws:iam::aws:policy/X":        "arn:aws:iam::aws:policy/X",
		"${Ref:A}":                         "${Ref:A}",
		"${If:C|${Ref:A}|${AWS::NoValue}}": "${Ref:A} or none (condition C)",
		"a-${If:C|x|${If:D|y|z}}-b":        "a-x or y or z (condition D) (condition C)-b",
		"${If:C|x":                         "${If:C|x",
		"${If:C|x}":                        "${If:C|x}",
		"${If:C|${If:D|x|y}}, ${If:C|x|y}": "${If:C|x or y (condition D)}, x or y (condition C)",
		"${If:}":                           "${If:}",
		long:                               long,
	} {
		if got := Readable(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
