// Tests of wrapped lines, tables, and a block that is redrawn.

package terminal

import (
	"bytes"
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	long := strings.Repeat("x", 90)
	for _, test := range []struct{ name, text, want string }{
		{"short", "a  b\nc", "1 a b c\n"},
		{"nothing", "", "1\n"},
		{"exactly 80 columns", strings.Repeat("é", 76) + " b", "1 " + strings.Repeat("é", 76) + " b\n"},
		{"one column too many", strings.Repeat("é", 77) + " b", "1 " + strings.Repeat("é", 77) + "\n  b\n"},
		{"a word that is too long", "a " + long + " b", "1 a\n  " + long + "\n  b\n"},
	} {
		if got := Wrap(test.text, "1 ", "  "); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestTable(t *testing.T) {
	var table Table
	if got := table.String(); got != "" {
		t.Errorf("no rows: %q", got)
	}
	table.Row("NAME", "KIND", "X")
	table.Row("é", "longer", "")
	const want = "NAME  KIND    X\né     longer  \n"
	got := table.String()
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for width, want := range map[int]bool{0: true, 14: false, 15: true} {
		if Fits(got, width) != want {
			t.Errorf("fits %d columns: %v", width, !want)
		}
	}
}

func TestScreen(t *testing.T) {
	var out bytes.Buffer
	width, height := 6, 5
	s := NewScreen(&out, func() (int, int) { return width, height })
	s.Erase() // nothing is drawn yet
	s.Draw([]string{"ééééééé", "b"})
	s.Draw([]string{"c"})
	s.Leave()
	s.Draw([]string{"d"})
	s.Erase()
	s.Erase()
	const want = "ééééé\nb\n" + "\x1b[2A\r\x1b[J" + "c\n" + "d\n" + "\x1b[1A\r\x1b[J"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	for lines, want := range map[int]int{1: 1, 3: 1, 24: 22} {
		if height = lines; s.Room() != want {
			t.Errorf("a screen of %d lines has room for %d, want %d", lines, s.Room(), want)
		}
	}
}
