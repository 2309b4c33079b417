package terminal

import "testing"

type terminalDouble struct{}

func (terminalDouble) Discard() error   { return nil }
func (terminalDouble) Size() (int, int) { return 80, 24 }

// An empty NO_COLOR counts as not set, as https://no-color.org says. An unset
// TERM allows redrawing, but no colours.
func TestColoursAndRedrawing(t *testing.T) {
	for _, test := range []struct {
		variables         map[string]string
		redraws, coloured bool
	}{
		{map[string]string{"TERM": "xterm"}, true, true},
		{map[string]string{"TERM": "xterm", "NO_COLOR": ""}, true, true},
		{map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, false, false},
		{map[string]string{"TERM": "dumb"}, false, false},
		{nil, true, false},
	} {
		variable := func(name string) (string, bool) {
			value, ok := test.variables[name]
			return value, ok
		}
		if redraws, coloured := Redraws(terminalDouble{}, variable), Coloured(terminalDouble{}, variable); redraws != test.redraws || coloured != test.coloured {
			t.Errorf("%v: redraws %t, coloured %t", test.variables, redraws, coloured)
		}
		if Redraws(nil, variable) || Coloured(nil, variable) {
			t.Errorf("%v: redraws or coloured without a terminal", test.variables)
		}
	}
}
