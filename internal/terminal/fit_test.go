// Tests of texts on narrow terminals.

package terminal

import (
	"strings"
	"testing"
)

func TestFit(t *testing.T) {
	const arn = "arn:aws:iam::123456789012:role/control-plane.cluster-api-provider-aws.sigs.k8s.io"
	for _, test := range []struct {
		name, text string
		width      int
		want       string
	}{
		{"no terminal", strings.Repeat("a ", 60), 0, strings.Repeat("a ", 60)},
		{"it fits", "a\n  b\n", 40, "a\n  b\n"},
		{"a line that is longer", "  " + strings.Repeat("abcd ", 9) + "e", 40, "  abcd abcd abcd abcd abcd abcd abcd\n    abcd abcd e"},
		{"lines stay apart", "  " + strings.Repeat("abcd ", 9) + "e\n  f\n", 40, "  abcd abcd abcd abcd abcd abcd abcd\n    abcd abcd e\n  f\n"},
		{"an ARN", "on " + arn + " and more", 40, "on\n  " + arn + "\n  and more"},
		{"a table", "NAME   TYPE                 WHERE IT STANDS\nb      c                    d\n", 40, "NAME   TYPE                 WHERE IT\n  STANDS\nb      c                    d\n"},
		{"colours", "\x1b[31m" + strings.Repeat("abc ", 10) + "\x1b[0m", 40, "\x1b[31m" + strings.TrimSpace(strings.Repeat("abc ", 10)) + " \x1b[0m"},
		{"an indent that is wide", strings.Repeat(" ", 30) + "abcdefghijkl mnopqrst", 40, strings.Repeat(" ", 20) + "abcdefghijkl\n" + strings.Repeat(" ", 20) + "mnopqrst"},
		{"a question", strings.Repeat("abcd ", 8) + "yes: ", 40, "abcd abcd abcd abcd abcd abcd abcd abcd\n  yes: "},
		{"narrower than the narrowest", strings.Repeat("abcd ", 8) + "x", 10, "abcd abcd abcd abcd abcd abcd abcd abcd\n  x"},
	} {
		if got := Fit(test.text, test.width); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
}
