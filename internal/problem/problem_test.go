// Tests of the text and the order of problems.

package problem

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTextOfAProblem(t *testing.T) {
	for _, test := range []struct {
		name    string
		problem Problem
		want    string
	}{
		{"everything is known", Problem{"iam.yaml", 7, 5, "is wrong", false}, "iam.yaml:7:5: is wrong"},
		{"the column is unknown", Problem{"iam.yaml", 7, 0, "is wrong", false}, "iam.yaml:7: is wrong"},
		{"the line is unknown", Problem{"iam.yaml", 0, 5, "is wrong", false}, "iam.yaml: is wrong"},
		{"the whole file", Problem{"iam.yaml", 0, 0, "is empty", false}, "iam.yaml: is empty"},
		{"no file", Problem{"", 7, 5, "is wrong", false}, "7:5: is wrong"},
		{"no place", Problem{"", 0, 0, "is wrong", false}, "is wrong"},
		{"numbers that count nothing", Problem{"iam.yaml", -1, -1, "is wrong", false}, "iam.yaml: is wrong"},
		{"standard input", Problem{"<stdin>", 1, 1, "is wrong", false}, "<stdin>:1:1: is wrong"},
		{"a name with a colon", Problem{`C:\iam.yaml`, 7, 5, "is wrong", false}, `C:\iam.yaml:7:5: is wrong`},
		{"a name with a verb of fmt", Problem{"%s.yaml", 7, 5, "has %d", false}, "%s.yaml:7:5: has %d"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.problem.Error(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestTextOfAList(t *testing.T) {
	for _, test := range []struct {
		name string
		list List
		want string
	}{
		{"none", nil, ""},
		{"one", List{{"a", 1, 2, "x", false}}, "a:1:2: x"},
		{"in the given order, one per line", List{{"a", 3, 1, "x", false}, {"a", 1, 2, "y", false}, {File: "a", Message: "z"}}, "a:3:1: x\na:1:2: y\na: z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.list.Error(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestSortIsByPlace(t *testing.T) {
	got := List{{"a", 10, 1, "f", false}, {"a", 2, 10, "d", false}, {"a", 2, 9, "c", false}, {"a", 2, 10, "e", false}, {"a", 1, 20, "b", false}, {File: "a", Message: "a"}}
	got.Sort()
	want := List{{File: "a", Message: "a"}, {"a", 1, 20, "b", false}, {"a", 2, 9, "c", false}, {"a", 2, 10, "d", false}, {"a", 2, 10, "e", false}, {"a", 10, 1, "f", false}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestSortKeepsTheOrderAtOnePlace uses a long list: for short ones, package
// slices uses a sort that is always stable.
func TestSortKeepsTheOrderAtOnePlace(t *testing.T) {
	var got, want List
	for i := range 100 {
		got = append(got, Problem{"a", 2 - i%2, 1, fmt.Sprint(i), false})
	}
	for _, first := range []int{1, 0} {
		for i := first; i < 100; i += 2 {
			want = append(want, Problem{"a", 2 - i%2, 1, fmt.Sprint(i), false})
		}
	}
	got.Sort()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestEmptyListIsNil(t *testing.T) {
	for _, empty := range []List{nil, {}} {
		if err := empty.Err(); err != nil {
			t.Errorf("%#v: the error is %#v", empty, err)
		}
	}
	first, second := Problem{"a", 1, 1, "x", false}, Problem{"a", 2, 1, "y", false}
	err := fmt.Errorf("loading: %w", List{first, second}.Err())
	var list List
	if !errors.As(err, &list) || len(list) != 2 {
		t.Errorf("the list in %q is %v", err, list)
	}
	var one Problem
	if !errors.As(err, &one) || one != first {
		t.Errorf("the first problem of %q is %v", err, one)
	}
	if !errors.Is(err, second) {
		t.Errorf("%q does not hold its second problem", err)
	}
}
