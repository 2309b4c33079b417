// Tests of the meter: its counts and its error.

package meter

import (
	"errors"
	"strings"
	"testing"
)

// analysis calls spend and returns a result.
func analysis(m *Meter, spend func()) (result string, err error) {
	defer Catch(&err)
	spend()
	return "done", nil
}

func TestAnalysisEndsAtTheLimit(t *testing.T) {
	for _, test := range []struct {
		name  string
		spend func(m *Meter)
		want  string
	}{
		{"exactly the limit", func(m *Meter) { m.Spend(60); m.Spend(40) }, ""},
		{"one more", func(m *Meter) { m.Spend(60); m.Spend(41) }, "the input is too large to analyze at once"},
		{"so much that it overflows", func(m *Meter) { m.Spend(1); m.Spend(int(^uint(0) >> 1)) }, "the input is too large to analyze at once"},
		{"a negative number, as after an overflow", func(m *Meter) { m.Spend(-5) }, "the input is too large to analyze at once"},
		{"the subject that took most, not the last one", func(m *Meter) {
			m.At("policy A", "rule x")
			m.Spend(70)
			m.At("policy B", "rule y")
			m.Spend(29)
			m.Spend(2)
		}, "the input is too large to analyze at once; most of the work is in policy A (rule x)"},
		{"the step that took most of this subject, not of all", func(m *Meter) {
			m.At("policy B", "rule y")
			m.Spend(30)
			m.At("policy A", "rule y")
			m.Spend(10)
			m.At("policy A", "rule x")
			m.Spend(35)
			m.At("policy C", "rule y")
			m.Spend(26)
		}, "the input is too large to analyze at once; most of the work is in policy A (rule x)"},
		{"work of no subject", func(m *Meter) {
			m.At("role r", "")
			m.Spend(40)
			m.At("", "")
			m.Spend(61)
		}, "the input is too large to analyze at once"},
		{"a step of no subject", func(m *Meter) {
			m.At("policy A", "rule x")
			m.Spend(40)
			m.At("", "rule y")
			m.Spend(61)
		}, "the input is too large to analyze at once; most of the work is in rule y"},
		{"results", func(m *Meter) { m.At("policy A", "rule x"); m.LimitCount(11, 10, "findings") }, "the input is too large: more than 10 findings; most of the work is in policy A (rule x)"},
		{"exactly the allowed number of results", func(m *Meter) { m.LimitCount(10, 10, "findings") }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := New(100)
			result, err := analysis(m, func() { test.spend(m) })
			if test.want == "" {
				if err != nil || result != "done" {
					t.Errorf("got %q, %v", result, err)
				}
				return
			}
			if _, ok := errors.AsType[*TooMuch](err); !ok || err.Error() != test.want || result != "" {
				t.Errorf("got %q, %v, want %q", result, err, test.want)
			}
		})
	}
}

func TestOtherPanicsPass(t *testing.T) {
	defer func() {
		if recover() != "a mistake" {
			t.Error("the panic was caught")
		}
	}()
	analysis(nil, func() { panic("a mistake") })
}

func TestNilMeterHasNoLimit(t *testing.T) {
	var m *Meter
	m.At("x", "y")
	m.Spend(1 << 60)
	m.LimitCount(2, 1, "findings")
	if m.Spent() != 0 {
		t.Errorf("%d units spent", m.Spent())
	}
}

func TestPatternCost(t *testing.T) {
	long := strings.Repeat("a", 4096)
	if PatternCost(long, long) != 1 || PatternCost("*"+long, long) < 4096*4096/256 || PatternCost("a*", "ab") != 1 {
		t.Error("only a wildcard makes the lengths count")
	}
}

// The limit for a single file is Limit, whatever its size. The limit for a
// folder is higher: perByte for each byte except those of its largest file, up
// to maxLimit.
func TestLimitGrowsWithTheOtherFiles(t *testing.T) {
	for _, test := range []struct{ bytes, largest, want int }{
		{0, 0, Limit}, {4 << 20, 4 << 20, Limit}, {1000, 900, Limit + 100*perByte}, {44_000_000, 60_000, maxLimit}, {16 << 20, 1, maxLimit},
	} {
		if got := LimitFor(test.bytes, test.largest); got != test.want {
			t.Errorf("%+v: got %d", test, got)
		}
	}
}
