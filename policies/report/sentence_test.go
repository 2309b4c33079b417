// Tests of containsAll: whether the text of a sentence has all of the given
// names.

package report

import (
	"testing"

	"capaboot/policies/review"
)

func TestContainsAll(t *testing.T) {
	five := []string{"a", "b", "c", "d", "e"}
	s := review.Sentence{{Words: "e, for "}, {Names: five, Texts: five}, {Words: " and "}, {Names: []string{"x", "y z"}, Texts: []string{"x (why)", "y z"}}}
	for _, test := range []struct {
		names []string
		want  bool
	}{{nil, true}, {[]string{"a", "c"}, true}, {[]string{"a", "d"}, false}, {[]string{"e"}, false}, {[]string{"x"}, true}, {[]string{"z"}, false}, {[]string{"y z"}, false}} {
		if got := containsAll(s, test.names); got != test.want {
			t.Errorf("%q: %t", test.names, got)
		}
	}
}
