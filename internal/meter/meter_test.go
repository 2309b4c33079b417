// Tests of the meter: what it counts, and what the error says.

package meter

import (
	"errors"
	"strings"
	"testing"
)

// analysis spends what it is told to, and answers.
func analysis(m *Meter, spend func()) (answer string, err error) {
	defer Catch(&err)
	spend()
	return "done", nil
}

func TestAnAnalysisEndsWhenItsMeterIsUsedUp(t *testing.T) {
	for _, one := range []struct {
		name  string
		spend func(m *Meter)
		want  string
	}{
		{"exactly the limit", func(m *Meter) { m.Spend(60); m.Spend(40) }, ""},
		{"one more", func(m *Meter) { m.Spend(60); m.Spend(41) }, "too much to compare at once"},
		{"so much that it overflows", func(m *Meter) { m.Spend(1); m.Spend(int(^uint(0) >> 1)) }, "too much to compare at once"},
		{"less than nothing, as of an overflow", func(m *Meter) { m.Spend(-5) }, "too much to compare at once"},
		{"the place that took most, not the last one", func(m *Meter) {
			m.At("policy A", "rule x")
			m.Spend(70)
			m.At("policy B", "rule y")
			m.Spend(29)
			m.Spend(2)
		}, "too much to compare at once, most of it in policy A (rule x)"},
		{"results", func(m *Meter) { m.At("policy A", "rule x"); m.Refuse(11, 10, "findings") }, "too much at once: more than 10 findings, most of it in policy A (rule x)"},
		{"as many results as may be", func(m *Meter) { m.Refuse(10, 10, "findings") }, ""},
	} {
		t.Run(one.name, func(t *testing.T) {
			m := New(100)
			answer, err := analysis(m, func() { one.spend(m) })
			if one.want == "" {
				if err != nil || answer != "done" {
					t.Errorf("got %q, %v", answer, err)
				}
				return
			}
			if _, ok := errors.AsType[*TooMuch](err); !ok || err.Error() != one.want || answer != "" {
				t.Errorf("got %q, %v, want %q", answer, err, one.want)
			}
		})
	}
}

func TestOtherPanicsGoOn(t *testing.T) {
	defer func() {
		if recover() != "a mistake" {
			t.Error("the panic did not go on")
		}
	}()
	analysis(nil, func() { panic("a mistake") })
}

func TestTheNilMeterHasNoLimit(t *testing.T) {
	var m *Meter
	m.At("x", "y")
	m.Spend(1 << 60)
	m.Refuse(2, 1, "findings")
}

func TestPatternsCostTheirLengths(t *testing.T) {
	long := strings.Repeat("a", 4096)
	if Patterns(long, long) != 1 || Patterns("*"+long, long) < 4096*4096/256 || Patterns("a*", "ab") != 1 {
		t.Error("only a wildcard makes the lengths count")
	}
}

// One file has the limit, whatever its size; a folder more for its other files.
func TestLimitsGrowWithTheNumberOfFiles(t *testing.T) {
	for _, one := range []struct{ bytes, largest, want int }{
		{0, 0, Limit}, {4 << 20, 4 << 20, Limit}, {1000, 900, Limit + 100*perByte}, {44_000_000, 60_000, most}, {16 << 20, 1, most},
	} {
		if got := LimitFor(one.bytes, one.largest); got != one.want {
			t.Errorf("%+v: got %d", one, got)
		}
	}
}
