// Tests of whether template conditions imply others.

package document

import "testing"

func TestImplies(t *testing.T) {
	for _, c := range []struct {
		given, others []string
		want          bool
	}{
		{nil, nil, true},
		{nil, []string{"A"}, false},
		{[]string{"B", "A"}, []string{"A"}, true},
		{[]string{"A"}, []string{"!A"}, false},
		{[]string{"Stage=dev"}, []string{"Stage=dev|test"}, true},
		{[]string{"Stage=dev|test"}, []string{"Stage=dev"}, false},
	} {
		if got := Implies(c.given, c.others); got != c.want {
			t.Errorf("%q implies %q: %v", c.given, c.others, got)
		}
	}
}
