// Tests of which lines are rows, and of the error for an invalid row.

package table

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const testTable = "# action\tlevel\n\nec2:RunInstances\tWrite\nec2:DescribeVpcs\tList\n"

func TestRows(t *testing.T) {
	want := [][]string{{"ec2:RunInstances", "Write"}, {"ec2:DescribeVpcs", "List"}}
	if diff := cmp.Diff(want, Rows("facts", testTable, 2)); diff != "" {
		t.Error(diff)
	}
}

func TestRowsPanicsForAnInvalidRow(t *testing.T) {
	defer func() {
		err, _ := recover().(error)
		want := "reading the embedded facts: line 3: \"ec2:RunInstances\\tWrite\": 2 columns, want 3"
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}()
	Rows("facts", testTable, 3)
}

func TestEachEndsAtAnError(t *testing.T) {
	calls, stop := 0, errors.New("stop")
	err := Each("facts", testTable, func([]string) error { calls++; return stop })
	if calls != 1 || !errors.Is(err, stop) {
		t.Errorf("%d calls, error %v", calls, err)
	}
}
